"""The audit app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as lazy


class AuditConfig(AppConfig):
    name = "statsoffice.audit"
    label = "audit"
    verbose_name = lazy("Audit trail")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from statsoffice.audit import events

        events.connect_signals()

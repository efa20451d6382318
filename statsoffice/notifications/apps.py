"""Notifications."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as lazy


class MessagesConfig(AppConfig):
    name = "statsoffice.notifications"
    label = "outbox"
    verbose_name = lazy("Outbox")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from statsoffice.notifications import rules  # noqa: F401  # fills the table of labels

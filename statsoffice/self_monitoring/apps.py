"""Self-monitoring."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as lazy


class CanaryConfig(AppConfig):
    name = "statsoffice.self_monitoring"
    label = "canary"
    verbose_name = lazy("Canary")
    default_auto_field = "django.db.models.BigAutoField"

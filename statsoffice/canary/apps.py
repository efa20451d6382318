"""The canary: whether the watcher can be relied on."""

from django.apps import AppConfig


class CanaryConfig(AppConfig):
    """Django's entry for the canary."""

    name = "statsoffice.canary"
    label = "canary"
    default_auto_field = "django.db.models.BigAutoField"

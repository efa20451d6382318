"""Breaches: suspected, drafted, completed, approved, printed."""

from django.apps import AppConfig


class BreachesConfig(AppConfig):
    """Django's entry for breach reports."""

    name = "breaches"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "breach reports"

"""Breaches: suspected, drafted, completed, approved, printed."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as lazy


class BreachesConfig(AppConfig):
    """Django's entry for breach reports."""

    name = "breaches"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = lazy("Breach reports")

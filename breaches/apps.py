"""The Django app of breach reports."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as lazy


class BreachesConfig(AppConfig):
    name = "breaches"
    verbose_name = lazy("Breach reports")

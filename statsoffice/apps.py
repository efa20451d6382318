"""The composition: the one package that knows both apps."""

from django.apps import AppConfig


class StatsofficeConfig(AppConfig):
    """Django's entry for the composition; it holds the commands that need both apps."""

    name = "statsoffice"
    label = "statsoffice"

"""Releases: announced, watched from outside, and judged."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as lazy


class ReleasesConfig(AppConfig):
    """Django's entry for the release calendar."""

    name = "releases"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = lazy("Release calendar")

"""The releases app, with the release calendar, monitoring and verdicts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as lazy


class ReleasesConfig(AppConfig):
    name = "releases"
    verbose_name = lazy("Release calendar")

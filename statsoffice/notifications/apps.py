"""Notifications."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as lazy


class MessagesConfig(AppConfig):
    name = "statsoffice.notifications"
    label = "outbox"
    verbose_name = lazy("Outbox")
    default_auto_field = "django.db.models.BigAutoField"

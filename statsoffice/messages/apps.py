"""Messages: who is told what, once."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    """Django's entry for the outbox."""

    name = "statsoffice.messages"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

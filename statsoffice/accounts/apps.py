"""The accounts app: who may log in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Django's entry for the accounts app."""

    name = "statsoffice.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

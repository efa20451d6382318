"""The accounts app: who may log in."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as lazy


class AccountsConfig(AppConfig):
    name = "statsoffice.accounts"
    label = "accounts"
    verbose_name = lazy("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

"""The app configurations of `statsoffice`, the package that combines `releases` and `breaches`."""

from enum import Enum

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.db.migrations.serializer import ChoicesSerializer
from django.db.migrations.writer import MigrationWriter
from django.utils.translation import gettext_lazy as lazy


class StatsofficeConfig(AppConfig):
    name = "statsoffice"
    label = "statsoffice"

    def ready(self) -> None:
        from statsoffice import checks, database  # noqa: F401  # these register checks of Django

        # Write enum members to migrations as plain values, so that an enum can move to another module.
        MigrationWriter.register_serializer(Enum, ChoicesSerializer)


class AdministrationConfig(SimpleAdminConfig):
    """The admin site. `statsoffice.urls` imports its pages, so that processes without pages do not hold their code."""

    default_site = "statsoffice.admin.OfficeAdminSite"


class AccountsConfig(AppConfig):
    name = "statsoffice.accounts"
    label = "accounts"
    verbose_name = lazy("Accounts")


class AuditConfig(AppConfig):
    name = "statsoffice.audit"
    label = "audit"
    verbose_name = lazy("Audit trail")

    def ready(self) -> None:
        from statsoffice.audit import events

        events.connect_signals()


class OfficeApiConfig(AppConfig):
    name = "statsoffice.office_api"
    label = "office_api"
    verbose_name = lazy("API for the office’s own systems")


class DeskConfig(AppConfig):
    name = "statsoffice.dashboard"
    label = "desk"


class MessagesConfig(AppConfig):
    name = "statsoffice.notifications"
    label = "outbox"
    verbose_name = lazy("Notifications")

    def ready(self) -> None:
        from statsoffice.notifications import outbox  # noqa: F401  # fills the table of labels


class CanaryConfig(AppConfig):
    name = "statsoffice.self_monitoring"
    label = "canary"
    verbose_name = lazy("Self-monitoring")


class WebhooksConfig(AppConfig):
    name = "statsoffice.webhooks"
    label = "webhooks"
    verbose_name = lazy("Webhooks")

"""The composition: the one package that knows both apps."""

from enum import Enum

from django.apps import AppConfig
from django.db.migrations.serializer import ChoicesSerializer
from django.db.migrations.writer import MigrationWriter


class StatsofficeConfig(AppConfig):
    name = "statsoffice"
    label = "statsoffice"

    def ready(self) -> None:
        from statsoffice import checks, database  # noqa: F401  # these register checks of Django

        # Migrations store the value of an enum and not its name, so that its module can move.
        MigrationWriter.register_serializer(Enum, ChoicesSerializer)

"""The composition: the one package that knows both apps."""

from enum import Enum

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.migrations.serializer import ChoicesSerializer
from django.db.migrations.writer import MigrationWriter

from statsoffice.checks import check_anchors, check_clock, check_contact, check_database
from statsoffice.database import check_encoding, check_roles


class StatsofficeConfig(AppConfig):
    """Django's entry for the composition; it holds the commands that need both apps."""

    name = "statsoffice"
    label = "statsoffice"

    def ready(self) -> None:
        """Have the database's encoding checked wherever Django checks databases, and the rest before it opens."""
        register(check_encoding, Tags.database)
        register(check_clock, deploy=True)
        register(check_database, deploy=True)
        register(check_anchors, deploy=True)
        register(check_contact, deploy=True)
        register(check_roles, deploy=True)
        # Migrations store the value of an enum and not its name, so that its module can move.
        MigrationWriter.register_serializer(Enum, ChoicesSerializer)

"""Django's `migrate`, run as the owner of the tables."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS

from statsoffice.database import RoleRefused, connect_as_owner


class Command(migrate.Command):
    def execute(self, *args: Any, **options: Any) -> str | None:
        """Migrate as the owner of the tables. The options --check and --plan only read, so they use the usual role."""
        if options["check_unapplied"] or options["plan"] or options["database"] != DEFAULT_DB_ALIAS:
            return super().execute(*args, **options)
        try:
            with connect_as_owner():
                return super().execute(*args, **options)
        except RoleRefused as fault:
            raise CommandError(str(fault)) from fault

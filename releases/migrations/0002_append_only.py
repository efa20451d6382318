"""PostgreSQL itself refuses to change looks, events, date changes and statements."""

from django.db import migrations

from releases.models.triggers import guard

TABLES = ("releases_observation", "releases_releaseevent", "releases_datechange", "releases_statement")


def add_triggers(apps, schema_editor):
    """Add the triggers."""
    guard(schema_editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_initial")]
    operations = [migrations.RunPython(add_triggers, migrations.RunPython.noop)]

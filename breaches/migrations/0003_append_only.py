"""PostgreSQL itself refuses to change versions, events and approved documents."""

from django.db import migrations

from releases.models.triggers import guard

TABLES = ("breaches_reportversion", "breaches_reportevent", "breaches_approveddocument")


def add_triggers(apps, schema_editor):
    """Add the triggers."""
    guard(schema_editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [("breaches", "0002_code_of_practice"), ("releases", "0002_append_only")]
    operations = [migrations.RunPython(add_triggers, migrations.RunPython.noop)]

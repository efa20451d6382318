"""Names go from the admin site's log at the end of their time; PostgreSQL lets that through, and nothing else."""

from django.db import migrations

from releases.models.redacted import guard_but_redaction

NAMES = {"django_admin_log": ("object_repr", "change_message")}


def let_names_go(apps, schema_editor):
    """Replace the trigger."""
    guard_but_redaction(schema_editor, NAMES)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_account_events"), ("releases", "0024_redacted_words")]
    operations = [migrations.RunPython(let_names_go, migrations.RunPython.noop)]

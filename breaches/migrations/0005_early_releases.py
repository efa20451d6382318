"""The table of decisions about early releases, with its append-only triggers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "breaches_earlyreleasedecision"


def create_triggers(apps, schema_editor):
    """Make PostgreSQL refuse changes to the rows; releases.0001_schema creates the function."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{TABLE}" '
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        schema_editor.execute(
            f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{TABLE}" EXECUTE FUNCTION refuse_change()'
        )


class Migration(migrations.Migration):
    dependencies = [("breaches", "0004_report_number"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="EarlyReleaseDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "choice",
                    models.CharField(
                        choices=[("take_down", "Take it down"), ("publish_now", "Publish to everyone now")],
                        max_length=20,
                    ),
                ),
                (
                    "role",
                    models.CharField(help_text="A role at the producer, or incident_contact.", max_length=20),
                ),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "suspicion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to="breaches.suspicion"
                    ),
                ),
            ],
            options={
                "ordering": ("suspicion", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("suspicion", "number"), name="one_decision_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(("choice__in", ["take_down", "publish_now"])),
                        name="early_release_choice_is_known",
                    ),
                ],
            },
        ),
        # The triggers are dropped together with their table.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]

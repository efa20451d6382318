"""The table of corrected agreements of OSR, with its append-only triggers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "releases_agreementcorrection"


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
    dependencies = [
        ("releases", "0005_early_releases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AgreementCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("osr_reference", models.CharField(max_length=100)),
                ("osr_agreed_on", models.DateField()),
                ("corrected_at", models.DateTimeField()),
                (
                    "corrected_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "departure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="releases.departure"
                    ),
                ),
            ],
            options={
                "ordering": ("departure", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("departure", "number"), name="one_agreement_correction_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(("osr_reference", ""), _negated=True),
                        name="corrected_agreement_has_a_reference",
                    ),
                ],
            },
        ),
        # The triggers are dropped together with their table.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]

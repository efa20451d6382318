"""Statements of publication by publishers' own systems, with their append-only triggers."""

import django.db.models.deletion
from django.db import migrations, models

TABLE = "releases_publicationstatement"


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
        ("releases", "0022_parts"),
    ]

    operations = [
        migrations.CreateModel(
            name="PublicationStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                ("source", models.UUIDField(help_text="The key of the publishing system.")),
                ("source_name", models.CharField(help_text="The name that it had then.", max_length=100)),
                ("message_id", models.CharField(max_length=200)),
                ("published_at", models.DateTimeField(help_text="As stated.")),
                ("received_at", models.DateTimeField()),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publication_statements",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "verbose_name": "statement of publication",
                "verbose_name_plural": "statements of publication",
                "ordering": ("received_at", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "message_id"), name="one_statement_per_source_and_message"
                    )
                ],
            },
        ),
        # The triggers are dropped together with their table.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]

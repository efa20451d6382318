"""The texts and approved documents of yearly compliance tables, and the switch of the public page of punctuality."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = ("breaches_policytext", "breaches_compliancedocument", "breaches_punctualityswitch")


def create_triggers(apps, schema_editor):
    """Make PostgreSQL refuse changes to the rows; releases.0001_schema creates the function."""
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(
                f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW '
                "EXECUTE FUNCTION refuse_change()"
            )
            schema_editor.execute(
                f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" EXECUTE FUNCTION refuse_change()'
            )


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0011_plain_labels"),
        ("releases", "0017_vantage_points"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ComplianceDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("text_number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("content_sha256", models.CharField(max_length=64)),
                ("html", models.BinaryField()),
                ("html_sha256", models.CharField(max_length=64)),
                ("odt", models.BinaryField()),
                ("odt_sha256", models.CharField(max_length=64)),
                ("pdf", models.BinaryField()),
                ("pdf_sha256", models.CharField(max_length=64)),
                ("approved_role", models.CharField(max_length=20)),
                ("approved_at", models.DateTimeField()),
                ("one_person", models.BooleanField()),
                (
                    "approved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="compliance_documents",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "verbose_name": "approved compliance table",
                "verbose_name_plural": "approved compliance tables",
                "ordering": ("producer", "year", "number"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("producer", "year", "number"), name="one_compliance_document_per_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="compliance_documents_are_numbered_from_1"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("sections", models.JSONField(help_text="The text of each section that has one.")),
                ("text_sha256", models.CharField(max_length=64)),
                ("written_at", models.DateTimeField()),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="policy_texts", to="releases.producer"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "release practice policy",
                "verbose_name_plural": "release practice policies",
                "ordering": ("producer", "year", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "year", "number"), name="one_policy_text_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="policy_texts_are_numbered_from_1"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PunctualitySwitch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("is_on", models.BooleanField()),
                ("role", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="punctuality_switches",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "verbose_name": "public page of punctuality",
                "verbose_name_plural": "public pages of punctuality",
                "ordering": ("producer", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "number"), name="one_punctuality_switch_per_number")
                ],
            },
        ),
        # The triggers are dropped together with their tables.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]

"""The tables of attachments and their files, with their append-only triggers."""

import functools
import secrets

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# By table: the events that are refused, and the function that refuses them, with the columns that a redaction may
# overwrite. A file is deleted at the end of its retention.
TRIGGERS = {
    "breaches_attachment": ("UPDATE OR DELETE", "refuse_change_but_redaction('name', 'salt')"),
    "breaches_attachmentfile": ("UPDATE", "refuse_change()"),
}


def create_triggers(apps, schema_editor):
    """Make PostgreSQL refuse changes to the rows; releases.0001_schema creates the functions."""
    if schema_editor.connection.vendor == "postgresql":
        for table, (events, function) in TRIGGERS.items():
            schema_editor.execute(
                f'CREATE TRIGGER append_only BEFORE {events} ON "{table}" FOR EACH ROW EXECUTE FUNCTION {function}'
            )
            schema_editor.execute(
                f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" EXECUTE FUNCTION refuse_change()'
            )


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0007_labels_of_fields"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=120)),
                ("content_type", models.CharField(max_length=40)),
                ("size", models.PositiveIntegerField(help_text="In bytes.")),
                ("sha256", models.CharField(max_length=64)),
                ("marking", models.CharField(default="OFFICIAL-SENSITIVE", max_length=40)),
                ("scanned", models.BooleanField(help_text="Whether a scanner was set up, and found nothing.")),
                ("role", models.CharField(max_length=20)),
                ("added_at", models.DateTimeField()),
                (
                    "salt",
                    models.CharField(default=functools.partial(secrets.token_hex, *(16,)), max_length=32),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attachments", to="breaches.report"
                    ),
                ),
            ],
            options={
                "ordering": ("added_at", "pk"),
                "constraints": [
                    models.UniqueConstraint(fields=("report", "sha256"), name="one_attachment_per_report_and_content"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["cms_log", "screenshot", "email"])),
                        name="attachment_kind_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AttachmentFile",
            fields=[
                (
                    "attachment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="file",
                        serialize=False,
                        to="breaches.attachment",
                    ),
                ),
                ("body", models.BinaryField()),
            ],
        ),
        # The triggers are dropped together with their tables.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]

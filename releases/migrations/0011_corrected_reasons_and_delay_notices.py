"""Public reasons are put right by further rows, and readers are told of delays; both are only added."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from releases.models.triggers import guard

TABLES = ("releases_reasoncorrection", "releases_delaynotice")


def add_triggers(apps, schema_editor):
    """Make PostgreSQL itself refuse to change a correction or a notice."""
    guard(schema_editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0010_agreement"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DelayNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("schedule_version", models.PositiveIntegerField(help_text="The date to which the notice speaks.")),
                ("kind", models.CharField(choices=[("posted", "Posted"), ("withdrawn", "Withdrawn")], max_length=10)),
                ("expected_at", models.DateTimeField(null=True)),
                ("expected_words", models.CharField(blank=True, max_length=300)),
                ("contact_name", models.CharField(blank=True, max_length=200)),
                ("contact_email", models.EmailField(blank=True, max_length=254)),
                ("posted_at", models.DateTimeField()),
                (
                    "posted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="delay_notices", to="releases.release"
                    ),
                ),
            ],
            options={
                "ordering": ("release", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("release", "number"), name="one_delay_notice_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "posted"),
                                models.Q(
                                    ("expected_at__isnull", False),
                                    models.Q(("expected_words", ""), _negated=True),
                                    _connector="OR",
                                ),
                                models.Q(("contact_name", ""), _negated=True),
                                models.Q(("contact_email", ""), _negated=True),
                            ),
                            models.Q(
                                ("contact_email", ""),
                                ("contact_name", ""),
                                ("expected_at__isnull", True),
                                ("expected_words", ""),
                                ("kind", "withdrawn"),
                            ),
                            _connector="OR",
                        ),
                        name="delay_notice_says_when_and_whom_to_ask",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReasonCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("public_reason", models.TextField()),
                ("agreed_at", models.DateTimeField()),
                (
                    "agreed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="releases.datechange",
                    ),
                ),
            ],
            options={
                "ordering": ("change", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("change", "number"), name="one_reason_correction_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(("public_reason", ""), _negated=True), name="corrected_reason_is_a_reason"
                    ),
                ],
            },
        ),
        migrations.RunPython(add_triggers, migrations.RunPython.noop),
    ]

"""Several drafts of one morning become one report; PostgreSQL itself refuses to change which."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import breaches.core.status
from releases.models.triggers import guard


def add_triggers(apps, schema_editor):
    """Add the triggers."""
    guard(schema_editor, ("breaches_joineddraft",))


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0014_started_by_hand"),
        ("releases", "0021_code_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="JoinedDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("suspicions", models.JSONField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ("at", "pk"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="report",
            name="report_status_is_known",
        ),
        migrations.AlterField(
            model_name="report",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("with_hop", "With HoP"),
                    ("returned", "Returned"),
                    ("approved", "Approved"),
                    ("recorded", "In our log"),
                    ("dismissed", "Dismissed"),
                    ("sent", "Sent"),
                    ("closed", "Closed"),
                    ("withdrawn", "Withdrawn"),
                    ("joined", "Joined with others"),
                    ("parted", "Taken apart"),
                ],
                default=breaches.core.status.ReportStatus["DRAFT"],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            breaches.core.status.ReportStatus["DRAFT"],
                            breaches.core.status.ReportStatus["WITH_HOP"],
                            breaches.core.status.ReportStatus["RETURNED"],
                            breaches.core.status.ReportStatus["APPROVED"],
                            breaches.core.status.ReportStatus["RECORDED"],
                            breaches.core.status.ReportStatus["DISMISSED"],
                            breaches.core.status.ReportStatus["SENT"],
                            breaches.core.status.ReportStatus["CLOSED"],
                            breaches.core.status.ReportStatus["WITHDRAWN"],
                            breaches.core.status.ReportStatus["JOINED"],
                            breaches.core.status.ReportStatus["PARTED"],
                        ],
                    )
                ),
                name="report_status_is_known",
            ),
        ),
        migrations.AddField(
            model_name="joineddraft",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="joineddraft",
            name="draft",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="joined_into", to="breaches.report"
            ),
        ),
        migrations.AddField(
            model_name="joineddraft",
            name="joint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="joined_drafts", to="breaches.report"
            ),
        ),
        migrations.AddConstraint(
            model_name="joineddraft",
            constraint=models.UniqueConstraint(fields=("joint", "draft"), name="a_draft_joins_a_report_once"),
        ),
        migrations.AddConstraint(
            model_name="joineddraft",
            constraint=models.CheckConstraint(
                condition=models.Q(("joint", models.F("draft")), _negated=True), name="no_draft_joins_itself"
            ),
        ),
        migrations.RunPython(add_triggers, migrations.RunPython.noop),
    ]

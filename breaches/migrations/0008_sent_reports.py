"""Approved reports leave the house: what was sent to whom is kept, and PostgreSQL itself refuses to change it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import breaches.core.status
from releases.models.triggers import guard


def add_triggers(apps, schema_editor):
    """Add the triggers."""
    guard(schema_editor, ("breaches_dispatch",))


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0007_kept_in_the_log"),
        ("releases", "0021_code_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nature", models.CharField(max_length=20)),
                ("recipient", models.CharField(max_length=254)),
                ("outside", models.BooleanField()),
                ("sent_on", models.DateField()),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("words", models.TextField(blank=True)),
                ("role", models.CharField(max_length=20)),
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
        migrations.RemoveConstraint(
            model_name="report",
            name="decided_reports_say_when",
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
                        ],
                    )
                ),
                name="report_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", False),
                        (
                            "status__in",
                            [
                                breaches.core.status.ReportStatus["APPROVED"],
                                breaches.core.status.ReportStatus["RECORDED"],
                                breaches.core.status.ReportStatus["DISMISSED"],
                                breaches.core.status.ReportStatus["SENT"],
                                breaches.core.status.ReportStatus["CLOSED"],
                                breaches.core.status.ReportStatus["WITHDRAWN"],
                            ],
                        ),
                    ),
                    models.Q(
                        models.Q(
                            (
                                "status__in",
                                [
                                    breaches.core.status.ReportStatus["APPROVED"],
                                    breaches.core.status.ReportStatus["RECORDED"],
                                    breaches.core.status.ReportStatus["DISMISSED"],
                                    breaches.core.status.ReportStatus["SENT"],
                                    breaches.core.status.ReportStatus["CLOSED"],
                                    breaches.core.status.ReportStatus["WITHDRAWN"],
                                ],
                            ),
                            _negated=True,
                        ),
                        ("decided_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="decided_reports_say_when",
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="document",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="dispatches", to="breaches.approveddocument"
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="report",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="dispatches", to="breaches.report"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.UniqueConstraint(
                fields=("document", "nature"), name="one_dispatch_per_document_and_nature"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "nature__in",
                        [
                            breaches.core.status.Nature["REPORT"],
                            breaches.core.status.Nature["CORRECTION_NOTICE"],
                            breaches.core.status.Nature["WITHDRAWAL_NOTICE"],
                        ],
                    )
                ),
                name="what_is_sent_is_known",
            ),
        ),
        migrations.RunPython(add_triggers, migrations.RunPython.noop),
    ]

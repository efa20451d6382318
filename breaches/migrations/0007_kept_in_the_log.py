"""A breach may be kept in the office's own log; one column says why a report was decided without approval."""

from django.conf import settings
from django.db import migrations, models

import breaches.core.status


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0006_code_words"),
        ("releases", "0020_planned_from"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="report", name="dismissed_reports_say_why"),
        migrations.RenameField(model_name="report", old_name="dismissal_reason", new_name="decision_reason"),
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
            name="decision_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    (breaches.core.status.DismissalReason["EXEMPTION"], "exemption"),
                    (breaches.core.status.DismissalReason["AGREED_CHANGE"], "agreed change"),
                    (breaches.core.status.DismissalReason["CHECK_ERROR"], "check error"),
                    (breaches.core.status.DismissalReason["CACHE_ONLY"], "cache only"),
                    (breaches.core.status.DismissalReason["OTHER"], "other"),
                    (breaches.core.status.RecordingReason["NO_EFFECT"], "no effect"),
                    (breaches.core.status.RecordingReason["NOT_NEEDED"], "not needed"),
                    (breaches.core.status.RecordingReason["REPORTED_BY_OTHERS"], "reported by others"),
                ],
                max_length=20,
            ),
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
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "decision_reason__in",
                            [
                                breaches.core.status.DismissalReason["EXEMPTION"],
                                breaches.core.status.DismissalReason["AGREED_CHANGE"],
                                breaches.core.status.DismissalReason["CHECK_ERROR"],
                                breaches.core.status.DismissalReason["CACHE_ONLY"],
                                breaches.core.status.DismissalReason["OTHER"],
                            ],
                        ),
                        ("status", breaches.core.status.ReportStatus["DISMISSED"]),
                    ),
                    models.Q(
                        (
                            "decision_reason__in",
                            [
                                breaches.core.status.RecordingReason["NO_EFFECT"],
                                breaches.core.status.RecordingReason["NOT_NEEDED"],
                                breaches.core.status.RecordingReason["REPORTED_BY_OTHERS"],
                                breaches.core.status.RecordingReason["OTHER"],
                            ],
                        ),
                        ("status", breaches.core.status.ReportStatus["RECORDED"]),
                    ),
                    models.Q(
                        models.Q(
                            (
                                "status__in",
                                [
                                    breaches.core.status.ReportStatus["DISMISSED"],
                                    breaches.core.status.ReportStatus["RECORDED"],
                                ],
                            ),
                            _negated=True,
                        ),
                        ("decision_reason", ""),
                    ),
                    _connector="OR",
                ),
                name="what_is_not_reported_says_why",
            ),
        ),
    ]

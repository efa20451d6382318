"""A breach may be kept in the office's own log; one column says why a report was decided without approval."""

from django.conf import settings
from django.db import migrations, models

import breaches.status


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
                    (breaches.status.DismissalReason["EXEMPTION"], "exemption"),
                    (breaches.status.DismissalReason["AGREED_CHANGE"], "agreed change"),
                    (breaches.status.DismissalReason["CHECK_ERROR"], "check error"),
                    (breaches.status.DismissalReason["CACHE_ONLY"], "cache only"),
                    (breaches.status.DismissalReason["OTHER"], "other"),
                    (breaches.status.RecordingReason["NO_EFFECT"], "no effect"),
                    (breaches.status.RecordingReason["NOT_NEEDED"], "not needed"),
                    (breaches.status.RecordingReason["REPORTED_BY_OTHERS"], "reported by others"),
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
                default=breaches.status.ReportStatus["DRAFT"],
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
                            breaches.status.ReportStatus["DRAFT"],
                            breaches.status.ReportStatus["WITH_HOP"],
                            breaches.status.ReportStatus["RETURNED"],
                            breaches.status.ReportStatus["APPROVED"],
                            breaches.status.ReportStatus["RECORDED"],
                            breaches.status.ReportStatus["DISMISSED"],
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
                                breaches.status.ReportStatus["APPROVED"],
                                breaches.status.ReportStatus["RECORDED"],
                                breaches.status.ReportStatus["DISMISSED"],
                            ],
                        ),
                    ),
                    models.Q(
                        models.Q(
                            (
                                "status__in",
                                [
                                    breaches.status.ReportStatus["APPROVED"],
                                    breaches.status.ReportStatus["RECORDED"],
                                    breaches.status.ReportStatus["DISMISSED"],
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
                                breaches.status.DismissalReason["EXEMPTION"],
                                breaches.status.DismissalReason["AGREED_CHANGE"],
                                breaches.status.DismissalReason["CHECK_ERROR"],
                                breaches.status.DismissalReason["CACHE_ONLY"],
                                breaches.status.DismissalReason["OTHER"],
                            ],
                        ),
                        ("status", breaches.status.ReportStatus["DISMISSED"]),
                    ),
                    models.Q(
                        (
                            "decision_reason__in",
                            [
                                breaches.status.RecordingReason["NO_EFFECT"],
                                breaches.status.RecordingReason["NOT_NEEDED"],
                                breaches.status.RecordingReason["REPORTED_BY_OTHERS"],
                                breaches.status.RecordingReason["OTHER"],
                            ],
                        ),
                        ("status", breaches.status.ReportStatus["RECORDED"]),
                    ),
                    models.Q(
                        models.Q(
                            (
                                "status__in",
                                [breaches.status.ReportStatus["DISMISSED"], breaches.status.ReportStatus["RECORDED"]],
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

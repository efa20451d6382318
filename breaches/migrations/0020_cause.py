"""The cause of a breach and when what was late was made available, kept beside the report."""

from django.conf import settings
from django.db import migrations, models

import breaches.core.status


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0019_published_reports"),
        ("releases", "0022_release_tasks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="available_at",
            field=models.DateTimeField(
                help_text="When what was late was made available, by what people know.", null=True
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="available_unknown",
            field=models.TextField(blank=True, help_text="Why it is not known when it was made available."),
        ),
        migrations.AddField(
            model_name="report",
            name="cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("scheduler_fault", "scheduler fault"),
                    ("not_authorised", "not authorised"),
                    ("late_fix", "late data fix"),
                    ("processing_error", "processing error"),
                    ("outage", "outage"),
                    ("wrong_file", "wrong file"),
                    ("cache", "cache"),
                    ("human_error", "human error"),
                    ("other", "other"),
                    ("not_known", "not known yet"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="cause_words",
            field=models.TextField(blank=True),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "cause__in",
                        [
                            "",
                            breaches.core.status.Cause["SCHEDULER_FAULT"],
                            breaches.core.status.Cause["NOT_AUTHORISED"],
                            breaches.core.status.Cause["LATE_FIX"],
                            breaches.core.status.Cause["PROCESSING_ERROR"],
                            breaches.core.status.Cause["OUTAGE"],
                            breaches.core.status.Cause["WRONG_FILE"],
                            breaches.core.status.Cause["CACHE"],
                            breaches.core.status.Cause["HUMAN_ERROR"],
                            breaches.core.status.Cause["OTHER"],
                            breaches.core.status.Cause["NOT_KNOWN"],
                        ],
                    )
                ),
                name="cause_is_of_the_list",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(("available_at__isnull", True), ("available_unknown", ""), _connector="OR"),
                name="when_it_was_available_is_known_or_not",
            ),
        ),
    ]

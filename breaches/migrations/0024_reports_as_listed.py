"""One index holds what the register is narrowed and sorted by: its lists are counted and paged without reading rows."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0023_redacted_words"),
        ("releases", "0023_verifications_by_due"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="report",
            name="report_by_day_of_occurrence",
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                fields=[
                    "occurred_on",
                    "id",
                    "producer",
                    "status",
                    "kind",
                    "rehearsal",
                    "person_dealing",
                    "decision_reason",
                    "cause",
                ],
                name="reports_as_listed",
            ),
        ),
    ]

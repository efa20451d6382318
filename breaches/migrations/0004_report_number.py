"""Short numbers of reports. Existing reports are numbered in the order of drafting."""

from collections import defaultdict
from secrets import randbelow
from zoneinfo import ZoneInfo

from django.db import migrations, models

RESTRICTED = ("pra", "access", "leak")
LONDON = ZoneInfo("Europe/London")


def number_reports(apps, schema_editor):
    Report = apps.get_model("breaches", "Report")
    last, taken = defaultdict(int), set()
    numbered = []
    rows = Report.objects.order_by("drafted_at", "pk").only("pk", "producer_id", "kind", "rehearsal", "drafted_at")
    for report in rows.iterator(chunk_size=2000):
        report.number_year = report.drafted_at.astimezone(LONDON).year
        is_restricted = report.kind in RESTRICTED
        report.number_series = ("R" if report.rehearsal else "") + ("C" if is_restricted else "")
        key = (report.producer_id, report.number_year, report.number_series)
        if is_restricted:
            position = 1000 + randbelow(9000)
            while (*key, position) in taken:
                position = 1000 + randbelow(9000)
            taken.add((*key, position))
        else:
            position = last[key] = last[key] + 1
        report.number_position = position
        numbered.append(report)
    Report.objects.bulk_update(numbered, ["number_year", "number_series", "number_position"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("breaches", "0003_report_causes")]

    operations = [
        migrations.AddField("report", "number_year", models.PositiveSmallIntegerField(editable=False, null=True)),
        migrations.AddField(
            "report", "number_series", models.CharField(blank=True, db_default="", editable=False, max_length=2)
        ),
        migrations.AddField("report", "number_position", models.PositiveIntegerField(editable=False, null=True)),
        migrations.RunPython(number_reports, migrations.RunPython.noop),
        migrations.AddIndex(
            "report",
            models.Index(
                condition=models.Q(("number_position__isnull", True)), fields=["id"], name="reports_without_number"
            ),
        ),
        migrations.AddConstraint(
            "report",
            models.UniqueConstraint(
                fields=("producer", "number_year", "number_series", "number_position"),
                name="one_report_per_producer_and_number",
            ),
        ),
    ]

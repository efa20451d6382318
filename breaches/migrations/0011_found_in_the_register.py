"""Reports are found by their day of occurrence and by the practices that they cite, as their present version says."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F

AT_A_TIME = 500


def file_reports(apps, schema_editor):
    """Fill in what the present versions of the reports on record say."""
    Report = apps.get_model("breaches", "Report")
    ReportVersion = apps.get_model("breaches", "ReportVersion")
    PracticeCited = apps.get_model("breaches", "PracticeCited")
    present = ReportVersion.objects.filter(number=F("report__version")).values_list("report_id", "content")
    dated, cited = [], []
    for report, content in present.iterator(chunk_size=AT_A_TIME):
        if days := content.get("occurred_on"):
            dated.append(Report(pk=report, occurred_on=min(days)))
        practices = dict.fromkeys((each["edition"], each["code"]) for each in content.get("practices", ()))
        cited += [PracticeCited(report_id=report, edition=edition, code=code) for edition, code in practices]
    Report.objects.bulk_update(dated, ["occurred_on"], batch_size=AT_A_TIME)
    PracticeCited.objects.bulk_create(cited, batch_size=AT_A_TIME)


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0010_comments_by_section"),
    ]

    operations = [
        migrations.CreateModel(
            name="PracticeCited",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.CharField(max_length=10)),
                ("code", models.CharField(max_length=20)),
            ],
        ),
        migrations.AddField(
            model_name="report",
            name="occurred_on",
            field=models.DateField(
                editable=False, help_text="The first day of occurrence that the present version names.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(fields=["occurred_on", "id"], name="report_by_day_of_occurrence"),
        ),
        migrations.AddField(
            model_name="practicecited",
            name="report",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="practices_cited", to="breaches.report"
            ),
        ),
        migrations.AddIndex(
            model_name="practicecited",
            index=models.Index(fields=["edition", "code", "report"], name="reports_by_practice"),
        ),
        migrations.AddConstraint(
            model_name="practicecited",
            constraint=models.UniqueConstraint(
                fields=("report", "edition", "code"), name="one_row_per_report_and_practice"
            ),
        ),
        migrations.RunPython(file_reports, migrations.RunPython.noop),
    ]

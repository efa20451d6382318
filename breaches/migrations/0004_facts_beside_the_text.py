"""The machine's newest text is kept beside a report, and a report is named after its release."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0003_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="machine",
            field=models.JSONField(default=dict, help_text="What the record says by now, offered beside the text."),
        ),
        migrations.AlterField(
            model_name="report",
            name="reference",
            field=models.SlugField(max_length=120, unique=True),
        ),
        migrations.AlterField(
            model_name="reportevent",
            name="report_reference",
            field=models.CharField(max_length=120),
        ),
    ]

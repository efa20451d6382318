"""The host of a planned check, so that a sweep reads only the plans of its own hosts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0011_cover"),
    ]

    operations = [
        migrations.AddField(
            model_name="checkschedule",
            name="host",
            field=models.CharField(db_default="", default="", editable=False, max_length=255),
        ),
        migrations.AddIndex(
            model_name="checkschedule",
            index=models.Index(fields=["host", "next_check_at"], name="check_schedule_by_host"),
        ),
    ]

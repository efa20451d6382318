"""The host of a planned check, and the objects in a storage of page bodies."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0013_trainings"),
    ]

    operations = [
        migrations.CreateModel(
            name="BodyObject",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("begun_at", models.DateTimeField(help_text="When it was last going to be written.")),
                (
                    "moved_at",
                    models.DateTimeField(help_text="Since when the database no longer has the bytes.", null=True),
                ),
            ],
        ),
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

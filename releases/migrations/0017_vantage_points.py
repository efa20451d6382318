"""Checks of further vantage points, with an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0016_handling_receipts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="observation",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("plain", "What any reader is shown"),
                    ("fresh", "Past the caches on the way, to tell a stale copy"),
                    ("announcement", "What the announcement says"),
                    ("vantage", "What a reader is shown at another vantage point"),
                ],
                default="plain",
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="observation",
            index=models.Index(
                condition=models.Q(("purpose", "vantage")), fields=["release"], name="observation_by_vantage"
            ),
        ),
    ]

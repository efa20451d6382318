"""An approval is bound to the looks on which the suspicion rests."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0020_cause"),
    ]

    operations = [
        migrations.AddField(
            model_name="approveddocument",
            name="evidence_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
    ]

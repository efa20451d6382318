"""Verdicts are found by when the release was due, with all that the register counts of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0022_release_tasks"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="verification",
            index=models.Index(fields=["due_at", "outcome", "release"], name="verification_by_due"),
        ),
    ]

"""The answers to changes, which are sent again if a request is repeated."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("office_api", "0001_api_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100)),
                ("request_digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(default=0)),
                ("answer", models.JSONField(default=dict)),
                ("stored_at", models.DateTimeField()),
                (
                    "token",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="office_api.apitoken"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["stored_at"], name="stored_answer_by_time")],
                "constraints": [models.UniqueConstraint(fields=("token", "key"), name="one_stored_answer_per_key")],
            },
        ),
    ]

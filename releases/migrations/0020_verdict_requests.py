"""Requests to judge releases, for offices that judge in processes of their own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0019_open_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="VerdictRequest",
            fields=[
                (
                    "address",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="releases.address",
                    ),
                ),
                ("schedule_version", models.PositiveIntegerField()),
                (
                    "answered_until",
                    models.DateTimeField(help_text="Up to when every planned check is stored or timed out."),
                ),
                ("requested_at", models.DateTimeField()),
                ("version", models.UUIDField()),
                ("claimed_by", models.CharField(blank=True, default="", max_length=100)),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="releases.release"
                    ),
                ),
            ],
        ),
    ]

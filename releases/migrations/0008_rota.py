"""The rota of a series: who to call about its releases, for which times and days."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0007_plain_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalRotaEntry",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "order",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="Call 1 first. If there is no answer, call 2.", verbose_name="phone order"
                    ),
                ),
                (
                    "at",
                    models.TimeField(
                        blank=True,
                        help_text="Leave this empty for all release times.",
                        null=True,
                        verbose_name="release time (London)",
                    ),
                ),
                (
                    "days",
                    models.CharField(
                        choices=[("every_day", "Every day"), ("closed_days", "Weekends, holidays and closed days")],
                        default="every_day",
                        max_length=12,
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.contact",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.series",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical person to call",
                "verbose_name_plural": "historical people to call",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="RotaEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="Call 1 first. If there is no answer, call 2.", verbose_name="phone order"
                    ),
                ),
                (
                    "at",
                    models.TimeField(
                        blank=True,
                        help_text="Leave this empty for all release times.",
                        null=True,
                        verbose_name="release time (London)",
                    ),
                ),
                (
                    "days",
                    models.CharField(
                        choices=[("every_day", "Every day"), ("closed_days", "Weekends, holidays and closed days")],
                        default="every_day",
                        max_length=12,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rota_entries", to="releases.contact"
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rota", to="releases.series"
                    ),
                ),
            ],
            options={
                "verbose_name": "person to call",
                "verbose_name_plural": "people to call",
                "ordering": ("series", "-days", "at", "order", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("days__in", ["every_day", "closed_days"])), name="rota_days_are_known"
                    )
                ],
            },
        ),
    ]

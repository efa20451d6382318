"""The check on the working day before a release, and at most one announcement for each."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0007_watching_on"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PreflightRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("claimed_until", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("findings", models.JSONField(default=list)),
                ("problems", models.PositiveSmallIntegerField(default=0)),
                ("news", models.PositiveSmallIntegerField(default=0)),
                ("vantage", models.CharField(blank=True, max_length=100)),
                (
                    "asked_by",
                    models.ForeignKey(
                        help_text="Empty: the plan.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="preflights", to="releases.release"
                    ),
                ),
            ],
            options={"verbose_name": "pre-flight", "ordering": ("-asked_at", "-pk")},
        ),
        migrations.AddIndex(
            model_name="preflightrun",
            index=models.Index(fields=["release", "schedule_version", "done_at"], name="preflight_latest"),
        ),
        migrations.AddConstraint(
            model_name="preflightrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at__isnull", True)),
                fields=("release",),
                name="one_open_preflight_per_release",
            ),
        ),
        migrations.AddConstraint(
            model_name="preflightrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("news__lte", models.F("problems"))), name="preflight_news_are_problems"
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role", "announcement")),
                fields=("release",),
                name="one_announcement_per_release",
                violation_error_message="A release has one announcement.",
            ),
        ),
    ]

"""Exemptions that the Director General for Regulation approved in advance."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0012_notice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalExemption",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        help_text="As on the letter of the Director General for Regulation.", max_length=100
                    ),
                ),
                ("approved_on", models.DateField()),
                ("covers_from", models.DateField(verbose_name="first day that it covers")),
                ("covers_to", models.DateField(verbose_name="last day that it covers")),
                ("covers_late", models.BooleanField(default=False, verbose_name="covers a late release")),
                ("covers_early", models.BooleanField(default=False, verbose_name="covers an early release")),
                (
                    "covers_partial",
                    models.BooleanField(default=False, verbose_name="covers a release with parts missing"),
                ),
                ("words", models.TextField(help_text="In the words of the approval.", verbose_name="what it covers")),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "end",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("withdrawn", "Withdrawn: it covers nothing from now on"),
                            ("in_error", "Recorded in error: it never covered anything"),
                        ],
                        max_length=10,
                    ),
                ),
                ("end_words", models.TextField(blank=True, verbose_name="why it ends")),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "producer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.producer",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Leave this empty if it covers every series of the producer.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.series",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical exemption",
                "verbose_name_plural": "historical exemptions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Exemption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        help_text="As on the letter of the Director General for Regulation.", max_length=100
                    ),
                ),
                ("approved_on", models.DateField()),
                ("covers_from", models.DateField(verbose_name="first day that it covers")),
                ("covers_to", models.DateField(verbose_name="last day that it covers")),
                ("covers_late", models.BooleanField(default=False, verbose_name="covers a late release")),
                ("covers_early", models.BooleanField(default=False, verbose_name="covers an early release")),
                (
                    "covers_partial",
                    models.BooleanField(default=False, verbose_name="covers a release with parts missing"),
                ),
                ("words", models.TextField(help_text="In the words of the approval.", verbose_name="what it covers")),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "end",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("withdrawn", "Withdrawn: it covers nothing from now on"),
                            ("in_error", "Recorded in error: it never covered anything"),
                        ],
                        max_length=10,
                    ),
                ),
                ("end_words", models.TextField(blank=True, verbose_name="why it ends")),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                (
                    "ended_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exemptions", to="releases.producer"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        blank=True,
                        help_text="Leave this empty if it covers every series of the producer.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exemptions",
                        to="releases.series",
                    ),
                ),
            ],
            options={
                "ordering": ("-approved_on", "-pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("covers_to__gte", models.F("covers_from"))),
                        name="exemption_ends_after_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("covers_late", True), ("covers_early", True), ("covers_partial", True), _connector="OR"
                        ),
                        name="exemption_covers_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("end", ""), ("end_words", ""), ("ended_at__isnull", True), ("ended_by__isnull", True)
                            ),
                            models.Q(
                                models.Q(("end", ""), _negated=True),
                                ("ended_at__isnull", False),
                                ("ended_by__isnull", False),
                                models.Q(("end_words", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="exemption_says_why_it_ended",
                    ),
                ],
            },
        ),
    ]

"""The tables of messages, their channels and preferences."""

import functools
import secrets

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
        ("breaches", "0001_schema"),
        ("releases", "0001_schema"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalPreference",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[("mail", "Mail"), ("notify", "GOV.UK Notify"), ("webhook", "Webhook")], max_length=10
                    ),
                ),
                (
                    "webhook",
                    models.CharField(
                        blank=True,
                        help_text="Its name in the settings. What is posted there is told besides, and never instead of mail.",
                        max_length=60,
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
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Empty: everybody of this producer who has no choice of their own.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
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
            ],
            options={
                "verbose_name": "historical preference",
                "verbose_name_plural": "historical preferences",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=150)),
                (
                    "channel",
                    models.CharField(
                        choices=[("mail", "Mail"), ("notify", "GOV.UK Notify"), ("webhook", "Webhook")],
                        default="mail",
                        max_length=10,
                    ),
                ),
                (
                    "recipient",
                    models.CharField(
                        help_text="An e-mail address or, of a webhook, its name in the settings.", max_length=254
                    ),
                ),
                ("subject", models.CharField(max_length=300)),
                ("text", models.TextField()),
                ("reply_to", models.EmailField(blank=True, max_length=254)),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="When it is to be sent, or tried again.")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=500)),
                (
                    "salt",
                    models.CharField(
                        default=functools.partial(secrets.token_hex, 16),
                        help_text="Part of its recorded digest; replaced when words are removed.",
                        max_length=32,
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True)),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "erased_at",
                    models.DateTimeField(
                        help_text="At the end of their time; that somebody was told stays.",
                        null=True,
                        verbose_name="recipient, subject and text removed at",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        help_text="The approved document that is attached, where a report is sent.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="breaches.approveddocument",
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="releases.producer"
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="releases.release"
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="breaches.report"
                    ),
                ),
            ],
            options={
                "ordering": ("created_at", "pk"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("sent_at__isnull", True)), fields=["due_at"], name="messages_to_send"
                    ),
                    models.Index(fields=["producer", "-created_at"], name="messages_of_producer"),
                    models.Index(
                        condition=models.Q(("erased_at__isnull", True), ("sent_at__isnull", False)),
                        fields=["sent_at"],
                        name="messages_to_erase",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event", "recipient", "channel"), name="one_message_per_event_recipient_and_channel"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["mail", "notify", "webhook"])), name="channel_is_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[("mail", "Mail"), ("notify", "GOV.UK Notify"), ("webhook", "Webhook")], max_length=10
                    ),
                ),
                (
                    "webhook",
                    models.CharField(
                        blank=True,
                        help_text="Its name in the settings. What is posted there is told besides, and never instead of mail.",
                        max_length=60,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: everybody of this producer who has no choice of their own.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="releases.producer"
                    ),
                ),
            ],
            options={
                "ordering": ("producer", "person", "channel"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("producer", "person", "channel", "webhook"),
                        name="one_preference_per_person_and_channel",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("person__isnull", True)),
                        fields=("producer", "channel", "webhook"),
                        name="one_preference_per_producer_and_channel",
                        violation_error_message="This is chosen for everybody of this producer already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("channel", "webhook"), models.Q(("webhook", ""), _negated=True)),
                            models.Q(("channel__in", ["mail", "notify"]), ("webhook", "")),
                            _connector="OR",
                        ),
                        name="a_webhook_is_named",
                        violation_error_message="Name a webhook where the channel is one, and nowhere else.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ToldSuspicion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "suspicion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tellings", to="breaches.suspicion"
                    ),
                ),
            ],
            options={
                "ordering": ("at", "pk"),
                "indexes": [models.Index(fields=["at"], name="suspicions_told_lately")],
                "constraints": [
                    models.UniqueConstraint(fields=("suspicion", "event"), name="a_message_tells_of_a_suspicion_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ToldVerdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "verdict",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tellings",
                        to="releases.verification",
                    ),
                ),
            ],
            options={
                "ordering": ("at", "pk"),
                "indexes": [models.Index(fields=["at"], name="verdicts_told_lately")],
                "constraints": [
                    models.UniqueConstraint(fields=("verdict", "event"), name="a_message_tells_of_a_verdict_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="MessageRowRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveBigIntegerField(editable=False, unique=True)),
                ("format_version", models.PositiveSmallIntegerField(default=1, editable=False)),
                ("previous_hash", models.CharField(editable=False, max_length=64)),
                ("row_hash", models.CharField(editable=False, max_length=64)),
                ("digests", models.JSONField()),
                ("heads", models.JSONField()),
                ("why", models.CharField(blank=True, max_length=20)),
            ],
            options={
                "ordering": ("position",),
                "abstract": False,
            },
        ),
    ]

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
        migrations.CreateModel(
            name="HistoricalPreference",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "Email"),
                            ("notify", "GOV.UK Notify"),
                            ("webhook", "Webhook"),
                            ("text", "Text message"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "webhook",
                    models.CharField(
                        blank=True,
                        help_text="The name in the settings. We post to the webhook in addition to emails.",
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
                        help_text="Leave empty to apply to everyone at this producer who has not made "
                        "their own choice.",
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
                "verbose_name": "historical notification preference",
                "verbose_name_plural": "historical notification preferences",
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
                        choices=[
                            ("mail", "Email"),
                            ("notify", "GOV.UK Notify"),
                            ("webhook", "Webhook"),
                            ("text", "Text message"),
                        ],
                        default="mail",
                        max_length=10,
                    ),
                ),
                (
                    "recipient",
                    models.CharField(
                        help_text="An email address, a phone number, or the name of a webhook in the settings.",
                        max_length=254,
                    ),
                ),
                ("subject", models.CharField(max_length=300)),
                ("text", models.TextField()),
                ("reply_to", models.EmailField(blank=True, max_length=254)),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="When we send it or try again.")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=500)),
                ("sent_at", models.DateTimeField(null=True)),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "erased_at",
                    models.DateTimeField(
                        help_text="At the end of the retention period. We keep the record that a notification was sent.",
                        null=True,
                        verbose_name="recipient, subject and text deleted at",
                    ),
                ),
                (
                    "salt",
                    models.CharField(
                        default=functools.partial(secrets.token_hex, 16),
                        help_text="Part of the recorded digest. Replaced when text is deleted.",
                        max_length=32,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        help_text="The approved document attached to this message, if it sends a report.",
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
                "verbose_name": "notification",
                "verbose_name_plural": "notifications",
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
                        condition=models.Q(("channel__in", ["mail", "notify", "webhook", "text"])),
                        name="channel_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NotifiedSuspicion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "suspicion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to="breaches.suspicion",
                    ),
                ),
            ],
            options={
                "db_table": "outbox_toldsuspicion",
                "ordering": ("at", "pk"),
                "indexes": [models.Index(fields=["at"], name="suspicions_told_lately")],
                "constraints": [
                    models.UniqueConstraint(fields=("suspicion", "event"), name="a_message_tells_of_a_suspicion_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="NotifiedVerdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "verdict",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to="releases.verification",
                    ),
                ),
            ],
            options={
                "db_table": "outbox_toldverdict",
                "ordering": ("at", "pk"),
                "indexes": [models.Index(fields=["at"], name="verdicts_told_lately")],
                "constraints": [
                    models.UniqueConstraint(fields=("verdict", "event"), name="a_message_tells_of_a_verdict_once")
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
                        choices=[
                            ("mail", "Email"),
                            ("notify", "GOV.UK Notify"),
                            ("webhook", "Webhook"),
                            ("text", "Text message"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "webhook",
                    models.CharField(
                        blank=True,
                        help_text="The name in the settings. We post to the webhook in addition to emails.",
                        max_length=60,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        help_text="Leave empty to apply to everyone at this producer who has not made "
                        "their own choice.",
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
                "verbose_name": "notification preference",
                "verbose_name_plural": "notification preferences",
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
                        violation_error_message="This channel is already chosen for this producer.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("channel", "webhook"), models.Q(("webhook", ""), _negated=True)),
                            models.Q(("channel__in", ["mail", "notify"]), ("webhook", "")),
                            _connector="OR",
                        ),
                        name="a_webhook_is_named",
                        violation_error_message="Enter a webhook only if the channel is a webhook.",
                    ),
                ],
            },
        ),
    ]

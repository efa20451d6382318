"""Webhooks, their deliveries, publishing systems, and changes of both with their append-only triggers."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "webhooks_webhookchange"


def create_triggers(apps, schema_editor):
    """Make PostgreSQL refuse changes to the rows; releases.0001_schema creates the function."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{TABLE}" '
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        schema_editor.execute(
            f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{TABLE}" EXECUTE FUNCTION refuse_change()'
        )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("releases", "0001_schema"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PublicationSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=100, verbose_name="system")),
                ("secret", models.TextField(editable=False)),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publication_sources",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "verbose_name": "publishing system",
                "verbose_name_plural": "publishing systems",
                "ordering": ("producer", "name", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("producer", "name"),
                        name="one_publishing_system_per_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="purpose")),
                ("url", models.URLField(max_length=1000, verbose_name="web address")),
                ("event_types", models.JSONField(default=list, verbose_name="events")),
                ("with_rehearsals", models.BooleanField(default=False, verbose_name="includes rehearsals")),
                ("secret", models.TextField(editable=False)),
                ("old_secrets", models.TextField(blank=True, default="", editable=False)),
                ("old_secrets_until", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField()),
                ("since", models.DateTimeField(help_text="When the webhook was created or last turned on.")),
                ("release_position", models.PositiveBigIntegerField(default=0, editable=False)),
                ("report_position", models.PositiveBigIntegerField(default=0, editable=False)),
                ("failing_since", models.DateTimeField(null=True)),
                ("off_at", models.DateTimeField(null=True, verbose_name="turned off")),
                (
                    "off_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("person", "Turned off by a person"),
                            (
                                "gone",
                                "Turned off because your system responded that this web address no longer exists (HTTP status 410)",
                            ),
                            ("failing", "Turned off after five days of failed deliveries"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "left_off_at",
                    models.DateTimeField(
                        help_text="When a person decided that a webhook that the service turned off stays off.",
                        null=True,
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="webhook_endpoints",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ("producer", "name"),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "name"), name="one_webhook_per_purpose"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("off_at__isnull", True), ("off_reason", "")),
                            models.Q(("off_at__isnull", False), models.Q(("off_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="webhook_is_off_for_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        help_text="Identifies the event. A webhook has at most one delivery with each key.",
                        max_length=200,
                    ),
                ),
                ("message_id", models.CharField(max_length=60, unique=True)),
                ("event_type", models.CharField(max_length=40)),
                ("body", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(null=True)),
                ("tried_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("given_up_at", models.DateTimeField(null=True)),
                ("last_status", models.PositiveSmallIntegerField(null=True)),
                ("last_fault", models.CharField(blank=True, max_length=300)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="webhooks.webhookendpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
                "ordering": ("-created_at", "-pk"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at__isnull", True), ("given_up_at__isnull", True)),
                        fields=["due_at"],
                        name="waiting_webhook_deliveries",
                    ),
                    models.Index(fields=["endpoint", "-created_at"], name="deliveries_of_webhook"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "key"), name="one_delivery_per_webhook_and_event"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("delivered_at__isnull", True), ("given_up_at__isnull", True), _connector="OR"
                        ),
                        name="webhook_delivery_has_one_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("created", "Webhook created"),
                            ("secret_replaced", "Webhook secret replaced"),
                            ("tested", "Test event sent"),
                            ("sent_again", "Delivery sent again"),
                            ("turned_off", "Webhook turned off"),
                            ("left_off", "Webhook left off"),
                            ("turned_on", "Webhook turned on"),
                            ("source_added", "Publishing system added"),
                            ("source_revoked", "Publishing system removed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        help_text="Empty if the service made the change.",
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
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="webhooks.publicationsource",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="webhooks.webhookendpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook change",
                "verbose_name_plural": "webhook changes",
                "ordering": ("-at", "-pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("endpoint__isnull", False), ("source__isnull", True)),
                            models.Q(("endpoint__isnull", True), ("source__isnull", False)),
                            _connector="OR",
                        ),
                        name="webhook_change_is_of_one_thing",
                    )
                ],
            },
        ),
        # No reverse is needed, because the triggers are dropped together with their table.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]

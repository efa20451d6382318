"""Confirmations by phone, with their append-only triggers, and minute briefs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "releases_phoneconfirmation"


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
    dependencies = [
        ("releases", "0020_verdict_requests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PhoneConfirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                ("terms", models.CharField(blank=True, max_length=30)),
                ("recorded_at", models.DateTimeField()),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="phone_confirmations",
                        to="releases.prereleaseaccess",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "confirmation by phone",
                "verbose_name_plural": "confirmations by phone",
                "ordering": ("recorded_at", "pk"),
            },
        ),
        migrations.CreateModel(
            name="MinuteBrief",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField()),
                ("rehearsal", models.BooleanField(default=False)),
                ("limit_at", models.DateTimeField()),
                ("ready_at", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="minute_briefs",
                        to="releases.producer",
                    ),
                ),
                (
                    "training",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="releases.training"
                    ),
                ),
            ],
            options={
                "verbose_name": "minute brief",
                "verbose_name_plural": "minute briefs",
                "ordering": ("-due_at", "producer"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("training__isnull", True)),
                        fields=("producer", "due_at", "rehearsal"),
                        name="one_minute_brief_per_producer_and_instant",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("training__isnull", False)),
                        fields=("training", "producer", "due_at"),
                        name="one_minute_brief_per_training_and_instant",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("training__isnull", True), ("rehearsal", True), _connector="OR"),
                        name="minute_brief_of_training_is_rehearsal",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("made_at__gte", models.F("limit_at"))),
                        name="minute_brief_is_after_the_limit",
                    ),
                ],
            },
        ),
        # The triggers are dropped together with their table.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]

"""Registers are taken out of the house on record, and PostgreSQL itself refuses to change that record."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import releases.models.append_only
from releases.models.triggers import guard


def add_triggers(apps, schema_editor):
    """Add the triggers."""
    guard(schema_editor, ("breaches_registerevent",))


class Migration(migrations.Migration):
    dependencies = [
        ("breaches", "0011_found_in_the_register"),
        ("releases", "0021_code_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RegisterEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveBigIntegerField(editable=False, unique=True)),
                ("format_version", models.PositiveSmallIntegerField(default=1, editable=False)),
                ("previous_hash", models.CharField(editable=False, max_length=64)),
                ("row_hash", models.CharField(editable=False, max_length=64)),
                ("kind", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("facts", models.JSONField(default=dict)),
                ("words", models.TextField(blank=True)),
                ("words_salt", models.CharField(default=releases.models.append_only.new_salt, max_length=32)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="register_events",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
                "indexes": [models.Index(fields=["producer", "position"], name="register_event_in_order")],
            },
        ),
        migrations.RunPython(add_triggers, migrations.RunPython.noop),
    ]

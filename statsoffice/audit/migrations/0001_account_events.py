"""Log-ins and files taken are kept as they were written, and so are the admin site's own entries."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import releases.models.append_only
from releases.models.triggers import guard

TABLES = ("audit_accountevent", "django_admin_log")


def add_triggers(apps, schema_editor):
    """Make PostgreSQL itself refuse to change or remove what happened to accounts and what was done in the admin site."""
    guard(schema_editor, TABLES)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountEvent",
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
                    "words_digest",
                    models.CharField(
                        db_default="",
                        default="",
                        help_text="Of the words as they were, where some were redacted.",
                        max_length=64,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
                "indexes": [models.Index(fields=["at"], name="account_event_by_time")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "signed_in",
                                    "sign_in_failed",
                                    "signed_out",
                                    "password_changed",
                                    "second_step_set_up",
                                    "second_step_removed",
                                    "second_step_failed",
                                    "recovery_codes_made",
                                    "file_taken",
                                ],
                            )
                        ),
                        name="account_event_kind_is_known",
                    )
                ],
            },
        ),
        migrations.RunPython(add_triggers, migrations.RunPython.noop),
    ]

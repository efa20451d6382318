"""Events of accounts; on PostgreSQL, append-only triggers for them, for digests of rows and for the log of the admin site."""

import functools
import secrets

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# By table: the function that refuses an UPDATE or DELETE (releases.0001_schema creates them). Its arguments are the
# columns that a redaction may overwrite. TRUNCATE is refused for each of them.
TRIGGERS = {
    "accounts_accountrowrecord": "refuse_change()",
    "audit_accountevent": "refuse_change()",
    "django_admin_log": "refuse_change_but_redaction('object_repr', 'change_message')",
    "outbox_messagerowrecord": "refuse_change()",
}


def create_triggers(apps, schema_editor):
    """Make PostgreSQL refuse changes to append-only rows. On SQLite only the models refuse them."""
    if schema_editor.connection.vendor == "postgresql":
        for table, function in TRIGGERS.items():
            schema_editor.execute(
                f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION {function}'
            )
            schema_editor.execute(
                f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" EXECUTE FUNCTION refuse_change()'
            )


def drop_triggers(apps, schema_editor):
    """Drop the triggers, because the table of Django's admin log is not dropped with the tables of this app."""
    if schema_editor.connection.vendor == "postgresql":
        for table in TRIGGERS:
            schema_editor.execute(f'DROP TRIGGER append_only ON "{table}"')
            schema_editor.execute(f'DROP TRIGGER append_only_truncate ON "{table}"')


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("releases", "0001_schema"),
        ("accounts", "0002_invitation"),
        ("outbox", "0001_schema"),
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
                ("at", models.DateTimeField(verbose_name="time")),
                ("facts", models.JSONField(default=dict, verbose_name="details")),
                ("words", models.TextField(blank=True, verbose_name="text")),
                ("words_salt", models.CharField(default=functools.partial(secrets.token_hex, 16), max_length=32)),
                (
                    "words_digest",
                    models.CharField(
                        db_default="",
                        default="",
                        help_text="The digest of the original text, if it was redacted.",
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
                        verbose_name="person",
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
                                    "numbers_confirmed",
                                    "file_taken",
                                    "api_token_created",
                                    "api_token_revoked",
                                    "api_token_used",
                                ],
                            )
                        ),
                        name="account_event_kind_is_known",
                    )
                ],
            },
        ),
        migrations.RunPython(create_triggers, drop_triggers),
    ]

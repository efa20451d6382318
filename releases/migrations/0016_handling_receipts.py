"""Handling receipts for pre-release access: links, answers and confirmed lists, with their append-only triggers."""

import functools
import secrets

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = ("releases_accessreceipt", "releases_listconfirmation")


def create_triggers(apps, schema_editor):
    """Make PostgreSQL refuse changes to the rows; releases.0001_schema creates the function."""
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(
                f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" '
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            schema_editor.execute(
                f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" EXECUTE FUNCTION refuse_change()'
            )


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0015_screenshots"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalproducer",
            name="asks_recipients",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="We send each person on a pre-release access list an email with a link: to confirm the terms five working days before their access begins, and to confirm receipt when it begins.",
                verbose_name="ask people with pre-release access to confirm",
            ),
        ),
        migrations.AddField(
            model_name="producer",
            name="asks_recipients",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="We send each person on a pre-release access list an email with a link: to confirm the terms five working days before their access begins, and to confirm receipt when it begins.",
                verbose_name="ask people with pre-release access to confirm",
            ),
        ),
        migrations.CreateModel(
            name="AccessLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(choices=[("terms", "Terms"), ("handling", "Handling")], max_length=10)),
                ("schedule_version", models.PositiveIntegerField()),
                ("seed", models.CharField(default=functools.partial(secrets.token_hex, 16), max_length=32)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("is_void", models.BooleanField(default=False)),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="releases.prereleaseaccess",
                    ),
                ),
            ],
            options={
                "verbose_name": "link of a recipient",
                "verbose_name_plural": "links of recipients",
                "ordering": ("made_at", "pk"),
            },
        ),
        migrations.CreateModel(
            name="AccessReceipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("confirmed", "Confirmed"),
                            ("acknowledged", "Received"),
                            ("not_needed", "Access not needed"),
                            ("disclosure", "Possible disclosure"),
                            ("silent", "No answer"),
                        ],
                        max_length=12,
                    ),
                ),
                ("terms", models.CharField(blank=True, max_length=30)),
                (
                    "what",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("sent_to_other", "Sent to a person who is not on the list"),
                            ("seen_by_other", "Seen or heard by a person who is not on the list"),
                            ("lost", "Lost or left unattended"),
                            ("in_public", "Published or mentioned in public"),
                            ("something_else", "Something else"),
                        ],
                        max_length=20,
                    ),
                ),
                ("happened_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="releases.accesslink"
                    ),
                ),
            ],
            options={
                "verbose_name": "handling receipt",
                "verbose_name_plural": "handling receipts",
                "ordering": ("at", "pk"),
            },
        ),
        migrations.CreateModel(
            name="ListConfirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                ("posts", models.PositiveIntegerField()),
                ("confirmed_at", models.DateTimeField()),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="list_confirmations",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "verbose_name": "confirmation of an access list",
                "verbose_name_plural": "confirmations of access lists",
                "ordering": ("confirmed_at", "pk"),
            },
        ),
        migrations.AddConstraint(
            model_name="accesslink",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["terms", "handling"])), name="access_link_purpose_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="accesslink",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_void", False), ("revoked_at__isnull", False), _connector="OR"),
                name="access_link_void_is_revoked",
            ),
        ),
        migrations.AddConstraint(
            model_name="accesslink",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=("entry", "purpose", "schedule_version"),
                name="one_access_link_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessreceipt",
            constraint=models.UniqueConstraint(fields=("link", "answer"), name="one_receipt_per_link_and_answer"),
        ),
        migrations.AddConstraint(
            model_name="accessreceipt",
            constraint=models.CheckConstraint(
                condition=models.Q(("answer__in", ["confirmed", "acknowledged", "not_needed", "disclosure", "silent"])),
                name="access_receipt_answer_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessreceipt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", "confirmed"), models.Q(("terms", ""), _negated=True)),
                    models.Q(models.Q(("answer", "confirmed"), _negated=True), ("terms", "")),
                    _connector="OR",
                ),
                name="access_receipt_names_its_terms",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessreceipt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", "disclosure"), models.Q(("what", ""), _negated=True)),
                    models.Q(
                        models.Q(("answer", "disclosure"), _negated=True), ("happened_at__isnull", True), ("what", "")
                    ),
                    _connector="OR",
                ),
                name="access_receipt_says_what_was_reported",
            ),
        ),
        # The triggers are dropped together with their table.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]

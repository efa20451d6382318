"""Invitations, which name a producer of releases, digests of accounts, and the table of Django's cache."""

import django.db.models.deletion
from django.conf import settings
from django.core.management import call_command
from django.db import migrations, models

CACHE_TABLE = "statsoffice_cache"


def create_cache_table(apps, schema_editor):
    """Create the table in which all processes count the same attempts to sign in."""
    call_command("createcachetable", CACHE_TABLE, database=schema_editor.connection.alias, verbosity=0)


def drop_cache_table(apps, schema_editor):
    """Drop the table."""
    schema_editor.execute(f"DROP TABLE {CACHE_TABLE}")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_schema"),
        ("releases", "0001_schema"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("name", models.CharField(max_length=200, verbose_name="full name")),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("statistician", "Statistician"),
                            ("head_of_profession", "Head of Profession"),
                            ("deputy", "Deputy"),
                            ("calendar_manager", "Calendar manager"),
                            ("publishing_team", "Publishing team"),
                            ("auditor", "Auditor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("invited_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "erased_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="At the end of their time.",
                        null=True,
                        verbose_name="name and address removed at",
                    ),
                ),
                (
                    "accepted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations_accepted",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations_sent",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="releases.producer",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations_withdrawn",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation",
                "ordering": ("-invited_at", "-pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("producer", None), ("role", "")),
                            models.Q(
                                ("producer__isnull", False),
                                (
                                    "role__in",
                                    [
                                        "statistician",
                                        "head_of_profession",
                                        "deputy",
                                        "calendar_manager",
                                        "publishing_team",
                                        "auditor",
                                    ],
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="invited_to_a_role_of_a_producer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("accepted_at", None), ("withdrawn_at", None), _connector="OR"),
                        name="invitation_accepted_or_withdrawn",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountRowRecord",
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
        migrations.RunPython(create_cache_table, drop_cache_table),
    ]

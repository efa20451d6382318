"""The user, to whom all other tables refer."""

import functools
import secrets

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
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
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="email address")),
                ("name", models.CharField(max_length=200, verbose_name="full name")),
                ("is_staff", models.BooleanField(default=False, verbose_name="may use the admin site")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("date_joined", models.DateTimeField(auto_now_add=True, verbose_name="joined at")),
                (
                    "confirmed_numbers",
                    models.JSONField(
                        default=list,
                        editable=False,
                        help_text="The mobile numbers that this person confirmed, formatted as for text messages.",
                    ),
                ),
                (
                    "declined_numbers",
                    models.JSONField(
                        default=list,
                        editable=False,
                        help_text="The mobile numbers that this person said are not theirs, formatted as for text messages.",
                    ),
                ),
                (
                    "salt",
                    models.CharField(
                        default=functools.partial(secrets.token_hex, 16),
                        editable=False,
                        help_text="This salt is part of the recorded digest. If the email address changes, we replace the salt.",
                        max_length=32,
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="email address")),
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
                        help_text="At the end of the retention period.",
                        null=True,
                        verbose_name="name and address deleted at",
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
            ],
            options={
                "verbose_name": "invitation",
                "ordering": ("-invited_at", "-pk"),
            },
        ),
    ]

"""Changes of a confirmed date wait for the agreement of a Head of Profession or deputy."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import releases.core.agreement


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0009_kept_bodies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DateChangeRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField(help_text="The schedule that was to be changed.")),
                ("was_on", models.DateField()),
                ("was_at", models.TimeField()),
                ("to_on", models.DateField()),
                ("to_at", models.TimeField()),
                ("zone", models.CharField(default="Europe/London", max_length=50)),
                ("public_reason", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("agreed", "Agreed"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                            ("lapsed", "Lapsed"),
                        ],
                        default=releases.core.agreement.RequestState["WAITING"],
                        max_length=10,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("refusal", models.TextField(blank=True, help_text="Why it was refused, for the person who asked.")),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="date_requests", to="releases.release"
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("requested_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    releases.core.agreement.RequestState["WAITING"],
                                    releases.core.agreement.RequestState["AGREED"],
                                    releases.core.agreement.RequestState["REFUSED"],
                                    releases.core.agreement.RequestState["WITHDRAWN"],
                                    releases.core.agreement.RequestState["LAPSED"],
                                ],
                            )
                        ),
                        name="request_state_is_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", releases.core.agreement.RequestState["WAITING"])),
                        fields=("release",),
                        name="one_waiting_request_per_release",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("state", releases.core.agreement.RequestState["WAITING"]),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", True),
                                ("state", releases.core.agreement.RequestState["LAPSED"]),
                            ),
                            models.Q(
                                models.Q(
                                    (
                                        "state__in",
                                        [
                                            releases.core.agreement.RequestState["WAITING"],
                                            releases.core.agreement.RequestState["LAPSED"],
                                        ],
                                    ),
                                    _negated=True,
                                ),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="request_says_who_decided_and_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state", releases.core.agreement.RequestState["REFUSED"]),
                                models.Q(("refusal", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", releases.core.agreement.RequestState["REFUSED"]), _negated=True),
                                ("refusal", ""),
                            ),
                            _connector="OR",
                        ),
                        name="refused_request_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("public_reason", ""), _negated=True), name="request_gives_a_public_reason"
                    ),
                ],
            },
        ),
    ]

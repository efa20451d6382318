"""Corrections after release with their append-only triggers, and the wording of notices about an outage."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "releases_publishedcorrection"


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
        ("releases", "0008_rota"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PublishedCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(help_text="Of the corrections of one release.")),
                ("revision", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("recorded", "Recorded"), ("withdrawn", "Withdrawn")],
                        default="recorded",
                        max_length=10,
                    ),
                ),
                ("what_was_wrong", models.TextField(blank=True)),
                ("found_at", models.DateTimeField(null=True)),
                ("corrected_at", models.DateTimeField(null=True)),
                ("public_notice", models.TextField(blank=True)),
                ("withdrawal_reason", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="published_corrections",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "verbose_name": "correction after release",
                "verbose_name_plural": "corrections after release",
                "ordering": ("release", "number", "revision"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="delaynotice",
            name="delay_notice_says_when_and_whom_to_ask",
        ),
        migrations.AddField(
            model_name="delaynotice",
            name="wording",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="historicalproducer",
            name="outage_wording",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="The wording that your office has agreed. We offer it to the Head of Profession if your website is down at release time. For example: Our website is not available. We will publish these statistics as soon as it is.",
                max_length=1000,
                verbose_name="notice for an outage of the website",
            ),
        ),
        migrations.AddField(
            model_name="producer",
            name="outage_wording",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="The wording that your office has agreed. We offer it to the Head of Profession if your website is down at release time. For example: Our website is not available. We will publish these statistics as soon as it is.",
                max_length=1000,
                verbose_name="notice for an outage of the website",
            ),
        ),
        migrations.AddConstraint(
            model_name="delaynotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "posted"),
                        models.Q(
                            ("expected_at__isnull", False),
                            models.Q(("expected_words", ""), _negated=True),
                            models.Q(("wording", ""), _negated=True),
                            _connector="OR",
                        ),
                        models.Q(("contact_name", ""), _negated=True),
                        models.Q(("contact_email", ""), _negated=True),
                    ),
                    models.Q(
                        ("contact_email", ""),
                        ("contact_name", ""),
                        ("expected_at__isnull", True),
                        ("expected_words", ""),
                        ("kind", "withdrawn"),
                        ("wording", ""),
                    ),
                    _connector="OR",
                ),
                name="delay_notice_says_when_and_whom_to_ask",
            ),
        ),
        migrations.AddConstraint(
            model_name="publishedcorrection",
            constraint=models.UniqueConstraint(
                fields=("release", "number", "revision"), name="one_correction_per_revision"
            ),
        ),
        migrations.AddConstraint(
            model_name="publishedcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("found_at__isnull", False),
                        ("kind", "recorded"),
                        ("withdrawal_reason", ""),
                        models.Q(("what_was_wrong", ""), _negated=True),
                    ),
                    models.Q(
                        ("corrected_at__isnull", True),
                        ("found_at__isnull", True),
                        ("kind", "withdrawn"),
                        ("public_notice", ""),
                        ("what_was_wrong", ""),
                        models.Q(("withdrawal_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="correction_says_what_was_wrong",
            ),
        ),
        migrations.AddConstraint(
            model_name="publishedcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("corrected_at__isnull", True), ("corrected_at__gte", models.F("found_at")), _connector="OR"
                ),
                name="corrected_after_it_was_found",
            ),
        ),
        # The triggers are dropped together with their table.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]

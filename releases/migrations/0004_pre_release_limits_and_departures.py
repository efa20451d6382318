"""Limits of pre-release access by series, exceptions for single releases, and non-working days of offices."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

# As for the other append-only tables in 0001_schema.
TRIGGERS = (
    (
        'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "releases_departure" FOR EACH ROW '
        "EXECUTE FUNCTION refuse_change()"
    ),
    'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "releases_departure" EXECUTE FUNCTION refuse_change()',
)


def create_triggers(apps, schema_editor):
    """Make PostgreSQL refuse changes to exceptions. On SQLite only the model refuses them."""
    if schema_editor.connection.vendor == "postgresql":
        for trigger in TRIGGERS:
            schema_editor.execute(trigger)


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0003_publisher_calendars"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="datechangerequest",
            name="bank_holiday_reason",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="datechangerequest",
            name="osr_agreed_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="datechangerequest",
            name="osr_reference",
            field=models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="historicalseries",
            name="nation",
            field=models.CharField(
                blank=True,
                choices=[
                    ("united_kingdom", "United Kingdom"),
                    ("england", "England"),
                    ("wales", "Wales"),
                    ("scotland", "Scotland"),
                    ("northern_ireland", "Northern Ireland"),
                ],
                db_default="",
                default="",
                help_text="Its order on pre-release access and its bank holidays apply. Leave this empty for the producer’s nation.",
                max_length=20,
                verbose_name="nation of the statistics",
            ),
        ),
        migrations.AddField(
            model_name="historicalseries",
            name="pre_release_kind",
            field=models.CharField(
                choices=[
                    ("general", "Any other statistics"),
                    ("economic", "Economic statistics"),
                    ("gdp_or_retail_sales", "GDP or retail sales"),
                ],
                db_default="general",
                default="general",
                help_text="Scotland’s law allows less access to economic statistics, and none to GDP and retail sales.",
                max_length=20,
                verbose_name="kind of statistics, for pre-release access",
            ),
        ),
        migrations.AddField(
            model_name="prereleaseaccess",
            name="authority_notified_on",
            field=models.DateField(
                blank=True, help_text="When the Authority was notified of the longer period.", null=True
            ),
        ),
        migrations.AddField(
            model_name="prereleaseaccess",
            name="public_benefit",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Why the public benefit outweighs the limit of the order; on the published list.",
            ),
        ),
        migrations.AddField(
            model_name="prereleaserequest",
            name="authority_notified_on",
            field=models.DateField(
                blank=True, help_text="When the Authority was notified of the longer period.", null=True
            ),
        ),
        migrations.AddField(
            model_name="prereleaserequest",
            name="public_benefit",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Why the public benefit outweighs the limit of the order; on the published list.",
            ),
        ),
        migrations.AddField(
            model_name="series",
            name="nation",
            field=models.CharField(
                blank=True,
                choices=[
                    ("united_kingdom", "United Kingdom"),
                    ("england", "England"),
                    ("wales", "Wales"),
                    ("scotland", "Scotland"),
                    ("northern_ireland", "Northern Ireland"),
                ],
                db_default="",
                default="",
                help_text="Its order on pre-release access and its bank holidays apply. Leave this empty for the producer’s nation.",
                max_length=20,
                verbose_name="nation of the statistics",
            ),
        ),
        migrations.AddField(
            model_name="series",
            name="pre_release_kind",
            field=models.CharField(
                choices=[
                    ("general", "Any other statistics"),
                    ("economic", "Economic statistics"),
                    ("gdp_or_retail_sales", "GDP or retail sales"),
                ],
                db_default="general",
                default="general",
                help_text="Scotland’s law allows less access to economic statistics, and none to GDP and retail sales.",
                max_length=20,
                verbose_name="kind of statistics, for pre-release access",
            ),
        ),
        migrations.AlterField(
            model_name="historicalproducer",
            name="pre_release_length",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Leave this empty for 24 hours. It applies to series of the producer’s own nation, up to the limit of that nation’s order. For the UK and England, set more than 24 hours only if a special provision of the order allows it (not confirmed here). For Wales, read the order: its period is not confirmed here.",
                null=True,
                verbose_name="usual period of pre-release access",
            ),
        ),
        migrations.AlterField(
            model_name="producer",
            name="pre_release_length",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Leave this empty for 24 hours. It applies to series of the producer’s own nation, up to the limit of that nation’s order. For the UK and England, set more than 24 hours only if a special provision of the order allows it (not confirmed here). For Wales, read the order: its period is not confirmed here.",
                null=True,
                verbose_name="usual period of pre-release access",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalNonWorkingDay",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("on", models.DateField(verbose_name="date")),
                ("title", models.CharField(help_text="Such as: Privilege day", max_length=200, verbose_name="name")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical non working day",
                "verbose_name_plural": "historical non working days",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Departure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("osr_agreement", "OSR’s written agreement"),
                            ("bank_holiday", "Bank holiday"),
                            ("at_once", "Release at once"),
                        ],
                        max_length=20,
                    ),
                ),
                ("osr_reference", models.CharField(blank=True, max_length=100)),
                ("osr_agreed_on", models.DateField(null=True)),
                ("holiday", models.CharField(blank=True, max_length=200)),
                ("reason", models.TextField(blank=True)),
                ("osr_told_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField()),
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
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="departures",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "ordering": ("release", "schedule_version", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("release", "schedule_version", "kind"), name="one_departure_per_schedule_and_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("osr_reference", ""), _negated=True),
                                ("holiday", ""),
                                ("kind", "osr_agreement"),
                                ("osr_agreed_on__isnull", False),
                                ("osr_told_at__isnull", True),
                            ),
                            models.Q(
                                models.Q(("holiday", ""), _negated=True),
                                models.Q(("reason", ""), _negated=True),
                                ("decided_by__isnull", False),
                                ("kind", "bank_holiday"),
                                ("osr_agreed_on__isnull", True),
                                ("osr_reference", ""),
                                ("osr_told_at__isnull", True),
                            ),
                            models.Q(
                                models.Q(("reason", ""), _negated=True),
                                ("decided_by__isnull", False),
                                ("holiday", ""),
                                ("kind", "at_once"),
                                ("osr_agreed_on__isnull", True),
                                ("osr_reference", ""),
                                ("osr_told_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="departure_says_what_allows_it",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NonWorkingDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="date")),
                ("title", models.CharField(help_text="Such as: Privilege day", max_length=200, verbose_name="name")),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="non_working_days",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "ordering": ("on",),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "on"), name="one_non_working_day_per_date")
                ],
            },
        ),
        # The triggers are dropped together with their table.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]

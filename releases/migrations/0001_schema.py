"""The tables of releases, and on PostgreSQL their append-only triggers and the index for title searches."""

import datetime
import functools
import logging
import secrets
import uuid

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import DatabaseError, migrations, models, transaction

FUNCTIONS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are kept as they were written', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION refuse_change_but_redaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('statsoffice.redacting', true) = 'on'
        AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are kept as they were written', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
DROP_FUNCTIONS = "DROP FUNCTION refuse_change(); DROP FUNCTION refuse_change_but_redaction();"
# By table: the events that are refused, and the function that refuses them. Its arguments are the columns that a redaction
# may overwrite. TRUNCATE is refused for each of them.
TRIGGERS = {
    "releases_anchor": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_body": ("UPDATE", "refuse_change()"),  # a body is deleted at the end of its retention
    "releases_datechange": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_delaynotice": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_importevent": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_monitoringrowrecord": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_observation": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_reasoncorrection": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_releaseevent": (
        "UPDATE OR DELETE",
        "refuse_change_but_redaction('words', 'words_salt', 'words_digest')",
    ),
    "releases_releaserowrecord": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_statement": ("UPDATE OR DELETE", "refuse_change_but_redaction('words')"),
    "releases_timestamp": ("UPDATE OR DELETE", "refuse_change()"),
}
TRIGRAM_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
TITLE_INDEX = (
    "CREATE INDEX IF NOT EXISTS release_by_title_words ON releases_release USING gin (UPPER(title::text) gin_trgm_ops)"
)
logger = logging.getLogger(__name__)


def create_functions(apps, schema_editor):
    """Create the trigger functions that the append-only tables of all apps use."""
    if schema_editor.connection.vendor == "postgresql":
        # Without parameters, because the percent sign of RAISE is not a placeholder.
        schema_editor.execute(FUNCTIONS, params=None)


def drop_functions(apps, schema_editor):
    """Drop the trigger functions, after the tables that use them."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP_FUNCTIONS)


def create_triggers(apps, schema_editor):
    """Make PostgreSQL refuse changes to append-only rows. On SQLite only the models refuse them."""
    if schema_editor.connection.vendor == "postgresql":
        for table, (events, function) in TRIGGERS.items():
            schema_editor.execute(
                f'CREATE TRIGGER append_only BEFORE {events} ON "{table}" FOR EACH ROW EXECUTE FUNCTION {function}'
            )
            schema_editor.execute(
                f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" EXECUTE FUNCTION refuse_change()'
            )


def index_title_words(apps, schema_editor):
    """Index titles by trigrams on PostgreSQL. Without the right to create the extension, search works but is slower."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias), schema_editor.connection.cursor() as cursor:
            cursor.execute(TRIGRAM_EXTENSION)
            cursor.execute(TITLE_INDEX)
    except DatabaseError as error:
        logger.warning("Titles are searched without an index, because the database has no pg_trgm for us: %s", error)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.RunPython(create_functions, drop_functions),
        migrations.CreateModel(
            name="Producer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=300, unique=True)),
                ("slug", models.SlugField(max_length=100, unique=True)),
                (
                    "nation",
                    models.CharField(
                        choices=[
                            ("united_kingdom", "United Kingdom"),
                            ("england", "England"),
                            ("wales", "Wales"),
                            ("scotland", "Scotland"),
                            ("northern_ireland", "Northern Ireland"),
                        ],
                        default="england",
                        max_length=20,
                    ),
                ),
                (
                    "two_person_approval",
                    models.BooleanField(
                        default=False,
                        help_text="Nobody approves a breach report that they wrote or submitted themselves.",
                        verbose_name="two people for an approval",
                    ),
                ),
                (
                    "hosts",
                    models.TextField(
                        blank=True,
                        help_text="One host on each line. Redirects are followed to these hosts and to those of a release's own addresses, and to no others.",
                        verbose_name="hosts of its website",
                    ),
                ),
                (
                    "negative_markers",
                    models.TextField(
                        blank=True,
                        help_text="One phrase on each line: what its website shows in the place of a release that is not out, such as: Not yet available.",
                        verbose_name="words for a page that is not there",
                    ),
                ),
                (
                    "pre_release_length",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: 24 hours, the working limit of the orders for the United Kingdom, England, Wales and Northern Ireland. Scotland’s order allows more. How much is not confirmed here: read it and set it.",
                        null=True,
                        verbose_name="usual period of pre-release access",
                    ),
                ),
                (
                    "pre_release_unit",
                    models.CharField(
                        choices=[("hours", "Hours"), ("working_days", "Working days")],
                        default="hours",
                        help_text="Of the period above.",
                        max_length=12,
                        verbose_name="counted in",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pre_release_length__isnull", True),
                            models.Q(
                                ("pre_release_length__gte", 1),
                                ("pre_release_length__lte", 240),
                                ("pre_release_unit", "hours"),
                            ),
                            models.Q(
                                ("pre_release_length__gte", 1),
                                ("pre_release_length__lte", 10),
                                ("pre_release_unit", "working_days"),
                            ),
                            _connector="OR",
                        ),
                        name="pre_release_period_is_plausible",
                        violation_error_message="A period of pre-release access is between 1 and 240 hours, or 1 and 10 working days.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("is_team", models.BooleanField(default=False, verbose_name="a team, not a person")),
                ("post", models.CharField(blank=True, help_text="Such as: Senior analytical officer", max_length=200)),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("telephone", models.CharField(blank=True, max_length=50)),
                (
                    "is_public",
                    models.BooleanField(
                        default=False,
                        help_text="Name, e-mail address and telephone number stand on the public pages of the releases that this contact is responsible for.",
                        verbose_name="shown to readers",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        help_text="The account of this person, if they have one.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="contacts", to="releases.producer"
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "email"), name="one_contact_per_producer_and_email")
                ],
            },
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=300)),
                ("slug", models.SlugField(max_length=150)),
                (
                    "designation",
                    models.CharField(
                        choices=[
                            ("accredited", "Accredited official statistics"),
                            ("official", "Official statistics"),
                            ("in_development", "Official statistics in development"),
                        ],
                        default="official",
                        max_length=20,
                    ),
                ),
                (
                    "release_time",
                    models.TimeField(
                        default=datetime.time(9, 30),
                        help_text="9:30am, unless the Director General for Regulation approved another time for this series.",
                        verbose_name="release time (London)",
                    ),
                ),
                (
                    "market_sensitive",
                    models.BooleanField(
                        default=False,
                        help_text="Confirming its dates less than six months ahead is advised against; it is not refused.",
                    ),
                ),
                (
                    "alternative_time_reference",
                    models.CharField(blank=True, max_length=100, verbose_name="approval's reference"),
                ),
                ("alternative_time_approved_on", models.DateField(blank=True, null=True, verbose_name="approved on")),
                (
                    "tolerance_seconds",
                    models.PositiveSmallIntegerField(
                        default=120,
                        help_text="How many seconds after the release time still count as on time: at most 179. Only the Head of Profession or a deputy changes it.",
                        validators=[django.core.validators.MaxValueValidator(179)],
                    ),
                ),
                (
                    "deputies",
                    models.ManyToManyField(blank=True, related_name="series_deputised", to="releases.contact"),
                ),
                (
                    "head_of_profession",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="series_headed",
                        to="releases.contact",
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="series", to="releases.producer"
                    ),
                ),
                (
                    "publishing_contacts",
                    models.ManyToManyField(blank=True, related_name="series_published", to="releases.contact"),
                ),
                (
                    "responsible",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="series_responsible_for",
                        to="releases.contact",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "series",
                "ordering": ("title",),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "slug"), name="one_series_per_producer_and_slug"),
                    models.UniqueConstraint(fields=("producer", "title"), name="one_series_per_producer_and_title"),
                    models.CheckConstraint(
                        condition=models.Q(("tolerance_seconds__lte", 179)), name="tolerance_below_three_minutes"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("release_time", datetime.time(9, 30)),
                            models.Q(
                                models.Q(("alternative_time_reference", ""), _negated=True),
                                ("alternative_time_approved_on__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="alternative_time_needs_approval",
                        violation_error_message="Another time than 9:30am needs the approval's reference and its date.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "reference",
                    models.SlugField(
                        help_text="Letters, digits and hyphens; it is part of the page's address.",
                        max_length=100,
                        unique=True,
                    ),
                ),
                ("title", models.CharField(max_length=300)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("provisional", "Provisional"),
                            ("confirmed", "Confirmed"),
                            ("published", "Published"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="provisional",
                        max_length=12,
                    ),
                ),
                ("planned_on", models.DateField(verbose_name="date")),
                ("planned_at", models.TimeField(blank=True, null=True, verbose_name="time")),
                ("zone", models.CharField(default="Europe/London", max_length=50)),
                (
                    "precision",
                    models.CharField(
                        choices=[("exact", "exact"), ("month", "month"), ("two_months", "two months")],
                        default="exact",
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField(db_index=True, editable=False, null=True)),
                ("schedule_version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "rehearsal",
                    models.BooleanField(
                        default=False,
                        help_text="A rehearsal is watched and judged like any release, and shown to nobody outside.",
                    ),
                ),
                ("recorded_at", models.DateTimeField(editable=False)),
                ("announced_at", models.DateTimeField(editable=False, null=True)),
                ("confirmed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "short_notice_reason",
                    models.TextField(
                        blank=True,
                        editable=False,
                        help_text="Why it was confirmed less than four weeks ahead; not public.",
                    ),
                ),
                ("published_at", models.DateTimeField(editable=False, null=True)),
                ("cancelled_at", models.DateTimeField(editable=False, null=True)),
                ("cancellation_reason", models.TextField(blank=True, editable=False)),
                (
                    "planned_from",
                    models.OneToOneField(
                        editable=False,
                        help_text="The release of the previous year from which this one was planned.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="planned_next",
                        to="releases.release",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="releases", to="releases.series"
                    ),
                ),
            ],
            options={
                "ordering": ("due_at", "planned_on", "reference"),
                "indexes": [
                    models.Index(fields=["status", "due_at"], name="release_by_status_and_due"),
                    models.Index(fields=["planned_on"], name="release_by_planned_day"),
                    models.Index(
                        condition=models.Q(("announced_at__isnull", False), ("rehearsal", False)),
                        fields=["planned_on", "public_id"],
                        name="public_release_by_day",
                    ),
                    models.Index(
                        condition=models.Q(("announced_at__isnull", False), ("rehearsal", False)),
                        fields=["status", "planned_on"],
                        name="public_release_by_status",
                    ),
                    models.Index(
                        condition=models.Q(("announced_at__isnull", False), ("rehearsal", False)),
                        fields=["announced_at", "id"],
                        name="public_release_by_announced",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("announced_at__isnull", False),
                            ("rehearsal", False),
                            ("confirmed_at__gt", models.F("announced_at")),
                        ),
                        fields=["confirmed_at", "id"],
                        name="public_release_by_confirmed",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("announced_at__isnull", False), ("rehearsal", False), ("cancelled_at__isnull", False)
                        ),
                        fields=["cancelled_at", "id"],
                        name="public_release_by_cancelled",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("announced_at__isnull", False), ("rehearsal", False), ("status", "published")
                        ),
                        fields=["due_at", "id"],
                        name="public_release_by_published",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["provisional", "confirmed", "published", "cancelled"])),
                        name="release_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_at__isnull", False), ("planned_at__isnull", False), ("precision", "exact")),
                            models.Q(models.Q(("precision", "exact"), _negated=True), ("due_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="due_at_follows_from_an_exact_date",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["confirmed", "published"]), _negated=True),
                            models.Q(("confirmed_at__isnull", False), ("due_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="confirmed_needs_an_exact_date",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status", "cancelled"),
                                ("cancelled_at__isnull", False),
                                models.Q(("cancellation_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status", "cancelled"), _negated=True),
                                ("cancellation_reason", ""),
                                ("cancelled_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="cancelled_needs_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rehearsal", False), ("announced_at__isnull", True), _connector="OR"),
                        name="rehearsal_is_never_announced",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Address",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=1000, verbose_name="address")),
                (
                    "role",
                    models.CharField(
                        choices=[("page", "Page"), ("attachment", "Attachment"), ("announcement", "Announcement")],
                        default="page",
                        max_length=12,
                    ),
                ),
                (
                    "marker",
                    models.CharField(
                        blank=True,
                        help_text="Words that this edition's page shows and the last edition's does not, such as: March 2026.",
                        max_length=300,
                    ),
                ),
                ("adapter", models.CharField(default="page", max_length=30, verbose_name="how it is read")),
                ("required", models.BooleanField(default=True)),
                ("added_at", models.DateTimeField(editable=False)),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="addresses", to="releases.release"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "addresses",
                "ordering": ("release", "-role", "pk"),
                "constraints": [
                    models.UniqueConstraint(fields=("release", "url"), name="one_address_per_release_and_url"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "page"), _negated=True),
                            models.Q(("marker", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="page_needs_a_marker",
                        violation_error_message="A page needs a marker: words by which this edition is known.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "announcement"), _negated=True), ("required", False), _connector="OR"
                        ),
                        name="announcement_is_never_required",
                        violation_error_message="An announcement is kept as evidence and never required.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("role", "announcement")),
                        fields=("release",),
                        name="one_announcement_per_release",
                        violation_error_message="A release has one announcement.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Body",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("compressed", models.BinaryField()),
                ("media_type", models.CharField(blank=True, max_length=100)),
                ("size", models.PositiveIntegerField(help_text="Bytes, before they were compressed.")),
            ],
            options={
                "verbose_name_plural": "bodies",
            },
        ),
        migrations.CreateModel(
            name="ChainHead",
            fields=[
                ("chain", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("position", models.PositiveBigIntegerField(default=0)),
                (
                    "row_hash",
                    models.CharField(
                        default="0000000000000000000000000000000000000000000000000000000000000000", max_length=64
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HostLease",
            fields=[
                ("host", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("holder", models.CharField(max_length=100)),
                ("fence", models.PositiveBigIntegerField(default=1)),
                ("until", models.DateTimeField()),
                (
                    "paused_until",
                    models.DateTimeField(help_text="The end of the pause that the site asked for.", null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NotFoundPage",
            fields=[
                ("host", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("url", models.URLField(max_length=1200)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("text", models.TextField(blank=True)),
                ("seen_at", models.DateTimeField()),
                ("ask_again_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CalendarImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("uploaded_at", models.DateTimeField()),
                ("file_name", models.CharField(max_length=200)),
                ("content", models.BinaryField(null=True)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("create_missing", models.BooleanField(default=False)),
                ("skip_refused", models.BooleanField(default=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("uploaded", "Uploaded"),
                            ("checked", "Checked"),
                            ("confirmed", "Confirmed"),
                            ("applied", "Applied"),
                            ("discarded", "Discarded"),
                            ("failed", "Failed"),
                        ],
                        default="uploaded",
                        max_length=12,
                    ),
                ),
                ("rows_total", models.PositiveIntegerField(null=True)),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("makes", models.JSONField(default=list)),
                ("notes", models.JSONField(default=list)),
                ("claimed_until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calendar_imports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-uploaded_at", "-pk"),
                "indexes": [models.Index(fields=["status", "uploaded_at"], name="import_by_status")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["uploaded", "checked", "confirmed", "applied", "discarded", "failed"])
                        ),
                        name="import_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("content__isnull", False),
                                ("ended_at__isnull", True),
                                ("status__in", ("uploaded", "confirmed", "checked")),
                            ),
                            models.Q(
                                models.Q(("status__in", ("uploaded", "confirmed", "checked")), _negated=True),
                                ("content__isnull", True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="import_keeps_its_file_until_its_end",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rows_total__isnull", True), ("rows_done__lte", models.F("rows_total")), _connector="OR"
                        ),
                        name="import_does_no_more_rows_than_there_are",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Comparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "url",
                    models.URLField(
                        help_text="The address at which the content was read. The result applies only to this address.",
                        max_length=1000,
                    ),
                ),
                ("tried_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                ("said", models.JSONField(default=dict)),
                ("missing", models.CharField(blank=True, max_length=20)),
                ("problem", models.CharField(blank=True, max_length=20)),
                ("told", models.JSONField(default=list)),
                ("differs", models.BooleanField(default=False)),
                ("news", models.PositiveIntegerField(default=0)),
                ("news_at", models.DateTimeField(null=True)),
                (
                    "address",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comparison", to="releases.address"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("differs", True)), fields=["differs"], name="comparisons_that_differ"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("said", {}), ("missing", ""), _connector="OR"),
                        name="comparison_read_one_thing",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Coverage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("watcher", models.CharField(max_length=100)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                (
                    "recorded_until",
                    models.DateTimeField(help_text="The end that its last recorded digest covers."),
                ),
            ],
            options={
                "verbose_name_plural": "coverage",
                "ordering": ("began_at",),
                "indexes": [models.Index(fields=["ended_at"], name="coverage_by_end")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ended_at__gte", models.F("began_at"))), name="coverage_ends_after_it_began"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DateChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                ("was_on", models.DateField()),
                ("was_at", models.TimeField(null=True)),
                ("was_precision", models.CharField(max_length=10)),
                ("to_on", models.DateField()),
                ("to_at", models.TimeField(null=True)),
                ("to_precision", models.CharField(max_length=10)),
                ("zone", models.CharField(default="Europe/London", max_length=50)),
                ("public_reason", models.TextField(blank=True)),
                ("requested_at", models.DateTimeField()),
                ("agreed_at", models.DateTimeField(null=True)),
                ("announced_at", models.DateTimeField(null=True)),
                (
                    "agreed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
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
                        related_name="date_changes",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "ordering": ("release", "schedule_version"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("announced_at__isnull", False)),
                        fields=["announced_at", "release"],
                        name="date_change_by_announced",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("release", "schedule_version"), name="one_date_change_per_schedule_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed_at__isnull", True), ("agreed_by__isnull", True)),
                            models.Q(("agreed_at__isnull", False), ("agreed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="date_change_agreed_by_and_at_go_together",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalProducer",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(db_index=True, max_length=300)),
                ("slug", models.SlugField(max_length=100)),
                (
                    "nation",
                    models.CharField(
                        choices=[
                            ("united_kingdom", "United Kingdom"),
                            ("england", "England"),
                            ("wales", "Wales"),
                            ("scotland", "Scotland"),
                            ("northern_ireland", "Northern Ireland"),
                        ],
                        default="england",
                        max_length=20,
                    ),
                ),
                (
                    "two_person_approval",
                    models.BooleanField(
                        default=False,
                        help_text="Nobody approves a breach report that they wrote or submitted themselves.",
                        verbose_name="two people for an approval",
                    ),
                ),
                (
                    "hosts",
                    models.TextField(
                        blank=True,
                        help_text="One host on each line. Redirects are followed to these hosts and to those of a release's own addresses, and to no others.",
                        verbose_name="hosts of its website",
                    ),
                ),
                (
                    "negative_markers",
                    models.TextField(
                        blank=True,
                        help_text="One phrase on each line: what its website shows in the place of a release that is not out, such as: Not yet available.",
                        verbose_name="words for a page that is not there",
                    ),
                ),
                (
                    "pre_release_length",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Empty: 24 hours, the working limit of the orders for the United Kingdom, England, Wales and Northern Ireland. Scotland’s order allows more. How much is not confirmed here: read it and set it.",
                        null=True,
                        verbose_name="usual period of pre-release access",
                    ),
                ),
                (
                    "pre_release_unit",
                    models.CharField(
                        choices=[("hours", "Hours"), ("working_days", "Working days")],
                        default="hours",
                        help_text="Of the period above.",
                        max_length=12,
                        verbose_name="counted in",
                    ),
                ),
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
            ],
            options={
                "verbose_name": "historical producer",
                "verbose_name_plural": "historical producers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ImportEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                ("facts", models.JSONField(default=dict)),
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
                    "of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="releases.calendarimport"
                    ),
                ),
            ],
            options={
                "ordering": ("at", "pk"),
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("title", models.CharField(blank=True, max_length=300)),
                ("outcome", models.CharField(max_length=10)),
                ("steps", models.JSONField(default=list)),
                ("faults", models.JSONField(default=list)),
                (
                    "of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="releases.calendarimport"
                    ),
                ),
            ],
            options={
                "ordering": ("of", "number"),
                "constraints": [models.UniqueConstraint(fields=("of", "number"), name="one_import_row_per_number")],
            },
        ),
        migrations.CreateModel(
            name="PreReleaseAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("post", models.CharField(max_length=200)),
                ("organisation", models.CharField(max_length=200)),
                ("person", models.CharField(blank=True, max_length=200)),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                ("length", models.PositiveSmallIntegerField(default=24)),
                (
                    "unit",
                    models.CharField(
                        choices=[("hours", "Hours"), ("working_days", "Working days")], default="hours", max_length=12
                    ),
                ),
                ("period_reason", models.TextField(blank=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("granted", "Granted"),
                            ("begun", "Begun"),
                            ("ended", "Ended"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="granted",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("granted_at", models.DateTimeField()),
                ("agreed_at", models.DateTimeField(null=True)),
                ("began_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("erased_at", models.DateTimeField(null=True)),
                (
                    "agreed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pre_release_access",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "pre-release access",
                "ordering": ("organisation", "post", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["granted", "begun", "ended", "withdrawn"])),
                        name="access_status_is_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("length__gte", 1)), name="access_has_a_period"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("began_at__isnull", True), ("status__in", ["granted", "withdrawn"])),
                            models.Q(("began_at__isnull", False), ("status__in", ["begun", "ended"])),
                            _connector="OR",
                        ),
                        name="access_that_began_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__gte", models.F("began_at")), ("status", "ended")),
                            models.Q(models.Q(("status", "ended"), _negated=True), ("ended_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="access_that_ended_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "withdrawn"), ("withdrawn_at__isnull", False)),
                            models.Q(models.Q(("status", "withdrawn"), _negated=True), ("withdrawn_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="access_that_was_withdrawn_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed_at__isnull", True), ("agreed_by__isnull", True)),
                            models.Q(("agreed_at__isnull", False), ("agreed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="access_agreed_by_and_at_go_together",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("erased_at__isnull", True), models.Q(("email", ""), ("person", "")), _connector="OR"
                        ),
                        name="access_erased_holds_no_name",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
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
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="releases.producer"
                    ),
                ),
            ],
            options={
                "ordering": ("producer", "role"),
                "constraints": [
                    models.UniqueConstraint(fields=("user", "producer", "role"), name="one_membership_per_role"),
                    models.CheckConstraint(
                        condition=models.Q(
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
                            )
                        ),
                        name="membership_role_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalSeries",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("title", models.CharField(max_length=300)),
                ("slug", models.SlugField(max_length=150)),
                (
                    "designation",
                    models.CharField(
                        choices=[
                            ("accredited", "Accredited official statistics"),
                            ("official", "Official statistics"),
                            ("in_development", "Official statistics in development"),
                        ],
                        default="official",
                        max_length=20,
                    ),
                ),
                (
                    "release_time",
                    models.TimeField(
                        default=datetime.time(9, 30),
                        help_text="9:30am, unless the Director General for Regulation approved another time for this series.",
                        verbose_name="release time (London)",
                    ),
                ),
                (
                    "market_sensitive",
                    models.BooleanField(
                        default=False,
                        help_text="Confirming its dates less than six months ahead is advised against; it is not refused.",
                    ),
                ),
                (
                    "alternative_time_reference",
                    models.CharField(blank=True, max_length=100, verbose_name="approval's reference"),
                ),
                ("alternative_time_approved_on", models.DateField(blank=True, null=True, verbose_name="approved on")),
                (
                    "tolerance_seconds",
                    models.PositiveSmallIntegerField(
                        default=120,
                        help_text="How many seconds after the release time still count as on time: at most 179. Only the Head of Profession or a deputy changes it.",
                        validators=[django.core.validators.MaxValueValidator(179)],
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "head_of_profession",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.contact",
                    ),
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
                    "responsible",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.contact",
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
                "verbose_name": "historical series",
                "verbose_name_plural": "historical series",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalMembership",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
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
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
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
                "verbose_name": "historical membership",
                "verbose_name_plural": "historical memberships",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalContact",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "erased",
                    models.JSONField(
                        editable=False, help_text="The removed details, and when each was removed.", null=True
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("is_team", models.BooleanField(default=False, verbose_name="a team, not a person")),
                ("post", models.CharField(blank=True, help_text="Such as: Senior analytical officer", max_length=200)),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("telephone", models.CharField(blank=True, max_length=50)),
                (
                    "is_public",
                    models.BooleanField(
                        default=False,
                        help_text="Name, e-mail address and telephone number stand on the public pages of the releases that this contact is responsible for.",
                        verbose_name="shown to readers",
                    ),
                ),
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
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The account of this person, if they have one.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
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
                "verbose_name": "historical contact",
                "verbose_name_plural": "historical contacts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ReasonCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("public_reason", models.TextField()),
                ("agreed_at", models.DateTimeField()),
                (
                    "agreed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="releases.datechange",
                    ),
                ),
            ],
            options={
                "ordering": ("change", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("change", "number"), name="one_reason_correction_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(("public_reason", ""), _negated=True), name="corrected_reason_is_a_reason"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PreReleaseRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("post", models.CharField(max_length=200)),
                ("organisation", models.CharField(max_length=200)),
                ("person", models.CharField(blank=True, max_length=200)),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail address")),
                ("length", models.PositiveSmallIntegerField(default=24)),
                (
                    "unit",
                    models.CharField(
                        choices=[("hours", "Hours"), ("working_days", "Working days")], default="hours", max_length=12
                    ),
                ),
                ("period_reason", models.TextField(blank=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("add", "Add"), ("change", "Change"), ("withdraw", "Withdraw")], max_length=10
                    ),
                ),
                ("entry_version", models.PositiveIntegerField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("agreed", "Agreed"),
                            ("refused", "Refused"),
                            ("taken_back", "Taken back"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
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
                    "entry",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="requests",
                        to="releases.prereleaseaccess",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pre_release_requests",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "ordering": ("asked_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["waiting", "agreed", "refused", "taken_back"])),
                        name="access_request_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["add", "change", "withdraw"])),
                        name="access_request_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("entry__isnull", True), ("kind", "add")),
                            models.Q(
                                models.Q(("kind", "add"), _negated=True),
                                ("entry__isnull", False),
                                ("entry_version__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="access_request_names_its_entry",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("status", "waiting")),
                            models.Q(
                                models.Q(("status", "waiting"), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="access_request_decided_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "waiting"), models.Q(("email", ""), ("person", "")), _connector="OR"
                        ),
                        name="access_request_decided_holds_no_name",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "waiting")),
                        fields=("entry",),
                        name="one_waiting_request_per_entry",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PreflightRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("claimed_until", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("findings", models.JSONField(default=list)),
                ("problems", models.PositiveSmallIntegerField(default=0)),
                ("news", models.PositiveSmallIntegerField(default=0)),
                ("vantage", models.CharField(blank=True, max_length=100)),
                (
                    "asked_by",
                    models.ForeignKey(
                        help_text="Empty if the plan requested it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="preflights", to="releases.release"
                    ),
                ),
            ],
            options={
                "verbose_name": "pre-flight",
                "ordering": ("-asked_at", "-pk"),
                "indexes": [models.Index(fields=["release", "schedule_version", "done_at"], name="preflight_latest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("done_at__isnull", True)),
                        fields=("release",),
                        name="one_open_preflight_per_release",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("news__lte", models.F("problems"))), name="preflight_news_are_problems"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Observation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveBigIntegerField(editable=False, unique=True)),
                ("format_version", models.PositiveSmallIntegerField(default=1, editable=False)),
                ("previous_hash", models.CharField(editable=False, max_length=64)),
                ("row_hash", models.CharField(editable=False, max_length=64)),
                ("url", models.URLField(max_length=1000)),
                ("schedule_version", models.PositiveIntegerField()),
                ("superseded", models.BooleanField(default=False)),
                ("replayed", models.BooleanField(default=False)),
                ("planned_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField()),
                ("completed_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("observer_fault", "no answer, and our own connection failed too"),
                            ("unreachable", "no usable answer"),
                            ("not_live", "not live"),
                            ("live", "live"),
                            ("unrecognised", "not recognised"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("adapter", models.CharField(max_length=30)),
                ("failure", models.CharField(blank=True, max_length=30)),
                ("failure_detail", models.CharField(blank=True, max_length=500)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("hops", models.JSONField(default=list)),
                ("headers", models.JSONField(default=list)),
                ("seconds", models.JSONField(default=dict)),
                ("body_sha256", models.CharField(blank=True, max_length=64)),
                ("text_digest", models.CharField(blank=True, max_length=64)),
                ("peer_address", models.CharField(blank=True, max_length=64)),
                ("certificate_sha256", models.CharField(blank=True, max_length=64)),
                ("watcher", models.CharField(max_length=100)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("plain", "What any reader is shown"),
                            ("fresh", "Past the caches on the way, to tell a stale copy"),
                            ("announcement", "What the announcement says"),
                        ],
                        default="plain",
                        max_length=12,
                    ),
                ),
                (
                    "clock_bound_seconds",
                    models.FloatField(
                        help_text="How far our clock may have been off; empty if nothing confirmed it.",
                        null=True,
                    ),
                ),
                (
                    "vantage",
                    models.CharField(blank=True, help_text="The place from which the check was made.", max_length=100),
                ),
                (
                    "publisher_says",
                    models.JSONField(
                        default=dict, help_text="The statements of the publisher's own system about the page."
                    ),
                ),
                (
                    "address",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="observations", to="releases.address"
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="observations", to="releases.release"
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
                "indexes": [
                    models.Index(fields=["release", "schedule_version", "sent_at"], name="observation_in_order"),
                    models.Index(
                        condition=models.Q(("body_sha256", ""), _negated=True),
                        fields=["body_sha256"],
                        name="observation_by_body",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeptBody",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("first_seen", "first seen"),
                            ("announcement", "announcement"),
                            ("last_before_due", "last before due"),
                            ("last_not_live", "last not live"),
                            ("first_partial", "first partial"),
                            ("first_live", "first live"),
                            ("first_live_fresh", "first live fresh"),
                        ],
                        max_length=20,
                    ),
                ),
                ("since_due", models.BooleanField(default=False)),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("stored", "Kept"),
                            ("not_stored", "Could not be stored"),
                            ("pruned", "Removed at the end of its time"),
                        ],
                        default="stored",
                        max_length=12,
                    ),
                ),
                ("kept_at", models.DateTimeField()),
                (
                    "address",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="releases.address"
                    ),
                ),
                (
                    "body",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="releases.body"
                    ),
                ),
                (
                    "look",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="releases.observation",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="kept_bodies", to="releases.release"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "kept bodies",
                "ordering": ("release", "schedule_version", "address", "look"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("address", "schedule_version", "why", "since_due"), name="one_kept_body_per_place"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "why__in",
                                [
                                    "first_seen",
                                    "announcement",
                                    "last_before_due",
                                    "last_not_live",
                                    "first_partial",
                                    "first_live",
                                    "first_live_fresh",
                                ],
                            )
                        ),
                        name="kept_body_reason_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("body", models.F("sha256")), ("state", "stored")),
                            models.Q(models.Q(("state", "stored"), _negated=True), ("body__isnull", True)),
                            _connector="OR",
                        ),
                        name="kept_body_is_stored_or_says_why_not",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalAddress",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("url", models.URLField(max_length=1000, verbose_name="address")),
                (
                    "role",
                    models.CharField(
                        choices=[("page", "Page"), ("attachment", "Attachment"), ("announcement", "Announcement")],
                        default="page",
                        max_length=12,
                    ),
                ),
                (
                    "marker",
                    models.CharField(
                        blank=True,
                        help_text="Words that this edition's page shows and the last edition's does not, such as: March 2026.",
                        max_length=300,
                    ),
                ),
                ("adapter", models.CharField(default="page", max_length=30, verbose_name="how it is read")),
                ("required", models.BooleanField(default=True)),
                ("added_at", models.DateTimeField(editable=False)),
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
                    "release",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical address",
                "verbose_name_plural": "historical addresses",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="DelayNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "schedule_version",
                    models.PositiveIntegerField(help_text="The version of the schedule that the notice is about."),
                ),
                ("kind", models.CharField(choices=[("posted", "Posted"), ("withdrawn", "Withdrawn")], max_length=10)),
                ("expected_at", models.DateTimeField(null=True)),
                ("expected_words", models.CharField(blank=True, max_length=300)),
                ("contact_name", models.CharField(blank=True, max_length=200)),
                ("contact_email", models.EmailField(blank=True, max_length=254)),
                ("posted_at", models.DateTimeField()),
                (
                    "posted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="delay_notices", to="releases.release"
                    ),
                ),
            ],
            options={
                "ordering": ("release", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("release", "number"), name="one_delay_notice_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "posted"),
                                models.Q(
                                    ("expected_at__isnull", False),
                                    models.Q(("expected_words", ""), _negated=True),
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
                            ),
                            _connector="OR",
                        ),
                        name="delay_notice_says_when_and_whom_to_ask",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DateChangeRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "schedule_version",
                    models.PositiveIntegerField(help_text="The version of the schedule that would be changed."),
                ),
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
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "refusal",
                    models.TextField(
                        blank=True, help_text="The reason for the refusal, for the person who made the request."
                    ),
                ),
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
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="date_requests", to="releases.release"
                    ),
                ),
            ],
            options={
                "ordering": ("requested_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "agreed", "refused", "withdrawn", "lapsed"])),
                        name="request_state_is_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("release",),
                        name="one_waiting_request_per_release",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("state", "waiting")),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", True), ("state", "lapsed")),
                            models.Q(
                                models.Q(("state__in", ["waiting", "lapsed"]), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="request_says_who_decided_and_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "refused"), models.Q(("refusal", ""), _negated=True)),
                            models.Q(models.Q(("state", "refused"), _negated=True), ("refusal", "")),
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
        migrations.CreateModel(
            name="ReleaseEvent",
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
                ("words_salt", models.CharField(default=functools.partial(secrets.token_hex, 16), max_length=32)),
                (
                    "words_digest",
                    models.CharField(
                        db_default="",
                        default="",
                        help_text="The digest of the words before their redaction.",
                        max_length=64,
                    ),
                ),
                ("release_public_id", models.UUIDField()),
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
                    "release",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
                "indexes": [models.Index(fields=["release", "position"], name="release_event_in_order")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind", ""), _negated=True), name="release_event_has_a_kind"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RollCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("due", models.PositiveIntegerField()),
                ("live", models.PositiveIntegerField()),
                ("not_live", models.PositiveIntegerField()),
                ("cannot_tell", models.PositiveIntegerField()),
                ("releases", models.JSONField(default=list)),
                ("called_at", models.DateTimeField()),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="roll_calls", to="releases.producer"
                    ),
                ),
            ],
            options={
                "ordering": ("-day", "producer"),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "day"), name="one_roll_call_per_producer_and_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReleaseTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("origin", models.CharField(blank=True, max_length=200)),
                ("rehearsal", models.BooleanField(default=False)),
                ("added_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tasks", to="releases.series"
                    ),
                ),
            ],
            options={
                "ordering": ("added_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="a_task_says_what_is_to_be_done"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                            models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_task_that_is_done_says_by_whom",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalRelease",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("public_id", models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                (
                    "reference",
                    models.SlugField(
                        help_text="Letters, digits and hyphens; it is part of the page's address.", max_length=100
                    ),
                ),
                ("title", models.CharField(max_length=300)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("provisional", "Provisional"),
                            ("confirmed", "Confirmed"),
                            ("published", "Published"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="provisional",
                        max_length=12,
                    ),
                ),
                ("planned_on", models.DateField(verbose_name="date")),
                ("planned_at", models.TimeField(blank=True, null=True, verbose_name="time")),
                ("zone", models.CharField(default="Europe/London", max_length=50)),
                (
                    "precision",
                    models.CharField(
                        choices=[("exact", "exact"), ("month", "month"), ("two_months", "two months")],
                        default="exact",
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField(db_index=True, editable=False, null=True)),
                ("schedule_version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "rehearsal",
                    models.BooleanField(
                        default=False,
                        help_text="A rehearsal is watched and judged like any release, and shown to nobody outside.",
                    ),
                ),
                ("recorded_at", models.DateTimeField(editable=False)),
                ("announced_at", models.DateTimeField(editable=False, null=True)),
                ("confirmed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "short_notice_reason",
                    models.TextField(
                        blank=True,
                        editable=False,
                        help_text="Why it was confirmed less than four weeks ahead; not public.",
                    ),
                ),
                ("published_at", models.DateTimeField(editable=False, null=True)),
                ("cancelled_at", models.DateTimeField(editable=False, null=True)),
                ("cancellation_reason", models.TextField(blank=True, editable=False)),
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
                    "planned_from",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        help_text="The release of the previous year from which this one was planned.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.release",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.series",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical release",
                "verbose_name_plural": "historical releases",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalExemption",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        help_text="As on the letter of the Director General for Regulation.", max_length=100
                    ),
                ),
                ("approved_on", models.DateField()),
                ("covers_from", models.DateField(verbose_name="first day that it covers")),
                ("covers_to", models.DateField(verbose_name="last day that it covers")),
                ("covers_late", models.BooleanField(default=False, verbose_name="covers a late release")),
                ("covers_early", models.BooleanField(default=False, verbose_name="covers an early release")),
                (
                    "covers_partial",
                    models.BooleanField(default=False, verbose_name="covers a release with parts missing"),
                ),
                ("words", models.TextField(help_text="In the words of the approval.", verbose_name="what it covers")),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "end",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("withdrawn", "Withdrawn: it covers nothing from now on"),
                            ("in_error", "Recorded in error: it never covered anything"),
                        ],
                        max_length=10,
                    ),
                ),
                ("end_words", models.TextField(blank=True, verbose_name="why it ends")),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
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
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
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
                (
                    "series",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Leave this empty if it covers every series of the producer.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.series",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical exemption",
                "verbose_name_plural": "historical exemptions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Exemption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        help_text="As on the letter of the Director General for Regulation.", max_length=100
                    ),
                ),
                ("approved_on", models.DateField()),
                ("covers_from", models.DateField(verbose_name="first day that it covers")),
                ("covers_to", models.DateField(verbose_name="last day that it covers")),
                ("covers_late", models.BooleanField(default=False, verbose_name="covers a late release")),
                ("covers_early", models.BooleanField(default=False, verbose_name="covers an early release")),
                (
                    "covers_partial",
                    models.BooleanField(default=False, verbose_name="covers a release with parts missing"),
                ),
                ("words", models.TextField(help_text="In the words of the approval.", verbose_name="what it covers")),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "end",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("withdrawn", "Withdrawn: it covers nothing from now on"),
                            ("in_error", "Recorded in error: it never covered anything"),
                        ],
                        max_length=10,
                    ),
                ),
                ("end_words", models.TextField(blank=True, verbose_name="why it ends")),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                (
                    "ended_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exemptions", to="releases.producer"
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        blank=True,
                        help_text="Leave this empty if it covers every series of the producer.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exemptions",
                        to="releases.series",
                    ),
                ),
            ],
            options={
                "ordering": ("-approved_on", "-pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("covers_to__gte", models.F("covers_from"))),
                        name="exemption_ends_after_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("covers_late", True), ("covers_early", True), ("covers_partial", True), _connector="OR"
                        ),
                        name="exemption_covers_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("end", ""), ("end_words", ""), ("ended_at__isnull", True), ("ended_by__isnull", True)
                            ),
                            models.Q(
                                models.Q(("end", ""), _negated=True),
                                ("ended_at__isnull", False),
                                ("ended_by__isnull", False),
                                models.Q(("end_words", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="exemption_says_why_it_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("this_is_it", "This is the release"),
                            ("previous_edition", "This is the previous edition"),
                            ("not_it", "This is something else"),
                            ("was_live", "It was live at"),
                        ],
                        max_length=20,
                    ),
                ),
                ("text_digest", models.CharField(blank=True, max_length=64)),
                ("live_at", models.DateTimeField(null=True)),
                ("words", models.TextField(blank=True)),
                ("stated_at", models.DateTimeField()),
                (
                    "address",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="releases.address",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="statements", to="releases.release"
                    ),
                ),
                (
                    "stated_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("stated_at",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "was_live"), ("live_at__isnull", False)),
                            models.Q(
                                models.Q(("kind", "was_live"), _negated=True),
                                ("live_at__isnull", True),
                                models.Q(("text_digest", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="statement_says_of_what_or_when",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                ("due_at", models.DateTimeField()),
                ("tolerance_seconds", models.PositiveSmallIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("on_time", "on time"),
                            ("early", "early"),
                            ("late", "late"),
                            ("not_seen", "not seen"),
                            ("partial", "partial"),
                            ("uncertain", "uncertain"),
                            ("cannot_tell", "cannot tell"),
                        ],
                        default="pending",
                        max_length=12,
                    ),
                ),
                ("last_not_live_at", models.DateTimeField(null=True)),
                ("first_live_at", models.DateTimeField(null=True)),
                ("delay_from", models.FloatField(null=True, verbose_name="delay at least (seconds)")),
                ("delay_to", models.FloatField(null=True, verbose_name="delay at most (seconds)")),
                ("occurred_at", models.DateTimeField(null=True)),
                ("addresses", models.JSONField(default=list)),
                ("reasons", models.JSONField(default=list)),
                (
                    "published_at_by_publisher",
                    models.DateTimeField(
                        help_text="By the publisher's own system; readers may have seen it later.", null=True
                    ),
                ),
                ("publisher_source", models.CharField(blank=True, max_length=40)),
                (
                    "diagnoses",
                    models.JSONField(default=list, help_text="What may explain the verdict, such as an edge cache."),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
                (
                    "rules_version",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="The version of the rules by which it was judged."
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="verifications", to="releases.release"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["due_at", "outcome", "release"], name="verification_by_due")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("release", "schedule_version"), name="one_verification_per_schedule_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                [
                                    "pending",
                                    "on_time",
                                    "early",
                                    "late",
                                    "not_seen",
                                    "partial",
                                    "uncertain",
                                    "cannot_tell",
                                ],
                            )
                        ),
                        name="outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("delay_to__isnull", True), ("delay_to__gte", models.F("delay_from")), _connector="OR"
                        ),
                        name="delay_is_an_interval",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Watch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                (
                    "next_look_at",
                    models.DateTimeField(db_index=True, help_text="Empty once the watch has ended.", null=True),
                ),
                (
                    "live_since",
                    models.DateTimeField(
                        help_text="When it was first seen live since it was due; from then on it is looked at less often.",
                        null=True,
                    ),
                ),
                (
                    "address",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="watch", to="releases.address"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReleaseRowRecord",
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
            name="MonitoringRowRecord",
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
            name="Anchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveBigIntegerField(editable=False, unique=True)),
                ("format_version", models.PositiveSmallIntegerField(default=1, editable=False)),
                ("previous_hash", models.CharField(editable=False, max_length=64)),
                ("row_hash", models.CharField(editable=False, max_length=64)),
                ("root", models.CharField(max_length=64)),
                (
                    "heads",
                    models.JSONField(
                        help_text="For each chain: position, hash, first row since the last anchor, and digest of the rows since then."
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("approval", "A report was approved"),
                            ("morning", "A morning's releases were judged"),
                            ("daily", "Daily"),
                        ],
                        max_length=20,
                    ),
                ),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="TimeStamp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveBigIntegerField(editable=False, unique=True)),
                ("format_version", models.PositiveSmallIntegerField(default=1, editable=False)),
                ("previous_hash", models.CharField(editable=False, max_length=64)),
                ("row_hash", models.CharField(editable=False, max_length=64)),
                ("authority", models.URLField(max_length=500)),
                ("stamped_at", models.DateTimeField(help_text="By the authority's clock.")),
                ("response", models.BinaryField(help_text="In DER, as the authority sent it.")),
                (
                    "anchor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="time_stamp",
                        to="releases.anchor",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="TimeStampRequest",
            fields=[
                (
                    "anchor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="time_stamp_request",
                        serialize=False,
                        to="releases.anchor",
                    ),
                ),
                ("due_at", models.DateTimeField(help_text="When we request the time stamp, or try again.")),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ("due_at",),
            },
        ),
        # The triggers and the index are dropped together with their tables.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
        migrations.RunPython(index_title_words, migrations.RunPython.noop),
    ]

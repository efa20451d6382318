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
    "releases_accessreceipt": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_agreementcorrection": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_anchor": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_body": ("UPDATE", "refuse_change()"),  # a body is deleted at the end of its retention
    "releases_datechange": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_delaynotice": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_departure": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_dummyfile": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_hostauthorisation": ("UPDATE OR DELETE", "refuse_change_but_redaction('owner_name', 'erased_at')"),
    "releases_importevent": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_incidentcontact": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_listconfirmation": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_monitoringrowrecord": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_observation": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_openfilecheck": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_openfilefinding": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_openfileremedy": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_phoneconfirmation": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_publicationstatement": ("UPDATE OR DELETE", "refuse_change()"),
    "releases_publishedcorrection": ("UPDATE OR DELETE", "refuse_change()"),
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
# The expression must be the one of `statsoffice.search`.
SEARCH_INDEX = "CREATE INDEX release_by_words ON releases_release USING gin (to_tsvector('english'::regconfig, COALESCE(title, '')))"
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


def index_searched_titles(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(SEARCH_INDEX, params=None)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.RunPython(create_functions, drop_functions),
        migrations.CreateModel(
            name="Address",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=1000, verbose_name="web address")),
                (
                    "role",
                    models.CharField(
                        choices=[("page", "Web page"), ("attachment", "File"), ("announcement", "Announcement")],
                        default="page",
                        max_length=12,
                        verbose_name="type",
                    ),
                ),
                (
                    "marker",
                    models.CharField(
                        blank=True,
                        help_text="Text that is on the page of this edition and not on the last one. For example, March 2026",
                        max_length=300,
                        verbose_name="text that identifies this edition",
                    ),
                ),
                ("adapter", models.CharField(default="page", max_length=30, verbose_name="type of website")),
                ("required", models.BooleanField(default=True, verbose_name="must be live on time")),
                (
                    "part",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not named"),
                            ("english_page", "English page"),
                            ("welsh_page", "Welsh page"),
                            ("tables", "Tables"),
                            ("data_api", "Data API"),
                            ("dashboard", "Dashboard"),
                            ("other", "Other part"),
                        ],
                        db_default="",
                        default="",
                        help_text="Optional. Choose a part if the release has several that are published together.",
                        max_length=12,
                        verbose_name="part of the release",
                    ),
                ),
                (
                    "may_follow_minutes",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, verbose_name="may follow within (minutes)"
                    ),
                ),
                ("added_at", models.DateTimeField(editable=False)),
            ],
            options={
                "verbose_name": "web page or file",
                "verbose_name_plural": "web pages and files",
                "ordering": ("release", "-role", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "page"), _negated=True),
                            models.Q(("marker", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="page_needs_a_marker",
                        violation_error_message="Enter the text that identifies this edition",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "announcement"), _negated=True), ("required", False), _connector="OR"
                        ),
                        name="announcement_is_never_required",
                        violation_error_message="An announcement cannot be required to be live on time.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("part__in", ["", "english_page", "welsh_page", "tables", "data_api", "dashboard", "other"])
                        ),
                        name="part_is_known",
                        violation_error_message="Choose one of the parts in the list.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("part", ""), models.Q(("role", "announcement"), _negated=True), _connector="OR"
                        ),
                        name="announcement_is_no_part",
                        violation_error_message="An announcement is not a part of the release.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("part__in", ["english_page", "welsh_page"]), _negated=True),
                            ("role", "page"),
                            _connector="OR",
                        ),
                        name="page_part_is_a_page",
                        violation_error_message="Choose the type ‘Web page’ for an English or a Welsh page.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("may_follow_minutes", 0),
                            models.Q(
                                ("may_follow_minutes__lte", 1440),
                                ("required", True),
                                models.Q(("part", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="only_a_required_part_may_follow",
                        violation_error_message="Only a named part with ‘Must be live on time’ selected may "
                        "follow, within 1440 minutes (24 hours).",
                    ),
                ],
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
                        help_text="For each chain: its position, its hash, the first row since the last "
                        "anchor, and the digest of the rows since then."
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("approval", "A report was approved"),
                            ("morning", "The results of a morning’s releases were decided"),
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
            name="Body",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("compressed", models.BinaryField()),
                ("media_type", models.CharField(blank=True, max_length=100)),
                ("size", models.PositiveIntegerField(help_text="Size in bytes before compression.")),
            ],
            options={
                "verbose_name_plural": "bodies",
            },
        ),
        migrations.CreateModel(
            name="BodyObject",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("begun_at", models.DateTimeField(help_text="When we last began to write the object.")),
                (
                    "moved_at",
                    models.DateTimeField(help_text="When the bytes were removed from the database.", null=True),
                ),
            ],
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
                    models.DateTimeField(help_text="The site asked us to make no requests until this time.", null=True),
                ),
            ],
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
                ("due_at", models.DateTimeField(help_text="When the next request to the authority is due.")),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ("due_at",),
            },
        ),
        migrations.CreateModel(
            name="CalendarImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("uploaded_at", models.DateTimeField()),
                (
                    "source",
                    models.CharField(
                        choices=[("file", "File"), ("govuk", "GOV.UK"), ("ons", "ONS")],
                        db_default="file",
                        default="file",
                        max_length=10,
                    ),
                ),
                ("file_name", models.CharField(max_length=200)),
                ("content", models.BinaryField(null=True)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                (
                    "date_order",
                    models.CharField(
                        blank=True,
                        choices=[("day_first", "Day first"), ("month_first", "Month first")],
                        db_default="",
                        default="",
                        max_length=12,
                    ),
                ),
                ("create_missing", models.BooleanField(default=False)),
                ("skip_refused", models.BooleanField(default=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("uploaded", "Uploaded"),
                            ("ambiguous", "Waiting for the date order"),
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
                            (
                                "status__in",
                                ["uploaded", "ambiguous", "checked", "confirmed", "applied", "discarded", "failed"],
                            )
                        ),
                        name="import_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("content__isnull", False),
                                ("ended_at__isnull", True),
                                ("status__in", ("uploaded", "confirmed", "ambiguous", "checked")),
                            ),
                            models.Q(
                                models.Q(
                                    ("status__in", ("uploaded", "confirmed", "ambiguous", "checked")), _negated=True
                                ),
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
            name="CheckSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                (
                    "next_check_at",
                    models.DateTimeField(
                        db_column="next_look_at", db_index=True, help_text="Empty once monitoring has ended.", null=True
                    ),
                ),
                ("host", models.CharField(db_default="", default="", editable=False, max_length=255)),
                (
                    "live_since",
                    models.DateTimeField(
                        help_text="When we first found it live after it was due. After that, we check it less often.",
                        null=True,
                    ),
                ),
                (
                    "address",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="schedule", to="releases.address"
                    ),
                ),
            ],
            options={
                "db_table": "releases_watch",
                "indexes": [models.Index(fields=["host", "next_check_at"], name="check_schedule_by_host")],
            },
        ),
        migrations.CreateModel(
            name="Comparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "url",
                    models.URLField(
                        help_text="The address that we read. The content does not apply to any other address.",
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
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("is_team", models.BooleanField(default=False, verbose_name="this is a team")),
                (
                    "post",
                    models.CharField(blank=True, help_text="For example, Senior analytical officer", max_length=200),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="email address")),
                ("telephone", models.CharField(blank=True, max_length=50)),
                (
                    "is_public",
                    models.BooleanField(
                        default=False,
                        help_text="Readers see the name, email address and telephone number on the pages of releases that this contact is responsible for.",
                        verbose_name="show to readers",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        help_text="This person’s account in this service, if they have one.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
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
                    models.DateTimeField(help_text="The last recorded digest covers the period up to this time."),
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
                ("was_on", models.DateField(verbose_name="previous date")),
                ("was_at", models.TimeField(null=True, verbose_name="previous time")),
                ("was_precision", models.CharField(max_length=10, verbose_name="previous precision")),
                ("to_on", models.DateField(verbose_name="new date")),
                ("to_at", models.TimeField(null=True, verbose_name="new time")),
                ("to_precision", models.CharField(max_length=10, verbose_name="new precision")),
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
            ],
            options={
                "verbose_name": "date change",
                "verbose_name_plural": "date changes",
                "ordering": ("release", "schedule_version"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed_at__isnull", True), ("agreed_by__isnull", True)),
                            models.Q(("agreed_at__isnull", False), ("agreed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="date_change_agreed_by_and_at_go_together",
                    )
                ],
            },
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
            ],
            options={
                "verbose_name": "exception to the release time",
                "verbose_name_plural": "exceptions to the release time",
                "ordering": ("release", "schedule_version", "pk"),
                "constraints": [
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
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AgreementCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("osr_reference", models.CharField(max_length=100)),
                ("osr_agreed_on", models.DateField()),
                ("corrected_at", models.DateTimeField()),
                (
                    "corrected_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "departure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="releases.departure"
                    ),
                ),
            ],
            options={
                "ordering": ("departure", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("departure", "number"), name="one_agreement_correction_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(("osr_reference", ""), _negated=True),
                        name="corrected_agreement_has_a_reference",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DummyFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, unique=True)),
                ("token", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "dummy file",
                "verbose_name_plural": "dummy files",
                "ordering": ("-made_at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="HistoricalProducer",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", models.CharField(db_index=True, max_length=300)),
                (
                    "welsh_name",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Optional. Welsh pages show the English name without it.",
                        max_length=300,
                        verbose_name="name in Welsh",
                    ),
                ),
                ("slug", models.SlugField(max_length=100, verbose_name="short name")),
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
                        help_text="People cannot approve a breach report if they wrote or submitted it, or chose its cause. They cannot approve a compliance table if they wrote its text.",
                        verbose_name="two people must approve a report",
                    ),
                ),
                (
                    "hosts",
                    models.TextField(
                        blank=True,
                        help_text="One website on each line, for example www.example.gov.uk. Our checks only follow redirects to these websites and to those of the release.",
                        verbose_name="websites",
                    ),
                ),
                (
                    "negative_markers",
                    models.TextField(
                        blank=True,
                        help_text="One phrase on each line. Enter what the website shows before a release is published, for example: Not yet available",
                        verbose_name="text on a missing page",
                    ),
                ),
                (
                    "outage_wording",
                    models.TextField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The wording that your office has agreed. We offer it to the Head of Profession if your website is down at release time. For example: Our website is not available. We will publish these statistics as soon as it is.",
                        max_length=1000,
                        verbose_name="notice for a website outage",
                    ),
                ),
                (
                    "pre_release_length",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="If you leave this empty, the usual length is 24 hours. The length applies to series of the producer’s own nation. For Scotland and Northern Ireland, it is never longer than the limit in the order. For the UK and England, only set more than 24 hours if a special provision of the order allows it. We have not confirmed this provision, or the period for Wales. Check the order.",
                        null=True,
                        verbose_name="usual length of pre-release access",
                    ),
                ),
                (
                    "pre_release_unit",
                    models.CharField(
                        choices=[("hours", "Hours"), ("working_days", "Working days")],
                        default="hours",
                        help_text="The unit of the usual length of pre-release access.",
                        max_length=12,
                        verbose_name="hours or working days",
                    ),
                ),
                (
                    "asks_recipients",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="We email each person on a pre-release access list twice. Five working days before their access begins, we send a link to confirm the terms. When their access begins, we send a link to confirm receipt.",
                        verbose_name="ask people with pre-release access to confirm",
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
            name="HostAuthorisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(help_text="Include the port if it is not the default one.", max_length=255)),
                (
                    "number",
                    models.PositiveIntegerField(help_text="Rows of the same producer and host are numbered from 1."),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("recorded", "Recorded"), ("withdrawn", "Withdrawn")],
                        default="recorded",
                        max_length=10,
                    ),
                ),
                ("owner_name", models.CharField(blank=True, max_length=200)),
                ("owner_post", models.CharField(blank=True, max_length=200)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("authorised_on", models.DateField(null=True)),
                ("recorded_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(null=True)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "authorised host",
                "verbose_name_plural": "authorised hosts",
                "ordering": ("producer", "host", "number"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("authorised_on__isnull", False),
                                ("kind", "recorded"),
                                models.Q(("owner_post", ""), _negated=True),
                                models.Q(("reference", ""), _negated=True),
                            ),
                            models.Q(
                                ("authorised_on__isnull", True),
                                ("kind", "withdrawn"),
                                ("owner_name", ""),
                                ("owner_post", ""),
                                ("reference", ""),
                            ),
                            _connector="OR",
                        ),
                        name="host_authorisation_says_who_gave_it",
                    )
                ],
            },
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
            name="OpenFileCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_url", models.URLField(max_length=1000)),
                ("page_url", models.URLField(blank=True, max_length=1000)),
                ("requested_at", models.DateTimeField()),
                (
                    "dummy_file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="releases.dummyfile"
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
                "verbose_name": "check of a dummy file",
                "verbose_name_plural": "checks of dummy files",
                "ordering": ("-requested_at", "-pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("file_url", ""), _negated=True), name="open_file_check_has_an_address"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OpenFileFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("target", models.CharField(choices=[("file", "File"), ("page", "Page")], max_length=10)),
                ("url", models.URLField(max_length=1000)),
                (
                    "result",
                    models.CharField(
                        choices=[("open", "Open"), ("not_open", "Not open"), ("not_known", "Not known")], max_length=10
                    ),
                ),
                ("sign", models.CharField(max_length=20)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("failure", models.CharField(blank=True, max_length=30)),
                ("sent_at", models.DateTimeField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
                ("body_sha256", models.CharField(blank=True, max_length=64)),
                ("vantage", models.CharField(blank=True, max_length=100)),
                ("recorded_at", models.DateTimeField()),
                (
                    "authorisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="releases.hostauthorisation",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="releases.openfilecheck",
                    ),
                ),
            ],
            options={
                "verbose_name": "result of a dummy file",
                "verbose_name_plural": "results of dummy files",
                "ordering": ("request", "target"),
                "constraints": [
                    models.UniqueConstraint(fields=("request", "target"), name="one_open_file_finding_per_address"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("completed_at__isnull", True), ("sent_at__isnull", True)),
                            models.Q(
                                ("authorisation__isnull", False),
                                ("completed_at__gte", models.F("sent_at")),
                                ("sent_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="open_file_request_was_authorised",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("result", "not_known"),
                            models.Q(("result", "not_open"), ("status__isnull", False)),
                            models.Q(
                                ("result", "open"), ("sign__in", ["token", "file_name"]), ("status__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="open_file_result_has_an_answer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("body_sha256", ""), ("sign", "token"), _connector="OR"),
                        name="open_file_digest_is_of_the_token",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OpenFileRemedy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("restricted", "Access to the folder or page is now restricted"),
                            ("other_place", "The files will be stored in another place, or added later"),
                            ("setting", "A setting of the server or the publishing system was changed"),
                            ("other", "Something else was done"),
                        ],
                        max_length=20,
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                (
                    "dummy_file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="remedies", to="releases.dummyfile"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "remedy of an open file",
                "verbose_name_plural": "remedies of open files",
                "ordering": ("-recorded_at", "-pk"),
            },
        ),
        migrations.CreateModel(
            name="PreReleaseAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("post", models.CharField(max_length=200)),
                ("organisation", models.CharField(max_length=200)),
                ("person", models.CharField(blank=True, max_length=200)),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
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
                    "public_benefit",
                    models.TextField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Why the public benefit outweighs the limit of the order. Shown on the "
                        "published list.",
                    ),
                ),
                (
                    "authority_notified_on",
                    models.DateField(
                        blank=True, help_text="When the Authority was notified of the longer period.", null=True
                    ),
                ),
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
            name="PhoneConfirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                ("terms", models.CharField(blank=True, max_length=30)),
                ("recorded_at", models.DateTimeField()),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="phone_confirmations",
                        to="releases.prereleaseaccess",
                    ),
                ),
            ],
            options={
                "verbose_name": "confirmation by phone",
                "verbose_name_plural": "confirmations by phone",
                "ordering": ("recorded_at", "pk"),
            },
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
                "verbose_name": "recipient’s link",
                "verbose_name_plural": "recipients’ links",
                "ordering": ("made_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["terms", "handling"])), name="access_link_purpose_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_void", False), ("revoked_at__isnull", False), _connector="OR"),
                        name="access_link_void_is_revoked",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("entry", "purpose", "schedule_version"),
                        name="one_access_link_in_force",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Producer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=300, unique=True)),
                (
                    "welsh_name",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Optional. Welsh pages show the English name without it.",
                        max_length=300,
                        verbose_name="name in Welsh",
                    ),
                ),
                ("slug", models.SlugField(max_length=100, unique=True, verbose_name="short name")),
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
                        help_text="People cannot approve a breach report if they wrote or submitted it, or chose its cause. They cannot approve a compliance table if they wrote its text.",
                        verbose_name="two people must approve a report",
                    ),
                ),
                (
                    "hosts",
                    models.TextField(
                        blank=True,
                        help_text="One website on each line, for example www.example.gov.uk. Our checks only follow redirects to these websites and to those of the release.",
                        verbose_name="websites",
                    ),
                ),
                (
                    "negative_markers",
                    models.TextField(
                        blank=True,
                        help_text="One phrase on each line. Enter what the website shows before a release is published, for example: Not yet available",
                        verbose_name="text on a missing page",
                    ),
                ),
                (
                    "outage_wording",
                    models.TextField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The wording that your office has agreed. We offer it to the Head of Profession if your website is down at release time. For example: Our website is not available. We will publish these statistics as soon as it is.",
                        max_length=1000,
                        verbose_name="notice for a website outage",
                    ),
                ),
                (
                    "pre_release_length",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="If you leave this empty, the usual length is 24 hours. The length applies to series of the producer’s own nation. For Scotland and Northern Ireland, it is never longer than the limit in the order. For the UK and England, only set more than 24 hours if a special provision of the order allows it. We have not confirmed this provision, or the period for Wales. Check the order.",
                        null=True,
                        verbose_name="usual length of pre-release access",
                    ),
                ),
                (
                    "pre_release_unit",
                    models.CharField(
                        choices=[("hours", "Hours"), ("working_days", "Working days")],
                        default="hours",
                        help_text="The unit of the usual length of pre-release access.",
                        max_length=12,
                        verbose_name="hours or working days",
                    ),
                ),
                (
                    "asks_recipients",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="We email each person on a pre-release access list twice. Five working days before their access begins, we send a link to confirm the terms. When their access begins, we send a link to confirm receipt.",
                        verbose_name="ask people with pre-release access to confirm",
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
            name="NonWorkingDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="date")),
                (
                    "title",
                    models.CharField(help_text="For example, Privilege day", max_length=200, verbose_name="name"),
                ),
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
                "verbose_name": "day when the office is closed",
                "verbose_name_plural": "days when the office is closed",
                "ordering": ("on",),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "on"), name="one_non_working_day_per_date")
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
                "verbose_name": "role",
                "verbose_name_plural": "roles",
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
            name="IncidentContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("named_at", models.DateTimeField()),
                (
                    "named_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "person",
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
                        related_name="incident_contacts",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "ordering": ("producer", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "number"), name="one_incident_contact_per_number")
                ],
            },
        ),
        migrations.AddField(
            model_name="calendarimport",
            name="producers",
            field=models.ManyToManyField(related_name="+", to="releases.producer"),
        ),
        migrations.AddField(
            model_name="hostauthorisation",
            name="producer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="host_authorisations", to="releases.producer"
            ),
        ),
        migrations.CreateModel(
            name="HistoricalSeries",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("title", models.CharField(max_length=300)),
                (
                    "welsh_title",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Optional. Welsh pages show the English title without it.",
                        max_length=300,
                        verbose_name="title in Welsh",
                    ),
                ),
                ("slug", models.SlugField(max_length=150, verbose_name="short name")),
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
                        help_text="9:30am, unless the Director General for Regulation has approved another time for this series.",
                        verbose_name="release time (London)",
                    ),
                ),
                (
                    "nation",
                    models.CharField(
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
                        help_text="The order on pre-release access and the bank holidays of this nation apply. Leave this empty to use the producer’s nation.",
                        max_length=20,
                        verbose_name="nation of the statistics",
                    ),
                ),
                (
                    "pre_release_kind",
                    models.CharField(
                        choices=[
                            ("general", "Any other statistics"),
                            ("economic", "Economic statistics"),
                            ("gdp_or_retail_sales", "GDP or retail sales"),
                        ],
                        db_default="general",
                        default="general",
                        help_text="In Scotland, the period of access to economic statistics is shorter, "
                        "and there is no pre-release access to GDP and retail sales.",
                        max_length=20,
                        verbose_name="type of statistics for pre-release access",
                    ),
                ),
                (
                    "market_sensitive",
                    models.BooleanField(
                        default=False, help_text="We warn you if you confirm a date less than 6 months ahead."
                    ),
                ),
                (
                    "alternative_time_reference",
                    models.CharField(blank=True, max_length=100, verbose_name="reference of the approval"),
                ),
                (
                    "alternative_time_approved_on",
                    models.DateField(blank=True, null=True, verbose_name="date of the approval"),
                ),
                (
                    "tolerance_seconds",
                    models.PositiveSmallIntegerField(
                        default=120,
                        help_text="A release that is live within this time counts as on time. You can enter 179 seconds or fewer. Only the Head of Profession or a deputy can change it.",
                        validators=[django.core.validators.MaxValueValidator(179)],
                        verbose_name="tolerance in seconds",
                    ),
                ),
                (
                    "screenshots",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="We take a screenshot of the web page at the release time, at the end of the tolerance, and when we first find it live. If we found it live before the release time, we do not store screenshots. This needs the optional browser of our service.",
                        verbose_name="take screenshots",
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
                        verbose_name="Head of Profession",
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
                        verbose_name="contact",
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
            name="HistoricalNonWorkingDay",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("on", models.DateField(verbose_name="date")),
                (
                    "title",
                    models.CharField(help_text="For example, Privilege day", max_length=200, verbose_name="name"),
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
                "verbose_name": "historical day when the office is closed",
                "verbose_name_plural": "historical days when the office is closed",
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
                "verbose_name": "historical role",
                "verbose_name_plural": "historical roles",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalCover",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                ("named_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "absent",
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
                    "ended_by",
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
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "named_by",
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
                    "person",
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
                "verbose_name": "historical cover for a Head of Profession",
                "verbose_name_plural": "historical cover for Heads of Profession",
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
                        editable=False,
                        help_text="Which details were removed at the end of their retention period, and when.",
                        null=True,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("is_team", models.BooleanField(default=False, verbose_name="this is a team")),
                (
                    "post",
                    models.CharField(blank=True, help_text="For example, Senior analytical officer", max_length=200),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="email address")),
                ("telephone", models.CharField(blank=True, max_length=50)),
                (
                    "is_public",
                    models.BooleanField(
                        default=False,
                        help_text="Readers see the name, email address and telephone number on the pages of releases that this contact is responsible for.",
                        verbose_name="show to readers",
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
                        help_text="This person’s account in this service, if they have one.",
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
            name="Cover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                ("named_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "absent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "named_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="covers", to="releases.producer"
                    ),
                ),
            ],
            options={
                "verbose_name": "cover for a Head of Profession",
                "verbose_name_plural": "cover for Heads of Profession",
                "ordering": ("starts_on", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="cover_ends_after_it_starts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("person", models.F("absent")), _negated=True),
                        name="cover_is_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="cover_that_ended_says_by_whom",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="producer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="contacts", to="releases.producer"
            ),
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
                "verbose_name": "corrected reason",
                "verbose_name_plural": "corrected reasons",
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
            name="Release",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "reference",
                    models.SlugField(
                        help_text="Use letters, numbers and hyphens. It is part of the web address of this release.",
                        max_length=100,
                        unique=True,
                    ),
                ),
                ("title", models.CharField(max_length=300)),
                (
                    "welsh_title",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Optional. Welsh pages show the English title without it.",
                        max_length=300,
                        verbose_name="title in Welsh",
                    ),
                ),
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
                        default=False, help_text="We check a rehearsal like any other release. Readers never see it."
                    ),
                ),
                (
                    "screenshots",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Select this to take screenshots of this release even if its series "
                        "has none. Otherwise, the setting of the series applies.",
                        verbose_name="take screenshots",
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
                        help_text="Why the date was confirmed less than 4 weeks ahead. We do not publish this.",
                        verbose_name="reason for short notice",
                    ),
                ),
                ("published_at", models.DateTimeField(editable=False, null=True)),
                ("cancelled_at", models.DateTimeField(editable=False, null=True)),
                (
                    "cancellation_reason",
                    models.TextField(blank=True, editable=False, verbose_name="reason for cancellation"),
                ),
                (
                    "planned_from",
                    models.OneToOneField(
                        editable=False,
                        help_text="The previous year’s release that this one was planned from.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="planned_next",
                        to="releases.release",
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
            name="PublishedCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.PositiveSmallIntegerField(help_text="Corrections of the same release are numbered from 1."),
                ),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("release", "number", "revision"), name="one_correction_per_revision"
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrected_at__isnull", True), ("corrected_at__gte", models.F("found_at")), _connector="OR"
                        ),
                        name="corrected_after_it_was_found",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PublicationStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                ("source", models.UUIDField(help_text="The identifier of the publishing system.")),
                (
                    "source_name",
                    models.CharField(help_text="The name of the publishing system at that time.", max_length=100),
                ),
                ("message_id", models.CharField(max_length=200)),
                ("published_at", models.DateTimeField(help_text="As stated by the publishing system.")),
                ("received_at", models.DateTimeField()),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publication_statements",
                        to="releases.release",
                    ),
                ),
            ],
            options={
                "verbose_name": "statement of publication",
                "verbose_name_plural": "statements of publication",
                "ordering": ("received_at", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "message_id"), name="one_statement_per_source_and_message"
                    )
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
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
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
                    "public_benefit",
                    models.TextField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Why the public benefit outweighs the limit of the order. Shown on the "
                        "published list.",
                    ),
                ),
                (
                    "authority_notified_on",
                    models.DateField(
                        blank=True, help_text="When the Authority was notified of the longer period.", null=True
                    ),
                ),
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
                            ("taken_back", "Withdrawn"),
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
        migrations.AddField(
            model_name="prereleaseaccess",
            name="release",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="pre_release_access", to="releases.release"
            ),
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
                        help_text="Empty for a planned check.",
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
                "verbose_name": "check before release",
                "verbose_name_plural": "checks before release",
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
                ("url", models.URLField(max_length=1000, verbose_name="web address")),
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
                            ("observer_fault", "no response, and our own connection failed too"),
                            ("unreachable", "no usable response"),
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
                ("hops", models.JSONField(default=list, verbose_name="redirects")),
                ("headers", models.JSONField(default=list)),
                ("seconds", models.JSONField(default=dict)),
                ("body_sha256", models.CharField(blank=True, max_length=64)),
                ("text_digest", models.CharField(blank=True, max_length=64)),
                ("peer_address", models.CharField(blank=True, max_length=64)),
                ("certificate_sha256", models.CharField(blank=True, max_length=64)),
                ("watcher", models.CharField(max_length=100, verbose_name="monitoring process")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("plain", "What any reader sees"),
                            ("fresh", "Bypasses caches, to detect an old copy"),
                            ("announcement", "What the announcement says"),
                            ("vantage", "What a reader sees from another vantage point"),
                        ],
                        default="plain",
                        max_length=12,
                    ),
                ),
                (
                    "clock_bound_seconds",
                    models.FloatField(
                        help_text="How far our clock may be from the correct time. Empty if no source "
                        "confirmed the time.",
                        null=True,
                        verbose_name="possible clock error in seconds",
                    ),
                ),
                (
                    "vantage",
                    models.CharField(
                        blank=True,
                        help_text="Where the check was made from.",
                        max_length=100,
                        verbose_name="place of the check",
                    ),
                ),
                (
                    "publisher_says",
                    models.JSONField(default=dict, help_text="What the publisher’s own system says about the page."),
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
                "verbose_name": "check",
                "verbose_name_plural": "checks",
                "ordering": ("position",),
                "indexes": [
                    models.Index(fields=["release", "schedule_version", "sent_at"], name="observation_in_order"),
                    models.Index(
                        condition=models.Q(("body_sha256", ""), _negated=True),
                        fields=["body_sha256"],
                        name="observation_by_body",
                    ),
                    models.Index(
                        condition=models.Q(("purpose", "vantage")), fields=["release"], name="observation_by_vantage"
                    ),
                ],
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
        migrations.CreateModel(
            name="HistoricalAddress",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("url", models.URLField(max_length=1000, verbose_name="web address")),
                (
                    "role",
                    models.CharField(
                        choices=[("page", "Web page"), ("attachment", "File"), ("announcement", "Announcement")],
                        default="page",
                        max_length=12,
                        verbose_name="type",
                    ),
                ),
                (
                    "marker",
                    models.CharField(
                        blank=True,
                        help_text="Text that is on the page of this edition and not on the last one. For example, March 2026",
                        max_length=300,
                        verbose_name="text that identifies this edition",
                    ),
                ),
                ("adapter", models.CharField(default="page", max_length=30, verbose_name="type of website")),
                ("required", models.BooleanField(default=True, verbose_name="must be live on time")),
                (
                    "part",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not named"),
                            ("english_page", "English page"),
                            ("welsh_page", "Welsh page"),
                            ("tables", "Tables"),
                            ("data_api", "Data API"),
                            ("dashboard", "Dashboard"),
                            ("other", "Other part"),
                        ],
                        db_default="",
                        default="",
                        help_text="Optional. Choose a part if the release has several that are published together.",
                        max_length=12,
                        verbose_name="part of the release",
                    ),
                ),
                (
                    "may_follow_minutes",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, verbose_name="may follow within (minutes)"
                    ),
                ),
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
                "verbose_name": "historical web page or file",
                "verbose_name_plural": "historical web pages and files",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="departure",
            name="release",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="departures",
                to="releases.release",
            ),
        ),
        migrations.CreateModel(
            name="DelayNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "schedule_version",
                    models.PositiveIntegerField(
                        help_text="The version of the release date to which the notice applies."
                    ),
                ),
                ("kind", models.CharField(choices=[("posted", "Posted"), ("withdrawn", "Withdrawn")], max_length=10)),
                ("wording", models.TextField(blank=True, db_default="", default="")),
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
                "verbose_name": "delay notice",
                "verbose_name_plural": "delay notices",
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
                ],
            },
        ),
        migrations.CreateModel(
            name="DateChangeRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "schedule_version",
                    models.PositiveIntegerField(help_text="The version of the date that this request would change."),
                ),
                ("was_on", models.DateField(verbose_name="previous date")),
                ("was_at", models.TimeField(verbose_name="previous time")),
                ("to_on", models.DateField(verbose_name="new date")),
                ("to_at", models.TimeField(verbose_name="new time")),
                ("zone", models.CharField(default="Europe/London", max_length=50)),
                ("public_reason", models.TextField()),
                (
                    "osr_reference",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        max_length=100,
                        verbose_name="reference of OSR’s agreement",
                    ),
                ),
                ("osr_agreed_on", models.DateField(null=True, verbose_name="date of OSR’s agreement")),
                (
                    "bank_holiday_reason",
                    models.TextField(
                        blank=True, db_default="", default="", verbose_name="reason for a release on a bank holiday"
                    ),
                ),
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
                        blank=True,
                        help_text="For the person who requested the change.",
                        verbose_name="reason for refusal",
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
                "verbose_name": "request to change a date",
                "verbose_name_plural": "requests to change a date",
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
        migrations.AddField(
            model_name="datechange",
            name="release",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="date_changes",
                to="releases.release",
            ),
        ),
        migrations.AddField(
            model_name="address",
            name="release",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="addresses", to="releases.release"
            ),
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
                ("release_public_id", models.UUIDField()),
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
                "verbose_name": "release event",
                "verbose_name_plural": "release events",
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
            name="Screenshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                (
                    "moment",
                    models.CharField(
                        choices=[
                            ("due", "At the release time"),
                            ("limit", "At the end of the tolerance"),
                            ("first_live", "When first found live"),
                        ],
                        max_length=12,
                    ),
                ),
                ("planned_at", models.DateTimeField()),
                ("requested_at", models.DateTimeField(null=True)),
                ("pictured_at", models.DateTimeField(null=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("stored", "Stored"),
                            ("not_taken", "Not taken"),
                            ("pruned", "Removed at the end of its retention period"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=30)),
                ("final_url", models.CharField(blank=True, max_length=1000)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("sha256", models.CharField(blank=True, db_index=True, max_length=64)),
                ("small_sha256", models.CharField(blank=True, max_length=64)),
                ("width", models.PositiveSmallIntegerField(default=0)),
                ("height", models.PositiveSmallIntegerField(default=0)),
                ("browser", models.CharField(blank=True, max_length=50)),
                ("vantage", models.CharField(blank=True, max_length=100, verbose_name="place of the check")),
                ("watcher", models.CharField(max_length=100, verbose_name="monitoring process")),
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
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="screenshots_taken",
                        to="releases.release",
                    ),
                ),
                (
                    "small",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="releases.body"
                    ),
                ),
            ],
            options={
                "ordering": ("release", "schedule_version", "address", "planned_at", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("address", "schedule_version", "moment"), name="one_screenshot_per_moment"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("body", models.F("sha256")),
                                ("pictured_at__isnull", False),
                                ("small", models.F("small_sha256")),
                                ("state", "stored"),
                                ("reason", ""),
                            ),
                            models.Q(
                                ("body__isnull", True), ("reason", ""), ("small__isnull", True), ("state", "pruned")
                            ),
                            models.Q(
                                models.Q(("reason", ""), _negated=True),
                                ("body__isnull", True),
                                ("sha256", ""),
                                ("small__isnull", True),
                                ("state", "not_taken"),
                            ),
                            _connector="OR",
                        ),
                        name="screenshot_is_stored_or_says_why_not",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=300)),
                (
                    "welsh_title",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Optional. Welsh pages show the English title without it.",
                        max_length=300,
                        verbose_name="title in Welsh",
                    ),
                ),
                ("slug", models.SlugField(max_length=150, verbose_name="short name")),
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
                        help_text="9:30am, unless the Director General for Regulation has approved another time for this series.",
                        verbose_name="release time (London)",
                    ),
                ),
                (
                    "nation",
                    models.CharField(
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
                        help_text="The order on pre-release access and the bank holidays of this nation apply. Leave this empty to use the producer’s nation.",
                        max_length=20,
                        verbose_name="nation of the statistics",
                    ),
                ),
                (
                    "pre_release_kind",
                    models.CharField(
                        choices=[
                            ("general", "Any other statistics"),
                            ("economic", "Economic statistics"),
                            ("gdp_or_retail_sales", "GDP or retail sales"),
                        ],
                        db_default="general",
                        default="general",
                        help_text="In Scotland, the period of access to economic statistics is shorter, "
                        "and there is no pre-release access to GDP and retail sales.",
                        max_length=20,
                        verbose_name="type of statistics for pre-release access",
                    ),
                ),
                (
                    "market_sensitive",
                    models.BooleanField(
                        default=False, help_text="We warn you if you confirm a date less than 6 months ahead."
                    ),
                ),
                (
                    "alternative_time_reference",
                    models.CharField(blank=True, max_length=100, verbose_name="reference of the approval"),
                ),
                (
                    "alternative_time_approved_on",
                    models.DateField(blank=True, null=True, verbose_name="date of the approval"),
                ),
                (
                    "tolerance_seconds",
                    models.PositiveSmallIntegerField(
                        default=120,
                        help_text="A release that is live within this time counts as on time. You can enter 179 seconds or fewer. Only the Head of Profession or a deputy can change it.",
                        validators=[django.core.validators.MaxValueValidator(179)],
                        verbose_name="tolerance in seconds",
                    ),
                ),
                (
                    "screenshots",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="We take a screenshot of the web page at the release time, at the end of the tolerance, and when we first find it live. If we found it live before the release time, we do not store screenshots. This needs the optional browser of our service.",
                        verbose_name="take screenshots",
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
                        verbose_name="Head of Profession",
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
                    models.ManyToManyField(
                        blank=True,
                        related_name="series_published",
                        to="releases.contact",
                        verbose_name="publishing team",
                    ),
                ),
                (
                    "responsible",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="series_responsible_for",
                        to="releases.contact",
                        verbose_name="contact",
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
                        violation_error_message="Enter the reference and the date of the approval, or use 9:30am.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RotaEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "order",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="Call 1 first. If there is no answer, call 2.", verbose_name="phone order"
                    ),
                ),
                (
                    "at",
                    models.TimeField(
                        blank=True,
                        help_text="Leave this empty for all release times.",
                        null=True,
                        verbose_name="release time (London)",
                    ),
                ),
                (
                    "days",
                    models.CharField(
                        choices=[
                            ("every_day", "Every day"),
                            ("closed_days", "Weekends, bank holidays and days when the office is closed"),
                        ],
                        default="every_day",
                        max_length=12,
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rota_entries", to="releases.contact"
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rota", to="releases.series"
                    ),
                ),
            ],
            options={
                "verbose_name": "person to call",
                "verbose_name_plural": "people to call",
                "ordering": ("series", "-days", "at", "order", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("days__in", ["every_day", "closed_days"])), name="rota_days_are_known"
                    )
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
                "verbose_name": "task",
                "verbose_name_plural": "tasks",
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
        migrations.AddField(
            model_name="release",
            name="series",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="releases", to="releases.series"
            ),
        ),
        migrations.CreateModel(
            name="HistoricalRotaEntry",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "order",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="Call 1 first. If there is no answer, call 2.", verbose_name="phone order"
                    ),
                ),
                (
                    "at",
                    models.TimeField(
                        blank=True,
                        help_text="Leave this empty for all release times.",
                        null=True,
                        verbose_name="release time (London)",
                    ),
                ),
                (
                    "days",
                    models.CharField(
                        choices=[
                            ("every_day", "Every day"),
                            ("closed_days", "Weekends, bank holidays and days when the office is closed"),
                        ],
                        default="every_day",
                        max_length=12,
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
                    "contact",
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
                "verbose_name": "historical person to call",
                "verbose_name_plural": "historical people to call",
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
                        help_text="The reference on the letter of the Director General for Regulation.", max_length=100
                    ),
                ),
                ("approved_on", models.DateField()),
                ("covers_from", models.DateField(verbose_name="first day that it covers")),
                ("covers_to", models.DateField(verbose_name="last day that it covers")),
                ("covers_late", models.BooleanField(default=False, verbose_name="covers a late release")),
                ("covers_early", models.BooleanField(default=False, verbose_name="covers an early release")),
                ("covers_partial", models.BooleanField(default=False, verbose_name="covers an incomplete release")),
                ("words", models.TextField(help_text="Quote the approval.", verbose_name="what it covers")),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "end",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("withdrawn", "Withdrawn: the exemption does not apply from today"),
                            ("in_error", "Recorded by mistake: the exemption never applied"),
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
                        help_text="Leave this empty if it covers all series of the producer.",
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
                        help_text="The reference on the letter of the Director General for Regulation.", max_length=100
                    ),
                ),
                ("approved_on", models.DateField()),
                ("covers_from", models.DateField(verbose_name="first day that it covers")),
                ("covers_to", models.DateField(verbose_name="last day that it covers")),
                ("covers_late", models.BooleanField(default=False, verbose_name="covers a late release")),
                ("covers_early", models.BooleanField(default=False, verbose_name="covers an early release")),
                ("covers_partial", models.BooleanField(default=False, verbose_name="covers an incomplete release")),
                ("words", models.TextField(help_text="Quote the approval.", verbose_name="what it covers")),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "end",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("withdrawn", "Withdrawn: the exemption does not apply from today"),
                            ("in_error", "Recorded by mistake: the exemption never applied"),
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
                        help_text="Leave this empty if it covers all series of the producer.",
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
                        violation_error_message="The last day must be the same as or after the first day.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("covers_late", True), ("covers_early", True), ("covers_partial", True), _connector="OR"
                        ),
                        name="exemption_covers_something",
                        violation_error_message="Select what the exemption covers: late, early or incomplete releases.",
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
        migrations.AddField(
            model_name="dummyfile",
            name="series",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="dummy_files", to="releases.series"
            ),
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
                "verbose_name": "staff statement",
                "verbose_name_plural": "staff statements",
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
            name="StoredBody",
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
                            ("first_partial", "first incomplete"),
                            ("first_live", "first live"),
                            ("first_live_fresh", "first live, bypassing caches"),
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
                            ("stored", "Stored"),
                            ("not_stored", "Could not be stored"),
                            ("pruned", "Removed at the end of its retention period"),
                        ],
                        default="stored",
                        max_length=12,
                    ),
                ),
                ("stored_at", models.DateTimeField(db_column="kept_at")),
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
                    "observation",
                    models.ForeignKey(
                        db_column="look_id",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="releases.observation",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stored_bodies", to="releases.release"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stored bodies",
                "db_table": "releases_keptbody",
                "ordering": ("release", "schedule_version", "address", "observation"),
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
            name="TimeStamp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveBigIntegerField(editable=False, unique=True)),
                ("format_version", models.PositiveSmallIntegerField(default=1, editable=False)),
                ("previous_hash", models.CharField(editable=False, max_length=64)),
                ("row_hash", models.CharField(editable=False, max_length=64)),
                ("authority", models.URLField(max_length=500)),
                ("stamped_at", models.DateTimeField(help_text="The time on the authority’s clock.")),
                ("response", models.BinaryField(help_text="The response in DER format, as the authority sent it.")),
                (
                    "anchor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="time_stamp", to="releases.anchor"
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
            },
        ),
        migrations.CreateModel(
            name="Training",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=200)),
                (
                    "version",
                    models.PositiveIntegerField(default=1, help_text="The version of the list of participants."),
                ),
                ("planned_at", models.DateTimeField()),
                ("participants", models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "planned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="trainings", to="releases.producer"
                    ),
                ),
            ],
            options={
                "verbose_name": "training session",
                "verbose_name_plural": "training sessions",
                "ordering": ("-planned_at", "-pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True), name="training_has_a_title"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="release",
            name="training",
            field=models.ForeignKey(
                editable=False,
                help_text="The training session that this rehearsal is part of.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rehearsals",
                to="releases.training",
            ),
        ),
        migrations.CreateModel(
            name="MinuteBrief",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField()),
                ("rehearsal", models.BooleanField(default=False)),
                ("limit_at", models.DateTimeField()),
                ("ready_at", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="minute_briefs",
                        to="releases.producer",
                    ),
                ),
                (
                    "training",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="releases.training"
                    ),
                ),
            ],
            options={
                "verbose_name": "minute brief",
                "verbose_name_plural": "minute briefs",
                "ordering": ("-due_at", "producer"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("training__isnull", True)),
                        fields=("producer", "due_at", "rehearsal"),
                        name="one_minute_brief_per_producer_and_instant",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("training__isnull", False)),
                        fields=("training", "producer", "due_at"),
                        name="one_minute_brief_per_training_and_instant",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("training__isnull", True), ("rehearsal", True), _connector="OR"),
                        name="minute_brief_of_training_is_rehearsal",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("made_at__gte", models.F("limit_at"))),
                        name="minute_brief_is_after_the_limit",
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
                        help_text="Use letters, numbers and hyphens. It is part of the web address of this release.",
                        max_length=100,
                    ),
                ),
                ("title", models.CharField(max_length=300)),
                (
                    "welsh_title",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Optional. Welsh pages show the English title without it.",
                        max_length=300,
                        verbose_name="title in Welsh",
                    ),
                ),
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
                        default=False, help_text="We check a rehearsal like any other release. Readers never see it."
                    ),
                ),
                (
                    "screenshots",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Select this to take screenshots of this release even if its series "
                        "has none. Otherwise, the setting of the series applies.",
                        verbose_name="take screenshots",
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
                        help_text="Why the date was confirmed less than 4 weeks ahead. We do not publish this.",
                        verbose_name="reason for short notice",
                    ),
                ),
                ("published_at", models.DateTimeField(editable=False, null=True)),
                ("cancelled_at", models.DateTimeField(editable=False, null=True)),
                (
                    "cancellation_reason",
                    models.TextField(blank=True, editable=False, verbose_name="reason for cancellation"),
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
                    "planned_from",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        help_text="The previous year’s release that this one was planned from.",
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
                (
                    "training",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        help_text="The training session that this rehearsal is part of.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="releases.training",
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
                            ("not_seen", "not live when last checked"),
                            ("partial", "incomplete"),
                            ("uncertain", "uncertain"),
                            ("cannot_tell", "cannot tell"),
                        ],
                        default="pending",
                        max_length=12,
                    ),
                ),
                ("last_not_live_at", models.DateTimeField(null=True)),
                ("first_live_at", models.DateTimeField(null=True)),
                ("delay_from", models.FloatField(null=True, verbose_name="shortest possible delay (seconds)")),
                ("delay_to", models.FloatField(null=True, verbose_name="longest possible delay (seconds)")),
                ("occurred_at", models.DateTimeField(null=True)),
                ("addresses", models.JSONField(default=list)),
                ("reasons", models.JSONField(default=list)),
                (
                    "published_at_by_publisher",
                    models.DateTimeField(
                        help_text="The time stated by the publisher’s own system. Readers may have seen "
                        "the release later.",
                        null=True,
                    ),
                ),
                ("publisher_source", models.CharField(blank=True, max_length=40)),
                (
                    "diagnoses",
                    models.JSONField(default=list, help_text="What may explain the result, such as an edge cache."),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
                (
                    "rules_version",
                    models.PositiveSmallIntegerField(
                        default=2, help_text="The version of the rules used to decide the result."
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
                "verbose_name": "release check",
                "verbose_name_plural": "release checks",
                "indexes": [
                    models.Index(fields=["due_at", "outcome", "release", "delay_to"], name="verification_by_due"),
                    models.Index(
                        condition=models.Q(("outcome", "early")), fields=["release"], name="early_verifications"
                    ),
                ],
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
            name="YearReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site", models.CharField(max_length=200)),
                ("organisation", models.CharField(max_length=200)),
                ("year", models.PositiveSmallIntegerField()),
                ("status", models.CharField(default="reading", max_length=10)),
                ("started_at", models.DateTimeField()),
                ("listed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.CharField(blank=True, default="", max_length=20)),
                ("retry_at", models.DateTimeField(null=True)),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="year_reviews", to="releases.producer"
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-year", "organisation", "-pk"),
                "indexes": [models.Index(fields=["status", "started_at"], name="year_review_by_status")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("producer", "site", "organisation", "year"), name="one_review_of_a_year"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["reading", "stopped", "complete"])),
                        name="review_status_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="YearReviewPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=12)),
                ("path", models.CharField(max_length=500)),
                ("outcome", models.CharField(default="listed", max_length=12)),
                ("in_year", models.BooleanField(default=True)),
                ("title", models.CharField(blank=True, max_length=300)),
                ("announced_at", models.DateTimeField(null=True)),
                ("scheduled_at", models.DateTimeField(null=True)),
                ("delay_seconds", models.PositiveIntegerField(null=True)),
                ("first_published_on", models.DateField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("etag", models.CharField(blank=True, default="", max_length=200)),
                ("last_modified", models.CharField(blank=True, default="", max_length=100)),
                ("statement", models.JSONField(default=dict)),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pages", to="releases.yearreview"
                    ),
                ),
            ],
            options={
                "ordering": ("review", "title", "pk"),
                "constraints": [models.UniqueConstraint(fields=("review", "path"), name="one_row_per_page_of_a_year")],
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
                "constraints": [
                    models.UniqueConstraint(fields=("link", "answer"), name="one_receipt_per_link_and_answer"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answer__in", ["confirmed", "acknowledged", "not_needed", "disclosure", "silent"])
                        ),
                        name="access_receipt_answer_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", "confirmed"), models.Q(("terms", ""), _negated=True)),
                            models.Q(models.Q(("answer", "confirmed"), _negated=True), ("terms", "")),
                            _connector="OR",
                        ),
                        name="access_receipt_names_its_terms",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", "disclosure"), models.Q(("what", ""), _negated=True)),
                            models.Q(
                                models.Q(("answer", "disclosure"), _negated=True),
                                ("happened_at__isnull", True),
                                ("what", ""),
                            ),
                            _connector="OR",
                        ),
                        name="access_receipt_says_what_was_reported",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VerdictRequest",
            fields=[
                (
                    "address",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="releases.address",
                    ),
                ),
                ("schedule_version", models.PositiveIntegerField()),
                (
                    "answered_until",
                    models.DateTimeField(help_text="Every planned check up to this time is stored or has timed out."),
                ),
                ("requested_at", models.DateTimeField()),
                ("version", models.UUIDField()),
                ("claimed_by", models.CharField(blank=True, default="", max_length=100)),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="releases.release"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="hostauthorisation",
            constraint=models.UniqueConstraint(
                fields=("producer", "host", "number"), name="one_host_authorisation_per_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(fields=("producer", "email"), name="one_contact_per_producer_and_email"),
        ),
        migrations.AddConstraint(
            model_name="departure",
            constraint=models.UniqueConstraint(
                fields=("release", "schedule_version", "kind"), name="one_departure_per_schedule_and_kind"
            ),
        ),
        migrations.AddIndex(
            model_name="release",
            index=models.Index(
                condition=models.Q(("rehearsal", False)), fields=["id", "series"], name="series_of_release"
            ),
        ),
        migrations.AddIndex(
            model_name="datechange",
            index=models.Index(
                condition=models.Q(("announced_at__isnull", False)),
                fields=["announced_at", "release"],
                name="date_change_by_announced",
            ),
        ),
        migrations.AddConstraint(
            model_name="datechange",
            constraint=models.UniqueConstraint(
                fields=("release", "schedule_version"), name="one_date_change_per_schedule_version"
            ),
        ),
        migrations.AddIndex(
            model_name="address",
            index=models.Index(
                condition=models.Q(("part", ""), _negated=True), fields=["release"], name="addresses_with_parts"
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.UniqueConstraint(fields=("release", "url"), name="one_address_per_release_and_url"),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role", "announcement")),
                fields=("release",),
                name="one_announcement_per_release",
                violation_error_message="A release can have only one announcement.",
            ),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.CheckConstraint(
                condition=models.Q(("training__isnull", True), ("rehearsal", True), _connector="OR"),
                name="training_is_a_rehearsal",
            ),
        ),
        migrations.AddIndex(
            model_name="verdictrequest",
            index=models.Index(fields=["requested_at", "release"], name="verdict_request_by_age"),
        ),
        migrations.AddIndex(
            model_name="verdictrequest",
            index=models.Index(
                condition=models.Q(("claimed_until__isnull", False)),
                fields=["claimed_until"],
                name="claimed_verdict_request",
            ),
        ),
        # The triggers and the index are dropped together with their tables.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
        migrations.RunPython(index_title_words, migrations.RunPython.noop),
        migrations.RunPython(index_searched_titles, migrations.RunPython.noop),
    ]

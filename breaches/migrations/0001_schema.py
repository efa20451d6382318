"""The tables of breaches, and on PostgreSQL their append-only triggers."""

import functools
import secrets

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

# By table: the events that are refused, and the function that refuses them (releases.0001_schema creates it). Its arguments
# are the columns that a redaction may overwrite. TRUNCATE is refused for each of them.
TRIGGERS = {
    "breaches_approveddocument": ("UPDATE OR DELETE", "refuse_change()"),
    "breaches_attachment": ("UPDATE OR DELETE", "refuse_change_but_redaction('name', 'salt')"),
    "breaches_attachmentfile": ("UPDATE", "refuse_change()"),  # a file is deleted at the end of its retention
    "breaches_compliancedocument": ("UPDATE OR DELETE", "refuse_change()"),
    "breaches_dispatch": ("UPDATE OR DELETE", "refuse_change_but_redaction('words', 'reference')"),
    "breaches_earlyreleasedecision": ("UPDATE OR DELETE", "refuse_change()"),
    "breaches_joineddraft": ("UPDATE OR DELETE", "refuse_change()"),
    "breaches_ownact": ("UPDATE OR DELETE", "refuse_change()"),
    "breaches_policytext": ("UPDATE OR DELETE", "refuse_change()"),
    "breaches_published": ("UPDATE OR DELETE", "refuse_change_but_redaction('statement')"),
    "breaches_punctualityswitch": ("UPDATE OR DELETE", "refuse_change()"),
    "breaches_registerevent": ("UPDATE OR DELETE", "refuse_change()"),
    "breaches_reportevent": ("UPDATE OR DELETE", "refuse_change_but_redaction('words', 'words_salt', 'words_digest')"),
    "breaches_reportrowrecord": ("UPDATE OR DELETE", "refuse_change()"),
    "breaches_reportversion": ("UPDATE OR DELETE", "refuse_change_but_redaction('content', 'machine', 'salt')"),
    "breaches_sectioncomment": ("UPDATE OR DELETE", "refuse_change_but_redaction('words')"),
    "breaches_timelinenote": ("UPDATE OR DELETE", "refuse_change_but_redaction('text')"),
}


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


# The expression must be the one of `breaches.register.versions_with_vector`.
SEARCH_INDEX = """
    CREATE INDEX report_version_by_words ON breaches_reportversion USING gin (to_tsvector(
        'english'::regconfig,
        COALESCE((COALESCE(jsonb_path_query_array(content, '$.outputs[*].title')::text, '') || COALESCE((
            COALESCE(' ', '') || COALESCE((COALESCE((content ->> 'circumstances')::text, '') || COALESCE((
                COALESCE(' ', '') || COALESCE((content ->> 'impact')::text, '')), '')), '')), '')), '')))
"""


def index_searched_text(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(SEARCH_INDEX, params=None)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
        ("releases", "0001_schema"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=120)),
                ("content_type", models.CharField(max_length=40)),
                ("size", models.PositiveIntegerField(help_text="In bytes.")),
                ("sha256", models.CharField(max_length=64)),
                ("marking", models.CharField(default="OFFICIAL-SENSITIVE", max_length=40)),
                (
                    "scanned",
                    models.BooleanField(
                        help_text="True if a virus scanner accepted the file. False if no scanner was set up."
                    ),
                ),
                ("role", models.CharField(max_length=20)),
                ("added_at", models.DateTimeField()),
                ("salt", models.CharField(default=functools.partial(secrets.token_hex, 16), max_length=32)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("added_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["cms_log", "screenshot", "email"])),
                        name="attachment_kind_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=10, unique=True)),
                ("title", models.CharField(max_length=200)),
                (
                    "in_force_from",
                    models.DateField(
                        help_text="The date from which reports cite this edition, even if we do not know "
                        "when it came into force.",
                        unique=True,
                    ),
                ),
                (
                    "in_force_confirmed",
                    models.BooleanField(default=False, verbose_name="day of entry into force is known"),
                ),
                (
                    "about_the_day",
                    models.CharField(
                        blank=True,
                        help_text="A note about this date, for example when the edition was launched.",
                        max_length=200,
                    ),
                ),
            ],
            options={
                "verbose_name": "edition of the Code",
                "verbose_name_plural": "editions of the Code",
                "ordering": ("in_force_from",),
            },
        ),
        migrations.CreateModel(
            name="ReportRowRecord",
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
            name="ApprovedDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("pdf", models.BinaryField()),
                ("pdf_sha256", models.CharField(max_length=64)),
                ("content_sha256", models.CharField(max_length=64)),
                ("evidence_sha256", models.CharField(blank=True, max_length=64)),
                ("approved_role", models.CharField(max_length=20)),
                ("approved_at", models.DateTimeField()),
                ("one_person", models.BooleanField()),
                (
                    "approved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("report", "version"),
            },
        ),
        migrations.CreateModel(
            name="AttachmentFile",
            fields=[
                (
                    "attachment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="file",
                        serialize=False,
                        to="breaches.attachment",
                    ),
                ),
                ("body", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalEdition",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("number", models.CharField(db_index=True, max_length=10)),
                ("title", models.CharField(max_length=200)),
                (
                    "in_force_from",
                    models.DateField(
                        db_index=True,
                        help_text="The date from which reports cite this edition, even if we do not know "
                        "when it came into force.",
                    ),
                ),
                (
                    "in_force_confirmed",
                    models.BooleanField(default=False, verbose_name="day of entry into force is known"),
                ),
                (
                    "about_the_day",
                    models.CharField(
                        blank=True,
                        help_text="A note about this date, for example when the edition was launched.",
                        max_length=200,
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
                "verbose_name": "historical edition of the Code",
                "verbose_name_plural": "historical editions of the Code",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPractice",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("code", models.CharField(max_length=40)),
                (
                    "principle",
                    models.CharField(
                        help_text="The pillar or standard that the practice belongs to, written as reports print it.",
                        max_length=100,
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True,
                        help_text="The name of the principle. Reports print it in brackets until the wording is confirmed.",
                        max_length=100,
                    ),
                ),
                ("summary", models.TextField(blank=True, help_text="Our summary, which is never printed.")),
                ("wording", models.TextField(blank=True, help_text="The exact wording in the Code.")),
                (
                    "source",
                    models.CharField(blank=True, help_text="Where to find the words or their meaning.", max_length=300),
                ),
                ("source_url", models.URLField(blank=True, max_length=300, verbose_name="web address of the source")),
                (
                    "unconfirmed",
                    models.CharField(
                        blank=True,
                        help_text="A point that we still need to confirm.",
                        max_length=300,
                        verbose_name="not confirmed",
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmed at")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="breaches.edition",
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
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="confirmed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical practice of the Code",
                "verbose_name_plural": "historical practices of the Code",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Published",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("statement", models.JSONField()),
                ("statement_sha256", models.CharField(max_length=64)),
                ("role", models.CharField(max_length=20)),
                ("at", models.DateTimeField(verbose_name="published at")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="published by",
                    ),
                ),
            ],
            options={
                "verbose_name": "published breach report",
                "verbose_name_plural": "published breach reports",
                "ordering": ("at", "pk"),
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.SlugField(max_length=120, unique=True)),
                ("number_year", models.PositiveSmallIntegerField(editable=False, null=True)),
                ("number_series", models.CharField(blank=True, db_default="", editable=False, max_length=2)),
                ("number_position", models.PositiveIntegerField(editable=False, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("late", "Late"),
                            ("early", "Early"),
                            ("partial", "Incomplete"),
                            ("not_live", "Not live at all"),
                            ("wrong_content", "Wrong content"),
                            ("pra", "Pre-release access"),
                            ("access", "Access before release"),
                            ("leak", "Leak"),
                            ("not_announced", "Not announced"),
                            ("late_announcement", "Announcement late or missing"),
                            ("used_in_public", "Unpublished figures used in public"),
                            ("unequal_access", "Unequal access"),
                            ("other", "Another kind of breach"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("with_hop", "Awaiting decision"),
                            ("returned", "Returned"),
                            ("approved", "Approved"),
                            ("recorded", "In our breach log"),
                            ("dismissed", "Dismissed"),
                            ("sent", "Sent"),
                            ("closed", "Closed"),
                            ("withdrawn", "Withdrawn"),
                            ("joined", "Combined"),
                            ("parted", "Separated"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "machine",
                    models.JSONField(
                        default=dict,
                        help_text="The newest automatic text, which people can use.",
                        verbose_name="automatic text",
                    ),
                ),
                ("rehearsal", models.BooleanField(default=False)),
                ("drafted_at", models.DateTimeField()),
                (
                    "last_change",
                    models.PositiveBigIntegerField(
                        default=0,
                        editable=False,
                        help_text="The position of the last event after which people must read the report again. Forms that were opened before this event can no longer be submitted. 0 means that there has been no such event.",
                    ),
                ),
                (
                    "occurred_on",
                    models.DateField(
                        editable=False, help_text="The first day of occurrence in the current version.", null=True
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decision_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("exemption", "exemption"),
                            ("agreed_change", "agreed change"),
                            ("check_error", "check error"),
                            ("cache_only", "cache only"),
                            ("other", "other"),
                            ("no_effect", "no effect"),
                            ("not_needed", "not needed"),
                            ("reported_by_others", "reported by others"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("scheduler_fault", "scheduler fault"),
                            ("not_authorised", "not authorised"),
                            ("late_fix", "late data fix"),
                            ("processing_error", "processing error"),
                            ("outage", "outage"),
                            ("wrong_file", "wrong file"),
                            ("cache", "cache"),
                            ("human_error", "human error"),
                            ("other", "other"),
                            ("not_known", "not known yet"),
                            ("wrong_recipient", "wrong recipient"),
                            ("list_out_of_date", "list out of date"),
                            ("sent_too_early", "sent too early"),
                            ("wrong_document", "wrong document or link"),
                            ("status_misunderstood", "status misunderstood"),
                            ("live_test", "test on the live site"),
                            ("said_in_public", "said in public"),
                        ],
                        max_length=20,
                    ),
                ),
                ("cause_words", models.TextField(blank=True, verbose_name="description of the cause")),
                (
                    "available_at",
                    models.DateTimeField(
                        help_text="As entered by a person, not found by a check.",
                        null=True,
                        verbose_name="time it became available",
                    ),
                ),
                ("available_unknown", models.TextField(blank=True, verbose_name="reason the time is not known")),
                ("dealing_since", models.DateTimeField(null=True, verbose_name="owner since")),
                (
                    "salt",
                    models.CharField(
                        default=functools.partial(secrets.token_hex, 16),
                        editable=False,
                        help_text="Part of the recorded digest. A redaction replaces this value.",
                        max_length=32,
                    ),
                ),
                (
                    "person_dealing",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="breach_reports",
                        to="releases.producer",
                    ),
                ),
                (
                    "published",
                    models.ForeignKey(
                        editable=False,
                        help_text="The statement that was last published, unless it was removed. It is public only if it was made from the current version of the report.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="breaches.published",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "training",
                    models.ForeignKey(
                        editable=False,
                        help_text="The training session that the report is about. A report about "
                        "training is never sent.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="releases.training",
                    ),
                ),
            ],
            options={
                "verbose_name": "breach report",
                "verbose_name_plural": "breach reports",
                "ordering": ("-drafted_at", "-pk"),
                "indexes": [
                    models.Index(
                        fields=[
                            "occurred_on",
                            "id",
                            "producer",
                            "status",
                            "kind",
                            "rehearsal",
                            "person_dealing",
                            "decision_reason",
                            "cause",
                            "training",
                            "drafted_at",
                        ],
                        name="reports_as_listed",
                    ),
                    models.Index(
                        condition=models.Q(("number_position__isnull", True)),
                        fields=["id"],
                        name="reports_without_number",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("producer", "number_year", "number_series", "number_position"),
                        name="one_report_per_producer_and_number",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "draft",
                                    "with_hop",
                                    "returned",
                                    "approved",
                                    "recorded",
                                    "dismissed",
                                    "sent",
                                    "closed",
                                    "withdrawn",
                                    "joined",
                                    "parted",
                                ],
                            )
                        ),
                        name="report_status_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "late",
                                    "early",
                                    "partial",
                                    "not_live",
                                    "wrong_content",
                                    "pra",
                                    "access",
                                    "leak",
                                    "not_announced",
                                    "late_announcement",
                                    "used_in_public",
                                    "unequal_access",
                                    "other",
                                ],
                            )
                        ),
                        name="report_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rehearsal", False), ("published__isnull", True), _connector="OR"),
                        name="no_rehearsal_is_published",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("training__isnull", True),
                            models.Q(
                                ("rehearsal", True),
                                models.Q(("status__in", ["sent", "closed", "withdrawn"]), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="no_training_is_sent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", False),
                                ("status__in", ["approved", "recorded", "dismissed", "sent", "closed", "withdrawn"]),
                            ),
                            models.Q(
                                models.Q(
                                    (
                                        "status__in",
                                        ["approved", "recorded", "dismissed", "sent", "closed", "withdrawn"],
                                    ),
                                    _negated=True,
                                ),
                                ("decided_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="decided_reports_say_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                (
                                    "decision_reason__in",
                                    ["exemption", "agreed_change", "check_error", "cache_only", "other"],
                                ),
                                ("status", "dismissed"),
                            ),
                            models.Q(
                                ("decision_reason__in", ["no_effect", "not_needed", "reported_by_others", "other"]),
                                ("status", "recorded"),
                            ),
                            models.Q(
                                models.Q(("status__in", ["dismissed", "recorded"]), _negated=True),
                                ("decision_reason", ""),
                            ),
                            _connector="OR",
                        ),
                        name="what_is_not_reported_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "cause__in",
                                [
                                    "",
                                    "scheduler_fault",
                                    "not_authorised",
                                    "late_fix",
                                    "processing_error",
                                    "outage",
                                    "wrong_file",
                                    "cache",
                                    "human_error",
                                    "other",
                                    "not_known",
                                    "wrong_recipient",
                                    "list_out_of_date",
                                    "sent_too_early",
                                    "wrong_document",
                                    "status_misunderstood",
                                    "live_test",
                                    "said_in_public",
                                ],
                            )
                        ),
                        name="cause_is_of_the_list",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("available_at__isnull", True), ("available_unknown", ""), _connector="OR"),
                        name="when_it_was_available_is_known_or_not",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("dealing_since__isnull", True), ("person_dealing__isnull", True)),
                            models.Q(("dealing_since__isnull", False), ("person_dealing__isnull", False)),
                            _connector="OR",
                        ),
                        name="who_deals_with_a_report_does_so_since_a_time",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="published",
            name="report",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="published_statements", to="breaches.report"
            ),
        ),
        migrations.CreateModel(
            name="PracticeCitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.CharField(max_length=10)),
                ("code", models.CharField(max_length=40)),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="practices_cited",
                        to="breaches.report",
                    ),
                ),
            ],
            options={
                "db_table": "breaches_practicecited",
                "indexes": [models.Index(fields=["edition", "code", "report"], name="reports_by_practice")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("report", "edition", "code"), name="one_row_per_report_and_practice"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OwnAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="declared at")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="own_acts", to="breaches.report"
                    ),
                ),
            ],
            options={
                "verbose_name": "conflict of interest",
                "verbose_name_plural": "conflicts of interest",
                "ordering": ("at", "pk"),
                "constraints": [
                    models.UniqueConstraint(fields=("report", "person"), name="one_declaration_per_report_and_person")
                ],
            },
        ),
        migrations.CreateModel(
            name="JoinedDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("suspicions", models.JSONField()),
                ("at", models.DateTimeField(verbose_name="combined at")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="combined by",
                    ),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="joined_into", to="breaches.report"
                    ),
                ),
                (
                    "joint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="joined_drafts", to="breaches.report"
                    ),
                ),
            ],
            options={
                "verbose_name": "combined draft",
                "verbose_name_plural": "combined drafts",
                "ordering": ("at", "pk"),
                "constraints": [
                    models.UniqueConstraint(fields=("joint", "draft"), name="a_draft_joins_a_report_once"),
                    models.CheckConstraint(
                        condition=models.Q(("joint", models.F("draft")), _negated=True), name="no_draft_joins_itself"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nature", models.CharField(max_length=20)),
                ("recipient", models.CharField(max_length=254)),
                ("outside", models.BooleanField()),
                ("sent_on", models.DateField()),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("words", models.TextField(blank=True, verbose_name="text")),
                ("role", models.CharField(max_length=20)),
                ("at", models.DateTimeField(verbose_name="sent at")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sent by",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dispatches",
                        to="breaches.approveddocument",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="dispatches", to="breaches.report"
                    ),
                ),
            ],
            options={
                "verbose_name": "sent report",
                "verbose_name_plural": "sent reports",
                "ordering": ("at", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("document", "nature", "recipient", "outside"),
                        name="one_dispatch_per_recipient_and_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("nature__in", ["report", "correction_notice", "withdrawal_notice"])),
                        name="what_is_sent_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CorrectiveAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("term", models.CharField(choices=[("short", "Short-term"), ("long", "Long-term")], max_length=10)),
                ("owner", models.CharField(max_length=200)),
                ("due", models.DateField(null=True)),
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
                    "task",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrective_action",
                        to="releases.releasetask",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="actions", to="breaches.report"
                    ),
                ),
            ],
            options={
                "ordering": ("added_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="an_action_says_what_is_done"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("term__in", ["short", "long"])), name="term_of_an_action_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                            models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="an_action_that_is_done_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("task__isnull", True), ("done_at__isnull", True), _connector="OR"),
                        name="a_task_is_done_where_it_stands",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="attachment",
            name="report",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="attachments", to="breaches.report"
            ),
        ),
        migrations.AddField(
            model_name="approveddocument",
            name="report",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="approved_documents", to="breaches.report"
            ),
        ),
        migrations.CreateModel(
            name="ReportEvent",
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
                ("report_reference", models.CharField(max_length=120)),
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
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="breaches.report"
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
                "indexes": [
                    models.Index(fields=["report", "position"], name="report_event_in_order"),
                    models.Index(
                        fields=["report"], condition=models.Q(kind="email_failed"), name="report_event_of_failed_email"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("machine", models.JSONField(default=dict, verbose_name="automatic text")),
                ("content_sha256", models.CharField(max_length=64)),
                ("written_at", models.DateTimeField()),
                ("why", models.CharField(max_length=40, verbose_name="reason")),
                (
                    "salt",
                    models.CharField(
                        default=functools.partial(secrets.token_hex, 16),
                        help_text="Part of the recorded digest. A redaction replaces this value.",
                        max_length=32,
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="breaches.report"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("report", "number"),
                "constraints": [models.UniqueConstraint(fields=("report", "number"), name="one_version_per_number")],
            },
        ),
        migrations.CreateModel(
            name="SectionComment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("section", models.CharField(max_length=20)),
                ("words", models.TextField()),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="section_comments",
                        to="breaches.reportevent",
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
                "constraints": [
                    models.UniqueConstraint(fields=("event", "section"), name="one_comment_per_return_and_section"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("section__in", ["core_information", "circumstances", "impact", "corrective_actions"])
                        ),
                        name="commented_section_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StartedReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                (
                    "form_key",
                    models.UUIDField(
                        help_text="Identifies the form that was sent, so that the same form sent twice "
                        "starts only one report.",
                        null=True,
                        unique=True,
                    ),
                ),
                (
                    "receipt",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="started_report",
                        to="releases.accessreceipt",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="started_reports",
                        to="releases.release",
                    ),
                ),
                (
                    "report",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="started", to="breaches.report"
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="started_reports",
                        to="releases.series",
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
                "ordering": ("started_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("release__isnull", True), ("series__isnull", True), _connector="OR"),
                        name="started_from_one_thing_at_most",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("receipt__isnull", True), ("started_by__isnull", False)),
                            models.Q(("receipt__isnull", False), ("started_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="started_by_a_user_or_a_recipient",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suspicion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("schedule_version", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("late", "Late"), ("early", "Early"), ("partial", "Incomplete")], max_length=10
                    ),
                ),
                ("raised_at", models.DateTimeField()),
                ("facts_revision", models.PositiveIntegerField(default=0)),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="suspicions", to="releases.release"
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suspicions",
                        to="breaches.report",
                    ),
                ),
                (
                    "verification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suspicions",
                        to="releases.verification",
                    ),
                ),
            ],
            options={
                "verbose_name": "suspected breach",
                "verbose_name_plural": "suspected breaches",
                "ordering": ("raised_at", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("release", "schedule_version", "kind"),
                        name="one_suspicion_per_release_schedule_and_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["late", "early", "partial"])), name="suspicion_kind_is_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EarlyReleaseDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "choice",
                    models.CharField(
                        choices=[("take_down", "Take it down"), ("publish_now", "Publish to everyone now")],
                        max_length=20,
                    ),
                ),
                ("role", models.CharField(help_text="A role at the producer, or incident_contact.", max_length=20)),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "suspicion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to="breaches.suspicion"
                    ),
                ),
            ],
            options={
                "ordering": ("suspicion", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("suspicion", "number"), name="one_decision_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(("choice__in", ["take_down", "publish_now"])),
                        name="early_release_choice_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimelineNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("happened_at", models.DateTimeField()),
                ("written_at", models.DateTimeField()),
                ("role", models.CharField(max_length=20)),
                (
                    "corrects",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="correction",
                        to="breaches.timelinenote",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="timeline_notes", to="breaches.report"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ("happened_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="a_note_says_something"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("happened_at__lte", models.F("written_at"))),
                        name="a_note_tells_of_what_has_happened",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ComplianceDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("text_number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("content_sha256", models.CharField(max_length=64)),
                ("html", models.BinaryField()),
                ("html_sha256", models.CharField(max_length=64)),
                ("odt", models.BinaryField()),
                ("odt_sha256", models.CharField(max_length=64)),
                ("pdf", models.BinaryField()),
                ("pdf_sha256", models.CharField(max_length=64)),
                ("approved_role", models.CharField(max_length=20)),
                ("approved_at", models.DateTimeField()),
                ("one_person", models.BooleanField()),
                (
                    "approved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="compliance_documents",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "verbose_name": "approved compliance table",
                "verbose_name_plural": "approved compliance tables",
                "ordering": ("producer", "year", "number"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("producer", "year", "number"), name="one_compliance_document_per_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="compliance_documents_are_numbered_from_1"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("number", models.PositiveIntegerField()),
                (
                    "sections",
                    models.JSONField(help_text="The text of each section. Sections without a text are left out."),
                ),
                ("text_sha256", models.CharField(max_length=64)),
                ("written_at", models.DateTimeField()),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="policy_texts", to="releases.producer"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "release practice policy",
                "verbose_name_plural": "release practice policies",
                "ordering": ("producer", "year", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "year", "number"), name="one_policy_text_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="policy_texts_are_numbered_from_1"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Practice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40)),
                (
                    "principle",
                    models.CharField(
                        help_text="The pillar or standard that the practice belongs to, written as reports print it.",
                        max_length=100,
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True,
                        help_text="The name of the principle. Reports print it in brackets until the wording is confirmed.",
                        max_length=100,
                    ),
                ),
                ("summary", models.TextField(blank=True, help_text="Our summary, which is never printed.")),
                ("wording", models.TextField(blank=True, help_text="The exact wording in the Code.")),
                (
                    "source",
                    models.CharField(blank=True, help_text="Where to find the words or their meaning.", max_length=300),
                ),
                ("source_url", models.URLField(blank=True, max_length=300, verbose_name="web address of the source")),
                (
                    "unconfirmed",
                    models.CharField(
                        blank=True,
                        help_text="A point that we still need to confirm.",
                        max_length=300,
                        verbose_name="not confirmed",
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmed at")),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="practices", to="breaches.edition"
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="confirmed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "practice of the Code",
                "verbose_name_plural": "practices of the Code",
                "ordering": ("edition", "id"),
                "constraints": [
                    models.UniqueConstraint(fields=("edition", "code"), name="one_practice_per_edition_and_code"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("settled_at__isnull", True), models.Q(("wording", ""), _negated=True), _connector="OR"
                        ),
                        name="settled_practice_has_wording",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PunctualitySwitch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("is_on", models.BooleanField()),
                ("role", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="punctuality_switches",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "verbose_name": "public punctuality page",
                "verbose_name_plural": "public punctuality pages",
                "ordering": ("producer", "number"),
                "constraints": [
                    models.UniqueConstraint(fields=("producer", "number"), name="one_punctuality_switch_per_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="RegisterEvent",
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
                    "producer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="register_events",
                        to="releases.producer",
                    ),
                ),
            ],
            options={
                "verbose_name": "register download",
                "verbose_name_plural": "register downloads",
                "ordering": ("position",),
                "indexes": [models.Index(fields=["producer", "position"], name="register_event_in_order")],
            },
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.UniqueConstraint(
                fields=("report", "sha256"), name="one_attachment_per_report_and_content"
            ),
        ),
        migrations.AddConstraint(
            model_name="approveddocument",
            constraint=models.UniqueConstraint(fields=("report", "version"), name="one_document_per_version"),
        ),
        # The triggers are dropped together with their tables.
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
        migrations.RunPython(index_searched_text, migrations.RunPython.noop),
    ]

"""Events of releases and digests of changeable rows, both stored in hash chains."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import batched, chain
from types import MappingProxyType
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as lazy

from releases.models.append_only import CHUNK, AppendOnlyQuerySet, ChainedRow, ChainHead, new_salt, salted_digest
from releases.models.producer import Producer, Series
from releases.models.release import Release
from releases.rules.calendar import format_moment
from releases.rules.canonical import canonical_json, sha256_hex
from releases.rules.lifecycle import RELEASE, to_words

# Maps models to the keys of the rows that an action added, changed or deleted.
type Rows = Mapping[type[models.Model], Collection[int]]

# Maps names of tables to dicts. Each dict maps the key of a row to the digest of the row.
type Digests = Mapping[str, Mapping[str, str]]

KEYS_OF_A_RECORD = 1000
RETENTION, REDACTION = "retention", "redaction"
"""The reasons why text or bytes were removed from rows. They are recorded in the chain."""
UPGRADE = "upgrade"
"""The reason that is recorded when an upgrade adds the first digests of a table's rows."""
NEVER: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows have digests, and the kinds of events that explain changes of its rows.

    `label` names the model in the same way as a foreign key, such as "releases.Release". Each digest covers the
    `columns` of a row. Only rows that match `scope` need a digest.

    `changed_by` and `deleted_by` are the kinds of events that explain that a row was changed or deleted. The events are
    in the chain `AFTER`. Use None if not every change has an event, and NEVER if rows never change or are never
    deleted. `about` is the column with the key of the subject of these events. Set `about_moves` if the value of this
    column may change.

    `earlier` contains the columns of each earlier format, oldest first. `if_used` maps columns that were added without
    a new format to their defaults. If all these columns of a row have their defaults, the digest leaves the columns
    out. So the digests of older rows do not change. If the model was renamed, `hashed_name` is its earlier name, which
    the digests still contain.
    """

    label: str
    columns: Sequence[str]
    scope: Q = field(default_factory=Q)
    changed_by: Collection[str] | None = None
    deleted_by: Collection[str] | None = None
    about: str = "pk"
    about_moves: bool = False
    earlier: Sequence[Sequence[str]] = ()
    if_used: Mapping[str, str | int] = MappingProxyType({})
    hashed_name: str = ""

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    @property
    def name(self) -> str:
        return self.hashed_name or self.label.lower()

    @property
    def format(self) -> int:
        return len(self.earlier) + 1

    def digests(
        self, keys: Collection[int] | None = None, *, formats: Mapping[str, int] | None = None
    ) -> Iterable[tuple[str, str]]:
        """Yield the key and the digest of each row as it is stored.

        :param keys: the keys of the rows, None for all rows.
        :param formats: the formats of rows that were recorded in an earlier format, keyed by the key of the row. All
            other rows have the present format.
        """
        by_format = dict(enumerate((*self.earlier, self.columns), start=1))
        columns = list(dict.fromkeys(chain(*by_format.values(), self.if_used)))
        places = {number: [columns.index(name) for name in names] for number, names in by_format.items()}
        rows = self.model._base_manager.filter(self.scope).order_by("pk").values_list("pk", *columns)
        # For a few rows, a cursor of the database would take three statements instead of one.
        found = rows.iterator(chunk_size=CHUNK) if keys is None else rows.filter(pk__in=keys)
        for key, *values in found:
            number = (formats or {}).get(str(key), self.format)
            content = [self.name, key, *(values[place] for place in places[number])]
            used = {name: values[columns.index(name)] for name in self.if_used}
            if used != self.if_used:
                content.append(used)
            yield str(key), f"{number}:{sha256_hex(canonical_json(content))}"


def format_of(digest: str) -> int:
    return int(digest.partition(":")[0])


class RowRecord(ChainedRow):
    """The digests of the rows that one action added, changed or deleted.

    They are computed after the action.
    """

    AFTER: ClassVar[str]
    """The chain whose head is locked before the head of this chain.

    The writers of that chain also record rows, so a fixed order of the two locks prevents deadlocks.
    """
    TABLES: ClassVar[Sequence[Table]]

    digests = models.JSONField()
    heads = models.JSONField()
    why = models.CharField(max_length=20, blank=True)

    class Meta:
        abstract = True
        ordering = ("position",)

    def __str__(self) -> str:
        return f"{self.CHAIN} {self.position}"

    def payload(self) -> dict[str, Any]:
        """Return the content that is hashed.

        `digests` maps the name of a table and the key of a row to the digest of the row. The digest is null if the row
        is deleted or needs no digest. `heads` maps the name of every other chain to the position and hash of its last
        row.
        """
        return {"digests": self.digests, "heads": self.heads, "why": self.why}

    @classmethod
    def record(cls, rows: Rows, *, why: str = "") -> None:
        """Record the digests of rows as they are stored now.

        Call this in the transaction that changed the rows. The caller must have locked the rows already, because all
        writers lock rows before the heads of chains.
        """
        parts = [
            (table, keys[start : start + KEYS_OF_A_RECORD])
            for table in cls.TABLES
            for keys in [sorted(set(rows.get(table.model, ())))]
            for start in range(0, len(keys), KEYS_OF_A_RECORD)
        ]
        if not parts:
            return
        with transaction.atomic():
            head = lock_heads(cls)
            # Read the rows under the lock. Otherwise an old digest could be written after a newer one.
            heads = ChainHead.objects.exclude(chain=cls.CHAIN).values_list("chain", "position", "row_hash")
            found = {chain: [position, row_hash] for chain, position, row_hash in heads}
            small = sum(len(keys) for _, keys in parts) <= KEYS_OF_A_RECORD
            for some in [parts] if small else [[part] for part in parts]:
                digests: dict[str, dict[str, str | None]] = {
                    table.name: {**{str(key): None for key in keys}, **dict(table.digests(keys))}
                    for table, keys in some
                }
                cls._append_at(head, [cls(digests=digests, heads=found, why=why)])

    @classmethod
    def record_unrecorded(cls, table: Table, *, known: Collection[str]) -> int:
        """Record the rows of a table that have no digest yet, and return the number of these rows.

        This is needed if an upgrade has added the table.

        :param known: the keys of the rows that have a digest.
        """
        keys = table.model._base_manager.filter(table.scope).values_list("pk", flat=True)
        unrecorded = sorted({key for key in keys if str(key) not in known})
        for some in batched(unrecorded, KEYS_OF_A_RECORD):
            cls.record({table.model: some}, why=UPGRADE)
        return len(unrecorded)


def lock_heads(record: type[RowRecord]) -> ChainHead:
    """Lock the head of the chain `AFTER`, and then the head of the chain of row records. Return the second head."""
    if record.AFTER != record.CHAIN:
        ChainHead.hold(record.AFTER)
    return ChainHead.hold(record.CHAIN)


# The digest of a release leaves out `training`, `screenshots`, `planned_from`, `short_notice_reason` and `welsh_title`.
# The text of an event contains the short notice reason. Events also record each change of the Welsh title, and checks
# use the Welsh title only for Welsh pages, and only together with the marker of the page.
OF_RELEASE = (
    "public_id",
    "reference",
    "title",
    "series_id",
    "status",
    "planned_on",
    "planned_at",
    "zone",
    "precision",
    "due_at",
    "schedule_version",
    "rehearsal",
    "recorded_at",
    "announced_at",
    "confirmed_at",
    "published_at",
    "cancelled_at",
    "cancellation_reason",
)
MOVED = frozenset({*RELEASE.move_names, "corrected"})
OF_ADDRESS = ("release_id", "url", "role", "marker", "adapter", "required", "added_at")
OF_VERIFICATION = (
    "release_id",
    "schedule_version",
    "due_at",
    "tolerance_seconds",
    "outcome",
    "last_not_live_at",
    "first_live_at",
    "delay_from",
    "delay_to",
    "occurred_at",
    "addresses",
    "reasons",
    "published_at_by_publisher",
    "publisher_source",
    "diagnoses",
    "decided_at",
    "revision",
    "rules_version",
)
OF_DATE_CHANGE = (
    "release_id",
    "schedule_version",
    "was_on",
    "was_at",
    "was_precision",
    "to_on",
    "to_at",
    "to_precision",
    "zone",
    "public_reason",
    "requested_by_id",
    "requested_at",
    "agreed_by_id",
    "agreed_at",
    "announced_at",
)
OF_DEPARTURE = (
    "release_id",
    "schedule_version",
    "kind",
    "osr_reference",
    "osr_agreed_on",
    "holiday",
    "reason",
    "osr_told_at",
    "decided_by_id",
    "decided_at",
)
OF_AGREEMENT_CORRECTION = (
    "departure_id",
    "number",
    "osr_reference",
    "osr_agreed_on",
    "corrected_by_id",
    "corrected_at",
)
# `what_was_wrong` is left out, because only the office may read it. The text of an event contains it.
OF_PUBLISHED_CORRECTION = (
    "release_id",
    "number",
    "revision",
    "kind",
    "found_at",
    "corrected_at",
    "public_notice",
    "recorded_by_id",
    "recorded_at",
)
OF_STATEMENT = (
    "release_id",
    "address_id",
    "schedule_version",
    "kind",
    "text_digest",
    "live_at",
    "stated_by_id",
    "stated_at",
)
# Rows are written often, at every check whose body replaces another body. So the digest covers only the columns that
# identify the bytes and the reason for storing them.
STORED_BODY_COLUMNS = (
    "release_id",
    "address_id",
    "schedule_version",
    "why",
    "since_due",
    "observation_id",
    "sha256",
    "state",
)


SCREENSHOT_COLUMNS = (
    "release_id",
    "address_id",
    "schedule_version",
    "moment",
    "planned_at",
    "requested_at",
    "pictured_at",
    "recorded_at",
    "state",
    "reason",
    "final_url",
    "status",
    "sha256",
    "small_sha256",
    "width",
    "height",
    "browser",
    "vantage",
    "watcher",
)


class ReleaseRowRecord(RowRecord):
    CHAIN: ClassVar[str] = "releases.row"
    AFTER: ClassVar[str] = "releases.event"
    TABLES = (
        Table("releases.Release", OF_RELEASE, changed_by=MOVED, deleted_by={"removed"}),
        Table(
            "releases.Address",
            OF_ADDRESS,
            changed_by={"address_changed"},
            deleted_by={"address_removed", "removed"},
            about="release_id",
            if_used={"part": "", "may_follow_minutes": 0},
        ),
        # `changed_by` is None, because only changes of the outcome have an event. `releases.judge.check_outcomes`
        # compares the outcomes with the events.
        Table("releases.Verification", OF_VERIFICATION, deleted_by=NEVER),
        Table("releases.DateChange", OF_DATE_CHANGE, changed_by=NEVER, deleted_by=NEVER),
        Table("releases.Departure", OF_DEPARTURE, changed_by=NEVER, deleted_by=NEVER),
        Table("releases.AgreementCorrection", OF_AGREEMENT_CORRECTION, changed_by=NEVER, deleted_by=NEVER),
        Table("releases.PublishedCorrection", OF_PUBLISHED_CORRECTION, changed_by=NEVER, deleted_by=NEVER),
        Table("releases.Statement", OF_STATEMENT, changed_by=NEVER, deleted_by=NEVER),
        Table(
            "releases.AccessReceipt",
            ("link_id", "answer", "terms", "what", "happened_at", "at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table(
            "releases.PhoneConfirmation",
            ("entry_id", "schedule_version", "terms", "recorded_by_id", "recorded_at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table(
            "releases.ListConfirmation",
            ("release_id", "schedule_version", "posts", "confirmed_by_id", "confirmed_at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        # `owner_name` is left out, because it is removed after a time.
        Table(
            "releases.HostAuthorisation",
            (
                "producer_id",
                "host",
                "number",
                "kind",
                "owner_post",
                "reference",
                "authorised_on",
                "recorded_by_id",
                "recorded_at",
            ),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table(
            "releases.DummyFile",
            ("series_id", "code", "token", "made_by_id", "made_at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table(
            "releases.OpenFileCheck",
            ("dummy_file_id", "file_url", "page_url", "requested_by_id", "requested_at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table(
            "releases.OpenFileFinding",
            (
                "request_id",
                "authorisation_id",
                "target",
                "url",
                "result",
                "sign",
                "status",
                "failure",
                "sent_at",
                "completed_at",
                "body_sha256",
                "vantage",
                "recorded_at",
            ),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table(
            "releases.OpenFileRemedy",
            ("dummy_file_id", "measure", "recorded_by_id", "recorded_at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table(
            "releases.PublicationStatement",
            (
                "release_id",
                "schedule_version",
                "source",
                "source_name",
                "message_id",
                "published_at",
                "received_at",
            ),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table("releases.Membership", ("user_id", "producer_id", "role")),
        Table(
            "releases.IncidentContact",
            ("producer_id", "number", "person_id", "named_by_id", "named_at"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
        Table(
            "releases.Cover",
            (
                "producer_id",
                "absent_id",
                "person_id",
                "starts_on",
                "ends_on",
                "named_by_id",
                "named_at",
                "ended_by_id",
                "ended_at",
            ),
            deleted_by=NEVER,
        ),
        # The history is recorded because the tolerance in force at a due time is read from it.
        Table(
            "releases.HistoricalSeries",
            ("id", "history_date", "history_type", "tolerance_seconds"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
    )


class MonitoringRowRecord(RowRecord):
    CHAIN: ClassVar[str] = "releases.monitoring_row"
    AFTER: ClassVar[str] = "releases.observation"
    TABLES = (
        Table("releases.StoredBody", STORED_BODY_COLUMNS, deleted_by=NEVER, hashed_name="releases.keptbody"),
        Table("releases.Screenshot", SCREENSHOT_COLUMNS, deleted_by=NEVER),
        Table("releases.Coverage", ("watcher", "began_at", "recorded_until"), deleted_by=NEVER),
    )


class AbstractEvent(ChainedRow):
    """One event. Its hash covers the free text in `words` only as a salted digest, so that the text can be redacted."""

    kind = models.CharField(max_length=40)
    at = models.DateTimeField(lazy("time"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=lazy("person"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    facts = models.JSONField(lazy("details"), default=dict)
    words = models.TextField(lazy("text"), blank=True)
    words_salt = models.CharField(max_length=32, default=new_salt)
    words_digest = models.CharField(
        max_length=64, default="", db_default="", help_text=lazy("The digest of the original text, if it was redacted.")
    )

    class Meta:
        abstract = True

    def subject(self) -> dict[str, Any]:
        raise NotImplementedError

    def payload(self) -> dict[str, Any]:
        return {
            **self.subject(),
            "kind": self.kind,
            "at": self.at,
            "actor": self.actor_id,
            "facts": self.facts,
            "words": self.words_digest or salted_digest(self.words, self.words_salt),
        }

    def __str__(self) -> str:
        return f"{to_words(self.kind).capitalize()} at {format_moment(self.at)}"


class ReleaseEvent(AbstractEvent):
    CHAIN: ClassVar[str] = "releases.event"

    # No foreign key constraint, because a release can be deleted before it is public, and its events stay.
    release = models.ForeignKey(Release, on_delete=models.DO_NOTHING, db_constraint=False, related_name="events")
    release_public_id = models.UUIDField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = lazy("release event")
        verbose_name_plural = lazy("release events")
        ordering = ("position",)
        indexes = [models.Index(fields=["release", "position"], name="release_event_in_order")]
        constraints = [
            models.CheckConstraint(condition=~Q(kind=""), name="release_event_has_a_kind"),
        ]

    def subject(self) -> dict[str, Any]:
        return {"release": str(self.release_public_id)}


def lock_release(key: int) -> Release:
    """Lock a release until the end of the transaction, and return it as it is stored.

    Each writer of a release's events locks the release before the chain. Otherwise two writers could wait for each
    other. Other processes can still write rows that refer to the release, so monitoring can store its checks meanwhile.
    """
    rows = Release.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("series__producer").get(pk=key)


def lock_releases(keys: Collection[int]) -> dict[int, Release]:
    """Lock releases as `lock_release` does, and return them keyed by primary key.

    They are locked in a fixed order to avoid deadlocks.
    """
    rows = Release.objects.filter(pk__in=keys).select_for_update(no_key=True).order_by("pk")
    return {release.pk: release for release in rows}


def lock_release_rows(keys: Collection[int]) -> None:
    """Lock some releases as `lock_releases` does, without reading their columns."""
    list(Release.objects.filter(pk__in=keys).select_for_update(no_key=True).order_by("pk").values_list("pk"))


def lock_producer(key: int) -> Producer:
    """Lock a producer until the end of the transaction, and return it as it is stored.

    The lock prevents two processes from adding the same row.
    """
    return Producer.objects.select_for_update(no_key=True).get(pk=key)


_added_facts: ContextVar[Mapping[str, Any]] = ContextVar("facts of all events of a block")


@contextmanager
def add_facts(**facts: Any) -> Iterator[None]:
    """Add facts to each release event that is built in the block, such as the API token that was used."""
    token = _added_facts.set(facts)
    try:
        yield
    finally:
        _added_facts.reset(token)


def build_event(release: Release, kind: str, *, at: Any, by: Any = None, words: str = "", **facts: Any) -> ReleaseEvent:
    """Build one event of a release without storing it.

    :param words: a person's free text, which must not be in `facts`.
    """
    return ReleaseEvent(
        release=release,
        release_public_id=release.public_id,
        kind=kind,
        at=at,
        actor=by,
        words=words,
        facts={**facts, **_added_facts.get({})},
    )


@dataclass(slots=True)
class _Batch:
    events: list[ReleaseEvent] = field(default_factory=list)
    rows: dict[type[models.Model], set[int]] = field(default_factory=lambda: defaultdict(set))


_batch: ContextVar[_Batch | None] = ContextVar("events and digests that are written together", default=None)


@contextmanager
def batch_events() -> Iterator[None]:
    """Collect the events and digests that are recorded in the block, and write them in order when the block ends.

    All writers of events wait for the lock on the head of the chain. With a batch, a long transaction takes this lock
    only at the end of the block. If the block fails, no event is written. A nested batch adds its events to the outer
    batch.
    """
    batch = _Batch()
    token = _batch.set(batch)
    try:
        yield
    finally:
        _batch.reset(token)
    _write(batch.events, batch.rows)


def _write(events: Sequence[ReleaseEvent], rows: Rows) -> None:
    batch = _batch.get()
    if batch is None:
        ReleaseEvent.append(events)
        ReleaseRowRecord.record(rows)
        return
    batch.events += events
    for model, keys in rows.items():
        batch.rows[model].update(keys)


def record_event(release: Release, kind: str, *, at: Any, by: Any = None, words: str = "", **facts: Any) -> None:
    """Write one event of a release now or, inside `batch_events`, at the end of the block."""
    _write([build_event(release, kind, at=at, by=by, words=words, **facts)], {})


def record_rows(rows: Rows) -> None:
    """Record digests of rows about releases now or, inside `batch_events`, at the end of the block.

    See `RowRecord.record`.
    """
    _write([], rows)


@receiver(post_save, sender=Series.history.model)
def _record_history(instance: models.Model, **_: Any) -> None:
    """Record the digest of each new row in the history of a series, however the series was saved."""
    record_rows({type(instance): [instance.pk]})

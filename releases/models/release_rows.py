"""The rows about releases whose digests are recorded in a chain."""

from typing import ClassVar

from releases.models.body import KeptBody
from releases.models.date_change import DateChange
from releases.models.observation import Coverage
from releases.models.producer import Membership, Series
from releases.models.release import Address, Release
from releases.models.row_record import NEVER, RowRecord, Table
from releases.models.verification import Statement, Verification
from releases.rules.lifecycle import RELEASE

# Not `short_notice_reason`, which is in the words of its event, nor `planned_from`.
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
# As few as say which bytes are evidence of what: a row is written at every check whose body takes the place of another.
OF_KEPT_BODY = (
    "release_id",
    "address_id",
    "schedule_version",
    "why",
    "since_due",
    "look_id",
    "sha256",
    "state",
)


class ReleaseRowRecord(RowRecord):
    """Digests of releases and what belongs to them, and of the roles for a producer."""

    CHAIN: ClassVar[str] = "releases.row"
    AFTER: ClassVar[str] = "releases.event"
    TABLES = (
        Table(Release, OF_RELEASE, changed_by=MOVED, deleted_by={"removed"}),
        Table(
            Address,
            OF_ADDRESS,
            changed_by={"address_changed"},
            deleted_by={"address_removed", "removed"},
            about="release_id",
        ),
        # Judging has an event where the outcome changes, which releases.recomputation compares.
        Table(Verification, OF_VERIFICATION, deleted_by=NEVER),
        Table(DateChange, OF_DATE_CHANGE, changed_by=NEVER, deleted_by=NEVER),
        Table(Statement, OF_STATEMENT, changed_by=NEVER, deleted_by=NEVER),
        Table(Membership, ("user_id", "producer_id", "role")),
        # The tolerance in force at a due time is read from the history.
        Table(
            Series.history.model,
            ("id", "history_date", "history_type", "tolerance_seconds"),
            changed_by=NEVER,
            deleted_by=NEVER,
        ),
    )


class MonitoringRowRecord(RowRecord):
    """Digests of which bodies are stored, and of coverage."""

    CHAIN: ClassVar[str] = "releases.monitoring_row"
    AFTER: ClassVar[str] = "releases.observation"
    TABLES = (
        Table(KeptBody, OF_KEPT_BODY, deleted_by=NEVER),
        Table(Coverage, ("watcher", "began_at", "recorded_until"), deleted_by=NEVER),
    )

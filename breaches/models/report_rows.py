"""The rows about reports whose digests are recorded in a chain."""

from typing import ClassVar

from breaches.models.report import ApprovedDocument, Report, ReportVersion
from breaches.models.suspicion import Suspicion
from breaches.rules.lifecycle import ROW_CHANGES
from releases.models.row_record import NEVER, RowRecord, Table

# Not `last_change`, which orders what people do at once.
OF_REPORT = (
    "reference",
    "producer_id",
    "kind",
    "status",
    "version",
    "machine",
    "rehearsal",
    "drafted_at",
    "occurred_on",
    "published_id",
    "submitted_by_id",
    "decided_at",
    "decision_reason",
    "cause",
    "cause_words",
    "available_at",
    "available_unknown",
    "person_dealing_id",
    "dealing_since",
    "salt",
)
OF_VERSION = (
    "report_id",
    "number",
    "content",
    "machine",
    "content_sha256",
    "salt",
    "written_by_id",
    "written_at",
    "why",
)
# The bytes are covered by their hash: see breaches.versions.
OF_DOCUMENT = (
    "report_id",
    "version",
    "pdf_sha256",
    "content_sha256",
    "evidence_sha256",
    "approved_by_id",
    "approved_role",
    "approved_at",
    "one_person",
)
# Not `facts_revision`, which only says how far the machine's text has followed the verdict.
OF_SUSPICION = ("release_id", "schedule_version", "kind", "verification_id", "raised_at", "report_id")
GIVEN_TO_A_REPORT = frozenset({"drafted", "suspicion_joined", "joint_drafted", "resumed"})


class ReportRowRecord(RowRecord):
    """Digests of reports and suspicions, of each version of a report, and of approved documents."""

    CHAIN: ClassVar[str] = "breaches.row"
    AFTER: ClassVar[str] = "breaches.event"
    TABLES = (
        Table(Report, OF_REPORT, changed_by=ROW_CHANGES, deleted_by=NEVER),
        Table(
            Suspicion,
            OF_SUSPICION,
            changed_by=GIVEN_TO_A_REPORT,
            deleted_by=NEVER,
            about="report_id",
            about_moves=True,
        ),
        Table(ReportVersion, OF_VERSION, changed_by=NEVER, deleted_by=NEVER),
        Table(ApprovedDocument, OF_DOCUMENT, changed_by=NEVER, deleted_by=NEVER),
    )

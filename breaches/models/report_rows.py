"""The rows about reports whose digests are recorded in a chain."""

from typing import ClassVar

from breaches.models.report import ApprovedDocument, ReportVersion
from breaches.models.suspicion import Suspicion
from releases.models.row_record import RowRecord, Table

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
# The bytes are covered by their hash: see breaches.deciding.approved_documents.
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


class ReportRowRecord(RowRecord):
    """Digests of suspicions, of each version of a report, and of approved documents."""

    CHAIN: ClassVar[str] = "breaches.row"
    AFTER: ClassVar[str] = "breaches.event"
    TABLES = (
        Table(Suspicion, OF_SUSPICION),
        Table(ReportVersion, OF_VERSION),
        Table(ApprovedDocument, OF_DOCUMENT),
    )

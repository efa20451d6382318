"""Verification of the record: all chains, every row with a recorded digest, and every stored body."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings

from breaches import redaction
from breaches.attachments import check_attachments
from breaches.compliance import check_compliance_documents
from breaches.models import Report, ReportEvent, ReportRowRecord
from breaches.versions import check_documents, check_versions
from releases.evidence.anchors import check_anchors, check_consistency, check_external_anchor, check_time_stamps
from releases.evidence.coverage import check_coverage
from releases.evidence.recorded_rows import Events, RowHistory, check_rows, deleted_end, find_relinked_event
from releases.evidence.store import check_bodies
from releases.judge import check_outcomes, check_tolerances, check_verdicts
from releases.models import Anchor, MonitoringRowRecord, Release, ReleaseEvent, ReleaseRowRecord, TimeStamp
from releases.models.append_only import ChainedRow, check_chain
from releases.models.event import AbstractEvent, RowRecord
from releases.rules.anchor import read_anchor_file
from statsoffice.anchors import CHAINS, ROW_RECORDS
from statsoffice.notifications.delivery import check_put_off
from statsoffice.notifications.models import MessageRowRecord
from statsoffice.progress import track

BODIES = "releases.body"


@dataclass(frozen=True, slots=True)
class ChainResult:
    """The result for one chain, for the stored bodies or for a file of anchors.

    `rows` is the number of rows, bodies or anchors. `why` is the fault of the first invalid one, or None.
    """

    name: str
    rows: int
    why: str | None
    unit: str = "row"

    def describe(self) -> str:
        if self.why is not None:
            return f"{self.name}: {self.why}"
        if self.name == BODIES:
            return f"{self.name}: {self.rows} {'body' if self.rows == 1 else 'bodies'}, valid"
        if self.unit == "anchor":
            return f"{self.name}: {self.rows} {'anchor, matches' if self.rows == 1 else 'anchors, match'}"
        return f"{self.name}: {self.rows} row{'' if self.rows == 1 else 's'}, valid"


def check_evidence(*, now: datetime) -> list[ChainResult]:
    """Check every chain and every stored body. Return one result for each chain, and a last one for the bodies."""
    recorded = {}
    for record in ROW_RECORDS:
        recorded[record] = RowHistory(record, redacted_in=ReportEvent.CHAIN)
        recorded[record].read(follow=partial(track, desc=record.CHAIN))
    results = [_check_chain(rows, recorded, now=now) for rows in CHAINS]
    return [*results, ChainResult(BODIES, *check_bodies(follow=partial(track, desc=BODIES)))]


def check_outside(name: str, content: bytes) -> ChainResult:
    """Compare the record with the anchors in a file that was stored outside the office.

    The file is a saved email or the manifest of a backup.
    """
    written = read_anchor_file(content)
    whys = [check_external_anchor(anchor, CHAINS) for anchor in written] or ["there is no anchor in this file"]
    return ChainResult(name, len(written), next((why for why in whys if why), None), unit="anchor")


def find_fault(name: str, content: bytes) -> str | None:
    """Return a sentence that says why the anchors in a file cannot be compared with the record, or None if they can."""
    written = read_anchor_file(content)
    if not written:
        return (
            f"We found no anchor in {name}, so we did not compare the record with it. Use the original email (.eml), "
            "or its plain text in UTF-8 without added line breaks."
        )
    return next((f"{name}: {why}." for anchor in written if (why := check_consistency(anchor))), None)


def _check_rows(recorded: RowHistory) -> str | None:
    redactions = ReportEvent.objects.filter(kind=redaction.KIND).order_by("position")
    redacted = {event.position: redaction.digests_after(event) for event in redactions}
    events = {
        ReleaseRowRecord: partial(Events.read, ReleaseEvent, about="release_id"),
        ReportRowRecord: partial(Events.read, ReportEvent, about="report_id"),
    }
    return check_rows(recorded, events=events.get(recorded.record, Events), redacted=redacted)


def _check_chain(
    rows: type[ChainedRow], recorded: Mapping[type[RowRecord], RowHistory], *, now: datetime
) -> ChainResult:
    follow = partial(track, desc=rows.CHAIN)
    walked, why = check_chain(rows, follow=follow)
    checks: list[Callable[[], str | None]] = [lambda: deleted_end(rows, recorded.values())]
    if issubclass(rows, AbstractEvent):
        checks.append(lambda: redaction.find_silent_redaction(rows))
    if issubclass(rows, RowRecord):
        checks.append(lambda: _check_rows(recorded[rows]))
    of_this_chain: dict[type[ChainedRow], Callable[[], str | None]] = {
        ReleaseRowRecord: lambda: (
            check_tolerances() or check_outcomes(follow=follow) or check_verdicts(now=now, follow=follow)
        ),
        MonitoringRowRecord: check_coverage,
        MessageRowRecord: lambda: check_put_off(now=now),
        ReleaseEvent: partial(
            find_relinked_event, ReleaseEvent, key="release_id", name="release_public_id", named=Release, by="public_id"
        ),
        ReportEvent: partial(
            find_relinked_event, ReportEvent, key="report_id", name="report_reference", named=Report, by="reference"
        ),
        ReportRowRecord: lambda: (
            check_documents() or check_versions() or check_attachments() or check_compliance_documents()
        ),
        Anchor: lambda: check_anchors(CHAINS, follow=follow),
        TimeStamp: lambda: check_time_stamps(certificates=settings.TIMESTAMP_CERTIFICATES, follow=follow),
    }
    if rows in of_this_chain:
        checks.append(of_this_chain[rows])
    for check in checks:
        why = why or check()
    return ChainResult(rows.CHAIN, walked, why)

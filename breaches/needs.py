"""What a report still needs before it can be submitted, besides what its text alone tells."""

from collections.abc import Iterator

from breaches import timeline
from breaches.content import ReportContent
from breaches.document import exactly
from breaches.models import Report
from breaches.remarks import Remark, Section


def for_submission(report: Report, content: ReportContent) -> tuple[Remark, ...]:
    """List what keeps a report from being submitted or approved: what it prints and does not hold any more."""
    return tuple(_outdated(report, content))


def _outdated(report: Report, content: ReportContent) -> Iterator[Remark]:
    for entry in timeline.outdated(report, content):
        sentence = (
            f"The timeline prints an entry that was corrected or has changed since, of {exactly(entry.at)}: "
            "choose again what it prints."
        )
        yield Remark(Section.CIRCUMSTANCES, "timeline", sentence)

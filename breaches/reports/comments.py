"""What a lead asked for when they returned a report: read again where it is written."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from breaches.core.status import ReportStatus
from breaches.models import Report, SectionComment


def on_last_return(report: Report) -> Sequence[SectionComment]:
    """Return the comments on single sections, in the form's order, while a report is returned; none afterwards."""
    if report.status != ReportStatus.RETURNED:
        return ()
    returned = report.events.filter(kind="returned").latest("position")
    return list(SectionComment.objects.filter(event=returned))


def by_event(report: Report) -> Mapping[int, Sequence[SectionComment]]:
    """Return every comment on a section that was made when a report was returned, by the key of that event."""
    found: dict[int, list[SectionComment]] = defaultdict(list)
    for comment in SectionComment.objects.filter(event__report=report):
        found[comment.event_id].append(comment)
    return found

"""From which versions of a report words were removed: their SHA-256 is still that of the text before."""

from collections.abc import Iterable, Mapping, Sequence

from breaches.deciding.redaction import KIND
from breaches.models import JoinedDraft, Report, ReportEvent, ReportVersion
from releases.models.redaction import redaction_marker
from releases.rules.canonical import canonical_json


def removals_of(report: Report, versions: Iterable[ReportVersion]) -> Mapping[int, Sequence[ReportEvent]]:
    """Return by number of a version the redactions, oldest first, that left their marker in its text.

    A marker in a version that was written later was only copied, and its SHA-256 is that of the text with it. Two
    redactions of one day leave the same marker, so that both are named.
    """
    events = ReportEvent.objects.filter(kind=KIND, report__in=_told_in(report)).select_related("actor")
    removals = list(events.order_by("position"))
    return {version.number: _left_in(version, removals) for version in versions}


def _left_in(version: ReportVersion, removals: Iterable[ReportEvent]) -> list[ReportEvent]:
    later = [one for one in removals if one.at >= version.written_at]
    if not later:
        return []
    text = canonical_json(version.content)
    return [one for one in later if redaction_marker(one.at).encode() in text]


def _told_in(report: Report) -> set[int]:
    """Return the keys of a report and of every joint report that it ever went into, with which it was redacted too."""
    parts, known = {report.pk}, {report.pk}
    while parts:
        parts = set(JoinedDraft.objects.filter(draft__in=parts).values_list("joint", flat=True)) - known
        known |= parts
    return known

"""What happened around a breach, in order: recorded facts and people's notes, and what of them a report prints."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from breaches.core.account.gone_again import away_of
from breaches.core.account.times import down, up
from breaches.core.content import ReportContent, TimelineEntry, in_order
from breaches.models import Report, Suspicion, TimelineNote
from releases.detection.finding import AddressRole


def standing(report: Report) -> tuple[TimelineEntry, ...]:
    """Return what a report's timeline may print as it stands: recorded facts and notes that none corrects, in order."""
    entries = [entry for suspicion in _suspicions(report) for entry in _recorded(suspicion)]
    entries += _stated(report)
    entries += map(of_note, report.timeline_notes.standing())
    return in_order({entry.source: entry for entry in entries}.values())


def _stated(report: Report) -> Iterator[TimelineEntry]:
    if report.available_at:
        yield TimelineEntry(report.available_at, "It was made available, as the producer states.", "available")


def of_note(note: TimelineNote) -> TimelineEntry:
    """Return a note as it is printed: without who wrote it, because the form names posts and not people."""
    return TimelineEntry(note.happened_at, note.text, f"note-{note.pk}")


def outdated(report: Report, content: ReportContent) -> tuple[TimelineEntry, ...]:
    """Return the printed entries that no longer stand as they are printed: corrected notes, changed recorded facts."""
    if not content.timeline:
        return ()
    stand = set(standing(report))
    return tuple(entry for entry in content.timeline if entry not in stand)


def _suspicions(report: Report) -> Iterable[Suspicion]:
    return report.suspicions.select_related("verification", "release")


def _recorded(suspicion: Suspicion) -> Iterator[TimelineEntry]:
    """Tell of one verdict when it was due, last missing, first there, gone again and back, at each address."""
    verdict, title = suspicion.verification, f"‘{suspicion.release.title}’"
    key = f"verdict-{verdict.pk}"
    yield TimelineEntry(verdict.due_at, f"{title} was due to be released.", f"{key}-due")
    for address in verdict.addresses:
        what = f"{title}, attachment {address['url']}," if address["role"] == AddressRole.ATTACHMENT else title
        at = f"{key}-{address['address']}"
        if absent := _instant(address["last_not_live_at"]):
            text = f"The automatic check looked for {what} and did not find it."
            yield TimelineEntry(down(absent), text, f"{at}-absent")
        if seen := _instant(address["first_live_at"]):
            yield TimelineEntry(up(seen), f"The automatic check found {what} for the first time.", f"{at}-seen")
        yield from _gone_again(address, what, at)
    raised = f"The automatic check suspected a breach ({suspicion.kind}) in the release of {title}."
    yield TimelineEntry(down(suspicion.raised_at), raised, f"suspicion-{suspicion.pk}")


def _gone_again(address: Mapping[str, Any], what: str, source: str) -> Iterator[TimelineEntry]:
    for number, away in enumerate(away_of(address), start=1):
        which = f"-{number}" if number > 1 else ""
        gone = f"The automatic check did not find {what} there any more."
        yield TimelineEntry(down(away.gone_at), gone, f"{source}-gone{which}")
        if away.back_at:
            back = f"The automatic check found {what} there again."
            yield TimelineEntry(up(away.back_at), back, f"{source}-back{which}")


def _instant(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None

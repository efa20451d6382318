"""The timeline of a report: recorded facts and notes, and which of them are printed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from breaches import editing
from breaches.models import Report, Suspicion, TimelineNote
from breaches.permissions import TABLE, Action, acting_role, moves_open_to
from breaches.rules.content import ReportContent, TimelineEntry, outputs_in_order
from breaches.rules.delay import round_down, round_up
from breaches.rules.lifecycle import EDIT
from breaches.rules.narrative import absences_of
from breaches.rules.validation import ReportSection
from breaches.versions import content_of, record_event
from releases.detection.finding import AddressRole
from releases.rules.lifecycle import FieldRefused, MissingFields
from releases.rules.london import format_moment

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


def timeline_entries(report: Report) -> tuple[TimelineEntry, ...]:
    """Return what a report's timeline may print as it stands: recorded facts and notes that none corrects, in order."""
    entries = [entry for suspicion in _suspicions(report) for entry in _recorded(suspicion)]
    entries += _stated(report)
    entries += map(entry_of_note, report.timeline_notes.standing())
    return outputs_in_order({entry.source: entry for entry in entries}.values())


def _stated(report: Report) -> Iterator[TimelineEntry]:
    if report.available_at:
        yield TimelineEntry(report.available_at, "It was made available, as the producer states.", "available")


def entry_of_note(note: TimelineNote) -> TimelineEntry:
    """Return a note as it is printed: without who wrote it, because the form names posts and not people."""
    return TimelineEntry(note.happened_at, note.text, f"note-{note.pk}")


def outdated_entries(report: Report, content: ReportContent) -> tuple[TimelineEntry, ...]:
    """Return the printed entries that no longer stand as they are printed: corrected notes, changed recorded facts."""
    if not content.timeline:
        return ()
    stand = set(timeline_entries(report))
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
            yield TimelineEntry(round_down(absent), text, f"{at}-absent")
        if seen := _instant(address["first_live_at"]):
            yield TimelineEntry(round_up(seen), f"The automatic check found {what} for the first time.", f"{at}-seen")
        yield from _gone_again(address, what, at)
    raised = f"The automatic check suspected a breach ({suspicion.kind}) in the release of {title}."
    yield TimelineEntry(round_down(suspicion.raised_at), raised, f"suspicion-{suspicion.pk}")


def _gone_again(address: Mapping[str, Any], what: str, source: str) -> Iterator[TimelineEntry]:
    for number, away in enumerate(absences_of(address), start=1):
        which = f"-{number}" if number > 1 else ""
        gone = f"The automatic check did not find {what} there any more."
        yield TimelineEntry(round_down(away.gone_at), gone, f"{source}-gone{which}")
        if away.back_at:
            back = f"The automatic check found {what} there again."
            yield TimelineEntry(round_up(away.back_at), back, f"{source}-back{which}")


def _instant(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


PRINTED = ("timeline",)


class NoteRefused(FieldRefused):
    """A note cannot be as it was written; `field` names what is wrong with it."""


def write_note(
    report: Report,
    *,
    text: str,
    happened_at: datetime,
    by: "User",
    at: datetime,
    corrects: TimelineNote | None = None,
    printed: bool = False,
) -> TimelineNote:
    """Write a note, or the one that corrects another; the same words sent twice make one note.

    :param happened_at: the aware instant of what the note tells; not after `at`.
    :param corrects: the note that this one takes the place of; that one stays to be read.
    :param printed: whether the report's timeline prints it, where this person may edit the report as it stands.
        A note that was printed is no longer printed once it is corrected.
    :raises SomethingMissing: if the text is empty.
    :raises NoteRefused: if it tells of what is still to come, or the note it corrects was corrected already.
    :raises ValueError: if none of the person's roles lets them write notes.
    """
    role = acting_role(by, TABLE[Action.WRITE_NOTE], report)
    words = text.strip()
    if not words:
        raise MissingFields("text", _("Write what happened."))
    if happened_at > at:
        sentence = _("%(moment)s is in the future: a note tells of what has happened.")
        raise NoteRefused("happened_time", sentence % {"moment": format_moment(happened_at)})
    mine = report.timeline_notes.filter(written_by=by, text=words, happened_at=happened_at, corrects=corrects)
    if (again := mine.first()) is not None:
        return again
    with transaction.atomic():
        note = TimelineNote(report=report, text=words, happened_at=happened_at, written_at=at, written_by=by, role=role)
        note.corrects = corrects
        _save(note)
        which = {"note": note.pk, "corrects": corrects.pk if corrects else None}
        kind = "note_corrected" if corrects else "note_written"
        record_event(report, kind, at=at, by=by, words=words, role=role, happened_at=happened_at.isoformat(), **which)
        _print(report, note, printed=printed, by=by, at=at)
    return note


def may_choose_entries(person: "User", report: Report) -> bool:
    """Tell whether a person may choose now what the report's timeline prints: whoever may edit its text."""
    return EDIT in moves_open_to(person, report)


def choose_entries(
    report: Report, *, sources: Collection[str], expected_version: int, by: "User", at: datetime
) -> editing.SavedSection:
    """Choose what the report's timeline prints, as a new version of the report: copies of what stands now.

    :param sources: the keys of what is printed, as `timeline.standing` gives them; others are left out.
    :param expected_version: the number of the version that the person read before choosing.
    :raises MoveRefused: if the report's state or the person's roles do not allow it.
    :raises SomebodyWasFaster: if another person chose something else meanwhile.
    """
    chosen = tuple(entry for entry in timeline_entries(report) if entry.source in sources)
    return editing.save_section(
        report,
        section=ReportSection.CIRCUMSTANCES,
        only=PRINTED,
        values={"timeline": chosen},
        expected_version=expected_version,
        by=by,
        at=at,
    )


def _save(note: TimelineNote) -> None:
    try:
        with transaction.atomic():
            note.save()
    except IntegrityError:
        if note.corrects is None or not TimelineNote.objects.filter(corrects=note.corrects).exists():
            raise
        sentence = _("Somebody has corrected this note already; correct the later one instead.")
        raise NoteRefused("text", sentence) from None


def _print(report: Report, note: TimelineNote, *, printed: bool, by: "User", at: datetime) -> None:
    """Print a note, or stop printing the one that it corrects, where the person may edit the report's text."""
    fresh = Report.objects.select_related("producer").get(pk=report.pk)
    if not may_choose_entries(by, fresh):
        return
    content = content_of(fresh)
    replaced = entry_of_note(note.corrects).source if note.corrects else ""
    kept = [entry for entry in content.timeline if entry.source != replaced]
    chosen = outputs_in_order([*kept, entry_of_note(note)] if printed else kept)
    if chosen != content.timeline:
        editing.save_section(
            fresh,
            section=ReportSection.CIRCUMSTANCES,
            only=PRINTED,
            values={"timeline": chosen},
            expected_version=fresh.version,
            by=by,
            at=at,
        )

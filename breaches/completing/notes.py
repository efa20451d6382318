"""Notes for a report's timeline: written, corrected by a further one, and chosen to be printed."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from breaches.completing import editing, timeline
from breaches.core.content import in_order
from breaches.core.remarks import Section
from breaches.core.status import EDIT
from breaches.models import Report, TimelineNote
from breaches.permissions import TABLE, Action, acting_role, moves_open_to
from breaches.reports.versions import content_of, record
from releases.rules.lifecycle import FieldRefused, MissingFields
from releases.rules.london import format_moment

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

PRINTED = ("timeline",)


class NoteRefused(FieldRefused):
    """A note cannot be as it was written; `field` names what is wrong with it."""


def write(
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
        record(report, kind, at=at, by=by, words=words, role=role, happened_at=happened_at.isoformat(), **which)
        _print(report, note, printed=printed, by=by, at=at)
    return note


def may_choose(person: "User", report: Report) -> bool:
    """Tell whether a person may choose now what the report's timeline prints: whoever may edit its text."""
    return EDIT in moves_open_to(person, report)


def choose(
    report: Report, *, sources: Collection[str], expected_version: int, by: "User", at: datetime
) -> editing.Saved:
    """Choose what the report's timeline prints, as a new version of the report: copies of what stands now.

    :param sources: the keys of what is printed, as `timeline.standing` gives them; others are left out.
    :param expected_version: the number of the version that the person read before choosing.
    :raises MoveRefused: if the report's state or the person's roles do not allow it.
    :raises SomebodyWasFaster: if another person chose something else meanwhile.
    """
    chosen = tuple(entry for entry in timeline.standing(report) if entry.source in sources)
    return editing.save_section(
        report,
        section=Section.CIRCUMSTANCES,
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
    if not may_choose(by, fresh):
        return
    content = content_of(fresh)
    replaced = timeline.of_note(note.corrects).source if note.corrects else ""
    kept = [entry for entry in content.timeline if entry.source != replaced]
    chosen = in_order([*kept, timeline.of_note(note)] if printed else kept)
    if chosen != content.timeline:
        editing.save_section(
            fresh,
            section=Section.CIRCUMSTANCES,
            only=PRINTED,
            values={"timeline": chosen},
            expected_version=fresh.version,
            by=by,
            at=at,
        )

"""The timeline of a report: read as a whole, added to by notes, and chosen from for print."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches.completing import notes, timeline
from breaches.core.status import EDIT
from breaches.forms.timeline import NoteForm, PrintedForm
from breaches.models import Report, TimelineNote
from breaches.permissions import Action, may
from breaches.reports.versions import content_of
from breaches.views.access import report_page
from breaches.words import events_in_words, wording
from releases.rules.lifecycle import MoveRefused, Role
from releases.rules.london import in_london
from releases.views.base import SignedInRequest

# What happened to the report itself, apart from edits and downloads, which its history tells.
TOLD_BY_THE_HISTORY = (
    "edited",
    "downloaded",
    "draft_downloaded",
    "facts_refreshed",
    "facts_offered",
    "note_written",
    "note_corrected",
)


@report_page("GET")
def whole(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show everything that happened around a breach in order: recorded facts, people's notes, and the moves."""
    context = {
        "report": report,
        "entries": _entries(report),
        "may_write": may(request.user, Action.WRITE_NOTE, report),
        "may_choose": notes.may_choose(request.user, report),
    }
    return render(request, "breaches/timeline.html", context)


@report_page("GET", "POST")
def note(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask for a note, and write it."""
    return _write(request, report)


@report_page("GET", "POST")
def correct(request: SignedInRequest, report: Report, note: int) -> HttpResponse:
    """Ask for the note that corrects another, and write it; the other stays."""
    corrected = get_object_or_404(report.timeline_notes, pk=note)
    later = TimelineNote.objects.filter(corrects=corrected).first()
    if request.method == "GET" and later is not None:
        messages.warning(request, _("This note was corrected already: this is the later one."))
        return redirect("breaches:correct_note", report.reference, later.pk)
    return _write(request, report, corrects=corrected)


@report_page("GET", "POST", move=EDIT)
def choose(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask what of the timeline is printed, and save it as a new version."""
    if request.method == "GET" and not notes.may_choose(request.user, report):
        messages.warning(request, _("This report cannot be edited by you as it stands."))
        return redirect("breaches:timeline", report.reference)
    content = content_of(report)
    form = PrintedForm(
        request.POST if request.method == "POST" else None,
        entries=timeline.standing(report),
        initial={"version": report.version, "sources": [entry.source for entry in content.timeline]},
    )
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            notes.choose(
                report,
                sources=chosen["sources"],
                expected_version=chosen["version"],
                by=request.user,
                at=timezone.now(),
            )
        except MoveRefused as refused:
            return render(request, "breaches/refused.html", {"report": report, "sentence": str(refused)}, status=409)
        messages.success(request, _("It is saved what the timeline prints."))
        return redirect("breaches:timeline", report.reference)
    outdated = timeline.outdated(report, content)
    return render(request, "breaches/choose_timeline.html", {"report": report, "form": form, "outdated": outdated})


def _write(request: SignedInRequest, report: Report, corrects: TimelineNote | None = None) -> HttpResponse:
    if not may(request.user, Action.WRITE_NOTE, report):
        message = "There is no such page, or it is not yours."
        raise Http404(message)
    form = NoteForm(
        request.POST if request.method == "POST" else None,
        may_print=notes.may_choose(request.user, report),
        button=_("Save this correction") if corrects else _("Save this note"),
        initial=_as_written(report, corrects) if corrects else {},
    )
    if form.is_valid():
        try:
            notes.write(report, **form.note(), corrects=corrects, by=request.user, at=timezone.now())
        except MoveRefused as refused:
            field = getattr(refused, "field", None)
            form.add_error(field if field in form.fields else None, str(refused))
        else:
            messages.success(request, _("The note is kept."))
            return redirect("breaches:timeline", report.reference)
    return render(request, "breaches/note.html", {"report": report, "form": form, "corrects": corrects})


def _as_written(report: Report, note: TimelineNote) -> dict[str, Any]:
    happened = in_london(note.happened_at)
    source = timeline.of_note(note).source
    return {
        "happened_on": happened.date(),
        "happened_time": happened.time(),
        "text": note.text,
        "printed": any(entry.source == source for entry in content_of(report).timeline),
    }


def _entries(report: Report) -> list[dict[str, Any]]:
    """Return every recorded fact, note and move with its instant, in the order in which things happened."""
    content = content_of(report)
    printed = {entry.source for entry in content.timeline}
    told: list[dict[str, Any]] = [
        {
            "at": entry.at,
            "title": _("Stated") if entry.source == "available" else _("On record"),
            "text": entry.text,
            "printed": entry.source in printed,
        }
        for entry in timeline.standing(report)
        if not entry.source.startswith("note-")
    ]
    told += [_told(note, printed) for note in report.timeline_notes.select_related("written_by", "correction")]
    told += [
        {"at": event.at, "title": events_in_words.title_of(event), "by": events_in_words.author_of(event)}
        for event in report.events.exclude(kind__in=TOLD_BY_THE_HISTORY).select_related("actor")
    ]
    return sorted(told, key=lambda entry: entry["at"])


def _told(note: TimelineNote, printed: Collection[str]) -> dict[str, Any]:
    return {
        "at": note.happened_at,
        "title": _("Note"),
        "by": f"{note.written_by}, {wording.ROLES[Role(note.role)]}",
        "text": note.text,
        "note": note,
        "corrected": hasattr(note, "correction"),
        "printed": timeline.of_note(note).source in printed,
    }

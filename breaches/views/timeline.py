"""The timeline of a report, and its corrective actions."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches import corrective_actions, editing, text
from breaches.forms import ActionFields
from breaches.models import Report, TimelineNote
from breaches.permissions import Action, may_act_on, may_write_or_decide
from breaches.rules.content import TimelineEntry
from breaches.rules.facts import exact_time
from breaches.rules.lifecycle import EDIT, MERGED_OR_SPLIT
from breaches.versions import content_of
from breaches.views.base import (
    describe_conflict,
    digest_values,
    explain_closed_move,
    explain_status,
    refusal_page,
    report_page,
    return_to_report,
)
from releases.forms import (
    ClockTimeField,
    GovukDateField,
    GovukForm,
    LongTextField,
    add_refusal,
)
from releases.models import Series
from releases.rules.calendar import in_london, local_date
from releases.rules.lifecycle import MoveRefused, Role
from releases.text.dates import write_day
from releases.views.base import SignedInRequest, post_data

# The kinds of events that the timeline leaves out. Edits, automatic updates of facts, and downloads are only shown in
# the history of the report. Events about notes are left out because the timeline shows the notes themselves.
NOT_IN_THE_TIMELINE = (
    "edited",
    "downloaded",
    "draft_downloaded",
    "concern_downloaded",
    "statement_downloaded",
    "attachment_downloaded",
    "facts_refreshed",
    "facts_offered",
    "note_written",
    "note_corrected",
)


@report_page("GET")
def report_timeline(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show the recorded facts, notes and events of a report as one list, sorted by time."""
    printed = {entry.source for entry in content_of(report).timeline}
    entries: list[dict[str, Any]] = [
        {
            "at": entry.at,
            "title": _("Staff statement") if entry.source == "available" else _("On record"),
            "text": entry.text,
            "printed": entry.source in printed,
        }
        for entry in editing.timeline_entries(report)
        if not entry.source.startswith("note-")
    ]
    notes = report.timeline_notes.select_related("written_by", "correction")
    entries += [_note_entry(note, printed) for note in notes]
    entries += [
        {"at": event.at, "title": text.event_title(event), "by": text.event_author(event)}
        for event in report.events.exclude(kind__in=NOT_IN_THE_TIMELINE).select_related("actor")
    ]
    context = {
        "report": report,
        "entries": sorted(entries, key=lambda entry: entry["at"]),
        "may_write": may_act_on(request.user, Action.WRITE_NOTE, report),
        "may_choose": editing.may_choose_entries(request.user, report),
    }
    return render(request, "breaches/timeline.html", context)


def _note_entry(note: TimelineNote, printed: Collection[str]) -> dict[str, Any]:
    return {
        "at": note.happened_at,
        "title": _("Note"),
        "by": f"{note.written_by}, {text.ROLES[Role(note.role)]}",
        "text": note.text,
        "note": note,
        "corrected": hasattr(note, "correction"),
        "printed": editing.entry_of_note(note).source in printed,
    }


class NoteForm(GovukForm):
    options = {"text": {"threshold": 75}, "printed": {"size": "", "small": True}}

    happened_on = GovukDateField(
        label=lazy("Date"), subject=lazy("Date on which it happened"), help_text=lazy("For example, 30 6 2026")
    )
    happened_time = ClockTimeField(label=lazy("London time"), help_text=lazy("For example, 9:35am or 9:35:20am"))
    text = LongTextField(
        label=lazy("What happened?"),
        help_text=lazy(
            "For example, ‘phoned the digital team’. Use job titles, such as ‘duty editor’, not people’s names. "
            "Notes can be printed in a published report."
        ),
        max_length=2000,
        error_messages={"required": lazy("Enter what happened")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    printed = forms.BooleanField(label=lazy("Print this note in the report"), required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, may_print: bool, is_correction: bool, button: str, **kwargs: Any) -> None:
        """If the note is a correction, the form contains the digest of the earlier note.

        :param may_print: whether the person may choose which entries are printed.
        """
        super().__init__(*args, **kwargs)
        if not is_correction:
            del self.fields["seen"]
        if not may_print:
            del self.fields["printed"]
        self.button = button

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.combine_instant(cleaned, on="happened_on", at="happened_time", to="happened_at")
        return cleaned

    def note(self) -> dict[str, Any]:
        typed = self.cleaned_data
        return {
            "text": typed["text"],
            "happened_at": typed["happened_at"],
            "printed": typed.get("printed", False),
            "note_seen": typed.get("seen"),
        }


@report_page("GET", "POST", action=Action.WRITE_NOTE)
def add_note(request: SignedInRequest, report: Report) -> HttpResponse:
    return _write_note(request, report)


@report_page("GET", "POST", action=Action.WRITE_NOTE)
def correct_note(request: SignedInRequest, report: Report, note: int) -> HttpResponse:
    """Show the form to correct a note, and store the correction as a new note. The original note stays on record."""
    corrected = get_object_or_404(report.timeline_notes, pk=note)
    later = TimelineNote.objects.filter(corrects=corrected).first()
    if request.method == "GET" and later is not None:
        messages.warning(request, _("This note has already been corrected. This is the later note."))
        return redirect("breaches:correct_note", report.reference, later.pk)
    return _write_note(request, report, corrects=corrected)


def _write_note(request: SignedInRequest, report: Report, corrects: TimelineNote | None = None) -> HttpResponse:
    initial: dict[str, Any] = {}
    if corrects:
        happened, source = in_london(corrects.happened_at), editing.entry_of_note(corrects).source
        initial = {
            "happened_on": happened.date(),
            "happened_time": happened.time(),
            "text": corrects.text,
            "seen": editing.note_digest(corrects),
            "printed": any(entry.source == source for entry in content_of(report).timeline),
        }
    form = NoteForm(
        post_data(request),
        may_print=editing.may_choose_entries(request.user, report),
        is_correction=corrects is not None,
        button=_("Save correction") if corrects else _("Save note"),
        initial=initial,
    )
    status = 200
    if form.is_valid():
        try:
            editing.write_note(report, **form.note(), corrects=corrects, by=request.user, at=timezone.now())
        except editing.NoteRedacted as refused:
            corrects = refused.note
            form.reopen(name="seen", version=editing.note_digest(corrects), sentence=str(refused))
            status = 409
        except MoveRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Note saved."))
            return redirect("breaches:timeline", report.reference)
    context = {"report": report, "form": form, "corrects": corrects}
    return render(request, "breaches/note.html", context, status=status)


class TimelineForm(GovukForm):
    button = lazy("Save")
    defaults = {"size": "m"}

    version = forms.IntegerField(widget=forms.HiddenInput)
    sources = forms.MultipleChoiceField(
        label=lazy("Entries to print in the report"),
        help_text=lazy("We print them below the circumstances, in the order in which they happened."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, entries: Iterable[TimelineEntry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(entry.source, f"{exact_time(entry.at)}: {entry.text}") for entry in entries]
        self.fields["sources"].choices = choices  # type: ignore[attr-defined]  # declared above


@report_page("GET", "POST", move=EDIT)
def choose_entries_view(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask which entries of the timeline to print, and save the choice as a new version of the report."""
    if request.method == "GET" and not editing.may_choose_entries(request.user, report):
        messages.warning(request, explain_closed_move(request.user, report, EDIT))
        return redirect("breaches:timeline", report.reference)
    content = content_of(report)
    form = TimelineForm(
        post_data(request),
        entries=editing.timeline_entries(report),
        initial={"version": report.version, "sources": [entry.source for entry in content.timeline]},
    )
    if form.is_valid():
        try:
            editing.choose_entries(
                report,
                sources=form.cleaned_data["sources"],
                expected_version=form.cleaned_data["version"],
                by=request.user,
                at=timezone.now(),
            )
        except MoveRefused as refused:
            return refusal_page(request, report, str(refused))
        messages.success(request, _("Timeline saved."))
        return redirect("breaches:timeline", report.reference)
    outdated = editing.outdated_entries(report, content)
    return render(request, "breaches/choose_timeline.html", {"report": report, "form": form, "outdated": outdated})


class ActionForm(ActionFields, GovukForm):
    button = lazy("Save")
    options = {"text": {"threshold": 75}, "term": {"inline": True}}

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    next_release_of = forms.ModelChoiceField(
        label=lazy("Do you want to make this a task for the next release of a series?"),
        help_text=lazy(
            "Everyone who can see that release can see the task. Mark it as done on the page of the release."
        ),
        queryset=Series.objects.none(),
        required=False,
        blank=True,
        empty_label=lazy("No"),
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, series: QuerySet[Series] | None, **kwargs: Any) -> None:
        """:param series: the series to offer. The action can become a task for the next release of one of them. If
        `series` is None, the form does not ask for a series.
        """
        super().__init__(*args, **kwargs)
        if series is None:
            del self.fields["next_release_of"]
        else:
            self.fields["next_release_of"].queryset = series  # type: ignore[attr-defined]  # declared above


@report_page("GET")
def list_actions(request: SignedInRequest, report: Report) -> HttpResponse:
    may_write = may_write_or_decide(request.user, report)
    context = {
        "report": report,
        "actions": report.actions.with_tasks(),
        "printed": corrective_actions.printed_actions(report),
        "may_write": may_write,
        "may_add": may_write and report.status not in MERGED_OR_SPLIT,
        "today": local_date(timezone.now()),
    }
    return render(request, "breaches/actions.html", context)


@report_page("GET", "POST", allowed=may_write_or_decide)
def add_action_view(request: SignedInRequest, report: Report) -> HttpResponse:
    if request.method == "GET" and report.status in MERGED_OR_SPLIT:
        return return_to_report(request, report, explain_status(report))
    # If the report belongs to a training session, do not offer to make the action a task of a release. Everyone with a
    # role can see the tasks of a release, but only participants may see the training session.
    form = ActionForm(post_data(request), series=None if report.training_id else report.find_series())
    if form.is_valid():
        series = form.cleaned_data.get("next_release_of")
        try:
            corrective_actions.add_action(
                report, form.plan(), next_release_of=series, by=request.user, at=timezone.now()
            )
        except MoveRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Action saved."))
            return redirect("breaches:actions", report.reference)
    return render(request, "breaches/action.html", {"report": report, "form": form})


@report_page("GET", "POST", allowed=may_write_or_decide)
def change_action_view(request: SignedInRequest, report: Report, action: int) -> HttpResponse:
    """Show the form to change an action, and save the change.

    If another person saved a different version meanwhile, show that version above the form instead of saving.
    """
    found = get_object_or_404(report.actions.with_tasks(), pk=action)
    plan = corrective_actions.action_plan_of(found)
    digest = digest_values(plan.text, plan.term, plan.owner, plan.due.isoformat() if plan.due else None)
    form = ActionForm(
        post_data(request),
        series=None,
        initial={"text": plan.text, "term": plan.term, "owner": plan.owner, "due": plan.due, "seen": digest},
    )
    conflict = None
    if form.is_valid():
        if form.cleaned_data["seen"] == digest:
            try:
                corrective_actions.change_action(found, form.plan(), by=request.user, at=timezone.now())
            except MoveRefused as refused:
                add_refusal(form, refused)
            else:
                messages.success(request, _("Action changed."))
                return redirect("breaches:actions", report.reference)
        elif form.plan() == plan:
            return redirect("breaches:actions", report.reference)
        else:
            labels = (str(form.fields[name].label) for name in ("text", "term", "owner", "due"))
            values = (plan.text, str(text.TERMS[plan.term]), plan.owner, write_day(plan.due) if plan.due else "")
            saved = list(zip(labels, values, strict=True))
            conflict = describe_conflict(
                saved, corrective_actions.find_last_change(found), typed=(form.plan().text, form.plan().owner)
            )
            data = request.POST.copy()
            data["seen"] = digest
            form = ActionForm(data, series=None)
    context = {"report": report, "form": form, "conflict": conflict}
    return render(request, "breaches/action.html", context, status=409 if conflict else 200)


@report_page("POST", allowed=may_write_or_decide)
def finish_action_view(request: SignedInRequest, report: Report, action: int) -> HttpResponse:
    """Record that an action is done, or reopen it."""
    found = get_object_or_404(report.actions.with_tasks(), pk=action)
    done = request.POST.get("done") == "yes"
    try:
        corrective_actions.finish_action(found, done=done, by=request.user, at=timezone.now())
    except MoveRefused as refused:
        messages.info(request, str(refused))
    else:
        messages.success(request, _("Action done.") if done else _("Action reopened."))
    return redirect("breaches:actions", report.reference)

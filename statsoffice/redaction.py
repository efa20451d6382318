"""The redaction of text in a report, its releases and its notifications, and the pages for redaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.debug import sensitive_post_parameters

from breaches.forms import LONGEST_REMARK
from breaches.models import Report, ReportEvent
from breaches.permissions import Action
from breaches.redaction import (
    KIND,
    NothingToRedact,
    Place,
    RedactionResult,
    find_redacted_reports,
    redact_report,
)
from breaches.rules.lifecycle import UNDECIDED
from breaches.views.base import report_page
from releases.forms import LongTextField, Question, inside_the_form
from releases.models.append_only import redaction_marker
from releases.rules.lifecycle import MissingFields
from releases.views.base import SignedInRequest, post_data
from statsoffice.accounts.models import User
from statsoffice.notifications.models import Message, MessageRowRecord


def redact(
    report: Report, *, words: str, why: str, by: User, at: datetime, dry_run: bool = False, form_key: str = ""
) -> RedactionResult:
    """Redact words in a report, its releases and its notifications.

    This calls `breaches.redaction.redact_report`, and adds the notifications to the places to search.
    """
    besides = [places_of_messages(report)]
    return redact_report(
        report, words=words, why=why, by=by, at=at, besides=besides, dry_run=dry_run, form_key=form_key
    )


def places_of_messages(report: Report) -> Place:
    """Return the messages about a report, its drafts and its joint reports."""
    messages = Message.objects.filter(report__in=find_redacted_reports(report))
    return Place(messages, ("subject", "text"), MessageRowRecord)


PLACES: dict[str, Promise] = {
    "breaches.report": lazy("Automatic text and cause of the report"),
    "breaches.reportversion": lazy("Saved versions of the report"),
    "breaches.reportevent": lazy("Reasons and comments in the history of the report"),
    "breaches.timelinenote": lazy("Timeline notes"),
    "breaches.sectioncomment": lazy("Comments on sections"),
    "breaches.correctiveaction": lazy("Corrective actions"),
    "breaches.attachment": lazy("Names of attached files"),
    "breaches.dispatch": lazy("Messages sent with the report"),
    "breaches.published": lazy("Public statements"),
    "releases.statement": lazy("Statements about releases"),
    "releases.releasetask": lazy("Corrective actions in the tasks for the next release"),
    "releases.releaseevent": lazy("Reasons in the history of releases"),
    "outbox.message": lazy("Stored notifications about the report"),
}
"""Labels of database tables, as shown on pages. The keys are labels of models, such as `releases.releaseevent`."""


def places_in_words(rows: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return pairs of a table's label and the number of rows in which the words were found.

    :param rows: the numbers of rows, keyed as in `PLACES`.
    """
    return [(str(PLACES.get(table, table)), number) for table, number in sorted(rows.items())]


LONGEST_WORDS = 500


class RedactForm(forms.Form):
    use_required_attribute = False

    words = forms.CharField(
        label=lazy("Text to remove"),
        help_text=lazy(
            "Enter the exact text, for example a name, with the same capital letters. You can remove other spellings "
            "afterwards."
        ),
        max_length=LONGEST_WORDS,
        error_messages={"required": lazy("Enter the text to remove. It must have at least 3 characters.")},
        # Otherwise the browser would suggest the words to the next person at this computer.
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    why = LongTextField(
        label=lazy("Reason for removal"),
        help_text=lazy("Do not include the text to remove. We save the reason in the history of the report."),
        max_length=LONGEST_REMARK,
        error_messages={"required": lazy("Enter the reason for removal.")},
    )

    @property
    def helper(self) -> FormHelper:
        return inside_the_form(Question("words", size="s"), Question("why", size="s", threshold=75))


class ConfirmForm(RedactForm):
    """A form to confirm the removal. Hidden fields contain the words and the reason from the `RedactForm`.

    `form_key` is different in each displayed form. If a form is submitted twice, the view uses the key to show the
    result of the first submission.
    """

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    sure = forms.BooleanField(
        label=lazy("I understand that this cannot be undone"),
        error_messages={"required": lazy("Confirm that you understand this cannot be undone")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("words", "why"):
            self.fields[name].widget = forms.HiddenInput()

    @property
    def helper(self) -> FormHelper:
        return inside_the_form("form_key", "words", "why", "sure")


@sensitive_post_parameters("words", "why")
@report_page("GET", "POST", action=Action.REDACT)
def start_redaction(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask for the words and the reason, then show a preview.

    The preview shows where the words were found, and which copies will not be redacted.
    """
    form = RedactForm(post_data(request))
    found = _try(request, report, form, dry_run=True) if form.is_valid() else None
    if found is None:
        return _render_form(request, report, form)
    return _render_preview(request, report, found, ConfirmForm(initial=form.cleaned_data))


@sensitive_post_parameters("words", "why")
@report_page("POST", action=Action.REDACT, form="redacting:ask")
def remove(request: SignedInRequest, report: Report) -> HttpResponse:
    """Remove the words if the person has confirmed the removal. A form that is submitted twice is processed once."""
    given, confirmation = RedactForm(request.POST), ConfirmForm(request.POST)
    if not given.is_valid():
        return _render_form(request, report, given)
    if not confirmation.is_valid():
        found = _try(request, report, given, dry_run=True)
        return (
            _render_form(request, report, given)
            if found is None
            else _render_preview(request, report, found, confirmation)
        )
    form_key = str(confirmation.cleaned_data["form_key"])
    _try(request, report, given, dry_run=False, form_key=form_key)
    # If the form is submitted twice, the second submission finds nothing to remove. In this case, `event` is the event
    # of the first submission.
    event = _redactions(report).filter(actor=request.user, facts__form_key=form_key).last()
    if event is None:
        return _render_form(request, report, given)
    return redirect("redacting:done", report.reference, event.position)


@report_page("GET", action=Action.REDACT)
def show_redaction(request: SignedInRequest, report: Report, position: int) -> HttpResponse:
    event = _redactions(report).filter(position=position).select_related("actor").first()
    if event is None:
        raise Http404("There is no such redaction of this report.")
    context = {
        "report": report,
        "event": event,
        "marker": redaction_marker(event.at),
        "places": places_in_words(event.facts["rows"]),
        "documents": event.facts["documents"],
        # Redactions recorded by earlier versions did not store the next three facts.
        "drafts_documents": event.facts.get("drafts_documents", []),
        "unread_documents": event.facts.get("unread_documents", []),
        "in_facts": event.facts.get("in_facts", 0),
    }
    return render(request, "redaction/done.html", context)


def _redactions(report: Report) -> QuerySet[ReportEvent]:
    return ReportEvent.objects.filter(report=report, kind=KIND).order_by("position")


def _try(
    request: SignedInRequest, report: Report, form: RedactForm, *, dry_run: bool, form_key: str = ""
) -> RedactionResult | None:
    """Redact the report. If `dry_run` is true, only find what would be redacted.

    If the redaction is refused, add the error to the form and return None.
    """
    given = {name: form.cleaned_data[name] for name in ("words", "why")}
    try:
        return redact(report, **given, by=request.user, at=timezone.now(), dry_run=dry_run, form_key=form_key)
    except MissingFields as refused:
        form.add_error(refused.field, str(refused))
    except NothingToRedact as refused:
        form.add_error("words", str(refused))
    return None


def _render_form(request: SignedInRequest, report: Report, form: RedactForm) -> HttpResponse:
    return render(request, "redaction/ask.html", {"report": report, "form": form})


def _render_preview(
    request: SignedInRequest, report: Report, found: RedactionResult, form: ConfirmForm
) -> HttpResponse:
    given = form.data if form.is_bound else form.initial
    context = {
        "report": report,
        "form": form,
        "words": given["words"].strip(),
        "why": given["why"].strip(),
        "marker": redaction_marker(timezone.now()),
        "places": places_in_words(found.rows),
        "documents": found.documents,
        "drafts_documents": found.drafts_documents,
        "unread_documents": found.unread_documents,
        "in_facts": found.facts,
        "is_open": report.status in UNDECIDED,
    }
    return render(request, "redaction/preview.html", context)

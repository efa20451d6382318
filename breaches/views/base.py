"""Code that several report pages use, such as permission checks and the form of a move."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch, prefetch_related_objects
from django.forms import BoundField, ChoiceField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches import code_of_practice, text, versions
from breaches.models import Report, ReportEvent, ReportVersion, Suspicion
from breaches.permissions import Action, declared_own_act, find_closed_moves, may_ever, moves_open_to, reports_where
from breaches.rules.answers import MOMENTS
from breaches.rules.content import Remark, ReportContent, WordChange, compare_texts, content_from_json
from breaches.rules.lifecycle import CLOSED_ONCE_SENT, DECISIONS, EDIT, PAST_TENSE, REPORT, ReportStatus
from breaches.text import list_events
from breaches.versions import changes_since, content_of, current_version
from releases.forms import GovukForm, inside_the_form
from releases.models.append_only import redaction_marker_start
from releases.permissions import Person, User
from releases.rules.canonical import digest_json
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MissingFields, MoveRefused
from releases.text.parts import spread_sentences
from releases.views.base import SignedInRequest as SignedInRequest
from releases.views.base import redirect_to_button

NOT_DONE = lazy(
    "We did not save your answer, because the report changed after you opened the page. Check the report before you "
    "try again."
)

type ReportView[**P] = Callable[Concatenate[SignedInRequest, Report, P], HttpResponse]


def report_page[**P](
    *methods: str,
    action: Action = Action.VIEW,
    move: str = "",
    form: str = "breaches:report",
    allowed: Callable[[Person, Report], bool] = lambda person, report: True,
) -> Callable[[ReportView[P]], Callable[..., HttpResponse]]:
    """Return a decorator that loads the report and passes it to a view.

    The view requires sign-in. It returns 404 if the person may not read the report, do the action or make the move.

    :param methods: the allowed HTTP methods; GET by default.
    :param action: the action that the person must be allowed to do.
    :param move: a move that the person must be allowed to make in at least one state.
    :param form: the URL name of the page with the form, if the view accepts only POST. A GET request is redirected to
        this page. See `redirect_to_button`.
    :param allowed: a function that returns whether the person may use the view for this report.
    """
    answered = methods or ("GET",)

    def decorate(view: ReportView[P]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def page(request: SignedInRequest, reference: str, *args: Any, **kwargs: Any) -> HttpResponse:
            report = (
                reports_where(request.user, action)
                .select_related("producer", "started")
                .filter(reference=reference)
                .first()
            )
            if (
                report is None
                or (move and not may_ever(request.user, move, report))
                or not allowed(request.user, report)
            ):
                raise Http404("There is no such report, or it is not yours.")
            if request.method not in answered and not (request.method == "HEAD" and "GET" in answered):
                if request.method in {"GET", "HEAD"}:
                    return redirect_to_button(request, reverse(form, args=[report.reference]))
                return HttpResponseNotAllowed(answered)
            return view(request, report, *args, **kwargs)

        return page

    return decorate


def digest_values(*values: str | None) -> str:
    """Return a short digest of the values that a form shows.

    The form posts the digest in a hidden field. If the digest of the stored values is then different, the values have
    changed since the form was shown.
    """
    return digest_json({"said": list(values)})[:16]


def return_to_report(
    request: SignedInRequest, report: Report, sentence: str, level: int = messages.WARNING
) -> HttpResponse:
    """Redirect to the page of a report, and show a message there."""
    messages.add_message(request, level, sentence)
    return redirect("breaches:report", report.reference)


def explain_closed_move(person: Person, report: Report, move: str) -> str:
    """Return a sentence that says why a person cannot make a move now. The page of the report has the same sentence."""
    if all((row.name, row.source) != (move, report.status) for row in REPORT.moves):
        return explain_status(report)
    if move in DECISIONS and declared_own_act(person, report):
        return str(versions.SOMEBODY_ELSE_DECIDES)
    if move in CLOSED_ONCE_SENT and move in find_closed_moves(report):
        return str(versions.SENT_BEFORE)
    if (move, report.status) == (EDIT, ReportStatus.WITH_HOP):
        return _(
            "The Head of Profession or a deputy decides next. You cannot edit the report while it is awaiting a "
            "decision."
        )
    return explain_status(report)


def explain_status(report: Report) -> str:
    """Return the sentence to show if the status of the report does not allow an action."""
    return _("You cannot do this, because the status of the report is ‘%(status)s’.") % {
        "status": text.status_name(report)
    }


def read_version(request: HttpRequest) -> dict[str, int]:
    """Parse the parameters `read` and `version` of the query string.

    `read` is the report's `last_change` when the person read the report, and `version` is the version that they read.
    The pages on which a person decides show the changes since then, so all links between these pages have both
    parameters.

    :return: a dict with both numbers. If either is missing or invalid, the dict is empty.
    """
    read, number = (request.GET.get(name, "") for name in ("read", "version"))
    if not (read.isdecimal() and number.isdecimal() and len(read + number) < 30):
        return {}
    return {"read": int(read), "version": int(number)}


def file_response(
    content: bytes, name: str, *, kind: str = "application/pdf", is_preview: bool = False
) -> HttpResponse:
    """Return a response with a file. Caches must not store the response.

    :param kind: the media type of the file.
    :param is_preview: whether the browser opens the file instead of saving it.
    """
    disposition = "inline" if is_preview else "attachment"
    headers = {"Content-Disposition": f'{disposition}; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)


def refusal_page(
    request: SignedInRequest,
    report: Report,
    sentence: str,
    *,
    since: Iterable[dict[str, Any]] = (),
    typed: Iterable[dict[str, str]] = (),
) -> HttpResponse:
    context = {"report": report, "sentence": sentence, "since": since, "typed": typed}
    return render(request, "breaches/refused.html", context, status=409)


class MoveForm(GovukForm):
    """A form to make a move. The hidden field has the number of the last change when the form was opened."""

    defaults = {"size": "s", "threshold": 75}

    last_change = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    @cached_property
    def helper(self) -> FormHelper:
        return inside_the_form(*self.questions())

    def details(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "last_change"}


def is_outdated(form: MoveForm, report: Report) -> bool:
    """Return whether the report has changed since the form was opened. Call this only after the form is validated."""
    return bool(form.cleaned_data.get("last_change", report.last_change) != report.last_change)


def refuse_form(
    request: SignedInRequest, report: Report, form: MoveForm, refused: MoveRefused, *, kind: str, done: str
) -> HttpResponse:
    """Show why a form was refused.

    If the person has already submitted the same form successfully, redirect to the report with the success message
    instead.

    :param kind: the kind of event that the form records.
    :param done: the success message.
    """
    read = form.cleaned_data["last_change"]
    if versions.was_done_by(report, kind, read=read, person=request.user):
        return return_to_report(request, report, done, messages.SUCCESS)
    since = changes_since(report, read).select_related("actor")
    return refusal_page(
        request,
        report,
        str(NOT_DONE) if since else str(refused),
        since=list_events(since, versions.comments_by_event(report)),
        typed=list_answers(form),
    )


def list_answers(form: MoveForm) -> list[dict[str, str]]:
    """Return the submitted values of a form, so that a person can copy them."""
    answers = [(str(field.label), describe_field(field)) for field in form.visible_fields()]
    return [{"label": label, "text": answer} for label, answer in answers if answer]


def describe_field(field: BoundField) -> str:
    """Return the submitted value of a field as text."""
    value = field.value()
    if isinstance(field.field, ChoiceField):
        return str(dict(field.field.choices).get(value, ""))  # type: ignore[arg-type]  # no group in the forms of moves
    if isinstance(value, (list, tuple)):
        return " ".join(str(part) for part in value if part)
    return "" if isinstance(value, bool) else str(value or "")


def summarise_report(report: Report, titles: Iterable[str], *, was_sent: bool) -> dict[str, Any]:
    """Return the details of a report that every list of reports shows.

    :param titles: the titles of the report's outputs.
    :param was_sent: whether a version of the report reached its recipient.
    """
    status, colour = text.STATUSES[ReportStatus(report.status)]
    return {
        "report": report,
        "title": "; ".join(titles) or report.number,
        "kind": text.kind_name(report),
        "status": status,
        "colour": colour,
        "correction": text.describe_correction(report, was_sent=was_sent),
    }


def list_part_sentences(report: Report) -> list[str]:
    """Return a text for each notable part of a report's releases.

    A part is notable if it was late, or if it followed the first part of its release by more than the tolerance.

    :param report: a report whose suspicions were prefetched with `SuspicionQuerySet.with_outcome`.
    """
    return [words for one in report.suspicions.all() for words in spread_sentences(one.shown_verdict)]


def compare_versions(before: ReportVersion, after: ReportVersion) -> list[dict[str, Any]]:
    """Return the fields that differ between two versions of a report, as `compare_contents` does."""
    return compare_contents(content_from_json(before.content), content_from_json(after.content))


def compare_contents(earlier: ReportContent, later: ReportContent) -> list[dict[str, Any]]:
    """Return the fields that differ between two contents of a report.

    Each field has a `label` and `pieces`. The pieces are the parts of the text that were added, removed or not changed.
    """
    # The last line has a line break like the others, so that a new paragraph does not begin on the line of an old one.
    compared = (
        (label, compare_texts(*(f"{text.value_in_words(one, field)}\n" for one in (earlier, later))))
        for field, label in text.FIELDS.items()
    )
    return [
        {"label": label, "pieces": pieces}
        for label, pieces in compared
        if any(piece.change is not WordChange.SAME for piece in pieces)
    ]


# Most fields are edited on the page of their section. These fields are edited on another page. The values are the URL
# name of this page and the ID of the form control.
PAGES = {
    "timeline": ("breaches:choose_timeline", "id_sources"),
    "cause": ("breaches:cause", "id_cause"),
    "available_on": ("breaches:cause", "id_available_on-day"),
}
# The ID of the first form control of a field, if the ID is not just "id_" plus the name of the field.
CONTROLS = {
    "outputs": "id_outputs-0-title",
    "dealing": "id_dealing_name",
    "head_of_profession": "id_hop_name",
    "occurred_on": "id_dates-0-on-day",
    **{f"{question}_on": f"id_{question}_on-day" for question in MOMENTS},
}


def link_remark(report: Report, remark: Remark) -> dict[str, str]:
    """Return the text of a remark, and a link to the form control of its field."""
    if remark.field in PAGES:
        page, control = PAGES[remark.field]
        return {"text": remark.sentence, "href": f"{reverse(page, args=[report.reference])}#{control}"}
    control = CONTROLS.get(remark.field, f"id_{remark.field}")
    # If the breach occurred before the first recorded edition of the Code, there are no practices to choose from, and
    # the page has only the text box.
    if remark.field == "practices" and not code_of_practice.offer_practices(report, content_of(report)):
        control = "id_other_practices"
    address = reverse("breaches:section", args=[report.reference, remark.section])
    return {"text": remark.sentence, "href": f"{address}#{control}"}


@dataclass(frozen=True)
class MovePage:
    """A page with the form for one move. Submitting the form makes the move."""

    move: str
    form_class: type[MoveForm]
    template: str
    act: Callable[..., object]
    done: Any

    def as_view(self) -> Callable[..., HttpResponse]:
        return report_page("GET", "POST", move=self.move)(self.respond)

    def respond(self, request: SignedInRequest, report: Report) -> HttpResponse:
        """Show the form on GET, and make the move on POST. If the move is refused, explain why and keep the input."""
        if request.method != "POST":
            if self.move not in moves_open_to(request.user, report):
                return return_to_report(request, report, explain_closed_move(request.user, report, self.move))
            return self.show(request, report, self.form_class(initial=self.initial(request, report)))
        form = self.form_class(request.POST)
        is_valid, kind = form.is_valid(), PAST_TENSE[self.move]
        done = self.describe_success(request, report)
        if is_outdated(form, report):
            return refuse_form(request, report, form, ChangedMeanwhile(NOT_DONE), kind=kind, done=done)
        if not is_valid:
            return self.show(request, report, form)
        try:
            self.act(report, by=request.user, at=timezone.now(), **self.details(request, report, form))
        except MoveRefused as refused:
            field = refused.field if isinstance(refused, FieldRefused) else ""
            if field in form.fields:
                form.add_error(field, str(refused))
            elif not isinstance(refused, MissingFields):
                return refuse_form(request, report, form, refused, kind=kind, done=done)
            return self.show(request, report, form, remarks=getattr(refused, "remarks", ()))
        return return_to_report(request, report, done, messages.SUCCESS)

    def describe_success(self, request: SignedInRequest, report: Report) -> str:
        """Return the message to show after the move. `report` was loaded before the move."""
        return str(self.done)

    def show(
        self, request: SignedInRequest, report: Report, form: MoveForm, *, remarks: Iterable[Remark] = ()
    ) -> HttpResponse:
        """Render the page.

        :param remarks: the problems that prevented the move.
        """
        problems = [link_remark(report, remark) for remark in remarks]
        context = {"report": report, "form": form, "problems": problems, **self.context(request, report, form)}
        return render(request, self.template, context)

    def initial(self, request: SignedInRequest, report: Report) -> dict[str, Any]:
        """Return the initial values of the form's hidden fields."""
        return {"last_change": report.last_change}

    def details(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        """Return the arguments of `act`, except `by` and `at`.

        :raises MoveRefused: if the form contains values that are out of date or cannot be verified.
        """
        return form.details()

    def context(self, request: SignedInRequest, report: Report, form: MoveForm) -> dict[str, Any]:
        """Return further context for the template."""
        return {}


@dataclass(frozen=True, slots=True)
class Conflict:
    """A change that was saved after a person opened a form. Their own answers are not saved yet.

    `saved` has the label and the text of each saved answer. If the automatic check made the change, there is no
    `person`. If it is not recorded when the answers changed, there is no `at`. `reason` is shown instead of both.
    """

    saved: Sequence[tuple[str, str]]
    person: User | None = None
    at: datetime | None = None
    is_redacted: bool = False
    reason: str = ""


def describe_conflict(
    saved: Sequence[tuple[str, str]], change: ReportEvent | None, *, typed: Iterable[str], reason: str = ""
) -> Conflict:
    """Return the conflict with the saved answers.

    :param change: the last recorded change of the saved answers.
    :param typed: the answers of the person. If the saved answers contain the marker of a redaction, and these do not,
        the person had opened the form before the redaction.
    """
    marker = redaction_marker_start()
    is_redacted = any(marker in text for _label, text in saved) and not any(marker in each for each in typed)
    if change is None:
        return Conflict(saved, is_redacted=is_redacted, reason=reason)
    return Conflict(saved, change.actor, change.at, is_redacted=is_redacted, reason=reason)


def prefetch_suspicions(report: Report) -> None:
    """Prefetch the suspicions of a report, because the page uses them several times."""
    suspicions = Suspicion.objects.select_related("verification", "release")
    prefetch_related_objects([report], Prefetch("suspicions", suspicions))


def describe_since_read(request: SignedInRequest, report: Report) -> dict[str, Any] | None:
    """Return the changes since the person read the report. Return None if the URL does not say what they read."""
    read = read_version(request)
    if not read:
        return None
    events = changes_since(report, read["read"]).select_related("actor")
    earlier = report.versions.filter(number=read["version"], number__lt=report.version).first()
    return {
        "events": text.list_events(events, versions.comments_by_event(report)) if events else [],
        "fields": compare_versions(earlier, current_version(report)) if earlier else [],
    }

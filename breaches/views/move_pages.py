"""How a move becomes a page: what is shown before it, what is refused and why, and what is said after it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.forms import BoundField, ChoiceField
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.completing import needs
from breaches.core.changes import PAST_TENSE
from breaches.core.content import ReportContent, digest
from breaches.core.printed.document import lay_out
from breaches.core.remarks import Remark, Section, odd
from breaches.core.status import APPROVE, DECIDED
from breaches.deciding import publishing, sending, sign_off
from breaches.deciding.bound_evidence import evidence_digest
from breaches.drafts.refreshing import is_untouched, offers
from breaches.forms.code_of_practice import notes_on
from breaches.forms.decisions import MoveForm
from breaches.models import Report
from breaches.paper import pdf, printing
from breaches.permissions import may_settle_wording, moves_open_to
from breaches.reports import comments, moves, practices
from breaches.reports.versions import CHANGED_SINCE_READ, changes_since, content_of, present
from breaches.words import events_in_words, wording
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MissingFields, MoveRefused
from releases.rules.london import local_date
from releases.views.base import SignedInRequest

NOT_DONE = lazy(
    "We did not save your answer, because the report changed after you opened the page. Check the report before you "
    "try again."
)

# The first control of a field in its section's page, for links that lead there.
CONTROLS = {
    "outputs": "id_outputs-0-title",
    "dealing": "id_dealing_name",
    "head_of_profession": "id_hop_name",
    "occurred_on": "id_dates-0-on-day",
}
# What is not written in a section's page but in one of its own, with its first control.
PAGES = {
    "timeline": ("breaches:choose_timeline", "id_sources"),
    "cause": ("breaches:cause", "id_cause"),
    "available_on": ("breaches:cause", "id_available_on-day"),
}


@dataclass(frozen=True, slots=True)
class MovePage:
    """One move as a page: its form, what it does, and what is said afterwards.

    `shows` gives what the page shows before the move and the form sends back, because a person must have read it.
    """

    move: str
    form: type[MoveForm]
    template: str
    act: Callable[..., Any]
    done: Any
    shows: Callable[[SignedInRequest, Report], dict[str, Any]] = lambda request, report: {}


def decide(request: SignedInRequest, report: Report, page: MovePage) -> HttpResponse:
    """Show a move's page, or make the move; what is refused is said, and what was typed stays."""
    if request.method != "POST":
        if page.move not in moves_open_to(request.user, report):
            messages.warning(request, _("This cannot be done with the report as it stands."))
            return redirect("breaches:report", report.reference)
        return shown(request, report, page, unsent(request, report, page))
    form = page.form(request.POST)
    is_valid = form.is_valid()
    kind = PAST_TENSE[page.move]
    if is_outdated(form, report):
        return refuse(request, report, form, ChangedMeanwhile(NOT_DONE), kind=kind, done=page.done)
    if not is_valid:
        return shown(request, report, page, form)
    try:
        _act(request, report, page, form)
    except MoveRefused as refused:
        field = refused.field if isinstance(refused, FieldRefused) else ""
        if field in form.fields:
            form.add_error(field, str(refused))
        if field in form.fields or isinstance(refused, MissingFields):
            return shown(request, report, page, form, remarks=getattr(refused, "remarks", ()))
        return refuse(request, report, form, refused, kind=kind, done=page.done)
    messages.success(request, page.done)
    return redirect("breaches:report", report.reference)


def _act(request: SignedInRequest, report: Report, page: MovePage, form: MoveForm) -> None:
    details = form.details()
    if _was_shown_otherwise(request, report, page, details):
        raise ChangedMeanwhile(CHANGED_SINCE_READ)
    if page.move == APPROVE:
        details |= {"read_sha256": details.pop("content_sha256"), "render": pdf.render}
    page.act(report, by=request.user, at=timezone.now(), **details)


def is_outdated(form: MoveForm, report: Report) -> bool:
    """Tell whether the report has changed since a form, which has been validated, was opened."""
    return bool(form.cleaned_data.get("last_change", report.last_change) != report.last_change)


def refuse(
    request: SignedInRequest, report: Report, form: MoveForm, refused: MoveRefused, *, kind: str, done: str
) -> HttpResponse:
    """Say why a form was refused, what has happened since it was opened, and what the person typed.

    Where the person has only sent the same form twice, it is done already.

    :param kind: of the event that the form leaves.
    :param done: the success message.
    """
    read = form.cleaned_data["last_change"]
    if moves.was_done_by(report, kind, read=read, person=request.user):
        messages.success(request, done)
        return redirect("breaches:report", report.reference)
    since = changes_since(report, read).select_related("actor")
    context = {
        "report": report,
        "sentence": NOT_DONE if since else str(refused),
        "since": events_in_words.listed(since, comments.by_event(report)),
        "typed": [{"label": field.label, "text": text} for field in form.visible_fields() if (text := typed_in(field))],
    }
    return render(request, "breaches/refused.html", context, status=409)


def typed_in(field: BoundField) -> str:
    """Return what a person typed or chose in a field, in words."""
    value = field.value()
    if isinstance(field.field, ChoiceField):
        return str(dict(field.field.choices).get(value, ""))  # type: ignore[arg-type]  # no group in the forms of moves
    if isinstance(value, (list, tuple)):
        return " ".join(str(part) for part in value if part)
    return "" if isinstance(value, bool) else str(value or "")


def _was_shown_otherwise(request: SignedInRequest, report: Report, page: MovePage, details: dict[str, Any]) -> bool:
    """Tell whether what the page had to show before the move is not what it shows now."""
    return any(details[name] != value for name, value in page.shows(request, report).items())


def unsent(request: SignedInRequest, report: Report, page: MovePage) -> MoveForm:
    """Return the form of a move's page as it is before anybody has filled it in."""
    # An annex is asked for by the page's address, so that it is read before it is approved.
    annex = page.move == APPROVE and request.GET.get("annex") == "1"
    sha256 = digest(sign_off.as_approved(report, at=timezone.now(), annex=annex))
    shown_before = {"last_change": report.last_change, "content_sha256": sha256, "annex": annex}
    return page.form(initial=shown_before | page.shows(request, report))


def shown(
    request: SignedInRequest, report: Report, page: MovePage, form: MoveForm, *, remarks: Iterable[Remark] = ()
) -> HttpResponse:
    """Show a move's page with its form, the report as it would be printed, and what is to be said of it."""
    today = local_date(timezone.now())
    content, document = content_of(report), printing.laid_out(report, present(report))
    annex = page.move == APPROVE and form["annex"].value() in {True, "1"}
    if page.move == APPROVE:
        content = sign_off.as_approved(report, at=timezone.now(), annex=annex)
        document = lay_out(content, reference=report.reference, version=report.version, rehearsal=report.rehearsal)
    context = {
        "report": report,
        "form": form,
        "moves": moves_open_to(request.user, report),
        "document": document,
        "sections": [
            (wording.SECTIONS[section], reverse("breaches:section", args=[report.reference, section]))
            for section in Section
        ],
        "problems": [_linked(report, remark) for remark in remarks],
        "missing": [_linked(report, remark) for remark in needs.in_the_way(report, content, today=today)],
        "warnings": _warnings(report, content),
        "content_sha256": digest(content),
        "annex": annex,
        "practices": _practices(request, report, content) if page.move == APPROVE else None,
        "evidence_sha256": evidence_digest(report) if page.move == APPROVE else "",
        "today": today,
        "shown": page.shows(request, report),
        "is_public": settings.BREACHES_PUBLIC and publishing.is_public(report),
        "last_sent": sending.last_sent(report),
        "one_person": sign_off.wrote_or_submitted(report, request.user),
    }
    return render(request, page.template, context)


def _practices(request: SignedInRequest, report: Report, content: ReportContent) -> dict[str, Any]:
    """Return what the person who approves has to know of the practices that the report cites."""
    cited = practices.cited_by(report, content)
    return {
        "cited": [{"citation": one.cited.citation, "notes": list(notes_on(one)), "row": one.row} for one in cited],
        "suggested": any(one.is_suggested for one in cited),
        "unsettled": any(not one.cited.confirmed for one in cited),
        "may_settle": may_settle_wording(request.user),
    }


def _warnings(report: Report, content: ReportContent) -> list[dict[str, str]]:
    remarks = (*odd(content, today=local_date(timezone.now())), *practices.of_another_edition(content))
    if report.status not in DECIDED:
        remarks = (*_of_the_record(report, content), *remarks)
    return [_linked(report, remark) for remark in remarks]


def _of_the_record(report: Report, content: ReportContent) -> Iterator[Remark]:
    """Say where the record tells something newer than the text, and where it is all that the text tells."""
    version = present(report)
    for field in offers(report, version):
        if content.annex and is_untouched(version, field):
            continue  # shown as the record has it by now, like the annex
        sentence = _("The record has changed since ‘%(field)s’ was written: compare the text with what it says now.")
        yield Remark(Section.CIRCUMSTANCES, field, sentence % {"field": wording.FIELDS[field]})
    if content.circumstances and is_untouched(version, "circumstances"):
        sentence = _("The circumstances are still the record’s own account: nobody has written what the cause was.")
        yield Remark(Section.CIRCUMSTANCES, "circumstances", sentence)


def _linked(report: Report, remark: Remark) -> dict[str, str]:
    if remark.field in PAGES:
        page, control = PAGES[remark.field]
        return {"text": remark.sentence, "address": f"{reverse(page, args=[report.reference])}#{control}"}
    address = reverse("breaches:section", args=[report.reference, remark.section])
    return {"text": remark.sentence, "address": f"{address}#{_control(report, remark.field)}"}


def _control(report: Report, field: str) -> str:
    if field == "practices":
        # Before the first edition on record there is nothing to tick, only a box to write in.
        return "id_practices" if practices.offered_for(report, content_of(report)) else "id_other_practices"
    return CONTROLS.get(field, f"id_{field}")

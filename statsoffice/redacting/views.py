"""Taking personal details out of a report: what is to go, where it stands and what stays, and what was done.

Neither words nor reason stand in an address. What a fault may tell of a request leaves them out.
"""

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from breaches.models import Report, ReportEvent
from breaches.permissions import Action
from breaches.redaction import KIND, NothingToRedact, Redacted
from breaches.rules.lifecycle import OPEN
from breaches.views.base import report_page
from releases.models.redaction import redaction_marker
from releases.rules.lifecycle import MissingFields
from releases.views.base import SignedInRequest
from statsoffice.redacting import redaction
from statsoffice.redacting.forms import ConfirmForm, RedactForm
from statsoffice.redacting.wording import places_in_words


@sensitive_post_parameters("words", "why")
@report_page("GET", "POST", action=Action.REDACT)
def ask(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask for the words and the reason; then show where the words stand, and what is not reached, before they go."""
    form = RedactForm(request.POST if request.method == "POST" else None)
    found = _try(request, report, form, dry_run=True) if form.is_valid() else None
    if found is None:
        return _asked(request, report, form)
    return _shown(request, report, found, ConfirmForm(initial=form.cleaned_data))


@sensitive_post_parameters("words", "why")
@report_page("POST", action=Action.REDACT)
def remove(request: SignedInRequest, report: Report) -> HttpResponse:
    """Remove the words, once the person has said that they know what that means; sent twice it is done once."""
    given, sure = RedactForm(request.POST), ConfirmForm(request.POST)
    if not given.is_valid():
        return _asked(request, report, given)
    if not sure.is_valid():
        found = _try(request, report, given, dry_run=True)
        return _asked(request, report, given) if found is None else _shown(request, report, found, sure)
    form_key = str(sure.cleaned_data["form_key"])
    _try(request, report, given, dry_run=False, form_key=form_key)
    # Where nothing was left to remove, the same form may have been sent twice: this is what it did at first.
    event = _redactions(report).filter(actor=request.user, facts__form_key=form_key).last()
    if event is None:
        return _asked(request, report, given)
    return redirect("redacting:done", report.reference, event.position)


@report_page("GET", action=Action.REDACT)
def done(request: SignedInRequest, report: Report, position: int) -> HttpResponse:
    """Show what a redaction did, as it is on record."""
    event = _redactions(report).filter(position=position).select_related("actor").first()
    if event is None:
        message = "There is no such redaction of this report."
        raise Http404(message)
    context = {
        "report": report,
        "event": event,
        "marker": redaction_marker(event.at),
        "places": places_in_words(event.facts["rows"]),
        "documents": event.facts["documents"],
        # Earlier redactions did not keep these.
        "drafts_documents": event.facts.get("drafts_documents", []),
        "unread_documents": event.facts.get("unread_documents", []),
        "in_facts": event.facts.get("in_facts", 0),
    }
    return render(request, "redacting/done.html", context)


def _redactions(report: Report) -> QuerySet[ReportEvent]:
    return ReportEvent.objects.filter(report=report, kind=KIND).order_by("position")


def _try(
    request: SignedInRequest, report: Report, form: RedactForm, *, dry_run: bool, form_key: str = ""
) -> Redacted | None:
    """Redact, or try what that would do; what is refused is an error of the form, and gives None."""
    given = {name: form.cleaned_data[name] for name in ("words", "why")}
    try:
        return redaction.redact(report, **given, by=request.user, at=timezone.now(), dry_run=dry_run, form_key=form_key)
    except MissingFields as refused:
        form.add_error(refused.field, str(refused))
    except NothingToRedact as refused:
        form.add_error("words", str(refused))
    return None


def _asked(request: SignedInRequest, report: Report, form: RedactForm) -> HttpResponse:
    return render(request, "redacting/ask.html", {"report": report, "form": form})


def _shown(request: SignedInRequest, report: Report, found: Redacted, form: ConfirmForm) -> HttpResponse:
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
        "is_open": report.status in OPEN,
    }
    return render(request, "redacting/preview.html", context)

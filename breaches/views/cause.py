"""The page on which people say what the cause was, and when what was late was made available."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches.completing import cause, needs
from breaches.completing.cause import Found
from breaches.core.status import DECIDED
from breaches.forms.cause import CauseForm
from breaches.models import Report
from breaches.permissions import may_write_or_decide
from breaches.views.access import report_page
from breaches.words import wording
from releases.rules.canonical import canonical_json, sha256_hex
from releases.rules.lifecycle import MoveRefused
from releases.rules.london import in_london
from releases.views.base import SignedInRequest


@report_page("GET", "POST")
def choose(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask for the cause, and keep it; what somebody else chose meanwhile is shown beside what was typed."""
    if not may_write_or_decide(request.user, report):
        message = "There is no such page, or it is not yours."
        raise Http404(message)
    if request.method == "GET" and not cause.may_choose(request.user, report):
        messages.warning(request, _("This report cannot be edited by you as it stands."))
        return redirect("breaches:report", report.reference)
    form = _form(report, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _shown(request, report, form)
    stands = cause.found_of(report)
    if form.cleaned_data["seen"] != _digest(stands) and form.found() != stands:
        data = request.POST.copy()
        data["seen"] = _digest(stands)
        return _shown(request, report, _form(report, data), theirs=stands, status=409)
    try:
        kept = cause.choose(report, form.found(), by=request.user, at=timezone.now())
    except MoveRefused as refused:
        field = getattr(refused, "field", None)
        form.add_error(field if field in form.fields else None, str(refused))
        return _shown(request, report, form)
    still_needed = () if kept.status in DECIDED else needs.of_the_cause(kept)
    if not still_needed:
        messages.success(request, _("The cause is kept."))
        return redirect("breaches:report", report.reference)
    sentence = _("The cause is kept. Still needed before the report can be submitted: %(needed)s")
    messages.warning(request, sentence % {"needed": " ".join(remark.sentence for remark in still_needed)})
    return redirect("breaches:cause", report.reference)


def _form(report: Report, data: QueryDict | None) -> CauseForm:
    found = cause.found_of(report)
    available = in_london(found.available_at) if found.available_at else None
    initial = {
        "seen": _digest(found),
        "cause": found.cause,
        "cause_words": found.cause_words,
        "available_on": available and available.date(),
        "available_time": available and available.time(),
        "available_unknown": found.available_unknown,
    }
    return CauseForm(data, asks_when=needs.is_late(report), initial=initial)


def _digest(found: Found) -> str:
    at = found.available_at.isoformat() if found.available_at else None
    said = [found.cause, found.cause_words, at, found.available_unknown]
    return sha256_hex(canonical_json({"said": said}))[:16]


def _shown(
    request: SignedInRequest, report: Report, form: CauseForm, *, theirs: Found | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "report": report,
        "form": form,
        "theirs": theirs,
        "their_cause": wording.cause_of(theirs.cause) if theirs else "",
        "is_known": needs.is_late(report) and needs.is_closed(report),
    }
    return render(request, "breaches/cause.html", context, status=status)

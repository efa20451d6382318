"""Helpers of the pages of a report: loading the report, checking permissions, and outdated forms."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from breaches import text
from breaches.models import Report
from breaches.permissions import Action, may_ever, reports_where
from breaches.rules.content import ReportContent
from breaches.rules.lifecycle import ReportStatus
from releases.permissions import Person
from releases.rules.canonical import canonical_json, sha256_hex
from releases.views.base import SignedInRequest as SignedInRequest

type ReportView[**P] = Callable[Concatenate[SignedInRequest, Report, P], HttpResponse]


def report_page[**P](
    *methods: str,
    action: Action = Action.VIEW,
    move: str = "",
    allowed: Callable[[Person, Report], bool] = lambda person, report: True,
) -> Callable[[ReportView[P]], Callable[..., HttpResponse]]:
    """Decorate a view so that it gets the report as an argument.

    The view requires sign-in. It answers 404 to people who may not read the report, do the action or make the move.

    :param methods: the allowed HTTP methods; GET by default.
    :param action: the action that the person must be allowed to do.
    :param move: a move that the person must be allowed to make in at least one state.
    :param allowed: a further permission that the person must have.
    """
    answered = methods or ("GET",)

    def decorate(view: ReportView[P]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def page(request: SignedInRequest, reference: str, *args: Any, **kwargs: Any) -> HttpResponse:
            report = reports_where(request.user, action).select_related("producer").filter(reference=reference).first()
            if (
                report is None
                or (move and not may_ever(request.user, move, report))
                or not allowed(request.user, report)
            ):
                raise Http404("There is no such report, or it is not yours.")
            if request.method not in answered and not (request.method == "HEAD" and "GET" in answered):
                return HttpResponseNotAllowed(answered)
            return view(request, report, *args, **kwargs)

        return page

    return decorate


def digest_values(*values: str | None) -> str:
    """Return a short digest of a form's values, which shows on submission whether someone has changed them since."""
    return sha256_hex(canonical_json({"said": list(values)}))[:16]


def return_to_report(
    request: SignedInRequest, report: Report, sentence: str, level: int = messages.WARNING
) -> HttpResponse:
    """Redirect to the report's page with a success message, or with the reason why nothing was changed."""
    messages.add_message(request, level, sentence)
    return redirect("breaches:report", report.reference)


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


def summarise_report(report: Report, content: ReportContent) -> dict[str, Any]:
    """Return the columns that every list of reports shows."""
    status, colour = text.STATUSES[ReportStatus(report.status)]
    return {
        "report": report,
        "title": "; ".join(output.title for output in content.outputs) or report.number,
        "kind": text.kind_name(report),
        "status": status,
        "colour": colour,
    }

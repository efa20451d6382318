"""The report that a page is about, for a person who may see it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseNotAllowed

from breaches.models import Report
from breaches.permissions import Action, may_ever, reports_where
from releases.views.base import SignedInRequest as SignedInRequest

type ReportView[**P] = Callable[Concatenate[SignedInRequest, Report, P], HttpResponse]


def report_page[**P](
    *methods: str, action: Action = Action.VIEW, move: str = ""
) -> Callable[[ReportView[P]], Callable[..., HttpResponse]]:
    """Make a view of a report out of one that takes it as an argument.

    Who has not signed in is asked to; for whom the report, the action or the move is not meant, the page does not
    exist, whatever the method.

    :param methods: those that the page answers; GET if none are given.
    :param action: what the person must be allowed to do with the report.
    :param move: a move that at least one state of the report must leave to the person.
    """
    answered = methods or ("GET",)

    def decorate(view: ReportView[P]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def page(request: SignedInRequest, reference: str, *args: Any, **kwargs: Any) -> HttpResponse:
            report = reports_where(request.user, action).select_related("producer").filter(reference=reference).first()
            if report is None or (move and not may_ever(request.user, move, report)):
                message = "There is no such report, or it is not yours."
                raise Http404(message)
            if request.method not in answered and not (request.method == "HEAD" and "GET" in answered):
                return HttpResponseNotAllowed(answered)
            return view(request, report, *args, **kwargs)

        return page

    return decorate

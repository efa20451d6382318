"""What the office made public of its breaches, for anyone; without the setting there are no such pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from breaches.core.printed.public_statement import from_json
from breaches.core.status import OUT, Kind
from breaches.deciding import publishing
from breaches.models import Published, Report
from breaches.words import wording

STATEMENTS_ON_A_PAGE = 30


def if_public[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Make a view that is there only where the office has decided to show breaches to everybody."""

    @wraps(view)
    def page(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.BREACHES_PUBLIC:
            message = "This office shows no breaches to everybody."
            raise Http404(message)
        return view(*args, **kwargs)

    return page


@if_public
@require_safe
def statements(request: HttpRequest) -> HttpResponse:
    """List what is public, the latest occurrence first."""
    page = Paginator(publishing.published(), STATEMENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "breaches/public/statements.html", {"page": page, "rows": [shown(row) for row in page]})


@if_public
@require_safe
def statement(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what is public of one report, or that it is being corrected and nothing of it."""
    row = publishing.published().filter(report__reference=reference).first()
    if row is None:
        return _correction(request, get_object_or_404(Report, reference=reference))
    context = {"row": shown(row), "reported": publishing.reported(row.report), "public_page": True}
    return render(request, "breaches/public/statement.html", context)


def _correction(request: HttpRequest, report: Report) -> HttpResponse:
    correction = publishing.being_corrected(report)
    if correction is None:
        message = "Nothing is public of this report."
        raise Http404(message)
    return render(request, "breaches/public/being_corrected.html", {"correction": correction})


def shown(row: Published) -> dict[str, Any]:
    """Return a published statement with its words for people."""
    content = from_json(row.statement)
    return {
        "reference": row.report.reference,
        "published_at": row.at,
        "was_sent": row.report.status in OUT,
        "statement": content,
        "title": title_of(content),
        "kind": wording.KINDS[Kind(content.kind)],
    }


def title_of(content: Any) -> str:
    """Name what a statement is about."""
    return "; ".join(output.title for output in content.outputs)

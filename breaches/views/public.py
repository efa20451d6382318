"""Published statements about breaches, for anyone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from breaches import publication, text
from breaches.models import Published, Report
from breaches.rules.lifecycle import OUT, ReportKind
from breaches.rules.public_statement import statement_from_json

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
    page = Paginator(publication.published_statements(), STATEMENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "breaches/public/statements.html", {"page": page, "rows": [shown_statement(row) for row in page]}
    )


@if_public
@require_safe
def statement(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what is public of one report, or that it is being corrected and nothing of it."""
    row = publication.published_statements().filter(report__reference=reference).first()
    if row is None:
        return _correction(request, get_object_or_404(Report, reference=reference))
    context = {"row": shown_statement(row), "reported": publication.reported_dates(row.report), "public_page": True}
    return render(request, "breaches/public/statement.html", context)


def _correction(request: HttpRequest, report: Report) -> HttpResponse:
    correction = publication.being_corrected(report)
    if correction is None:
        message = "Nothing is public of this report."
        raise Http404(message)
    return render(request, "breaches/public/being_corrected.html", {"correction": correction})


def shown_statement(row: Published) -> dict[str, Any]:
    """Return a published statement with its words for people."""
    content = statement_from_json(row.statement)
    return {
        "reference": row.report.reference,
        "published_at": row.at,
        "was_sent": row.report.status in OUT,
        "statement": content,
        "title": statement_title(content),
        "kind": text.KINDS[ReportKind(content.kind)],
    }


def statement_title(content: Any) -> str:
    """Name what a statement is about."""
    return "; ".join(output.title for output in content.outputs)

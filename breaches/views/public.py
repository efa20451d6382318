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
from breaches.rules.public_statement import PublicStatement, statement_from_json

STATEMENTS_ON_A_PAGE = 30


def require_public_statements[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Make a view answer 404 unless the office has decided to publish statements."""

    @wraps(view)
    def page(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not settings.BREACHES_PUBLIC:
            message = "This office shows no breaches to everybody."
            raise Http404(message)
        return view(*args, **kwargs)

    return page


@require_public_statements
@require_safe
def statements(request: HttpRequest) -> HttpResponse:
    page = Paginator(publication.published_statements(), STATEMENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    rows = [published_row(published) for published in page]
    return render(request, "breaches/public/statements.html", {"page": page, "rows": rows})


@require_public_statements
@require_safe
def statement(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the public part of one report; during a correction, show only that it is being corrected."""
    published = publication.published_statements().filter(report__reference=reference).first()
    if published is None:
        correction = publication.find_correction(get_object_or_404(Report, reference=reference))
        if correction is None:
            message = "Nothing is public of this report."
            raise Http404(message)
        return render(request, "breaches/public/being_corrected.html", {"correction": correction})
    reported = publication.reported_dates(published.report)
    context = {"row": published_row(published), "reported": reported, "public_page": True}
    return render(request, "breaches/public/statement.html", context)


def published_row(published: Published) -> dict[str, Any]:
    return {
        "reference": published.report.reference,
        "published_at": published.at,
        "was_sent": published.report.status in OUT,
        **statement_row(statement_from_json(published.statement)),
    }


def statement_row(statement: PublicStatement) -> dict[str, Any]:
    return {
        "statement": statement,
        "title": "; ".join(output.title for output in statement.outputs),
        "kind": text.KINDS[ReportKind(statement.kind)],
    }

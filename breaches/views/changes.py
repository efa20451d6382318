"""What one version of a report says that an earlier one does not."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from breaches.core.content import from_json
from breaches.core.differences import Change, difference
from breaches.models import Report, ReportVersion
from breaches.views.access import report_page
from breaches.words import wording
from releases.views.base import SignedInRequest


@report_page("GET")
def changes(request: SignedInRequest, report: Report, number: int, since: int) -> HttpResponse:
    """Show field by field what a later version changed in an earlier one."""
    versions = {version.number: version for version in report.versions.filter(number__in=(since, number))}
    if since >= number or len(versions) != 2:
        message = "There are no such two versions of this report."
        raise Http404(message)
    context = {
        "report": report,
        "before": versions[since],
        "after": versions[number],
        "fields": _changed(versions[since], versions[number]),
    }
    return render(request, "breaches/changes.html", context)


def _changed(before: ReportVersion, after: ReportVersion) -> list[dict[str, Any]]:
    earlier, later = from_json(before.content), from_json(after.content)
    compared = (
        (label, difference(wording.in_words(earlier, field), wording.in_words(later, field)))
        for field, label in wording.FIELDS.items()
    )
    return [
        {"label": label, "pieces": pieces}
        for label, pieces in compared
        if any(piece.change is not Change.SAME for piece in pieces)
    ]

"""Downloads: what was approved, byte for byte, and drafts that say on every page that they are drafts."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches import pdf
from breaches.models import Report
from breaches.permissions import TABLE, Action, acting_role
from breaches.printing import draft_of
from breaches.versions import record
from breaches.views.access import SignedInRequest, report_page


@report_page("GET", action=Action.DOWNLOAD)
def approved(request: SignedInRequest, report: Report, version: int) -> HttpResponse:
    """Give an approved document as it was stored, and keep who took it."""
    document = get_object_or_404(report.approved_documents, version=version)
    _record(request, report, "downloaded", version=version, pdf_sha256=document.pdf_sha256)
    return _file(bytes(document.pdf), f"{report.reference}-version-{version}.pdf")


@report_page("GET", action=Action.DOWNLOAD)
def draft(request: SignedInRequest, report: Report) -> HttpResponse:
    """Print the report as it stands, marked as a draft on every page, and keep who took it."""
    document = draft_of(report)
    try:
        printed = pdf.render(document)
    except pdf.NotRendered as fault:
        messages.error(request, _("The draft could not be printed: %(fault)s") % {"fault": fault})
        return redirect("breaches:report", report.reference)
    _record(request, report, "draft_downloaded", version=report.version, content_sha256=document.content_hash)
    return _file(printed, f"{report.reference}-draft-{report.version}.pdf")


def _record(request: SignedInRequest, report: Report, kind: str, **facts: Any) -> None:
    role = acting_role(request.user, TABLE[Action.DOWNLOAD], report)
    record(report, kind, at=timezone.now(), by=request.user, role=role, **facts)


def _file(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)

"""Downloads: what was approved, byte for byte, and drafts that say on every page that they are drafts."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from breaches.core.printed import statement_file
from breaches.core.printed.public_statement import PublicStatement
from breaches.core.status import WITH_DOCUMENT
from breaches.deciding import approved_documents, publishing
from breaches.models import Report
from breaches.paper import pdf
from breaches.paper.printing import draft_of
from breaches.permissions import TABLE, Action, acting_role
from breaches.reports.versions import record
from breaches.views.access import report_page
from releases.views.base import SignedInRequest


@report_page("GET", action=Action.DOWNLOAD)
def approved(request: SignedInRequest, report: Report, version: int) -> HttpResponse:
    """Give an approved document as it was stored, and keep who took it."""
    document = get_object_or_404(report.approved_documents, version=version)
    try:
        content = approved_documents.bytes_of(document)
    except approved_documents.DocumentChanged:
        messages.error(request, _("This document was changed after its approval. Tell an administrator."))
        return redirect("breaches:report", report.reference)
    _record(request, report, "downloaded", version=version, pdf_sha256=document.pdf_sha256)
    return _file(content, f"{report.reference}-version-{version}.pdf")


@report_page("GET", action=Action.DOWNLOAD)
def draft(request: SignedInRequest, report: Report) -> HttpResponse:
    """Print the report as it stands, marked as a draft on every page, and keep who took it; with its annex if asked.

    What was approved is no draft any more: whoever comes by an older page is led to the document.
    """
    if report.status in WITH_DOCUMENT:
        version = report.approved_documents.latest("version").version
        return redirect("breaches:approved_pdf", report.reference, version)
    document = draft_of(report, annex=request.GET.get("annex") == "1")
    try:
        printed = pdf.render(document)
    except pdf.NotRendered as fault:
        messages.error(request, _("The draft could not be printed: %(fault)s") % {"fault": fault})
        return redirect("breaches:report", report.reference)
    _record(request, report, "draft_downloaded", version=report.version, content_sha256=document.content_hash)
    return _file(printed, f"{report.reference}-draft-{report.version}.pdf")


@report_page("GET", action=Action.DOWNLOAD)
def statement_html(request: SignedInRequest, report: Report) -> HttpResponse:
    """Give the statement for the office's own site as a page, without people, and keep who took it."""
    sections = statement_file.sections_of(_statement(report), publishing.reported(report))
    laid_out = {"title": statement_file.TITLE, "sections": sections}
    page = render_to_string("breaches/statement_file.html", laid_out)
    _record(request, report, "statement_downloaded", version=report.version)
    return _file(page.encode(), f"{report.reference}-statement.html", kind="text/html; charset=utf-8")


@report_page("GET", action=Action.DOWNLOAD)
def statement_text(request: SignedInRequest, report: Report) -> HttpResponse:
    """Give the same statement as plain text for mail, and keep who took it."""
    text = statement_file.as_text(_statement(report), publishing.reported(report))
    _record(request, report, "statement_downloaded", version=report.version)
    return _file(text.encode(), f"{report.reference}-statement.txt", kind="text/plain; charset=utf-8")


def _statement(report: Report) -> PublicStatement:
    if report.status not in WITH_DOCUMENT or report.rehearsal:
        message = "Only what was approved, and really happened, has a statement."
        raise Http404(message)
    return publishing.preview(report, now=timezone.now())


def _record(request: SignedInRequest, report: Report, kind: str, **facts: Any) -> None:
    role = acting_role(request.user, TABLE[Action.DOWNLOAD], report)
    record(report, kind, at=timezone.now(), by=request.user, role=role, **facts)


def _file(content: bytes, name: str, *, kind: str = "application/pdf") -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)

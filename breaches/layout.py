"""The layout of drafts, approved reports, and reports that were decided without a document.

`breaches/rules/document.py` defines the layout of the published form. `breaches/pdf.py` prints the laid-out reports.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.conf import settings

from breaches import text
from breaches.facts import find_unanswered_questions, is_asked
from breaches.models import ApprovedDocument, Dispatch, Report, ReportVersion
from breaches.permissions import is_about_sealed_release
from breaches.redaction import removals_of
from breaches.refreshing import with_annex
from breaches.rules.content import ReportContent, content_from_json
from breaches.rules.document import (
    ACCESS_PROMPT,
    ACCOUNT_PROMPT,
    CAUSE_PROMPT,
    DISMISSED_MARK,
    INCIDENT_PROMPT,
    JOINED_MARK,
    MISSING_CAUSE_PROMPT,
    PARTED_MARK,
    RECORDED_MARK,
    ConcernDocument,
    ReportDocument,
    SentVersion,
    describe_approval,
    describe_removals,
    lay_out,
    lay_out_concern,
    without_links,
    without_links_to_outputs,
)
from breaches.rules.lifecycle import UNDECIDED, WITH_DOCUMENT, ReportKind, ReportStatus
from breaches.versions import current_version
from releases.permissions import COVER_ROLE, cover_of
from releases.rules.calendar import format_moment
from releases.rules.lifecycle import Role

# The mark on every page of the printed report, keyed by the status of the report. A report with one of these statuses
# was decided, merged or split without an approved document.
DECISION_MARKS: Mapping[str, str] = {
    ReportStatus.DISMISSED: DISMISSED_MARK,
    ReportStatus.RECORDED: RECORDED_MARK,
    ReportStatus.JOINED: JOINED_MARK,
    ReportStatus.PARTED: PARTED_MARK,
}


def lay_out_report(report: Report, version: ReportVersion) -> ReportDocument:
    """Lay out one version of a report.

    If this version was approved, the document states who approved it and when, and whether text was redacted since.
    Otherwise, the document is marked as a draft, or as decided without an approved document.
    """
    content = content_from_json(version.content)
    approved = report.approved_documents.select_related("approved_by").defer("pdf").filter(version__lte=version.number)
    documents = {document.version: document for document in approved}
    document = documents.pop(version.number, None)
    # Only an approved version can have been sent. Most reports have none before this version, and need no query.
    at = document.approved_at if document else None
    replaced = find_replaced_version(report, before=version.number, at=at) if documents else None
    if document is None:
        # An earlier draft, or a draft that was withdrawn, replaced nothing.
        is_correction = report.status in UNDECIDED and version.number == report.version
        return _lay_out_version(report, version, content, replaced=replaced if is_correction else None)
    laid_out = _lay_out_approved(document, content, replaced=replaced)
    if laid_out.content_hash == document.content_sha256:
        return laid_out
    removed_at = [event.at for event in removals_of(report, [version])[version.number]]
    if not (later := [at for at in removed_at if at > document.approved_at]):
        return laid_out
    return replace(laid_out, decision=f"{laid_out.decision} {describe_removals(later)}")


def lay_out_approved_report(document: ApprovedDocument, content: ReportContent) -> ReportDocument:
    """Lay out the content of an approved document. The document does not need to have its PDF yet."""
    replaced = find_replaced_version(document.report, before=document.version, at=document.approved_at)
    return _lay_out_approved(document, content, replaced=replaced)


def find_replaced_version(report: Report, *, before: int, at: datetime | None = None) -> SentVersion | None:
    """Return the last version before a version of a report that had reached its recipient, or None.

    :param at: the time at which the version was approved, or None. Emails that the mail server accepted later are left
        out, so that an approved document always has the same layout.
    """
    sent = Dispatch.objects.filter(report=report, document__version__lt=before).reported(until=at)
    facts = sent.order_by("document__version", "pk").values_list("document__version", "recipient", "reported_on").last()
    return SentVersion(*facts) if facts else None


def _lay_out_approved(
    document: ApprovedDocument, content: ReportContent, *, replaced: SentVersion | None
) -> ReportDocument:
    at, role = document.approved_at, Role(document.approved_role)
    cover = cover_of(document.approved_by_id, document.report.producer_id, at=at) if role is COVER_ROLE else None
    laid_out = lay_out(
        content,
        number=document.report.number,
        version=document.version,
        approved_at=at,
        evidence_hash=document.evidence_sha256,
        decision=describe_approval(
            str(document.approved_by),
            role,
            at=at,
            one_person=document.one_person,
            absent=str(cover.absent) if cover else "",
        ),
        replaced=replaced,
        rehearsal=document.report.rehearsal,
        training=document.report.training_id is not None,
    )
    return without_links_to_outputs(laid_out) if is_about_sealed_release(document.report) else laid_out


def lay_out_draft(report: Report, *, annex: bool = False) -> ReportDocument:
    """Lay out the present content of a report, with prompts for missing text.

    The document is marked as not approved.

    :param annex: whether to add an annex with the newest check results, and to update the automatic text from them.
    """
    version = current_version(report)
    content = with_annex(report) if annex else replace(content_from_json(version.content), annex=None)
    replaced = find_replaced_version(report, before=version.number)
    return _lay_out_version(report, version, content, replaced=replaced)


def lay_out_short_concern(report: Report) -> ConcernDocument:
    """Lay out a report as a short concern.

    If the report has a status in `WITH_DOCUMENT`, the latest approved content is used. Otherwise, the present content
    is used, and the concern is marked as not approved.
    """
    approved = report.status in WITH_DOCUMENT
    number = report.approved_documents.latest("version").version if approved else report.version
    version = report.versions.get(number=number)
    withdrawn = report.status == ReportStatus.WITHDRAWN
    concern = lay_out_concern(content_from_json(version.content), lay_out_report(report, version), withdrawn=withdrawn)
    return replace(concern, rows=without_links(concern.rows)) if is_about_sealed_release(report) else concern


def _lay_out_version(
    report: Report, version: ReportVersion, content: ReportContent, *, replaced: SentVersion | None
) -> ReportDocument:
    decision = ""
    if report.status in DECISION_MARKS and version.number == report.version:
        event = report.events.filter(kind=report.status).select_related("actor").latest("position")
        decision = f"{text.event_title(event)}. {text.event_author(event)}, at {format_moment(event.at)}"
        decision += f": {event.words}" if event.words else "."
    prompt = _choose_prompt(report, version, content)
    laid_out = lay_out(
        content,
        number=report.number,
        version=version.number,
        lead_official=settings.LEAD_OFFICIAL,
        with_cause_prompt=bool(prompt),
        cause_prompt=prompt,
        rehearsal=report.rehearsal,
        training=report.training_id is not None,
        decided=DECISION_MARKS.get(report.status, ""),
        decision=decision,
        replaced=replaced,
    )
    return without_links_to_outputs(laid_out) if is_about_sealed_release(report) else laid_out


def _choose_prompt(report: Report, version: ReportVersion, content: ReportContent) -> str:
    """Return the prompt for the circumstances, or "" if nothing is left to ask.

    Text that a person edited has no prompt, because we cannot understand it.
    """
    has_text = bool(content.circumstances.strip())
    if has_text and not version.is_untouched("circumstances"):
        return ""
    if not is_asked(report):
        return ACCOUNT_PROMPT if report.cause else CAUSE_PROMPT
    if find_unanswered_questions(report, content):
        return ACCESS_PROMPT if report.kind in {ReportKind.PRA, ReportKind.ACCESS} else INCIDENT_PROMPT
    return "" if has_text and report.cause else MISSING_CAUSE_PROMPT

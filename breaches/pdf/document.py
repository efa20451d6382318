"""The document of a report: as approved, or marked as a draft."""

from collections.abc import Mapping
from dataclasses import replace

from django.conf import settings

from breaches import text
from breaches.models import Report, ReportVersion
from breaches.refreshing import with_annex
from breaches.rules.content import ReportContent, content_from_json
from breaches.rules.document import (
    ACCESS_PROMPT,
    CAUSE_PROMPT,
    DISMISSED_MARK,
    JOINED_MARK,
    PARTED_MARK,
    RECORDED_MARK,
    Approval,
    ReportDocument,
    lay_out,
)
from breaches.rules.lifecycle import ReportKind, ReportStatus
from breaches.versions import current_version
from releases.rules.lifecycle import Role
from releases.rules.london import format_moment

# Printed on every page of a report on which was decided without the published form.
MARKS: Mapping[str, str] = {
    ReportStatus.DISMISSED: DISMISSED_MARK,
    ReportStatus.RECORDED: RECORDED_MARK,
    ReportStatus.JOINED: JOINED_MARK,
    ReportStatus.PARTED: PARTED_MARK,
}


def lay_out_report(report: Report, version: ReportVersion) -> ReportDocument:
    """Lay out one version of a report: with its approval if it was approved, else marked as a draft."""
    content = content_from_json(version.content)
    approved = report.approved_documents.select_related("approved_by").defer("pdf").filter(version=version.number)
    if (document := approved.first()) is None:
        return _lay_out_draft(report, version, content)
    approval = Approval(
        by=str(document.approved_by),
        role=Role(document.approved_role),
        at=document.approved_at,
        one_person=document.one_person,
        evidence_hash=document.evidence_sha256,
    )
    return lay_out(
        content,
        reference=report.reference,
        version=version.number,
        approval=approval,
        rehearsal=report.rehearsal,
    )


def draft_of(report: Report, *, annex: bool = False) -> ReportDocument:
    """Lay out what a report says now, marked as not approved, with prompts for what people still have to write.

    :param annex: whether with what the checks show by now, in the annex and in what the record itself tells.
    """
    version = current_version(report)
    content = with_annex(report) if annex else replace(content_from_json(version.content), annex=None)
    return _lay_out_draft(report, version, content)


def _lay_out_draft(report: Report, version: ReportVersion, content: ReportContent) -> ReportDocument:
    decision = ""
    if report.status in MARKS and version.number == report.version:
        event = report.events.filter(kind=report.status).select_related("actor").latest("position")
        decision = f"{text.event_title(event)}. {text.event_author(event)}, at {format_moment(event.at)}"
        decision += f": {event.words}" if event.words else "."
    return lay_out(
        content,
        reference=report.reference,
        version=version.number,
        lead_official=settings.LEAD_OFFICIAL,
        ask_for_cause=version.is_untouched("circumstances"),
        cause_prompt=ACCESS_PROMPT if report.kind in {ReportKind.PRA, ReportKind.ACCESS} else CAUSE_PROMPT,
        rehearsal=report.rehearsal,
        decided=MARKS.get(report.status, ""),
        decision=decision,
    )

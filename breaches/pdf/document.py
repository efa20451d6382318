"""The document of a report: as approved, or marked as a draft."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from django.conf import settings

from breaches import text
from breaches.models import Report, ReportVersion
from breaches.refreshing import with_annex
from breaches.rules.content import content_from_json
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
from breaches.rules.lifecycle import WITH_DOCUMENT, ReportKind, ReportStatus
from breaches.versions import content_of, current_version, document_bytes
from releases.rules.lifecycle import Role
from releases.rules.london import format_moment

# What stands on every page of a report on which was decided without the published form.
MARKS: Mapping[str, str] = {
    ReportStatus.DISMISSED: DISMISSED_MARK,
    ReportStatus.RECORDED: RECORDED_MARK,
    ReportStatus.JOINED: JOINED_MARK,
    ReportStatus.PARTED: PARTED_MARK,
}


@dataclass(frozen=True, slots=True)
class Printed:
    """A document as bytes of a PDF file."""

    pdf: bytes
    version: int
    approved: bool
    content_sha256: str


def lay_out_report(report: Report, version: ReportVersion) -> ReportDocument:
    """Lay out one version of a report: with its approval if it was approved, else marked as a draft."""
    content = content_from_json(version.content)
    approved = report.approved_documents.select_related("approved_by").defer("pdf").filter(version=version.number)
    if (decision := approved.first()) is None:
        return lay_out(
            content,
            reference=report.reference,
            version=version.number,
            lead_official=settings.LEAD_OFFICIAL,
            ask_for_cause=version.is_untouched("circumstances"),
            cause_prompt=_cause_prompt(report),
            rehearsal=report.rehearsal,
            decided=MARKS.get(report.status, ""),
            decision=_decision(report) if version.number == report.version else "",
        )
    approval = Approval(
        by=str(decision.approved_by),
        role=Role(decision.approved_role),
        at=decision.approved_at,
        one_person=decision.one_person,
        evidence_hash=decision.evidence_sha256,
    )
    return lay_out(
        content,
        reference=report.reference,
        version=version.number,
        approval=approval,
        rehearsal=report.rehearsal,
    )


def _cause_prompt(report: Report) -> str:
    return ACCESS_PROMPT if report.kind in {ReportKind.PRA, ReportKind.ACCESS} else CAUSE_PROMPT


def _decision(report: Report) -> str:
    """Say who decided without an approval, when and why; empty for a report that was approved or is undecided."""
    if report.status not in MARKS:
        return ""
    event = report.events.filter(kind=report.status).select_related("actor").latest("position")
    told = f"{text.event_title(event)}. {text.event_author(event)}, at {format_moment(event.at)}"
    return f"{told}: {event.words}" if event.words else f"{told}."


def draft_of(report: Report, *, annex: bool = False) -> ReportDocument:
    """Lay out what a report says now, marked as not approved, with prompts for what people still have to write.

    :param annex: whether with what the looks show by now, in the annex and in what the record itself tells.
    """
    return lay_out(
        with_annex(report) if annex else replace(content_of(report), annex=None),
        reference=report.reference,
        version=report.version,
        lead_official=settings.LEAD_OFFICIAL,
        ask_for_cause=current_version(report).is_untouched("circumstances"),
        cause_prompt=_cause_prompt(report),
        rehearsal=report.rehearsal,
        decided=MARKS.get(report.status, ""),
        decision=_decision(report),
    )


def document_of(report: Report, *, render: Callable[[ReportDocument], bytes], annex: bool = False) -> Printed:
    """Return the stored document of an approved report, or print any other with its mark.

    :param render: turns the laid out document into the bytes of a PDF file.
    :param annex: whether what is printed now has the annex; what is stored has it if it was approved with it.
    :raises DocumentChanged: if the stored document was changed after its approval.
    """
    if report.status in WITH_DOCUMENT:
        stored = report.approved_documents.get(version=report.version)
        return Printed(document_bytes(stored), stored.version, approved=True, content_sha256=stored.content_sha256)
    document = draft_of(report, annex=annex)
    return Printed(render(document), document.version, approved=False, content_sha256=document.content_hash)

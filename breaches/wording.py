"""Reports in words for people: statuses, kinds, reasons, events and single fields."""

from collections.abc import Iterable
from typing import Any

from breaches.content import CitedPractice, Output, Person, ReportContent
from breaches.models import ReportEvent
from breaches.remarks import Section
from breaches.status import DismissalReason, Kind, ReportStatus
from releases.lifecycle import spoken
from releases.london import day
from releases.roles import Role

# The words of a status and the colour of its tag.
STATUSES = {
    ReportStatus.DRAFT: ("Draft", "blue"),
    ReportStatus.WITH_HOP: ("With HoP", "purple"),
    ReportStatus.RETURNED: ("Returned", "yellow"),
    ReportStatus.APPROVED: ("Approved", "green"),
    ReportStatus.DISMISSED: ("Dismissed", "grey"),
}

KINDS = {Kind.LATE: "Late", Kind.EARLY: "Early", Kind.PARTIAL: "In part only", Kind.PRA: "Pre-release access"}

ROLES = {
    Role.STATISTICIAN: "statistician",
    Role.HEAD_OF_PROFESSION: "Head of Profession",
    Role.DEPUTY: "deputy of the Head of Profession",
    Role.PUBLISHING_TEAM: "publishing team",
    Role.CALENDAR_MANAGER: "calendar manager",
    Role.AUDITOR: "auditor",
}

SECTIONS = {
    Section.CORE_INFORMATION: "Core Information",
    Section.CIRCUMSTANCES: "Circumstances of breach",
    Section.IMPACT: "Impact of the breach",
    Section.CORRECTIVE_ACTIONS: "Corrective actions (taken or planned) to prevent re-occurrence",
}

REASONS = {
    DismissalReason.EXEMPTION: "An exemption was approved in advance",
    DismissalReason.AGREED_CHANGE: "The Head of Profession had agreed to the change, and it was announced",
    DismissalReason.CHECK_ERROR: "The automatic check was wrong",
    DismissalReason.CACHE_ONLY: "Only a cached copy was old: readers could see the release in time",
    DismissalReason.OTHER: "Another reason",
}

FIELDS = {
    "outputs": "Title and link to statistical output",
    "producers": "Name of producer organisation",
    "dealing": "Name and contact details of person dealing with report",
    "head_of_profession": "Name and contact details of Head of Profession for Statistics",
    "statement_url": "Link to published statement about the breach",
    "report_date": "Date of breach report",
    "practices": "Relevant principle(s) and practice(s)",
    "other_practices": "Other principles or practices",
    "occurred_on": "Date of occurrence of breach",
    "circumstances": "Circumstances of breach",
    "impact": "Impact of the breach",
    "corrective_actions": "Corrective actions",
}

EVENTS = {
    "drafted": "Drafted from the record",
    "started": "Started by hand from the pre-release access list",
    "facts_refreshed": "Brought up to date with the record",
    "facts_offered": "The record changed; the newer facts are shown beside the text",
    "suspicion_joined": "A further suspicion about the same release was added",
    "edited": "Edited",
    "submitted": "Submitted to the Head of Profession",
    "returned": "Returned to those who write it",
    "approved": "Approved",
    "dismissed": "Dismissed: not a breach",
    "reopened": "Reopened",
    "downloaded": "Approved document downloaded",
    "draft_downloaded": "Draft downloaded",
}


def event_title(event: ReportEvent) -> str:
    """Say what an event was, and what it was about."""
    title = EVENTS.get(event.kind, spoken(event.kind).capitalize())
    if event.kind == "edited":
        return f"{title}: {', '.join(FIELDS[field] for field in event.facts['fields'])}"
    if event.kind == "dismissed":
        return f"{title}. {REASONS[DismissalReason(event.facts['reason'])]}"
    if event.kind in {"downloaded", "draft_downloaded"}:
        return f"{title} (version {event.facts['version']})"
    return title


def event_author(event: ReportEvent) -> str:
    """Say who did something, and in which role."""
    if event.actor is None:
        return "The automatic check"
    role = event.facts.get("role")
    return f"{event.actor}, {ROLES[Role(role)]}" if role else str(event.actor)


def in_words(content: ReportContent, field: str) -> str:
    """Write what one field says, a line for each of its parts."""
    return "\n".join(lines_of(getattr(content, field)))


def lines_of(value: Any) -> Iterable[str]:
    """Write the value of one field of `ReportContent`, a line for each of its parts."""
    match value:
        case None | "":
            yield "(empty)"
        case str():
            yield value
        case Output(title, url):
            yield f"{title} {url}".strip()
        case Person(name, email, telephone, is_team):
            yield from (part for part in (name, email, telephone, "(a team)" if is_team else "") if part)
        case CitedPractice():
            yield f"{value.principle}: {value.code} - {value.text} (edition {value.edition})"
        case tuple():
            yield from [line for one in value for line in lines_of(one)] or ["(empty)"]
        case _:
            yield day(value)

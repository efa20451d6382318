"""Reports in words for people: statuses, kinds, reasons, events and single fields."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.functional import lazy as worked_out_later
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.core.content import CitedPractice, Output, Person, ReportContent, TimelineEntry
from breaches.core.decision import Decision
from breaches.core.printed.document import exactly
from breaches.core.remarks import Section
from breaches.core.status import Cause, DismissalReason, Kind, RecordingReason, ReportStatus, Term
from breaches.models import Report, Suspicion
from breaches.models.report import KINDS as KIND_CHOICES
from releases.rules.lifecycle import Role
from releases.rules.london import format_day
from releases.verdict.address import Outcome

# The words of a status and the colour of its tag.
STATUSES = {
    ReportStatus.DRAFT: (lazy("Draft"), "blue"),
    ReportStatus.WITH_HOP: (lazy("With HoP"), "purple"),
    ReportStatus.RETURNED: (lazy("Returned"), "yellow"),
    ReportStatus.APPROVED: (lazy("Approved"), "green"),
    ReportStatus.RECORDED: (lazy("In our log"), "turquoise"),
    ReportStatus.DISMISSED: (lazy("Dismissed"), "grey"),
    ReportStatus.SENT: (lazy("Sent"), "green"),
    ReportStatus.CLOSED: (lazy("Closed"), "grey"),
    ReportStatus.WITHDRAWN: (lazy("Withdrawn"), "orange"),
    ReportStatus.JOINED: (lazy("Joined with others"), "grey"),
    ReportStatus.PARTED: (lazy("Taken apart"), "grey"),
}

KINDS = {Kind(code): words for code, words in KIND_CHOICES.items()}

# No kind of its own: what is late by how much is not known until it is seen.
NOT_SEEN = lazy("Not seen")

# What sets apart kinds whose names alone do not.
KIND_HINTS = {
    Kind.LATE: lazy("Out after the announced time."),
    Kind.EARLY: lazy("Out before the announced time."),
    Kind.PARTIAL: lazy("On time, but a file or a page was missing."),
    Kind.NOT_LIVE: lazy("It was due, and never came out."),
    Kind.WRONG_CONTENT: lazy("On time, but with the wrong file, edition or figures."),
    Kind.PRA: lazy("The wrong people, the wrong time or the wrong document under the pre-release access law."),
    Kind.ACCESS: lazy("Somebody had access before release who did not need it for production."),
    Kind.LEAK: lazy("Figures reached people outside before release."),
    Kind.NOT_ANNOUNCED: lazy("Released without having been announced in advance."),
    Kind.USED_IN_PUBLIC: lazy("In a speech, an answer, a post or a press notice, for instance."),
    Kind.UNEQUAL_ACCESS: lazy("Some users received the statistics before others."),
}

ROLES = {
    Role.STATISTICIAN: "statistician",
    Role.HEAD_OF_PROFESSION: lazy("Head of Profession"),
    Role.DEPUTY: lazy("deputy of the Head of Profession"),
    Role.PUBLISHING_TEAM: lazy("publishing team"),
    Role.CALENDAR_MANAGER: lazy("calendar manager"),
    Role.AUDITOR: "auditor",
}

SECTIONS = {
    Section.CORE_INFORMATION: lazy("Core Information"),
    Section.CIRCUMSTANCES: lazy("Circumstances of breach"),
    Section.IMPACT: lazy("Impact of the breach"),
    Section.CORRECTIVE_ACTIONS: lazy("Corrective actions (taken or planned) to prevent re-occurrence"),
}

REASONS = {
    DismissalReason.EXEMPTION: lazy("An exemption was approved in advance"),
    DismissalReason.AGREED_CHANGE: lazy("The Head of Profession had agreed to the change, and it was announced"),
    DismissalReason.CHECK_ERROR: lazy("The automatic check was wrong"),
    DismissalReason.CACHE_ONLY: lazy("Only a cached copy was old: readers could see the release in time"),
    DismissalReason.OTHER: lazy("Another reason"),
}

RECORDING_REASONS = {
    RecordingReason.NO_EFFECT: lazy("Users were not affected, or hardly at all"),
    RecordingReason.NOT_NEEDED: lazy("The Office for Statistics Regulation was asked, and needs no report"),
    RecordingReason.REPORTED_BY_OTHERS: lazy("Another producer reports it"),
    RecordingReason.OTHER: lazy("Another reason"),
}

DECISIONS = {
    Decision.UNDECIDED: lazy("Not decided yet"),
    Decision.REPORTED: lazy("To be reported"),
    Decision.RECORDED: lazy("Kept in our own log"),
    Decision.DISMISSED: lazy("Dismissed"),
    Decision.WITHDRAWN: lazy("Withdrawn"),
}


def _head_label() -> str:
    if settings.LEAD_OFFICIAL:
        return _("Name and contact details of Head of Profession for Statistics or Lead Official")
    return _("Name and contact details of Head of Profession for Statistics")


# By the office's setting, which is read when the label is shown.
HEAD_LABEL = worked_out_later(_head_label, str)()

FIELDS = {
    "outputs": lazy("Title and link to statistical output"),
    "producers": lazy("Name of producer organisation"),
    "dealing": lazy("Name and contact details of person dealing with report"),
    "head_of_profession": HEAD_LABEL,
    "statement_url": lazy("Link to published statement about the breach"),
    "report_date": lazy("Date of breach report"),
    "practices": lazy("Relevant principle(s) and practice(s)"),
    "other_practices": lazy("Other principles or practices"),
    "occurred_on": lazy("Date of occurrence of breach"),
    "circumstances": lazy("Circumstances of breach"),
    "impact": lazy("Impact of the breach"),
    "corrective_actions": lazy("Corrective actions"),
    "timeline": lazy("Timeline"),
}

CAUSES = {
    Cause.SCHEDULER_FAULT: lazy("A fault of the scheduler"),
    Cause.NOT_AUTHORISED: lazy("The publication was not authorised"),
    Cause.LATE_FIX: lazy("A late fix of the data"),
    Cause.PROCESSING_ERROR: lazy("A processing error"),
    Cause.OUTAGE: lazy("An outage"),
    Cause.WRONG_FILE: lazy("The wrong file"),
    Cause.CACHE: lazy("A cache"),
    Cause.HUMAN_ERROR: lazy("A human error"),
    Cause.OTHER: lazy("Another cause"),
    Cause.NOT_KNOWN: lazy("Not known yet"),
}

TERMS = {Term.SHORT: lazy("Short-term"), Term.LONG: lazy("Long-term")}


def kind_of(report: Report) -> str:
    """Name the kind of a report: what counts as late is called not seen as long as none of it was seen (decision 31).

    :param report: in lists read with its suspicions and the verdict of each.
    """
    suspicions = report.suspicions.all()
    if report.kind == Kind.LATE and suspicions and all(map(_is_unseen, suspicions)):
        return str(NOT_SEEN)
    return str(KINDS[Kind(report.kind)])


def suspected_as(suspicion: Suspicion) -> str:
    """Say within a sentence what a suspicion is of; of lateness that nothing was seen, as long as nothing was."""
    return str(NOT_SEEN if _is_unseen(suspicion) else KINDS[Kind(suspicion.kind)]).lower()


def _is_unseen(suspicion: Suspicion) -> bool:
    return suspicion.kind == Kind.LATE and suspicion.verification.outcome == Outcome.NOT_SEEN


def cause_of(code: str) -> str:
    """Name a cause; empty while nobody has chosen one."""
    return str(CAUSES[Cause(code)]) if code else ""


def reason_of(report: Report) -> str:
    """Say why a decided report is not reported; empty for every other."""
    match report.status:
        case ReportStatus.RECORDED:
            return str(RECORDING_REASONS[RecordingReason(report.decision_reason)])
        case ReportStatus.DISMISSED:
            return str(REASONS[DismissalReason(report.decision_reason)])
        case _:
            return ""


def in_words(content: ReportContent, field: str) -> str:
    """Write what one field says, a line for each of its parts."""
    return "\n".join(lines_of(getattr(content, field)))


def lines_of(value: Any) -> Iterable[str]:
    """Write the value of one field of `ReportContent`, a line for each of its parts."""
    match value:
        case None | "":
            yield _("(empty)")
        case str():
            yield value
        case Output(title, url):
            yield f"{title} {url}".strip()
        case Person(name, email, telephone, is_team):
            yield from (part for part in (name, email, telephone, _("(a team)") if is_team else "") if part)
        case CitedPractice():
            yield f"{value.citation} (edition {value.edition}){value.for_date}"
        case TimelineEntry(at, text):
            yield f"{exactly(at)}: {text}"
        case tuple():
            yield from [line for one in value for line in lines_of(one)] or [_("(empty)")]
        case _:
            yield format_day(value)

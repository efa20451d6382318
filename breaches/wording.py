"""Reports in words for people: statuses, kinds, reasons, events and single fields."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.content import CitedPractice, Output, Person, ReportContent, TimelineEntry
from breaches.decision import Decision
from breaches.document import exactly
from breaches.models import Report, ReportEvent, SectionComment
from breaches.models.report import KINDS as KIND_CHOICES
from breaches.remarks import Section
from breaches.status import DismissalReason, Kind, RecordingReason, ReportStatus, Term
from releases.lifecycle import spoken
from releases.london import day
from releases.roles import Role

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

FIELDS = {
    "outputs": lazy("Title and link to statistical output"),
    "producers": lazy("Name of producer organisation"),
    "dealing": lazy("Name and contact details of person dealing with report"),
    "head_of_profession": lazy("Name and contact details of Head of Profession for Statistics"),
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

TERMS = {Term.SHORT: lazy("Short-term"), Term.LONG: lazy("Long-term")}

EVENTS = {
    "drafted": lazy("Drafted from the record"),
    "started": lazy("Started by hand"),
    "facts_refreshed": lazy("Brought up to date with the record"),
    "facts_offered": lazy("The record changed; the newer facts are shown beside the text"),
    "suspicion_joined": lazy("A further suspicion about the same release was added"),
    "dealing_taken": lazy("Said that they are dealing with it"),
    "dealing_changed": lazy("Changed who is dealing with it"),
    "action_added": lazy("Corrective action written down"),
    "action_changed": lazy("Corrective action changed"),
    "action_done": lazy("Corrective action done"),
    "action_open_again": lazy("Corrective action open again"),
    "edited": lazy("Edited"),
    "note_written": lazy("Note written for the timeline"),
    "note_corrected": lazy("Note of the timeline corrected by a further one"),
    "submitted": lazy("Submitted to the Head of Profession"),
    "taken_back": lazy("Taken back from the Head of Profession"),
    "returned": lazy("Returned to those who write it"),
    "approved": lazy("Approved"),
    "own_act_declared": lazy("Declared that the report is about their own act; somebody else decides"),
    "recorded": lazy("Kept in our own log: a breach that is not reported"),
    "dismissed": lazy("Dismissed: not a breach"),
    "reopened": lazy("Reopened"),
    "sent": lazy("Sent"),
    "answered": lazy("Answer recorded"),
    "correction_begun": lazy("Taken up again to be corrected; its recipient was given notice"),
    "withdrawn": lazy("Withdrawn by notice to its recipient"),
    "closed": lazy("Closed"),
    "joint_drafted": lazy("Joined from several drafts of one morning"),
    "joined": lazy("Joined with others"),
    "resumed": lazy("A draft of its own again"),
    "parted": lazy("Taken apart: its drafts go on by themselves"),
    "downloaded": lazy("Approved document downloaded"),
    "draft_downloaded": lazy("Draft downloaded"),
}


def reason_of(report: Report) -> str:
    """Say why a decided report is not reported; empty for every other."""
    match report.status:
        case ReportStatus.RECORDED:
            return str(RECORDING_REASONS[RecordingReason(report.decision_reason)])
        case ReportStatus.DISMISSED:
            return str(REASONS[DismissalReason(report.decision_reason)])
        case _:
            return ""


def event_title(event: ReportEvent) -> str:
    """Say what an event was, and what it was about."""
    title = str(EVENTS.get(event.kind, spoken(event.kind).capitalize()))
    if event.kind == "edited":
        return f"{title}: {', '.join(str(FIELDS[field]) for field in event.facts['fields'])}"
    if event.kind in {"started", "joint_drafted", "joined", "resumed"}:
        return _with_its_origin(title, event)
    if event.kind == "sent":
        how = _("%(title)s outside this system") if event.facts["outside"] else _("%(title)s by mail")
        to = {
            "title": how % {"title": title},
            "recipient": event.facts["recipient"],
            "version": event.facts["version"][0],
        }
        return _("%(title)s to %(recipient)s (version %(version)s)") % to
    if event.kind == "dealing_changed":
        return _("%(title)s: from now on %(person)s") % {"title": title, "person": event.words}
    if event.kind == "answered" and event.facts["reference"]:
        return _("%(title)s, reference %(reference)s") % {"title": title, "reference": event.facts["reference"]}
    if event.kind == "recorded":
        return f"{title}. {RECORDING_REASONS[RecordingReason(event.facts['reason'])]}"
    if event.kind == "dismissed":
        return f"{title}. {REASONS[DismissalReason(event.facts['reason'])]}"
    if event.kind in {"downloaded", "draft_downloaded"}:
        return _("%(title)s (version %(version)s)") % {"title": title, "version": event.facts["version"]}
    return title


def event_text(event: ReportEvent, comments: Iterable[SectionComment] = ()) -> str:
    """Give what a person wrote about an event, with the comments on single sections that they made by it."""
    on_sections = [f"{SECTIONS[Section(comment.section)]}: {comment.words}" for comment in comments]
    return "\n\n".join(text for text in (event.words, *on_sections) if text)


def _with_its_origin(title: str, event: ReportEvent) -> str:
    """Say from what a report was started, or with which others it was joined."""
    facts = event.facts
    if event.kind == "started":
        # Before there were other kinds, every report that a person started was about such a list.
        is_about_list = "release" in facts and facts.get("breach", Kind.PRA) == Kind.PRA
        return _("%(title)s from the pre-release access list") % {"title": title} if is_about_list else title
    others = ", ".join(facts["drafts"]) if event.kind == "joint_drafted" else facts["joint"]
    return _("%(title)s (%(others)s)") % {"title": title, "others": others}


def event_author(event: ReportEvent) -> str:
    """Say who did something, and in which role."""
    if event.actor is None:
        return _("The automatic check")
    role = event.facts.get("role")
    return f"{event.actor}, {ROLES[Role(role)]}" if role else str(event.actor)


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
            yield f"{value.principle}: {value.code} - {value.text} (edition {value.edition})"
        case TimelineEntry(at, text):
            yield f"{exactly(at)}: {text}"
        case tuple():
            yield from [line for one in value for line in lines_of(one)] or [_("(empty)")]
        case _:
            yield day(value)

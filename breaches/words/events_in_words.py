"""What happened to a report, in words for people: what it was, who did it, and what they wrote about it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.core.remarks import Section
from breaches.core.status import DismissalReason, Kind, RecordingReason
from breaches.models import ReportEvent, SectionComment
from breaches.words.wording import FIELDS, REASONS, RECORDING_REASONS, ROLES, SECTIONS, cause_of
from releases.rules.lifecycle import Role, spoken
from releases.rules.london import format_day

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
    "cause_chosen": lazy("Cause chosen"),
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
    "made_public": lazy("Made public: anyone can read it, in the words that were confirmed to name nobody"),
    "public_taken_back": lazy("No longer public"),
    "redacted": lazy("Words removed from the report and what was written about it"),
    "downloaded": lazy("Approved document downloaded"),
    "statement_downloaded": lazy("Statement for the office’s own site downloaded"),
    "draft_downloaded": lazy("Draft downloaded"),
}


def removed_in_words(redactions: Iterable[ReportEvent]) -> str:
    """Say when and by whom words were removed: "on 9 August 2020 by Ada Hill"; "" where none were."""
    sentence = _("on %(day)s by %(person)s")
    return _(" and ").join(sentence % {"day": format_day(event.at), "person": event.actor} for event in redactions)


def listed(events: Iterable[ReportEvent], on_sections: Mapping[int, Iterable[SectionComment]]) -> list[dict[str, Any]]:
    """Return events as a list on a page shows them.

    :param on_sections: the comments on single sections, by the key of their event.
    """
    return [
        {
            "title": title_of(event),
            "by": author_of(event),
            "at": event.at,
            "text": text_of(event, on_sections.get(event.pk, ())),
        }
        for event in events
    ]


def title_of(event: ReportEvent) -> str:
    """Say what an event was, and what it was about."""
    title = str(EVENTS.get(event.kind, spoken(event.kind).capitalize()))
    return _SAYING_MORE[event.kind](title, event) if event.kind in _SAYING_MORE else title


def text_of(event: ReportEvent, comments: Iterable[SectionComment] = ()) -> str:
    """Give what a person wrote about an event, with the comments on single sections that they made by it."""
    on_sections = [f"{SECTIONS[Section(comment.section)]}: {comment.words}" for comment in comments]
    return "\n\n".join(text for text in (event.words, *on_sections) if text)


def author_of(event: ReportEvent) -> str:
    """Say who did something, and in which role."""
    if event.actor is None:
        return _("The automatic check")
    role = event.facts.get("role")
    return f"{event.actor}, {ROLES[Role(role)]}" if role else str(event.actor)


def _fields(title: str, event: ReportEvent) -> str:
    return f"{title}: {', '.join(str(FIELDS[field]) for field in event.facts['fields'])}"


def _started(title: str, event: ReportEvent) -> str:
    # Before there were other kinds, every report that a person started was about such a list.
    is_about_list = "release" in event.facts and event.facts.get("breach", Kind.PRA) == Kind.PRA
    return _("%(title)s from the pre-release access list") % {"title": title} if is_about_list else title


def _drafts(title: str, event: ReportEvent) -> str:
    return _("%(title)s (%(others)s)") % {"title": title, "others": ", ".join(event.facts["drafts"])}


def _joint(title: str, event: ReportEvent) -> str:
    return _("%(title)s (%(others)s)") % {"title": title, "others": event.facts["joint"]}


def _recipient(title: str, event: ReportEvent) -> str:
    how = _("%(title)s outside this system") if event.facts["outside"] else _("%(title)s by mail")
    named = {"title": how % {"title": title}, "recipient": event.facts["recipient"]}
    return _("%(title)s to %(recipient)s (version %(version)s)") % (named | {"version": event.facts["version"][0]})


def _reference(title: str, event: ReportEvent) -> str:
    reference = event.facts["reference"]
    return _("%(title)s, reference %(reference)s") % {"title": title, "reference": reference} if reference else title


def _version(title: str, event: ReportEvent) -> str:
    return _("%(title)s (version %(version)s)") % {"title": title, "version": event.facts["version"]}


_SAYING_MORE: Mapping[str, Callable[[str, ReportEvent], str]] = {
    "edited": _fields,
    "started": _started,
    "joint_drafted": _drafts,
    "joined": _joint,
    "resumed": _joint,
    "sent": _recipient,
    "answered": _reference,
    "cause_chosen": lambda title, event: f"{title}: {cause_of(event.facts['to']['cause'])}",
    "dealing_changed": lambda title, event: (
        _("%(title)s: from now on %(person)s") % {"title": title, "person": event.words}
    ),
    "recorded": lambda title, event: f"{title}. {RECORDING_REASONS[RecordingReason(event.facts['reason'])]}",
    "dismissed": lambda title, event: f"{title}. {REASONS[DismissalReason(event.facts['reason'])]}",
    "downloaded": _version,
    "draft_downloaded": _version,
    "statement_downloaded": _version,
}

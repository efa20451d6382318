"""What the check on the day before can find, from what was read and seen: codes and facts, no words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from releases.core import announced_slot
from releases.core.judging.evidence import LookResult, Reason
from releases.core.judging.publisher import PublisherSays, State


class Code(StrEnum):
    """What can be found; each one is a problem that somebody must attend to, unless it is among the notes."""

    NOT_CONFIRMED = "not_confirmed"
    NO_PAGE = "no_page"
    NO_RESPONSIBLE = "no_responsible"
    NO_HEAD = "no_head"
    RESPONSIBLE_CLOSED = "responsible_closed"
    HEAD_CLOSED = "head_closed"
    NO_ANSWER = "no_answer"
    LIVE_ALREADY = "live_already"
    MARKER_MATCHES_ALREADY = "marker_matches_already"
    NOT_RECOGNISED = "not_recognised"
    LEADS_TO_ANOTHER_HOST = "leads_to_another_host"
    ANNOUNCEMENT_NO_ANSWER = "announcement_no_answer"
    ANNOUNCED_FOR_ANOTHER_TIME = "announced_for_another_time"
    ANNOUNCED_DAY_NOT_FOUND = "announced_day_not_found"
    ANNOUNCED_TIME_NOT_FOUND = "announced_time_not_found"
    ANNOUNCEMENT_CALLED_OFF = "announcement_called_off"
    ANNOUNCEMENT_LEADS_ON = "announcement_leads_on"
    WATCHER_SILENT = "watcher_silent"
    WATCHER_ILL = "watcher_ill"
    CLOCK_OFF = "clock_off"
    COULD_NOT_LOOK = "could_not_look"
    OUR_ERROR = "our_error"
    NO_ATTACHMENTS = "no_attachments"
    NO_ANNOUNCEMENT = "no_announcement"
    SHARES_MINUTE = "shares_minute"
    OPEN_TASK = "open_task"


NOTES = frozenset({Code.NO_ATTACHMENTS, Code.NO_ANNOUNCEMENT, Code.SHARES_MINUTE, Code.OPEN_TASK})
"""Worth knowing, and often as it should be: these are shown and not sent to anybody."""

_NO_ANSWER = frozenset({LookResult.OBSERVER_FAULT, LookResult.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: of which address (its key; None: of the release), with JSON-able facts."""

    code: Code
    address: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_problem(self) -> bool:
        """Whether somebody must attend to it."""
        return self.code not in NOTES

    def to_json(self) -> dict[str, Any]:
        """Write it for the record."""
        return {"code": self.code.value, "address": self.address, "facts": dict(self.facts)}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "Finding":
        """Read it from the record.

        :raises ValueError: if the code is unknown.
        """
        return cls(Code(written["code"]), written["address"], written["facts"])


def of_look(address: int, result: LookResult, reasons: Iterable[Reason], *, was_absent: bool) -> Finding | None:
    """Say what one look at a page or an attachment means, a day before it is due.

    :param was_absent: whether an earlier look at the address, for the same schedule, did not see it: only then does
        seeing it now mean that it went live; otherwise its marker may have matched all along.
    """
    facts = {"reasons": [str(reason) for reason in reasons]}
    if result in _NO_ANSWER:
        return Finding(Code.NO_ANSWER, address, facts)
    if result is LookResult.LIVE:
        return Finding(Code.LIVE_ALREADY if was_absent else Code.MARKER_MATCHES_ALREADY, address, facts)
    if Reason.OTHER_HOST in facts["reasons"]:
        return Finding(Code.LEADS_TO_ANOTHER_HOST, address, facts)
    if result is LookResult.UNRECOGNISED:
        return Finding(Code.NOT_RECOGNISED, address, facts)
    return None


def of_announcement(
    address: int, *, says: PublisherSays | None, text: str | None, leads_to: str, due_at: datetime
) -> list[Finding]:
    """Compare what an announcement says with what is planned.

    :param says: what the publisher's own system says, where that could be read; it goes before the words.
    :param text: the visible text, or None where nothing came that could be read.
    :param leads_to: the address where a redirect ended, or an empty text.
    :param due_at: the aware instant for which the release is planned.
    """
    if says is not None:
        return _of_publisher(address, says, due_at=due_at)
    if text is None:
        return [Finding(Code.ANNOUNCEMENT_NO_ANSWER, address)]
    if leads_to:
        return [Finding(Code.ANNOUNCEMENT_LEADS_ON, address, {"to": leads_to})]
    if not announced_slot.names_day(text, due_at):
        found = [Finding(Code.ANNOUNCED_DAY_NOT_FOUND, address)]
    elif not announced_slot.names_time(text, due_at):
        found = [Finding(Code.ANNOUNCED_TIME_NOT_FOUND, address)]
    else:
        found = []
    called_off = announced_slot.speaks_of_calling_off(text)
    return [*found, *([Finding(Code.ANNOUNCEMENT_CALLED_OFF, address)] if called_off else [])]


def _of_publisher(address: int, says: PublisherSays, *, due_at: datetime) -> list[Finding]:
    match says.state:
        case State.ANNOUNCED | State.MOVED if _says_another_time(says, due_at=due_at):
            at = says.announced_for.isoformat() if says.announced_for else None
            facts = {"announced_for": at, "announced_text": says.announced_text, "note": says.change_note}
            return [Finding(Code.ANNOUNCED_FOR_ANOTHER_TIME, address, facts)]
        case State.ANNOUNCED:
            return []
        case State.CANCELLED | State.WITHDRAWN | State.GONE:
            return [Finding(Code.ANNOUNCEMENT_CALLED_OFF, address, {"note": says.change_note})]
    return [Finding(Code.ANNOUNCEMENT_LEADS_ON, address)]


def _says_another_time(says: PublisherSays, *, due_at: datetime) -> bool:
    if says.announced_for is not None:
        return says.announced_for != due_at
    if says.state is State.MOVED:
        return True
    named = (
        announced_slot.names_day(says.announced_text, due_at),
        announced_slot.names_time(says.announced_text, due_at),
    )
    return not all(named)


def news(found: Iterable[Finding], told: Iterable[Finding]) -> int:
    """Count the problems among what was found that were not found before at the same address."""
    before = {(finding.code, finding.address) for finding in told}
    return len({(each.code, each.address) for each in found if each.is_problem} - before)

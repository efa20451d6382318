"""The findings of a preflight, with their codes and facts."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from releases.detection.finding import CheckOutcome, PublisherSays, PublisherState, Reason, make_storable
from releases.detection.names import MONTH_NAMES
from releases.rules import calendar

# The halves of the day in English and Welsh: am and yb (y bore), pm and yp or yh (y prynhawn, yr hwyr).
_BEFORE_NOON = r" ?(?:a\.?m|y\.?b|y bore)\b"
_AFTER_NOON = r" ?(?:p\.?m|y\.?[ph]|y prynhawn|yr hwyr)\b"
_CALLED_OFF = re.compile(r"\b(cancell?ed|postponed|withdrawn|no longer (?:be )?(?:published|released))\b")


def names_day(text: str, due_at: datetime) -> bool:
    """Return whether a text names the London day of an aware instant, in any usual format, in English or Welsh.

    A day without a year also counts. A day with a different year next to it does not count.
    """
    day = calendar.local_date(due_at)
    name = rf"(?:{MONTH_NAMES[day.month - 1].replace(' ', '|')})\.?"
    no_other_year = rf"(?!,? (?!{day.year})(?:19|20)\d\d)"
    ways = (
        rf"(?<!\d)0?{day.day}(?:st|nd|rd|th)?(?: of)?[ -]{name}(?![a-z]){no_other_year}",
        rf"\b{name} 0?{day.day}(?:st|nd|rd|th)?(?!\d){no_other_year}",
        rf"(?<!\d){day:%Y-%m-%d}(?!\d)",
        rf"(?<!\d)0?{day.day}[/.]0?{day.month}[/.](?:{day.year}|{day:%y})(?!\d)",
    )
    return any(re.search(pattern, _plain(text)) for pattern in ways)


def names_time(text: str, due_at: datetime) -> bool:
    """Return whether a text names the London time of day of an aware instant, in 12-hour or 24-hour format.

    The half of the day may be in English or Welsh.
    """
    at = calendar.in_london(due_at).time()
    hour, suffix = at.hour % 12 or 12, _BEFORE_NOON if at.hour < 12 else _AFTER_NOON
    ways = [
        rf"(?<![\d.:])0?{hour}[:.]{at:%M}(?:[:.]00)?{suffix}",
        rf"(?<![\d.:])0?{at.hour}[:.]?{at:%M}(?![\d:.]\d|\d|{_BEFORE_NOON}|{_AFTER_NOON})",
    ]
    if at.minute == 0:
        ways.append(rf"(?<![\d.:]){hour}{suffix}")
    if at == time(12):
        ways.append(r"\b(?:12 )?(?:noon|midday)\b")
    return any(re.search(pattern, _plain(text)) for pattern in ways)


def speaks_of_calling_off(text: str) -> bool:
    return bool(_CALLED_OFF.search(_plain(text)))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


class PreflightCode(StrEnum):
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
    NO_BROWSER = "no_browser"
    BROWSER_DOES_NOT_START = "browser_does_not_start"
    BROWSER_IN_SANDBOX = "browser_in_sandbox"
    BROWSER_WITHOUT_SANDBOX = "browser_without_sandbox"


NOTES = frozenset(
    {
        *(PreflightCode.NO_ATTACHMENTS, PreflightCode.NO_ANNOUNCEMENT, PreflightCode.SHARES_MINUTE),
        *(PreflightCode.OPEN_TASK, PreflightCode.NO_BROWSER),
        *(PreflightCode.BROWSER_IN_SANDBOX, PreflightCode.BROWSER_WITHOUT_SANDBOX),
    }
)
"""The codes of findings that are notes. Notes are shown but not sent to anyone, because the reported situation is often
intended."""

_NO_ANSWER = frozenset({CheckOutcome.OBSERVER_FAULT, CheckOutcome.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """A finding about one address, or about the release as a whole.

    `address` is the primary key of the address, or None if the finding is about the release. `facts` can be stored as
    JSON.
    """

    code: PreflightCode
    address: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_problem(self) -> bool:
        return self.code not in NOTES

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code.value, "address": self.address, "facts": dict(self.facts)}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "PreflightFinding":
        """:raises ValueError: if the code is unknown."""
        return cls(PreflightCode(written["code"]), written["address"], written["facts"])


def findings_of_check(
    address: int, result: CheckOutcome, reasons: Iterable[Reason], *, was_absent: bool
) -> PreflightFinding | None:
    """Return the finding from one check of a page or an attachment before the release is due, or None if all is well.

    :param was_absent: whether an earlier check of the address for the same schedule did not find the release. If so, a
        live check means that the release went live. If not, the marker may have matched all along.
    """
    facts = {"reasons": [str(reason) for reason in reasons]}
    if result in _NO_ANSWER:
        return PreflightFinding(PreflightCode.NO_ANSWER, address, facts)
    if result is CheckOutcome.LIVE:
        return PreflightFinding(
            PreflightCode.LIVE_ALREADY if was_absent else PreflightCode.MARKER_MATCHES_ALREADY, address, facts
        )
    if Reason.OTHER_HOST in facts["reasons"]:
        return PreflightFinding(PreflightCode.LEADS_TO_ANOTHER_HOST, address, facts)
    if result is CheckOutcome.UNRECOGNISED:
        return PreflightFinding(PreflightCode.NOT_RECOGNISED, address, facts)
    return None


def findings_of_announcement(
    address: int, *, says: PublisherSays | None, text: str | None, leads_to: str, due_at: datetime
) -> list[PreflightFinding]:
    """Compare an announcement with the planned release, and return the findings.

    :param says: the statements of the publisher's own system, or None if these could not be read. The statements take
        precedence over the text.
    """
    if says is not None:
        return _of_publisher(address, says, due_at=due_at)
    if text is None:
        return [PreflightFinding(PreflightCode.ANNOUNCEMENT_NO_ANSWER, address)]
    if leads_to:
        return [PreflightFinding(PreflightCode.ANNOUNCEMENT_LEADS_ON, address, {"to": leads_to})]
    if not names_day(text, due_at):
        found = [PreflightFinding(PreflightCode.ANNOUNCED_DAY_NOT_FOUND, address)]
    elif not names_time(text, due_at):
        found = [PreflightFinding(PreflightCode.ANNOUNCED_TIME_NOT_FOUND, address)]
    else:
        found = []
    called_off = speaks_of_calling_off(text)
    return [*found, *([PreflightFinding(PreflightCode.ANNOUNCEMENT_CALLED_OFF, address)] if called_off else [])]


def _of_publisher(address: int, says: PublisherSays, *, due_at: datetime) -> list[PreflightFinding]:
    note = make_storable(says.change_note)
    match says.state:
        case PublisherState.ANNOUNCED | PublisherState.MOVED if _says_another_time(says, due_at=due_at):
            at = says.announced_for.isoformat() if says.announced_for else None
            facts = {"announced_for": at, "announced_text": make_storable(says.announced_text), "note": note}
            return [PreflightFinding(PreflightCode.ANNOUNCED_FOR_ANOTHER_TIME, address, facts)]
        case PublisherState.ANNOUNCED:
            return []
        case PublisherState.CANCELLED | PublisherState.WITHDRAWN | PublisherState.GONE:
            return [PreflightFinding(PreflightCode.ANNOUNCEMENT_CALLED_OFF, address, {"note": note})]
    return [PreflightFinding(PreflightCode.ANNOUNCEMENT_LEADS_ON, address)]


def _says_another_time(says: PublisherSays, *, due_at: datetime) -> bool:
    if says.announced_for is not None:
        return says.announced_for != due_at
    if says.state is PublisherState.MOVED:
        return True
    return not (names_day(says.announced_text, due_at) and names_time(says.announced_text, due_at))


def new_findings(found: Iterable[PreflightFinding], notified: Iterable[PreflightFinding]) -> int:
    before = {(finding.code, finding.address) for finding in notified}
    return len({(each.code, each.address) for each in found if each.is_problem} - before)

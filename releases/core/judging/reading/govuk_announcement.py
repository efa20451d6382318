"""What a GOV.UK announcement says of a release, read from the answer of the content API; or why nothing can be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from releases.core.dates.calendar import Precision, Slot, slot_at
from releases.core.judging.reading import govuk_dates
from releases.core.judging.reading.govuk_dates import AnnouncedTime
from releases.core.judging.reading.govuk_document import (
    ANNOUNCEMENT,
    GONE,
    REDIRECT,
    STATISTICS,
    GovukDocument,
    NotADocumentError,
    one_line,
    read_document,
)
from releases.core.looks.answer import Answer, Failure

MOST_CHARACTERS = 500
"""What is taken of a publisher's own words at most."""


class Announcing(StrEnum):
    """What an announcement says of its date."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Problem(StrEnum):
    """Why an answer is no announcement that can be read. The first ones are no answer of the publisher's at all."""

    UNREACHABLE = "unreachable"
    ASKED_TO_WAIT = "asked_to_wait"
    UNKNOWN_SHAPE = "unknown_shape"
    NOT_FOUND = "not_found"
    GONE = "gone"
    PUBLISHED = "published"
    LED_ELSEWHERE = "led_elsewhere"
    OTHER_KIND = "other_kind"


CANNOT_TELL = frozenset({Problem.UNREACHABLE, Problem.ASKED_TO_WAIT, Problem.UNKNOWN_SHAPE})
"""With these nothing is known of the announcement."""


class NoAnnouncementError(Exception):
    """There is no announcement to read; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Announced:
    """What an announcement says. Its words are one line of plain text each; `displayed` is its date as readers see it.

    `note` is its reason for a changed date or a cancellation, `previous` the date before the last change.
    """

    title: str
    state: Announcing
    when: AnnouncedTime
    displayed: str = ""
    organisations: tuple[str, ...] = ()
    note: str = ""
    previous: str = ""

    @property
    def slot(self) -> Slot | None:
        """For when it announces, if that is exact to the minute or vague by the month; None for a day or nothing."""
        when = self.when
        if when.at:
            return slot_at(when.at)
        if when.month:
            return Slot(on=when.month, at=None, precision=Precision.MONTH)
        if when.two_months:
            return Slot(on=when.two_months, at=None, precision=Precision.TWO_MONTHS)
        return None


def read_answer(answer: Answer) -> Announced:
    """Read what the content API answered for an announcement's address.

    :raises NoAnnouncementError: if that is no announcement, or none that can be read.
    """
    if answer.failure is not None:
        waits = answer.failure is Failure.ASKED_TO_WAIT
        raise NoAnnouncementError(Problem.ASKED_TO_WAIT if waits else Problem.UNREACHABLE)
    if answer.left_allowed_hosts:
        raise NoAnnouncementError(Problem.LED_ELSEWHERE)
    if answer.status in _BY_STATUS:
        raise NoAnnouncementError(_BY_STATUS[answer.status])
    if answer.status != 200:
        raise NoAnnouncementError(Problem.ASKED_TO_WAIT if answer.status == 429 else Problem.UNREACHABLE)
    try:
        document = read_document(answer.body)
    except NotADocumentError as error:
        raise NoAnnouncementError(Problem.UNKNOWN_SHAPE) from error
    return _read(document)


def to_json(announced: Announced) -> dict[str, Any]:
    """Write what was announced, to be kept or carried."""
    when = announced.when
    written = {
        "title": announced.title,
        "state": announced.state.value,
        "at": when.at.isoformat() if when.at else "",
        "on": when.on.isoformat() if when.on else "",
        "month": when.month.isoformat() if when.month else "",
        "two_months": when.two_months.isoformat() if when.two_months else "",
        "displayed": announced.displayed,
        "organisations": list(announced.organisations),
        "note": announced.note,
        "previous": announced.previous,
    }
    return {name: value for name, value in written.items() if value}


def from_json(written: Mapping[str, Any]) -> Announced:
    """Read what `to_json` wrote.

    :raises ValueError: if it is something else.
    :raises KeyError: if the title or the state is missing.
    """
    at = written.get("at")
    return Announced(
        title=written["title"],
        state=Announcing(written["state"]),
        when=AnnouncedTime(
            at=datetime.fromisoformat(at) if at else None,
            on=_day(written.get("on")),
            month=_day(written.get("month")),
            two_months=_day(written.get("two_months")),
        ),
        displayed=written.get("displayed", ""),
        organisations=tuple(written.get("organisations", ())),
        note=written.get("note", ""),
        previous=written.get("previous", ""),
    )


_BY_STATUS = {404: Problem.NOT_FOUND, 410: Problem.GONE}
_BY_SCHEMA = {GONE: Problem.GONE, REDIRECT: Problem.UNKNOWN_SHAPE}


def _read(document: GovukDocument) -> Announced:
    if document.schema != ANNOUNCEMENT:
        published = Problem.PUBLISHED if document.kind in STATISTICS else Problem.OTHER_KIND
        raise NoAnnouncementError(_BY_SCHEMA.get(document.schema, published))
    details, state = document.details, document.details.get("state")
    if state not in set(Announcing) or not document.title.strip():
        raise NoAnnouncementError(Problem.UNKNOWN_SHAPE)
    return Announced(
        title=_line(document.title),
        state=Announcing(state),
        when=govuk_dates.announced_time(document),
        displayed=_line(details.get("display_date")),
        organisations=tuple(_line(each) for each in document.organisations[:20]),
        note=_line(details.get("cancellation_reason") or details.get("latest_change_note")),
        previous=_line(details.get("previous_display_date")),
    )


def _line(written: object) -> str:
    """Write a publisher's words as one line that can be kept: no half of a surrogate pair, no NUL, and an end."""
    plain = one_line(written) if isinstance(written, str) else ""
    return plain[:MOST_CHARACTERS].encode(errors="replace").decode().replace("\0", "")


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None

"""A release's announcement on GOV.UK, and how it differs from our calendar."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from releases.detection import govuk
from releases.detection.characters import fold
from releases.detection.govuk import (
    ANNOUNCEMENT,
    GONE,
    REDIRECT,
    STATISTICS,
    AnnouncedTime,
    GovukDocument,
    NotADocumentError,
    read_document,
    strip_markup,
)
from releases.rules import calendar
from releases.rules.calendar import Precision, Slot, months_after, slot_at
from releases.rules.lifecycle import Status
from releases.rules.response import Answer, Failure

MOST_CHARACTERS = 500
"""The largest number of characters used of a publisher's own text."""


class AnnouncementState(StrEnum):
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Problem(StrEnum):
    """The reasons why a response is not a readable announcement. The first ones are not from the publisher at all."""

    UNREACHABLE = "unreachable"
    ASKED_TO_WAIT = "asked_to_wait"
    UNKNOWN_SHAPE = "unknown_shape"
    NOT_FOUND = "not_found"
    GONE = "gone"
    PUBLISHED = "published"
    LED_ELSEWHERE = "led_elsewhere"
    OTHER_KIND = "other_kind"


CANNOT_TELL = frozenset({Problem.UNREACHABLE, Problem.ASKED_TO_WAIT, Problem.UNKNOWN_SHAPE})
"""With these problems nothing is known about the announcement."""


class NoAnnouncementError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Announcement:
    """The content of an announcement. Each text is one line of plain text; `displayed` is its date as readers see it.

    `note` is the reason for a changed date or a cancellation; `previous` is the date before the last change.
    """

    title: str
    state: AnnouncementState
    when: AnnouncedTime
    displayed: str = ""
    organisations: tuple[str, ...] = ()
    note: str = ""
    previous: str = ""

    @property
    def slot(self) -> Slot | None:
        when = self.when
        if when.at:
            return slot_at(when.at)
        if when.month:
            return Slot(on=when.month, at=None, precision=Precision.MONTH)
        if when.two_months:
            return Slot(on=when.two_months, at=None, precision=Precision.TWO_MONTHS)
        return None


def read_announcement(answer: Answer) -> Announcement:
    """Read an announcement from a response of the content API.

    :raises NoAnnouncementError: if it is not a readable announcement.
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


def announced_to_json(announced: Announcement) -> dict[str, Any]:
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


def announced_from_json(written: Mapping[str, Any]) -> Announcement:
    """Read what `to_json` wrote.

    :raises ValueError: if it is something else.
    :raises KeyError: if the title or the state is missing.
    """
    at = written.get("at")
    return Announcement(
        title=written["title"],
        state=AnnouncementState(written["state"]),
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


def _read(document: GovukDocument) -> Announcement:
    if document.schema != ANNOUNCEMENT:
        published = Problem.PUBLISHED if document.kind in STATISTICS else Problem.OTHER_KIND
        raise NoAnnouncementError(_BY_SCHEMA.get(document.schema, published))
    details, state = document.details, document.details.get("state")
    if state not in set(AnnouncementState) or not document.title.strip():
        raise NoAnnouncementError(Problem.UNKNOWN_SHAPE)
    return Announcement(
        title=_line(document.title),
        state=AnnouncementState(state),
        when=govuk.announced_time(document),
        displayed=_line(details.get("display_date")),
        organisations=tuple(_line(each) for each in document.organisations[:20]),
        note=_line(details.get("cancellation_reason") or details.get("latest_change_note")),
        previous=_line(details.get("previous_display_date")),
    )


def _line(written: object) -> str:
    plain = strip_markup(written) if isinstance(written, str) else ""
    return plain[:MOST_CHARACTERS].encode(errors="replace").decode().replace("\0", "")


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


class DifferenceKind(StrEnum):
    DATE = "date"
    TIME = "time"
    PRECISION = "precision"
    STATE = "state"
    TITLE = "title"
    NOT_FOUND = "not_found"
    GONE = "gone"
    PUBLISHED = "published"
    LED_ELSEWHERE = "led_elsewhere"
    OTHER_KIND = "other_kind"


@dataclass(frozen=True, slots=True)
class Ours:
    title: str
    slot: Slot
    status: Status


@dataclass(frozen=True, slots=True)
class Difference:
    kind: DifferenceKind
    theirs: str = ""
    ours: str = ""


def compare_announcement(ours: Ours, said: Announcement) -> list[Difference]:
    """Compare a future release with its announcement.

    Facts that the announcement does not state are not differences. If one of the two is cancelled, nothing else is
    compared.
    """
    theirs, is_cancelled = Status(said.state.value), ours.status is Status.CANCELLED
    found = [Difference(DifferenceKind.STATE, theirs, ours.status)] if theirs is not ours.status else []
    if not is_cancelled and said.state is not AnnouncementState.CANCELLED:
        kind = _of_dates(ours.slot, said.when)
        found += [Difference(kind, said.displayed or str(said.slot), str(ours.slot))] if kind else []
    if fold(said.title) != fold(ours.title):
        found.append(Difference(DifferenceKind.TITLE, said.title, ours.title))
    return found


def compare_problem(ours: Ours, problem: Problem) -> list[Difference]:
    """Return the differences of a future release from an address without a readable announcement.

    If nothing was read there, there is no difference. The announcement of a cancelled release may be removed.
    """
    if problem in CANNOT_TELL or (ours.status is Status.CANCELLED and problem in {Problem.GONE, Problem.NOT_FOUND}):
        return []
    return [Difference(DifferenceKind(problem.value))]


def _of_dates(slot: Slot, when: AnnouncedTime) -> DifferenceKind | None:
    theirs = list(_months_of(when))
    if not theirs:
        return None
    if slot.due_at is None or when.month or when.two_months:
        if slot.due_at is None and (slot.precision, _months(slot)) == (_precision(when), theirs):
            return None
        return DifferenceKind.PRECISION if set(theirs) & set(_months(slot)) else DifferenceKind.DATE
    day = calendar.local_date(when.at) if when.at else when.on
    if day != calendar.local_date(slot.due_at):
        return DifferenceKind.DATE
    return DifferenceKind.TIME if when.at and when.at != slot.due_at else None


def _precision(when: AnnouncedTime) -> Precision:
    if when.two_months:
        return Precision.TWO_MONTHS
    return Precision.MONTH if when.month else Precision.EXACT


def _months(slot: Slot) -> list[date]:
    first = slot.on.replace(day=1)
    return [first, months_after(first, 1)] if slot.precision is Precision.TWO_MONTHS else [first]


def _months_of(when: AnnouncedTime) -> Iterator[date]:
    if when.two_months:
        yield from (when.two_months, months_after(when.two_months, 1))
    elif when.month:
        yield when.month
    elif day := calendar.local_date(when.at) if when.at else when.on:
        yield day.replace(day=1)

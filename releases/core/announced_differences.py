"""In what a public announcement differs from our own calendar: codes and both sides, no words of ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from releases.core.dates import london
from releases.core.dates.calendar import Precision, Slot
from releases.core.judging.reading.characters import fold
from releases.core.judging.reading.govuk_announcement import CANNOT_TELL, Announced, Announcing, Problem
from releases.core.judging.reading.govuk_dates import AnnouncedTime
from releases.core.status import Status


class Kind(StrEnum):
    """What can differ; the last ones are announcements that are none any more."""

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
    """A release as our calendar has it."""

    title: str
    slot: Slot
    status: Status


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: what the announcement says and what our calendar says, as each is shown to readers."""

    kind: Kind
    theirs: str = ""
    ours: str = ""


def of_announced(ours: Ours, said: Announced) -> list[Difference]:
    """Compare a release that is still to come with what its announcement says.

    What the announcement leaves open is no difference, and nothing more is compared where one of both is cancelled.
    """
    theirs, is_cancelled = Status(said.state.value), ours.status is Status.CANCELLED
    found = [Difference(Kind.STATE, theirs, ours.status)] if theirs is not ours.status else []
    if not is_cancelled and said.state is not Announcing.CANCELLED:
        kind = _of_dates(ours.slot, said.when)
        found += [Difference(kind, said.displayed or str(said.slot), str(ours.slot))] if kind else []
    if fold(said.title) != fold(ours.title):
        found.append(Difference(Kind.TITLE, said.title, ours.title))
    return found


def of_problem(ours: Ours, problem: Problem) -> list[Difference]:
    """Say in what a release that is still to come differs from an announcement that is none.

    Where nothing is known of the announcement there is no difference, and a cancelled one may be taken away.
    """
    if problem in CANNOT_TELL or (ours.status is Status.CANCELLED and problem in {Problem.GONE, Problem.NOT_FOUND}):
        return []
    return [Difference(Kind(problem.value))]


def _of_dates(slot: Slot, when: AnnouncedTime) -> Kind | None:
    theirs = list(_months_of(when))
    if not theirs:
        return None
    if slot.due_at is None or when.month or when.two_months:
        if slot.due_at is None and (slot.precision, _months(slot)) == (_precision(when), theirs):
            return None
        return Kind.PRECISION if set(theirs) & set(_months(slot)) else Kind.DATE
    day = london.local_date(when.at) if when.at else when.on
    if day != london.local_date(slot.due_at):
        return Kind.DATE
    return Kind.TIME if when.at and when.at != slot.due_at else None


def _precision(when: AnnouncedTime) -> Precision:
    if when.two_months:
        return Precision.TWO_MONTHS
    return Precision.MONTH if when.month else Precision.EXACT


def _months(slot: Slot) -> list[date]:
    first = slot.on.replace(day=1)
    return [first, _next(first)] if slot.precision is Precision.TWO_MONTHS else [first]


def _months_of(when: AnnouncedTime) -> Iterator[date]:
    """Give the first days of the months that an announcement names."""
    if when.two_months:
        yield from (when.two_months, _next(when.two_months))
    elif when.month:
        yield when.month
    elif day := london.local_date(when.at) if when.at else when.on:
        yield day.replace(day=1)


def _next(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)

"""For how long before a release its figures may be seen: the period of pre-release access, and when it begins."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from releases.core.dates import london
from releases.core.dates.calendar import Nation, working_day_before

# A change of the list so shortly before the release is agreed by the Head of Profession or a deputy.
SHORTLY = timedelta(hours=24)


class Unit(StrEnum):
    """In what a period is counted: hours that go by, or days on which the nation's offices work."""

    HOURS = "hours"
    WORKING_DAYS = "working_days"


# Beyond these a slip of the keyboard is likelier than a period.
LONGEST = {Unit.HOURS: 240, Unit.WORKING_DAYS: 10}


@dataclass(frozen=True, slots=True)
class Period:
    """The time before a release in which it may be seen; its instants follow from when the release is due."""

    length: int
    unit: Unit = Unit.HOURS

    def begins(self, due_at: datetime, *, nation: Nation) -> datetime:
        """Return the instant at which the period begins: hours are elapsed ones, a working day keeps the time of day.

        :param due_at: the aware instant at which the release is due.
        :param nation: whose working days are counted.
        """
        if self.unit is Unit.HOURS:
            return due_at - timedelta(hours=self.length)
        local = london.in_london(due_at)
        day = local.date()
        for _ in range(self.length):
            day = working_day_before(day, nation=nation)
        return london.from_london(datetime.combine(day, local.time()))

    def __str__(self) -> str:
        name = self.unit.replace("_", " ")
        return f"{self.length} {name if self.length != 1 else name.removesuffix('s')}"


class Ground(StrEnum):
    """Where the usual period of a producer comes from."""

    ITS_OWN = "its_own"
    ORDER = "order"
    NOT_CONFIRMED = "not_confirmed"


@dataclass(frozen=True, slots=True)
class Usual:
    """The period that is granted unless there is a reason for another, and where it comes from."""

    period: Period
    ground: Ground


# The orders on pre-release access under section 11 of the Statistics and Registration Service Act 2007, one for each
# nation. Scotland's allows more, and nobody has confirmed here how much: the office writes its figure on the producer.
A_DAY = Period(24)
ORDERS: dict[Nation, Usual] = {
    Nation.UNITED_KINGDOM: Usual(A_DAY, Ground.ORDER),
    Nation.ENGLAND: Usual(A_DAY, Ground.ORDER),
    Nation.WALES: Usual(A_DAY, Ground.ORDER),
    Nation.NORTHERN_IRELAND: Usual(A_DAY, Ground.ORDER),
    Nation.SCOTLAND: Usual(A_DAY, Ground.NOT_CONFIRMED),
}


def usual(nation: Nation, *, own: Period | None) -> Usual:
    """Return the period that a producer grants as a rule.

    :param own: the period that an administrator has set on the producer, if any.
    """
    return Usual(own, Ground.ITS_OWN) if own else ORDERS[nation]


def needs_agreement(due_at: datetime | None, *, at: datetime) -> bool:
    """Tell whether a change of the list at an aware instant is for the Head of Profession or a deputy to agree.

    It is within a day before the release, and from then on; while the date is vague it is not.
    """
    return due_at is not None and at >= due_at - SHORTLY


class Oddity(StrEnum):
    """What of a recorded access does not fit what was granted; whether it is a breach is for people to say."""

    BEFORE_GRANT = "before_grant"
    BEFORE_PERIOD = "before_period"


def oddities(*, began_at: datetime | None, begins_at: datetime | None, granted_at: datetime) -> tuple[Oddity, ...]:
    """List what does not fit, all instants aware.

    :param began_at: when access began, as it was recorded, or None if it did not.
    :param begins_at: when its period begins, or None while the release has no exact date.
    :param granted_at: when it was granted.
    """
    if began_at is None:
        return ()
    found = (
        (Oddity.BEFORE_GRANT, began_at < granted_at),
        (Oddity.BEFORE_PERIOD, begins_at is not None and began_at < begins_at),
    )
    return tuple(oddity for oddity, holds in found if holds)

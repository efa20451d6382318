"""Pre-release access: the period by nation, the lifecycle of an entry, and checks of its details."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from releases.rules import calendar
from releases.rules.calendar import Nation, working_day_before
from releases.rules.lifecycle import KEEPERS, LEADS, Lifecycle, Move, Role

# From this long before the release on, the Head of Profession or a deputy must agree to a change of the list.
SHORTLY = timedelta(hours=24)


class Unit(StrEnum):
    HOURS = "hours"
    WORKING_DAYS = "working_days"


# Longer periods are probably typing errors.
LONGEST = {Unit.HOURS: 240, Unit.WORKING_DAYS: 10}


@dataclass(frozen=True, slots=True)
class Period:
    """The period of access before a release; its instants are computed from the due time."""

    length: int
    unit: Unit = Unit.HOURS

    def begins(self, due_at: datetime, *, nation: Nation) -> datetime:
        """Return the beginning of the period. Hours are elapsed hours; working days have the same time of day."""
        if self.unit is Unit.HOURS:
            return due_at - timedelta(hours=self.length)
        local = calendar.in_london(due_at)
        day = local.date()
        for _ in range(self.length):
            day = working_day_before(day, nation=nation)
        return calendar.from_london(datetime.combine(day, local.time()))

    def __str__(self) -> str:
        name = self.unit.replace("_", " ")
        return f"{self.length} {name if self.length != 1 else name.removesuffix('s')}"


class Ground(StrEnum):
    ITS_OWN = "its_own"
    ORDER = "order"
    NOT_CONFIRMED = "not_confirmed"


@dataclass(frozen=True, slots=True)
class Usual:
    period: Period
    ground: Ground


# The orders on pre-release access under section 11 of the Statistics and Registration Service Act 2007, one for each
# nation. Scotland's allows more, but the figure is not confirmed here: the office sets it on the producer.
A_DAY = Period(24)
ORDERS: dict[Nation, Usual] = {
    Nation.UNITED_KINGDOM: Usual(A_DAY, Ground.ORDER),
    Nation.ENGLAND: Usual(A_DAY, Ground.ORDER),
    Nation.WALES: Usual(A_DAY, Ground.ORDER),
    Nation.NORTHERN_IRELAND: Usual(A_DAY, Ground.ORDER),
    Nation.SCOTLAND: Usual(A_DAY, Ground.NOT_CONFIRMED),
}


def usual_period(nation: Nation, *, own: Period | None) -> Usual:
    return Usual(own, Ground.ITS_OWN) if own else ORDERS[nation]


def needs_agreement_for(due_at: datetime | None, *, at: datetime) -> bool:
    """Return whether a change of the list at an aware instant needs the agreement of a lead.

    It does from a day before the release on. While the date is vague it does not.
    """
    return due_at is not None and at >= due_at - SHORTLY


class Oddity(StrEnum):
    """A difference between the recorded and the granted access; people decide whether it is a breach."""

    BEFORE_GRANT = "before_grant"
    BEFORE_PERIOD = "before_period"


def find_oddities(*, began_at: datetime | None, begins_at: datetime | None, granted_at: datetime) -> tuple[Oddity, ...]:
    if began_at is None:
        return ()
    found = (
        (Oddity.BEFORE_GRANT, began_at < granted_at),
        (Oddity.BEFORE_PERIOD, begins_at is not None and began_at < begins_at),
    )
    return tuple(oddity for oddity, holds in found if holds)


class AccessStatus(StrEnum):
    GRANTED = "granted"
    BEGUN = "begun"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class RequestStatus(StrEnum):
    WAITING = "waiting"
    AGREED = "agreed"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


class RequestKind(StrEnum):
    ADD = "add"
    CHANGE = "change"
    WITHDRAW = "withdraw"


CHANGE = "change"
WITHDRAW = "withdraw"
BEGIN = "begin"
END = "end"
TAKE_BACK = "take_back"
AGREE = "agree"
REFUSE = "refuse"

# The states of entries with access; they are on the published list.
HAD_ACCESS = (AccessStatus.BEGUN, AccessStatus.ENDED)
ON_THE_LIST = (AccessStatus.GRANTED, *HAD_ACCESS)
# Code of Practice, edition 2.1, T3.3 (3.0: 3.3): accurate records of who has access before release.
LIST_KEEPERS = KEEPERS | {Role.STATISTICIAN}

# The agreement of a Head of Profession or a deputy is needed within a day before the release and from then on; a person
# in one of these roles has it. That access began or ended is a fact, which needs no agreement.
ACCESS = Lifecycle(
    name="pre-release access",
    initial=AccessStatus.GRANTED,
    moves=(
        *(Move(CHANGE, status, status, LIST_KEEPERS, needs=("agreement",)) for status in ON_THE_LIST),
        Move(WITHDRAW, AccessStatus.GRANTED, AccessStatus.WITHDRAWN, LIST_KEEPERS, needs=("agreement",)),
        Move(BEGIN, AccessStatus.GRANTED, AccessStatus.BEGUN, LIST_KEEPERS, needs=("time",)),
        Move(END, AccessStatus.BEGUN, AccessStatus.ENDED, LIST_KEEPERS, needs=("time",)),
        Move(TAKE_BACK, AccessStatus.BEGUN, AccessStatus.GRANTED, LEADS),
        Move(TAKE_BACK, AccessStatus.ENDED, AccessStatus.BEGUN, LEADS),
    ),
)

REQUEST = Lifecycle(
    name="request",
    initial=RequestStatus.WAITING,
    moves=(
        Move(AGREE, RequestStatus.WAITING, RequestStatus.AGREED, LEADS),
        Move(REFUSE, RequestStatus.WAITING, RequestStatus.REFUSED, LEADS),
        Move(TAKE_BACK, RequestStatus.WAITING, RequestStatus.TAKEN_BACK, LIST_KEEPERS),
    ),
)


PUBLIC = ("post", "organisation")
WORDS = ("reason", "period_reason")


@dataclass(frozen=True, slots=True)
class Details:
    """One entry of a list: post and organisation are public; only those who edit the list see person and e-mail."""

    post: str
    organisation: str
    person: str
    email: str
    period: Period
    reason: str
    period_reason: str = ""


class Objection(NamedTuple):
    field: str
    sentence: str


REQUIRED_FIELDS = {
    "post": "Give the post: the published list names it.",
    "organisation": "Give the organisation: the published list names it.",
    "person": "Give the person who holds the post: the record says who has access.",
    "reason": "Say why the access is needed.",
}


def find_objections(details: Details, *, usual: Period) -> Iterator[Objection]:
    """List missing or wrong values, in the order of the form.

    Source: Code of Practice for Statistics, edition 2.1, T3.3 and T3.4: accurate records of who has access, and why.

    :param usual: the period that needs no reason.
    """
    for field, sentence in REQUIRED_FIELDS.items():
        if not getattr(details, field).strip():
            yield Objection(field, sentence)
    yield from _of_the_period(details, usual=usual)
    for field in (*PUBLIC, *WORDS):
        if gives_away(getattr(details, field), person=details.person, email=details.email):
            yield Objection(field, "Name the post, not the person: no name and no e-mail address belongs here.")


def _of_the_period(details: Details, *, usual: Period) -> Iterator[Objection]:
    period = details.period
    longest = Period(LONGEST[period.unit], period.unit)
    if not 1 <= period.length <= longest.length:
        yield Objection("length", f"A period is between 1 and {longest}.")
    elif period != usual and not details.period_reason.strip():
        yield Objection("period_reason", f"The usual period is {usual}; say why this is {period}.")


def gives_away(text: str, *, person: str, email: str) -> bool:
    """Return whether a text that others can read contains an e-mail address or the person's name."""
    written, name, address = (" ".join(words.casefold().split()) for words in (text, person, email))
    named = bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", written) is not None
    return named or "@" in written or bool(address and address in written)

"""Pre-release access: the limit by nation, the lifecycle of an entry, and checks of its details."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from releases.rules import calendar
from releases.rules.calendar import Nation, working_day_before
from releases.rules.lifecycle import KEEPERS, LEADS, Lifecycle, Move, Role

# From this long before the release on, a Head of Profession or a deputy must agree to each change of the list.
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
        """Return the beginning of the period. Hours are elapsed hours; working days begin at the due time of day."""
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


class StatisticsKind(StrEnum):
    """The kinds of statistics for which an order has separate limits. Each series has one kind."""

    GENERAL = "general"
    ECONOMIC = "economic"
    GDP_OR_RETAIL_SALES = "gdp_or_retail_sales"


class Longer(StrEnum):
    """What a period that is longer than the limit needs."""

    REASON = "reason"
    JUDGEMENT = "judgement"
    REFUSED = "refused"


class Ground(StrEnum):
    ITS_OWN = "its_own"
    ORDER = "order"
    NOT_CONFIRMED = "not_confirmed"


A_DAY = Period(24)


@dataclass(frozen=True, slots=True)
class Order:
    """What the order of one nation allows for one kind of statistics.

    :ivar limit: the longest period; None if the order allows no access at all.
    """

    limit: Period | None
    longer: Longer = Longer.REFUSED


@dataclass(frozen=True, slots=True)
class Terms:
    """The periods of pre-release access to the releases of one series.

    :ivar nation: the nation whose order applies to the statistics.
    :ivar usual: the period that needs no reason; None if no one may have access.
    :ivar order: what the order allows; None if that is not confirmed.
    :ivar ground: where the usual period comes from.
    """

    nation: Nation
    usual: Period | None
    order: Order | None
    ground: Ground

    @property
    def limit(self) -> Period | None:
        """The longest period without a judgement: the order's limit, or the producer's period that replaces it."""
        if self.ground is Ground.ITS_OWN and self.replaces_order:
            return self.usual
        return self.order.limit if self.order else None

    @property
    def replaces_order(self) -> bool:
        """Whether the producer's own period is longer than the order's limit."""
        if self.order is None or self.order.limit is None or self.usual is None:
            return False
        return is_longer(self.usual, self.order.limit, due_at=None, nation=self.nation)

    @property
    def longer(self) -> Longer:
        return self.order.longer if self.order else Longer.REASON


# The orders on pre-release access under section 11 of the Statistics and Registration Service Act 2007, one for each
# nation. UK and England: Hansard, Lords Grand Committee on the order of 2008. Northern Ireland: a letter to OSR of
# September 2022 (paragraph 5 of the order). Wales: the period of the order of 2009 is not confirmed, so Wales has no
# entry.
_ORDERS = {
    Nation.UNITED_KINGDOM: Order(A_DAY),
    Nation.ENGLAND: Order(A_DAY),
    Nation.NORTHERN_IRELAND: Order(A_DAY, Longer.JUDGEMENT),
}
# 2021 asp 11, section 1, and the review of the Scottish Government of 2025. Access to GDP and retail sales was reduced
# in steps to none. "One day" for market-sensitive statistics is read as 24 hours, the narrower reading.
_SCOTLAND = {
    StatisticsKind.GENERAL: Order(Period(5, Unit.WORKING_DAYS)),
    StatisticsKind.ECONOMIC: Order(Period(1, Unit.WORKING_DAYS)),
    StatisticsKind.GDP_OR_RETAIL_SALES: Order(None),
}
# The order of 2008 has special provisions for the Bank of England and the Treasury. Whether its limit binds them is
# not confirmed, so an administrator may record a longer period on a producer of these nations.
_WITH_SPECIAL_PROVISIONS = frozenset({Nation.UNITED_KINGDOM, Nation.ENGLAND})


def find_order(nation: Nation, *, kind: StatisticsKind, market_sensitive: bool) -> Order | None:
    """Return what the order of a nation allows for statistics of a kind; None if that is not confirmed."""
    if nation is not Nation.SCOTLAND:
        return _ORDERS.get(nation)
    if market_sensitive and kind is not StatisticsKind.GDP_OR_RETAIL_SALES:
        return Order(A_DAY)
    return _SCOTLAND[kind]


def find_terms(
    nation: Nation,
    *,
    kind: StatisticsKind = StatisticsKind.GENERAL,
    market_sensitive: bool = False,
    own: Period | None = None,
) -> Terms:
    """Return the periods for a series: the statistics decide which nation's order applies, not the office.

    :param own: the producer's own usual period; None if it has none, or if it belongs to another nation.
    """
    order = find_order(nation, kind=kind, market_sensitive=market_sensitive)
    if order is None:
        ground = Ground.ITS_OWN if own else Ground.NOT_CONFIRMED
        return Terms(nation, own or A_DAY, None, ground)
    if order.limit is None:
        return Terms(nation, None, order, Ground.ORDER)
    if own and (nation in _WITH_SPECIAL_PROVISIONS or not is_longer(own, order.limit, due_at=None, nation=nation)):
        return Terms(nation, own, order, Ground.ITS_OWN)
    usual = order.limit if own else A_DAY
    return Terms(nation, usual, order, Ground.ORDER)


def is_longer(period: Period, limit: Period, *, due_at: datetime | None, nation: Nation) -> bool:
    """Return whether a period is longer than another.

    A period in hours and one in working days are compared by their beginnings. While the date is vague, a working day
    counts as 24 hours.
    """
    if period.unit is limit.unit:
        return period.length > limit.length
    if due_at is None:
        return _least_hours(period) > _least_hours(limit)
    return period.begins(due_at, nation=nation) < limit.begins(due_at, nation=nation)


def _least_hours(period: Period) -> int:
    return period.length * (24 if period.unit is Unit.WORKING_DAYS else 1)


def find_opening_on_rest_day(due_at: datetime | None, *, period: Period | None, nation: Nation) -> datetime | None:
    """Return when a period in hours begins if that is a weekend or a bank holiday, such as before a Monday release.

    A period in working days always begins on a working day, so the result is None.
    """
    if due_at is None or period is None or period.unit is not Unit.HOURS:
        return None
    begins = period.begins(due_at, nation=nation)
    return begins if calendar.no_release_day(calendar.local_date(begins), nation=nation) else None


def needs_agreement_for(due_at: datetime | None, *, at: datetime) -> bool:
    """Return whether a change of the list at an aware instant needs the agreement of a lead.

    It does from 24 hours before the release on. While the date is vague, it does not.
    """
    return due_at is not None and at >= due_at - SHORTLY


class Oddity(StrEnum):
    """A difference between the recorded and the granted access; people decide whether it is a breach."""

    BEFORE_GRANT = "before_grant"
    BEFORE_PERIOD = "before_period"
    OVER_LIMIT = "over_limit"


def find_oddities(
    *, began_at: datetime | None, begins_at: datetime | None, granted_at: datetime, over_limit: bool = False
) -> tuple[Oddity, ...]:
    found = (
        (Oddity.OVER_LIMIT, over_limit),
        (Oddity.BEFORE_GRANT, began_at is not None and began_at < granted_at),
        (Oddity.BEFORE_PERIOD, began_at is not None and begins_at is not None and began_at < begins_at),
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

# `HAD_ACCESS`: the states of entries whose access has begun. `ON_THE_LIST`: the states of entries on the published
# list, which also has granted access that has not begun.
HAD_ACCESS = (AccessStatus.BEGUN, AccessStatus.ENDED)
ON_THE_LIST = (AccessStatus.GRANTED, *HAD_ACCESS)
# Code of Practice, edition 2.1, T3.3 (3.0: 3.3): accurate records of who has access before release.
LIST_KEEPERS = KEEPERS | {Role.STATISTICIAN}

# From one day before the release, a change of the list needs the agreement of a Head of Profession or a deputy. A
# change that one of them makes needs no further agreement. Recording that access began or ended needs none, because it
# is a fact.
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
# The published list also shows these fields: why the public benefit outweighs the limit, and when the Authority was
# notified.
JUDGEMENT = ("public_benefit", "authority_notified_on")
WORDS = ("reason", "period_reason", "public_benefit")


@dataclass(frozen=True, slots=True)
class Details:
    """One entry of a list: post and organisation are public; only people who edit the list see person and email."""

    post: str
    organisation: str
    person: str
    email: str
    period: Period
    reason: str
    period_reason: str = ""
    public_benefit: str = ""
    authority_notified_on: date | None = None


class Objection(NamedTuple):
    field: str
    sentence: str


REQUIRED_FIELDS = {
    "post": "Enter the post. We publish it in the list.",
    "organisation": "Enter the organisation. We publish it in the list.",
    "person": "Enter the person who holds the post. We record who has access.",
    "reason": "Explain why access is needed.",
}


def find_objections(details: Details, *, terms: Terms, due_at: datetime | None, today: date) -> Iterator[Objection]:
    """List missing or wrong values, in the order of the form.

    Source: Code of Practice for Statistics, edition 2.1, T3.3 and T3.4: accurate records of who has access, and why.

    :param due_at: when the release is due; None while its date is vague.
    :param today: the London day of the change.
    """
    for field, sentence in REQUIRED_FIELDS.items():
        if not getattr(details, field).strip():
            yield Objection(field, sentence)
    yield from _of_the_period(details, terms=terms, due_at=due_at, today=today)
    for field in (*PUBLIC, *WORDS):
        if gives_away(getattr(details, field), person=details.person, email=details.email):
            yield Objection(field, "Enter the post, not the person. Do not enter a name or an email address.")


NO_ACCESS = "The law for Scotland allows no access to these statistics before their release."


def is_over_limit(period: Period, *, terms: Terms, due_at: datetime | None) -> bool:
    """Return whether a period is longer than the limit.

    Without a confirmed limit no period is too long. If no access is allowed, every period is.
    """
    if terms.usual is None:
        return True
    return terms.limit is not None and is_longer(period, terms.limit, due_at=due_at, nation=terms.nation)


def needs_judgement(period: Period, *, terms: Terms, due_at: datetime | None) -> bool:
    """Return whether a period needs the judgement that the public benefit outweighs the limit."""
    return terms.longer is Longer.JUDGEMENT and is_over_limit(period, terms=terms, due_at=due_at)


def _of_the_period(details: Details, *, terms: Terms, due_at: datetime | None, today: date) -> Iterator[Objection]:
    period = details.period
    longest = Period(LONGEST[period.unit], period.unit)
    if terms.usual is None:
        yield Objection("length", NO_ACCESS)
    elif not 1 <= period.length <= longest.length:
        yield Objection("length", f"Enter a period between 1 and {longest}.")
    elif needs_judgement(period, terms=terms, due_at=due_at):
        yield from _of_the_judgement(details, terms=terms, today=today)
    elif details.public_benefit.strip() or details.authority_notified_on:
        field = "public_benefit" if details.public_benefit.strip() else "authority_notified_on"
        yield Objection(field, f"Leave this empty. {period} needs no judgement and no notice to the Authority.")
    elif is_over_limit(period, terms=terms, due_at=due_at):
        yield Objection(
            "length", f"{period} is longer than the limit for these statistics ({terms.limit}). Shorten it."
        )
    elif period != terms.usual and not details.period_reason.strip():
        yield Objection("period_reason", f"The usual period is {terms.usual}. Explain why this is {period}.")


def _of_the_judgement(details: Details, *, terms: Terms, today: date) -> Iterator[Objection]:
    if not details.public_benefit.strip():
        sentence = f"Explain why the public benefit outweighs the limit of {terms.limit}. We publish this in the list."
        yield Objection("public_benefit", sentence)
    if details.authority_notified_on is None:
        sentence = f"Enter the date on which the Authority was notified of a period longer than {terms.limit}."
        yield Objection("authority_notified_on", sentence)
    elif details.authority_notified_on > today:
        yield Objection("authority_notified_on", "Notify the Authority first. This date is in the future.")


def gives_away(text: str, *, person: str, email: str) -> bool:
    """Return whether a text that others can read contains an email address or the person's name."""
    written, name, address = (" ".join(words.casefold().split()) for words in (text, person, email))
    named = bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", written) is not None
    return named or "@" in written or bool(address and address in written)

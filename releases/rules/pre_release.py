"""Pre-release access: the limits for each nation, the lifecycle of list entries, and the validation of entries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from releases.rules import calendar
from releases.rules.calendar import Nation, working_day_before
from releases.rules.lifecycle import KEEPERS, LEADS, Lifecycle, Move, Role

# From this long before the release, a change of the list needs the agreement of a Head of Profession or a deputy.
SHORTLY = timedelta(hours=24)


class Unit(StrEnum):
    HOURS = "hours"
    WORKING_DAYS = "working_days"


# Longer periods are refused, because they are probably typing errors.
LONGEST = {Unit.HOURS: 240, Unit.WORKING_DAYS: 10}


@dataclass(frozen=True, slots=True)
class Period:
    """How long before the release the access begins."""

    length: int
    unit: Unit = Unit.HOURS

    def begins(self, due_at: datetime, *, nation: Nation) -> datetime:
        """Return the instant at which access begins.

        A period in hours is counted in elapsed time. A period in working days begins at the same London time of day as
        the release.
        """
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
    """The kinds of statistics for which an order sets separate limits. Each series has one kind."""

    GENERAL = "general"
    ECONOMIC = "economic"
    GDP_OR_RETAIL_SALES = "gdp_or_retail_sales"


class Longer(StrEnum):
    """Whether a period may be longer than the limit.

    REASON: if a reason is given. JUDGEMENT: if the public benefit outweighs the limit. REFUSED: never.
    """

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
    """The access that the order of one nation allows for one kind of statistics.

    :ivar limit: the longest period; None if the order allows no access at all.
    """

    limit: Period | None
    longer: Longer = Longer.REFUSED


@dataclass(frozen=True, slots=True)
class Terms:
    """The periods of pre-release access to the releases of one series.

    :ivar nation: the nation whose order applies to the statistics.
    :ivar usual: the period that needs no reason; None if no one may have access.
    :ivar order: the access that this order allows; None if this access is not confirmed.
    :ivar ground: the source of the usual period.
    """

    nation: Nation
    usual: Period | None
    order: Order | None
    ground: Ground

    @property
    def limit(self) -> Period | None:
        """The longest period that needs no judgement; None if no limit is confirmed, or if no access is allowed.

        This is the limit of the order, unless the producer's own period is longer and replaces it.
        """
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
# nation. Source for the UK and England: Hansard, Lords Grand Committee on the order of 2008. Source for Northern
# Ireland: a letter to OSR of September 2022 (paragraph 5 of the order). Wales has no entry, because the period in its
# order of 2009 is not confirmed.
_ORDERS = {
    Nation.UNITED_KINGDOM: Order(A_DAY),
    Nation.ENGLAND: Order(A_DAY),
    Nation.NORTHERN_IRELAND: Order(A_DAY, Longer.JUDGEMENT),
}
# Sources: 2021 asp 11, section 1, and the review of the Scottish Government of 2025. Access to statistics on GDP and
# retail sales was reduced in steps, and is no longer allowed. For market-sensitive statistics, access is limited to
# "one day". We read this as 24 hours, which is the narrower reading.
_SCOTLAND = {
    StatisticsKind.GENERAL: Order(Period(5, Unit.WORKING_DAYS)),
    StatisticsKind.ECONOMIC: Order(Period(1, Unit.WORKING_DAYS)),
    StatisticsKind.GDP_OR_RETAIL_SALES: Order(None),
}
# The order of 2008 has special provisions for the Bank of England and the Treasury. It is not confirmed that the limit
# of the order applies to them. So an administrator may record a longer period for a producer of these nations.
_WITH_SPECIAL_PROVISIONS = frozenset({Nation.UNITED_KINGDOM, Nation.ENGLAND})


def find_order(nation: Nation, *, kind: StatisticsKind, market_sensitive: bool) -> Order | None:
    """Return the access that the order of a nation allows for a kind of statistics, or None if it is not confirmed."""
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
    """Return the periods of pre-release access for a series.

    :param nation: the nation of the statistics, whose order applies. The nation of the office does not matter.
    :param own: the producer's own usual period; None if the producer has none, or belongs to another nation.
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

    If one period is in hours and the other in working days, their beginnings are compared. If the due time is not known
    yet, a working day counts as 24 hours.
    """
    if period.unit is limit.unit:
        return period.length > limit.length
    if due_at is None:
        return _least_hours(period) > _least_hours(limit)
    return period.begins(due_at, nation=nation) < limit.begins(due_at, nation=nation)


def _least_hours(period: Period) -> int:
    return period.length * (24 if period.unit is Unit.WORKING_DAYS else 1)


def find_opening_on_rest_day(due_at: datetime | None, *, period: Period | None, nation: Nation) -> datetime | None:
    """Return the beginning of a period if the period begins on a weekend or a bank holiday, otherwise None.

    For example, a period of 24 hours before a release on a Monday begins on a Sunday. A period in working days always
    begins on a working day.
    """
    if due_at is None or period is None or period.unit is not Unit.HOURS:
        return None
    begins = period.begins(due_at, nation=nation)
    return begins if calendar.no_release_day(calendar.local_date(begins), nation=nation) else None


def needs_agreement_for(due_at: datetime | None, *, at: datetime) -> bool:
    """Return whether a change of the list at an aware instant needs the agreement of a lead.

    Agreement is needed from 24 hours before the due time. If the release has no due time yet, no agreement is needed.
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

# `HAD_ACCESS` has the states of entries whose access has begun. `ON_THE_LIST` has the states of all entries on the
# published list. This list also shows access that is granted and has not begun.
HAD_ACCESS = (AccessStatus.BEGUN, AccessStatus.ENDED)
ON_THE_LIST = (AccessStatus.GRANTED, *HAD_ACCESS)
# The roles that may edit the list. Source: Code of Practice, edition 2.1, T3.3 (3.0: 3.3): accurate records of who has
# access before release.
LIST_KEEPERS = KEEPERS | {Role.STATISTICIAN}

# From one day before the release, a change of the list needs the agreement of a Head of Profession or a deputy. If one
# of them makes the change, no further agreement is needed. Recording when access began or ended needs no agreement,
# because it only records a fact.
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
# The published list also shows these two fields. They say why the public benefit outweighs the limit, and when the
# Authority was notified.
JUDGEMENT = ("public_benefit", "authority_notified_on")
WORDS = ("reason", "period_reason", "public_benefit")


@dataclass(frozen=True, slots=True)
class Details:
    """The details of one entry of a list.

    The post and the organisation are public. Only people who edit the list see the person and the email address.
    """

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
    """Yield an objection for each missing or wrong value, in the order of the form.

    Source: Code of Practice for Statistics, edition 2.1, T3.3 and T3.4: accurate records of who has access, and why.

    :param due_at: when the release is due; None if it has no exact date yet.
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

    If no limit is confirmed, the result is always false. If no access is allowed, the result is always true.
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
    elif is_over_limit(period, terms=terms, due_at=due_at):
        yield Objection(
            "length", f"{period} is longer than the limit for these statistics ({terms.limit}). Shorten it."
        )
    elif details.public_benefit.strip() or details.authority_notified_on:
        field = "public_benefit" if details.public_benefit.strip() else "authority_notified_on"
        sentence = f"A period of {period} needs no judgement, and you do not need to notify the Authority."
        yield Objection(field, f"Leave this empty. {sentence}")
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
        sentence = "The date on which the Authority was notified must not be in the future. Notify the Authority first."
        yield Objection("authority_notified_on", sentence)


def gives_away(text: str, *, person: str, email: str) -> bool:
    """Return whether a text that others can read contains an email address or the person's name."""
    written, name, address = (" ".join(words.casefold().split()) for words in (text, person, email))
    named = bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", written) is not None
    return named or "@" in written or bool(address and address in written)

"""The recorded facts about a release and its pre-release access list, and functions that write delays in words."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import chain

from releases.detection.finding import AddressRole, Source
from releases.rules.calendar import (
    format_day,
    format_moment,
    format_time,
    format_time_with_seconds,
    limit_at,
    local_date,
)
from releases.rules.departure import DepartureKind
from releases.rules.lifecycle import Role
from releases.rules.parts import Part, part_limit_at
from releases.verdict.address import AddressVerdict, Outcome, Sighting
from releases.verdict.release import Diagnosis, find_main_pages


@dataclass(frozen=True, slots=True)
class CheckFact:
    """One check, and the codes of the reasons for its result.

    `by_statement` is true if the result comes from a person's statement and not from the check itself. `words` is the
    text on the page that said the release was absent, or "" if no text is on record.
    """

    sighting: Sighting
    reasons: tuple[str, ...] = ()
    by_statement: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """One address of a release, with its verdict and checks.

    `checks` has the plain checks of one schedule, in any order. `repetitions` is the number of recorded checks that are
    not in `checks`, because they only repeat other checks. If a part of a release may be published later than the
    release itself, `may_follow` is the extra time after the limit of the release.

    `past_caches` is set if a check that bypassed caches found the release, and later plain checks still did not find
    it. The first instant is when the check that bypassed caches was completed. The second is when the last plain check
    that did not find the release was sent. Both are aware.

    `elsewhere` has the checks from further vantage points, in any order. `found_elsewhere` has the names of the further
    vantage points that found the address in time, although the main vantage point did not. Each name has the aware
    instant by which the address was first found from there.
    """

    url: str
    role: AddressRole
    required: bool
    verdict: AddressVerdict
    checks: tuple[CheckFact, ...] = ()
    past_caches: tuple[datetime, datetime] | None = None
    repetitions: int = 0
    part: Part = Part.UNNAMED
    may_follow: timedelta = timedelta(0)
    elsewhere: tuple[Sighting, ...] = ()
    found_elsewhere: tuple[tuple[str, datetime], ...] = ()

    def checks_in_order(self) -> list[CheckFact]:
        """Return the checks in the order in which they were sent."""
        return sorted(self.checks, key=lambda check: (check.sighting.sent_at, check.sighting.completed_at))

    def checks_since(self, due_at: datetime) -> list[CheckFact]:
        """Return the checks that were certainly made at or after the due instant, in the order in which they were sent.

        If the clock was not confirmed at a check, the time of the check is not known, so the check is left out.
        """
        return [
            check
            for check in self.checks_in_order()
            if check.sighting.clock_confirmed and check.sighting.at_the_earliest >= due_at
        ]


class StatementFact(StrEnum):
    """The kinds of statement that a person can make about an address.

    The values are those of `releases.models.Statement.Kind`.
    """

    THIS_IS_IT = "this_is_it"
    PREVIOUS_EDITION = "previous_edition"
    NOT_IT = "not_it"
    WAS_LIVE = "was_live"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement by a person, who is identified by role and not by name.

    `role` is None if the record no longer shows the person's role. `live_at` is only set for `StatementFact.WAS_LIVE`.
    If `is_replaced`, a later statement is about the same text, and only the later one counts.
    """

    said: StatementFact
    role: Role | None
    stated_at: datetime
    live_at: datetime | None = None
    is_replaced: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseException:
    """A recorded exception to the rule for release times and days, for one release (decision 72).

    `due_at` is the release time to which the exception applies. It is None if the date is vague. The kind of exception
    decides which of the other fields have a value. `reason` is public.
    """

    kind: DepartureKind
    due_at: datetime | None = None
    osr_reference: str = ""
    osr_agreed_on: date | None = None
    holiday: str = ""
    reason: str = ""
    osr_told_at: datetime | None = None


def describe_exceptions(exceptions: Iterable[ReleaseException]) -> str:
    """Return a paragraph about the recorded exceptions of a release, or "" if there are none."""
    return " ".join(chain.from_iterable(map(_describe_exception, exceptions)))


def _describe_exception(one: ReleaseException) -> Iterator[str]:
    match one.kind:
        case DepartureKind.OSR_AGREEMENT:
            on = f" on {format_day(one.osr_agreed_on)}" if one.osr_agreed_on else ""
            yield (
                "The Office for Statistics Regulation (OSR) had agreed to this date and time in writing"
                f"{on} (reference {one.osr_reference})."
            )
        case DepartureKind.BANK_HOLIDAY:
            yield f"The release date was a bank holiday ({one.holiday})."
        case DepartureKind.AT_ONCE:
            moment = f" (release time: {format_moment(one.due_at)})" if one.due_at else ""
            yield (
                f"The Head of Profession for Statistics or a deputy decided to release the statistics at once{moment}."
            )
    yield from describe_grounds(one)


def describe_grounds(one: ReleaseException) -> Iterator[str]:
    """Yield a sentence with the public reason for an exception, and a sentence that says when OSR was informed.

    A sentence is left out if the fact is not recorded.
    """
    if one.reason:
        yield f"The reason given was: {without_full_stop(one.reason)}."
    if one.osr_told_at:
        yield f"The Office for Statistics Regulation (OSR) was informed at {format_moment(one.osr_told_at)}."


@dataclass(frozen=True, slots=True)
class EarlyDecision:
    """The latest decision to publish an early release to everyone now, or to take the release down.

    `role` is None if the incident contact decided. `at` is aware.
    """

    publish_now: bool
    role: Role | None
    at: datetime


@dataclass(frozen=True, slots=True)
class StatedPublication:
    """A time of publication that one of the publisher's systems stated.

    The time is not an observation. Instants are aware.
    """

    system: str
    published_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts from which the account of one release is written. Instants are aware.

    `publisher_time` is the time of publication according to the publisher's own system, and the source of this time
    within the system. `decision` and `at_once` are only set for an early release. `decision` is the decision on the
    early release. If the release was then rescheduled and released at once, `at_once` is the recorded exception for the
    new time. If `date_changed` is true, the release now has another date, and no more checks are made for `due_at`.
    """

    release_title: str
    series_title: str
    outcome: Outcome
    due_at: datetime
    tolerance_seconds: int
    addresses: tuple[AddressFacts, ...]
    statements: tuple[Statement, ...] = ()
    not_observed: tuple[tuple[datetime, datetime], ...] = ()
    publisher_time: tuple[datetime, Source] | None = None
    publications: tuple[StatedPublication, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    exceptions: tuple[ReleaseException, ...] = ()
    decision: EarlyDecision | None = None
    at_once: ReleaseException | None = None
    date_changed: bool = False

    @property
    def limit_at(self) -> datetime:
        """The last instant at which the release was still on time."""
        return limit_at(self.due_at, tolerance_seconds=self.tolerance_seconds)

    def limit_of(self, address: AddressFacts) -> datetime:
        """Return the last instant at which a part of the release was still on time."""
        return part_limit_at(self.limit_at, may_follow=address.may_follow)

    @property
    def main_pages(self) -> list[AddressFacts]:
        """The pages that decide whether the release itself is late. If no address is required, these are all pages."""
        if any(address.required for address in self.addresses):
            return find_main_pages(self.addresses)
        return [address for address in self.addresses if address.role is AddressRole.PAGE]


@dataclass(frozen=True, slots=True)
class PostAccess:
    """The entry for one post on a pre-release access list. Instants are aware.

    `period_begins_at` is None while the release has no exact date. If the release was rescheduled after access began,
    `earlier_begins_at` is the start of the period before the date that was in force then. Otherwise, it is None.
    `agreed` is true if a Head of Profession or deputy agreed to the entry. Changes that are made within a day before
    the release need this agreement.

    `terms_confirmed_at` and `received_at` are the times at which the recipient confirmed the terms and the receipt, in
    reply to our emails about the present release date. `terms_by_phone_at` is the time at which staff recorded that the
    recipient had confirmed the terms by phone.
    """

    post: str
    organisation: str
    period: str
    period_begins_at: datetime | None
    granted_at: datetime
    agreed: bool = False
    began_at: datetime | None = None
    ended_at: datetime | None = None
    withdrawn_at: datetime | None = None
    terms_confirmed_at: datetime | None = None
    terms_by_phone_at: datetime | None = None
    received_at: datetime | None = None
    earlier_begins_at: datetime | None = None

    @property
    def began_as_planned(self) -> bool:
        return self.earlier_begins_at is None and self.began_at == self.period_begins_at


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A requested change to a pre-release access list. It was still undecided when the list was read.

    `kind` is "add", "change" or "withdraw".
    """

    kind: str
    post: str
    organisation: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """The pre-release access list of a release, as read at the aware instant `read_at`.

    `planned_for` is the planned time of the release in words. `due_at` is None while the planned time is vague.
    """

    release_title: str
    series_title: str
    planned_for: str
    due_at: datetime | None
    read_at: datetime
    posts: tuple[PostAccess, ...] = ()
    requests: tuple[AccessRequest, ...] = ()


# Names of the parts of a release, for use within a sentence. A page that is none of these parts is called "page". A
# file that is none of these parts is called by its file name.
PART_NOUNS = {
    Part.ENGLISH_PAGE: "English page",
    Part.WELSH_PAGE: "Welsh page",
    Part.TABLES: "tables",
    Part.DATA_API: "data API",
    Part.DASHBOARD: "dashboard",
}


def round_down(instant: datetime) -> datetime:
    """Round an instant down to the second, for a lower bound."""
    return instant.replace(microsecond=0)


def round_up(instant: datetime) -> datetime:
    """Round an instant up to the second, for an upper bound."""
    return round_down(instant) + timedelta(seconds=1) if instant.microsecond else instant


def round_up_before(instant: datetime, due_at: datetime) -> datetime:
    """Round an instant up to the second.

    If the instant is before the due instant but would be rounded up to the due instant or later, round it down instead.
    """
    return round_down(instant) if instant < due_at <= round_up(instant) else round_up(instant)


def time_in_words(instant: datetime, *, due_at: datetime) -> str:
    """Format an aware instant in London time. The day is only added if it is not the day of the due instant."""
    return clock_time(instant) if local_date(instant) == local_date(due_at) else exact_time(instant)


def exact_time(instant: datetime) -> str:
    """Format an aware instant in London time. Seconds are only shown if they are not 0."""
    return f"{clock_time(instant)} on {format_day(instant)}"


def clock_time(instant: datetime) -> str:
    """Format the time of day of an aware instant in London. Seconds are only shown if they are not 0."""
    return format_time_with_seconds(instant) if instant.second else format_time(instant)


def without_full_stop(text: str) -> str:
    """Return a text on one line, without a full stop at the end."""
    return " ".join(text.split()).rstrip(".")


def with_capital(text: str) -> str:
    """Return a text with its first letter in upper case. `str.capitalize` would also change the other letters."""
    return f"{text[:1].upper()}{text[1:]}"


def sentence(text: str) -> str:
    """Return a text as a sentence with a capital letter and a full stop, or "" if the text is empty.

    A question mark or exclamation mark at the end is kept instead of a full stop.
    """
    text = without_full_stop(text)
    return f"{with_capital(text)}{'' if text.endswith(('?', '!')) else '.'}" if text else ""


# If an answer begins with one of these words, and the next word has no capital, then the first word is not a name.
# `within_sentence` leaves all other first words as they were typed, because they may be names.
_COMMON = """
    a about academic access after all almost an analysis analysts and annual another any anyone assistant at before
    both by certain charts chief civil colleagues communications contractors copies copy customers data departmental
    deputy digital documents draft drafts during each early editors eight eighteen either eleven email emails every
    everyone external few fifteen fifty figures file files final finance first five for former forty four fourteen
    from government he her his hundreds in internal it its journalists junior key last late later lead link links
    local many media members minister ministerial ministers monthly more most my national new nine no nobody none
    nothing numbers officers official officials on one only other others our page pages people permanent policy
    press previous printers private provisional public publishing quarterly readers recipients regional reporters
    results revised second senior seven several she six some someone spreadsheets staff statistical statisticians
    statistics subscribers summary suppliers table tables team teams ten that the their there these they this those
    three to twelve twenty two unpublished users various visitors we web website weekly when where with within
"""
_COMMON_WORDS = frozenset(_COMMON.split())
_LITTLE_WORDS = frozenset({"of", "for", "and"})
# These first words are not part of a name even if the next word has a capital, as in "a Minister", "both Permanent
# Secretaries" and "users of Twitter".
_BEFORE_NAMES = """
    a all an another any at both by each either every few four five from in it many most no on one other our
    recipients several six some staff subscribers that their the these they this those three to two users various we
    with within
"""
_DETERMINERS = frozenset(_BEFORE_NAMES.split())


def within_sentence(text: str) -> str:
    """Return a text for use within a sentence. The first word is put in lower case unless it may be a name.

    "Press officers at the department" changes to "press officers at the department". "Press Association" and "Reuters
    journalists" do not change.
    """
    first, space, rest = text.partition(" ")
    following = next((word for word in rest.split() if word not in _LITTLE_WORDS), "")
    is_in_name = following.istitle() and first.lower() not in _DETERMINERS
    if first.lower() not in _COMMON_WORDS or not first.istitle() or is_in_name:
        return text
    return f"{first.lower()}{space}{rest}"


def join_words(items: Iterable[str]) -> str:
    """Join items as in "a, b and c". There must be at least one item."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WIDE = 10 * MINUTE


def _holds(phrase: tuple[int, int, str], from_seconds: float, to_seconds: float) -> bool:
    """Return whether a phrase is true for every delay above `from_seconds` and up to `to_seconds`.

    If the two bounds are equal, the delay is exactly this value.
    """
    above, up_to, words = phrase
    starts = above < from_seconds if from_seconds == to_seconds else above <= from_seconds
    stops_short = words.startswith(("just under", "less than"))
    return starts and (to_seconds < up_to if stops_short else to_seconds <= up_to)


def _phrases() -> Iterator[tuple[int, int, str]]:
    """Yield a lower bound in seconds, an upper bound in seconds and a phrase, for all phrases that describe delays.

    A phrase is true for a delay that is above its lower bound and not above its upper bound. For phrases with "just
    under" or "less than", the delay must also be below the upper bound.

    The table shows by how much a delay can differ from the number in the phrase. "Just under n minutes" is in the
    column of n - 1 minutes, so "just under 10 minutes" is in the first column.

    | phrase             | 1 to 9 minutes | 10 to 54 minutes | an hour   | 2 to 23 hours | a day  | 2 to 30 days |
    |--------------------|----------------|------------------|-----------|---------------|--------|--------------|
    | just under n       | 15 seconds     | 30 seconds       | 5 minutes | 10 minutes    | 1 hour | 2 hours      |
    | just over n        | 15 seconds     | 30 seconds       | 5 minutes | 10 minutes    | 1 hour | 2 hours      |
    | about n            | 30 seconds     | 30 seconds       | 5 minutes | 15 minutes    |        |              |
    | about n and a half | 15 seconds     |                  | 5 minutes | 10 minutes    |        |              |

    There are also ranges, such as "between 2 and 3 hours". Ranges of minutes are one minute or five minutes long.
    """
    yield (0, MINUTE, "less than a minute")
    for minutes in range(1, 55):
        at, slack = minutes * MINUTE, 15 if minutes < 10 else 30
        name = "a minute" if minutes == 1 else f"{minutes} minutes"
        yield (at, at + slack, f"just over {name}")
        yield (at + MINUTE - slack, at + MINUTE, f"just under {minutes + 1} minutes")
        if minutes < 10:
            half = "a minute and a half" if minutes == 1 else f"{minutes} and a half minutes"
            yield (at + 15, at + 45, f"about {half}")
        yield (at - 30, at + 30, f"about {name}")
        yield (at, at + MINUTE, f"between {minutes} and {minutes + 1} minutes")
    for minutes in range(5, 55, 5):
        at = minutes * MINUTE
        yield (at, at + 5 * MINUTE, f"between {minutes} and {minutes + 5} minutes")
    yield (HOUR - 5 * MINUTE, HOUR, "just under an hour")
    yield (HOUR, HOUR + 5 * MINUTE, "just over an hour")
    yield (HOUR - 5 * MINUTE, HOUR + 5 * MINUTE, "about an hour")
    yield (HOUR + 25 * MINUTE, HOUR + 35 * MINUTE, "about an hour and a half")
    yield (HOUR, 2 * HOUR, "between 1 and 2 hours")
    for days in range(1, 31):
        at, slack = days * DAY, HOUR if days == 1 else 2 * HOUR
        name = "a day" if days == 1 else f"{days} days"
        yield (at - slack, at, f"just under {name}")
        yield (at, at + slack, f"just over {name}")
        yield (at, at + DAY, f"between {days} and {days + 1} days")
    for hours in range(2, 24):
        at = hours * HOUR
        yield (at - 10 * MINUTE, at, f"just under {hours} hours")
        yield (at, at + 10 * MINUTE, f"just over {hours} hours")
        yield (at + 20 * MINUTE, at + 40 * MINUTE, f"about {hours} and a half hours")
        yield (at - 15 * MINUTE, at + 15 * MINUTE, f"about {hours} hours")
        yield (at, at + HOUR, f"between {hours} and {hours + 1} hours")


# The phrases with the shortest intervals come first, because they are the most precise. If two intervals are equally
# long, a phrase with a single number comes before a range, because the single number is easier to read.
PHRASES = tuple(sorted(_phrases(), key=lambda phrase: (phrase[1] - phrase[0], phrase[2].startswith("between"))))


def delay_in_words(from_seconds: float, to_seconds: float | None) -> str:
    """Describe a delay in words that are true for every value between its bounds.

    The delay is more than `from_seconds` and at most `to_seconds`. If both are equal, the delay is exactly this value.
    If there is no upper bound, the result is a text such as "more than an hour".

    If no phrase is true for the whole interval, the bounds are written as figures. If the delay is at least a minute
    and the bounds are at least 10 minutes apart, the figures are rounded. The lower bound is rounded down to the
    minute. The upper bound is rounded up to the minute, or to the hour if it is a day or more.

    :raises ValueError: if the upper bound is negative or is less than the lower bound.
    """
    _check(from_seconds, to_seconds)
    if to_seconds is None:
        return _more_than(from_seconds)
    for phrase in PHRASES:
        if _holds(phrase, from_seconds, to_seconds):
            return phrase[2]
    if from_seconds >= MINUTE and to_seconds - from_seconds >= WIDE:
        from_seconds -= from_seconds % MINUTE
        to_seconds += -to_seconds % (HOUR if to_seconds >= DAY else MINUTE)
    return delay_in_figures(from_seconds, to_seconds)


def delay_in_figures(from_seconds: float, to_seconds: float | None) -> str:
    """Write the bounds of a delay, such as "between 56 minutes 55 seconds and 57 minutes".

    The lower bound is rounded down to the second, and the upper bound is rounded up. So the true delay is always
    between the two.

    :raises ValueError: if the upper bound is negative or is less than the lower bound.
    """
    _check(from_seconds, to_seconds)
    lower = max(0, math.floor(from_seconds))
    if to_seconds is None:
        return f"more than {describe_duration(lower)}" if lower else "a time that is not yet known"
    upper = math.ceil(to_seconds)
    if lower == upper:
        return f"exactly {describe_duration(lower)}"
    return (
        f"between {describe_duration(lower)} and {describe_duration(upper)}"
        if lower
        else f"at most {describe_duration(upper)}"
    )


def describe_duration(seconds: int) -> str:
    """Write a number of seconds as days, hours, minutes and seconds. Units with the value 0 are left out."""
    parts = []
    for length, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second")):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " ".join(parts) or "0 seconds"


def _more_than(seconds: float) -> str:
    for length, one, many in (
        (DAY, "a day", "days"),
        (HOUR, "an hour", "hours"),
        (MINUTE, "a minute", "minutes"),
        (1, "a second", "seconds"),
    ):
        count = math.floor(seconds / length)
        if count >= 1:
            return f"more than {one if count == 1 else f'{count} {many}'}"
    return delay_in_figures(seconds, None)


def _check(from_seconds: float, to_seconds: float | None) -> None:
    if to_seconds is not None and (to_seconds < from_seconds or to_seconds < 0):
        raise ValueError(f"A delay cannot lie between {from_seconds} and {to_seconds} seconds.")

"""The recorded facts of a release and of its pre-release access list, and its delay in words."""

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
    """One check with the codes of its reasons; `by_statement` if a person's statement gave its result.

    `words` are the words with which the page said that the release was absent, if they are on record.
    """

    sighting: Sighting
    reasons: tuple[str, ...] = ()
    by_statement: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """One address of the release, the verdict on it, and the plain checks under the schedule, in any order.

    `past_caches` is when a check that bypassed caches found the release, and until when plain checks still did not find
    it (aware). `repetitions` is the number of recorded checks that are not in `checks`, because they only repeat other
    checks. `may_follow` is how long after the release's own limit a part is still on time.
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

    def checks_in_order(self) -> list[CheckFact]:
        """Return the checks in the order in which they were sent."""
        return sorted(self.checks, key=lambda check: (check.sighting.sent_at, check.sighting.completed_at))

    def checks_since(self, due_at: datetime) -> list[CheckFact]:
        """Return the checks at or after the due instant, in order."""
        return [check for check in self.checks_in_order() if check.sighting.instant >= due_at]


class StatementFact(StrEnum):
    """The statements that a person can make about an address, with the values of `releases.models.Statement.Kind`."""

    THIS_IS_IT = "this_is_it"
    PREVIOUS_EDITION = "previous_edition"
    NOT_IT = "not_it"
    WAS_LIVE = "was_live"


@dataclass(frozen=True, slots=True)
class Statement:
    """A person's statement, with their role and not their name; `live_at` is only set for `StatementFact.WAS_LIVE`.

    `role` is None if the record no longer shows the role of the person.
    """

    said: StatementFact
    role: Role | None
    stated_at: datetime
    live_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReleaseException:
    """One recorded exception of a release to the rule for times and days (decision 72).

    `due_at` is the release time to which it applies; None if the date is vague. The other fields depend on the kind,
    and are empty otherwise. `reason` is public.
    """

    kind: DepartureKind
    due_at: datetime | None = None
    osr_reference: str = ""
    osr_agreed_on: date | None = None
    holiday: str = ""
    reason: str = ""
    osr_told_at: datetime | None = None


def describe_exceptions(exceptions: Iterable[ReleaseException]) -> str:
    """Write the recorded exceptions of a release as one paragraph; "" if there are none."""
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
            moment = f", at {format_moment(one.due_at)}" if one.due_at else ""
            yield f"The Head of Profession for Statistics or a deputy decided to release it at once{moment}."
    yield from describe_grounds(one)


def describe_grounds(one: ReleaseException) -> Iterator[str]:
    """Write the public reason for an exception, and when OSR was informed, each as a sentence."""
    if one.reason:
        yield f"The reason given was: {without_full_stop(one.reason)}."
    if one.osr_told_at:
        yield f"The Office for Statistics Regulation (OSR) was informed at {format_moment(one.osr_told_at)}."


@dataclass(frozen=True, slots=True)
class EarlyDecision:
    """The decision in force on an early release: publish it to everyone now, or take it down.

    `role` is None if the incident contact decided. `at` is aware.
    """

    publish_now: bool
    role: Role | None
    at: datetime


@dataclass(frozen=True, slots=True)
class StatedPublication:
    """What a system of the publisher stated to us, which is not an observation. Instants are aware."""

    system: str
    published_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts for the account of one release. Instants are aware.

    `publisher_time` is the time of publication according to the publisher's own system, and which of the system's
    figures this is. `decision` and `at_once` are only set for an early release: the decision on the release, and the
    recorded exception if it was released at once under a later schedule. `date_changed`: the release has another date
    by now, so the checks for `due_at` will not continue.
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
    """The access of one post. Instants are aware; `period_begins_at` is None while the release has no exact date.

    `agreed`: a Head of Profession or deputy agreed to the access, which is required within a day before the release.
    `terms_confirmed_at` and `received_at` are what the recipient answered to our emails, for the present release date.
    `terms_by_phone_at` is when staff recorded that the recipient had confirmed the terms by phone.
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


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A change of the list that was requested and undecided when the list was read.

    `kind` is "add", "change" or "withdraw".
    """

    kind: str
    post: str
    organisation: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """The pre-release access list of a release, as it was read at the aware instant `read_at`.

    `planned_for` is the planned time of the release in words; `due_at` is None while that time is vague.
    """

    release_title: str
    series_title: str
    planned_for: str
    due_at: datetime | None
    read_at: datetime
    posts: tuple[PostAccess, ...] = ()
    requests: tuple[AccessRequest, ...] = ()


# The names of parts within a sentence. Other parts are named after their file, or called a page.
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
    """Round an instant up to the second. If it would then be at or after the due instant, round it down instead."""
    return round_down(instant) if instant < due_at <= round_up(instant) else round_up(instant)


def time_in_words(instant: datetime, *, due_at: datetime) -> str:
    """Write an aware instant in London time, with its day if it is not the day of the due instant."""
    text = format_time_with_seconds(instant) if instant.second else format_time(instant)
    return text if local_date(instant) == local_date(due_at) else f"{text} on {format_day(instant)}"


def without_full_stop(text: str) -> str:
    """Return a text without line breaks and without a full stop at its end."""
    return " ".join(text.split()).rstrip(".")


def with_capital(text: str) -> str:
    """Return a text with a capital at its beginning. `str.capitalize` would also change the other letters."""
    return f"{text[:1].upper()}{text[1:]}"


def sentence(text: str) -> str:
    """Return a text as a sentence with a capital and one full stop; "" if it is empty."""
    text = without_full_stop(text)
    return f"{with_capital(text)}{'' if text.endswith(('?', '!')) else '.'}" if text else ""


# First words of answers that are not names if the next word has no capital. Other first words remain as they were
# typed, because they may be names.
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
# First words that are not part of a name even if the next word has a capital: "a Minister", "both Permanent
# Secretaries", "users of Twitter".
_BEFORE_NAMES = """
    a all an another any at both by each either every few four five from in it many most no on one other our
    recipients several six some staff subscribers that their the these they this those three to two users various we
    with within
"""
_DETERMINERS = frozenset(_BEFORE_NAMES.split())


def within_sentence(text: str) -> str:
    """Return a text for use within a sentence: its first word begins with a small letter if it is surely not a name.

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
    """Join at least one item, as in "a, b and c"."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WIDE = 10 * MINUTE


def _holds(phrase: tuple[int, int, str], from_seconds: float, to_seconds: float) -> bool:
    """Return whether a phrase is true of every delay above the lower and up to the upper bound."""
    above, up_to, words = phrase
    starts = above < from_seconds if from_seconds == to_seconds else above <= from_seconds
    stops_short = words.startswith(("just under", "less than"))
    return starts and (to_seconds < up_to if stops_short else to_seconds <= up_to)


def _phrases() -> Iterator[tuple[int, int, str]]:
    """List each phrase with its bounds in seconds: it is true of delays above the lower and up to the upper one.

    "Just under" and "less than" are not true of the upper bound itself.

    | phrase                     | from a minute   | from 10 minutes | at an hour   | from 2 hours      | days     |
    |----------------------------|-----------------|-----------------|--------------|-------------------|----------|
    | just under n               | the last 15 s   | the last 30 s   | the last 5 m | the last 10 m     | 1 h, 2 h |
    | just over n                | the first 15 s  | the first 30 s  | first 5 m    | the first 10 m    | 1 h, 2 h |
    | about n                    | 30 s either way | 30 s either way | 5 m          | 15 m either way   |          |
    | about n and a half         | 15 s either way |                 | 5 m          | 10 m either way   |          |
    | between n and n + 1        | as it says      | and by fives    | as it says   | as it says        | as it says |
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


# The narrowest true phrase is the most precise; of equally narrow ones, a round number reads better than a range.
PHRASES = tuple(sorted(_phrases(), key=lambda phrase: (phrase[1] - phrase[0], phrase[2].startswith("between"))))


def delay_in_words(from_seconds: float, to_seconds: float | None) -> str:
    """Describe a delay in words that are true of every value between its two bounds.

    The delay is more than `from_seconds` and at most `to_seconds`, or exactly that if both are equal. If no phrase is
    true of both bounds, the figures are used. For a delay of at least a minute with bounds at least 10 minutes apart,
    the figures are rounded outwards to minutes, and an upper bound of a day or more is rounded up to the hour. Without
    an upper bound the result is like "more than an hour".

    :raises ValueError: if the bounds are the wrong way round or the delay would be negative.
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
    """Write the bounds of a delay in whole units: "between 56 minutes 55 seconds and 57 minutes".

    The lower bound is rounded down and the upper one up, so that the true delay lies between them.

    :raises ValueError: if the bounds are the wrong way round or the delay would be negative.
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
    """Write whole seconds as days, hours, minutes and seconds, without those that are 0."""
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

"""Ten thousand simulated release days: the truth lies in the interval every time, and no one is accused wrongly.

Each day is played through the real cadence, the real rules for what an answer shows, the real supervision of the clock
and the real verdicts. A day is made from its number alone, so that one that fails can be played again.
"""

import random
from collections import Counter
from itertools import pairwise

import pytest

from releases.detection.finding import AddressRole, CheckOutcome
from releases.rules.host_budget import LEAST_LONGEST_GAP
from releases.verdict.address import SUSPICIOUS, AddressVerdict, Outcome
from releases.verdict.release import JudgedPart, combine_addresses
from tests.support.checks import DUE
from tests.support.simulated_day import (
    ABSENT,
    FOR_EVER,
    LONG_BEFORE,
    OURS,
    PRESENT,
    UNCLEAR,
    Address,
    Clock,
    Day,
    Stretch,
)

DAYS, PARTS = 10_000, 20
MICROSECOND = 2e-6  # instants are stored in these
NOT_IN_TIME = {Outcome.LATE, Outcome.NOT_SEEN}


# --- what happens on a day


def published(chance: random.Random, tolerance: float) -> tuple[Stretch, ...]:
    """Publish at, before or after the due time, or never; sometimes take it away again, or publish again and again."""
    if chance.random() < 0.1:
        return flapping(chance, tolerance)
    start = chance.choice(
        (
            chance.uniform(-500, 0),
            chance.uniform(0, tolerance),
            tolerance + chance.gauss(0, 0.5),
            tolerance + chance.gauss(0, 8),
            chance.uniform(tolerance, tolerance + 200),
            FOR_EVER,
        )
    )
    if start == FOR_EVER:
        return ()
    if chance.random() < 0.8:
        return (Stretch(start),)
    gone = start + chance.uniform(0.5, 200)
    back = gone + chance.uniform(0.5, 200)
    return (Stretch(start, gone), Stretch(back)) if chance.random() < 0.7 else (Stretch(start, gone),)


def flapping(chance: random.Random, tolerance: float) -> tuple[Stretch, ...]:
    """Publish and take away several times around the due time."""
    edges = sorted(chance.uniform(-30, tolerance + 60) for _ in range(2 * chance.randint(1, 4)))
    shown = [Stretch(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    if chance.random() < 0.5:
        shown.append(Stretch(edges[-1] + chance.uniform(0.5, 60)))
    return tuple(shown)


def some(chance: random.Random, share: float, *, longest: float) -> tuple[Stretch, ...]:
    """Let something fail for a while, on a share of all days; up to twice."""
    starts = (chance.uniform(-60, 300) for _ in range(2) if chance.random() < share)
    return tuple(Stretch(start, start + chance.uniform(1, longest)) for start in starts)


def a_clock(chance: random.Random, begins: float) -> Clock:
    """Make a clock: exact without confirmation, kept within a bound, or set wrong at some instant."""
    bound = chance.choice((None, 0.02, 0.3, 1.0, 6.0, 16.0))
    ahead = chance.uniform(-bound, bound) if bound else 0.0
    if chance.random() < 0.7:
        return Clock(ahead, bound)
    start = max(begins, chance.choice((-400, -70))) + chance.uniform(1, 300)
    by = chance.choice((-30.0, 30.0, -3.0, 3.0, 300.0))
    return Clock(ahead, bound, (Stretch(start, chance.choice((FOR_EVER, start + chance.uniform(1, 200)))),), by)


def a_day(chance: random.Random) -> list[Day]:
    """Make one day: the page and its attachments have a time of publication each, and all else in common."""
    tolerance = chance.choice((0.0, 60.0, 120.0, 179.0, round(chance.uniform(0, 179), 3)))
    starts = chance.choices((-86_000.0, -3_000.0, -300.0, -70.0, 10.0), weights=(1, 3, 10, 80, 6))[0]
    shared = {
        "tolerance": tolerance,
        "starts": starts,
        "theirs_down": some(chance, 0.2, longest=120),
        "ours_down": some(chance, 0.2, longest=120),
        "dead": some(chance, 0.15, longest=200),
        "waits": some(chance, 0.2, longest=60),
        "clocks": (a_clock(chance, starts), Clock(0.0, None), Clock(chance.uniform(-0.2, 0.2), 0.2)),
        "slow": chance.choice((0.0, 0.4, 4.0)),
        "lost": chance.choice((0.0, 0.0, 0.1, 0.6)),
        "tells_gone": chance.random() < 0.5,
    }
    addresses = [published(chance, tolerance) for _ in range(1 if chance.random() < 0.65 else 2)]
    if chance.random() < 0.03:
        addresses, shared["hiccups"] = [(Stretch(2 * LONG_BEFORE),)], 0.02
    latest = max([tolerance, *(stretch.start for shown in addresses for stretch in shown)])
    return [Day(shown=shown, ends=latest + chance.uniform(30, 150), **shared) for shown in addresses]


# --- what must hold of it


def seconds(verdict: AddressVerdict) -> tuple[float, float]:
    assert verdict.delay is not None
    to = verdict.delay.to_seconds
    return verdict.delay.from_seconds, FOR_EVER if to is None else to


def assert_truth_lies_inside(day: Day, verdict: AddressVerdict) -> None:
    if verdict.delay is None:
        return
    earliest, latest = seconds(verdict)
    assert earliest <= latest
    earliest, latest = earliest - MICROSECOND, latest + MICROSECOND
    if latest < FOR_EVER:
        assert any(earliest <= stretch.start <= latest for stretch in day.shown), "the truth lies outside the interval"
    else:
        standing = [stretch for stretch in day.shown if stretch.start < earliest and stretch.end == FOR_EVER]
        assert not standing, "a delay is said to grow, and the page has been live for long"


def assert_accused_rightly(address: Address, verdict: AddressVerdict) -> None:
    day = address.day
    if verdict.outcome is Outcome.EARLY:
        assert any(stretch.start < 0 for stretch in day.shown), "called early, and was not"
    if verdict.outcome in NOT_IN_TIME:
        # A page that was live in time for less than a gap may last, and missing at the limit, is another matter: it
        # was not there when it had to be. Where the site says that it was taken away, that is known.
        standing = [
            stretch
            for stretch in day.shown
            if stretch.start <= day.tolerance and (stretch.end == FOR_EVER or (day.tells_gone and stretch.start >= 0))
        ]
        assert not standing, "called late, and was on time"
        assert not is_visible_to_readers(day), "called late, and was live in time for longer than a gap may be"
        assert verdict.delay is not None
        assert verdict.delay.from_seconds >= day.tolerance
    if verdict.outcome is Outcome.ON_TIME:
        latest = day.tolerance + 0.5 + 5 * day.slow + 1
        assert any(stretch.start <= latest for stretch in day.shown), "called on time, and was late"


def is_visible_to_readers(day: Day) -> bool:
    """Return whether the page was live between the due time and the limit for so long that a monitored window shows it.

    A slow answer may show the page of any instant since it was asked for.
    """
    longest = LEAST_LONGEST_GAP.total_seconds() + 5 * day.slow + 1
    return any(min(stretch.end, day.tolerance) - max(stretch.start, 0) >= longest for stretch in day.shown)


def assert_proves_nothing(address: Address) -> None:
    conclusive = [look for look in address.looks if look.result in {CheckOutcome.LIVE, CheckOutcome.NOT_LIVE}]
    sent_first = sorted(conclusive, key=lambda look: look.sent_at)[:1]
    if all(look.result is CheckOutcome.LIVE for look in (*conclusive[:1], *sent_first)):
        # It may be called not seen while the only check at or after the limit did not find it.
        nothing = {Outcome.PENDING, Outcome.CANNOT_TELL, Outcome.NOT_SEEN}
        assert {verdict.outcome for verdict in address.verdicts} <= nothing, "what matched all along proves something"


def assert_consistent_order(address: Address) -> None:
    for before, after in pairwise(address.verdicts):
        if before.outcome in SUSPICIOUS:
            assert after.outcome is not Outcome.ON_TIME, "more looks turned a breach into on time"
        if before.outcome is Outcome.EARLY:
            assert after.outcome is Outcome.EARLY
        if before.outcome is Outcome.ON_TIME:
            assert after.outcome is Outcome.ON_TIME, "what was on time is taken back"
            assert after.first_live_at == before.first_live_at, "the first live look was overwritten"


def assert_flips_were_there(address: Address) -> None:
    if address.final.flips:
        assert len(address.day.shown) == 2 or address.day.shown[0].end < FOR_EVER, "a page that stayed is told as gone"


def play(number: int) -> list[Address]:
    chance = random.Random(number)  # noqa: S311 - a repeatable simulation
    addresses = [Address(day, chance, key=f"{number}-{place}") for place, day in enumerate(a_day(chance))]
    for address in addresses:
        address.play()
    return addresses


def assert_true(addresses: list[Address]) -> Outcome:
    """Hold everything that was said on a day against what happened on it; return the outcome of the release."""
    for address in addresses:
        if address.day.matched_all_along:
            assert_proves_nothing(address)
            continue
        for verdict in address.verdicts:
            assert_truth_lies_inside(address.day, verdict)
            assert_accused_rightly(address, verdict)
        assert_consistent_order(address)
        assert_flips_were_there(address)
    roles = (AddressRole.PAGE, AddressRole.ATTACHMENT)
    outcome, _ = combine_addresses(
        [JudgedPart(role, True, each.final) for role, each in zip(roles, addresses, strict=False)]
    )
    in_time = all(
        any(0 <= stretch.start <= each.day.tolerance and stretch.end == FOR_EVER for stretch in each.day.shown)
        for each in addresses
    )
    if in_time and all(len(each.day.shown) == 1 for each in addresses):
        assert outcome not in SUSPICIOUS, "everything was on time, and the release is suspected"
    return outcome


# The first part holds something of everything; the others run in ./test --all.
@pytest.mark.parametrize("part", [pytest.param(part, marks=pytest.mark.full if part else ()) for part in range(PARTS)])
def test_on_ten_thousand_days_the_truth_lies_inside_and_no_one_is_accused_wrongly(part):
    told = Counter()
    for number in range(part, DAYS, PARTS):
        try:
            told[assert_true(play(number))] += 1
        except AssertionError as error:
            error.add_note(f"on day {number}")
            raise
    assert set(told) == set(Outcome) - {Outcome.PENDING}, "the days must hold something of everything"
    assert min(told.values()) >= 5


def test_the_answers_of_the_days_are_what_the_rules_make_of_real_ones():
    assert set(ABSENT) == {CheckOutcome.NOT_LIVE}
    assert set(PRESENT) == {CheckOutcome.LIVE}
    assert set(UNCLEAR) == {CheckOutcome.UNREACHABLE}
    assert set(OURS) == {CheckOutcome.OBSERVER_FAULT}


def test_with_our_side_down_the_whole_day_nothing_is_ever_suspected():
    for number in range(200):
        chance = random.Random(number)  # noqa: S311 - a repeatable simulation
        for day in a_day(chance):
            down = Stretch(day.starts - 60, FOR_EVER)
            address = Address(
                Day(**{name: getattr(day, name) for name in Day.__slots__} | {"ours_down": (down,)}), chance, "down"
            )
            address.play()
            assert {verdict.outcome for verdict in address.verdicts} <= {Outcome.PENDING, Outcome.CANNOT_TELL}


def test_a_day_is_the_same_however_often_it_is_played():
    assert [each.verdicts for each in play(7)] == [each.verdicts for each in play(7)]
    assert play(7)[0].looks[0].sent_at < DUE

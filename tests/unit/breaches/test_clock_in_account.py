"""The error of the check's own clock widens what a report says of a delay, and is stated."""

from dataclasses import replace
from datetime import timedelta

import pytest

from breaches import facts
from breaches.rules.narrative import write_account
from releases import judge
from releases.models import Verification
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observation
from tests.support.report_evidence import LIVE, NOT_LIVE, SEED_LOOKS, address, make_check_fact, record


def by_a_clock(one, seconds, *, confirmed=True):
    """Return a check whose clock may be off by so much."""
    clock = {"clock_bound": timedelta(seconds=seconds), "clock_confirmed": confirmed}
    return replace(one, sighting=replace(one.sighting, **clock))


@pytest.mark.parametrize(
    ("bound", "length", "delay"),
    [
        (0.2, "0.2 seconds", "56 minutes 54 seconds and 57 minutes 1 second"),
        (0.1001, "0.2 seconds", "56 minutes 54 seconds and 57 minutes 1 second"),
        (0.95, "1 second", "56 minutes 54 seconds and 57 minutes 1 second"),
        (1.2, "2 seconds", "56 minutes 53 seconds and 57 minutes 2 seconds"),
        (61, "1 minute 1 second", "55 minutes 54 seconds and 58 minutes 1 second"),
    ],
)
def test_a_delay_is_described_as_wide_as_the_clock_may_be_off_and_by_how_much(bound, length, delay):
    looks = [*SEED_LOOKS[:2], make_check_fact("09:33:05", NOT_LIVE), *SEED_LOOKS[3:]]
    text = write_account(record(address(*(by_a_clock(one, bound) for one in looks))))
    assert f"between {delay}" in text
    assert f"The clock of the check may have been off by up to {length}. The times are as it showed them" in text
    assert "still not seen there at 10:26:55am, and was first seen there at 10:27am" in text


def test_an_early_release_is_described_as_early_as_it_surely_was():
    looks = (
        make_check_fact("09:10", NOT_LIVE),
        make_check_fact("09:14:05", LIVE),
        make_check_fact("09:15:05", LIVE),
        make_check_fact("09:30", LIVE),
    )
    text = write_account(record(address(*(by_a_clock(one, 3) for one in looks))))
    assert "between 15 minutes 52 seconds and 20 minutes 3 seconds too early" in text


def test_what_came_late_after_it_was_early_is_described_as_wide():
    looks = (
        *(
            make_check_fact("09:10", NOT_LIVE),
            make_check_fact("09:14:05", LIVE),
            make_check_fact("09:15:05", LIVE),
            make_check_fact("09:17", NOT_LIVE),
        ),
        *(
            make_check_fact("09:30", NOT_LIVE),
            make_check_fact("09:32:05", NOT_LIVE),
            make_check_fact("09:40", NOT_LIVE),
            make_check_fact("09:40:10", LIVE),
        ),
    )
    text = write_account(record(address(*(by_a_clock(one, 2) for one in looks))))
    assert "between 9 minutes 58 seconds and 10 minutes 12 seconds" in text


def test_checks_before_due_that_prove_nothing_are_not_counted_as_seen():
    looks = (
        make_check_fact("09:10", NOT_LIVE),
        make_check_fact("09:14:05", LIVE),
        make_check_fact("09:15:05", LIVE),
        make_check_fact("09:29:58", LIVE),
    )
    last = by_a_clock(looks[-1], 3)
    text = write_account(record(address(*looks[:3], last, make_check_fact("09:30", LIVE))))
    assert "In all, 2 looks answered before the due time found it there" in text


def test_a_clock_that_nothing_confirmed_is_described():
    blind = [by_a_clock(one, 0, confirmed=False) for one in SEED_LOOKS]
    assert write_account(record(address(*blind))).endswith(
        "Nothing confirmed the clock of the check: the times are as it showed them, and prove nothing."
    )
    assert "At some checks nothing confirmed" in write_account(record(address(*SEED_LOOKS[:4], blind[4])))
    assert "clock of the check" not in write_account(record(address(*SEED_LOOKS)))


def test_the_clock_of_checks_after_the_release_was_found_is_not_described():
    later = by_a_clock(make_check_fact("18:00", LIVE), 30, confirmed=False)
    assert write_account(record(address(*SEED_LOOKS, later))) == write_account(
        record(address(*SEED_LOOKS, make_check_fact("18:00", LIVE)))
    )


def test_the_clock_of_a_check_that_did_not_find_it_any_more_is_described():
    gone = by_a_clock(make_check_fact("11:05", NOT_LIVE), 3)
    text = write_account(record(address(*SEED_LOOKS, make_check_fact("11:00", LIVE), gone)))
    assert "did not find it there any more" in text
    assert "off by up to 3 seconds" in text


@pytest.mark.django_db
def test_the_bound_of_each_check_gets_from_the_record_into_the_account():
    text = account_of_a_morning(bound=0.25)
    assert "between 2 minutes and 2 minutes 11 seconds" in text
    assert "off by up to 0.3 seconds" in text


@pytest.mark.django_db
def test_an_account_of_a_morning_on_which_nothing_confirmed_the_clock_accuses_no_one():
    text = account_of_a_morning(bound=None)
    assert "late" not in text
    assert "Nothing confirmed the clock of the check" in text


def account_of_a_morning(*, bound):
    release = ReleaseFactory(confirmed=True)
    missing = [(seconds, "not_live") for seconds in range(-5, 121, 5)]
    for seconds, result in (*missing, (121, "not_live"), (130, "live"), (140, "live")):
        create_observation(
            release.addresses.get(), result, at=SEED_DUE + timedelta(seconds=seconds), bound=bound, took=timedelta(0)
        )
    judge.judge_one(release, now=SEED_DUE + timedelta(minutes=5))
    verification = Verification.objects.select_related("release__series__producer").get(release=release)
    return write_account(facts.facts_of([verification])[verification.pk])

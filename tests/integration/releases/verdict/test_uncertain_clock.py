"""Judging rows by a clock that may be off, or that is known to be."""

from datetime import timedelta

import pytest

from breaches.facts import facts_of_verifications
from releases import judge
from releases.detection.finding import CheckOutcome
from releases.evidence import repository
from releases.models import Statement, Verification
from releases.rules.lifecycle import Role
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member
from tests.support.observations import create_observation
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

AFTER = SEED_DUE + timedelta(minutes=5)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@shared_fixture
def page():
    return ReleaseFactory(confirmed=True).addresses.get()


def looks(page, *results, start, reasons=(), **fields):
    for number, result in enumerate(results):
        create_observation(page, result, at=SEED_DUE + seconds(start + 5 * number), reasons=reasons, **fields)


def missing_all_along(page, **fields):
    """Keep checks every five seconds, from the due instant to 130 seconds later, that did not find the release."""
    looks(page, *["not_live"] * 27, start=0, **fields)


def judged(page) -> Verification:
    return judge.judge_one(page.release, now=AFTER)


@pytest.mark.parametrize("result", ["not_live", "live"])
def test_checks_by_a_clock_known_to_be_wrong_neither_accuse_nor_clear_anyone(page, result):
    looks(page, "not_live", start=-60)
    looks(page, *[result] * 40, start=-30, reasons=("not_found", "clock_off"))
    verification = judged(page)
    assert verification.outcome == Outcome.CANNOT_TELL
    facts = facts_of_verifications([verification])[verification.pk]
    assert {look.sighting.result for look in facts.addresses[0].checks[1:]} == {CheckOutcome.OBSERVER_FAULT}


def test_a_reason_that_merely_resembles_the_clocks_marks_nothing(page):
    missing_all_along(page, reasons=("no_clock_off",))
    assert judged(page).outcome == Outcome.NOT_SEEN


def test_a_persons_word_does_not_make_good_what_a_wrong_clock_saw(page):
    looks(page, "unrecognised", start=120, reasons=("clock_off",), text="This is the last edition.")
    digest = page.observations.get().text_digest
    Statement.objects.create(
        release=page.release,
        address=page,
        schedule_version=page.release.schedule_version,
        kind=Statement.Kind.PREVIOUS_EDITION,
        text_digest=digest,
        stated_by=create_member(Role.STATISTICIAN, page.release.series.producer),
        stated_at=AFTER,
    )
    verification = judged(page)
    assert verification.outcome == Outcome.CANNOT_TELL
    look = facts_of_verifications([verification])[verification.pk].addresses[0].checks[0]
    assert (look.sighting.result, look.by_statement) == (CheckOutcome.OBSERVER_FAULT, False)


@pytest.mark.parametrize("kept", [0.0, 0.02])
def test_a_check_is_judged_with_the_bound_that_was_kept_of_its_clock(page, kept):
    missing_all_along(page, bound=kept)
    release = page.release
    seen = repository.read_sightings([release.pk])((release.pk, release.schedule_version))
    assert {look.clock_bound for look in seen[page.pk].sightings} == {seconds(kept)}
    verification = judged(page)
    assert (verification.outcome, verification.delay_from) == (Outcome.NOT_SEEN, 130 - kept)
    (facts,) = facts_of_verifications([verification])[verification.pk].addresses
    assert {look.sighting.clock_bound for look in facts.checks} == {seconds(kept)}


def test_a_settled_verdict_is_not_reopened_by_a_later_check_with_a_larger_bound(page):
    looks(page, *["not_live"] * 26, start=0, bound=0.6)
    first = judge.judge_one(page.release, now=SEED_DUE + seconds(126))
    looks(page, "not_live", start=128, bound=1.2)
    again = judge.judge_one(page.release, now=SEED_DUE + seconds(129))
    assert (first.outcome, again.outcome) == (Outcome.NOT_SEEN, Outcome.NOT_SEEN)
    assert first.decided_at == again.decided_at == SEED_DUE + seconds(126)


def test_a_check_without_a_bound_accuses_no_one(page):
    missing_all_along(page, bound=None)
    assert judged(page).outcome == Outcome.CANNOT_TELL

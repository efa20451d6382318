"""The seconds around the due instant, in which checks come before everything else."""

from contextlib import suppress
from datetime import timedelta

import pytest

from releases.models import Observation, ReleaseEvent, Verification
from releases.monitoring.sweep import Sweep
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

pytestmark = pytest.mark.django_db

OUT = "<title>Inspections as at 31 March 2020</title><h1>Inspections as at 31 March 2020</h1>"


def seconds(count):
    return timedelta(seconds=count)


def sweep(script, *, until):
    """Sweep from half a minute before the due instant on."""
    clock = JumpingClock(SEED_DUE - seconds(30), ends_at=SEED_DUE + until)
    with suppress(MorningOver):
        Sweep(clock=clock, probe=ScriptedPublisher(clock, script), name="alone").run()


def test_an_answer_of_the_last_second_is_stored_once_the_checks_at_the_due_instant_are_out():
    ReleaseFactory(confirmed=True)
    before = SEED_DUE - seconds(5)
    sweep(lambda url, at: (404, "", 4.5 if at == before else 0.1), until=seconds(8))
    look = Observation.objects.get(planned_at=before)
    assert look.completed_at == SEED_DUE - seconds(0.5)
    assert SEED_DUE <= look.recorded_at <= SEED_DUE + seconds(0.5)


def test_an_answer_that_stays_away_holds_up_what_is_to_be_stored_for_a_second_at_most():
    for number, reference in enumerate(["prompt", "slow"]):
        ReleaseFactory(confirmed=True, reference=reference, url=f"https://www.example.gov.uk/{number}")
    sweep(lambda url, at: (404, "", 10 if url.endswith("1") else 0.1), until=seconds(30))
    prompt = Observation.objects.get(release__reference="prompt", planned_at=SEED_DUE)
    assert prompt.recorded_at <= SEED_DUE + seconds(2)


def test_a_release_seen_once_before_it_was_due_is_checked_at_until_it_can_be_judged():
    ReleaseFactory(confirmed=True)
    out_from = SEED_DUE - seconds(6)
    sweep(lambda url, at: (200, OUT, 0.1) if at >= out_from else (404, "", 0.1), until=seconds(150))
    assert Verification.objects.get().outcome == Outcome.UNCERTAIN


@pytest.mark.parametrize("awaits", ["_awaiting", "_expects_hosts"])
@pytest.mark.parametrize("takes", [0.1, 10], ids=["nothing in flight", "a request in flight"])
def test_a_claim_that_is_due_in_a_quiet_time_is_awaited_until_the_next_check(awaits, takes):
    release = ReleaseFactory(confirmed=True)
    clock = JumpingClock(release.limit_at - seconds(0.8), ends_at=SEED_DUE + timedelta(hours=1))
    publisher = ScriptedPublisher(clock, lambda url, at: (404, "", takes))
    alone = Sweep(clock=clock, probe=publisher, name="alone")
    alone.claim()
    alone._receive(wait_seconds=0.2)
    assert publisher.in_flight == (takes > 1)
    (target,) = alone.targets.values()
    target.next_check_at = release.limit_at
    setattr(alone, awaits, {target.address.pk: 0} if awaits == "_awaiting" else True)
    alone._claim_at = clock.now() - seconds(1)
    assert not alone._step(ending=False)
    assert clock.now() == release.limit_at


def test_no_address_is_judged_while_its_check_at_the_limit_is_examined_and_not_stored_yet(monkeypatch):
    """Thousands of checks are stored some hundreds at a time, and a release may have one in each batch."""
    monkeypatch.setattr("releases.monitoring.sweep.STORED_AT_A_TIME", 1)
    release = ReleaseFactory(confirmed=True)
    release.addresses.create(
        url="https://www.example.gov.uk/again", marker=release.addresses.get().marker, added_at=release.recorded_at
    )
    limit = release.limit_at
    sweep(lambda url, at: (200, OUT, 0.1) if at >= limit else (404, "", 0.1), until=seconds(150))
    judged = ReleaseEvent.objects.filter(kind="judged").values_list("facts__outcome", flat=True)
    assert list(judged) == [["pending", Outcome.ON_TIME]]

"""A sweep that is asked to end while it is at work."""

from datetime import timedelta

import pytest

from releases.models import HostLease, Observation
from releases.monitoring.sweep import CLAIM_EVERY, Sweep
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.scripted_publisher import JumpingClock, ScriptedPublisher

pytestmark = pytest.mark.django_db

SLOW = timedelta(seconds=4)


@pytest.fixture
def clock():
    return JumpingClock(SEED_DUE - timedelta(seconds=1), ends_at=SEED_DUE + timedelta(hours=1))


@pytest.fixture
def asked(clock):
    """Sweep around the due instant at a slow page, and end the sweep as soon as the check at it is under way."""
    ReleaseFactory(confirmed=True)
    publisher = ScriptedPublisher(clock, lambda url, at: (404, "", SLOW.total_seconds()))

    def look_is_under_way():
        return any(check_request.planned_at == SEED_DUE for check_request in publisher.asked)

    Sweep(clock=clock, probe=publisher, name="ending").run(stop=look_is_under_way)
    return publisher.asked


def test_a_sweep_that_is_to_end_begins_no_more_checks(asked):
    assert asked[-1].planned_at == SEED_DUE


def test_a_sweep_that_is_to_end_waits_for_what_is_under_way_and_keeps_it(asked, clock):
    assert Observation.objects.get(planned_at=SEED_DUE).completed_at == SEED_DUE + SLOW
    assert clock.now() - SEED_DUE < SLOW + 2 * CLAIM_EVERY


def test_a_sweep_that_has_ended_gives_its_hosts_back(asked):
    assert set(HostLease.objects.values_list("holder", flat=True)) == {""}

"""Which watcher holds a host: one at a time, for as long as it lives."""

from datetime import UTC, datetime, timedelta

import pytest

from releases import leases
from releases.models import HostLease

NOW = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
HOST = "www.example.gov.uk"
TICK = timedelta(microseconds=1)

pytestmark = pytest.mark.django_db


def held(holder, *, now=NOW, hosts=(HOST,)):
    return leases.claim(hosts, holder=holder, now=now)


def fence(host=HOST):
    return HostLease.objects.get(host=host).fence


def test_a_free_host_goes_to_the_first_who_asks_and_not_to_the_second():
    assert held("a") == {HOST}
    assert held("b") == frozenset()
    assert HostLease.objects.get().holder == "a"


def test_two_watchers_share_hosts_but_never_one_host():
    assert held("a", hosts=["one.example.gov.uk", "two.example.gov.uk"]) == {"one.example.gov.uk", "two.example.gov.uk"}
    assert held("b", hosts=["two.example.gov.uk", "three.example.gov.uk"]) == {"three.example.gov.uk"}


def test_nothing_asked_is_nothing_held():
    assert held("a", hosts=[]) == frozenset()


def test_a_holder_renews_before_its_lease_runs_out_and_keeps_its_fence():
    held("a")
    assert held("a", now=NOW + timedelta(seconds=7)) == {HOST}
    assert held("b", now=NOW + leases.DURATION + timedelta(seconds=6)) == frozenset()
    assert fence() == 1


@pytest.mark.parametrize(
    ("later", "taken"),
    [
        pytest.param(leases.DURATION - TICK, False, id="a-moment-before-it-runs-out"),
        pytest.param(leases.DURATION, True, id="exactly-when-it-runs-out"),
        pytest.param(leases.DURATION + TICK, True, id="a-moment-after"),
    ],
)
def test_the_host_of_a_dead_holder_can_be_taken_once_the_lease_ran_out(later, taken):
    held("a")
    assert held("b", now=NOW + later) == ({HOST} if taken else frozenset())


def test_a_new_holder_raises_the_fence_and_the_old_one_is_shut_out():
    held("a")
    later = NOW + leases.DURATION
    held("b", now=later)
    assert fence() == 2
    assert held("a", now=later + timedelta(seconds=1)) == frozenset()


def test_leases_given_back_are_free_at_once_and_those_of_others_stay():
    held("a", hosts=["one.example.gov.uk", "two.example.gov.uk"])
    held("b", hosts=["three.example.gov.uk"])
    leases.release_all("a")
    assert held("c", hosts=["one.example.gov.uk", "three.example.gov.uk"]) == {"one.example.gov.uk"}


def test_the_fence_never_falls_back_when_a_lease_is_given_back():
    held("a")
    leases.release_all("a")
    held("b")
    assert fence() == 2
    leases.release_all("b")
    held("a")
    assert fence() == 3


def test_a_lease_from_a_clock_that_ran_far_ahead_does_not_bind_for_ever():
    held("a", now=NOW + timedelta(days=1))
    assert held("b") == {HOST}
    assert HostLease.objects.get().until == NOW + leases.DURATION


def test_a_clock_that_is_a_little_ahead_keeps_its_lease():
    held("a", now=NOW + timedelta(seconds=5))
    assert held("b") == frozenset()


def test_a_holder_whose_clock_fell_back_keeps_its_host():
    held("a", now=NOW)
    assert held("a", now=NOW - timedelta(hours=1)) == {HOST}
    assert HostLease.objects.get().until == NOW - timedelta(hours=1) + leases.DURATION

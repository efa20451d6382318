"""Which monitoring process holds a host: one at a time, for as long as it lives."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases import host_budgets
from releases.models import HostLease
from releases.rules.host_budget import LONGEST_OF_ALL
from tests.support.scripted_publisher import JumpingClock, ScriptedPublisher

NOW = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
HOST = "www.example.gov.uk"
TICK = timedelta(microseconds=1)

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def held(holder, *, now=NOW, hosts=(HOST,), look=None):
    return host_budgets.claim_hosts(hosts, holder=holder, now=now, probe=look)


def fence(host=HOST):
    return HostLease.objects.get(host=host).fence


def test_a_free_host_goes_to_the_first_who_asks_and_not_to_the_second():
    assert held("a") == {HOST}
    assert held("b") == frozenset()
    assert HostLease.objects.get().holder == "a"


def test_two_monitoring_processes_share_hosts_but_never_one_host():
    assert held("a", hosts=["one.example.gov.uk", "two.example.gov.uk"]) == {"one.example.gov.uk", "two.example.gov.uk"}
    assert held("b", hosts=["two.example.gov.uk", "three.example.gov.uk"]) == {"three.example.gov.uk"}


def test_nothing_asked_is_nothing_held():
    assert held("a", hosts=[]) == frozenset()


def test_a_holder_renews_before_its_lease_runs_out_and_keeps_its_fence():
    held("a")
    assert held("a", now=NOW + timedelta(seconds=7)) == {HOST}
    assert held("b", now=NOW + host_budgets.DURATION + timedelta(seconds=6)) == frozenset()
    assert fence() == 1


@pytest.mark.parametrize(
    ("later", "taken"),
    [
        pytest.param(host_budgets.DURATION - TICK, False, id="a-moment-before-it-runs-out"),
        pytest.param(host_budgets.DURATION, True, id="exactly-when-it-runs-out"),
        pytest.param(host_budgets.DURATION + TICK, True, id="a-moment-after"),
    ],
)
def test_the_host_of_a_dead_holder_can_be_taken_once_the_lease_ran_out(later, taken):
    held("a")
    assert held("b", now=NOW + later) == ({HOST} if taken else frozenset())


def test_a_new_holder_raises_the_fence_and_the_old_one_is_shut_out():
    held("a")
    later = NOW + host_budgets.DURATION
    held("b", now=later)
    assert fence() == 2
    assert held("a", now=later + timedelta(seconds=1)) == frozenset()


def test_leases_given_back_are_free_at_once_and_those_of_others_stay():
    held("a", hosts=["one.example.gov.uk", "two.example.gov.uk"])
    held("b", hosts=["three.example.gov.uk"])
    host_budgets.release_hosts("a", now=NOW)
    assert held("c", hosts=["one.example.gov.uk", "three.example.gov.uk"]) == {"one.example.gov.uk"}


def test_the_fence_never_falls_back_when_a_lease_is_given_back():
    held("a")
    host_budgets.release_hosts("a", now=NOW)
    held("b")
    assert fence() == 2
    host_budgets.release_hosts("b", now=NOW)
    held("a")
    assert fence() == 3


def test_a_lease_from_a_clock_that_ran_far_ahead_does_not_bind_for_ever():
    held("a", now=NOW + timedelta(days=1))
    assert held("b") == {HOST}
    assert HostLease.objects.get().until == NOW + host_budgets.DURATION


def test_a_clock_that_is_a_little_ahead_keeps_its_lease():
    held("a", now=NOW + timedelta(seconds=5))
    assert held("b") == frozenset()


def test_a_holder_whose_clock_fell_back_keeps_its_host():
    held("a", now=NOW)
    assert held("a", now=NOW - timedelta(hours=1)) == {HOST}
    assert HostLease.objects.get().until == NOW - timedelta(hours=1) + host_budgets.DURATION


def create_probe():
    """The probe of one process, which requests nothing here."""
    return ScriptedPublisher(JumpingClock(NOW, ends_at=NOW), lambda url, at: (200, "", 0.0))


class TestTheSecondOfAHandOver:
    """A budget holds in any one second, also in the one in which a host goes from one process to another."""

    def rests(self, *, given_back_at=None, taken_at):
        held("a")
        if given_back_at:
            host_budgets.release_hosts("a", now=given_back_at)
        look = create_probe()
        assert held("b", now=taken_at, look=look) == {HOST}
        return look.rests

    @pytest.mark.parametrize(
        ("later", "rest"),
        [
            pytest.param(0.0, 1.0, id="at once"),
            pytest.param(0.75, 0.25, id="within the second"),
            pytest.param(1.0, None, id="after the second"),
            pytest.param(5.0, None, id="at the next tick"),
        ],
    )
    def test_a_host_that_was_given_back_rests_until_a_second_after_that(self, later, rest):
        at = NOW + timedelta(seconds=3)
        rests = self.rests(given_back_at=at, taken_at=at + timedelta(seconds=later))
        assert rests == ([(HOST, rest)] if rest else [])

    def test_the_host_of_a_dead_holder_rests_for_a_second_when_its_lease_has_just_run_out(self):
        assert self.rests(taken_at=NOW + host_budgets.DURATION) == [(HOST, 1.0)]

    def test_a_host_that_its_holder_renews_and_one_that_no_one_had_do_not_rest(self):
        look = create_probe()
        held("a", look=look)
        held("a", now=NOW + timedelta(seconds=2), look=look)
        assert look.rests == []

    def test_a_part_of_a_budget_rests_under_the_name_of_its_host(self):
        held("a", hosts=[host_budgets.claim_spare(HOST)])
        host_budgets.release_hosts("a", now=NOW)
        look = create_probe()
        held("b", hosts=[host_budgets.claim_spare(HOST)], look=look)
        assert look.rests == [(HOST, 1.0)]


class TestPauses:
    """What one process was asked for binds all of them, and those that come later."""

    UNTIL = NOW + timedelta(seconds=90)

    def asked(self, until=UNTIL, host=HOST):
        look = create_probe()
        look.pause(host, until=until)
        return look

    def seen_by_another(self, *, now=NOW):
        look = create_probe()
        held("c", hosts=["elsewhere.example.gov.uk"], now=now, look=look)
        return look.pauses

    def test_a_pause_is_known_to_other_processes_once_the_plan_is_compared(self):
        held("a", look=self.asked())
        assert self.seen_by_another() == {HOST: self.UNTIL}

    def test_a_pause_asked_for_in_the_last_moment_of_a_sweep_is_not_lost(self):
        held("a")
        host_budgets.release_hosts("a", now=NOW, probe=self.asked())
        assert self.seen_by_another(now=NOW + timedelta(seconds=5)) == {HOST: self.UNTIL}

    def test_a_pause_of_a_host_that_no_one_ever_leased_is_stored_too(self):
        host_budgets.store_pauses(self.asked(host="www.example.org"), now=NOW)
        assert self.seen_by_another() == {"www.example.org": self.UNTIL}
        assert held("a", hosts=["www.example.org"]) == {"www.example.org"}

    def test_a_pause_that_is_over_binds_no_one(self):
        held("a", look=self.asked())
        assert self.seen_by_another(now=self.UNTIL) == {}

    def test_of_two_pauses_the_longer_one_holds(self):
        held("a", look=self.asked())
        host_budgets.store_pauses(self.asked(NOW + timedelta(seconds=30)), now=NOW)
        assert self.seen_by_another() == {HOST: self.UNTIL}

    def test_a_pause_of_a_clock_that_was_set_back_since_binds_no_one_and_gives_way(self):
        held("a", look=self.asked(NOW + timedelta(days=1)))
        assert self.seen_by_another() == {}
        host_budgets.store_pauses(self.asked(), now=NOW)
        assert self.seen_by_another() == {HOST: self.UNTIL}
        assert timedelta(days=1) > LONGEST_OF_ALL


def test_the_lease_of_a_long_host_name_fits_its_column():
    name = host_budgets.claim_spare("a" * 253 + ":8443")
    assert held("a", hosts=[name]) == {name}
    assert held("b", hosts=[name]) == frozenset()


class TestSharesOfRunningSweeps:
    """Each host belongs to one of the running sweeps, and moves only when a sweep begins or ends."""

    HOSTS = frozenset(f"www{number}.example.gov.uk" for number in range(60))
    SWEEPS = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")

    def claim(self, holder, *, now, hosts=HOSTS, staying=(), look=None):
        return host_budgets.claim_share(
            hosts, holder=holder, now=now, probe=look or create_probe(), staying=frozenset(staying)
        )

    def claim_for(self, seconds, *, sweeps=SWEEPS, start=NOW):
        """Let each sweep claim once a second, one after the other, and return what each holds at the end."""
        shares = {}
        for second in range(seconds):
            for place, holder in enumerate(sweeps):
                at = start + timedelta(seconds=second + place / 100)
                shares[holder] = self.claim(holder, now=at)
                others = (share.held for other, share in shares.items() if other != holder)
                assert not any(shares[holder].held & held for held in others)
        return {holder: share.held for holder, share in shares.items()}

    def test_ten_sweeps_that_begin_one_after_the_other_have_all_hosts_within_seconds_and_share_none(self):
        shares = self.claim_for(3)
        assert sum(len(held) for held in shares.values()) == len(self.HOSTS)
        assert frozenset().union(*shares.values()) == self.HOSTS
        assert all(2 <= len(held) <= 12 for held in shares.values())

    def test_the_hosts_of_a_sweep_that_died_move_within_five_seconds_and_no_others_do(self):
        before = self.claim_for(3)
        died_at = NOW + timedelta(seconds=3)
        after = self.claim_for(5, sweeps=self.SWEEPS[1:], start=died_at)
        assert frozenset().union(*after.values()) == self.HOSTS
        assert all(before[holder] <= after[holder] for holder in self.SWEEPS[1:])

    def test_the_hosts_of_a_sweep_that_ended_move_at_once(self):
        self.claim_for(3, sweeps="ab")
        host_budgets.release_hosts("a", now=NOW + timedelta(seconds=3))
        assert self.claim("b", now=NOW + timedelta(seconds=3)).held == self.HOSTS

    def test_a_sweep_that_begins_expects_its_share_until_the_others_have_released_it(self):
        assert self.claim("a", now=NOW).held == self.HOSTS
        share = self.claim("b", now=NOW + timedelta(seconds=1))
        assert share.held == frozenset()
        left = self.HOSTS - self.claim("a", now=NOW + timedelta(seconds=2)).held
        assert share.expected == left
        assert self.claim("b", now=NOW + timedelta(seconds=2)) == host_budgets.Share(left, frozenset())

    def test_a_host_with_open_checks_stays_and_is_handed_over_afterwards(self):
        self.claim("a", now=NOW)
        expected = self.claim("b", now=NOW).expected
        busy = sorted(expected)[0]
        assert expected & self.claim("a", now=NOW, staying=[busy]).held == {busy}
        assert not expected & self.claim("a", now=NOW).held

    def test_a_host_that_was_handed_over_rests_for_a_second(self):
        self.claim("a", now=NOW)
        expected = self.claim("b", now=NOW).expected
        self.claim("a", now=NOW)
        look = create_probe()
        self.claim("b", now=NOW, look=look)
        assert look.rests == [(host, 1.0) for host in sorted(expected)]

    def test_a_host_of_checks_that_are_no_sweep_is_not_expected(self):
        held("beside", hosts=self.HOSTS)
        assert self.claim("a", now=NOW) == host_budgets.Share(frozenset(), frozenset())

    def test_the_number_of_statements_does_not_depend_on_the_number_of_hosts(self):
        numbers = []
        for hosts in (sorted(self.HOSTS)[:1], sorted(self.HOSTS)):
            self.claim("a", now=NOW, hosts=hosts)
            with CaptureQueriesContext(connection) as queries:
                self.claim("a", now=NOW + timedelta(seconds=1), hosts=hosts)
            numbers.append(len(queries))
        assert numbers[0] == numbers[1] <= 10

    def test_the_names_of_sweeps_that_died_are_deleted_after_a_day(self):
        self.claim("a", now=NOW)
        self.claim("b", now=NOW + timedelta(days=2))
        names = HostLease.objects.exclude(host__in=self.HOSTS).values_list("holder", flat=True)
        assert list(names) == ["b"]

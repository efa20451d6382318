"""A crowded minute: how long the checks of one host take that are all due at once."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from releases.probe.rate_limit import Lanes
from releases.rules.host_budget import (
    DEFAULT_BUDGET,
    LIFTED,
    Budget,
    Crowd,
    Due,
    budget_of,
    find_crowds,
    find_owner,
    spread_seconds,
)

GOVUK = Budget(connections=6, per_second=8)
MORNING = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
HOST = "www.gov.uk"


@pytest.mark.parametrize(("connections", "per_second"), [(0, 1), (1, 0), (-1, 5)])
def test_a_budget_of_nothing_is_refused(connections, per_second):
    with pytest.raises(
        ValueError, match=rf"^Invalid budget {connections}/{per_second}\. .* must both be at least 1\.$"
    ):
        Budget(connections=connections, per_second=per_second)


@pytest.mark.parametrize(
    ("budget", "watch", "beside"),
    [
        pytest.param(Budget(6, 8), Budget(5, 7), Budget(1, 1), id="parted"),
        pytest.param(Budget(3, 3), Budget(2, 2), Budget(1, 1), id="the smallest that is parted"),
        pytest.param(Budget(2, 8), Budget(2, 8), None, id="two connections"),
        pytest.param(Budget(6, 1), Budget(6, 1), None, id="one request in a second"),
    ],
)
def test_the_parts_of_a_budget_are_never_more_than_the_whole(budget, watch, beside):
    assert (budget.monitoring_share, budget.adhoc_share) == (watch, beside)


@pytest.mark.parametrize(
    ("looks", "budget", "seconds"),
    [
        pytest.param(0, GOVUK, 0, id="none"),
        pytest.param(1, GOVUK, 0, id="one"),
        pytest.param(6, GOVUK, 0, id="as many as there are connections"),
        pytest.param(7, GOVUK, 0.25, id="one more than there are connections"),
        pytest.param(9, GOVUK, 1, id="one more than may begin in a second"),
        pytest.param(12, GOVUK, 1, id="twelve"),
        pytest.param(100, Budget(100, 10), 9, id="a hundred at ten in a second"),
        pytest.param(100, Budget(1, 100), 24.75, id="a hundred one after the other"),
        pytest.param(10_000, LIFTED, 0, id="no limit"),
    ],
)
def test_the_last_check_leaves_so_long_after_the_first(looks, budget, seconds):
    assert spread_seconds(looks, budget, seconds_each=0.25) == pytest.approx(seconds)


@given(looks=st.integers(1, 60), connections=st.integers(1, 9), per_second=st.integers(1, 9), tenths=st.integers(1, 30))
def test_the_width_is_what_the_queue_of_the_fetcher_really_takes(looks, connections, per_second, tenths):
    budget, each = Budget(connections, per_second), tenths / 10
    lanes = Lanes({}, default=budget)
    for number in range(looks):
        lanes.add("a", number)
    at, ends, begun = 0.0, [], []
    while len(begun) < looks:
        while ends and ends[0] <= at + 1e-9:
            ends.pop(0)
            lanes.ended("a")
        while lanes.next(at + 1e-9) is not None:
            begun.append(at)
            ends.append(at + each)
        at = min([*ends[:1], *([lanes.next_moment()] if lanes.next_moment() else [])], default=at)
    assert spread_seconds(looks, budget, seconds_each=each) == pytest.approx(begun[-1], abs=1e-6)


def test_the_widths_in_the_documentation_are_those_that_are_computed():
    written = (settings.BASE_DIR / "docs" / "reference" / "preflight.md").read_text()
    rows = [(int(looks), float(seconds)) for looks, seconds in re.findall(r"\| (\d+) \| (\d+\.\d) s \|", written)]
    assert len(rows) >= 5
    assert [round(spread_seconds(looks, GOVUK.monitoring_share) + 1e-9, 1) for looks, _ in rows] == [
        seconds for _, seconds in rows
    ]


def due(release, *, place=HOST, at=MORNING):
    return Due(release=release, place=place, due_at=at)


def test_releases_that_share_a_host_and_a_minute_are_a_crowd_with_all_their_addresses():
    looks = [due(release) for release in range(12)] + [due(0), due(1)]
    assert find_crowds(looks, {HOST: GOVUK}) == [
        Crowd(place=HOST, due_at=MORNING, releases=tuple(range(12)), checks=14, seconds=1.25)
    ]


@pytest.mark.parametrize(
    ("addresses", "crowds"),
    [
        pytest.param(5, [], id="all at once"),
        pytest.param(20, [Crowd(place=HOST, due_at=MORNING, releases=("one",), checks=20, seconds=2.25)], id="waiting"),
    ],
)
def test_one_release_is_a_crowd_where_its_addresses_have_to_wait_for_one_another(addresses, crowds):
    assert find_crowds([due("one") for _ in range(addresses)], {HOST: GOVUK}) == crowds


def test_another_host_or_another_minute_is_another_crowd():
    later = MORNING + timedelta(minutes=1)
    looks = [due(1), due(2, at=later), due(3, place="www.example.gov.uk"), due(4, at=later), due(5)]
    assert [(crowd.due_at, crowd.releases) for crowd in find_crowds(looks, {})] == [(MORNING, (1, 5)), (later, (2, 4))]


@pytest.mark.parametrize(
    ("place", "budget"),
    [
        ("www.gov.uk", GOVUK),
        ("www.gov.uk:8443", Budget(1, 1)),
        ("www.gov.uk:444", GOVUK),
        ("[2001:db8::1]", DEFAULT_BUDGET),
        ("a", DEFAULT_BUDGET),
    ],
)
def test_a_host_has_the_budget_of_its_port_else_its_own_else_the_usual_one(place, budget):
    assert budget_of(place, {"www.gov.uk": GOVUK, "www.gov.uk:8443": Budget(1, 1)}) == budget


class TestOwnerOfAHost:
    HOSTS = tuple(f"www{number}.example.gov.uk" for number in range(200))

    def owners(self, *holders):
        return {host: find_owner(host, holders) for host in self.HOSTS}

    def test_every_process_finds_the_same_owner_in_whatever_order_it_reads_the_names(self):
        assert self.owners("a", "b", "c") == self.owners("c", "a", "b")

    def test_the_only_sweep_has_every_host(self):
        assert set(self.owners("a").values()) == {"a"}

    def test_a_sweep_that_ends_moves_only_its_own_hosts(self):
        before, after = self.owners("a", "b", "c"), self.owners("a", "b")
        assert {host for host in self.HOSTS if before[host] != after[host]} == {
            host for host in self.HOSTS if before[host] == "c"
        }

    def test_each_of_ten_sweeps_has_a_fair_share(self):
        shares = Counter(self.owners(*"abcdefghij").values())
        assert len(shares) == 10
        assert min(shares.values()) >= 8
        assert max(shares.values()) <= 32

"""A host is never asked harder than its budget allows, and no host waits for another."""

from hypothesis import given
from hypothesis import strategies as st

from releases.probe.rate_limit import Lanes
from releases.rules.host_budget import Budget

GENEROUS = Budget(connections=1000, per_second=1000)


def take_all(lanes, at):
    taken = []
    while (item := lanes.next(at)) is not None:
        taken.append(item)
    return taken


def test_no_more_connections_than_the_budget_says_are_open_at_a_time():
    lanes = Lanes({"a": Budget(connections=2, per_second=100)}, default=GENEROUS)
    for item in "uvwx":
        lanes.add("a", item)
    assert take_all(lanes, 0.0) == ["u", "v"]
    assert lanes.next_moment() is None
    lanes.ended("a")
    assert take_all(lanes, 0.0) == ["w"]
    assert lanes.waiting == 1


def test_no_more_requests_than_the_budget_says_begin_within_any_second():
    lanes = Lanes({"a": Budget(connections=100, per_second=2)}, default=GENEROUS)
    for item in "uvwxy":
        lanes.add("a", item)
    assert take_all(lanes, 10.0) == ["u", "v"]
    assert lanes.next_moment() == 11.0
    assert take_all(lanes, 10.99) == []
    assert take_all(lanes, 11.0) == ["w", "x"]
    assert take_all(lanes, 12.0) == ["y"]


def test_a_host_that_must_wait_does_not_hold_up_another():
    lanes = Lanes({"slow": Budget(connections=1, per_second=1)}, default=GENEROUS)
    for number in range(3):
        lanes.add("slow", f"slow {number}")
        lanes.add("quick", f"quick {number}")
    assert take_all(lanes, 0.0) == ["slow 0", "quick 0", "quick 1", "quick 2"]


def test_hosts_take_turns():
    lanes = Lanes({}, default=GENEROUS)
    for place in ("a", "b"):
        for number in range(2):
            lanes.add(place, f"{place}{number}")
    assert take_all(lanes, 0.0) == ["a0", "b0", "a1", "b1"]


def test_what_is_under_way_already_goes_before_what_has_not_begun():
    lanes = Lanes({}, default=GENEROUS)
    lanes.add("a", "new")
    lanes.add("a", "redirected", first=True)
    assert take_all(lanes, 0.0) == ["redirected", "new"]


def test_the_budget_of_a_host_with_port_goes_before_the_hosts_own():
    lanes = Lanes(
        {"a:8080": Budget(connections=1, per_second=9), "a": Budget(connections=2, per_second=9)}, default=GENEROUS
    )
    for place in ("a", "a:8080", "a:9090", "b"):
        for number in range(3):
            lanes.add(place, (place, number))
    begun = [place for place, _ in take_all(lanes, 0.0)]
    assert {place: begun.count(place) for place in begun} == {"a": 2, "a:8080": 1, "a:9090": 2, "b": 3}


def test_a_host_that_rests_begins_nothing_before_the_end_of_its_rest():
    lanes = Lanes({}, default=Budget(connections=9, per_second=2))
    lanes.add("a", "before")
    assert take_all(lanes, 10.0) == ["before"]
    lanes.rest("a", until=10.5)
    for item in "uvw":
        lanes.add("a", item)
    assert take_all(lanes, 10.4) == []
    assert lanes.next_moment() == 10.5
    assert take_all(lanes, 10.5) == ["u"]
    assert take_all(lanes, 11.0) == ["v"]


def test_what_waits_can_be_taken_out_and_the_host_goes_on_with_what_comes_later():
    lanes = Lanes({}, default=Budget(connections=1, per_second=9))
    for item in "uvw":
        lanes.add("a", item)
    assert lanes.next(0.0) == "u"
    assert lanes.clear("a") == ["v", "w"]
    assert lanes.waiting == 0
    lanes.ended("a")
    assert lanes.next(0.5) is None
    lanes.add("a", "x")
    assert take_all(lanes, 1.0) == ["x"]


@given(
    connections=st.integers(1, 4),
    per_second=st.integers(1, 5),
    steps=st.lists(st.tuples(st.sampled_from(["add", "end", "wait"]), st.integers(0, 6)), max_size=60),
)
def test_whatever_happens_both_limits_hold_and_nothing_is_lost(connections, per_second, steps):
    lanes = Lanes({}, default=Budget(connections=connections, per_second=per_second))
    now, added, flying, begun = 0.0, 0, 0, []
    for step, eighths in steps:
        if step == "add":
            lanes.add("a", added)
            added += 1
        elif step == "end" and flying:
            lanes.ended("a")
            flying -= 1
        else:
            now += eighths / 8
        for _ in take_all(lanes, now):
            begun.append(now)
            flying += 1
        assert flying <= connections
        assert all(sum(1 for at in begun if start - 1 < at <= start) <= per_second for start in begun)
    while lanes.waiting:
        for _ in range(flying):
            lanes.ended("a")
        now += 1
        flying = len(take_all(lanes, now))
        assert flying, "something waits for ever"
        begun += [now] * flying
    assert len(begun) == added

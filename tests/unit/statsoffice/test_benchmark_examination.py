"""The steps of an examination grow no faster than the page, of every kind; and a steep kind is reported as such."""

import math
import sys

import pytest

from benchmarks import examination
from benchmarks.page_kinds import KINDS, Kind, page
from releases.detection import markup
from releases.detection.finding import CheckOutcome

SMALL, TIMES = 8_000, 3
# Beginning costs some steps, and the first mention of a text or a period more than each later one.
AT_MOST, AT_ONCE = 1.1 * TIMES, 1_000


def steps(kind, size):
    """Count the calls and the turns of loops in the examination of a page, in Python's own code and ours."""
    taken = 0
    body = kind.body(size)
    monitoring, tool = sys.monitoring, 4
    events = monitoring.events.CALL | monitoring.events.JUMP | monitoring.events.PY_RESUME

    def count(*_):
        nonlocal taken
        taken += 1

    monitoring.use_tool_id(tool, "steps of an examination")
    try:
        for event in (monitoring.events.CALL, monitoring.events.JUMP, monitoring.events.PY_RESUME):
            monitoring.register_callback(tool, event, count)
        monitoring.set_events(tool, events)
        kind.examine_body(body)
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)
    return taken


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_examination_takes_no_more_steps_for_each_part_of_a_larger_page(kind, monkeypatch):
    monkeypatch.setattr(markup, "_FEW_TAGS", 0)  # or the larger page alone has its tags read in advance
    steps(kind, 1_000)  # the first one fills caches
    small, large = steps(kind, SMALL), steps(kind, TIMES * SMALL)
    assert large <= AT_MOST * small + AT_ONCE


def test_every_kind_has_a_name_of_its_own_and_there_are_at_least_forty():
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 40


def test_no_kind_is_a_fault_of_ours_or_taken_for_the_release_where_its_marker_is_hidden_in_a_list():
    for kind in KINDS:
        assert kind.examine(2_000).result is not CheckOutcome.OBSERVER_FAULT
    choices = next(kind for kind in KINDS if kind.name == "choices")
    assert choices.examine(60_000).result is CheckOutcome.UNRECOGNISED


def test_a_kind_whose_cost_is_the_square_of_its_size_misses_the_limit(monkeypatch):
    def slow(size):
        sum(1 for _ in range((size // 100) ** 2))
        return page("x")

    steep = Kind("steep", slow)
    monkeypatch.setattr(examination, "KINDS", (steep,))
    monkeypatch.setattr(Kind, "examine_body", lambda self, body: self.make(len(body)))
    monkeypatch.setattr(Kind, "body", lambda self, size: bytes(size))
    [row, _] = examination.measure(400_000, rounds=1)
    assert 1.5 < row.figure < 2.5
    assert not row.held


def test_a_kind_that_takes_too_much_memory_is_ended_and_misses_the_limit(monkeypatch, capfd):
    monkeypatch.setattr(examination, "MOST_BYTES", 3 * 1024**3)
    monkeypatch.setattr(examination, "KINDS", (Kind("large", lambda _size: page("x")),))
    monkeypatch.setattr(Kind, "examine_body", lambda self, body: bytes(4 * 1024**3))
    [row, _] = examination.measure(400, rounds=1)
    assert row.figure == math.inf
    assert not row.held
    assert "MemoryError" in capfd.readouterr().err

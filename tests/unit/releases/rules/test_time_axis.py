"""The geometry of the strips: where ticks, the tolerance and gaps lie, and what is never drawn."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.rules.time_axis import STROKES, WIDTH, CheckMark, Mark, TimeAxis, axis_around, lay_out_strip

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
LIMIT = DUE + timedelta(minutes=2)


def check(seconds, mark=Mark.NOT_LIVE):
    at = DUE + timedelta(seconds=seconds)
    return CheckMark(at, at + timedelta(seconds=0.3), mark)


def strip(*checks, gaps=(), **options):
    return lay_out_strip(DUE, LIMIT, checks, gaps=gaps, **options)


def paths(*checks, **options):
    return dict(strip(*checks, **options).paths)


def test_a_strip_covers_two_minutes_before_the_due_time_until_a_minute_after_the_limit():
    found = strip()
    assert (found.axis.start, found.axis.end) == (DUE - timedelta(minutes=2), LIMIT + timedelta(minutes=1))
    assert found.due == WIDTH * 2 / 5
    assert found.tolerance == (WIDTH * 2 / 5, WIDTH * 2 / 5)
    assert found.paths == ()


def test_a_tick_stands_at_the_second_at_which_its_check_was_sent():
    assert paths(check(0)) == {Mark.NOT_LIVE: "M240 14V24"}
    assert paths(check(60, Mark.LIVE)) == {Mark.LIVE: "M360 0V24"}


def test_checks_outside_the_strip_are_not_drawn():
    assert paths(check(-121), check(181)) == {}


def test_ticks_of_different_kinds_differ_in_shape_and_not_only_in_colour():
    assert len(set(STROKES.values())) == len(Mark)


@pytest.mark.parametrize("mark", [Mark.NO_ANSWER, Mark.NOT_RECOGNISED])
def test_a_missing_answer_is_never_drawn_as_not_live(mark):
    assert paths(check(121, mark)).keys() == {mark}


def test_after_the_tolerance_a_release_that_is_not_live_is_overdue():
    assert paths(check(120), check(121)) == {Mark.NOT_LIVE: "M480 14V24", Mark.OVERDUE: "M482 7V24"}


def test_a_gap_in_monitoring_is_drawn_within_the_strip_and_is_no_tick():
    found = strip(gaps=[(DUE + timedelta(seconds=60), DUE + timedelta(hours=1))])
    assert found.unmonitored == ((360, 240),)
    assert found.gaps == ((DUE + timedelta(seconds=60), LIMIT + timedelta(minutes=1)),)
    assert found.paths == ()
    assert strip(gaps=[(DUE - timedelta(hours=1), DUE - timedelta(minutes=3))]).unmonitored == ()


@pytest.mark.parametrize("mark", [Mark.LIVE, Mark.NOT_LIVE, Mark.NO_ANSWER, Mark.NOT_RECOGNISED])
def test_before_the_due_time_no_tick_has_a_result(mark):
    before = [check(seconds, mark) for seconds in (-100, -50, -0.1)]
    found = strip(*before)
    assert dict(found.paths).keys() == {Mark.MADE}
    assert {run.mark for run in found.runs} == {Mark.MADE}
    # Nor do the times of additional checks, which confirm an early release, show it.
    confirmed = [*before, check(-95, mark), check(-95.5, mark), check(-48, mark)]
    assert strip(*confirmed) == found


def test_a_picture_for_those_who_may_know_has_the_results_of_all_checks():
    assert paths(check(-100, Mark.LIVE), conceal_before_due=False).keys() == {Mark.LIVE}


def test_live_checks_before_the_due_time_have_a_mark_of_their_own_if_the_release_was_early():
    checks = [check(at, Mark.LIVE) for at in (-110, -100, -50, -0.1, 0)]
    found = strip(*checks, conceal_before_due=False, early_from=DUE - timedelta(seconds=105))
    # The first is from before the proof. The last of the checks before the due time was still open at this time.
    assert [(run.mark, run.count) for run in found.runs] == [(Mark.LIVE, 1), (Mark.EARLY, 2), (Mark.LIVE, 2)]
    assert dict(found.paths)[Mark.EARLY] == "M40 0V17M140 0V17"


def test_consecutive_checks_of_a_kind_are_one_run_for_those_who_do_not_see_the_drawing():
    runs = strip(check(0), check(1), check(2, Mark.NO_ANSWER), check(3), check(4, Mark.LIVE)).runs
    assert [(run.mark, run.count) for run in runs] == [
        (Mark.NOT_LIVE, 2),
        (Mark.NO_ANSWER, 1),
        (Mark.NOT_LIVE, 1),
        (Mark.LIVE, 1),
    ]


def test_checks_of_the_same_half_second_are_one_tick():
    assert paths(check(10), check(10.01)) == {Mark.NOT_LIVE: "M260 14V24"}


@given(st.lists(st.floats(-200, 400), max_size=40), st.sampled_from(Mark))
def test_all_ticks_lie_on_the_strip(seconds, mark):
    found = strip(*(check(each, mark) for each in seconds))
    places = [float(move.split()[0]) for _, path in found.paths for move in path.split("M") if move]
    assert all(0 <= place <= WIDTH for place in places)


def test_an_axis_contains_its_instants_with_a_margin_and_places_them_in_order():
    axis = axis_around([LIMIT, DUE])
    assert 0 < axis.place(DUE) < axis.place(LIMIT) < 100
    assert [tick.text for tick in axis.ticks] == ["9:30am", "9:31am", "9:32am"]


def test_texts_with_seconds_have_room_on_a_phone():
    """In a rehearsal the tolerance is 10 seconds, and this release was 41 seconds late."""
    axis = axis_around([DUE, DUE + timedelta(seconds=10), DUE + timedelta(seconds=41)])
    assert [tick.text for tick in axis.ticks] == ["9:30:00am", "9:30:30am"]


def test_the_thinnest_span_stays_within_the_width():
    axis = TimeAxis(DUE, LIMIT)
    assert axis.span(LIMIT, LIMIT) == (99.2, 0.8)

"""When a monitoring process was alive, and the gaps in which nothing was observed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from releases.evidence import coverage
from releases.models import Coverage

START = datetime(2026, 6, 30, 8, 0, tzinfo=UTC)
HOUR = START + timedelta(hours=1)

pytestmark = pytest.mark.django_db


def at(seconds):
    return START + timedelta(seconds=seconds)


def alive(first, last, *, watcher="a", every=5):
    """Have a monitoring process mark itself alive every few seconds."""
    for second in range(first, last + 1, every):
        coverage.mark_alive(watcher, at=at(second))


def holes(start=START, end=HOUR):
    return [
        ((began - START).total_seconds(), (ended - START).total_seconds())
        for began, ended in coverage.find_gaps(start=start, end=end)
    ]


def test_a_monitoring_process_that_marks_itself_often_has_one_stretch():
    alive(0, 100)
    stretch = Coverage.objects.get()
    assert (stretch.began_at, stretch.ended_at) == (START, at(100))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("silence", "stretches"),
    [pytest.param(15, 1, id="fifteen-seconds-is-no-hole"), pytest.param(16, 2, id="sixteen-seconds-is-one")],
)
def test_a_longer_silence_begins_a_new_stretch(silence, stretches):
    coverage.mark_alive("a", at=START)
    coverage.mark_alive("a", at=at(silence))
    assert Coverage.objects.count() == stretches
    assert len(holes(end=at(silence))) == stretches - 1


def test_where_no_one_watched_at_all_the_whole_time_is_a_hole():
    assert holes() == [(0, 3600)]


def test_holes_stand_before_between_and_after_the_stretches():
    alive(60, 120)
    alive(600, 660)
    assert holes() == [(0, 60), (120, 600), (660, 3600)]


@dataclass(frozen=True)
class Look:
    sent_at: datetime
    completed_at: datetime


@pytest.mark.both_databases
def test_a_check_shows_that_someone_watched_though_the_monitoring_process_was_too_busy_to_mark_itself():
    alive(0, 60)
    alive(120, 180)
    looks = [Look(at(70), at(74)), Look(at(85), at(90)), Look(at(500), at(501))]
    found = coverage.find_gaps(start=START, end=at(180), checks=looks)
    assert found == [(at(90), at(120))]


def test_full_coverage_has_no_hole():
    alive(0, 3600, every=10)
    assert holes() == []


def test_a_stretch_that_reaches_beyond_both_ends_leaves_no_hole():
    Coverage.objects.create(watcher="a", began_at=at(-600), ended_at=at(7200), recorded_until=at(7200))
    assert holes() == []


def test_what_was_covered_before_the_time_asked_for_does_not_count():
    alive(-600, -60)
    assert holes() == [(0, 3600)]


@pytest.mark.both_databases
def test_a_second_monitoring_process_fills_the_hole_of_the_first():
    alive(0, 1000)
    alive(990, 3600, watcher="b")
    assert holes() == []


def test_a_short_stretch_inside_a_long_one_hides_no_hole_and_makes_none():
    Coverage.objects.create(watcher="a", began_at=at(0), ended_at=at(3000), recorded_until=at(3000))
    Coverage.objects.create(watcher="b", began_at=at(100), ended_at=at(200), recorded_until=at(200))
    assert holes() == [(3000, 3600)]


def test_two_monitoring_processes_do_not_extend_each_others_stretch():
    coverage.mark_alive("a", at=START)
    coverage.mark_alive("b", at=at(5))
    assert sorted(Coverage.objects.values_list("watcher", flat=True)) == ["a", "b"]


def test_a_clock_that_falls_back_shortens_no_stretch_and_makes_none_twice():
    alive(0, 100)
    coverage.mark_alive("a", at=at(50))
    stretch = Coverage.objects.get()
    assert stretch.ended_at == at(100)


def test_a_clock_that_falls_back_before_everything_begins_a_stretch_of_its_own():
    alive(0, 100)
    coverage.mark_alive("a", at=at(-3600))
    assert list(Coverage.objects.values_list("began_at", "ended_at")) == [(at(-3600), at(-3600)), (at(0), at(100))]

"""Thousands of checks at once: their answers wait, and no check that decides a verdict does."""

from contextlib import suppress
from datetime import timedelta

import pytest

from releases.evidence import store
from releases.models import Observation, Verification
from releases.models.observation import Purpose
from releases.monitoring import examination
from releases.monitoring.sweep import Sweep
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("calendar_at_rest")]

MANY = 12
TAKES = timedelta(seconds=0.5)
OUT = "<title>Inspections as at 31 March 2020</title><h1>Inspections as at 31 March 2020</h1>"


class AllAtOnce(ScriptedPublisher):
    """Hands out everything that has been answered by now, as the fetcher does."""

    def poll(self, timeout_seconds):
        answers = super().poll(timeout_seconds)
        while answers and self._under_way and self._under_way[0][0] <= self._clock.now():
            answers += super().poll(0)
        return answers


class SlowToRead(AllAtOnce):
    """A publisher whose pages take half a second each to be examined: twelve represent thousands."""

    def examine(self, adapter, answer, expectation):
        self._clock.sleep_until(self._clock.now() + TAKES)
        return super().examine(adapter, answer, expectation)


def sweep(publisher_of):
    series = SeriesFactory()
    for number in range(MANY):
        ReleaseFactory(
            confirmed=True,
            series=series,
            reference=f"part-{number}",
            url=f"https://www.example.gov.uk/statistics/{number}",
        )
    clock = JumpingClock(SEED_DUE - timedelta(seconds=40), ends_at=SEED_DUE + timedelta(seconds=60))
    publisher = publisher_of(clock, lambda url, at: (200, OUT, 0.1) if at >= SEED_DUE else (404, "", 0.1))
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="first").run()


def latest_at_due():
    """The longest that a check planned for the due instant was sent after it."""
    at_due = Observation.objects.filter(planned_at=SEED_DUE, purpose=Purpose.PLAIN)
    assert at_due.count() == MANY
    return max(look.sent_at - SEED_DUE for look in at_due)


@pytest.fixture
def _one_at_a_time(monkeypatch):
    monkeypatch.setattr(examination, "EXAMINED_AT_A_TIME", 1)
    monkeypatch.setattr("releases.monitoring.sweep.STORED_AT_A_TIME", 1)


@pytest.mark.usefixtures("_one_at_a_time")
def test_answers_that_take_longer_to_examine_than_until_due_hold_up_no_check_at_the_due_instant():
    sweep(SlowToRead)
    assert latest_at_due() <= timedelta(seconds=0.5)
    assert set(Verification.objects.values_list("outcome", flat=True)) == {Outcome.ON_TIME}


@pytest.mark.both_databases
@pytest.mark.usefixtures("_one_at_a_time")
def test_checks_that_take_longer_to_store_than_until_due_hold_up_no_check_at_the_due_instant(monkeypatch):
    keep, clocks = store.store_checks, []

    def slowly(looks, **given):
        clocks[0].sleep_until(clocks[0].now() + TAKES * len(looks))
        return keep(looks, **given)

    def publisher_of(clock, script):
        clocks.append(clock)
        return AllAtOnce(clock, script)

    monkeypatch.setattr(store, "store_checks", slowly)
    sweep(publisher_of)
    assert latest_at_due() <= timedelta(seconds=0.5)
    assert set(Verification.objects.values_list("outcome", flat=True)) == {Outcome.ON_TIME}


class Counting(SlowToRead):
    """Counts the largest number of answers that it has handed out and that were not read yet."""

    unread = most_unread = 0

    def poll(self, timeout_seconds):
        answers = super().poll(timeout_seconds)
        Counting.unread += len(answers)
        Counting.most_unread = max(Counting.most_unread, Counting.unread)
        return answers

    def examine(self, adapter, answer, expectation):
        Counting.unread -= 1
        return super().examine(adapter, answer, expectation)


@pytest.mark.usefixtures("_one_at_a_time")
@pytest.mark.parametrize(
    ("most", "kept_small"),
    [
        pytest.param(4, True, id="few may wait"),
        pytest.param(10_000, False, id="all may wait", marks=pytest.mark.full),
    ],
)
def test_a_monitoring_process_that_reads_too_slowly_checks_less_often_and_still_at_every_due_instant(
    monkeypatch, caplog, most, kept_small
):
    monkeypatch.setattr("releases.monitoring.sweep.MOST_UNEXAMINED", most)
    Counting.unread = Counting.most_unread = 0
    sweep(Counting)
    assert latest_at_due() <= timedelta(seconds=0.5)
    assert set(Verification.objects.values_list("outcome", flat=True)) == {Outcome.ON_TIME}
    # At the most one check that was not read at each address, the one at the due instant, and one past the caches.
    assert (Counting.most_unread <= 3 * MANY) == kept_small
    told = [record.message for record in caplog.records if record.name == "releases.monitoring.sweep"]
    assert [message.partition(";")[0] for message in told] == (
        [f"more than {most} responses are waiting to be examined", "all waiting responses have been examined"]
        if kept_small
        else []
    )

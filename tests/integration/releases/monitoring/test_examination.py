"""Pages are examined by other processes: the sweep goes on meanwhile, and none of its checks waits for them."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from releases.detection.finding import CheckOutcome, Finding, Reason
from releases.models import HostLease, NotFoundPage, Observation, Verification
from releases.models.observation import Purpose
from releases.monitoring import spool
from releases.monitoring.sweep import Sweep
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.preflight import means_with
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("calendar_at_rest")]

OUT = "<title>Inspections as at 31 March 2020</title><h1>Inspections as at 31 March 2020</h1>"
HOSTILE = "https://www.example.gov.uk/statistics/hostile"
GOOD = 4
LONG = timedelta(seconds=3)


class Examining(ScriptedPublisher):
    """A publisher whose pages other processes examine: each takes a while of the morning's time."""

    takes = timedelta(seconds=0.2)

    def __init__(self, clock, script):
        super().__init__(clock, script)
        self.under_examination, self.given_up, self.in_turn = [], False, []

    def begin_examination(self, key, adapter, answer, expectation):
        assert key.address not in {other.address for _, other, _ in self.under_examination if other is not key}
        found = self.examine(adapter, answer, expectation)
        takes = LONG if answer.requested_url == HOSTILE else self.takes
        if answer.requested_url == HOSTILE:
            found = Finding(CheckOutcome.OBSERVER_FAULT, (Reason.EXAMINATION_TIME,))
        self.under_examination.append((self._clock.now() + takes, key, found))

    def examined(self, timeout_seconds):
        until = self._clock.now() + timedelta(seconds=timeout_seconds)
        if timeout_seconds and not self.given_up:
            self._clock.sleep_until(min([until, *(at for at, _, _ in self.under_examination)]))
        ready = self._ready(self._clock.now())
        self.under_examination = [one for one in self.under_examination if one not in ready]
        return [(key, found) for _, key, found in ready]

    def _ready(self, until):
        return [one for one in self.under_examination if self.given_up or one[0] <= until]

    def give_up_examinations(self, *, after_seconds):
        self.given_up = after_seconds is not None


class ForEver(Examining):
    """One whose pages are never examined, until the process is asked to end."""

    takes = timedelta(days=1)


def sweep(publisher_of, *, seconds=60, stop=lambda clock: False):
    series = SeriesFactory()
    urls = [HOSTILE, *(f"https://www.example.gov.uk/statistics/{number}" for number in range(GOOD))]
    for number, url in enumerate(urls):
        ReleaseFactory(confirmed=True, series=series, reference=f"part-{number}", url=url)
    clock = JumpingClock(SEED_DUE - timedelta(seconds=40), ends_at=SEED_DUE + timedelta(seconds=seconds))
    publisher = publisher_of(clock, lambda url, at: (200, OUT, 0.1) if at >= SEED_DUE else (404, "none", 0.1))
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="first").run(stop=lambda: stop(clock))
    return publisher


def test_a_page_that_takes_long_to_examine_affects_only_its_own_release():
    sweep(Examining)
    outcomes = dict(Verification.objects.values_list("release__reference", "outcome"))
    assert {outcomes[f"part-{number}"] for number in range(1, GOOD + 1)} == {Outcome.ON_TIME}
    assert outcomes.get("part-0") in {None, Outcome.CANNOT_TELL, Outcome.PENDING, Outcome.UNCERTAIN}
    hostile = Observation.objects.filter(address__url=HOSTILE)
    assert set(hostile.values_list("result", flat=True)) == {CheckOutcome.OBSERVER_FAULT}


def test_no_check_at_the_due_instant_waits_for_an_examination():
    sweep(Examining)
    at_due = Observation.objects.filter(planned_at=SEED_DUE, purpose=Purpose.PLAIN)
    assert at_due.count() == GOOD + 1
    assert max(look.sent_at - SEED_DUE for look in at_due) <= timedelta(seconds=0.5)


def test_a_release_is_judged_only_once_what_was_answered_is_examined():
    sweep(ForEver, seconds=30)
    judged = Verification.objects.exclude(outcome=Outcome.PENDING)
    assert set(judged.values_list("outcome", flat=True)) <= {Outcome.CANNOT_TELL}


def test_what_is_not_examined_when_the_process_has_to_end_is_stored_as_it_was_told():
    publisher = sweep(ForEver, stop=lambda clock: clock.now() > SEED_DUE - timedelta(seconds=30))
    assert not publisher.given_up
    assert not publisher.under_examination
    assert Observation.objects.count() == len(publisher.asked) - NotFoundPage.objects.count()


class Broken(ForEver):
    """One whose other processes fail once a page is examined without them while another page is with them."""

    fails = False

    def begin_examination(self, key, adapter, answer, expectation):
        if answer.requested_url == HOSTILE:
            self.fails = bool(self.under_examination)
            return self.examine(adapter, answer, expectation)
        return super().begin_examination(key, adapter, answer, expectation)

    def examined(self, timeout_seconds):
        if self.fails:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return super().examined(timeout_seconds)


def test_what_is_examined_is_saved_although_the_examination_of_other_pages_fails(tmp_path):
    series = SeriesFactory()
    for number, url in enumerate([HOSTILE, "https://www.example.gov.uk/statistics/good"]):
        ReleaseFactory(confirmed=True, series=series, reference=f"part-{number}", url=url)
    clock = JumpingClock(SEED_DUE - timedelta(seconds=40), ends_at=SEED_DUE)
    publisher = Broken(clock, lambda url, at: (404, "none", 0.1))
    with pytest.raises(BlockingIOError):
        Sweep(clock=clock, probe=publisher, name="first", spool=tmp_path).run()
    assert not HostLease.objects.filter(holder="first").exists()
    rows = spool.store_left_behind(tmp_path, at=SEED_DUE)
    assert {row.url for row in rows} == {HOSTILE}


def test_a_check_next_to_the_sweep_ends_when_it_is_told_to_although_a_page_is_still_in_examination():
    release = ReleaseFactory(confirmed=True)
    clock = JumpingClock(SEED_DUE - timedelta(hours=1), ends_at=SEED_DUE)
    begun = clock.now()
    publisher = ForEver(clock, lambda url, at: (200, OUT, 0.1))
    means = replace(means_with(publisher), stop=lambda: clock.now() > begun + timedelta(seconds=5))
    assert means.check_addresses(list(release.addresses.all()), now=begun) == []
    assert clock.now() < begun + timedelta(seconds=10)
    assert not HostLease.objects.filter(holder="beside").exists()
    # What it had begun is not taken for the result of a later check of the same address.
    clock.sleep_until(begun + timedelta(minutes=1))
    publisher.given_up = True
    later = means_with(publisher)
    assert len(later.check_addresses(list(release.addresses.all()), now=clock.now())) == 1

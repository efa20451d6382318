"""Monitoring after a release was seen live: a page that goes and returns is reported, and changes no verdict (V12)."""

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest

from releases import statements
from releases.models import CheckSchedule, Observation, ReleaseEvent, Statement, Verification
from releases.monitoring.sweep import Sweep
from releases.rules.lifecycle import Role
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member
from tests.support.morning import calendar_at_rest
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

OUT = "<title>Inspections as at 31 March 2020</title><h1>Inspections as at 31 March 2020</h1>"
AT_ELEVEN, AT_TWELVE = SEED_DUE + timedelta(hours=1.5), SEED_DUE + timedelta(hours=2.5)
OVER = timedelta(hours=7)
TICK = timedelta(seconds=5)


def watched(script, *, until, start=SEED_DUE - timedelta(seconds=20)):
    """Monitor from one instant to another, with a tick shortly before each check."""
    clock = JumpingClock(start, ends_at=until)
    publisher = ScriptedPublisher(clock, script)
    with suppress(MorningOver), calendar_at_rest():
        while True:
            Sweep(clock=clock, probe=publisher, name="watching-on").run()
            following = CheckSchedule.objects.get().next_check_at or until + TICK
            clock.sleep_until(max(clock.now() + TICK, following - TICK))
    return [check_request.planned_at - SEED_DUE for check_request in publisher.asked]


def gone_from_eleven_to_twelve(url, at):
    live = at >= SEED_DUE and not AT_ELEVEN <= at < AT_TWELVE
    return (200, OUT, 0.1) if live else (404, "", 0.1)


def kinds():
    return [kind for kind in ReleaseEvent.objects.values_list("kind", flat=True) if kind.endswith("_again")]


@shared_fixture
def gone_and_back():
    ReleaseFactory(confirmed=True)
    return watched(gone_from_eleven_to_twelve, until=SEED_DUE + OVER)


def test_a_page_that_goes_away_and_comes_back_stays_on_time_and_its_first_sight_stays(gone_and_back):
    verification = Verification.objects.get()
    assert verification.outcome == Outcome.ON_TIME
    assert verification.first_live_at == SEED_DUE + timedelta(seconds=0.1)


def test_that_it_went_away_and_came_back_are_events_of_their_own_told_once(gone_and_back):
    assert kinds() == ["gone_again", "back_again"]
    gone, back = ReleaseEvent.objects.filter(kind__endswith="_again")
    looks = Observation.objects.order_by("sent_at")
    assert gone.facts["seen_at"] == looks.filter(sent_at__gte=AT_ELEVEN)[0].sent_at.isoformat()
    assert back.facts["seen_at"] == looks.filter(sent_at__gte=AT_TWELVE)[0].completed_at.isoformat()


def test_once_found_live_it_is_checked_at_sparsely_for_some_hours_and_then_no_more(gone_and_back):
    since = [each for each in gone_and_back if each > timedelta(0)]
    assert all(later - earlier > timedelta(seconds=25) for earlier, later in pairwise(since))
    assert timedelta(hours=5.5) < since[-1] < timedelta(hours=6.5)
    assert CheckSchedule.objects.get().next_check_at is None


def test_a_single_sight_before_due_is_soon_checked_at_again():
    ReleaseFactory(confirmed=True)
    seen_at = SEED_DUE - timedelta(minutes=8)
    blink = []

    def live_once(url, at):
        blink.append(at)
        return (200, OUT, 0.1) if len(blink) == 2 else (404, "", 0.1)

    asked = watched(live_once, start=seen_at - timedelta(seconds=20), until=SEED_DUE - timedelta(minutes=6))
    seen = asked[1]
    assert {seen + timedelta(seconds=after) for after in (5, 15, 60)} <= set(asked)


def test_what_a_person_calls_the_previous_edition_is_watched_closely_again():
    release = ReleaseFactory(confirmed=True)
    watched(gone_from_eleven_to_twelve, until=SEED_DUE + timedelta(minutes=30))
    assert CheckSchedule.objects.get().live_since == SEED_DUE + timedelta(seconds=0.1)
    page, now = release.addresses.get(), SEED_DUE + timedelta(minutes=30)
    digest = Observation.objects.exclude(text_digest="").first().text_digest
    person = create_member(Role.STATISTICIAN, release.series.producer)
    statements.record_text_statement(
        release, page, Statement.Kind.PREVIOUS_EDITION, text_digest=digest, by=person, at=now
    )
    plan = CheckSchedule.objects.get()
    assert (plan.live_since, plan.next_check_at) == (None, now)
    asked = watched(lambda url, at: (404, "", 0.1), start=now, until=now + timedelta(minutes=3))
    assert len(asked) >= 5

"""Judging by processes of its own: as the sweep would have judged, once, and whichever process dies."""

import contextlib
from datetime import timedelta

import pytest
from django.db import connection, transaction

from breaches import drafting
from breaches.models import Report
from releases import judge, verdict_queue
from releases.evidence import repository
from releases.models import CheckSchedule, Observation, Release, ReleaseEvent, VerdictRequest, Verification
from releases.models.event import record_rows
from releases.monitoring.sweep import Sweep
from releases.rules.response import LONGEST
from statsoffice.fake_publisher import pages
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observations
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

BEGINS, ENDS = SEED_DUE - timedelta(minutes=1), SEED_DUE + timedelta(minutes=6)
LIVE = pages.release_page("State-funded schools inspections and outcomes as at 31 March 2020", published="today")
AFTER = SEED_DUE + timedelta(minutes=10)


def live_between(begin, end=10_000):
    def script(url, at):
        is_live = SEED_DUE + timedelta(seconds=begin) <= at < SEED_DUE + timedelta(seconds=end)
        return (200, LIVE, 0.1) if is_live else (404, "", 0.1)

    return script


def judge_at(instant, *, process="judge"):
    """Do what a judging process does in one turn."""
    claimed = verdict_queue.claim_requests(process=process, now=instant)
    return verdict_queue.judge_claim(claimed, now=lambda: instant)


def monitor(script, *, judges, is_judged=True):
    """Monitor a morning; return the requests. A judging process takes a turn every ten seconds and at the end."""
    clock = JumpingClock(BEGINS, ends_at=ENDS)
    length = int((ENDS - BEGINS).total_seconds())
    for second in (*range(0, length, 10), length - 1) if is_judged else ():
        clock.act(BEGINS + timedelta(seconds=second), lambda: judge_at(clock.now()))
    publisher = ScriptedPublisher(clock, script)
    with contextlib.suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="sweep", judges=judges).run()
    return publisher.asked


MORNINGS = {
    "on-time": (live_between(0), "on_time"),
    "late": (live_between(200), "late"),
    "early": (live_between(-40), "early"),
    "never-live": (live_between(10_000), "not_seen"),
    "gone-again": (live_between(0, 60), "on_time"),
}


@pytest.mark.usefixtures("calendar_at_rest")
@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param(*morning, id=name, marks=[] if name in {"late", "gone-again"} else [pytest.mark.full])
        for name, morning in MORNINGS.items()
    ],
)
def test_a_verdict_is_that_of_a_sweep_that_judges(script, outcome):
    ReleaseFactory(confirmed=True)
    with transaction.atomic():
        monitor(script, judges=True)
        expected = recorded()
        transaction.set_rollback(True)
    monitor(script, judges=False)
    assert recorded() == expected
    assert Verification.objects.get().outcome == outcome
    assert not VerdictRequest.objects.exists()
    assert judge.check_verdicts(now=AFTER) is None
    assert judge.check_outcomes() is None


def recorded():
    """The verdict, and what happened on the way to it."""
    columns = ("outcome", "delay_from", "delay_to", "first_live_at", "last_not_live_at")
    events = ReleaseEvent.objects.exclude(kind="confirmed").order_by("position")
    return Verification.objects.values_list(*columns).get(), [
        (kind, facts.get("outcome")) for kind, facts in events.values_list("kind", "facts")
    ]


@pytest.mark.usefixtures("calendar_at_rest")
def test_a_sweep_that_does_not_judge_counts_no_checks_for_a_verdict(monkeypatch):
    """The counts are in the memory of a process, and others judge."""
    ReleaseFactory(confirmed=True)
    monkeypatch.setattr(repository, "count_checks", lambda releases: pytest.fail("There is no use for the counts."))
    monitor(live_between(200), judges=False)
    assert Verification.objects.get().outcome == "late"


def test_a_live_release_is_checked_less_often_after_its_verdict():
    ReleaseFactory(confirmed=True)
    asked = monitor(live_between(0), judges=False)
    schedule = CheckSchedule.objects.get()
    assert schedule.live_since == Verification.objects.get().first_live_at
    after_a_minute = [one for one in asked if one.planned_at > SEED_DUE + timedelta(minutes=1)]
    assert 1 <= len(after_a_minute) <= 10


@pytest.mark.usefixtures("calendar_at_rest")
def test_without_a_judging_process_there_is_no_verdict_until_the_job_that_drafts_gives_it():
    ReleaseFactory(confirmed=True)
    monitor(live_between(200), judges=False, is_judged=False)
    assert not Verification.objects.exists()
    assert verdict_queue.judge_old_requests(process="draft", now=SEED_DUE + timedelta(seconds=10)) == 0
    assert verdict_queue.judge_old_requests(process="draft", now=ENDS + timedelta(minutes=1)) == 1
    assert Verification.objects.get().outcome == "late"
    drafting.draft_missing(now=ENDS + timedelta(minutes=2))
    assert Report.objects.count() == 1


@pytest.fixture
def late_releases():
    """Three releases that went live after their limits; their checks are stored and not judged."""
    releases = [ReleaseFactory(confirmed=True, reference=f"late-{number}") for number in range(3)]
    for release in releases:
        create_observations(release, *["not_live"] * 30, "live", start=SEED_DUE - timedelta(seconds=5))
    return releases


def request(releases, *, at=AFTER, answered_until=AFTER):
    verdict_queue.request_verdicts(releases, answered_until=lambda address: answered_until, now=at)


def run_job(process="machine:1", *, at=AFTER):
    return verdict_queue.judge_requests(process=process, most=2, now=lambda: at, stop=lambda: False)


def test_the_job_judges_all_that_is_requested_and_ends(late_releases, monkeypatch):
    monkeypatch.setattr(verdict_queue, "CLAIMED_AT_A_TIME", 1)
    request(late_releases)
    assert (run_job(), run_job()) == (3, 0)
    assert (judged_events(), VerdictRequest.objects.count()) == (3, 0)


def test_the_job_leaves_it_to_others_if_enough_processes_of_its_machine_judge(late_releases, monkeypatch):
    """It begins every second, and would take all processes of a worker, which has other jobs too."""
    monkeypatch.setattr(verdict_queue, "CLAIMED_AT_A_TIME", 1)
    request(late_releases)
    for process in ("machine:1", "machine:2"):
        verdict_queue.claim_requests(process=process, now=AFTER)
    assert run_job("machine:3") == 0
    assert run_job("another:3") == 1  # the one that is left


def judged_events():
    return ReleaseEvent.objects.filter(kind="judged").count()


def test_two_processes_never_claim_the_same_release(late_releases, monkeypatch):
    monkeypatch.setattr(verdict_queue, "CLAIMED_AT_A_TIME", 2)
    request(late_releases)
    first = verdict_queue.claim_requests(process="first", now=AFTER)
    second = verdict_queue.claim_requests(process="second", now=AFTER)
    assert (len(first.releases), len(second.releases)) == (2, 1)
    assert verdict_queue.claim_requests(process="third", now=AFTER).releases == []
    for claimed in (first, second):
        assert verdict_queue.judge_claim(claimed, now=lambda: AFTER) == []
    assert {row.outcome for row in Verification.objects.all()} == {"late"}
    assert (judged_events(), VerdictRequest.objects.count()) == (3, 0)


def test_the_claim_of_a_process_that_died_ends_and_another_one_judges(late_releases):
    request(late_releases)
    verdict_queue.claim_requests(process="killed", now=AFTER)
    judge_at(AFTER + verdict_queue.CLAIM_DURATION / 2, process="other")
    assert not Verification.objects.exists()
    judge_at(AFTER + verdict_queue.CLAIM_DURATION, process="other")
    assert {row.outcome for row in Verification.objects.all()} == {"late"}
    assert judged_events() == 3


def test_a_claim_whose_end_a_wrong_clock_wrote_does_not_count(late_releases):
    request(late_releases)
    verdict_queue.claim_requests(process="wrong clock", now=AFTER + timedelta(days=1))
    assert verdict_queue.claim_requests(process="other", now=AFTER).releases


def test_two_processes_that_judge_the_same_release_after_all_store_one_verdict(late_releases):
    """The first one was only slow, and its claim has ended."""
    request(late_releases)
    slow = verdict_queue.claim_requests(process="slow", now=AFTER)
    judge_at(AFTER + verdict_queue.CLAIM_DURATION, process="other")
    assert verdict_queue.judge_claim(slow, now=lambda: AFTER) == []
    assert (judged_events(), Verification.objects.count()) == (3, 3)


def test_a_request_that_was_made_again_meanwhile_is_judged_again(late_releases):
    request(late_releases)
    claimed = verdict_queue.claim_requests(process="judge", now=AFTER)
    request(late_releases[:1], at=AFTER + timedelta(seconds=1))
    verdict_queue.judge_claim(claimed, now=lambda: AFTER)
    assert [row.release_id for row in VerdictRequest.objects.all()] == [late_releases[0].pk]
    assert [release.pk for release in verdict_queue.claim_requests(process="next", now=AFTER).releases] == [
        late_releases[0].pk
    ]


def test_no_verdict_is_given_before_the_response_of_a_check_that_is_under_way(late_releases):
    """As in a sweep: the release may have been live at its limit, by a check that is not stored yet."""
    release = ReleaseFactory(confirmed=True, reference="under-way")
    create_observations(release, *["not_live"] * 24, start=SEED_DUE - timedelta(seconds=5))
    limit = release.limit_at
    request([release], at=limit + timedelta(seconds=1), answered_until=limit - timedelta(seconds=1))
    judge_at(limit + timedelta(minutes=5))
    assert Verification.objects.get(release=release).outcome == "pending"
    request([release], at=limit + timedelta(seconds=16), answered_until=limit + timedelta(seconds=16))
    judge_at(limit + timedelta(minutes=5))
    assert Verification.objects.get(release=release).outcome != "pending"


def test_of_two_sweeps_that_check_a_release_the_one_that_knows_more_counts(late_releases):
    (release, *_), known = late_releases, AFTER - timedelta(seconds=1)
    request([release], answered_until=known)
    request([release], answered_until=AFTER - LONGEST)
    assert [row.answered_until for row in VerdictRequest.objects.all()] == [known]


def test_a_release_that_was_moved_meanwhile_is_left_to_the_search_for_moved_ones(late_releases):
    release = late_releases[0]
    request([release])
    Release.objects.filter(pk=release.pk).update(schedule_version=2, due_at=AFTER + timedelta(days=1))
    record_rows({Release: [release.pk]})
    judge_at(AFTER)
    assert not Verification.objects.filter(release=release).exists()
    assert not VerdictRequest.objects.exists()


def test_a_fault_on_one_release_stops_no_other_and_ends_the_job_with_its_fault(late_releases, monkeypatch):
    request(late_releases)
    bad = Observation.objects.filter(release=late_releases[1]).last()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP TRIGGER append_only ON releases_observation")
        cursor.execute("UPDATE releases_observation SET result = 'nonsense' WHERE id = %s", [bad.pk])
    with pytest.raises(ExceptionGroup, match="1 releases"):
        run_job()
    assert Verification.objects.filter(outcome="late").count() == 2
    assert not VerdictRequest.objects.exists()

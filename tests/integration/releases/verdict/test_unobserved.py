"""A release that fell due without monitoring: the outcome is unknown, and a person is asked (V4, V9)."""

from datetime import timedelta

import pytest

from breaches import drafting
from releases import host_budgets, judge, scheduling, statements
from releases.models import CheckSchedule, Release, Verification
from releases.rules.lifecycle import Role
from releases.rules.web_address import place_of
from releases.verdict.address import Outcome
from statsoffice.dashboard.tasks import tasks_of
from statsoffice.dashboard.today import today
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member, london_slot
from tests.support.observations import create_observations

LIMIT = SEED_DUE + timedelta(minutes=2)

pytestmark = pytest.mark.django_db


def test_a_release_that_no_one_checked_at_is_put_to_a_person_and_never_called_late():
    release = ReleaseFactory(confirmed=True)
    assert judge.judge_without_checks(now=LIMIT + timedelta(seconds=14)) == []
    assert len(judge.judge_without_checks(now=LIMIT + timedelta(seconds=15))) == 1
    assert judge.judge_without_checks(now=LIMIT + timedelta(minutes=1)) == []
    assert Verification.objects.get().outcome == Outcome.CANNOT_TELL
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    assert statements.verdicts_without_answer(Release.objects.all(), reader=head).exists()
    assert drafting.draft_missing(now=LIMIT + timedelta(minutes=1)) == []


def test_a_release_with_a_check_since_it_was_due_is_left_to_the_watch():
    create_observations(ReleaseFactory(confirmed=True), "not_live", start=SEED_DUE)
    assert judge.judge_without_checks(now=LIMIT + timedelta(minutes=1)) == []


@pytest.mark.parametrize(
    ("next_check_at", "left_alone"), [(SEED_DUE, True), (LIMIT + timedelta(minutes=2), False)], ids=["due", "to come"]
)
def test_a_release_whose_check_a_living_monitoring_process_has_in_hand_is_left_to_it(next_check_at, left_alone):
    page = ReleaseFactory(confirmed=True).addresses.get()
    CheckSchedule.objects.create(address=page, schedule_version=1, next_check_at=next_check_at)
    now = LIMIT + timedelta(minutes=1)
    host_budgets.claim_hosts([place_of(page.url)], holder="watcher", now=now)
    assert (judge.judge_without_checks(now=now) == []) == left_alone
    judge.judge_without_checks(now=now + host_budgets.DURATION + host_budgets.LATEST_RENEWAL)
    assert Verification.objects.get().outcome == Outcome.CANNOT_TELL


def test_a_release_already_past_when_it_was_recorded_is_not_asked_about():
    ReleaseFactory(confirmed=True, recorded_at=SEED_DUE + timedelta(hours=1), rehearsal=True)
    assert judge.judge_without_checks(now=SEED_DUE + timedelta(hours=2)) == []


MOVED = SEED_DUE + timedelta(hours=1)
TO = london_slot((SEED_DUE + timedelta(days=42)).date())


def moved(release, *, at=MOVED, to=TO):
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    scheduling.change_date(release, to=to, reason="Late data", by=head, at=at)
    return head


def cancelled(release, *, at=MOVED):
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    scheduling.cancel_release(Release.objects.get(pk=release.pk), reason="Not needed", by=head, at=at)
    return head


ENDS = [pytest.param(moved, id="moved"), pytest.param(cancelled, id="cancelled")]


@pytest.mark.parametrize("end", ENDS)
def test_who_ends_a_date_that_no_one_observed_ends_no_question(end, confirmed_release):
    head = end(confirmed_release)
    now = MOVED + timedelta(minutes=1)
    assert len(judge.judge_without_checks(now=now)) == 1
    assert judge.judge_without_checks(now=now) == []
    verification = Verification.objects.get()
    assert (verification.schedule_version, verification.due_at) == (1, SEED_DUE)
    assert verification.outcome == Outcome.CANNOT_TELL
    assert tasks_of(head, today(head, now=now), now=now).to_answer == [confirmed_release]
    statements.record_live_time(Release.objects.get(), live_at=SEED_DUE, by=head, at=now)
    assert not tasks_of(head, today(head, now=now), now=now).to_answer


@pytest.mark.parametrize("end", ENDS)
def test_what_was_seen_under_a_date_counts_although_it_was_ended_before_anyone_judged(end, confirmed_release):
    create_observations(confirmed_release, "not_live", start=LIMIT)
    end(confirmed_release)
    judge.judge_without_checks(now=MOVED)
    assert Verification.objects.get().outcome == Outcome.NOT_SEEN
    assert len(drafting.draft_missing(now=MOVED)) == 1


def test_a_verdict_that_stood_is_not_judged_again_after_a_move(confirmed_release):
    create_observations(confirmed_release, "not_live", start=LIMIT)
    judge.judge_one(confirmed_release, now=LIMIT + timedelta(minutes=1))
    moved(confirmed_release)
    assert judge.judge_without_checks(now=MOVED) == []


def test_the_verdict_of_another_release_is_no_verdict_of_a_moved_one(confirmed_release):
    other = ReleaseFactory(confirmed=True, reference="another-release")
    create_observations(other, "not_live", start=LIMIT)
    judge.judge_one(other, now=LIMIT + timedelta(minutes=1))
    moved(confirmed_release)
    judge.judge_without_checks(now=MOVED)
    assert Verification.objects.filter(release=confirmed_release, schedule_version=1).exists()


@pytest.mark.parametrize("end", ENDS)
def test_a_date_that_was_ended_before_it_came_is_never_judged(end):
    end(ReleaseFactory(confirmed=True), at=SEED_DUE - timedelta(seconds=1))
    assert judge.judge_without_checks(now=MOVED) == []


def test_a_provisional_date_is_never_judged(confirmed_release):
    Release.objects.update(status="provisional", confirmed_at=None)
    moved(Release.objects.get(pk=confirmed_release.pk))
    assert judge.judge_without_checks(now=MOVED) == []


def test_a_date_confirmed_only_after_it_had_passed_is_not_judged_when_it_is_moved(confirmed_release):
    Release.objects.update(confirmed_at=SEED_DUE + timedelta(seconds=1))
    moved(confirmed_release)
    assert judge.judge_without_checks(now=MOVED) == []

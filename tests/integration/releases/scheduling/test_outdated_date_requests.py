"""A request for a change of date whose release was changed, or fell due, before anyone decided (C12, V8)."""

from datetime import date, time, timedelta

import pytest

from releases import date_changes, judge, scheduling
from releases.date_changes import Overtaken
from releases.models import DateChangeRequest, Release, ReleaseEvent, Verification
from releases.rules.date_change import RequestState
from releases.scheduling import BeingJudged, SlotRefused
from releases.verdict.address import Outcome
from tests.support.date_requests import LATER, NOW, create_head, load_request, request_date
from tests.support.factories import SEED_DUE
from tests.support.factories import london_slot as slot
from tests.support.observations import create_observations

pytestmark = pytest.mark.django_db

DECISIONS = {
    "agree": lambda request, by: date_changes.agree_to_date_change(request, by=by, at=LATER),
    "refuse": lambda request, by: date_changes.refuse_date_change(request, reason="No", by=by, at=LATER),
    "withdraw": lambda request, by: date_changes.withdraw_date_change(request, by=by, at=LATER),
}


def move(release):
    scheduling.change_date(release, to=slot(date(2020, 7, 2)), reason="Late data", by=create_head(release), at=NOW)


def cancel(release):
    scheduling.cancel_release(release, reason="Not needed", by=create_head(release), at=NOW)


def publish(release):
    scheduling.publish(release, by=None, at=NOW, published_at=NOW)


@pytest.mark.parametrize("overtake", [move, cancel, publish])
@pytest.mark.parametrize("decide", ["agree", "refuse", "withdraw"])
def test_a_request_whose_release_was_changed_meanwhile_lapses_and_is_told_and_not_applied(
    overtake, decide, announced_release
):
    request = request_date(announced_release)
    overtake(announced_release)
    stands = Release.objects.values().get()
    by = request.requested_by if decide == "withdraw" else create_head(announced_release)
    with pytest.raises(Overtaken, match=r"to 14 July 2020 9:30am, because the release has changed") as refusal:
        DECISIONS[decide](load_request(), by)
    assert f"Its status is now {stands['status']}" in str(refusal.value)
    assert Release.objects.values().get() == stands
    assert (load_request().state, load_request().decided_by, load_request().decided_at) == ("lapsed", None, LATER)
    assert [ReleaseEvent.in_order().last().kind] == ["date_change_lapsed"]


def test_overtaken_requests_lapse_automatically_once_and_keep_no_one_from_asking_again(announced_release):
    request_date(announced_release)
    assert date_changes.lapse_overtaken(now=LATER) == 0
    move(announced_release)
    assert not date_changes.open_requests_for(create_head(announced_release)).exists()
    assert date_changes.lapse_overtaken(now=LATER) == 1
    assert date_changes.lapse_overtaken(now=LATER) == 0
    assert request_date(Release.objects.get()).state == RequestState.WAITING


def test_a_new_request_ends_the_overtaken_one_before_it(announced_release):
    request_date(announced_release)
    move(announced_release)
    request_date(Release.objects.get())
    assert sorted(DateChangeRequest.objects.values_list("state", flat=True)) == ["lapsed", "waiting"]


def test_what_cannot_be_made_any_more_goes_on_waiting(announced_release):
    request = request_date(announced_release)
    announced_release.series.release_time = time(7)
    announced_release.series.alternative_time_reference, announced_release.series.alternative_time_approved_on = (
        "OSR 12",
        NOW.date(),
    )
    announced_release.series.save()
    with pytest.raises(SlotRefused, match="not the release time"):
        date_changes.agree_to_date_change(load_request(), by=create_head(announced_release), at=LATER)
    assert (load_request().state, Release.objects.get().slot) == ("waiting", request.was)


def test_no_one_agrees_to_a_time_that_has_passed_and_the_request_can_be_refused(announced_release):
    request_date(announced_release, to=slot(date(2020, 6, 29)))
    head, at = create_head(announced_release), SEED_DUE - timedelta(hours=1)
    with pytest.raises(SlotRefused, match="29 June 2020 9:30am has passed") as refusal:
        date_changes.agree_to_date_change(load_request(), by=head, at=at)
    assert refusal.value.field == "planned_on"
    stored = Release.objects.get()
    assert (stored.schedule_version, stored.due_at, load_request().state) == (1, SEED_DUE, "waiting")
    date_changes.refuse_date_change(load_request(), reason="Too late", by=head, at=at)
    assert load_request().state == "refused"


def test_no_one_agrees_while_the_verdict_falls(announced_release):
    request_date(announced_release)
    with pytest.raises(BeingJudged):
        date_changes.agree_to_date_change(
            load_request(), by=create_head(announced_release), at=SEED_DUE + timedelta(seconds=1)
        )
    assert load_request().state == "waiting"


def test_a_change_agreed_after_the_release_was_due_never_alters_the_verdict(announced_release):
    request = request_date(announced_release, at=SEED_DUE - timedelta(hours=1))
    create_observations(announced_release, "not_live", start=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(announced_release, now=SEED_DUE + timedelta(minutes=5))
    date_changes.agree_to_date_change(request, by=create_head(announced_release), at=SEED_DUE + timedelta(minutes=10))
    assert Verification.objects.get().outcome == Outcome.NOT_SEEN
    assert ReleaseEvent.in_order().last().facts["after_due"] is True


def test_a_date_that_passed_unseen_before_the_agreement_is_judged_although_the_change_was_asked_for_in_time(
    announced_release,
):
    request = request_date(announced_release, at=SEED_DUE - timedelta(hours=1))
    date_changes.agree_to_date_change(request, by=create_head(announced_release), at=SEED_DUE + timedelta(minutes=10))
    assert len(judge.judge_without_checks(now=SEED_DUE + timedelta(minutes=11))) == 1
    assert Verification.objects.get().outcome == Outcome.CANNOT_TELL

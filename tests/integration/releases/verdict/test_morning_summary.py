"""The summary of a morning: every release due at 9:30am, counted once all are judged, stored and sent once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from releases import judge, morning_summary
from releases.models import Membership, Release, RollCall
from releases.rules.lifecycle import Role
from releases.verdict.address import Outcome
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from tests.support.factories import ContactFactory, ReleaseFactory, SeriesFactory, UserFactory
from tests.support.observations import create_checks_until, create_observation, create_observations

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
JUDGED = DUE + timedelta(minutes=3)

pytestmark = pytest.mark.django_db


@pytest.fixture
def series():
    return SeriesFactory()


def release(series, reference, **fields):
    return ReleaseFactory(
        confirmed=True,
        series=series,
        reference=reference,
        url=f"https://www.example.gov.uk/{reference}",
        due_at=DUE,
        **fields,
    )


def seen_on_time(release):
    create_observations(release, "not_live", "live", start=DUE)
    judge.judge_one(release, now=JUDGED)


def not_seen(release):
    create_observations(release, "not_live", start=DUE + timedelta(seconds=120))
    judge.judge_one(release, now=JUDGED)


@pytest.mark.both_databases
def test_a_morning_is_called_once_with_every_release_by_what_was_found(series):
    seen_on_time(release(series, "first"))
    not_seen(release(series, "second"))
    assert len(morning_summary.record_missing_summaries(now=JUDGED)) == 1
    assert morning_summary.record_missing_summaries(now=JUDGED) == []
    call = RollCall.objects.get()
    assert (call.due, call.live, call.not_live, call.cannot_tell) == (2, 1, 1, 0)
    assert {each["reference"] for each in call.releases} == {"first", "second"}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("seen", "live", "not_live"),
    [
        pytest.param([["not_live", "live"], ["not_live"]], 0, 1, id="missing"),
        pytest.param([["not_live", "live"], ["not_live", "live"]], 1, 0, id="late and there by now"),
        pytest.param([["unreachable", "unreachable"], ["not_live", "live"]], 0, 1, id="there, and nobody saw the page"),
    ],
)
def test_a_release_in_parts_is_live_once_every_part_was_seen(series, seen, live, not_live):
    tables = "https://www.example.gov.uk/media/tables.ods"
    whole = release(series, "first", attachments=(tables,))
    page, file = (whole.addresses.get(role=role) for role in ("page", "attachment"))
    for number, result in enumerate(seen[0]):
        create_observation(page, result, at=DUE + timedelta(seconds=5 * number))
    create_checks_until(file, DUE + timedelta(seconds=120))
    for number, result in enumerate(seen[1]):
        create_observation(file, result, at=DUE + timedelta(seconds=120 + 5 * number))
    verdict = judge.judge_one(whole, now=JUDGED)
    assert verdict.outcome == Outcome.PARTIAL
    (call,) = morning_summary.record_missing_summaries(now=JUDGED)
    assert (call.live, call.not_live, call.cannot_tell) == (live, not_live, 0)


@pytest.mark.both_databases
def test_a_release_that_was_moved_away_and_back_is_called_by_its_present_schedule(series):
    moved = release(series, "first")
    seen_on_time(moved)
    Release.objects.filter(pk=moved.pk).update(schedule_version=F("schedule_version") + 2)
    assert morning_summary.record_missing_summaries(now=JUDGED) == []
    not_seen(Release.objects.get(pk=moved.pk))
    (call,) = morning_summary.record_missing_summaries(now=JUDGED)
    assert (call.live, call.not_live) == (0, 1)


def test_nothing_is_called_before_half_past_nine_in_london(series):
    release(series, "first")
    assert morning_summary.record_missing_summaries(now=DUE - timedelta(seconds=1)) == []


def test_a_morning_with_a_pending_release_waits_and_is_called_after_ten_minutes_as_cannot_tell(series):
    seen_on_time(release(series, "first"))
    release(series, "second")
    assert morning_summary.record_missing_summaries(now=DUE + timedelta(minutes=9)) == []
    morning_summary.record_missing_summaries(now=DUE + timedelta(minutes=10))
    call = RollCall.objects.get()
    assert (call.live, call.cannot_tell) == (1, 1)


def test_rehearsals_are_in_no_roll_call(series):
    seen_on_time(release(series, "practice", rehearsal=True))
    assert morning_summary.record_missing_summaries(now=JUDGED) == []


def test_the_heads_and_deputies_of_the_mornings_series_are_told_once(series):
    series.deputies.add(ContactFactory(producer=series.producer))
    seen_on_time(release(series, "first"))
    morning_summary.record_missing_summaries(now=JUDGED)
    outbox.create_missing(now=JUDGED)
    outbox.create_missing(now=JUDGED)
    told = Message.objects.filter(event__startswith="roll-call")
    assert {message.recipient for message in told} == {
        series.head_of_profession.email,
        series.deputies.get().email,
    }
    assert told[0].subject == "Release summary, 30 June 2020: 1 of 1 live"
    assert "example.gov.uk/first" not in told[0].text


def test_where_no_series_names_anyone_who_is_still_there_the_producers_leads_are_told(series):
    lead = UserFactory()
    Membership.objects.create(user=lead, producer=series.producer, role=Role.HEAD_OF_PROFESSION)
    series.head_of_profession.user = UserFactory(is_active=False)
    series.head_of_profession.save()
    seen_on_time(release(series, "first"))
    morning_summary.record_missing_summaries(now=JUDGED)
    outbox.create_missing(now=JUDGED)
    told = Message.objects.filter(event__startswith="roll-call")
    assert [message.recipient for message in told] == [lead.email]

"""Which events a webhook gets: what the change feed shows once it shows it, results, and approved reports."""

import json
from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from breaches import drafting
from breaches.models import Report
from breaches.rules.lifecycle import ReportKind, ReportStatus
from releases import judge, scheduling, statements
from releases.models import Release, Verification
from releases.probe.post import PostResponse
from releases.rules.calendar import slot_at
from releases.rules.canonical import sha256_hex
from statsoffice.webhooks import endpoints
from statsoffice.webhooks.deliveries import create_deliveries, deliver, remove_old_deliveries
from statsoffice.webhooks.models import EventType, WebhookDelivery
from tests.support.briefs import BRIEFED, LIMIT, due_release, found_live
from tests.support.early_release import (
    FOUND_AT,
    add_checks,
    create_release,
    find_early,
    move_to_quarter_past,
    publish,
)
from tests.support.factories import A_LONG_TIME_AGO, SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.observations import create_observation
from tests.support.people import create_office, create_report, move_report, write_sections
from tests.support.webhooks import SECOND, create_webhook, queued_types

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
BEFORE_DUE = SEED_DUE - 30 * DAY
MISSED_AT = LIMIT + timedelta(minutes=1)
RETENTION = 30 * DAY


def payloads(event_type):
    rows = WebhookDelivery.objects.filter(event_type=event_type).order_by("pk")
    return [json.loads(body) for body in rows.values_list("body", flat=True)]


def sent_results():
    """The results in the order in which they were queued, each as (schedule version, outcome)."""
    return [(one["data"]["schedule_version"], one["data"]["outcome"]) for one in payloads("result.decided")]


def move(release, *, days, at, by):
    """Move a release to a day that is so many days after its first date."""
    to = slot_at(SEED_DUE + days * DAY)
    scheduling.change_date(release, to=to, reason="Quality assurance.", by=by, at=at)
    return Release.objects.get(pk=release.pk)


def judge_as_missed(release, *, days=0):
    """Checks up to the limit find that the release is not live, so many days after its first date."""
    add_checks(release, *(("not_live", days * 86400 + at) for at in (-60, *range(0, 125, 5))))
    assert Verification.objects.get(release=release, schedule_version=release.schedule_version).outcome == "not_seen"


def deliver_all(now):
    """Create and deliver what is new. Return the types and the message identifiers of the deliveries."""
    create_deliveries(now=now)
    found = WebhookDelivery.objects.filter(delivered_at__isnull=True).order_by("pk")
    sent = list(found.values_list("event_type", "message_id"))
    assert deliver(now=now, post=lambda *_args, **_kwargs: PostResponse(204)) == len(sent)
    return sent


@pytest.fixture
def own_series(office):
    return SeriesFactory(producer=office.producer)


@pytest.mark.both_databases
def test_an_announced_release_is_sent_once_with_what_the_feed_shows(office, own_series, client):
    create_webhook(office)
    release = ReleaseFactory(series=own_series, announced=True)
    for _again in range(3):
        create_deliveries(now=BEFORE_DUE)
    assert queued_types() == ["release.announced"]
    (payload,) = payloads("release.announced")
    assert payload["timestamp"] == f"{release.announced_at:%Y-%m-%dT%H:%M:%SZ}"
    data = payload["data"]
    assert (data["reference"], data["title"], data["status"]) == (release.reference, release.title, "confirmed")
    assert data["date"]["text"] == "30 June 2020 9:30am"
    assert data["url"].endswith(reverse("releases:release", args=[release.reference]))
    assert (data["producer"], data["series"], data["reason"]) == (office.producer.slug, own_series.slug, None)
    assert release.title in client.get(reverse("releases:office_changes")).text


def test_a_release_that_is_not_announced_is_not_sent_whatever_happens_to_it(office, own_series):
    create_webhook(office)
    release = ReleaseFactory(series=own_series, confirmed=True)
    to = slot_at(SEED_DUE + DAY)
    scheduling.change_date(release, to=to, reason="Quality assurance.", by=office.head, at=BEFORE_DUE)
    judge.judge_without_checks(now=SEED_DUE + 2 * DAY)
    create_deliveries(now=SEED_DUE + 2 * DAY)
    assert queued_types() == []


@pytest.mark.both_databases
def test_a_moved_and_a_cancelled_release_are_sent_with_their_public_reasons(office, own_series):
    create_webhook(office)
    release = ReleaseFactory(series=own_series, announced=True)
    to = slot_at(SEED_DUE + DAY)
    scheduling.change_date(release, to=to, reason="Quality assurance.", by=office.head, at=BEFORE_DUE)
    create_deliveries(now=BEFORE_DUE)
    release = Release.objects.get(pk=release.pk)
    scheduling.cancel_release(release, reason="The survey ended.", by=office.head, at=BEFORE_DUE + DAY)
    create_deliveries(now=BEFORE_DUE + DAY)
    assert queued_types() == ["release.announced", "release.moved", "release.cancelled"]
    (moved,) = payloads("release.moved")
    assert moved["data"]["earlier_date"]["text"] == "30 June 2020 9:30am"
    assert (moved["data"]["date"]["text"], moved["data"]["reason"]) == ("1 July 2020 9:30am", "Quality assurance.")
    (cancelled,) = payloads("release.cancelled")
    assert (cancelled["data"]["status"], cancelled["data"]["reason"]) == ("cancelled", "The survey ended.")


def test_a_published_release_has_its_announced_time_and_never_when_we_found_it(office, own_series):
    create_webhook(office, types=[EventType.PUBLISHED.value])
    due_release(own_series, "on-time", "live")
    create_deliveries(now=BRIEFED)
    (payload,) = payloads("release.published")
    assert payload["timestamp"] == "2020-06-30T08:30:00Z"
    assert payload["data"]["status"] == "published"


def test_the_result_is_sent_when_it_is_decided_and_again_when_it_changes(office, own_series):
    create_webhook(office, types=[EventType.RESULT.value])
    release = due_release(own_series, "late", "not_live")
    create_deliveries(now=BRIEFED)
    found_live(release, at=LIMIT + timedelta(minutes=10))
    for _again in range(2):
        create_deliveries(now=LIMIT + timedelta(minutes=11))
    first, second = payloads("result.decided")
    assert (first["data"]["outcome"], second["data"]["outcome"]) == ("not_seen", "late")
    least, most = second["data"]["delay_seconds"]
    assert (least, most > 600) == (120.0, True)
    assert second["data"]["revision"] > first["data"]["revision"]
    assert second["data"]["due_at"] == "2020-06-30T08:30:00Z"
    assert set(second["data"]) == {
        *("id", "reference", "producer", "series", "due_at", "schedule_version", "outcome", "delay_seconds"),
        *("revision", "rehearsal"),
    }


@pytest.mark.both_databases
def test_nothing_shows_an_early_release_before_it_is_published(office):
    """(V14, decision 73)"""
    create_webhook(office, types=[EventType.RESULT.value, EventType.APPROVED.value, EventType.PUBLISHED.value])
    early = find_early(office, create_release(office))
    assert Verification.objects.get(release=early.release).outcome == "early"
    create_deliveries(now=FOUND_AT)
    assert queued_types() == []
    publish(early)
    create_deliveries(now=SEED_DUE + timedelta(minutes=3))
    assert sorted(queued_types()) == ["release.published", "result.decided"]
    (result,) = payloads("result.decided")
    assert result["data"]["outcome"] == "early"


@pytest.mark.parametrize("live_before", [0, 1, 2], ids=["never", "once", "early"])
def test_a_release_that_is_not_live_is_sent_as_such_whether_or_not_it_was_found_early(office, live_before):
    """A missing result would show that it was found early (decision 73)."""
    create_webhook(office, types=[EventType.RESULT.value])
    release = create_release(office)
    add_checks(release, ("not_live", -1300), *[("live", -1200), ("live", -1185)][:live_before])
    drafting.draft_missing(now=FOUND_AT)
    add_checks(release, ("not_live", -60), *(("not_live", at) for at in range(0, 125, 5)))
    for _again in range(2):
        create_deliveries(now=LIMIT + timedelta(seconds=10))
        drafting.draft_missing(now=LIMIT + timedelta(seconds=10))
    create_deliveries(now=LIMIT + timedelta(seconds=11))
    (sent,) = payloads("result.decided")
    assert (sent["data"]["outcome"], sent["data"]["delay_seconds"]) == ("not_seen", None)
    assert LIMIT <= datetime.fromisoformat(sent["timestamp"]) <= LIMIT + timedelta(seconds=10)
    add_checks(release, *(("live", at) for at in range(600, 620, 5)))
    create_deliveries(now=LIMIT + timedelta(minutes=11))
    assert payloads("result.decided")[-1]["data"]["outcome"] == ("early" if live_before == 2 else "late")


@pytest.mark.both_databases
@pytest.mark.parametrize("live_before", [0, 1, 2], ids=["never", "once", "early"])
def test_the_result_of_an_earlier_date_is_not_sent_again_when_the_release_is_found_early(office, live_before):
    """A second result of the earlier date would show that the release was found early (V14, decision 73)."""
    create_webhook(office, types=[EventType.RESULT.value])
    release = create_release(office)
    judge_as_missed(release)
    create_deliveries(now=MISSED_AT)
    release = move(release, days=1, at=MISSED_AT, by=office.head)
    live = [("live", 86400 - 1200), ("live", 86400 - 1185)][:live_before]
    add_checks(release, ("not_live", 86400 - 1300), *live)
    drafting.draft_missing(now=FOUND_AT + DAY)
    create_deliveries(now=FOUND_AT + DAY)
    assert sent_results() == [(1, "not_seen")]
    add_checks(release, *(("not_live", 86400 + at) for at in (-60, *range(0, 125, 5))))
    for _again in range(2):
        drafting.draft_missing(now=LIMIT + DAY + 10 * SECOND)
        create_deliveries(now=LIMIT + DAY + 10 * SECOND)
    assert sent_results() == [(1, "not_seen"), (2, "not_seen")]
    add_checks(release, *(("live", 86400 + at) for at in range(600, 620, 5)))
    create_deliveries(now=LIMIT + DAY + timedelta(minutes=11))
    assert sent_results() == [(1, "not_seen"), (2, "not_seen"), (2, "early" if live_before == 2 else "late")]


@pytest.mark.both_databases
def test_a_result_is_not_sent_again_when_a_person_says_that_the_release_was_found_early(office):
    """The second result, with the same outcome, would show that something was found early (decision 73)."""
    create_webhook(office, types=[EventType.RESULT.value])
    release = create_release(office)
    page = release.addresses.get(role="page")
    for minutes in (20, 19):
        create_observation(page, "unrecognised", at=SEED_DUE - timedelta(minutes=minutes), text="new")
    judge_as_missed(release)
    create_deliveries(now=MISSED_AT)
    last = None
    for number, (said, outcome) in enumerate({"this_is_it": "early", "not_it": "not_seen"}.items(), start=1):
        at = MISSED_AT + timedelta(minutes=number)
        last = statements.record_text_statement(
            release, page, said, text_digest=sha256_hex(b"new"), by=office.head, at=at, seen=last and last.pk
        )
        assert Verification.objects.get(release=release).outcome == outcome
        for _again in range(2):
            drafting.draft_missing(now=at + 10 * SECOND)
            create_deliveries(now=at + 10 * SECOND)
    assert sent_results() == [(1, "not_seen")]
    add_checks(release, *(("live", at) for at in range(600, 620, 5)))
    create_deliveries(now=LIMIT + timedelta(minutes=11))
    assert sent_results() == [(1, "not_seen"), (1, "late")]


def test_the_hidden_results_of_all_dates_are_sent_once_the_release_is_published(office):
    create_webhook(office, types=[EventType.RESULT.value])
    early = find_early(office, create_release(office))
    release = move_to_quarter_past(early)
    create_deliveries(now=FOUND_AT + timedelta(minutes=2))
    assert sent_results() == []
    add_checks(release, ("not_live", -910), *(("live", at) for at in range(-900, -775, 5)))
    for _again in range(2):
        create_deliveries(now=SEED_DUE)
    assert sent_results() == [(1, "early"), (2, "on_time")]


def test_a_result_that_the_finding_does_not_change_is_not_sent_again_when_the_release_is_cancelled(office):
    create_webhook(office, types=[EventType.RESULT.value])
    release = create_release(office)
    add_checks(release, ("not_live", -1300), ("live", -1200))
    judge_as_missed(release)
    create_deliveries(now=MISSED_AT)
    scheduling.cancel_release(release, reason="The survey ended.", by=office.head, at=MISSED_AT)
    create_deliveries(now=MISSED_AT + SECOND)
    assert sent_results() == [(1, "not_seen")]


@pytest.mark.parametrize(("live_before", "hidden"), [(1, []), (2, [(2, "early")])], ids=["once", "early"])
def test_when_a_release_is_cancelled_only_results_that_were_hidden_are_sent(office, live_before, hidden):
    create_webhook(office, types=[EventType.RESULT.value])
    release = create_release(office)
    judge_as_missed(release)
    [(_type, first)] = deliver_all(MISSED_AT)
    release = move(release, days=42, at=MISSED_AT, by=office.head)
    at = SEED_DUE + 42 * DAY
    live = [("live", 42 * 86400 - 1200), ("live", 42 * 86400 - 1185)][:live_before]
    add_checks(release, ("not_live", 42 * 86400 - 1300), *live)
    assert remove_old_deliveries(now=at, retention=RETENTION) == 1
    scheduling.cancel_release(release, reason="The survey ended.", by=office.head, at=at - timedelta(minutes=10))
    sent = deliver_all(at)
    assert sent_results() == hidden
    assert first not in [message_id for _type, message_id in sent]


def test_a_rehearsal_is_sent_only_on_request_and_marked(office, own_series):
    create_webhook(office, types=[EventType.RESULT.value, EventType.ANNOUNCED.value], name="without")
    with_them, _secret = create_webhook(
        office, types=[EventType.RESULT.value, EventType.ANNOUNCED.value], name="with", with_rehearsals=True
    )
    due_release(own_series, "rehearsed", "live", announced=False, confirmed=True, rehearsal=True)
    create_deliveries(now=BRIEFED)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.endpoint, delivery.event_type) == (with_them, "result.decided")
    assert json.loads(delivery.body)["data"]["rehearsal"] is True


@pytest.mark.both_databases
def test_an_approved_report_is_sent_with_reference_producer_number_and_date_alone(office):
    create_webhook(office, types=[EventType.APPROVED.value])
    report = create_report(office, ReportStatus.APPROVED)
    create_deliveries(now=SEED_DUE + DAY)
    (payload,) = payloads("report.approved")
    assert payload["data"] == {
        "reference": report.reference,
        "producer": report.producer.slug,
        "number": report.number,
        "approved_on": "2020-06-30",
        "rehearsal": False,
    }


@pytest.mark.parametrize("change", [{"kind": ReportKind.LEAK}, {"rehearsal": True}])
def test_a_report_of_which_few_people_may_know_and_a_rehearsed_one_are_not_sent(office, change):
    create_webhook(office, types=[EventType.APPROVED.value])
    report = create_report(office, ReportStatus.APPROVED)
    Report.objects.filter(pk=report.pk).update(**change)
    create_deliveries(now=SEED_DUE + DAY)
    assert queued_types() == []


def test_another_producers_releases_and_events_that_were_not_chosen_are_not_sent(office, own_series):
    create_webhook(office, types=[EventType.MOVED.value])
    create_webhook(create_office(), name="other")
    ReleaseFactory(series=own_series, announced=True)
    create_deliveries(now=BEFORE_DUE)
    assert queued_types() == []


def test_a_webhook_gets_nothing_from_before_it_was_created(office, own_series):
    release = ReleaseFactory(series=own_series, announced=True)
    create_webhook(office, at=BEFORE_DUE)
    create_deliveries(now=BEFORE_DUE)
    to = slot_at(SEED_DUE + DAY)
    scheduling.change_date(release, to=to, reason="Quality assurance.", by=office.head, at=BEFORE_DUE + DAY)
    create_deliveries(now=BEFORE_DUE + DAY)
    assert queued_types() == ["release.moved"]


@pytest.mark.both_databases
def test_a_webhook_does_not_get_the_result_of_an_earlier_date_from_before_it_was_created(office):
    release = create_release(office)
    judge_as_missed(release)
    create_webhook(office, at=MISSED_AT + DAY, types=[EventType.RESULT.value])
    release = move(release, days=7, at=MISSED_AT + 2 * DAY, by=office.head)
    judge_as_missed(release, days=7)
    create_deliveries(now=MISSED_AT + 7 * DAY)
    assert sent_results() == [(2, "not_seen")]


def test_a_webhook_does_not_get_the_result_of_an_earlier_date_from_while_it_was_off(office):
    webhook, _secret = create_webhook(office, types=[EventType.RESULT.value])
    release = create_release(office)
    endpoints.turn_endpoint_off(webhook, by=office.head, at=BEFORE_DUE)
    judge_as_missed(release)
    endpoints.turn_endpoint_on(webhook, by=office.head, at=MISSED_AT + DAY)
    release = move(release, days=7, at=MISSED_AT + 2 * DAY, by=office.head)
    judge_as_missed(release, days=7)
    create_deliveries(now=MISSED_AT + 7 * DAY)
    assert sent_results() == [(2, "not_seen")]


def test_a_result_that_was_hidden_is_sent_to_a_webhook_that_was_created_before_the_publication(office):
    """Otherwise the last result that the system gets would be that the release is not live."""
    early = find_early(office, create_release(office))
    create_webhook(office, at=FOUND_AT + SECOND, types=[EventType.RESULT.value])
    add_checks(early.release, ("not_live", -60), *(("not_live", at) for at in range(0, 125, 5)))
    drafting.draft_missing(now=LIMIT + 10 * SECOND)
    create_deliveries(now=LIMIT + 11 * SECOND)
    assert sent_results() == [(1, "not_seen")]
    add_checks(early.release, *(("live", at) for at in range(600, 620, 5)))
    create_deliveries(now=LIMIT + timedelta(minutes=11))
    assert sent_results() == [(1, "not_seen"), (1, "early")]


@pytest.mark.both_databases
def test_a_delivery_that_was_removed_is_not_created_again_by_later_events_of_the_release(office):
    create_webhook(office)
    release = create_release(office)
    judge_as_missed(release)
    release = move(release, days=42, at=MISSED_AT, by=office.head)
    first = deliver_all(MISSED_AT)
    assert sorted(kind for kind, _id in first) == ["release.announced", "release.moved", "result.decided"]
    at = MISSED_AT + 40 * DAY
    assert remove_old_deliveries(now=at, retention=RETENTION) == len(first)
    release = move(release, days=84, at=at, by=office.head)
    second = deliver_all(at)
    assert [kind for kind, _id in second] == ["release.moved"]
    assert payloads("release.moved")[0]["data"]["earlier_date"]["text"] == "11 August 2020 9:30am"
    assert remove_old_deliveries(now=MISSED_AT + 84 * DAY, retention=RETENTION) == 1
    judge_as_missed(release, days=84)
    third = deliver_all(MISSED_AT + 84 * DAY)
    assert (third[0][0], sent_results()) == ("result.decided", [(3, "not_seen")])
    assert len({message_id for _kind, message_id in first + second + third}) == 5


def test_an_approval_that_was_sent_and_removed_is_not_sent_again_when_the_release_is_published(office):
    create_webhook(office, types=[EventType.APPROVED.value])
    release = create_release(office)
    judge_as_missed(release)
    (report,) = drafting.draft_missing(now=MISSED_AT)
    move_report(write_sections(report, by=office.statistician), office, ReportStatus.APPROVED)
    assert [kind for kind, _id in deliver_all(SEED_DUE + DAY)] == ["report.approved"]
    release = move(release, days=42, at=SEED_DUE + DAY, by=office.head)
    assert remove_old_deliveries(now=SEED_DUE + 41 * DAY, retention=RETENTION) == 1
    add_checks(release, ("not_live", 42 * 86400 - 60), *(("live", 42 * 86400 + at) for at in range(0, 125, 5)))
    assert Release.objects.get(pk=release.pk).status == "published"
    assert deliver_all(SEED_DUE + 43 * DAY) == []


def test_without_a_webhook_a_run_is_one_query_and_with_one_two(office, django_assert_num_queries):
    with django_assert_num_queries(1):
        create_deliveries(now=A_LONG_TIME_AGO)
    create_webhook(office)
    create_deliveries(now=A_LONG_TIME_AGO + SECOND)
    with django_assert_num_queries(2):
        create_deliveries(now=A_LONG_TIME_AGO + 2 * SECOND)

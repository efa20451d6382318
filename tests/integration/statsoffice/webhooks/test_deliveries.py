"""Deliveries to a real receiver that verifies them: once, retried at the given delays, never to a private network."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from releases.probe import post
from releases.probe.connection import Limits
from releases.probe.post import PostResponse
from statsoffice import jobs
from statsoffice.webhooks import deliveries, endpoints
from statsoffice.webhooks.deliveries import (
    BATCH_SIZE,
    CLAIM,
    FAILING,
    MOST_ATTEMPTS,
    WAITS,
    deliver,
    write_deliveries,
)
from statsoffice.webhooks.events import WebhookEvent
from statsoffice.webhooks.models import WebhookChange, WebhookDelivery, WebhookEndpoint
from tests.servers.ports import free_port
from tests.support.factories import A_LONG_TIME_AGO, ReleaseFactory, SeriesFactory
from tests.support.webhook_receiver import is_signed, run_receiver
from tests.support.webhooks import SECOND, create_webhook, send_all

pytestmark = pytest.mark.django_db

NOW = A_LONG_TIME_AGO + timedelta(minutes=5)


@pytest.fixture
def receiver(settings):
    with run_receiver() as receiver:
        settings.PROBE_ALLOW_PRIVATE = frozenset({receiver.place})
        yield receiver


@pytest.fixture
def webhook(office, receiver):
    """A webhook to the receiver with one test event that waits; `secret_in_clear` is its secret."""
    webhook, secret = create_webhook(office, receiver.url)
    webhook.secret_in_clear = secret
    endpoints.send_test(webhook, by=office.head, at=NOW)
    return webhook


def queue(webhook, number, *, at=NOW):
    """Queue so many deliveries for a webhook, all due at an instant."""
    events = [WebhookEvent(f"release.moved:{one}", "release.moved", "{}") for one in range(number)]
    write_deliveries(webhook, events, now=at)


def stored():
    return WebhookDelivery.objects.get()


def test_what_happens_reaches_a_receiver_once_signed_with_the_secret(office, receiver):
    _webhook, secret = create_webhook(office, receiver.url)
    ReleaseFactory(series=SeriesFactory(producer=office.producer), announced=True)
    assert [send_all(now=NOW + timedelta(seconds=10 * run)) for run in range(3)] == [1, 0, 0]
    (one,) = receiver.received
    assert is_signed(one, secret)
    assert not is_signed(one, "whsec_AAAA")
    assert one.path == "/hooks/secret-part"
    assert one.headers["content-type"] == "application/json"
    assert abs(int(one.headers["webhook-timestamp"]) - NOW.timestamp()) <= 1
    assert one.headers["webhook-id"] == stored().message_id
    assert one.payload["type"] == "release.announced"
    assert (stored().last_status, stored().attempts) == (204, 1)


@pytest.mark.both_databases
def test_a_refused_delivery_is_tried_at_the_delays_of_the_specification_with_the_same_identifier(webhook, receiver):
    receiver.statuses = [500]
    at, waits = NOW, []
    while (row := stored()).is_waiting:
        assert deliver(now=row.due_at - SECOND) == 0
        waits.append(row.due_at - at)
        at = row.due_at
        deliver(now=at)
        at = stored().tried_at
    assert stored().attempts == MOST_ATTEMPTS == 10
    # The clock of a run goes on by some milliseconds.
    assert [round(wait.total_seconds()) for wait in waits] == [0, *(wait.total_seconds() for wait in WAITS)]
    assert [round(wait.total_seconds()) for wait in waits][:4] == [0, 5, 300, 1800]
    assert len(receiver.received) == 10
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1
    assert len({one.body for one in receiver.received}) == 1
    assert len({one.headers["webhook-timestamp"] for one in receiver.received}) == 10
    assert all(is_signed(one, webhook.secret_in_clear) for one in receiver.received)
    assert deliver(now=at + timedelta(days=30)) == 0
    assert (stored().last_status, stored().delivered_at) == (500, None)


def test_a_webhook_that_fails_is_shown_as_failing_until_a_delivery_is_accepted(webhook, receiver):
    receiver.statuses = [503, 200]
    deliver(now=NOW)
    assert WebhookEndpoint.objects.get().failing_since >= NOW
    deliver(now=NOW + timedelta(seconds=10))
    assert WebhookEndpoint.objects.get().failing_since is None


def test_after_five_days_of_failure_it_is_turned_off_and_what_waits_is_given_up(webhook, office, receiver):
    receiver.statuses = [500]
    deliver(now=NOW)
    WebhookDelivery.objects.update(due_at=NOW + FAILING - timedelta(minutes=1))
    deliver(now=NOW + FAILING - timedelta(minutes=1))
    assert WebhookEndpoint.objects.get().off_at is None
    endpoints.send_test(webhook, by=office.head, at=NOW + FAILING)
    WebhookDelivery.objects.update(due_at=NOW + FAILING + SECOND)
    deliver(now=NOW + FAILING + SECOND)
    row = WebhookEndpoint.objects.get()
    assert (row.off_at is not None, row.off_reason) == (True, "failing")
    assert not [one for one in WebhookDelivery.objects.all() if one.is_waiting]
    assert WebhookChange.objects.filter(kind="turned_off", actor=None).count() == 1


def test_a_webhook_that_failed_weeks_ago_is_not_turned_off_by_one_failed_attempt(webhook, office, receiver):
    receiver.statuses = [500] * MOST_ATTEMPTS + [503, 200]
    while (row := stored()).is_waiting:
        deliver(now=row.due_at)
    later = NOW + timedelta(days=30)
    endpoints.send_test(webhook, by=office.head, at=later)
    queue(webhook, 1, at=later + timedelta(hours=1))
    in_another_process = WebhookDelivery.objects.filter(key="release.moved:0")
    in_another_process.update(tried_at=later, claimed_until=later + CLAIM, due_at=later + timedelta(hours=1))
    deliver(now=later)
    row = WebhookEndpoint.objects.get()
    assert (row.off_at, row.failing_since >= later) == (None, True)
    deliver(now=later + timedelta(seconds=10))
    row = WebhookEndpoint.objects.get()
    assert (row.off_at, row.failing_since) == (None, None)


def test_410_turns_it_off_at_once(webhook, receiver):
    receiver.statuses = [410]
    deliver(now=NOW)
    assert WebhookEndpoint.objects.get().off_reason == "gone"
    assert stored().given_up_at is not None
    assert deliver(now=NOW + timedelta(days=1)) == 0
    assert len(receiver.received) == 1


def test_a_redirect_is_not_followed(webhook, receiver):
    with run_receiver() as elsewhere:
        receiver.statuses, receiver.headers = [307], {"Location": elsewhere.url}
        deliver(now=NOW)
        assert elsewhere.received == []
    assert (stored().last_status, stored().is_waiting) == (307, True)


def test_the_body_of_an_answer_is_not_read_however_long(webhook, receiver):
    receiver.answer = b"x" * 500_000
    assert deliver(now=NOW) == 1
    assert stored().last_fault == ""


@pytest.mark.slow
def test_a_receiver_that_does_not_answer_is_left_after_fifteen_seconds(webhook, receiver, monkeypatch):
    assert post.LIMITS.total_seconds == 15
    monkeypatch.setattr(post, "LIMITS", Limits(total_seconds=0.5))
    receiver.waits_seconds = 1.0
    deliver(now=NOW)
    assert stored().last_status is None
    assert "timeout" in stored().last_fault


@pytest.mark.parametrize(
    "url",
    [
        "http://data.example.gov.uk/hooks",
        "https://127.0.0.1/hooks",
        "https://localhost/hooks",
        "https://2130706433/hooks",
        "https://[::1]/hooks",
        "https://10.0.0.7/hooks",
        "https://169.254.169.254/latest/meta-data/",
        "https://name:password@data.example.gov.uk/",
        "ftp://data.example.gov.uk/",
        "not an address",
    ],
)
def test_an_address_that_is_not_public_https_is_refused(office, url):
    with pytest.raises(endpoints.WebhookRefused, match="https://"):
        create_webhook(office, url)
    assert not WebhookEndpoint.objects.exists()


def test_an_address_that_was_accepted_is_examined_again_at_each_attempt(webhook, receiver, settings):
    settings.PROBE_ALLOW_PRIVATE = frozenset()
    deliver(now=NOW)
    assert receiver.received == []
    assert stored().last_fault == "The address was refused: it does not start with https://."


def test_a_name_that_leads_to_a_private_network_is_not_connected_to(webhook, receiver, settings, monkeypatch):
    """A name can lead elsewhere later, so the network address is examined when we connect (SSRF)."""
    settings.PROBE_ALLOW_PRIVATE = frozenset()
    monkeypatch.setattr(post, "refuse_post_address", lambda url: None)
    deliver(now=NOW)
    assert receiver.received == []
    assert "127.0.0.1 is a loopback address" in stored().last_fault


def test_one_system_that_does_not_answer_delays_no_other(office, receiver, webhook, settings):
    settings.PROBE_ALLOW_PRIVATE = frozenset({receiver.place, f"127.0.0.1:{(port := free_port())}"})
    away, _secret = create_webhook(office, f"http://127.0.0.1:{port}/", name="away")
    endpoints.send_test(away, by=office.head, at=NOW - timedelta(minutes=1))
    WebhookDelivery.objects.filter(endpoint=away).update(due_at=NOW - timedelta(minutes=1))
    assert deliver(now=NOW) == 1
    assert "connect" in WebhookDelivery.objects.get(endpoint=away).last_fault


@pytest.mark.both_databases
def test_a_failing_system_with_many_deliveries_delays_no_other(office):
    failing, _secret = create_webhook(office, "https://failing.example.gov.uk/", name="failing")
    other, _secret = create_webhook(office, "https://other.example.gov.uk/", name="other")
    queue(failing, BATCH_SIZE + 1, at=NOW - timedelta(minutes=1))
    queue(other, 1)
    posted = []

    def answer(url, *_args, **_kwargs):
        posted.append(url)
        return PostResponse(503 if url == failing.url else 204)

    assert deliver(now=NOW, post=answer) == 1
    assert WebhookDelivery.objects.get(endpoint=other).delivered_at is not None
    assert sorted(posted) == [failing.url, other.url]
    WebhookDelivery.objects.filter(endpoint=other).update(delivered_at=None, due_at=NOW + SECOND)
    posted.clear()
    assert deliver(now=NOW + SECOND, post=answer) == 1
    assert posted == [other.url, failing.url]


@pytest.mark.both_databases
def test_systems_take_turns_and_a_run_sends_a_limited_number_to_each(office, monkeypatch):
    monkeypatch.setattr(deliveries, "BATCH_SIZE", 2)
    many, _secret = create_webhook(office, "https://many.example.gov.uk/", name="many")
    few, _secret = create_webhook(office, "https://few.example.gov.uk/", name="few")
    queue(many, 3, at=NOW - timedelta(minutes=1))
    queue(few, 1)
    posted = []

    def answer(url, *_args, **_kwargs):
        posted.append(url)
        return PostResponse(204)

    assert deliver(now=NOW, post=answer) == 3
    assert posted == [many.url, few.url, many.url]
    assert deliver(now=NOW, post=answer) == 1


def test_a_run_that_takes_too_long_ends_once_each_system_had_its_turn(office, monkeypatch):
    monkeypatch.setattr(deliveries, "RUN_LASTS", timedelta(0))
    for name in ("one", "two"):
        webhook, _secret = create_webhook(office, f"https://{name}.example.gov.uk/", name=name)
        queue(webhook, 3)
    assert deliver(now=NOW, post=lambda *_args, **_kwargs: PostResponse(204)) == 2
    assert set(WebhookDelivery.objects.filter(attempts=1).values_list("endpoint__name", flat=True)) == {"one", "two"}


def test_after_a_replacement_both_secrets_sign_for_a_day(webhook, office, receiver):
    new = endpoints.replace_secret(webhook, by=office.head, at=NOW)
    deliver(now=NOW + SECOND)
    endpoints.send_test(webhook, by=office.head, at=NOW + timedelta(days=2))
    deliver(now=NOW + timedelta(days=2, seconds=1))
    first, second = receiver.received
    assert is_signed(first, webhook.secret_in_clear)
    assert is_signed(first, new)
    assert is_signed(second, new)
    assert not is_signed(second, webhook.secret_in_clear)


def test_after_two_replacements_within_a_day_a_system_that_has_the_first_secret_still_accepts_messages(
    webhook, office, receiver
):
    second = endpoints.replace_secret(webhook, by=office.head, at=NOW)
    third = endpoints.replace_secret(webhook, by=office.head, at=NOW + timedelta(hours=1))
    assert stored_endpoint().secrets_at(NOW + timedelta(hours=24)) == [third, second, webhook.secret_in_clear]
    assert stored_endpoint().secrets_at(NOW + timedelta(hours=25)) == [third]
    deliver(now=NOW + timedelta(hours=24))
    (received,) = receiver.received
    assert is_signed(received, webhook.secret_in_clear)


def test_a_secret_that_cannot_be_read_any_more_is_replaced_and_no_longer_signs(webhook, office, settings):
    settings.SECRET_KEY = "another key of the machine that is long enough for a test"
    new = endpoints.replace_secret(webhook, by=office.head, at=NOW)
    assert stored_endpoint().secrets_at(NOW) == [new]


def stored_endpoint():
    return WebhookEndpoint.objects.get()


def test_the_secret_is_encrypted_and_in_no_other_row(webhook):
    row = WebhookEndpoint.objects.get()
    assert webhook.secret_in_clear not in row.secret
    assert webhook.secret_in_clear.removeprefix("whsec_") not in row.secret
    assert row.secrets_at(NOW) == [webhook.secret_in_clear]


def test_with_another_secret_key_nothing_is_sent_and_the_reason_is_shown(webhook, receiver, settings):
    settings.SECRET_KEY = "another key of the machine that is long enough for a test"
    deliver(now=NOW)
    assert receiver.received == []
    assert "SECRET_KEY" in stored().last_fault


def test_a_delivery_that_is_sent_again_has_the_same_identifier_and_is_not_queued_twice(webhook, office, receiver):
    deliver(now=NOW)
    endpoints.send_again(stored(), by=office.head, at=NOW + SECOND)
    with pytest.raises(endpoints.NotPossible, match="already waiting"):
        endpoints.send_again(stored(), by=office.head, at=NOW + SECOND)
    assert deliver(now=NOW + 2 * SECOND) == 1
    assert len(receiver.received) == 2
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1


def test_a_delivery_that_waits_for_its_next_attempt_can_be_sent_at_once(webhook, office, receiver):
    receiver.statuses = [503, 204]
    deliver(now=NOW)
    assert deliver(now=NOW + SECOND) == 0
    endpoints.send_again(stored(), by=office.head, at=NOW + SECOND)
    assert deliver(now=NOW + 2 * SECOND) == 1
    assert stored().delivered_at is not None


def test_a_webhook_that_is_off_gets_nothing_and_turned_on_again_what_happens_from_then_on(office, receiver):
    webhook, _secret = create_webhook(office, receiver.url)
    assert endpoints.turn_endpoint_off(webhook, by=office.head, at=NOW) is True
    assert endpoints.turn_endpoint_off(webhook, by=office.head, at=NOW) is False
    with pytest.raises(endpoints.NotPossible, match="off"):
        endpoints.send_test(webhook, by=office.head, at=NOW)
    series = SeriesFactory(producer=office.producer)
    ReleaseFactory(series=series, announced=True, recorded_at=NOW)
    send_all(now=NOW + timedelta(minutes=10))
    assert endpoints.turn_endpoint_on(webhook, by=office.head, at=NOW + timedelta(minutes=11)) is True
    ReleaseFactory(series=series, announced=True, reference="later", recorded_at=NOW + timedelta(minutes=12))
    send_all(now=NOW + timedelta(minutes=20))
    assert [one.payload["data"]["reference"] for one in receiver.received] == ["later"]


@pytest.mark.both_databases
def test_a_failure_of_a_webhook_that_was_turned_off_meanwhile_is_not_tried_again(webhook, office):
    def turn_off_and_fail(*_args, **_kwargs):
        endpoints.turn_endpoint_off(webhook, by=office.head, at=NOW)
        return PostResponse(500)

    deliver(now=NOW, post=turn_off_and_fail)
    assert (stored().is_waiting, stored().last_status) == (False, 500)
    endpoints.turn_endpoint_on(webhook, by=office.head, at=NOW + SECOND)
    assert deliver(now=NOW + timedelta(days=1)) == 0
    assert stored().attempts == 1


@pytest.mark.both_databases
def test_nothing_is_queued_for_a_webhook_that_is_turned_off_while_the_events_are_read(office, monkeypatch):
    webhook, _secret = create_webhook(office)
    ReleaseFactory(series=SeriesFactory(producer=office.producer), announced=True)
    heads = deliveries.chain_positions()

    def turn_off_meanwhile():
        endpoints.turn_endpoint_off(webhook, by=office.head, at=NOW)
        return heads

    monkeypatch.setattr(deliveries, "chain_positions", turn_off_meanwhile)
    assert deliveries.create_deliveries(now=NOW) == 0
    assert not WebhookDelivery.objects.exists()


def test_the_job_sends_and_old_deliveries_are_removed_and_not_sent_again(webhook, receiver, settings, time_machine):
    time_machine.move_to(NOW)
    jobs.send_webhooks()
    assert receiver.types() == ["webhook.test"]
    assert deliveries.remove_old_deliveries(now=NOW + timedelta(days=30), retention=timedelta(days=31)) == 0
    assert deliveries.remove_old_deliveries(now=NOW + timedelta(days=32), retention=timedelta(days=31)) == 1
    jobs.send_webhooks()
    assert len(receiver.received) == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_processes_at_the_same_time_send_each_delivery_once(office, settings):
    with run_receiver() as receiver:
        settings.PROBE_ALLOW_PRIVATE = frozenset({receiver.place})
        receiver.waits_seconds = 0.05
        for number in range(4):
            webhook, _secret = create_webhook(office, receiver.url, name=f"Purpose {number}")
            endpoints.send_test(webhook, by=office.head, at=NOW)
        ready, sent = threading.Barrier(4, timeout=20), []

        def run():
            try:
                ready.wait()
                sent.append(send_all(now=NOW))
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (sum(sent), len(receiver.received)) == (4, 4)


def test_a_claim_that_no_process_can_have_made_holds_up_no_delivery(webhook, receiver):
    WebhookDelivery.objects.update(claimed_until=NOW + timedelta(days=365))
    assert deliver(now=NOW) == 1


@pytest.mark.both_databases
def test_a_delivery_of_a_process_that_died_is_sent_by_another_after_its_claim(webhook, receiver):
    WebhookDelivery.objects.update(claimed_until=NOW + CLAIM, attempts=1, tried_at=NOW)
    assert deliver(now=NOW + CLAIM - SECOND) == 0
    assert deliver(now=NOW + CLAIM) == 1

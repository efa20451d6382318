"""Pages about webhooks, and the address at which publishing systems state that they have published."""

import json
import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases.cover import CoverPerson, name_cover
from releases.models import PublicationStatement
from releases.permissions import NotYours
from releases.rules.calendar import local_date
from releases.rules.lifecycle import LEADS
from statsoffice.webhooks import endpoints
from statsoffice.webhooks.deliveries import turn_off
from statsoffice.webhooks.inbound import MOST_BYTES
from statsoffice.webhooks.models import (
    EventType,
    OffReason,
    PublicationSource,
    WebhookChange,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.people import create_office
from tests.support.report_forms import words
from tests.support.webhook_receiver import signature, signed
from tests.support.webhooks import add_system, create_webhook

pytestmark = pytest.mark.django_db

LIST = reverse("webhooks:webhooks")
PASSWORD = "correct horse battery"
NOW = SEED_DUE + timedelta(seconds=5)
FORM = {"name": "Dashboard", "url": "https://data.example.gov.uk/hooks", "event_types": ["release.published"]}


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def head(client, office):
    """Signed in, and has just confirmed with the password that it is them."""
    client.force_login(office.head)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def address(name, *arguments):
    return reverse(f"webhooks:{name}", args=arguments)


def text_of(response):
    return words(response.text)


def secret_in(response):
    return re.search(r"whsec_[A-Za-z0-9+/=]+", response.text)[0]


class TestWebhooks:
    def test_there_are_none_at_first_and_the_page_says_so(self, head):
        text = text_of(head.get(LIST))
        assert "There are no webhooks yet." in text
        assert "There are no publishing systems yet." in text

    def test_a_new_webhook_shows_its_secret_once(self, head, office):
        response = head.post(address("create_webhook", office.producer.slug), FORM)
        secret = secret_in(response)
        assert "no-store" in response.headers["Cache-Control"]
        assert "Copy the secret now. We do not show it again." in text_of(response)
        markup = " ".join(response.text.split())
        assert f'id="secret" aria-labelledby="secret-label">{secret}</code>' in markup
        assert 'data-copy="secret" hidden' in response.text
        webhook = WebhookEndpoint.objects.get()
        assert webhook.secrets_at(NOW) == [secret]
        assert (webhook.name, webhook.event_types, webhook.with_rehearsals) == (
            "Dashboard",
            ["release.published"],
            False,
        )
        for page in (LIST, address("webhook", webhook.pk), address("replace_secret", webhook.pk)):
            assert "whsec_" not in head.get(page).text
        # The form that is sent again makes no second one.
        again = head.post(address("create_webhook", office.producer.slug), FORM)
        assert "There is already a webhook for this purpose." in text_of(again)

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"name": ""}, "Enter a purpose"),
            ({"url": ""}, "Enter the web address of your system"),
            ({"url": "http://data.example.gov.uk/"}, "Enter a web address that starts with https://"),
            ({"url": "https://10.0.0.7/"}, "ask the operator of this service to allow its host and port"),
            ({"event_types": []}, "Select at least one event"),
            ({"event_types": ["release.deleted"]}, "Select a valid choice"),
        ],
    )
    def test_an_error_names_the_field_and_what_to_do(self, head, office, change, error):
        response = head.post(address("create_webhook", office.producer.slug), FORM | change)
        assert "There is a problem" in text_of(response)
        assert error in text_of(response)
        assert not WebhookEndpoint.objects.exists()

    def test_a_test_event_is_queued_once_and_listed(self, head, office):
        webhook, _secret = create_webhook(office, at=NOW)
        assert "Nothing has been sent yet." in text_of(head.get(address("webhook", webhook.pk)))
        for _click in range(2):
            head.post(address("send_test", webhook.pk))
        delivery = WebhookDelivery.objects.get()
        assert json.loads(delivery.body)["type"] == "webhook.test"
        text = text_of(head.get(address("webhook", webhook.pk)))
        assert "Test event webhook.test" in text
        assert "Waiting" in text
        assert "9:30:05am on 30 June 2020" in text

    @pytest.mark.parametrize(
        ("event_type", "label"),
        [(one.value, one.label) for one in EventType] + [("webhook.test", "Test event")],
    )
    def test_a_delivery_has_the_label_of_its_event(self, event_type, label):
        assert WebhookDelivery(event_type=event_type).type_label == label

    def test_the_status_of_a_delivery_and_send_again(self, head, office):
        webhook, _secret = create_webhook(office, at=NOW)
        head.post(address("send_test", webhook.pk))
        WebhookDelivery.objects.update(given_up_at=NOW, attempts=10, last_status=500)
        text = text_of(head.get(address("webhook", webhook.pk)))
        assert "Not delivered" in text
        assert "Response 500" in text
        delivery = WebhookDelivery.objects.get()
        response = head.post(address("send_again", delivery.pk), follow=True)
        assert "Delivery queued again." in text_of(response)
        assert "already waiting" in text_of(head.post(address("send_again", delivery.pk), follow=True))
        assert WebhookDelivery.objects.get().is_waiting

    @pytest.mark.both_databases
    def test_a_heading_sorts_the_deliveries_and_equal_ones_stay_latest_first(self, head, office, subtests):
        webhook, _secret = create_webhook(office, at=NOW)
        rows = [
            ("a", "report.approved", {"delivered_at": NOW, "attempts": 1}),
            ("r", "release.announced", {}),
            ("t", "webhook.test", {"given_up_at": NOW, "attempts": 10}),
        ]
        for minute, (key, event_type, values) in enumerate(rows):
            at = NOW + timedelta(minutes=minute)
            WebhookDelivery.objects.create(
                endpoint=webhook, key=key, message_id=key, event_type=event_type, created_at=at, due_at=at, **values
            )
        orders = [
            ("", "tra", "descending"),
            ("salt", "tra", "descending"),
            ("queued", "art", "ascending"),
            ("event", "rat", "ascending"),
            ("status", "rta", "ascending"),
            ("-attempts", "tar", "descending"),
            ("next", "rta", "ascending"),
            ("-next", "rta", "descending"),
        ]
        for sort, keys, direction in orders:
            with subtests.test(sort):
                page = head.get(address("webhook", webhook.pk), {"sort": sort})
                assert "".join(delivery.key for delivery, _fault in page.context["deliveries"]) == keys
                assert re.findall('aria-sort="(.*)"', page.text) == [direction]

    @pytest.mark.parametrize(
        ("fault", "sentence"),
        [
            ("timeout: Operation timed out after 15001 ms", "The system did not respond in time."),
            ("dns: Could not resolve host: x.example", "We could not find the system. Check its web address."),
            ("connect: Failed to connect", "We could not connect to the system."),
            ("tls: certificate has expired", "The connection was not secure. Check the certificate of the system."),
            ("address_refused: 10.0.0.5 is a private address", "We cannot send to this address. It must start with"),
            ("The address was refused: it does not start with https://.", "We cannot send to this address."),
            ("too_large: more than 65536 bytes of headers", "The response of the system was too large."),
            (
                "The secret cannot be read, because SECRET_KEY was replaced.",
                "We cannot read the secret of this webhook.",
            ),
            ("broken: the headers break off", "We got no usable response from the system."),
        ],
    )
    def test_a_fault_is_a_plain_sentence_and_its_text_is_under_technical_details(self, head, office, fault, sentence):
        webhook, _secret = create_webhook(office, at=NOW)
        head.post(address("send_test", webhook.pk))
        WebhookDelivery.objects.update(attempts=1, last_fault=fault)
        page = LexborHTMLParser(head.get(address("webhook", webhook.pk)).text)
        (details,) = page.css("td details")
        assert details.css_first("div").text().strip() == fault
        assert "Technical details" in details.css_first("summary").text()
        details.decompose()
        shown = page.css_first("td[data-label=Status]").text()
        assert sentence in shown
        assert fault not in shown

    @pytest.mark.parametrize(("attempts", "offered"), [(0, False), (1, True)])
    def test_only_a_waiting_delivery_that_failed_can_be_sent_again(self, head, office, attempts, offered):
        webhook, _secret = create_webhook(office, at=NOW)
        head.post(address("send_test", webhook.pk))
        WebhookDelivery.objects.update(attempts=attempts, due_at=NOW + timedelta(hours=1))
        page = head.get(address("webhook", webhook.pk))
        assert (address("send_again", WebhookDelivery.objects.get().pk) in page.text) is offered

    def test_a_failing_webhook_is_shown_as_failing(self, head, office):
        webhook, _secret = create_webhook(office, at=NOW)
        WebhookEndpoint.objects.update(failing_since=NOW)
        assert "Failing" in text_of(head.get(LIST))
        assert "off after five days of failed deliveries." in text_of(head.get(address("webhook", webhook.pk)))

    def test_it_is_turned_off_after_a_question_and_on_again(self, head, office):
        webhook, _secret = create_webhook(office, at=NOW)
        assert "We will stop sending events, including those waiting." in text_of(
            head.get(address("turn_off", webhook.pk))
        )
        assert "Webhook turned off." in text_of(head.post(address("turn_off", webhook.pk), follow=True))
        assert "You did not make any changes." in text_of(head.post(address("turn_off", webhook.pk), follow=True))
        refused = head.post(address("send_test", webhook.pk), follow=True)
        assert "This webhook is off. Turn it on first." in text_of(refused)
        assert "Webhook turned on." in text_of(head.post(address("turn_on", webhook.pk), follow=True))
        kinds = list(WebhookChange.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["created", "turned_off", "turned_on"]
        trail = text_of(head.get(reverse("audit:trail")))
        assert "Webhook turned off: Dashboard" in trail

    def test_one_that_the_service_turned_off_is_a_task_until_it_is_turned_on_or_left_off(self, head, office, client):
        webhook, _secret = create_webhook(office, at=NOW)

        def heading():
            return "Webhooks that we turned off Dashboard" in text_of(client.get("/desk/"))

        turn_off(webhook, OffReason.FAILING, at=NOW)
        assert heading()
        head.post(address("turn_on", webhook.pk))
        assert not heading()
        turn_off(webhook, OffReason.GONE, at=NOW)
        assert heading()
        assert "Leave it off" in text_of(head.get(address("webhook", webhook.pk)))
        assert "The webhook stays off." in text_of(head.post(address("leave_off", webhook.pk), follow=True))
        page = text_of(head.get(address("webhook", webhook.pk)))
        assert "Leave it off" not in page
        assert "no longer exists (HTTP status 410)" in page
        assert not heading()
        assert "You did not make any changes." in text_of(head.post(address("leave_off", webhook.pk), follow=True))
        assert "Webhook left off: Dashboard" in text_of(head.get(reverse("audit:trail")))

    def test_one_that_the_service_turned_off_is_no_task_of_others(self, client, office):
        webhook, _secret = create_webhook(office, at=NOW)
        turn_off(webhook, OffReason.FAILING, at=NOW)
        for person in (office.statistician, create_office().head):
            client.force_login(person)
            assert "Dashboard" not in text_of(client.get("/desk/")).partition("Your tasks")[2]

    def test_whoever_has_only_a_session_gets_nosecret(self, client, office):
        webhook, secret = create_webhook(office, at=NOW)
        client.force_login(office.head)
        slug = office.producer.slug
        for page in (
            address("create_webhook", slug),
            address("replace_secret", webhook.pk),
            address("add_system", slug),
        ):
            answer = client.post(page, FORM)
            assert answer.url.startswith(reverse("account_reauthenticate")), page
        assert WebhookEndpoint.objects.get().secrets_at(NOW) == [secret]
        assert not PublicationSource.objects.exists()

    def test_the_secret_is_replaced_on_request(self, head, office):
        webhook, old = create_webhook(office, at=NOW)
        new = secret_in(head.post(address("replace_secret", webhook.pk)))
        stored = WebhookEndpoint.objects.get()
        assert stored.secrets_at(NOW + timedelta(hours=23)) == [new, old]
        assert stored.secrets_at(NOW + timedelta(hours=24)) == [new]

    def test_only_the_leads_of_the_producer_find_anything(self, client, office):
        webhook, _secret = create_webhook(office, at=NOW)
        system, _secret = add_system(office, at=NOW)
        client.force_login(office.head)
        client.post(address("send_test", webhook.pk))
        delivery = WebhookDelivery.objects.get()
        slug = office.producer.slug
        pages = [
            *((client.get, address(name, webhook.pk)) for name in ("webhook", "replace_secret", "turn_off")),
            *(
                (client.post, address(name, webhook.pk))
                for name in ("send_test", "replace_secret", "turn_off", "turn_on", "leave_off")
            ),
            (client.post, address("send_again", delivery.pk)),
            *((method, address("remove_system", system.pk)) for method in (client.get, client.post)),
            *((method, address("create_webhook", slug)) for method in (client.get, client.post)),
            *((method, address("add_system", slug)) for method in (client.get, client.post)),
        ]
        strangers = [person for role, person in office.people.items() if role not in LEADS]
        for person in [*strangers, create_office().head]:
            client.force_login(person)
            assert {method(page).status_code for method, page in pages} == {404}
            assert "Dashboard" not in client.get(LIST).text
            assert client.get(LIST).status_code == (404 if person in strangers else 200)
        assert WebhookEndpoint.objects.get().off_at is None
        assert PublicationSource.objects.get().revoked_at is None

    def test_a_person_who_only_covers_gets_no_secret_and_can_stop_what_others_created(self, client, office):
        webhook, secret = create_webhook(office, at=NOW)
        system, _secret = add_system(office, at=NOW)
        person, producer, today = office.statistician, office.producer, local_date(NOW)
        people = [CoverPerson(person, today, today)]
        name_cover(producer, office.head, first=today, last=today, people=people, by=office.head, at=NOW)
        client.force_login(person)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        secret_pages = {
            address("create_webhook", producer.slug): FORM,
            address("add_system", producer.slug): {"name": "Pipeline"},
            address("replace_secret", webhook.pk): {},
        }
        for page in (LIST, address("webhook", webhook.pk)):
            response = client.get(page)
            assert "You cover for a Head of Profession, so you cannot create webhooks," in text_of(response)
            assert not [one for one in secret_pages if one in response.text]
        for page, fields in secret_pages.items():
            assert {client.get(page).status_code, client.post(page, fields).status_code} == {404}
        calls = [
            lambda: create_webhook(office, name="Second", by=person),
            lambda: add_system(office, "Second", by=person),
            lambda: endpoints.replace_secret(webhook, by=person, at=NOW),
        ]
        for call in calls:
            with pytest.raises(NotYours):
                call()
        assert WebhookEndpoint.objects.get().secrets_at(NOW) == [secret]
        assert PublicationSource.objects.get() == system
        for page in (address("turn_off", webhook.pk), address("remove_system", system.pk)):
            assert client.post(page).status_code == 302
        assert WebhookEndpoint.objects.get().off_at == NOW
        assert PublicationSource.objects.get().revoked_at == NOW

    def test_only_people_who_cover_see_the_sentence_about_cover(self, head, office):
        webhook, _secret = create_webhook(office, at=NOW)
        for page in (LIST, address("webhook", webhook.pk)):
            assert "You cover" not in text_of(head.get(page))


class TestPublishingSystems:
    def test_a_new_system_shows_its_secret_and_address_once_and_is_removed(self, head, office):
        response = head.post(address("add_system", office.producer.slug), {"name": "Pipeline"})
        system = PublicationSource.objects.get()
        assert system.read_secret() == secret_in(response)
        assert reverse("state_publication", args=[system.key]) in response.text
        assert "There is already a system with this name." in text_of(
            head.post(address("add_system", office.producer.slug), {"name": "pipeline"})
        )
        assert "Pipeline" in text_of(head.get(LIST))
        assert reverse("state_publication", args=[system.key]) in text_of(head.get(LIST))
        assert "whsec_" not in head.get(LIST).text
        assert "Publishing system removed." in text_of(head.post(address("remove_system", system.pk), follow=True))
        assert "There are no publishing systems yet." in text_of(head.get(LIST))
        assert head.post(address("remove_system", system.pk)).status_code == 404


@pytest.fixture
def release(office):
    return ReleaseFactory(series=SeriesFactory(producer=office.producer), announced=True)


@pytest.fixture
def system(office):
    system, system.secret_in_clear = _added(office)
    return system


def _added(office):
    system, secret = add_system(office)
    return system, secret


def body_of(reference, **data):
    content = {"reference": reference, "published_at": "2020-06-30T09:30:02+01:00"} | data
    return json.dumps({"type": "release.published", "timestamp": "2020-06-30T08:30:02Z", "data": content}).encode()


def send(system, body, *, secret=None, at=NOW, message_id="msg_1", key=None, **changes):
    headers = signed(body, secret or system.secret_in_clear, at=at.timestamp(), message_id=message_id) | changes
    # A client that checks for forged forms: the signature takes the place of a token.
    client = Client(enforce_csrf_checks=True)
    where = reverse("state_publication", args=[key or system.key])
    return client.post(where, body, content_type="application/json", headers=headers)


class TestStatements:
    def test_a_signed_statement_is_recorded_and_shown_on_the_release_page(self, client, office, system, release):
        response = send(system, body_of(release.reference))
        assert (response.status_code, response.json()) == (
            200,
            {"recorded": True, "published_at": "2020-06-30T08:30:02Z", "received_at": "2020-06-30T08:30:05Z"},
        )
        assert response.cookies == {}
        client.force_login(office.statistician)
        text = text_of(client.get(reverse("releases:release", args=[release.reference])))
        assert "Times from the publisher’s system" in text
        assert "They are not our observations and do not change any result." in text
        assert "Published at 9:30:02am" in text
        assert "Stated by Content management system" in text
        assert "Received at 9:30:05am on 30 June 2020" in text

    def test_the_same_message_gets_the_same_answer_and_is_stored_once(self, system, release, time_machine):
        first = send(system, body_of(release.reference))
        time_machine.move_to(NOW + timedelta(minutes=1), tick=False)
        later = body_of(release.reference, published_at="2020-06-30T09:31:00+01:00")
        for body in (body_of(release.reference), later):
            again = send(system, body, at=NOW + timedelta(minutes=1))
            assert (again.status_code, again.json()) == (200, first.json())
        assert PublicationStatement.objects.count() == 1

    def test_an_unknown_release_and_one_of_another_producer_get_the_same_answer(self, system):
        elsewhere = ReleaseFactory(announced=True, reference="elsewhere")
        answers = {
            (response.status_code, response.text)
            for reference in (elsewhere.reference, "no-such-release")
            for response in [send(system, body_of(reference))]
        }
        assert answers == {(404, '{"error": "We do not know a release with this reference."}')}

    @pytest.mark.parametrize(
        ("change", "status", "reason"),
        [
            ({"secret": "whsec_AAAA"}, 401, "The signature is not valid."),
            ({"webhook-signature": "v1,AAAA"}, 401, "The signature is not valid."),
            ({"webhook-id": "msg_2"}, 401, "The signature is not valid."),
            ({"webhook-id": ""}, 401, "Send the headers"),
            ({"at": NOW - timedelta(minutes=6)}, 401, "5 minutes"),
            ({"at": NOW + timedelta(minutes=6)}, 401, "5 minutes"),
            ({"key": uuid.uuid4()}, 404, "No publishing system has this address"),
        ],
    )
    def test_a_forged_or_old_message_stores_nothing(self, system, release, change, status, reason):
        """(attack: forged signature, replay)"""
        response = send(system, body_of(release.reference), **change)
        assert response.status_code == status
        assert reason in response.json()["error"]
        assert not PublicationStatement.objects.exists()

    def test_a_signed_time_that_is_no_date_is_refused(self, system, release):
        body, seconds = body_of(release.reference), "9" * 12
        signed_so = signature(system.secret_in_clear, message_id="msg_1", timestamp=seconds, body=body)
        response = send(system, body, **{"webhook-timestamp": seconds, "webhook-signature": signed_so})
        assert response.status_code == 401
        assert "5 minutes" in response.json()["error"]

    def test_a_secret_of_a_removed_system_or_of_another_one_does_not_work(self, head, office, system, release):
        other, other_secret = add_system(office, "Pipeline")
        assert send(system, body_of(release.reference), secret=other_secret).status_code == 401
        assert send(system, body_of(release.reference), key=other.key).status_code == 401
        head.post(address("remove_system", system.pk))
        assert send(system, body_of(release.reference)).status_code == 404

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"not json",
            b"[]",
            b'{"type": "release.published"}',
            body_of("x", published_at="2020-06-30T09:30:02"),
            body_of("x", published_at="yesterday"),
            body_of(""),
            body_of("x").replace(b"release.published", b"release.moved"),
            body_of("x" * 201),
            body_of("x\0"),
            b"\xff",
        ],
    )
    def test_another_content_is_refused_with_an_example(self, system, body):
        response = send(system, body)
        assert response.status_code == 400
        assert response.json()["error"].startswith("Send JSON such as")

    def test_a_long_body_is_refused_before_it_is_read(self, system):
        response = send(system, b"x" * (MOST_BYTES + 1))
        assert (response.status_code, response.json()["error"]) == (413, "Send at most 16 KB.")

    @pytest.mark.parametrize(
        ("published_at", "sentence"),
        [
            ("2020-06-30T09:40:00+01:00", "The time of publication is in the future."),
            ("9999-12-31T23:59:59-14:00", "The time of publication is in the future."),
            ("0001-01-01T00:00:00+14:00", "The time of publication is before 2000."),
        ],
    )
    def test_a_time_in_the_future_or_long_ago_is_refused(self, system, release, published_at, sentence):
        response = send(system, body_of(release.reference, published_at=published_at))
        assert (response.status_code, response.json()["error"]) == (400, sentence)

    def test_only_post_is_accepted(self, client, system):
        assert client.get(reverse("state_publication", args=[system.key])).status_code == 405

    def test_requests_are_limited_as_those_of_the_api(self, system, release, settings):
        settings.RATES = {**settings.RATES, "program": 2}
        statuses = [send(system, body_of(release.reference)).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]

"""The outbox in the admin site can be read and not changed; channels are chosen by those who keep the calendar."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from releases.permissions import TABLE, Action
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from statsoffice.notifications.access_links import event_of_link
from statsoffice.notifications.models import Message, Preference
from tests.support.factories import UserFactory
from tests.support.people import create_office

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 6, 30, 8, 33, tzinfo=UTC)


def test_an_operator_sees_why_a_message_was_not_sent_and_can_change_nothing(client):
    message = Message.objects.create(
        event="suspected-breach-1",
        recipient="person@example.gov.uk",
        subject="Suspected breach",
        text="See the record.",
        created_at=NOW,
        due_at=NOW,
        last_error="550 No such mailbox",
    )
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert "550 No such mailbox" in client.get(reverse("admin:outbox_message_changelist")).text
    change = reverse("admin:outbox_message_change", args=[message.pk])
    page = client.get(change)
    assert page.status_code == 200
    assert "550 No such mailbox" in page.text
    assert "See the record." not in page.text
    assert client.post(change, {"sent_at_0": "2020-06-30", "sent_at_1": "09:33"}).status_code == 403
    assert client.post(reverse("admin:outbox_message_delete", args=[message.pk]), {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:outbox_message_add")).status_code == 403
    assert Message.objects.get().sent_at is None


def test_a_message_with_a_personal_link_is_shown_only_to_those_who_keep_the_list_of_its_producer(client):
    office, others = create_office(), create_office()
    message = Message.objects.create(
        event=event_of_link(1),
        producer=office.producer,
        recipient="minister@example.gov.uk",
        subject="Your access has begun: Zephyrine sales",
        created_at=NOW,
        due_at=NOW,
    )
    change = reverse("admin:outbox_message_change", args=[message.pk])
    readers = set()
    people = [*office.people.values(), others.head, UserFactory()]
    for person in people:
        User.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
        client.force_login(User.objects.get(pk=person.pk))
        listed = "minister@example.gov.uk" in client.get(reverse("admin:outbox_message_changelist")).text
        assert (client.get(change).status_code == 200) is listed
        if listed:
            readers.add(person)
    assert readers == {office.people[role] for role in TABLE[Action.KEEP_ACCESS_LIST]} != set(people)


@pytest.fixture
def manager(client, settings):
    """A calendar manager in the admin site, where the operator has set a webhook up and no key of Notify."""
    settings.WEBHOOKS = {"press": "json://127.0.0.1:1/"}
    office = create_office()
    person = office.people[Role.CALENDAR_MANAGER]
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client.force_login(User.objects.get(pk=person.pk))
    return office


def choose(client, office, person="", channel="mail", webhook=""):
    key = person.pk if person else ""
    given = {"producer": office.producer.pk, "person": key, "channel": channel, "webhook": webhook}
    return client.post(reverse("admin:outbox_preference_add"), given)


def test_who_keeps_a_calendar_chooses_channels_for_its_people(client, manager):
    assert choose(client, manager, manager.head, "webhook", "press").status_code == 302
    assert choose(client, manager, channel="webhook", webhook="press").status_code == 302
    kept = set(Preference.objects.values_list("person", "webhook"))
    assert kept == {(manager.head.pk, "press"), (None, "press")}
    changed = Preference.objects.get(person=None)
    page = client.get(reverse("admin:outbox_preference_history", args=[changed.pk]))
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({"channel": "notify"}, "notify is not one of the available choices", id="not set up"),
        pytest.param({"channel": "webhook"}, "Enter a webhook only if the channel is a webhook", id="nameless webhook"),
        pytest.param({"webhook": "press"}, "Enter a webhook only if the channel is a webhook", id="mail to a webhook"),
        pytest.param({"channel": "webhook", "webhook": "other"}, "is not one of the available", id="unknown webhook"),
    ],
)
def test_what_cannot_be_chosen_is_refused_in_one_sentence(client, manager, given, sentence):
    assert sentence in choose(client, manager, **given).text
    assert not Preference.objects.exists()


def test_nothing_is_chosen_for_other_producers_or_their_people(client, manager):
    others = create_office()
    assert "Select a valid choice" in choose(client, others).text
    assert "Select a valid choice" in choose(client, manager, others.head).text
    theirs = Preference.objects.create(producer=others.producer, channel="mail")
    assert client.get(reverse("admin:outbox_preference_change", args=[theirs.pk])).status_code == 404


def test_the_same_is_not_chosen_twice_for_everyone(client, manager):
    choose(client, manager, channel="webhook", webhook="press")
    assert "already chosen for this producer" in choose(client, manager, channel="webhook", webhook="press").text


def test_an_auditor_reads_preferences_and_changes_none(client, manager):
    choose(client, manager)
    auditor = manager.people[Role.AUDITOR]
    User.objects.filter(pk=auditor.pk).update(is_staff=True)
    client.force_login(User.objects.get(pk=auditor.pk))
    change = reverse("admin:outbox_preference_change", args=[Preference.objects.get().pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"channel": "webhook", "webhook": "press"}).status_code == 403
    assert choose(client, manager).status_code == 403

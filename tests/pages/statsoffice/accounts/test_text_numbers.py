"""The page on which a person confirms their mobile numbers, and the tasks and lists that name unconfirmed ones."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from releases.early_findings import may_know, name_contact
from releases.models import Cover, Membership
from releases.rules.calendar import local_date
from releases.rules.lifecycle import Role
from statsoffice.accounts.text_numbers import (
    WithoutTexts,
    confirm_numbers,
    find_numbers_to_confirm,
    find_without_texts,
)
from statsoffice.audit.models import AccountEvent, What
from statsoffice.notifications.recipients import find_mobile_numbers
from tests.support.factories import ContactFactory, ProducerFactory, UserFactory, create_member
from tests.support.people import AT
from tests.support.report_forms import filled_in, send, words

pytestmark = pytest.mark.django_db

PAGE = reverse("text_numbers")
TASK = "Confirm 07700900123 : until then, you get no text messages at this number."


@pytest.fixture(autouse=True)
def with_texts(settings):
    settings.NOTIFY_TEXT_TEMPLATE = "a template"


@pytest.fixture
def producer():
    return ProducerFactory(name="Office for Invented Numbers")


@pytest.fixture
def head(producer):
    return create_member(Role.HEAD_OF_PROFESSION, producer)


def contact_of(person, producer, telephone="07700 900123"):
    return ContactFactory(producer=producer, user=person, telephone=telephone)


def signed_in(client, person):
    client.force_login(person)
    return client


def test_a_number_that_another_person_entered_gets_texts_only_after_its_person_confirmed_it(client, head, producer):
    contact = contact_of(head, producer)
    assert find_mobile_numbers({head.email}, producer.pk) == set()
    signed_in(client, head)
    assert TASK in words(client.get(reverse("desk")).text)
    assert "07700900123 (Office for Invented Numbers)" in words(client.get(PAGE).text)
    answer = client.post(PAGE, {"numbers": ["07700900123"]}, follow=True)
    assert "Numbers for text messages saved." in words(answer.text)
    assert find_mobile_numbers({head.email}, producer.pk) == {"07700900123"}
    assert "Confirm 07700900123" not in words(client.get(reverse("desk")).text)
    contact.telephone = "07700 900456"
    contact.save()
    assert find_mobile_numbers({head.email}, producer.pk) == set(), "a changed number is confirmed again"
    assert "Confirm 07700900456" in words(client.get(reverse("desk")).text)


def test_a_number_that_is_confirmed_by_one_person_is_not_confirmed_for_another_account(head, producer):
    contact = contact_of(head, producer)
    confirm_numbers(head, ["07700900123"], shown=[])
    deputy = create_member(Role.DEPUTY, producer)
    contact.user = deputy
    contact.save()
    assert find_mobile_numbers({head.email, deputy.email}, producer.pk) == set()


def test_only_a_number_that_is_in_an_own_contact_now_can_be_confirmed(client, head, producer):
    contact = contact_of(head, producer)
    contact_of(create_member(Role.DEPUTY, producer), producer, "07700 900789")
    signed_in(client, head)
    for number in ("07700900789", "07700900999"):
        answer = words(client.post(PAGE, {"numbers": [number]}).text)
        assert "One of these numbers has changed. Check the list and try again" in answer
    contact.telephone = "020 7946 0000"
    contact.save()
    assert "No contact with your account has a UK mobile number" in words(client.get(PAGE).text)
    head.refresh_from_db()
    assert head.confirmed_numbers == []


def test_a_person_takes_a_confirmation_back(client, head, producer):
    contact_of(head, producer)
    confirm_numbers(head, ["07700900123"], shown=[])
    page = signed_in(client, head).get(PAGE).text
    assert "checked" in page
    client.post(PAGE, {})
    assert find_mobile_numbers({head.email}, producer.pk) == set()


def test_each_change_of_confirmed_numbers_is_in_the_audit_trail_without_the_complete_number(client, head, producer):
    contact_of(head, producer)
    contact_of(head, producer, "07700 900456")
    signed_in(client, head)
    for numbers in (["07700900456", "07700900123"], ["07700900123", "07700900456"], []):
        client.post(PAGE, {"numbers": numbers})
    events = AccountEvent.objects.filter(kind=What.NUMBERS_CONFIRMED)
    assert [(event.account, event.actor, event.facts) for event in events] == [
        (head, head, {"endings": ["123", "456"]}),
        (head, head, {"endings": []}),
    ]
    page = words(signed_in(client, create_member(Role.AUDITOR, producer)).get(reverse("audit:trail")).text)
    assert f"Confirmed mobile numbers ending in 123, 456 for text messages {head} Roles and accounts" in page
    assert f"No mobile number confirmed for text messages {head} Roles and accounts" in page
    assert "07700" not in page


def test_only_people_who_may_know_of_early_releases_have_the_task(head, producer):
    statistician, auditor = (create_member(role, producer) for role in (Role.STATISTICIAN, Role.AUDITOR))
    contacts = [contact_of(person, producer) for person in (head, statistician, auditor)]
    assert [bool(find_numbers_to_confirm(person)) for person in (head, statistician, auditor)] == [True, False, False]
    assert find_without_texts([producer]) == {producer.pk: [WithoutTexts(head, has_declined=False)]}
    name_contact(producer, auditor, by=head, at=AT, seen=0)
    assert find_numbers_to_confirm(auditor) == [contacts[2]]
    assert {one.person for one in find_without_texts([producer])[producer.pk]} == {head, auditor}
    contact_of(head, producer, "07700 900456")
    confirm_numbers(head, ["07700900456"], shown=[])
    (left,) = find_without_texts([producer])[producer.pk]
    assert left.person == auditor, "a person gets texts at a second number"
    # A person can confirm the number before they get such a role.
    confirm_numbers(statistician, ["07700900123"], shown=[])
    assert statistician.confirmed_numbers == ["07700900123"]


def test_leads_see_who_gets_no_text_messages(client, head, producer):
    deputy = create_member(Role.DEPUTY, producer)
    contact_of(deputy, producer)
    contact_of(head, producer, "020 7946 0000")
    sentence = f"{deputy} gets no text messages, because they have not confirmed their mobile number."
    page = words(signed_in(client, head).get(reverse("early_releases:early_releases")).text)
    assert page.count("gets no text messages") == 1
    assert sentence in page
    confirm_numbers(deputy, ["07700900123"], shown=[])
    assert "gets no text messages" not in client.get(reverse("early_releases:early_releases")).text


def test_a_person_who_says_that_a_number_is_not_theirs_is_not_asked_again_and_leads_see_it(client, head, producer):
    deputy = create_member(Role.DEPUTY, producer)
    contact = contact_of(deputy, producer)
    assert send(signed_in(client, deputy), PAGE).status_code == 302
    assert "Confirm 07700900123" not in words(client.get(reverse("desk")).text)
    deputy.refresh_from_db()
    assert (deputy.confirmed_numbers, deputy.declined_numbers) == ([], ["07700900123"])
    early = words(signed_in(client, head).get(reverse("early_releases:early_releases")).text)
    assert f"{deputy} gets no text messages, because they said that the mobile number in their contact is not" in early
    trail = words(signed_in(client, create_member(Role.AUDITOR, producer)).get(reverse("audit:trail")).text)
    assert "Said that mobile numbers ending in 123 are not theirs" in trail
    # A corrected number is another number, so we ask about it.
    contact.telephone = "07700 900456"
    contact.save()
    assert find_numbers_to_confirm(deputy) == [contact]


def test_a_number_that_was_added_after_the_page_was_opened_is_not_declined(client, head, producer):
    contact_of(head, producer)
    page = signed_in(client, head).get(PAGE).text
    added = contact_of(head, producer, "07700 900456")
    client.post(PAGE, filled_in(page))
    head.refresh_from_db()
    assert head.declined_numbers == ["07700900123"]
    assert find_numbers_to_confirm(head) == [added]


def test_the_audit_trail_has_both_answers_and_leads_see_a_person_who_declined_only_some(client, head, producer):
    deputy = create_member(Role.DEPUTY, producer)
    contact_of(deputy, producer)
    contact_of(deputy, producer, "07700 900456")
    confirm_numbers(deputy, [], shown=["07700900123"])
    assert find_without_texts([producer]) == {producer.pk: [WithoutTexts(deputy, has_declined=False)]}
    confirm_numbers(deputy, ["07700900456"], shown=["07700900123", "07700900456"])
    trail = words(signed_in(client, create_member(Role.AUDITOR, producer)).get(reverse("audit:trail")).text)
    both = "Confirmed mobile numbers ending in 456 for text messages, and said that those ending in 123 are not theirs"
    assert both in trail


def test_after_an_error_the_page_asks_about_the_present_numbers(client, head, producer):
    contact = contact_of(head, producer)
    page = signed_in(client, head).get(PAGE).text
    contact.telephone = "07700 900456"
    contact.save()
    refused = client.post(PAGE, filled_in(page) | {"numbers": ["07700900123"]})
    assert "One of these numbers has changed" in refused.text
    assert filled_in(refused.text)["shown"] == ["07700900456"]


def test_the_page_of_early_releases_makes_as_many_queries_for_several_producers_as_for_one(client, head, producer):
    def lead(producer):
        """Let the head lead a producer with an incident contact and a deputy, who both get no text messages."""
        contact, deputy = create_member(Role.AUDITOR, producer), create_member(Role.DEPUTY, producer)
        name_contact(producer, contact, by=head, at=AT, seen=0)
        contact_of(contact, producer)
        contact_of(deputy, producer)

    def read():
        with CaptureQueriesContext(connection) as captured:
            page = client.get(reverse("early_releases:early_releases")).text
        return len(captured), page.count("gets no text messages")

    lead(producer)
    signed_in(client, head)
    read()  # The first page of a process also fills the caches.
    for_one, people = read()
    assert people == 2
    for _ in range(3):
        other = ProducerFactory()
        Membership.objects.create(user=head, producer=other, role=Role.HEAD_OF_PROFESSION)
        lead(other)
    assert read() == (for_one, 8)


def test_a_person_who_covers_may_know_too(head, producer):
    statistician = create_member(Role.STATISTICIAN, producer)
    contact_of(statistician, producer)
    assert find_without_texts([producer]) == {}
    today = local_date(timezone.now())
    facts = {"starts_on": today, "ends_on": today, "named_by": head, "named_at": timezone.now()}
    Cover.objects.create(producer=producer, absent=head, person=statistician, **facts)
    assert [one.person for one in find_without_texts([producer])[producer.pk]] == [statistician]
    assert may_know(statistician, producer)


def test_an_office_without_text_messages_asks_for_no_confirmation(client, head, producer, settings):
    settings.NOTIFY_TEXT_TEMPLATE = ""
    contact_of(head, producer)
    assert (find_numbers_to_confirm(head), find_without_texts([producer])) == ([], {})
    assert PAGE not in signed_in(client, head).get(reverse("your_account")).text
    settings.NOTIFY_TEXT_TEMPLATE = "a template"
    assert PAGE in client.get(reverse("your_account")).text


def test_an_account_that_is_deactivated_keeps_no_numbers(client, head, producer):
    contact_of(head, producer)
    confirm_numbers(head, ["07700900123"], shown=["07700900123", "07700900456"])
    signed_in(client, UserFactory(is_staff=True, is_superuser=True))
    change = reverse("admin:accounts_user_change", args=[head.pk])
    client.post(change, {"email": head.email, "name": head.name})
    head.refresh_from_db()
    assert (head.is_active, head.confirmed_numbers, head.declined_numbers) == (False, [], [])

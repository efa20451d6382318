"""A producer's own words for a page that is not there: maintained by those who keep its calendar (V5)."""

import pytest

from releases.models import Producer
from releases.rules.lifecycle import Role
from tests.support.admin_site import NO_DAYS, page, signed_in, staff
from tests.support.factories import ProducerFactory, UserFactory, create_member

WORDS = "Not yet available\r\n\r\n  Ddim ar gael eto  "
KEEPERS = {Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}

pytestmark = pytest.mark.django_db


@pytest.fixture
def producer():
    return ProducerFactory(name="Office for Rain", hosts="www.rain.example.gov.uk")


def send(client, producer, **fields):
    return client.post(page("producer", "change", producer.pk), {"negative_markers": WORDS, **NO_DAYS, **fields})


@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_keep_the_calendar_may_keep_them(producer, role):
    response = send(staff(role, producer), producer)
    assert response.status_code == (302 if role in KEEPERS else 403)
    kept = ("Not yet available", "Ddim ar gael eto") if role in KEEPERS else ()
    assert Producer.objects.get().phrases_of_absence() == kept


def test_nothing_else_of_the_producer_is_theirs_to_change(producer):
    typed = {
        "name": "Another",
        "slug": "another",
        "nation": "scotland",
        "hosts": "evil.example",
        "two_person_approval": "on",
        "pre_release_length": "99",
    }
    send(staff(Role.DEPUTY, producer), producer, **typed)
    stored = Producer.objects.get()
    assert (stored.name, stored.slug, stored.nation) == (producer.name, producer.slug, producer.nation)
    assert (stored.hosts, stored.two_person_approval) == (producer.hosts, False)
    assert stored.pre_release_length is None
    assert stored.phrases_of_absence()


def test_those_of_another_producer_are_not_found(producer):
    other = ProducerFactory()
    client = staff(Role.HEAD_OF_PROFESSION, other)
    assert client.get(page("producer", "change", producer.pk)).status_code == 404
    assert send(client, producer).status_code == 404
    assert Producer.objects.get(pk=producer.pk).negative_markers == ""


def test_the_person_who_keeps_the_calendar_adds_no_producer_and_deletes_none(producer):
    client = staff(Role.HEAD_OF_PROFESSION, producer)
    assert client.post(page("producer", "add"), {"name": "New"}).status_code == 403
    assert client.post(page("producer", "delete", producer.pk), {"post": "yes"}).status_code == 403


def test_being_staff_or_a_member_alone_is_not_enough(producer):
    assert send(signed_in(UserFactory(is_staff=True)), producer).status_code in {403, 404}
    assert send(signed_in(create_member(Role.DEPUTY, producer)), producer).status_code == 302  # to the log-in page
    assert Producer.objects.get().negative_markers == ""


def test_the_change_is_in_the_history_with_who_made_it(producer):
    client = staff(Role.CALENDAR_MANAGER, producer)
    send(client, producer)
    newest = producer.history.first()
    assert newest.negative_markers.startswith("Not yet available")
    assert newest.history_user is not None


def test_an_administrator_keeps_all_of_it(producer):
    client = signed_in(UserFactory(is_staff=True, is_superuser=True))
    form = {"name": producer.name, "slug": producer.slug, "nation": "wales", "hosts": "", "pre_release_unit": "hours"}
    assert send(client, producer, **form).status_code == 302
    stored = Producer.objects.get()
    assert (stored.nation, stored.phrases_of_absence()[0]) == ("wales", "Not yet available")


def test_the_page_offers_the_field_and_shows_the_rest(producer):
    text = staff(Role.DEPUTY, producer).get(page("producer", "change", producer.pk)).text
    assert 'name="negative_markers"' in text
    assert 'name="hosts"' not in text
    assert "www.rain.example.gov.uk" in text

"""Choices by typing: series for a release, people for a series, of one's own producers only."""

import pytest
from django.urls import reverse

from releases.models import Membership
from releases.rules.lifecycle import Role
from tests.support.admin_site import page, signed_in, staff
from tests.support.factories import ContactFactory, ProducerFactory, SeriesFactory, UserFactory, create_member

pytestmark = pytest.mark.django_db


def choices(client, term, *, model="release", field="series"):
    asked = {"app_label": "releases", "model_name": model, "field_name": field, "term": term}
    return client.get(reverse("admin:autocomplete"), asked)


def words(response):
    return [choice["text"] for choice in response.json()["results"]]


def test_a_series_is_found_by_the_beginning_of_its_name_and_named_with_its_producer():
    series = SeriesFactory(title="Rain in towns", producer__name="Office for Weather")
    SeriesFactory(title="Wind", producer=series.producer)
    SeriesFactory(title="Rain elsewhere")
    client = staff(Role.CALENDAR_MANAGER, series.producer)
    assert words(choices(client, "rain in")) == ["Rain in towns (Office for Weather)"]
    assert words(choices(client, "elsewhere")) == []


def test_only_the_series_whose_calendar_one_keeps_are_offered_for_a_release():
    kept, read = SeriesFactory(title="Rain kept"), SeriesFactory(title="Rain read")
    user = create_member(Role.CALENDAR_MANAGER, kept.producer, is_staff=True)
    Membership.objects.create(user=user, producer=read.producer, role=Role.AUDITOR)
    assert words(choices(signed_in(user), "rain")) == [f"Rain kept ({kept.producer})"]


@pytest.mark.parametrize("field", ["responsible", "head_of_profession", "deputies", "publishing_contacts"])
def test_people_are_named_with_post_and_producer(field):
    contact = ContactFactory(name="Jo Lane", post="Head of Profession", producer__name="Office for Rain")
    ContactFactory(name="Jo Lane elsewhere")
    client = staff(Role.CALENDAR_MANAGER, contact.producer)
    assert words(choices(client, "jo", model="series", field=field)) == [
        "Jo Lane, Head of Profession (Office for Rain)"
    ]


def test_without_a_role_no_choice_is_offered():
    SeriesFactory(title="Rain")
    assert choices(signed_in(UserFactory(is_staff=True, is_superuser=True)), "rain").status_code == 403
    assert words(choices(staff(Role.DEPUTY, ProducerFactory()), "rain")) == []


def test_the_form_of_a_new_series_says_what_its_short_name_is():
    client = staff(Role.CALENDAR_MANAGER, ProducerFactory())
    assert "for example labour-market-overview" in client.get(page("series", "add")).text

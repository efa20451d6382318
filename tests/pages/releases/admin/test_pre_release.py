"""Pre-release access in the admin site: the usual period of a producer, and of the lists nothing at all."""

import pytest
from django.contrib import admin

from releases.models import PreReleaseAccess, PreReleaseRequest, Producer, Series
from releases.rules.calendar import Nation
from releases.rules.lifecycle import Role
from releases.rules.pre_release import Period, Unit
from tests.support.admin_site import NO_CALLS, NO_DAYS, page, refusals, signed_in, staff
from tests.support.factories import ProducerFactory, SeriesFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def producer():
    return ProducerFactory(nation="scotland")


def send(producer, **fields):
    client = signed_in(UserFactory(is_staff=True, is_superuser=True))
    form = {"name": producer.name, "slug": producer.slug, "nation": "scotland", "pre_release_unit": "working_days"}
    return client.post(page("producer", "change", producer.pk), form | NO_DAYS | fields)


def test_an_administrator_sets_the_usual_period_of_a_producer(producer):
    assert send(producer, pre_release_length="5").status_code == 302
    assert Producer.objects.get().own_pre_release_period() == Period(5, Unit.WORKING_DAYS)


def test_the_field_says_which_limits_are_not_confirmed(producer):
    client = signed_in(UserFactory(is_staff=True, is_superuser=True))
    text = client.get(page("producer", "change", producer.pk)).text
    assert "We have not confirmed this provision, or the period for Wales. Check the order." in text
    assert "only set more than 24 hours if a special provision of the order allows it." in text


def test_a_calendar_manager_says_which_nations_order_applies_to_a_series():
    series = SeriesFactory()
    client = staff(Role.CALENDAR_MANAGER, series.producer)
    sent = {"title": series.title, "slug": series.slug, "designation": "official", "release_time": "09:30"} | NO_CALLS
    answer = client.post(
        page("series", "change", series.pk), {**sent, "nation": "scotland", "pre_release_kind": "economic"}
    )
    assert answer.status_code == 302
    terms = Series.objects.get().pre_release_terms()
    assert (terms.nation, terms.limit) == (Nation.SCOTLAND, Period(1, Unit.WORKING_DAYS))


@pytest.mark.parametrize("length", ["0", "11"], ids=["none", "too many"])
def test_a_period_beyond_all_reason_is_refused_in_one_sentence(producer, length):
    response = send(producer, pre_release_length=length)
    assert "between 1 and 240 hours, or 1 and 10 working days" in str(refusals(response))
    assert Producer.objects.get().pre_release_length is None


def test_the_lists_themselves_are_not_in_the_admin_site():
    assert Producer in admin.site._registry
    assert not {PreReleaseAccess, PreReleaseRequest} & set(admin.site._registry)

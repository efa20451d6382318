"""The people to call about a series: entered with it by those who manage the calendar, from its producer's contacts."""

from datetime import time

import pytest

from releases.models import RotaEntry
from releases.rules.lifecycle import Role
from tests.pages.releases.admin.test_access import series_form
from tests.support.admin_site import page, staff
from tests.support.factories import ContactFactory, SeriesFactory
from tests.support.shared_rows import shared_fixture

MANAGERS = {Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}

pytestmark = pytest.mark.django_db


@shared_fixture
def series():
    return SeriesFactory(title="Rain")


def rows(*calls):
    """Fill in rows of the rota: key of the contact, order, time and days."""
    found = {"rota-TOTAL_FORMS": len(calls), "rota-INITIAL_FORMS": 0}
    for number, row in enumerate(calls):
        names = ("contact", "order", "at", "days")
        found |= {f"rota-{number}-{name}": value for name, value in zip(names, row, strict=True)}
    return found


def send(client, series, *calls):
    form = series_form(series, title=series.title, **rows(*calls))
    if client.get(page("series", "change", series.pk)).context["adminform"].form.fields.get("tolerance_seconds"):
        form["tolerance_seconds"] = 120
    return client.post(page("series", "change", series.pk), form)


@pytest.mark.parametrize("role", list(Role))
def test_those_who_manage_the_calendar_enter_who_is_called(series, role):
    ann = ContactFactory(producer=series.producer, name="Ann")
    answer = send(
        staff(role, series.producer),
        series,
        (series.responsible_id, 2, "", "every_day"),
        (ann.pk, 1, "", "every_day"),
        (ann.pk, 1, "7.00 AM", "closed_days"),
    )
    assert answer.status_code == (302 if role in MANAGERS else 403)
    expected = [("Ann", 1, None, "every_day"), (series.responsible.name, 2, None, "every_day")]
    expected += [("Ann", 1, time(7), "closed_days")]
    stored = [(one.contact.name, one.order, one.at, one.days) for one in series.rota.all()]
    assert stored == (expected if role in MANAGERS else [])


def test_a_contact_of_another_producer_is_refused(series):
    other = ContactFactory(name="Someone else")
    client = staff(Role.CALENDAR_MANAGER, series.producer)
    assert "Someone else" not in client.get(page("series", "change", series.pk)).text
    answer = send(client, series, (other.pk, 1, "", "every_day"))
    assert answer.status_code == 200
    assert "Select a valid choice" in answer.text
    assert not RotaEntry.objects.exists()


def test_times_are_shown_as_on_all_other_pages_and_an_error_keeps_what_was_typed(series):
    RotaEntry.objects.create(series=series, contact=series.responsible, at=time(14, 5))
    client = staff(Role.CALENDAR_MANAGER, series.producer)

    def shown(response):
        (inline,) = response.context["inline_admin_formsets"]
        release_time = response.context["adminform"].form["release_time"]
        assert "vTimeField" not in response.text  # the list of times of the admin site writes 09:30:00
        return release_time.value(), inline.formset.forms[0]["at"].value()

    assert shown(client.get(page("series", "change", series.pk))) == ("9:30am", "2:05pm")
    typed = series_form(series, release_time="half nine", **rows((series.responsible_id, 1, "ten", "every_day")))
    refused = client.post(page("series", "change", series.pk), typed)
    assert shown(refused) == ("half nine", "ten")
    assert refused.text.count("<li>Enter a real time, such as 9:30am or 14:05</li>") == 2


def test_an_auditor_reads_who_is_called_and_a_new_series_asks_for_no_one(series):
    RotaEntry.objects.create(series=series, contact=series.responsible, at=time(7))
    text = staff(Role.AUDITOR, series.producer).get(page("series", "change", series.pk)).text
    assert "People to call on a release morning, in phone order" in text
    assert series.responsible.name in text
    assert "People to call" not in staff(Role.CALENDAR_MANAGER, series.producer).get(page("series", "add")).text


def test_a_contact_who_is_called_cannot_be_deleted(series):
    ann = ContactFactory(producer=series.producer, name="Ann")
    RotaEntry.objects.create(series=series, contact=ann)
    client = staff(Role.CALENDAR_MANAGER, series.producer)
    client.post(page("contact", "delete", ann.pk), {"post": "yes"})
    ann.refresh_from_db()
    assert RotaEntry.objects.get().contact == ann

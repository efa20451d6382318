"""The contacts to call about a release, and the record of who did not answer: one event, undone by another."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from releases import calls, scheduling
from releases.calls import CallRefused
from releases.models import NonWorkingDay, ReleaseEvent, RotaEntry
from releases.permissions import TABLE, Action, NotYours
from releases.rules.calendar import slot_at
from releases.rules.lifecycle import Role
from releases.rules.rota import RotaDays
from tests.support.date_requests import person
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, rolled_back
from tests.support.shared_rows import shared_fixture

AT = SEED_DUE + timedelta(minutes=3)

pytestmark = pytest.mark.django_db


@shared_fixture
def release():
    """A release whose rota has two contacts for every day and one for closed days."""
    release = ReleaseFactory(announced=True)
    for order, name in ((2, "Bob"), (1, "Ann")):
        contact = ContactFactory(producer=release.series.producer, name=name)
        RotaEntry.objects.create(series=release.series, contact=contact, order=order)
    eve = ContactFactory(producer=release.series.producer, name="Eve")
    RotaEntry.objects.create(series=release.series, contact=eve, days=RotaDays.CLOSED_DAYS)
    return release


def list_of(release):
    return calls.find_call_lists([release])[release.pk]


def names(release):
    return [contact.name for contact in list_of(release).contacts]


def contact_of(release, name):
    return release.series.producer.contacts.get(name=name).pk


def events_of(release):
    kinds = ("no_answer", "no_answer_undone")
    return list(ReleaseEvent.objects.filter(release=release.pk, kind__in=kinds).order_by("position"))


def test_the_rota_of_the_series_names_who_is_called_and_a_closed_day_has_its_own_list(release):
    assert names(release) == ["Ann", "Bob"]
    NonWorkingDay.objects.create(producer=release.series.producer, on=date(2020, 6, 30), title="Privilege day")
    release.refresh_from_db()
    assert names(release) == ["Eve"]


@pytest.mark.parametrize(
    ("statistics", "office", "expected"),
    [
        pytest.param("scotland", "england", ["Eve"], id="Scottish statistics of an English office"),
        pytest.param("england", "scotland", ["Ann", "Bob"], id="English statistics of a Scottish office"),
    ],
)
def test_a_bank_holiday_of_the_office_and_not_of_the_statistics_is_a_closed_day(release, statistics, office, expected):
    series = release.series
    series.nation, series.producer.nation = statistics, office
    # The summer bank holiday in England, Wales and Northern Ireland.
    release.due_at = datetime(2026, 8, 31, 8, 30, tzinfo=UTC)
    assert names(release) == expected


def test_the_release_time_is_that_of_the_release_in_london(release):
    RotaEntry.objects.filter(contact__name="Eve").update(at=time(9, 30), days=RotaDays.EVERY_DAY)
    assert names(release) == ["Eve"]


def test_without_a_rota_the_contact_and_then_the_head_of_profession_are_called(release):
    release.series.rota.all().delete()
    assert list_of(release).contacts == (release.series.responsible, release.series.head_of_profession)
    release.series.head_of_profession = release.series.responsible
    assert list_of(release).contacts == (release.series.responsible,)


def test_no_answer_moves_on_to_the_next_contact_and_a_second_click_records_nothing(release):
    statistician = person(release, Role.STATISTICIAN, name="Sam")
    ann, bob = contact_of(release, "Ann"), contact_of(release, "Bob")
    assert calls.record_no_answer(release, ann, by=statistician, at=AT)
    assert not calls.record_no_answer(release, ann, by=statistician, at=AT + timedelta(seconds=1))
    (event,) = events_of(release)
    assert (event.kind, event.actor, event.at) == ("no_answer", statistician, AT)
    assert event.facts == {"contact": ann, "schedule_version": 1}
    found = list_of(release)
    assert found.next.pk == bob
    assert [(attempt.contact.pk, attempt.at, attempt.by) for attempt in found.attempts] == [(ann, AT, "Sam")]
    calls.record_no_answer(release, bob, by=statistician, at=AT)
    assert list_of(release).next is None


def test_a_record_is_undone_once(release):
    statistician, ann = person(release, Role.STATISTICIAN), contact_of(release, "Ann")
    calls.record_no_answer(release, ann, by=statistician, at=AT)
    assert calls.undo_no_answer(release, ann, by=statistician, at=AT)
    assert not calls.undo_no_answer(release, ann, by=statistician, at=AT)
    assert list_of(release).next.pk == ann
    assert [event.kind for event in events_of(release)] == ["no_answer", "no_answer_undone"]


def test_calls_about_an_earlier_date_do_not_count(release):
    statistician, ann = person(release, Role.STATISTICIAN), contact_of(release, "Ann")
    at = SEED_DUE - timedelta(minutes=30)
    calls.record_no_answer(release, ann, by=statistician, at=at)
    head = person(release, Role.HEAD_OF_PROFESSION)
    moved = scheduling.change_date(
        release, to=slot_at(SEED_DUE + timedelta(days=1)), reason="The survey came in late.", by=head, at=at
    )
    assert list_of(moved).attempts == ()


def test_a_contact_who_is_not_in_the_list_and_another_time_are_refused(release):
    statistician = person(release, Role.STATISTICIAN)
    with pytest.raises(CallRefused, match="no longer in the phone order"):
        calls.record_no_answer(release, contact_of(release, "Eve"), by=statistician, at=AT)
    ann = contact_of(release, "Ann")
    for at in (SEED_DUE - timedelta(minutes=61), SEED_DUE + timedelta(days=1)):
        with pytest.raises(CallRefused, match="from one hour before"):
            calls.record_no_answer(release, ann, by=statistician, at=at)
    assert events_of(release) == []


@pytest.mark.parametrize("role", list(Role))
def test_every_role_that_acts_on_a_morning_records_calls_and_auditors_do_not(release, role):
    one = person(release, role)
    with rolled_back():
        if role in TABLE[Action.RECORD_CALL]:
            assert calls.record_no_answer(release, contact_of(release, "Ann"), by=one, at=AT)
        else:
            with pytest.raises(NotYours):
                calls.record_no_answer(release, contact_of(release, "Ann"), by=one, at=AT)
    assert (role in TABLE[Action.RECORD_CALL]) == (role is not Role.AUDITOR)

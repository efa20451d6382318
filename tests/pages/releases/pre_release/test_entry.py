"""The pages of one entry of a list: what is sent, what is refused and where, and the message after."""

from dataclasses import replace
from datetime import timedelta

import pytest

from releases import pre_release_access
from releases.models import PreReleaseAccess
from releases.rules.pre_release import Period
from tests.support.pre_release_lists import (
    AFTERWARDS,
    EMAIL,
    LONG_BEFORE,
    MINISTER,
    PERSON,
    SHORTLY_BEFORE,
    granted,
    someone,
)
from tests.support.pre_release_pages import address, entry_form, errors, time_form, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_someone_is_added_and_the_list_shows_post_person_period_and_who_granted_it(client, keeper, release):
    response = client.post(address("add", release), entry_form())
    assert response.url == address("list", release)
    page = words(client.get(response.url))
    for part in (
        "Access granted.",
        MINISTER.post,
        MINISTER.organisation,
        PERSON,
        EMAIL,
        "24 hours, from 9:30am on 29 June 2020",
        f"Granted by {keeper} at",
    ):
        assert part in page


def test_the_usual_period_is_filled_in(client, keeper, office, release):
    office.producer.pre_release_length, office.producer.pre_release_unit = 5, "working_days"
    office.producer.save()
    form = client.get(address("add", release)).context["form"]
    assert (form["length"].value(), form["unit"].value()) == (5, "working_days")
    assert "The usual period is 5 working days, as set for this producer." in form.fields["length"].help_text


WRONG = {
    "nothing": (
        {"post": "", "organisation": "", "person": "", "reason": ""},
        ["organisation", "person", "post", "reason"],
    ),
    "no reason for the period": ({"length": "12"}, ["period_reason"]),
    "a period beyond the limit": ({"length": "25", "period_reason": "The minister travels."}, ["length"]),
    "no period": ({"length": ""}, ["length"]),
    "a period of none": ({"length": "0"}, ["length"]),
    "a period in words": ({"length": "soon"}, ["length"]),
    "an unknown unit": ({"unit": "weeks"}, ["unit"]),
    "no address": ({"email": "nobody"}, ["email"]),
    "the name as post": ({"post": PERSON}, ["post"]),
    "an address as reason": ({"reason": f"Ask {EMAIL}"}, ["reason"]),
    "too long": ({"post": "x" * 201}, ["post"]),
}


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(client, keeper, release, subtests):
    for case, (typed, fields) in WRONG.items():
        with subtests.test(case):
            response = client.post(address("add", release), entry_form(**typed))
            assert sorted(errors(response)) == fields
            assert f'href="#id_{fields[0]}"' in response.text
            assert response.context["form"]["organisation"].value() == entry_form(**typed)["organisation"]
            assert not PreReleaseAccess.objects.exists()


def test_someone_who_is_on_the_list_already_is_refused_at_the_person(client, keeper, release, entry):
    assert list(errors(client.post(address("add", release), entry_form()))) == ["person"]


def test_within_a_day_an_addition_waits_and_the_page_says_so_beforehand_and_afterwards(client, keeper, release, clock):
    clock(SHORTLY_BEFORE)
    assert "one of them must agree to this change" in words(client.get(address("add", release)))
    response = client.post(address("add", release), entry_form())
    page = words(client.get(response.url))
    assert "Change requested. The Head of Profession or a deputy must agree." in page
    assert f"Add to the list: {MINISTER.post}" in page
    assert "Withdraw request" in page
    assert ">Agree<" not in page.replace("> Agree", ">Agree")


def test_a_change_shows_what_stood_there_and_saves_what_is_typed(client, keeper, release, entry):
    form = client.get(address("change", release, entry.pk)).context["form"]
    assert form["person"].value() == PERSON
    response = client.post(address("change", release, entry.pk), entry_form(post="Chief statistician", version=1))
    assert "Entry changed." in words(client.get(response.url))
    assert PreReleaseAccess.objects.get().post == "Chief statistician"


def test_an_entry_that_someone_else_changed_meanwhile_is_shown_and_the_typed_stays(
    client, keeper, office, release, entry
):
    pre_release_access.change_access(
        entry, replace(MINISTER, post="Changed meanwhile"), by=office.head, at=LONG_BEFORE, expected_version=1
    )
    typed = entry_form(post="Typed by me", version=1)
    response = client.post(address("change", release, entry.pk), typed)
    assert "changed this entry to Changed meanwhile, Department for Invented Education" in words(response)
    assert response.context["form"]["post"].value() == "Typed by me"
    again = typed | {"version": response.context["form"]["version"].value()}
    assert client.post(address("change", release, entry.pk), again).status_code == 302
    assert PreReleaseAccess.objects.get().post == "Typed by me"


def test_a_change_of_nothing_says_so(client, keeper, release, entry):
    response = client.post(address("change", release, entry.pk), entry_form(version=1))
    assert "You did not make any changes." in words(response)


def test_after_the_release_the_form_asks_for_post_and_organisation_alone(client, office, release, clock, entry):
    clock(AFTERWARDS)
    client.force_login(office.head)
    response = client.get(address("change", release, entry.pk))
    assert list(response.context["form"].fields) == ["version", "post", "organisation"]
    client.post(address("change", release, entry.pk), entry_form(post="Put right", person="Another", version=1))
    assert PreReleaseAccess.objects.get().details == replace(MINISTER, post="Put right")


def test_access_is_withdrawn_after_a_question(client, keeper, release, entry):
    assert "Withdraw access" in client.get(address("withdraw", release, entry.pk)).text
    response = client.post(address("withdraw", release, entry.pk), {"version": 1})
    assert "Access withdrawn." in words(client.get(response.url))
    again = client.post(address("withdraw", release, entry.pk), {"version": 1})
    assert (again.status_code, "We did not change the list." in again.text) == (409, True)


def test_that_access_began_and_ended_is_recorded_and_shown(client, keeper, release, clock, entry):
    clock(SHORTLY_BEFORE + timedelta(hours=2, minutes=30))
    response = client.post(address("begin", release, entry.pk), time_form(entry, "7:15am"))
    assert "Start of access recorded." in words(client.get(response.url))
    entry.refresh_from_db()
    client.post(address("end", release, entry.pk), time_form(entry, "8am"))
    page = words(client.get(address("list", release)))
    assert "Access began at 7:15am on 30 June 2020 and ended at 8am on 30 June 2020." in page


@pytest.mark.parametrize(
    ("clock_time", "field"),
    [("", "time"), ("late", "time"), ("9:29am", "time")],
    ids=["empty", "no time", "still to come"],
)
def test_a_time_that_cannot_be_is_refused_at_its_field(client, keeper, release, clock, clock_time, field, entry):
    clock(SHORTLY_BEFORE)
    response = client.post(address("begin", release, entry.pk), time_form(entry, clock_time))
    assert list(errors(response)) == [field]
    entry.refresh_from_db()
    assert entry.began_at is None


def test_access_outside_its_period_is_marked_on_the_list(client, keeper, release, clock, entry):
    clock(SHORTLY_BEFORE)
    client.post(address("begin", release, entry.pk), time_form(entry, "9am", day=29))
    assert "Access began before the granted period." in words(client.get(address("list", release)))


def test_what_was_recorded_twice_is_refused_the_second_time(client, keeper, release, clock, entry):
    clock(SHORTLY_BEFORE + timedelta(hours=2, minutes=59))
    client.post(address("begin", release, entry.pk), time_form(entry))
    assert client.post(address("begin", release, entry.pk), time_form(entry)).status_code == 409


def test_a_lead_takes_back_what_was_recorded_by_mistake(client, office, release, clock, entry):
    clock(SHORTLY_BEFORE + timedelta(hours=2, minutes=59))
    client.force_login(office.head)
    client.post(address("begin", release, entry.pk), time_form(entry))
    response = client.post(address("take_back", release, entry.pk), {"version": 2})
    assert "Recorded time removed." in words(client.get(response.url))
    assert PreReleaseAccess.objects.get().status == "granted"


def test_names_are_erased_one_by_one_or_all_at_once_after_the_release(client, keeper, release, clock, entry):
    granted(release, someone(), by=keeper)
    assert client.post(address("erase", release)).status_code == 409
    assert client.post(address("erase_name", release, entry.pk), {"version": 1}).status_code == 409
    clock(AFTERWARDS)
    client.post(address("erase_name", release, entry.pk), {"version": 1})
    page = words(client.get(address("list", release)))
    assert "Name deleted." in page
    assert "Name deleted on 30 June 2020" in page
    assert PERSON not in page
    client.post(address("erase", release))
    assert "1 name deleted." in words(client.get(address("list", release)))
    client.post(address("erase", release))
    assert "There are no names to delete." in words(client.get(address("list", release)))


def test_a_period_with_its_reason_is_shown(client, keeper, release):
    granted(release, replace(MINISTER, period=Period(3), period_reason="On the morning only."), by=keeper)
    page = words(client.get(address("list", release)))
    assert "3 hours, from 6:30am on 30 June 2020" in page
    assert "On the morning only." in page

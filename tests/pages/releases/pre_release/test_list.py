"""The pages of a whole list: what it shows, what waits on it, copying it, and the dashboard."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from releases import date_changes, pre_release_access, scheduling
from releases.models import PreReleaseAccess, PreReleaseRequest, Producer, ReleaseEvent, Series
from releases.rules.lifecycle import Role
from tests.support.admin_site import staff
from tests.support.factories import SEED_DUE, ReleaseFactory, london_slot
from tests.support.pre_release_lists import (
    AFTERWARDS,
    LONG_BEFORE,
    MINISTER,
    PERSON,
    SHORTLY_BEFORE,
    asked,
    granted,
    someone,
)
from tests.support.pre_release_pages import address, entry_form, time_form, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_an_empty_list_says_so_and_offers_to_add_someone(client, keeper, release):
    page = words(client.get(address("list", release)))
    assert "There are no posts on the list." in page
    assert address("add", release) in page


@pytest.mark.parametrize(
    ("nation", "sentence"),
    [
        ("wales", "We have not confirmed the limit of the order for Wales."),
        ("scotland", "The law for Scotland allows up to 5 working days for these statistics."),
        ("england", "The order for England allows up to 24 hours for these statistics."),
        ("northern_ireland", "For a longer period, you must record why the public benefit outweighs the limit"),
    ],
)
def test_the_limit_is_that_of_the_nation_of_the_statistics(client, keeper, release, nation, sentence):
    Series.objects.filter(pk=release.series_id).update(nation=nation)
    for name in ("list", "add"):
        assert sentence in words(client.get(address(name, release)))


def test_nobody_is_added_to_the_list_of_scotlands_gdp_or_retail_sales(client, keeper, release, entry):
    Series.objects.update(nation="scotland", pre_release_kind="gdp_or_retail_sales")
    page = client.get(address("list", release))
    assert "does not allow pre-release access to these statistics" in words(page)
    assert "The period is longer than the limit for these statistics." in words(page)
    assert address("add", release) not in page.text
    assert client.get(address("add", release)).status_code == 409
    assert client.post(address("add", release), entry_form(someone())).status_code == 409


JUDGED = {
    "length": "48",
    "public_benefit": "Hospitals prepare for the winter",
    "authority_notified_on-day": "19",
    "authority_notified_on-month": "6",
    "authority_notified_on-year": "2020",
}


def test_for_northern_ireland_the_judgement_and_the_notice_are_on_record_and_on_the_published_list(
    client, keeper, release, clock
):
    Series.objects.update(nation="northern_ireland")
    refused = client.post(address("add", release), entry_form(length="48"))
    assert list(refused.context["form"].errors) == ["public_benefit", "authority_notified_on"]
    assert client.post(address("add", release), entry_form(**JUDGED)).status_code == 302
    sentence = (
        "Reason for exceeding the limit: Hospitals prepare for the winter. The Authority was notified on 19 June 2020."
    )
    assert sentence in words(client.get(address("list", release)))
    event = ReleaseEvent.objects.get(kind="pre_release_granted")
    assert (event.words, event.facts["authority_notified_on"]) == ("Hospitals prepare for the winter", "2020-06-19")
    clock(AFTERWARDS)
    scheduling.publish(release, by=None, at=SEED_DUE, published_at=SEED_DUE)
    client.logout()
    assert sentence in words(client.get(reverse("releases:pre_release", args=[release.reference])))


def test_where_no_judgement_counts_none_is_asked_for(client, keeper, release):
    assert "public_benefit" not in client.get(address("add", release)).context["form"].fields


def test_the_list_says_that_access_to_a_monday_release_opens_on_sunday(client, keeper, office, release):
    sentence = (
        "Pre-release access of 24 hours opens at 9:30am on Sunday 5 July 2020. "
        "Some producers avoid Mondays for this reason."
    )
    assert sentence not in words(client.get(address("list", release)))
    monday = london_slot(date(2020, 7, 6))
    scheduling.change_date(release, to=monday, reason="Late.", by=office.head, at=LONG_BEFORE)
    assert sentence in words(client.get(address("list", release)))
    assert sentence in words(client.get(reverse("releases:release", args=[release.reference])))
    planner = words(client.get(reverse("releases:planner", args=[2020])))
    assert "Pre-release access opens on Sunday 5 July 2020" in planner


def test_before_a_monday_is_confirmed_the_page_says_that_access_opens_on_sunday(client, office, release):
    monday = ReleaseFactory(series=release.series, reference="monday", slot=london_slot(date(2020, 8, 3)))
    client.force_login(office.head)
    page = words(client.get(reverse("releases:confirm", args=[monday.reference])))
    assert "opens at 9:30am on Sunday 2 August 2020" in page
    holiday = ReleaseFactory(series=release.series, reference="tuesday", slot=london_slot(date(2020, 9, 1)))
    page = words(client.get(reverse("releases:confirm", args=[holiday.reference])))
    assert "opens at 9:30am on Monday 31 August 2020, a bank holiday (Summer bank holiday)" in page


ON_MONDAYS = "For a Monday release, pre-release access of 24 hours opens on the Sunday."


def test_the_forms_for_another_date_say_that_access_to_a_monday_release_opens_on_sunday(client, office, release):
    client.force_login(office.head)
    assert ON_MONDAYS in words(client.get(reverse("releases:change_date", args=[release.reference])))
    site = staff(Role.DEPUTY, release.series.producer)
    assert ON_MONDAYS in words(site.get(reverse("admin:releases_release_change", args=[release.pk])))
    assert ON_MONDAYS in words(site.get(reverse("admin:releases_release_add")))
    client.force_login(office.people[Role.CALENDAR_MANAGER])
    assert ON_MONDAYS in words(client.get(reverse("releases:ask_date_change", args=[release.reference])))


def test_the_forms_say_nothing_of_mondays_where_access_does_not_open_on_a_rest_day(client, office, release):
    client.force_login(office.head)
    form = reverse("releases:change_date", args=[release.reference])
    Producer.objects.update(pre_release_length=5, pre_release_unit="hours")
    assert "For a Monday release" not in words(client.get(form))
    rehearsal = ReleaseFactory(series=release.series, reference="rehearsal", rehearsal=True)
    Producer.objects.update(pre_release_length=None)
    assert "For a Monday release" not in words(client.get(reverse("releases:change_date", args=[rehearsal.reference])))


def test_a_lead_sees_when_access_would_open_before_they_agree_to_another_date(client, office, release):
    date_changes.request_date_change(
        release,
        to=london_slot(date(2020, 7, 6)),
        reason="Late.",
        by=office.people[Role.CALENDAR_MANAGER],
        at=LONG_BEFORE,
    )
    client.force_login(office.head)
    assert "opens at 9:30am on Sunday 5 July 2020" in words(client.get(reverse("releases:changes_waiting")))


def test_a_lead_agrees_to_one_or_to_all_that_the_page_shows(client, office, release, clock):
    first = asked(release, by=office.statistician)
    asked(release, someone(), by=office.statistician)
    clock(SHORTLY_BEFORE)
    client.force_login(office.deputy)
    page = client.get(address("list", release))
    assert "Agree to all 2" in page.text
    shown = [request.pk for request in page.context["waiting"]]
    later = asked(release, someone("Press officer"), by=office.statistician)
    response = client.post(address("decide", release), {"act": "agree", "request": shown})
    assert "2 changes agreed." in words(client.get(response.url))
    assert PreReleaseAccess.objects.count() == 2
    later.refresh_from_db()
    assert later.status == "waiting"
    assert first.pk in shown


def test_what_cannot_be_agreed_to_any_more_is_said_next_to_what_was(client, office, release, clock, entry):
    stale = pre_release_access.change_access(
        entry, replace(MINISTER, person="Marigold"), by=office.statistician, at=SHORTLY_BEFORE, expected_version=1
    )
    PreReleaseAccess.objects.filter(pk=entry.pk).update(version=7)
    fresh = asked(release, someone(), by=office.statistician)
    clock(SHORTLY_BEFORE)
    client.force_login(office.head)
    response = client.post(address("decide", release), {"act": "agree", "request": [stale.pk, fresh.pk]})
    page = words(client.get(response.url))
    assert "1 change agreed." in page
    assert "The entry has changed since this request" in page
    assert PreReleaseRequest.objects.get(status="waiting") == stale


def test_a_decision_about_nothing_is_not_found(client, office, release, waiting):
    client.force_login(office.head)
    for sent in (
        {"act": "agree"},
        {"act": "agree", "request": "x"},
        {"act": "agree", "request": "9" * 20},
        {"act": "sing"},
    ):
        assert client.post(address("decide", release), sent).status_code == 404, sent


def test_a_request_of_another_release_is_not_decided_here(client, office, release):
    other = ReleaseFactory(announced=True, series=release.series, reference="other")
    request = asked(other, by=office.statistician)
    client.force_login(office.head)
    assert client.post(address("decide", release), {"act": "agree", "request": request.pk}).status_code == 404
    request.refresh_from_db()
    assert request.status == "waiting"


def test_the_list_of_the_release_before_is_shown_and_copied_once(client, keeper, release):
    earlier = ReleaseFactory(
        announced=True, series=release.series, reference="earlier", due_at=SEED_DUE - timedelta(days=91)
    )
    granted(earlier, by=keeper, at=LONG_BEFORE - timedelta(days=91))
    assert PERSON in client.get(address("copy", release)).text
    for said in ("1 post granted access.", "1 already on the list."):
        response = client.post(address("copy", release), {"source": "earlier"})
        assert said in words(client.get(response.url))
    assert release.pre_release_access.count() == 1


def test_without_an_earlier_list_there_is_nothing_to_copy(client, keeper, release):
    assert client.get(address("copy", release)).status_code == 404
    assert address("copy", release) not in client.get(address("list", release)).text


def test_another_list_than_the_page_showed_is_not_copied(client, keeper, release):
    for days, reference in ((91, "earlier"), (28, "nearer")):
        before = ReleaseFactory(
            announced=True, series=release.series, reference=reference, due_at=SEED_DUE - timedelta(days=days)
        )
        granted(before, by=keeper, at=LONG_BEFORE - timedelta(days=days))
    for posted in ("earlier", "of-nobody", "nearer\0"):
        assert client.post(address("copy", release), {"source": posted}).status_code == 409
    assert not release.pre_release_access.exists()


def test_once_the_release_has_been_due_no_one_is_added_and_the_list_says_so(client, keeper, release, clock, entry):
    clock(AFTERWARDS)
    page = client.get(address("list", release))
    assert "You can no longer add or withdraw access" in words(page)
    assert address("add", release) not in page.text
    response = client.post(address("add", release), entry_form(someone()))
    assert response.status_code == 409
    assert someone().reason in response.text


def test_once_the_release_has_been_due_the_list_says_so_to_everyone(client, office, release, clock, entry):
    client.force_login(office.people[Role.PUBLISHING_TEAM])
    assert "The release is planned for" in words(client.get(address("list", release)))
    clock(AFTERWARDS)
    assert "The release was planned for" in words(client.get(address("list", release)))


def test_the_list_of_a_cancelled_release_can_be_read_and_withdrawn(client, keeper, office, release, entry):
    scheduling.cancel_release(release, reason="Stopped.", by=office.head, at=LONG_BEFORE)
    page = client.get(address("list", release)).text
    assert address("withdraw", release, entry.pk) in page
    assert address("change", release, entry.pk) not in page
    assert client.post(address("withdraw", release, entry.pk), {"version": 1}).status_code == 302


def test_while_a_change_waits_no_other_is_offered(client, keeper, release, clock, entry):
    clock(SHORTLY_BEFORE)
    client.post(address("change", release, entry.pk), entry_form(post="Another post", version=1))
    page = client.get(address("list", release))
    assert "Change awaiting agreement" in page.text
    assert f"Post: {MINISTER.post}" in words(page)
    assert address("change", release, entry.pk) not in page.text
    assert "There is already a request to change this entry." in words(
        client.post(address("withdraw", release, entry.pk), {"version": 1})
    )


def test_the_list_takes_the_same_number_of_queries_however_long_it_is(
    client, keeper, release, django_assert_max_num_queries
):
    for number in range(21):
        granted(release, someone(f"Post {number}"), by=keeper)
    with django_assert_max_num_queries(20):
        client.get(address("list", release))


def test_the_desk_of_a_lead_shows_what_waits_and_leads_there(client, office, release, clock, waiting):
    clock(SHORTLY_BEFORE)
    for role, person in office.people.items():
        client.force_login(person)
        desk = client.get(reverse("desk")).text
        leads = role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
        assert ("Pre-release access awaiting your decision" in desk) is leads
        assert (f"{address('list', release)}#waiting" in desk) is leads


def test_once_the_release_is_out_access_is_a_thing_of_the_past(client, keeper, release, clock, entry):
    clock(SHORTLY_BEFORE + timedelta(hours=2, minutes=59))
    client.post(address("begin", release, entry.pk), time_form(entry))
    assert "Has access" in client.get(address("list", release)).text
    clock(AFTERWARDS)
    scheduling.publish(release, by=None, at=SEED_DUE, published_at=SEED_DUE)
    page = client.get(address("list", release)).text
    assert "Access ended" in page
    assert "Has access" not in page

"""What the API answers: announced facts by version 1 of its addresses (C4, C13)."""

from datetime import date, timedelta

import pytest

from releases import judge, scheduling
from releases.models import Contact
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from tests.support.factories import (
    A_LONG_TIME_AGO,
    SEED_DUE,
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.observations import create_observations

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("settled")]

OFFICE = {"slug": "office", "name": "Office for Numbers", "names": {"en": "Office for Numbers", "cy": None}}
RELEASES = "/api/v1/releases"
BEFORE = SEED_DUE - timedelta(days=1)


def asked(client, question=""):
    response = client.get(f"{RELEASES}{question}")
    assert response.status_code == 200, response.text
    return response.json()


def references(client, question=""):
    return [release["reference"] for release in asked(client, question)["releases"]]


def test_a_release_is_told_with_its_announced_facts(client, series):
    release = ReleaseFactory(announced=True, series=series, reference="prices-may", title="Prices, May 2020")
    assert client.get(f"{RELEASES}/prices-may").json() == {
        "id": str(release.public_id),
        "reference": "prices-may",
        "title": "Prices, May 2020",
        "titles": {"en": "Prices, May 2020", "cy": None},
        "status": "confirmed",
        "date": {
            "text": "30 June 2020 9:30am",
            "precision": "exact",
            "first_day": "2020-06-30",
            "last_day": "2020-06-30",
            "time": "09:30",
            "zone": "Europe/London",
        },
        "due_at": "2020-06-30T08:30:00Z",
        "designation": "accredited",
        "producer": OFFICE,
        "series": {"slug": "prices", "name": "Prices", "names": {"en": "Prices", "cy": None}},
        "announced_at": "2020-01-02T09:02:00Z",
        "changed_at": "2020-01-02T09:02:00Z",
        "cancellation_reason": None,
        "statistics_url": None,
        "url": "https://calendar.example.gov.uk/releases/prices-may/",
        "calendar_url": "https://calendar.example.gov.uk/releases/prices-may/calendar.ics",
        "date_changes": [],
        "corrections": [],
        "contact": {
            "name": series.responsible.name,
            "email": series.responsible.email,
            "telephone": series.responsible.telephone,
        },
        "next_release": None,
    }


def test_a_vague_date_is_told_by_its_days(client, series):
    slot = Slot(date(2026, 12, 10), None, Precision.TWO_MONTHS)
    scheduling.announce_release(ReleaseFactory(series=series, slot=slot), by=None, at=A_LONG_TIME_AGO)
    (release,) = asked(client)["releases"]
    assert release["due_at"] is None
    assert release["date"] == {
        "text": "December 2026 to January 2027",
        "precision": "two_months",
        "first_day": "2026-12-01",
        "last_day": "2027-01-31",
        "time": None,
        "zone": "Europe/London",
    }


def test_a_move_is_told_with_its_reason_and_the_next_release_by_its_reference(client, series):
    release = ReleaseFactory(announced=True, series=series, reference="prices-may")
    ReleaseFactory(announced=True, series=series, reference="prices-june", slot=london_slot(date(2020, 8, 4)))
    head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
    scheduling.change_date(release, to=london_slot(date(2020, 7, 14)), reason="Late figures.", by=head, at=BEFORE)
    told = client.get(f"{RELEASES}/prices-may").json()
    assert (told["status"], told["next_release"]) == ("postponed", "prices-june")
    (change,) = told["date_changes"]
    assert (change["was"]["text"], change["to"]["text"]) == ("30 June 2020 9:30am", "14 July 2020 9:30am")
    assert (change["reason"], change["announced_at"]) == ("Late figures.", "2020-06-29T08:30:00Z")
    assert head.name not in str(told)


def test_a_contact_that_is_not_shown_to_readers_is_not_told(client, series):
    ReleaseFactory(announced=True, series=series, reference="prices-may")
    Contact.objects.update(is_public=False)
    assert client.get(f"{RELEASES}/prices-may").json()["contact"] is None


def test_where_the_statistics_are_is_told_once_they_are_due_and_live(client, series, time_machine):
    release = ReleaseFactory(announced=True, series=series)
    url = release.addresses.get().url
    create_observations(release, "not_live", "live", start=SEED_DUE)
    time_machine.move_to(SEED_DUE + timedelta(hours=1), tick=False)
    assert asked(client)["releases"][0]["statistics_url"] is None
    judge.judge_one(release, now=SEED_DUE + timedelta(hours=1))
    assert asked(client)["releases"][0]["statistics_url"] == url
    time_machine.move_to(SEED_DUE - timedelta(seconds=1), tick=False)
    assert asked(client)["releases"][0]["statistics_url"] is None


def test_releases_are_found_by_what_is_announced_of_them(client, series, subtests):
    ReleaseFactory(announced=True, series=series, reference="a", title="A")
    other = SeriesFactory(producer=series.producer, slug="jobs")
    ReleaseFactory(announced=True, series=other, reference="b", title="B", slot=london_slot(date(2020, 7, 7)))
    ReleaseFactory(announced=True, reference="c", title="C", slot=london_slot(date(2020, 8, 4)))
    for question, found in (
        ("?producer=office", ["a", "b"]),
        ("?producer=office&series=prices", ["a"]),
        ("?series=prices", ["a"]),
        ("?designation=accredited", ["a"]),
        ("?status=confirmed", ["a", "b", "c"]),
        ("?status=published&status=cancelled", []),
        ("?from=2020-06-30&to=2020-06-30", ["a"]),
        ("?from=2020-07-01", ["b", "c"]),
        ("?to=2020-07-07", ["a", "b"]),
        ("?words=b", ["b"]),
    ):
        with subtests.test(question):
            assert references(client, question) == found


def read_on(client, address, kind):
    """Read a list to its end: what each part of it holds."""
    parts = []
    while address:
        answer = client.get(address.removeprefix("https://calendar.example.gov.uk")).json()
        parts.append(answer[kind])
        address = answer["next_url"]
    return parts


def test_a_list_goes_on_to_its_end_and_misses_nothing_though_releases_come_and_go(client, series):
    dates = [date(2020, 7, 7), date(2020, 7, 7), date(2020, 7, 14), date(2020, 7, 21), date(2020, 7, 28)]
    for number, on in enumerate(dates):
        ReleaseFactory(announced=True, series=series, reference=f"release-{number}", slot=london_slot(on))
    parts = read_on(client, f"{RELEASES}?per_page=2&producer=office&from=2020-07-01", "releases")
    assert [len(part) for part in parts] == [2, 2, 1]
    found = [release["reference"] for part in parts for release in part]
    assert sorted(found) == [f"release-{number}" for number in range(5)]
    assert found[2:] == ["release-2", "release-3", "release-4"]
    first = asked(client, "?per_page=2")
    ReleaseFactory(announced=True, series=series, reference="newer", slot=london_slot(date(2020, 7, 6)))
    rest = read_on(client, first["next_url"], "releases")
    assert [release["reference"] for part in rest for release in part] == found[2:]


def test_lists_of_producers_and_series_go_on_too(client, series):
    for number in range(5):
        other = SeriesFactory(producer__slug=f"agency-{number % 2}", slug=f"series-{number}") if number < 2 else None
        other = other or SeriesFactory(producer=series.producer, slug=f"series-{number}")
        ReleaseFactory(announced=True, series=other, reference=f"release-{number}")
    producers = read_on(client, "/api/v1/producers?per_page=2", "producers")
    assert [[one["slug"] for one in part] for part in producers] == [["agency-0", "agency-1"], ["office"]]
    found = read_on(client, "/api/v1/series?per_page=2", "series")
    assert [one["slug"] for part in found for one in part] == [f"series-{number}" for number in range(5)]


def test_where_nothing_fits_the_list_is_empty(client, series):
    ReleaseFactory(announced=True, series=series)
    assert asked(client, "?words=nothing") == {"next_url": None, "releases": []}


def test_producers_and_series_are_listed_once_anything_of_them_is_announced(client, series):
    ReleaseFactory(announced=True, series=series)
    ReleaseFactory(
        confirmed=True, series=SeriesFactory(producer=series.producer, title="A secret series"), reference="quiet"
    )
    ReleaseFactory(confirmed=True, reference="quieter")
    assert client.get("/api/v1/producers").json()["producers"] == [OFFICE]
    (told,) = client.get("/api/v1/series?producer=office").json()["series"]
    assert told == {
        "slug": "prices",
        "name": "Prices",
        "names": {"en": "Prices", "cy": None},
        "designation": "accredited",
        "producer": OFFICE,
        "calendar_url": "https://calendar.example.gov.uk/producers/office/prices/calendar.ics",
        "changes_url": "https://calendar.example.gov.uk/producers/office/prices/changes.atom",
    }


def test_the_number_of_queries_does_not_grow(client, series, django_assert_max_num_queries, time_machine, subtests):
    time_machine.move_to(SEED_DUE + timedelta(minutes=5), tick=False)
    # More than any of the numbers of queries, so that one for each release would exceed it.
    for first, last in ((0, 1), (1, 8)):
        for number in range(first, last):
            release = ReleaseFactory(announced=True, series=series, reference=f"release-{number}")
            create_observations(release, "not_live", start=SEED_DUE)
            ReleaseFactory(
                announced=True,
                series=SeriesFactory(producer=series.producer),
                reference=f"other-{number}",
                slot=london_slot(date(2020, 7, 7)),
            )
        for address, queries in (
            (f"{RELEASES}?producer=office&series=prices&status=postponed&status=confirmed&words=state", 4),
            (f"{RELEASES}/release-0", 6),
            ("/api/v1/producers", 1),
            ("/api/v1/series?producer=office", 2),
        ):
            with subtests.test(f"{address} with {last}"), django_assert_max_num_queries(queries):
                assert client.get(address).status_code == 200


def test_the_page_about_the_api_tells_of_each_address_and_each_parameter(client, db):
    text = client.get("/api/v1/").text
    for words in ("GET /api/v1/releases/{reference}", "per_page", "statistics_url", "openapi.json", "changes.atom"):
        assert words in text
    for words in ("Open Government Licence", "429", "&quot;reference&quot;: &quot;prices-may-2026&quot;"):
        assert words in text
    assert "https://cdn" not in text

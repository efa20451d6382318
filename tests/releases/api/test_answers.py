"""What the API answers, and how it refuses: announced facts by version 1 of its addresses."""

from datetime import date, timedelta

import pytest
from django.test import Client

from releases import judging, scheduling
from releases.calendar import Precision, Slot
from releases.models import Contact
from releases.roles import Role
from tests.factories import (
    A_LONG_TIME_AGO,
    SEED_DUE,
    ProducerFactory,
    SeriesFactory,
    a_confirmed_release,
    a_release,
    an_announced_release,
    london_slot,
    member,
)
from tests.releases.record import looks_at

pytestmark = pytest.mark.django_db

RELEASES = "/api/v1/releases"
BEFORE = SEED_DUE - timedelta(days=1)
STATUSES = "provisional, confirmed, postponed, published, cancelled"
PARAMETERS = "designation, from, page, per_page, producer, series, status, to, words"


@pytest.fixture(autouse=True)
def settled(settings, time_machine):
    """The day before the seed's release, at an address of the office's own."""
    settings.ADDRESS = "https://calendar.example.gov.uk"
    time_machine.move_to(BEFORE, tick=False)


@pytest.fixture
def series():
    producer = ProducerFactory(slug="office", name="Office for Numbers")
    return SeriesFactory(producer=producer, slug="prices", title="Prices", designation="accredited")


def asked(client, question=""):
    response = client.get(f"{RELEASES}{question}")
    assert response.status_code == 200, response.text
    return response.json()


def references(client, question=""):
    return [release["reference"] for release in asked(client, question)["releases"]]


def test_a_release_is_told_with_its_announced_facts(client, series):
    release = an_announced_release(series=series, reference="prices-may", title="Prices, May 2020")
    assert client.get(f"{RELEASES}/prices-may").json() == {
        "id": str(release.public_id),
        "reference": "prices-may",
        "title": "Prices, May 2020",
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
        "producer": {"slug": "office", "name": "Office for Numbers"},
        "series": {"slug": "prices", "name": "Prices"},
        "announced_at": "2020-01-02T09:02:00Z",
        "changed_at": "2020-01-02T09:02:00Z",
        "cancellation_reason": None,
        "statistics_url": None,
        "url": "https://calendar.example.gov.uk/releases/prices-may/",
        "calendar_url": "https://calendar.example.gov.uk/releases/prices-may/calendar.ics",
        "date_changes": [],
        "contact": {
            "name": series.responsible.name,
            "email": series.responsible.email,
            "telephone": series.responsible.telephone,
        },
        "next_release": None,
    }


def test_a_vague_date_is_told_by_its_days(client, series):
    slot = Slot(date(2026, 12, 10), None, Precision.TWO_MONTHS)
    scheduling.announce(a_release(series=series, slot=slot), by=None, at=A_LONG_TIME_AGO)
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
    release = an_announced_release(series=series, reference="prices-may")
    an_announced_release(series=series, reference="prices-june", slot=london_slot(date(2020, 8, 4)))
    head = member(Role.HEAD_OF_PROFESSION, series.producer)
    scheduling.change_date(release, to=london_slot(date(2020, 7, 14)), reason="Late figures.", by=head, at=BEFORE)
    told = client.get(f"{RELEASES}/prices-may").json()
    assert (told["status"], told["next_release"]) == ("postponed", "prices-june")
    (change,) = told["date_changes"]
    assert (change["was"]["text"], change["to"]["text"]) == ("30 June 2020 9:30am", "14 July 2020 9:30am")
    assert (change["reason"], change["announced_at"]) == ("Late figures.", "2020-06-29T08:30:00Z")
    assert head.name not in str(told)


def test_a_contact_that_is_not_shown_to_readers_is_not_told(client, series):
    an_announced_release(series=series, reference="prices-may")
    Contact.objects.update(is_public=False)
    assert client.get(f"{RELEASES}/prices-may").json()["contact"] is None


def test_where_the_statistics_are_is_told_once_they_are_due_and_live(client, series, time_machine):
    release = an_announced_release(series=series)
    url = release.addresses.get().url
    looks_at(release, "not_live", "live", start=SEED_DUE)
    time_machine.move_to(SEED_DUE + timedelta(hours=1), tick=False)
    assert asked(client)["releases"][0]["statistics_url"] is None
    judging.judge(release, now=SEED_DUE + timedelta(hours=1))
    assert asked(client)["releases"][0]["statistics_url"] == url
    time_machine.move_to(SEED_DUE - timedelta(seconds=1), tick=False)
    assert asked(client)["releases"][0]["statistics_url"] is None


@pytest.mark.parametrize(
    ("question", "found"),
    [
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
    ],
)
def test_releases_are_found_by_what_is_announced_of_them(client, series, question, found):
    an_announced_release(series=series, reference="a", title="A")
    other = SeriesFactory(producer=series.producer, slug="jobs")
    an_announced_release(series=other, reference="b", title="B", slot=london_slot(date(2020, 7, 7)))
    an_announced_release(reference="c", title="C", slot=london_slot(date(2020, 8, 4)))
    assert references(client, question) == found


def test_pages_lead_to_each_other_and_miss_nothing(client, series):
    for number in range(5):
        an_announced_release(series=series, reference=f"release-{number}")
    address, found, told = f"{RELEASES}?per_page=2&producer=office", [], []
    while address:
        page = client.get(address.removeprefix("https://calendar.example.gov.uk")).json()
        found += [release["reference"] for release in page["releases"]]
        told.append((page["count"], page["page"], page["pages"]))
        address, previous = page["next_url"], page["previous_url"]
    assert found == [f"release-{number}" for number in range(5)]
    assert told == [(5, 1, 3), (5, 2, 3), (5, 3, 3)]
    assert previous == f"https://calendar.example.gov.uk{RELEASES}?per_page=2&producer=office&page=2"


def test_beyond_the_last_page_there_is_nothing(client, series):
    an_announced_release(series=series)
    page = asked(client, "?page=9")
    assert (page["releases"], page["next_url"], page["previous_url"]) == ([], None, None)
    nothing = client.get(f"{RELEASES}?words=nothing").json()
    assert (nothing["count"], nothing["pages"]) == (0, 0)


def test_producers_and_series_are_listed_once_anything_of_them_is_announced(client, series):
    an_announced_release(series=series)
    a_confirmed_release(series=SeriesFactory(producer=series.producer, title="A secret series"), reference="quiet")
    a_confirmed_release(reference="quieter")
    assert client.get("/api/v1/producers").json()["producers"] == [{"slug": "office", "name": "Office for Numbers"}]
    (told,) = client.get("/api/v1/series?producer=office").json()["series"]
    assert told == {
        "slug": "prices",
        "name": "Prices",
        "designation": "accredited",
        "producer": {"slug": "office", "name": "Office for Numbers"},
        "calendar_url": "https://calendar.example.gov.uk/producers/office/prices/calendar.ics",
        "changes_url": "https://calendar.example.gov.uk/producers/office/prices/changes.atom",
    }


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        (f"{RELEASES}?from=yesterday", 400, "“from” must be a day that there is, such as 2026-06-30."),
        (f"{RELEASES}?to=2026-02-30", 400, "“to” must be a day that there is, such as 2026-06-30."),
        (f"{RELEASES}?from=1782800000", 400, "“from” must be a day that there is, such as 2026-06-30."),
        (f"{RELEASES}?page=0", 400, "“page” must be a whole number from 1 to 100000."),
        (f"{RELEASES}?per_page=101", 400, "“per_page” must be a whole number from 1 to 100."),
        (f"{RELEASES}?status=late", 400, f"“status” must be one of {STATUSES}."),
        (f"{RELEASES}?words=%00", 400, "“words” must be at most 200 characters, none of them a null character."),
        (f"{RELEASES}?producer=a/b", 400, "“producer” must be made of letters, digits, hyphens and underscores."),
        (f"{RELEASES}?producer=nowhere", 404, "There is no producer “nowhere” in this calendar."),
        (f"{RELEASES}?series=nothing", 404, "There is no series “nothing” in this calendar."),
        (f"{RELEASES}?page=1&marker=x", 400, f"There is no parameter “marker” here: there are {PARAMETERS}."),
        (f"{RELEASES}/quiet", 404, "There is no announced release “quiet”."),
        (f"{RELEASES}/a?x=1", 400, "There is no parameter “x” here: there are none."),
        ("/api/v1/producers?producer=a", 400, "There is no parameter “producer” here: there are page, per_page."),
        ("/api/v1/nothing", 404, "There is nothing at /api/v1/nothing; the API is described at /api/v1/."),
        ("/api/v2/releases", 404, "There is nothing at /api/v2/releases; the API is described at /api/v1/."),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_sentence(client, series, address, status, sentence):
    an_announced_release(series=series, reference="a")
    a_confirmed_release(series=series, reference="quiet")
    response = client.get(address)
    assert (response.status_code, response.json()) == (status, {"error": sentence})


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", [RELEASES, f"{RELEASES}/a", "/api/v1/openapi.json", "/api/v1/nothing"])
def test_the_api_is_only_read(series, method, address):
    an_announced_release(series=series, reference="a")
    response = getattr(Client(enforce_csrf_checks=True), method)(address)
    if address.endswith("nothing"):
        assert (response.status_code, list(response.json())) == (404, ["error"])
    else:
        assert response.json() == {"error": f"This address is only read: use GET, not {method.upper()}."}
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_head_is_answered_like_get_without_a_body(client, series):
    an_announced_release(series=series)
    response = client.head(RELEASES)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("address", [RELEASES, f"{RELEASES}/a", "/api/v1/producers", "/api/v1/openapi.json"])
def test_an_answer_that_still_stands_is_not_sent_again(client, series, address):
    an_announced_release(series=series, reference="a")
    first = client.get(address)
    assert (first["Cache-Control"], first["Access-Control-Allow-Origin"]) == ("no-cache", "*")
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        (f"{RELEASES}?producer=office&series=prices&status=postponed&status=confirmed&words=state", 7),
        (f"{RELEASES}/release-0", 6),
        ("/api/v1/producers", 2),
        ("/api/v1/series?producer=office", 3),
    ],
    ids=["releases", "release", "producers", "series"],
)
def test_the_number_of_queries_does_not_grow(
    client, series, address, queries, django_assert_max_num_queries, time_machine
):
    time_machine.move_to(SEED_DUE + timedelta(minutes=5), tick=False)
    for first, last in ((0, 1), (1, 20)):
        for number in range(first, last):
            release = an_announced_release(series=series, reference=f"release-{number}")
            looks_at(release, "not_live", start=SEED_DUE)
            an_announced_release(
                series=SeriesFactory(producer=series.producer),
                reference=f"other-{number}",
                slot=london_slot(date(2020, 7, 7)),
            )
        with django_assert_max_num_queries(queries):
            assert client.get(address).status_code == 200


def test_the_page_about_the_api_tells_of_each_address_and_each_parameter(client):
    text = client.get("/api/v1/").text
    for words in ("GET /api/v1/releases/{reference}", "per_page", "statistics_url", "openapi.json", "changes.atom"):
        assert words in text
    assert "https://cdn" not in text

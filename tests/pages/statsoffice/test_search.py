"""The search finds releases, series and reports that a person may read, and nothing else."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches.register import versions_with_vector
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import current_version
from releases.models import Producer, Release
from releases.rules.lifecycle import Role
from statsoffice import search
from statsoffice.search import Kind, Order, find_words, to_query, to_vector
from tests.support.early_release import TITLE, create_early_release, publish
from tests.support.factories import ReleaseFactory, SeriesFactory, UserFactory, london_slot
from tests.support.people import create_office, create_report
from tests.support.report_forms import words

pytestmark = pytest.mark.django_db

ADDRESS = "/search/"
TODAY = date(2026, 11, 25)


@pytest.fixture
def rail(office):
    series = SeriesFactory(producer=office.producer, title="Rail punctuality")
    return ReleaseFactory(confirmed=True, series=series, title="Rail punctuality: June 2020", reference="rail-june")


def titles(client, query, **more):
    """The titles of the results, by kind."""
    page = client.get(ADDRESS, {"q": query, **more})
    return {str(group["kind"]): [result.title for result in group["results"]] for group in page.context["groups"]}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "query",
    ["rail", "RAIL punctuality", "punct", "june rail", "rail-june", "  rail  ", 'rail\'; "punctuality"*'],
    ids=["a word", "two words in capitals", "the beginning", "any order", "the reference", "spaces", "signs"],
)
def test_a_release_is_found_by_the_words_and_beginnings_of_its_title(client, office, rail, query):
    client.force_login(office.head)
    assert rail.title in titles(client, query)["releases"]


@pytest.mark.both_databases
def test_words_are_found_by_their_stem_and_all_must_be_there(client, office, rail):
    ReleaseFactory(confirmed=True, series=rail.series, title="Delays of trains: July 2020", reference="trains")
    client.force_login(office.head)
    assert titles(client, "delayed train")["releases"] == ["Delays of trains: July 2020"]
    assert titles(client, "delays of trains")["releases"] == ["Delays of trains: July 2020"]
    assert titles(client, "delayed bus") == {}
    assert titles(client, "punctuality")["series"] == ["Rail punctuality"]


@pytest.mark.both_databases
def test_a_report_is_found_by_its_number_its_outputs_and_its_text(client, office):
    report = create_report(office, ReportStatus.APPROVED)
    client.force_login(office.statistician)
    output = report.suspicions.get().release.title
    told = " ".join(find_words(current_version(report).content["circumstances"])[3:6])
    for query in (report.number, report.number.lower(), report.reference, output, told):
        assert titles(client, query)["reports"] == [output]
    assert "reports" not in titles(client, "title url")


def test_the_producer_follows_the_number_of_a_report(client, office):
    report = create_report(office, ReportStatus.APPROVED)
    client.force_login(office.statistician)
    assert f"{report.number}, {office.producer}. " in words(client.get(ADDRESS, {"q": report.number}).text)


@pytest.mark.both_databases
def test_nothing_of_another_producer_is_found(client, office, rail):
    other = create_office()
    create_report(other, reference="not-mine")
    series = SeriesFactory(producer=other.producer, title="Foreign rail")
    ReleaseFactory(confirmed=True, series=series, title="Foreign rail: June 2020", reference="foreign")
    client.force_login(office.head)
    assert titles(client, "foreign") == {}
    assert titles(client, "rail") == {"releases": [rail.title], "series": ["Rail punctuality"]}
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    assert titles(client, "rail") == {}


@pytest.mark.both_databases
@pytest.mark.parametrize("role", list(Role))
def test_reports_are_found_by_those_who_read_them(client, office, draft_report, role):
    client.force_login(office.people[role])
    found = titles(client, draft_report.number)
    assert ("reports" in found) is (role is not Role.CALENDAR_MANAGER)


@pytest.mark.both_databases
def test_no_report_about_an_early_release_is_found_until_it_is_published(client):
    early = create_early_release()
    for person in early.office.people.values():
        client.force_login(person)
        assert "reports" not in titles(client, TITLE)
        page = words(client.get(ADDRESS, {"q": TITLE}).text)
        assert "Early" not in page
    publish(early)
    client.force_login(early.office.head)
    assert len(titles(client, TITLE)["reports"]) == 1


def test_without_signing_in_there_is_no_search(client, rail):
    assert client.get(ADDRESS, {"q": "rail"}).status_code == 302


@pytest.mark.parametrize("query", ["", "  ", "—", "*", "'"], ids=["nothing", "spaces", "a dash", "a star", "a quote"])
def test_no_words_find_nothing_and_are_no_error(client, office, rail, query):
    client.force_login(office.head)
    assert titles(client, query) == {}


def test_what_is_not_found_leads_to_advice(client, office):
    client.force_login(office.head)
    page = words(client.get(ADDRESS, {"q": "<b>zebra</b>"}).text)
    assert "There are no results for ‘<b>zebra</b>’." in page
    assert "Use fewer words." in page
    assert "<b>zebra" not in client.get(ADDRESS, {"q": "<b>zebra</b>"}).text


@pytest.mark.both_databases
def test_many_results_are_shown_by_kind_then_by_page_and_sorted(client, office, rail, monkeypatch):
    monkeypatch.setattr(search, "ON_A_PAGE", 4)
    for number in range(7):
        ReleaseFactory(
            confirmed=True, series=rail.series, title=f"Rail punctuality {number}", reference=f"rail-{number}"
        )
    client.force_login(office.head)
    assert len(titles(client, "rail")["releases"]) == search.AT_FIRST
    assert "View all 8 releases" in words(client.get(ADDRESS, {"q": "rail"}).text)
    with monkeypatch.context() as limited:
        limited.setattr(search, "MOST_FOUND", 7)
        shown = words(client.get(ADDRESS, {"q": "rail"}).text)
    assert "Releases (7+)" in shown
    assert "View the first 7 releases" in shown
    assert "View all" not in shown
    first, second = (titles(client, "rail", kind="releases", page=page, sort="latest")["releases"] for page in (1, 2))
    assert len(first) == len(second) == 4
    assert not set(first) & set(second)
    latest, best = (
        search.search(Kind.RELEASES, "rail", order, by=office.head, today=TODAY) for order in (Order.LATEST, Order.BEST)
    )
    assert latest[0] in set(best)


@pytest.mark.both_databases
def test_the_release_nearest_to_today_comes_first_and_one_with_only_the_producers_name_last(
    client, office, monkeypatch
):
    monkeypatch.setattr(search, "local_date", lambda _now: TODAY)
    Producer.objects.filter(pk=office.producer.pk).update(name="Office of Rail")
    rail, rain = (SeriesFactory(producer=office.producer, title=title) for title in ("Rail delays", "Rain"))
    wanted = ["today", "tomorrow", "yesterday", "in a year", "a year ago"]
    for title, days in zip(wanted, (0, 1, -1, 365, -366), strict=True):
        slot = london_slot(TODAY + timedelta(days=days))
        ReleaseFactory(series=rail, title=title, reference=f"r-{days}", slot=slot)
    ReleaseFactory(series=rain, title="rain today", reference="rain", slot=london_slot(TODAY))
    client.force_login(office.head)
    assert titles(client, "rail", kind="releases")["releases"] == [*wanted, "rain today"]
    assert titles(client, "rail", kind="releases", sort="latest")["releases"][0] == "in a year"
    monkeypatch.setattr(search, "MANY_SERIES", 1)
    for most in (2, 3, 4, 500):
        monkeypatch.setattr(search, "MOST_FOUND", most)
        assert titles(client, "rail", kind="releases")["releases"] == [*wanted, "rain today"][:most]


@pytest.mark.both_databases
def test_the_number_of_queries_does_not_grow(client, office, rail, django_assert_num_queries):
    create_report(office)
    client.force_login(office.head)
    client.get(ADDRESS, {"q": "rail"})
    with CaptureQueriesContext(connection) as few:
        client.get(ADDRESS, {"q": "rail"})
    for number in range(4):
        series = SeriesFactory(producer=office.producer, title=f"Rail {number}")
        ReleaseFactory(confirmed=True, series=series, title=f"Rail {number}", reference=f"rail-{number}")
    with django_assert_num_queries(len(few)):
        client.get(ADDRESS, {"q": "rail"})


@pytest.mark.postgresql_only
def test_postgresql_has_an_index_for_the_titles_of_releases_and_the_texts_of_reports(office, rail):
    create_report(office)
    titled = Release.objects.annotate(vector=to_vector("title"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for found, index in ((titled, "release_by_words"), (versions_with_vector(), "report_version_by_words")):
        assert index in found.filter(vector=to_query("rail", "june")).order_by().explain()


def test_every_page_of_a_signed_in_person_has_the_search_and_the_public_has_not(client, office):
    assert 'role="search"' not in client.get("/").text
    client.force_login(office.head)
    assert 'role="search"' in client.get("/").text
    assert client.get(ADDRESS).text.count('id="search"') == 1


def test_a_producer_without_releases_has_an_empty_search(client):
    office = create_office()
    client.force_login(office.head)
    assert titles(client, "rail") == {}

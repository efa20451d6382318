"""The public calendar narrowed by what its address asks for: views, months, producer, series, designation, words."""

from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from releases import scheduling
from releases.models import Release
from releases.public import calendar
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from tests.support.cancelled_releases import cancel_release
from tests.support.factories import (
    A_LONG_TIME_AGO,
    SEED_DUE,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    london_slot,
)
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

JUNE = reverse("releases:month", args=[2020, 6])
ALL_MONTHS = reverse("releases:all_months")


@pytest.fixture(autouse=True)
def the_day_before(time_machine):
    time_machine.move_to(SEED_DUE - timedelta(days=1), tick=False)


@shared_fixture
def office():
    """An office with two series, and an agency with one of the same name."""
    office = ProducerFactory(slug="office", name="Office for Invented Numbers")
    prices = SeriesFactory(producer=office, slug="prices", title="Prices", designation="accredited")
    ReleaseFactory(announced=True, series=prices, reference="prices", title="Consumer prices")
    jobs = SeriesFactory(producer=office, slug="jobs", title="Jobs")
    ReleaseFactory(announced=True, series=jobs, reference="jobs", title="Jobs and vacancies")
    agency = ProducerFactory(slug="agency", name="Agency for Examples")
    farms = SeriesFactory(producer=agency, slug="prices", title="Farm prices")
    ReleaseFactory(announced=True, series=farms, reference="farms", title="Farms", slot=london_slot(date(2020, 7, 14)))
    return office


def shown(response):
    return [release.reference for release in response.context["releases"]]


class Fields(HTMLParser):
    """The controls of the form that filters, by name, with the values that they offer."""

    def __init__(self, source):
        super().__init__()
        self.offered, self.name = {}, ""
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        if tag in {"input", "select"} and known.get("name"):
            self.name = known["name"]
            self.offered[self.name] = []
        if tag == "option":
            self.offered[self.name].append(known["value"])


def test_each_choice_has_an_address(client, office, subtests):
    for asked, references in (
        ("producer=office", ["prices", "jobs"]),
        ("producer=agency", []),
        ("producer=office&series=prices", ["prices"]),
        ("designation=accredited", ["prices"]),
        ("words=VACANC", ["jobs"]),
        ("words=jobs+consumer", []),
        ("show=published", []),
    ):
        with subtests.test(asked):
            assert shown(client.get(f"{JUNE}?{asked}")) == references


def test_the_form_shows_what_was_asked_for_and_offers_the_series_of_the_chosen_producer(client, office):
    SeriesFactory(producer=office, slug="secret", title="A series of which nothing is announced")
    response = client.get(f"{JUNE}?producer=office&words=prices")
    offered = Fields(response.text).offered
    assert offered["producer"] == ["", "agency", "office"]
    assert offered["series"] == ["", "jobs", "prices"]
    assert response.context["form"].chosen == ["“prices”", "Office for Invented Numbers"]
    assert 'value="prices"' in response.text
    assert "series" not in Fields(client.get(JUNE).text).offered


def test_with_one_producer_its_series_are_offered_at_once_and_no_producer(client):
    series = SeriesFactory(slug="prices")
    ReleaseFactory(announced=True, series=series)
    offered = Fields(client.get(JUNE).text).offered
    assert offered["series"] == ["", "prices"]
    assert "producer" not in offered


def test_the_form_keeps_the_view_and_drops_the_page(client, office):
    offered = Fields(client.get(f"{JUNE}?show=upcoming&page=1").text).offered
    assert "show" in offered
    assert "page" not in offered


def test_an_address_with_empty_choices_leads_to_the_short_one(client, office):
    response = client.get(f"{JUNE}?words=&producer=office&series=&designation=")
    assert (response.status_code, response.url) == (302, f"{JUNE}?producer=office")
    assert client.get(f"{JUNE}?words=").url == JUNE


def test_choosing_another_producer_drops_the_series_that_was_chosen_before(client, office):
    assert client.get(f"{JUNE}?producer=agency&series=jobs").url == f"{JUNE}?producer=agency"
    assert client.get(f"{JUNE}?producer=agency&series=prices").status_code == 200


def test_what_there_is_not_is_said_and_nothing_is_shown_for_it(client, office, subtests):
    for asked, sentence in (
        ("producer=nowhere", "There is no producer “nowhere” in this calendar."),
        ("producer=office&series=nothing", "There is no series “nothing” of this producer in this calendar."),
        ("designation=best", "There is no designation “best”."),
        ("show=everything", "“everything” is not one of the choices."),
        (f"words={'x' * 201}", "at most 200 characters"),
    ):
        with subtests.test(asked):
            response = client.get(f"{JUNE}?{asked}")
            assert sentence in response.text
            assert response.text.count("<title>Error: ") == 1
            assert shown(response) == []
            assert "We cannot use these filters." in response.text


def test_filters_can_be_cleared_in_one_step_that_keeps_the_view(client, office):
    text = client.get(f"{JUNE}?show=upcoming&producer=office&words=prices").text
    assert '<a class="govuk-link govuk-!-margin-left-2" href="?show=upcoming">Clear filters</a>' in text
    assert "Clear filters" not in client.get(JUNE).text


def test_the_number_of_releases_is_said(client, office):
    for asked, words in (("", "<strong>2</strong> releases"), ("?words=jobs", "<strong>1</strong> release")):
        assert words in " ".join(client.get(f"{JUNE}{asked}").text.split())


@pytest.mark.parametrize(
    ("asked", "view", "references"),
    [("", "all", ["farms"]), ("&show=all&page=2", "all", ["farms"]), ("&show=published", "published", [])],
)
def test_an_empty_month_leads_to_all_months_with_the_same_filters_and_view(
    client, office, time_machine, asked, view, references
):
    time_machine.move_to("2020-08-01T12:00:00Z", tick=False)
    text = client.get(f"{JUNE}?producer=agency{asked}").text
    assert "No releases in this month match your filters." in text
    link = f"{ALL_MONTHS}?producer=agency&show={view}"
    assert f'href="{link.replace("&", "&amp;")}">Search all months' in text
    assert shown(client.get(link)) == references


@pytest.mark.parametrize("view", ["", "?show=published", "?show=cancelled"])
def test_an_empty_view_of_all_months_leads_to_all_releases(client, office, time_machine, view):
    time_machine.move_to("2020-08-01T12:00:00Z", tick=False)
    text = client.get(f"{ALL_MONTHS}{view}").text
    assert "No releases match this view." in text
    assert "No releases are announced." not in text
    assert '<a class="govuk-link" href="?show=all">Show all releases</a>' in text
    assert sorted(shown(client.get(f"{ALL_MONTHS}?show=all"))) == ["farms", "jobs", "prices"]


def test_a_calendar_without_releases_says_that_none_are_announced(client):
    text = client.get(f"{ALL_MONTHS}?show=all").text
    assert "No releases are announced." in text
    assert "Show all releases" not in text


def test_all_months_show_what_is_to_come_by_month_and_what_is_over_with_the_latest_first(client):
    series = SeriesFactory()
    vague = ReleaseFactory(series=series, reference="july", slot=Slot(date(2020, 7, 1), None, Precision.MONTH))
    scheduling.announce_release(vague, by=None, at=A_LONG_TIME_AGO)
    for reference, on in (("next", date(2020, 7, 14)), ("soon", date(2020, 6, 30)), ("over", date(2020, 6, 4))):
        ReleaseFactory(announced=True, series=series, reference=reference, slot=london_slot(on))
    for reference, on in (("out-1", date(2020, 5, 5)), ("out-2", date(2020, 6, 2))):
        out = ReleaseFactory(announced=True, series=series, reference=reference, slot=london_slot(on))
        scheduling.publish(out, by=None, at=SEED_DUE, published_at=SEED_DUE)
    cancel_release(
        ReleaseFactory(announced=True, series=series, reference="stopped", slot=london_slot(date(2020, 9, 1)))
    )
    upcoming = client.get(ALL_MONTHS)
    assert shown(upcoming) == ["soon", "next", "july"]
    assert [first for first, _ in upcoming.context["groups"]] == [date(2020, 6, 1), date(2020, 7, 1)]
    assert shown(client.get(f"{ALL_MONTHS}?show=published")) == ["out-2", "out-1"]
    assert shown(client.get(f"{ALL_MONTHS}?show=cancelled")) == ["stopped"]
    assert shown(client.get(f"{ALL_MONTHS}?show=all"))[0] == "stopped"


def test_a_vague_release_is_upcoming_until_its_months_are_over(client, time_machine):
    vague = ReleaseFactory(slot=Slot(date(2020, 6, 1), None, Precision.TWO_MONTHS))
    scheduling.announce_release(vague, by=None, at=A_LONG_TIME_AGO)
    time_machine.move_to("2020-07-31T22:59:00Z", tick=False)
    assert len(shown(client.get(ALL_MONTHS))) == 1
    time_machine.move_to("2020-07-31T23:00:00Z", tick=False)
    assert shown(client.get(ALL_MONTHS)) == []


def test_going_to_another_month_or_page_keeps_the_filters(client, office):
    text = client.get(f"{JUNE}?producer=agency&show=upcoming").text
    assert f'href="{reverse("releases:month", args=[2020, 7])}?producer=agency&amp;show=upcoming"' in text
    assert f'href="{ALL_MONTHS}?producer=agency"' in text


def test_a_list_ends_and_says_that_there_are_more(client, monkeypatch):
    monkeypatch.setattr("releases.views.calendar.MOST_LISTED", 3)
    series = SeriesFactory()
    for number in range(3):
        ReleaseFactory(announced=True, reference=f"release-{number}", title=f"Release {number}", series=series)
    assert "More than" not in client.get(ALL_MONTHS).text
    ReleaseFactory(announced=True, reference="another", title="Release 9", series=series)
    response = client.get(ALL_MONTHS)
    assert shown(response) == ["release-0", "release-1", "release-2"]
    assert "More than <strong>3</strong> releases" in " ".join(response.text.split())


def test_all_months_are_parted_into_pages(client, monkeypatch):
    series = SeriesFactory()
    monkeypatch.setattr("releases.views.calendar.RELEASES_PER_PAGE", 3)
    for number in range(4):
        ReleaseFactory(announced=True, reference=f"release-{number}", title=f"Release {number:02}", series=series)
    assert len(shown(client.get(f"{ALL_MONTHS}?words=release"))) == 3
    assert "words=release&amp;page=2" in client.get(f"{ALL_MONTHS}?words=release").text
    assert len(shown(client.get(f"{ALL_MONTHS}?words=release&page=2"))) == 1


def test_the_number_of_queries_grows_neither_with_releases_nor_with_changes(client, office, django_assert_num_queries):
    addresses = {f"{address}?producer=office&words=e&show=all": n for address, n in ((JUNE, 8), (ALL_MONTHS, 6))}
    series = office.series.get(slug="prices")
    _moved(ReleaseFactory(announced=True, series=series, reference="moved"))
    for address, queries in addresses.items():
        with django_assert_num_queries(queries):
            client.get(address)
    for number in range(5):
        cancel_release(_moved(ReleaseFactory(announced=True, series=series, reference=f"release-{number}")))
    for address, queries in addresses.items():
        with django_assert_num_queries(queries):
            assert len(shown(client.get(address))) == 8


def _moved(release):
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    to = london_slot(date(2020, 6, 29))
    return scheduling.change_date(release, to=to, reason="Sooner.", by=head, at=SEED_DUE - timedelta(days=9))


def test_pages_for_reading_are_the_same_for_the_person_who_is_signed_in(client, office):
    anonymous = shown(client.get(ALL_MONTHS))
    client.force_login(UserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    assert shown(client.get(ALL_MONTHS)) == anonymous


def test_a_reader_can_follow_what_the_list_is_narrowed_to(client, office, settings, subtests):
    settings.ADDRESS = "https://calendar.example.gov.uk"
    for asked, feeds in (
        ("", ""),
        ("?producer=office", "producers/office/"),
        ("?producer=office&series=prices&words=x", "producers/office/prices/"),
    ):
        with subtests.test(asked):
            text = client.get(f"{JUNE}{asked}").text
            for kind in ("calendar.ics", "changes.atom"):
                assert f'href="https://calendar.example.gov.uk/{feeds}{kind}"' in text
            assert f'href="{reverse("releases:api_guide")}"' in text


def test_a_release_can_be_added_to_a_calendar_and_its_series_followed(client, office, settings):
    settings.ADDRESS = "https://calendar.example.gov.uk"
    text = client.get(reverse("releases:release", args=["prices"])).text
    assert f'href="{reverse("releases:release_calendar", args=["prices"])}"' in text
    assert 'href="https://calendar.example.gov.uk/producers/office/prices/calendar.ics"' in text


def test_the_present_choice_is_marked_and_kept_though_another_one_cannot_be_used(client, office):
    for asked in ("?show=published", "?show=published&producer=nowhere"):
        assert '<strong aria-current="true">Published</strong>' in client.get(f"{ALL_MONTHS}{asked}").text
    months = client.get(f"{ALL_MONTHS}?words=jobs").text
    assert '<strong aria-current="true">All months</strong>' in months
    assert 'href="/?words=jobs">This month' in months


def test_words_are_checked_for_once_and_not_again_for_the_releases_of_the_page(client, office):
    with CaptureQueriesContext(connection) as asked:
        assert shown(client.get(JUNE, {"words": "vacancies"})) == ["jobs"]
    assert len([query for query in asked if "%vacancies%" in query["sql"].lower()]) == 1


def test_facts_come_in_the_order_of_the_keys_and_of_announced_releases_alone(office):
    keys = list(Release.objects.order_by("-pk").values_list("pk", flat=True))
    private = ReleaseFactory(reference="private", series=SeriesFactory(producer=office))
    assert [one.reference for one in calendar.announced_facts_of([private.pk, *keys])] == ["farms", "jobs", "prices"]

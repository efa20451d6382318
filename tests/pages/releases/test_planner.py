"""The year planner: each release on its day, holidays by nation, clashes, gaps; one's own producers only."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from releases import scheduling
from releases.models import Membership
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from tests.pages.releases.test_preflight import words_of
from tests.support.factories import (
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    london_slot,
)
from tests.support.shared_rows import shared_fixture

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@shared_fixture
def series():
    return SeriesFactory(title="Rain", producer__name="Office for Weather")


@pytest.fixture
def reader(client, series):
    """Sign in a statistician of the series' producer."""
    client.force_login(create_member(Role.STATISTICIAN, series.producer))
    return client


def due(series, on, reference, *, announced=False, **fields):
    return ReleaseFactory(
        announced=announced,
        series=series,
        reference=reference,
        title=f"Title {reference}",
        slot=london_slot(on),
        **fields,
    )


def page(client, year=2026, **query):
    response = client.get(reverse("releases:planner", args=[year]), query)
    assert response.status_code == 200
    return response


def cell(text, on):
    """Cut the cell of a day out of the wall."""
    rows = re.findall(r"<tr>.*?</tr>", text, flags=re.DOTALL)
    (month,) = [row for row in rows if re.search(rf">\s*{on:%b}\s*<", row)]
    return re.findall(r"<td.*?</td>", month, flags=re.DOTALL)[on.day - 1]


def test_each_release_stands_on_its_day_with_its_status_on_the_wall_and_in_the_list(reader, series):
    due(series, date(2026, 7, 14), "one", confirmed=True)
    due(series, date(2026, 7, 14), "two")
    text = page(reader).text
    assert "Tuesday 14 July 2026: 1 confirmed, 1 provisional" in cell(text, date(2026, 7, 14))
    assert 'href="#day-2026-07-14"' in cell(text, date(2026, 7, 14))
    listed = text[text.index('id="day-2026-07-14"') : text.index('id="month-8"')]
    assert listed.count("Title ") == 2
    assert ">Confirmed<" in listed
    assert ">Provisional<" in listed
    assert "govuk-visually-hidden" not in cell(text, date(2026, 7, 15))


def test_a_vague_release_stands_with_its_month_and_on_no_day(reader, series):
    ReleaseFactory(series=series, reference="vague", slot=Slot(on=date(2026, 9, 1), at=None, precision=Precision.MONTH))
    text = page(reader).text
    assert "href" not in cell(text, date(2026, 9, 1))
    assert "September 2026, day not set: 1 provisional" in text
    september = text[text.index('id="month-9"') : text.index('id="month-10"')]
    assert "September 2026" in september
    assert "/releases/vague/" in september


def test_weekends_and_holidays_are_marked_by_the_nations_of_ones_producers(reader, series):
    text = page(reader).text
    assert "office-wall__day--weekend" in cell(text, date(2026, 7, 18))
    assert "office-wall__day--holiday" in cell(text, date(2026, 8, 31))
    assert "office-wall__day--holiday" not in cell(text, date(2026, 11, 30))
    assert "Bank holiday: Summer bank holiday" in text
    scottish = ProducerFactory(nation="scotland")
    Membership.objects.create(user=series.producer.memberships.get().user, producer=scottish, role=Role.AUDITOR)
    text = page(reader).text
    assert "office-wall__day--holiday" in cell(text, date(2026, 11, 30))
    assert "Bank holiday in Scotland: St Andrew’s Day" in text
    assert "Bank holiday in England: Summer bank holiday" in text
    assert "Bank holiday: Christmas Day" in text


def test_a_year_whose_holidays_are_not_known_yet_says_so(reader):
    assert "We do not know the bank holidays of this year yet" in page(reader, 2040).text
    assert "We do not know the bank holidays of this year yet" not in page(reader, 2027).text


def test_releases_of_the_same_minute_and_host_are_named_as_a_clash(reader, series):
    at = {"on": date(2026, 7, 14)}
    due(series, reference="one", url="https://www.example.gov.uk/one", **at)
    due(series, reference="two", url="https://www.example.gov.uk/two", confirmed=True, **at)
    due(series, reference="elsewhere", url="https://www.other.gov.uk/three", **at)
    due(series, reference="another-day", on=date(2026, 7, 15), url="https://www.example.gov.uk/four")
    due(SeriesFactory(), reference="foreign", url="https://www.example.gov.uk/five", **at)
    (clash,) = page(reader).context["plan"].clashes
    assert (clash.place, [release.reference for release in clash.releases]) == ("www.example.gov.uk", ["one", "two"])
    text = words_of(page(reader).text)
    assert "9:30am on 14 July 2026, www.example.gov.uk: Title one, Title two" in text


def test_clashes_beyond_the_longest_list_are_counted(reader, series, monkeypatch):
    monkeypatch.setattr("releases.planner.MOST_CLASHES", 1)
    for day in (14, 15, 16):
        for reference in ("one", "two"):
            due(series, date(2026, 7, day), f"{reference}-{day}")
    (clash,) = page(reader).context["plan"].clashes
    assert clash.due_at.day == 14
    assert "There are 2 more clashes. Choose a producer or a series to see them." in page(reader).text
    monkeypatch.setattr("releases.planner.MOST_CLASHES", 2)
    assert "There is 1 more clash. Choose a producer or a series to see it." in page(reader).text


def test_a_cancelled_release_clashes_with_no_one(reader, series):
    for reference in ("one", "two"):
        release = due(series, date(2026, 7, 14), reference, announced=True)
    scheduling.cancel_release(release, reason="Stopped", by=create_member(Role.DEPUTY, series.producer), at=NOW)
    assert page(reader).context["plan"].clashes == []


def test_narrowed_to_one_series_its_clash_with_another_is_still_told(reader, series):
    other = SeriesFactory(title="Wind", producer=series.producer)
    due(series, date(2026, 7, 14), "rain")
    due(other, date(2026, 7, 14), "wind")
    assert len(page(reader, series=series.pk).context["plan"].clashes) == 1
    assert "Title wind" not in page(reader, series=series.pk).text.split('id="months"')[1]


def monthly(series, months, *, year=2026, announced=False):
    for month in months:
        due(series, date(year, month, 14 if month != 2 else 16), f"rain-{year}-{month:02}", announced=announced)


@shared_fixture
def monthly_in_2025(series):
    monthly(series, range(1, 13), year=2025)


def test_what_the_rhythm_of_a_series_leads_one_to_expect_and_is_not_planned_is_named(reader, series, monthly_in_2025):
    monthly(series, [1, 2, 3, 4, 5, 6, 7, 8, 11, 12])
    text = words_of(page(reader).text)
    assert "Rain (monthly): September 2026 to October 2026 (2 releases)" in text


def test_a_vague_or_a_cancelled_release_fills_its_place_in_the_rhythm(reader, series, monthly_in_2025):
    monthly(series, [1, 2, 3, 4, 5, 6, 7, 8, 9, 12])
    ReleaseFactory(
        series=series, reference="vague", slot=Slot(on=date(2026, 10, 1), at=None, precision=Precision.MONTH)
    )
    stopped = due(series, date(2026, 11, 17), "stopped", announced=True)
    scheduling.cancel_release(stopped, reason="Stopped", by=create_member(Role.DEPUTY, series.producer), at=NOW)
    assert page(reader).context["plan"].uneven == []


def test_nothing_is_missed_further_ahead_than_a_calendar_is_kept(reader, series, monthly_in_2025):
    monthly(series, range(1, 13))
    (uneven,) = page(reader, 2027).context["plan"].uneven
    assert uneven.gaps[-1].last == date(2027, 6, 1)
    assert page(reader, 2028).context["plan"].uneven == []


def test_the_year_is_switched_by_links_that_keep_what_was_chosen(reader, series):
    SeriesFactory(producer=series.producer)
    text = page(reader, series=series.pk).text
    for year in (2025, 2027):
        assert f'href="/planner/{year}/?series={series.pk}"' in text
    assert "This year" not in text
    assert f'href="/planner/?series={series.pk}"' in page(reader, 2027, series=series.pk).text
    assert reader.get(reverse("releases:planner")).context["plan"].year == 2026


@pytest.mark.parametrize("year", [1989, 2100, 20266])
def test_a_year_that_there_is_not_is_no_page(reader, year):
    assert reader.get(reverse("releases:planner", args=[year])).status_code == 404


def test_it_is_narrowed_by_producer_and_series(reader, series):
    other = SeriesFactory(title="Wind", producer__name="Another office")
    Membership.objects.create(user=series.producer.memberships.get().user, producer=other.producer, role=Role.AUDITOR)
    due(series, date(2026, 7, 14), "rain")
    due(other, date(2026, 7, 15), "wind")
    both, one = page(reader).text, page(reader, producer=other.producer_id).text
    assert "Title rain" in both
    assert "Title wind" in both
    assert "Title rain" not in one
    assert "Title wind" in one
    assert "Title wind" not in page(reader, series=series.pk).text
    # Another producer chosen with a series of the one before: the series is dropped.
    text = page(reader, producer=other.producer_id, series=series.pk).text
    assert "Title wind" in text
    assert "Title rain" not in text


@pytest.mark.parametrize("name", ["producer", "series"])
def test_what_is_not_ones_own_is_not_found(reader, series, name):
    foreign = SeriesFactory()
    due(foreign, date(2026, 7, 14), "foreign")
    key = foreign.pk if name == "series" else foreign.producer_id
    address = reverse("releases:planner", args=[2026])
    for value in (key, 999, "x"):
        assert reader.get(address, {name: value}).status_code == 404
    assert "foreign" not in page(reader).text


def test_rehearsals_are_no_part_of_a_year(reader, series):
    due(series, date(2026, 7, 14), "rehearsal", confirmed=True, rehearsal=True)
    assert "Title rehearsal" not in page(reader).text


def test_no_one_unknown_sees_it_and_without_a_role_there_is_nothing_to_see(client, series):
    due(series, date(2026, 7, 14), "one")
    assert client.get(reverse("releases:planner")).status_code == 302
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    text = client.get(reverse("releases:planner")).text
    assert "You have no role, so there are no releases" in text
    assert "Title one" not in text


def test_an_empty_year_says_so_of_every_part(reader, series):
    text = page(reader).text
    assert "There are no missing releases in regular series" in text
    assert "No releases are due on the same website at the same time." in text
    assert text.count("No releases planned.") == 12


def test_a_year_too_full_to_list_shows_its_wall_and_asks_for_a_choice(reader, series, monkeypatch):
    monkeypatch.setattr("releases.planner.MOST_LISTED", 1)
    for reference in ("one", "two"):
        due(series, date(2026, 7, 14), reference)
    text = page(reader).text
    assert "2 provisional" in cell(text, date(2026, 7, 14))
    assert "Choose a producer or a series" in text
    assert 'id="day-2026-07-14"' not in text
    wall = text.partition('<table class="office-wall"')[2].partition("</table>")[0]
    assert "Jul" in wall
    assert "<a " not in wall


def test_every_link_of_the_wall_leads_to_a_part_of_the_page(reader, series):
    due(series, date(2026, 7, 14), "one")
    ReleaseFactory(series=series, reference="vague", slot=Slot(date(2026, 9, 1), None, Precision.MONTH))
    text = page(reader).text
    wall = text.partition('<table class="office-wall"')[2].partition("</table>")[0]
    targets = re.findall(r'href="#([^"]+)"', wall)
    assert len(targets) == 14
    assert all(f'id="{target}"' in text for target in targets)


def test_it_asks_the_database_no_more_for_more_releases(reader, series, django_assert_num_queries):
    monthly(series, range(1, 7), year=2025)
    monthly(series, [1])
    with CaptureQueriesContext(connection) as for_few:
        page(reader)
    monthly(series, range(2, 12))
    due(SeriesFactory(producer=series.producer), date(2026, 3, 16), "other")
    for number in range(5):
        due(series, date(2026, 11, 17) + timedelta(days=number), f"more-{number}")
    with django_assert_num_queries(len(for_few)):
        page(reader)

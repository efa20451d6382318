"""The pictures of the last 12 months: what they count, as table and file, for whom, and safe to show."""

import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest
from defusedxml import ElementTree

from breaches import pictures, statistics, statistics_tables
from breaches.rules.lifecycle import Cause, ReportStatus
from breaches.statistics import ReleaseResult, SeriesResults
from breaches.statistics_tables import Row
from releases.models import Verification
from releases.pictures import FileKind, Layout, render_picture
from releases.rules import tables
from releases.rules.lifecycle import Role
from releases.verdict.address import Outcome
from tests.support.factories import ReleaseFactory, SeriesFactory, UserFactory
from tests.support.people import create_office, create_report
from tests.support.report_evidence import DUE, london
from tests.support.report_forms import words

pytestmark = pytest.mark.django_db

REGISTER = "/reports/register/"
KEYS = ("punctuality", "causes", "release-delays")
READERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.PUBLISHING_TEAM, Role.AUDITOR}


@pytest.fixture(autouse=True)
def _in_2020(time_machine):
    time_machine.move_to(london("15:00", "2020-07-03"), tick=False)


def address(key, kind="csv", **query):
    return f"{REGISTER}pictures/{key}.{kind}" + ("?" + "&".join(f"{a}={b}" for a, b in query.items()) if query else "")


def judge(series, outcome, number=0, *, seconds=None, **fields):
    """A release that was judged."""
    release = ReleaseFactory(confirmed=True, series=series, reference=f"{outcome}-{number}", **fields)
    return Verification.objects.create(
        release=release,
        schedule_version=1,
        due_at=release.due_at,
        tolerance_seconds=120,
        outcome=outcome,
        delay_from=seconds,
        delay_to=seconds,
    )


def lines(client, key, **query):
    """The lines of the CSV file of a picture."""
    (_, header), *rows = tables.read_table(client.get(address(key, **query)).content, name="picture")
    return [dict(zip([cell.text for cell in header], [cell.text for cell in row], strict=False)) for _, row in rows]


@pytest.mark.both_databases
def test_what_could_not_be_determined_is_neither_on_time_nor_late(client, office):
    series = SeriesFactory(producer=office.producer)
    for number, outcome in enumerate(Outcome):
        judge(series, outcome, number)
    judge(series, "late", "rehearsed", rehearsal=True)
    client.force_login(office.head)
    by_month = {line["month"]: line for line in lines(client, "punctuality")}
    assert len(by_month) == 12
    assert by_month["2020-06"] == {
        "month": "2020-06",
        "on_time": "1",
        # late, not live, and incomplete
        "not_on_time": "3",
        # The early one is still to be published, and has no check since it was due.
        "could_not_be_determined": "3",
    }
    assert list(by_month) == sorted(by_month)
    assert (min(by_month), max(by_month)) == ("2019-08", "2020-07")
    assert "1 of 4 releases were on time (25.0%). 3 more could not be determined." in client.get(REGISTER).text


@pytest.mark.both_databases
def test_each_delay_is_in_the_file_and_what_has_none_is_left_empty(client, office):
    series = SeriesFactory(producer=office.producer, title="Schools")
    for outcome, seconds in (("on_time", 2.5), ("late", 3420), ("uncertain", 900), ("not_seen", None)):
        judge(series, outcome, seconds=seconds)
    client.force_login(office.head)
    found = {line["result"]: (line["series"], line["delay_seconds"]) for line in lines(client, "release-delays")}
    assert found == {
        "on_time": ("Schools", "2.5"),
        "late": ("Schools", "3420"),
        "uncertain": ("Schools", ""),
        "not_seen": ("Schools", ""),
    }
    page = words(client.get(REGISTER).text)
    assert "1 release that was not live or not complete when last checked has no delay yet." in page
    assert "1 release is not shown because its result could not be determined." in page


@pytest.mark.both_databases
def test_causes_are_those_of_breaches_alone(client, office):
    create_report(office, ReportStatus.APPROVED, reference="reported")
    create_report(office, ReportStatus.RECORDED, reference="recorded")
    create_report(office, ReportStatus.DISMISSED, reference="dismissed")
    create_report(office, reference="a-draft")
    client.force_login(office.head)
    assert lines(client, "causes") == [{"cause": "scheduler_fault", "breaches": "2"}]


def test_the_pictures_follow_the_producer_and_the_series_of_the_filters(client, office):
    prices, schools = (SeriesFactory(producer=office.producer, slug=slug) for slug in ("prices", "schools"))
    judge(prices, "on_time", 1, seconds=1)
    judge(schools, "late", 2, seconds=3000)
    client.force_login(office.head)
    query = {"producer": office.producer.slug, "series": "prices"}
    assert [line["result"] for line in lines(client, "release-delays", **query)] == ["on_time"]
    page = client.get(REGISTER, query).text
    assert "series=prices" in re.search(r'<img class="office-picture"\s+src="(.*?)"', page)[1]


def test_nothing_of_another_producer_is_counted(client, office):
    other = create_office()
    create_report(other, ReportStatus.APPROVED)
    judge(SeriesFactory(producer=other.producer, title="Foreign", slug="foreign"), "late", seconds=3000)
    client.force_login(office.head)
    assert lines(client, "release-delays") == lines(client, "causes") == []
    assert {line["not_on_time"] for line in lines(client, "punctuality")} == {"0"}
    assert client.get(address("causes", producer=other.producer.slug)).status_code == 404


def test_pictures_are_for_those_who_read_reports(client, office, subtests):
    for role, person in office.people.items():
        client.force_login(person)
        for key in KEYS:
            with subtests.test(f"{role} {key}"):
                assert client.get(address(key)).status_code == (200 if role in READERS else 404)
    client.force_login(UserFactory(is_superuser=True))
    assert client.get(address("causes")).status_code == 404
    client.logout()
    assert client.get(address("causes")).status_code == 302


@pytest.mark.parametrize(
    "path",
    ["pictures/nothing.svg", "pictures/causes.pdf", "pictures/causes.svg?layout=huge", "pictures/year.svg"],
)
def test_what_is_no_picture_is_not_found(client, office, path):
    client.force_login(office.head)
    assert client.get(REGISTER + path).status_code == 404


def test_a_picture_is_shown_on_the_page_and_taken_as_a_file(client, office):
    judge(SeriesFactory(producer=office.producer), "late", seconds=3000)
    client.force_login(office.head)
    shown = client.get(address("release-delays", "svg", layout="wide"))
    assert shown.headers["Content-Type"] == "image/svg+xml"
    assert "Content-Disposition" not in shown.headers
    for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
        taken = client.get(address("release-delays", kind))
        assert taken.headers["Content-Disposition"] == f'attachment; filename="breach-release-delays-2020-07-03.{kind}"'
        assert taken.content.startswith(start)
    assert b"August 2019 to July 2020" in client.get(address("release-delays", "svg")).content


def test_an_office_without_results_has_sentences_in_place_of_pictures(client):
    client.force_login(create_office().head)
    page = client.get(REGISTER).text
    assert "<picture>" not in page
    for sentence in ("No releases were checked", "No release has a known delay", "There are no breaches"):
        assert sentence in page


NAMES = ('Prices & "costs" <b>', "'];alert(1)//", "${7*7} {{ 7 }}", "Ⅻ ünïcode\u2028")


def draw_delays(results):
    of_series = defaultdict(list)
    for one in results:
        of_series[one.series].append(one)
    found = {
        key: SeriesResults(of[0].series_title, [one.outcome for one in of], [one.delay for one in of])
        for key, of in of_series.items()
    }
    return pictures.draw_delays(found, lambda: results)


def draw_all():
    results = [
        ReleaseResult(key, name, f"{name}: June", DUE, Outcome.LATE, 60.0 * 4**key) for key, name in enumerate(NAMES)
    ]
    months = statistics.last_months(date(2020, 7, 3))
    bars = [statistics_tables.BarGroup(name, [statistics_tables.Bar("2020", name, 1.0)]) for name in NAMES]
    return [
        draw_delays(results),
        pictures.draw_punctuality(dict.fromkeys(months, statistics_tables.NOTHING)),
        pictures.draw_causes(Counter({Cause.OUTAGE: 2, None: 1})),
        pictures.draw_bars(statistics_tables.Table("bars", "Bars", ["Name"], [Row(NAMES[0], [])], bars)),
    ]


@pytest.mark.parametrize("layout", Layout)
def test_a_picture_is_well_formed_named_and_keeps_the_content_security_policy(layout):
    """No style, script or link is in it, and no title of a series becomes markup or an expression."""
    for picture in draw_all():
        drawn = render_picture(picture, FileKind.SVG, layout, subtitle=NAMES[0])
        root = ElementTree.fromstring(drawn)
        assert root.attrib["role"] == "img"
        assert [child.text for child in root][:2] == [picture.title, picture.summary]
        for element in root.iter():
            assert element.tag.rpartition("}")[2] in {
                "svg",
                "g",
                "path",
                "rect",
                "text",
                "tspan",
                "line",
                "title",
                "desc",
            }
            assert not {name for name in element.attrib if name == "style" or name.startswith("on") or "href" in name}


def test_titles_are_shown_as_they_are():
    drawn = render_picture(draw_all()[0], FileKind.SVG, Layout.WIDE, subtitle="").decode()
    texts = {"".join(one.itertext()) for one in ElementTree.fromstring(drawn).iter() if one.tag.endswith("text")}
    assert {name.strip() for name in NAMES[:3]} <= texts


def test_the_same_figures_are_the_same_picture():
    one, other = (render_picture(draw_all()[0], FileKind.PNG, Layout.WIDE, subtitle="") for _ in range(2))
    assert one == other


def test_a_delay_axis_has_zero_and_every_delay():
    for delay in (0.0, 59, 61, 4000, 9e5, -5, -4000):
        (picture,) = [draw_delays([ReleaseResult(1, "A", "A", DUE + timedelta(), Outcome.LATE, delay)])]
        domain = picture.draw(False)["encoding"]["x"]["scale"]["domain"]
        assert domain[0] <= min(0, delay)
        assert domain[1] >= max(0, delay)


def test_the_delay_of_an_incomplete_release_ends_with_its_missing_part():
    results = [ReleaseResult(1, "A", "A", DUE, outcome, None) for outcome in (Outcome.PARTIAL, Outcome.NOT_SEEN)]
    assert draw_delays(results[:1]).note == (
        "Each mark is one release. The delay ends when a check first finds the release, or its missing part. "
        "1 release that was not live or not complete when last checked has no delay yet."
    )
    assert draw_delays(results).note.endswith(
        " 2 releases that were not live or not complete when last checked have no delay yet."
    )


def test_the_summary_counts_the_delays_of_all_series_and_not_only_of_those_in_the_picture():
    results = [ReleaseResult(key, f"Series {key}", "A", DUE, Outcome.LATE, 60.0 * key) for key in range(1, 41)]
    results.append(ReleaseResult(41, "Series 41", "A", DUE, Outcome.NOT_SEEN, None))
    picture = draw_delays(results)
    assert len(picture.draw(False)["data"]["values"]) == pictures.MOST_SERIES
    assert picture.summary == "40 releases with a known delay. The longest time after due is 40 minutes."


def test_the_summary_and_the_table_give_the_time_after_due_of_releases_on_time_too():
    seconds = {Outcome.ON_TIME: (-0.2, 2.5), Outcome.EARLY: (-300.0,)}
    results = [
        ReleaseResult(1, "Prices", "A", DUE, outcome, delay) for outcome, delays in seconds.items() for delay in delays
    ]
    picture = draw_delays(results)
    assert picture.summary == "3 releases with a known delay. The longest time after due is 3 seconds."
    (row,) = picture.table.rows
    shown = dict(zip(picture.table.columns[1:], row.cells, strict=True))
    assert (shown["Median time after due"], shown["Longest time after due"]) == ("2 seconds", "3 seconds")
    assert draw_delays(results[-1:]).summary == "1 release with a known delay."


def test_many_series_and_releases_are_cut_with_a_sentence(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_SERIES", 2)
    monkeypatch.setattr(pictures, "MOST_DOTS", 3)
    results = [ReleaseResult(key % 5, f"Series {key % 5}", "A", DUE, Outcome.LATE, 100.0 + key) for key in range(20)]
    picture = draw_delays(results)
    assert "The chart shows the 2 series with the longest delays. The table shows all 5." in picture.note
    assert "The chart shows the 3 longest delays. The CSV file has all 20." in picture.note
    assert len(picture.table.rows) == 5
    assert len(picture.draw(False)["data"]["values"]) == 3
    monkeypatch.setattr(pictures, "MOST_ROWS", 4)
    picture = draw_delays(results)
    assert "delays, and the table shows 4. The CSV file has all 5." in picture.note
    assert [row.name for row in picture.table.rows] == ["Series 4", "Series 3", "Series 2", "Series 1"]
    assert len(picture.list_lines()) == 20
    unknown = [replace(one, delay=None) if one.series else one for one in results]
    assert "the table shows 4. The CSV file has all 5." in draw_delays(unknown).note

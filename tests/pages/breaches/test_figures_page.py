"""The page of figures: for whom, of whom, in words that hold, with a table next to each chart."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches import corrective_actions, decisions, drafting
from breaches.corrective_actions import Plan
from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus, ReportTerm
from releases.detection.finding import AddressRole
from releases.models import Release, Verification
from releases.models.verification import write_address_result
from releases.rules.lifecycle import Role
from releases.rules.parts import Part
from releases.scheduling import PlannedAddress, add_address
from releases.verdict.release import AddressResult
from tests.support.checks import ABSENT, LIVE, judged, make_check
from tests.support.factories import ProducerFactory, ReleaseFactory, SeriesFactory, UserFactory
from tests.support.people import AT, add_role, create_office, create_report, render_text
from tests.support.report_evidence import london
from tests.support.report_forms import words
from tests.support.report_mornings import create_late_release

pytestmark = pytest.mark.django_db

ADDRESS = "/reports/register/figures/"
READERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.PUBLISHING_TEAM, Role.AUDITOR}


def find_table(page, key):
    """The table with a key, as the page shows it."""
    (found,) = [one["table"] for one in page.context["tables"] if one["table"].key == key]
    return found


def table(page, key):
    """The lines of one table of the page, by their name."""
    found = find_table(page, key)
    return {row.name: list(row.cells) for row in found.rows}


@pytest.fixture(autouse=True)
def _in_2020(time_machine):
    time_machine.move_to(london("15:00", "2020-07-03"), tick=False)


def on_time(series, number, **fields):
    """A release that was seen on time on the seed's day."""
    release = ReleaseFactory(confirmed=True, series=series, reference=f"on-time-{number}", **fields)
    return Verification.objects.create(
        release=release, schedule_version=1, due_at=release.due_at, tolerance_seconds=120, outcome="on_time"
    )


def test_the_figures_are_there_for_the_roles_that_read_reports(client, office, subtests):
    for role, person in office.people.items():
        with subtests.test(str(role)):
            client.force_login(person)
            assert client.get(ADDRESS).status_code == (200 if role in READERS else 404)


def test_without_signing_in_or_a_role_there_are_no_figures(client):
    assert client.get(ADDRESS).status_code == 302
    client.force_login(UserFactory(is_superuser=True))
    assert client.get(ADDRESS).status_code == 404


def test_a_breach_and_its_release_are_counted_in_their_quarter(client, office, approved_report):
    series = approved_report.suspicions.get().release.series
    for number in range(3):
        on_time(series, number)
    on_time(series, "rehearsed", rehearsal=True)
    client.force_login(office.head)
    page = client.get(ADDRESS)
    assert table(page, "on-time")["April to June 2020"] == ["4", "3", "1", "0", "75.0%", "[z]"]
    assert table(page, "on-time")["January to March 2020"] == ["0", "0", "0", "0", "[z]", "[z]"]
    assert table(page, "delays")["April to June 2020"] == ["1", "57 minutes", "[z]", "57 minutes", "[z]"]
    assert table(page, "breaches")["April to June 2020"] == ["1", "0", "1", "0", "0"]
    year = table(page, "year")
    assert year["Releases due and checked"] == ["4", "0"]
    assert year["Longest time from breach to approval"] == ["0 days", "[z]"]
    assert year["Reports approved by their author"] == ["0", "0"]
    assert "The figures for 2020 are up to 3 July 2020" in words(page.text)


def test_an_office_of_which_nothing_can_be_counted_yet_is_told_so_in_one_sentence(client):
    client.force_login(create_office().head)
    page = client.get(ADDRESS)
    assert "There are no figures for 2020 or the year before" in words(page.text)
    assert "<table" not in page.text


def test_the_year_before_stands_next_to_the_year(client, time_machine, office, recorded_report):
    client.force_login(office.head)
    page = client.get(ADDRESS, {"year": "2020"})
    assert table(page, "year")["Breaches (to report, or in our breach log only)"] == ["1", "0"]
    time_machine.move_to(london("15:00", "2021-02-01"), tick=False)
    client.force_login(office.head)
    page = client.get(ADDRESS)
    assert table(page, "year")["Breaches (to report, or in our breach log only)"] == ["0", "1"]
    assert table(page, "breaches")["April to June 2021"] == ["0", "0", "0", "1", "0"]
    assert table(page, "on-time")["April to June 2021"][-1] == "0.0%"
    assert "are up to" in words(page.text)
    assert "are up to" not in words(client.get(ADDRESS, {"year": "2020"}).text)


def test_a_dismissed_false_alarm_leaves_the_count_and_stands_with_its_reason(client, office, dismissed_report):
    client.force_login(office.head)
    page = client.get(ADDRESS)
    assert table(page, "breaches")["April to June 2020"] == ["0", "0", "0", "0", "0"]
    reasons = table(page, "reasons")
    assert reasons["Dismissed: The automatic check was wrong"] == ["0", "1", "0", "0", "1", "0"]
    found = find_table(page, "reasons")
    (row,) = [one for one in found.rows if one.name == "Dismissed: The automatic check was wrong"]
    listed = client.get(row.address)
    assert [one.reason for one in listed.context["rows"]] == ["The automatic check was wrong"]


def test_a_quarter_leads_to_its_reports(client, office, approved_report):
    client.force_login(office.head)
    found = find_table(client.get(ADDRESS), "breaches")
    listed = {row.name: client.get(row.address).context["rows"] for row in found.rows}
    assert [row.reference for row in listed.pop("April to June 2020")] == [approved_report.reference]
    assert not any(listed.values())


def test_an_approval_by_the_author_is_counted(client, office, draft_report):
    add_role(office.statistician, office.producer, Role.DEPUTY)
    decisions.approve_report(draft_report, by=office.statistician, at=AT + timedelta(days=3), render=render_text)
    client.force_login(office.head)
    year = table(client.get(ADDRESS), "year")
    assert year["Reports approved by their author"] == ["1", "0"]
    assert year["Median time from breach to approval"] == ["3 days", "[z]"]
    handling = table(client.get(ADDRESS), "handling")["April to June 2020"]
    assert handling == ["3 days", "3 days", "[z]", "[z]", "1", "0", "0", "0"]


PLAN = Plan("A second person looks at 9:30am.", ReportTerm.LONG, "The publishing team", due=date(2020, 7, 2))


def test_actions_of_a_breach_count_until_they_are_done_and_lead_to_their_report(client, office, approved_report):
    create_report(office, reference="a-draft")
    create_report(office, ReportStatus.DISMISSED, reference="dismissed")
    rehearsed = create_report(office, ReportStatus.APPROVED, reference="rehearsed", rehearsal=True)
    overdue, not_yet, done = [
        corrective_actions.add_action(
            approved_report, replace(PLAN, text=f"Action {number}", due=due), by=office.head, at=AT
        )
        for number, due in enumerate([PLAN.due, date(2020, 7, 3), None])
    ]
    for other in Report.objects.exclude(pk=approved_report.pk):
        corrective_actions.add_action(other, PLAN, by=office.head, at=AT)
    corrective_actions.finish_action(done, done=True, by=office.head, at=AT)
    client.force_login(office.head)
    page = client.get(ADDRESS)
    assert rehearsed.actions.open().exists()
    assert table(page, "actions")["April to June 2020"] == ["2", "1", "0", "0"]
    assert table(page, "year")["Overdue corrective actions"] == ["1", "0"]
    assert [cells[-2:] for cells in table(page, "compared-reports").values() if cells[0] == "1"] == [["2", "1"]]
    found = find_table(page, "actions")
    listed = client.get(next(row.address for row in found.rows if row.name == "April to June 2020"))
    assert {row.reference for row in listed.context["rows"]} == {
        approved_report.reference,
        "breach-a-draft",
        "breach-dismissed",
    }
    for action in (overdue, not_yet):
        corrective_actions.finish_action(action, done=True, by=office.head, at=AT)
    assert table(client.get(ADDRESS), "actions")["April to June 2020"] == ["0", "0", "0", "0"]


def test_a_cause_that_came_again_is_named_with_whose_it_was_and_how_often(client):
    office, other = create_office(), create_office()
    report = create_report(office, ReportStatus.APPROVED)
    series = report.suspicions.get().release.series
    client.force_login(office.head)
    assert "There are no repeat causes." in client.get(ADDRESS).text
    create_report(office, ReportStatus.RECORDED, reference="again", series=series)
    create_report(office, ReportStatus.RECORDED, reference="elsewhere")
    create_report(office, reference="a-draft", series=series)
    add_role(office.head, other.producer, Role.AUDITOR)
    create_report(other, ReportStatus.APPROVED, reference="theirs")
    fault = "Scheduler fault"
    page = client.get(ADDRESS)
    assert table(page, "repeats") == {f"{office.producer.name}: {fault}": ["0", "3", "0", "0", "3", "0"]}
    assert table(page, "year")["Breaches with a repeat cause"] == ["3", "0"]
    of_each = {name: cells[-1] for name, cells in table(page, "compared-handling").items()}
    assert of_each == {office.producer.name: "1", other.producer.name: "0"}
    of_one = client.get(ADDRESS, {"producer": office.producer.slug})
    assert table(of_one, "repeats") == {
        f"All series: {fault}": ["0", "3", "0", "0", "3", "0"],
        f"{series.title}: {fault}": ["0", "2", "0", "0", "2", "0"],
    }
    of_series = client.get(ADDRESS, {"producer": office.producer.slug, "series": series.slug})
    assert table(of_series, "repeats") == {fault: ["0", "2", "0", "0", "2", "0"]}
    found = find_table(of_series, "repeats")
    listed = client.get(found.rows[0].address).context["rows"]
    assert {row.reference for row in listed} >= {report.reference, "breach-again"}


def test_one_producer_is_shown_by_series_and_several_by_producer(client):
    office, other, strange = create_office(), ProducerFactory(), create_office()
    report = create_report(office, ReportStatus.APPROVED)
    create_report(strange, ReportStatus.APPROVED, reference="strange")
    series = report.suspicions.get().release.series
    quiet = SeriesFactory(producer=office.producer, title="Quiet")
    client.force_login(office.head)
    assert table(client.get(ADDRESS), "compared") == {
        series.title: ["1", "0.0%", "[z]", "57 minutes", "[z]", "57 minutes"],
        "Quiet": ["0", "[z]", "[z]", "[z]", "[z]", "[z]"],
    }
    assert table(client.get(ADDRESS), "compared-reports") == {
        series.title: ["1", "0", "0", "0", "0", "0", "0"],
        "Quiet": ["0", "0", "0", "0", "0", "0", "0"],
    }
    assert table(client.get(ADDRESS), "compared-handling") == {
        series.title: ["0 days", "0 days", "[z]", "[z]", "0", "0", "0"],
        "Quiet": ["[z]", "[z]", "[z]", "[z]", "0", "0", "0"],
    }
    assert "compared" not in {one["table"].key for one in client.get(ADDRESS, {"series": quiet.slug}).context["tables"]}
    add_role(office.head, other, Role.AUDITOR)
    page = client.get(ADDRESS)
    assert set(table(page, "compared")) == {office.producer.name, other.name}
    assert strange.producer.name not in page.text
    chosen = client.get(ADDRESS, {"producer": other.slug})
    assert "There are no figures for 2020" in words(chosen.text)


@pytest.mark.parametrize(
    "asked",
    [{"producer": "nobody"}, {"year": "1066"}, {"year": "soon"}],
    ids=["a strange producer", "long ago", "no year"],
)
def test_what_cannot_be_asked_is_said_and_shows_no_figure(client, asked):
    client.force_login(create_office().head)
    page = client.get(ADDRESS, asked)
    assert page.context["tables"] == []
    assert "Select a valid choice" in page.text


def test_each_picture_has_a_text_alternative_files_and_its_table(client, office, approved_report):
    client.force_login(office.head)
    page = client.get(ADDRESS).text
    pictures = re.findall(r"<picture>.*?</picture>", page, flags=re.DOTALL)
    assert len(pictures) == 3  # no corrective action is open
    for picture in pictures:
        alternative = re.search(r'alt="(.*?)"', picture, re.DOTALL)[1]
        assert "April to June" in alternative
        section = page[page.index(picture) : page.index(picture) + 20_000]
        assert section.index("<table") < section.index("office-figures-section")
        for source in re.findall(r'(?:src|srcset)="(.*?)"', picture):
            drawn = client.get(source.replace("&amp;", "&"))
            assert drawn.headers["Content-Type"] == "image/svg+xml"
            assert b"<title>" in drawn.content
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_the_number_of_queries_does_not_grow(client, django_assert_num_queries, office):
    series = SeriesFactory(producer=office.producer)
    client.force_login(office.head)
    create_late_release(series=series, reference="release-0")
    drafting.draft_missing(now=AT)
    with CaptureQueriesContext(connection) as few:
        client.get(ADDRESS)
    for number in range(1, 5):
        create_late_release(series=SeriesFactory(producer=office.producer), reference=f"release-{number}")
    drafting.draft_missing(now=AT)
    with django_assert_num_queries(len(few)):
        page = client.get(ADDRESS)
    assert table(page, "year")["Late"] == ["5", "0"]
    assert Release.objects.count() == 5


def with_parts(series, number, *, welsh_delay):
    """A release with an English page on time and a Welsh page, as a verdict stores them."""
    release = on_time(series, f"parts-{number}").release
    english = release.addresses.get()
    english.part = "english_page"
    english.save()
    welsh = add_address(
        release,
        PlannedAddress(f"{english.url}/cy", marker="Mawrth", part="welsh_page", may_follow_minutes=15),
        at=release.recorded_at,
    )
    results = [
        AddressResult(
            address=one.pk,
            url=one.url,
            role=AddressRole.PAGE,
            required=True,
            verdict=verdict,
            longest_gap=timedelta(seconds=10),
            part=Part(one.part),
            may_follow=one.may_follow,
        )
        for one, verdict in ((english, found_at(-5, 0)), (welsh, found_at(*welsh_delay)))
    ]
    Verification.objects.filter(release=release).update(addresses=[write_address_result(one) for one in results])
    return release


def found_at(since, until):
    return judged(make_check(ABSENT, since), make_check(LIVE, until), limit=1020)


def test_the_parts_that_lag_most_are_listed_first_with_times_between_two_checks(client, office):
    series = SeriesFactory(producer=office.producer)
    for number, delay in enumerate([(230, 240), (110, 120), (1020, 1030)]):
        with_parts(series, number, welsh_delay=delay)
    foreign = SeriesFactory()
    with_parts(foreign, "foreign", welsh_delay=(600, 610))
    client.force_login(office.head)
    page = client.get(ADDRESS)
    assert [(one.part, one.releases, one.late, one.not_known) for one in page.context["part_figures"]] == [
        ("welsh_page", 3, 1, 0),
        ("english_page", 3, 0, 0),
    ]
    text = words(page.text)
    median, longest = (
        "Between 3 minutes 50 seconds and 4 minutes 5 seconds",
        "Between 17 minutes and 17 minutes 15 seconds",
    )
    assert f"Welsh page 3 {median} {longest} 1 0 English page 3 0 seconds 0 seconds 0 0" in text


def test_figures_of_releases_without_named_parts_say_so(client, office):
    on_time(SeriesFactory(producer=office.producer), 1)
    client.force_login(office.head)
    page = client.get(ADDRESS)
    assert page.context["part_figures"] == []
    assert "No release in 2020 has named parts, such as an English and a Welsh page." in words(page.text)

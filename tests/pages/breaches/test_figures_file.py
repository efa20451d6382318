"""The figures as a file: the numbers of the page by producer or series and by period, and no one's name."""

import pytest

from breaches import statistics_tables
from breaches.rules.lifecycle import Decision, ReportStatus
from breaches.rules.statistics import Case, History, Quarter, Verdicts
from releases.rules import tables
from releases.rules.lifecycle import Role
from releases.rules.tables import TableKind
from releases.verdict.address import Outcome
from tests.support.factories import ProducerFactory, SeriesFactory, UserFactory
from tests.support.people import add_role, create_office, create_report
from tests.support.report_evidence import london

pytestmark = pytest.mark.django_db

READERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.PUBLISHING_TEAM, Role.AUDITOR}


@pytest.fixture(autouse=True)
def _in_2020(time_machine):
    time_machine.move_to(london("15:00", "2020-07-03"), tick=False)


def address(kind=TableKind.CSV):
    return f"/reports/register/figures/export/{kind}/"


def lines(content):
    """The lines of a file by producer, series and first and last day."""
    (_, header), *rows = tables.read_table(content, name="figures")
    names = [cell.text for cell in header]
    found = [dict(zip(names, [cell.text for cell in row], strict=False)) for _, row in rows]
    return {tuple(line[name] for name in statistics_tables.WHOSE): line for line in found}


def filled(line):
    """What a line says that is neither nought nor empty, without whose it is."""
    return {
        name: value for name, value in line.items() if name not in statistics_tables.WHOSE and value not in {"", "0"}
    }


def test_every_kind_of_file_holds_a_line_for_each_series_and_period(client, subtests, office, approved_report):
    series = approved_report.suspicions.get().release.series
    create_report(office, ReportStatus.RECORDED, reference="again", series=series)
    quiet = SeriesFactory(producer=office.producer, title="Quiet")
    client.force_login(office.head)
    for kind in TableKind:
        with subtests.test(str(kind)):
            check_lines(lines(client.get(address(kind)).content), office.producer.name, series, quiet)


def check_lines(found, name, series, quiet):
    assert len(found) == 3 * 2 * 5
    spring = filled(found[name, series.title, "2020-04-01", "2020-06-30"])
    assert spring == {
        "due_and_verified": "2",
        "late": "2",
        "delays": "2",
        "delay_median_seconds": "3420",
        "delay_95th_percentile_seconds": "3420",
        "delay_worst_seconds": "3420",
        "breaches": "2",
        "reported": "1",
        "recorded": "1",
        "recorded_no_effect": "1",
        "approvals": "1",
        "cause_scheduler_fault": "2",
        statistics_tables.AGAIN: "2",
    }
    assert found[name, series.title, "2020-04-01", "2020-06-30"]["days_to_approval_median"] == "0"
    assert found[name, series.title, "2020-04-01", "2020-06-30"]["share_on_time"] == "0"
    assert filled(found[name, "", "2020-01-01", "2020-12-31"]) == spring
    assert filled(found[name, quiet.title, "2020-01-01", "2020-12-31"]) == {}
    assert filled(found[name, "", "2019-01-01", "2019-12-31"]) == {}


@pytest.mark.parametrize("kind", list(TableKind))
def test_a_median_between_two_days_and_a_share_are_numbers_with_a_point(kind):
    spring = {"producer": 1, "quarter": Quarter(2020, 2)}
    history = History(
        verdicts=[Verdicts(**spring, outcome=Outcome.ON_TIME, number=2), Verdicts(**spring, outcome=Outcome.LATE)],
        cases=[Case(**spring, decision=Decision.REPORTED, days_to_approval=days) for days in (1, 2)],
    )
    written = statistics_tables.write_figures([("Office", "", history)], kind, year=2020, title="Figures")
    year = lines(written)["Office", "", "2020-01-01", "2020-12-31"]
    assert (year["days_to_approval_median"], year["share_on_time"]) == ("1.5", "0.6667")


def test_it_holds_what_is_asked_for_and_nothing_of_others(client):
    office, other, strange = create_office(), ProducerFactory(), create_office()
    create_report(office)
    create_report(strange, reference="strange")
    add_role(office.head, other, Role.AUDITOR)
    client.force_login(office.head)
    assert {key[:2] for key in lines(client.get(address()).content)} == {(office.producer.name, ""), (other.name, "")}
    answer = client.get(address(), {"producer": other.slug, "year": "2019"})
    assert {key[0] for key in lines(answer.content)} == {other.name}
    assert {key[2][:4] for key in lines(answer.content)} == {"2019", "2018"}
    assert answer["Content-Disposition"] == 'attachment; filename="breach-figures-2020-07-03.csv"'
    assert answer["Cache-Control"] == "private, no-store"


def test_what_cannot_be_asked_leads_back_to_the_page_that_says_so(client):
    client.force_login(create_office().head)
    answer = client.get(address(), {"year": "soon"}, follow=True)
    assert "Select a valid choice" in answer.text


def test_it_is_there_for_the_person_who_reads_the_page(client, subtests):
    for role, person in create_office().people.items():
        client.force_login(person)
        with subtests.test(str(role)):
            assert client.get(address()).status_code == (200 if role in READERS else 404)
            assert client.get(address("exe")).status_code == 404


def test_a_stranger_gets_nothing(client):
    assert client.get(address()).status_code == 302
    client.force_login(UserFactory(is_superuser=True))
    assert client.get(address()).status_code == 404


def test_the_page_leads_to_each_file_of_what_it_shows(client, office, approved_report):
    client.force_login(office.head)
    page = client.get("/reports/register/figures/", {"year": "2020"}).text
    for kind in TableKind:
        assert f'href="{address(kind)}?year=2020"' in page

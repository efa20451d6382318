"""The register lists every real report that a person may read, by what they ask for, and nothing else."""

import itertools
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from breaches import corrective_actions, drafting, permissions, register
from breaches.corrective_actions import Plan
from breaches.drafting import draft_missing
from breaches.models import CorrectiveAction, PracticeCitation, Report
from breaches.register import RegisterFilter
from breaches.rules.lifecycle import MERGED_OR_SPLIT, Decision, ReportStatus, ReportTerm
from breaches.text import CAUSES, KINDS, STATUSES
from breaches.views import register as views
from releases import forms
from releases.rules.lifecycle import Role
from tests.support.factories import ProducerFactory, ReleaseFactory, SeriesFactory, UserFactory, create_member
from tests.support.people import AT, add_role, create_joint_report_with_actions, create_office, create_report
from tests.support.report_evidence import london
from tests.support.report_forms import words
from tests.support.report_mornings import (
    EARLY_MORNING,
    LATE_PART,
    create_draft_about_a_part,
    create_late_release,
    record_checks,
    record_coverage,
)
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

# The names of restricted reports end in signs that no one can guess.
PRA, EARLY = "breach-pra-listed", "breach-early"
STANDING = [status for status in ReportStatus if status not in MERGED_OR_SPLIT]

ADDRESS = "/reports/register/"
READERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.PUBLISHING_TEAM, Role.AUDITOR}


def references(person, **wanted):
    """What the register holds for a person, in its order."""
    return [named(report.reference) for report in register.select_reports(RegisterFilter(**wanted), by=person)]


def named(reference):
    """The name of a report, without the random end of a confidential one."""
    return next((name for name in (PRA, EARLY) if reference.startswith(name)), reference)


def test_the_register_is_there_for_the_roles_that_read_reports(client, subtests, office, draft_report):
    for role, person in office.people.items():
        client.force_login(person)
        with subtests.test(str(role)):
            response = client.get(ADDRESS)
            assert references(person) == ([draft_report.reference] if role in READERS else [])
            assert response.status_code == (200 if role in READERS else 404)
            assert (draft_report.reference in response.text) is (role in READERS)


def test_without_signing_in_or_a_role_there_is_no_register(client, draft_report):
    assert client.get(ADDRESS).status_code == 302
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    assert client.get(ADDRESS).status_code == 404


def test_reports_of_another_producer_are_not_in_it_even_if_asked_for(client):
    office, other = create_office(), create_office()
    create_report(office)
    theirs = create_report(other, reference="not-mine")
    assert theirs.reference not in references(office.head, producer=other.producer)
    client.force_login(office.head)
    page = client.get(ADDRESS, {"producer": other.producer.slug})
    assert theirs.reference not in page.text
    assert other.producer.name not in page.text


def test_what_permissions_keep_from_a_person_is_not_in_their_register(monkeypatch, office, draft_report):
    listed = permissions.listed_reports_with

    def list_less(*asked, **more):
        return listed(*asked, **more).exclude(kind="late")

    monkeypatch.setattr(register, "listed_reports_with", list_less)
    assert references(office.statistician) == []


def test_the_filter_offers_only_practices_that_a_report_in_the_persons_register_cites(client, office, draft_report):
    reports = {
        "T3.1": draft_report,
        "T3.2": create_report(create_office(), reference="of-another-producer"),
        "T3.3": create_report(office, rehearsal=True, reference="rehearsal"),
        "T3.4": create_report(office, ReportStatus.JOINED, reference="joined"),
    }
    PracticeCitation.objects.all().delete()
    for code, report in reports.items():
        PracticeCitation.objects.create(report=report, edition="2.0", code=code)
    assert register.list_cited_practices(by=office.head) == [("2.0", "T3.1")]
    client.force_login(office.head)
    page = client.get(ADDRESS).text
    assert "T3.1 (edition 2.0)" in page
    assert not any(f"{code} (edition 2.0)" in page for code in reports if code != "T3.1")


def test_rehearsals_are_in_no_register(client, office):
    report = create_report(office, rehearsal=True)
    assert references(office.head) == []
    client.force_login(office.head)
    assert report.reference not in client.get(ADDRESS).text


def test_a_report_about_a_late_part_says_how_long_after_the_first_part_it_was(client, office, draft_report):
    report = create_draft_about_a_part(office.producer)
    client.force_login(office.head)
    page = client.get(ADDRESS)
    spread = {row.reference: row.parts for row in page.context["rows"]}
    assert spread == {report.reference: (LATE_PART,), draft_report.reference: ()}
    assert f"Report {report.number} {LATE_PART}" in words(page.text)


@shared_fixture
def full_office():
    """An office with reports that differ in everything that can be asked for."""
    office = create_office()
    prices, schools = (SeriesFactory(producer=office.producer, slug=slug) for slug in ("prices", "schools"))
    for status in STANDING:
        create_report(office, status, reference=f"is-{status}")
    early = ReleaseFactory(confirmed=True, series=prices, reference="early", title="Consumer prices")
    record_coverage(early)
    record_checks(early, *EARLY_MORNING)
    draft_missing(now=london("10:28"))
    listed = create_late_release(series=schools, reference="listed")
    drafting.start_about_list(listed, occurred_on=date(2020, 6, 26), by=office.head, at=AT)
    draft_missing(now=AT)
    for reference, done in (("breach-is-sent", False), ("breach-is-closed", True)):
        plan = Plan("A second person looks.", ReportTerm.LONG, "The publishing team")
        action = corrective_actions.add_action(Report.objects.get(reference=reference), plan, by=office.head, at=AT)
        if done:
            corrective_actions.finish_action(action, done=True, by=office.head, at=AT)
    Report.objects.filter(reference="breach-is-returned").update(occurred_on=None)
    return office


# What each column shows of a row; None where that is nothing to sort by.
SHOWN = {
    "occurred": lambda row, report: report.occurred_on,
    "output": lambda row, report: row.title.partition("; ")[0].lower(),
    "kind": lambda row, report: str(KINDS[report.kind]),
    "practice": lambda row, report: min(row.practices, default=None),
    "cause": lambda row, report: row.cause if report.cause else None,
    "status": lambda row, report: str(STATUSES[report.status][0]),
    "days": lambda row, report: int(row.days.replace(",", "")) if row.days[0].isdigit() else None,
}


@pytest.mark.both_databases
def test_a_heading_sorts_the_register_by_what_its_column_shows_with_empty_rows_last(client, full_office, subtests):
    client.force_login(full_office.head)
    for column, sort in itertools.product(SHOWN, ("", "-")):
        with subtests.test(f"{sort}{column}"):
            rows = client.get(ADDRESS, {"sort": f"{sort}{column}"}).context["rows"]
            values = [SHOWN[column](row, Report.objects.get(reference=row.reference)) for row in rows]
            known = [value for value in values if value is not None]
            assert len(set(values)) > 1
            assert values == [*sorted(known, reverse=sort == "-"), *[None] * (len(values) - len(known))]


FITTING = (
    ({"kind": "early"}, {EARLY}),
    ({"cause": "scheduler_fault"}, {f"breach-is-{status}" for status in STANDING}),
    ({"cause": "outage"}, set()),
    ({"kind": "pra"}, {PRA}),
    ({"state": "with_hop"}, {"breach-is-with_hop"}),
    ({"decision": Decision.REPORTED}, {"breach-is-approved", "breach-is-sent", "breach-is-closed"}),
    ({"decision": Decision.RECORDED}, {"breach-is-recorded"}),
    ({"decision": "recorded.no_effect"}, {"breach-is-recorded"}),
    ({"decision": "recorded.other"}, set()),
    ({"decision": "dismissed.check_error"}, {"breach-is-dismissed"}),
    ({"decision": "dismissed.exemption"}, set()),
    ({"decision": Decision.WITHDRAWN}, {"breach-is-withdrawn"}),
    ({"practice": "2.0 T3.4"}, {PRA, EARLY}),
    ({"practice": "2.1 T3.6"}, set()),
    ({"last": date(2020, 6, 29)}, {PRA}),
    ({"first": date(2020, 6, 26), "last": date(2020, 6, 26)}, {PRA}),
    ({"first": date(2020, 7, 1)}, set()),
    ({"actions": "open"}, {"breach-is-sent"}),
    ({"kind": "late", "decision": Decision.DISMISSED}, {"breach-is-dismissed"}),
)


@pytest.mark.both_databases
def test_a_filter_leaves_what_fits_by_function_and_by_page(client, full_office, subtests):
    with subtests.test("the latest occurrence comes first, and what has no day last"):
        found = references(full_office.head)
        assert found[-2:] == [PRA, "breach-is-returned"]
        assert len(found) == len(STANDING) + 3
    client.force_login(full_office.head)
    by_page = set()
    for wanted, found in FITTING:
        with subtests.test(str(wanted)):
            assert set(references(full_office.head, **wanted)) == found
            # The page reads a field in the same way for every choice. It reads a decision with its reason.
            fields = frozenset((name, "." in str(value)) for name, value in wanted.items())
            if fields in by_page:
                continue
            by_page.add(fields)
            page = client.get(ADDRESS, {name: str(value) for name, value in wanted.items()})
            assert {named(row.reference) for row in page.context["rows"]} == found

    with subtests.test("a series finds what is suspected and what was started of its releases"):
        schools = full_office.producer.series.get(slug="schools")
        assert set(references(full_office.head, series=schools)) == {PRA, "breach-listed"}
        page = client.get(ADDRESS, {"series": "schools"})
        assert {named(row.reference) for row in page.context["rows"]} == {PRA, "breach-listed"}


@pytest.mark.both_databases
@pytest.mark.parametrize("times", [1, 2])
def test_open_actions_of_combined_drafts_are_found_by_the_joint_report(client, office, times):
    create_report(office, reference="without-actions")
    joint = create_joint_report_with_actions(office, times=times)
    assert references(office.head, actions="open") == [joint.reference]
    client.force_login(office.head)
    page = client.get(ADDRESS, {"actions": "open"})
    assert [row.reference for row in page.context["rows"]] == [joint.reference]
    CorrectiveAction.objects.update(done_at=AT, done_by=office.head)
    assert references(office.head, actions="open") == []


def test_with_several_producers_series_are_offered_once_one_is_chosen(client, office, draft_report):
    other = ProducerFactory()
    SeriesFactory(producer=other, title="Of the other")
    add_role(office.head, other, Role.AUDITOR)
    client.force_login(office.head)
    assert "Of the other" not in client.get(ADDRESS).text
    page = client.get(ADDRESS, {"producer": other.slug})
    assert "Of the other" in page.text
    assert "There are no reports yet" not in page.text
    assert "No reports match your filters." in page.text


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"first": "soon", "kind": "late"}, "Breaches from must include a month and year"),
        ({"last-day": "31", "last-month": "6", "last-year": "2020"}, "Breaches to must be a real date"),
        ({"first": "2020-06-30", "last": "2020-06-01"}, "The last day must be the same as or after the first day"),
        ({"practice": "9.9 T1"}, "Select a valid choice"),
    ],
    ids=["no date", "no such day", "backwards", "unknown practice"],
)
def test_a_filter_that_cannot_be_is_said_and_lists_nothing(client, asked, sentence, office, draft_report):
    client.force_login(office.head)
    page = client.get(ADDRESS, asked)
    assert sentence in page.text
    assert page.context["rows"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"first-day": "30", "first-month": "6", "first-year": "2020"},
        {"first": "2020-06-30"},
        {"first": "30/06/2020"},
        {"first": "30 June 2020"},
    ],
    ids=["boxes", "bookmark", "slashes", "words"],
)
def test_a_date_is_typed_in_three_boxes_and_links_with_one_text_still_work(client, asked, office, draft_report):
    client.force_login(office.head)
    page = client.get(ADDRESS, asked)
    assert len(page.context["rows"]) == 1
    assert page.context["form"].cleaned_data["first"] == date(2020, 6, 30)
    tree = LexborHTMLParser(page.text)
    boxes = [tree.css_first(f'input[name="first-{part}"]').attributes["value"] for part in ("day", "month", "year")]
    assert (boxes[0], boxes[2]) == ("30", "2020")
    assert "Clear filters" in page.text
    assert client.get(ADDRESS, {"first": "2020-07-01"}).context["rows"] == []


def test_a_row_says_when_what_and_where_it_stands(client, office, dismissed_report):
    client.force_login(office.people[Role.AUDITOR])
    page = words(client.get(ADDRESS).text)
    for part in (
        "30 June 2020",
        "Late",
        "T3.6",
        "Dismissed",
        "The automatic check was wrong",
        dismissed_report.number,
    ):
        assert part in page


def test_an_empty_register_says_so(client):
    client.force_login(create_member(Role.AUDITOR, ProducerFactory()))
    assert "There are no reports yet" in words(client.get(ADDRESS).text)


def test_each_producer_is_read_once_for_the_list_and_what_is_offered(client, office, draft_report):
    add_role(office.head, ProducerFactory(), Role.AUDITOR)
    client.force_login(office.head)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(ADDRESS, {"producer": office.producer.slug})
    of_all = [one["sql"] for one in asked if one["sql"].startswith('SELECT "releases_producer"')]
    assert len([sql for sql in of_all if '."nation"' in sql and "ORDER BY" in sql]) == 1
    assert page.context["page"].paginator.count == 1


@pytest.mark.both_databases
def test_a_long_register_is_paged_with_as_many_queries_as_a_short_one(client, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(views, "REPORTS_ON_A_PAGE", 3)
    office = create_office()
    series = SeriesFactory(producer=office.producer)
    client.force_login(office.head)
    create_late_release(series=series, reference="release-00")
    draft_missing(now=london("10:27:02"))
    with CaptureQueriesContext(connection) as few:
        client.get(ADDRESS)
    for number in range(1, 4):
        create_late_release(series=series, reference=f"release-{number:02}")
    draft_missing(now=london("10:27:02") + timedelta(seconds=1))
    with django_assert_num_queries(len(few)):
        first = client.get(ADDRESS)
    assert len(first.context["rows"]) == 3
    assert len(client.get(ADDRESS, {"page": 2}).context["rows"]) == 1


def test_an_invalid_filter_shows_no_result_that_could_be_mistaken_for_one(client, office, draft_report):
    client.force_login(office.head)
    for asked in ({"producer": office.producer.slug, "first": "yesterday"}, {"producer": "unknown"}):
        response = client.get(ADDRESS, asked)
        page = words(response.text)
        assert "Correct the filters to see reports." in page, asked
        assert "0 reports" not in page
        assert "No reports match your filters." not in page
        assert "The last 12 months" not in page
        assert response.context["pictures"] == []
    assert "The last 12 months" in words(client.get(ADDRESS, {"producer": office.producer.slug}).text)


def rendered_parts(page):
    return {template.name for template in page.templates} & {
        "breaches/register_row.html",
        "components/filter.html",
    }


def test_equal_rows_and_filters_are_rendered_once_and_each_change_is_shown_at_once(client, office, draft_report):
    views._render_row.cache_clear()
    forms._render_form.cache_clear()
    client.force_login(office.head)
    first, second = client.get(ADDRESS), client.get(ADDRESS)
    assert len(rendered_parts(first)) == 2
    assert rendered_parts(second) == set()
    assert second.text.count(draft_report.reference) == first.text.count(draft_report.reference)
    typed = {"first-day": "1", "first-month": "6", "first-year": "1987"}
    assert 'value="1987"' in client.get(ADDRESS, typed).text
    assert "Select a valid choice" in client.get(ADDRESS, {"kind": "unknown"}).text
    assert 'value="1987"' not in client.get(ADDRESS).text

    other = ProducerFactory(name="Office for Other Numbers")
    add_role(office.head, other, Role.AUDITOR)
    page = client.get(ADDRESS).text
    assert "Office for Other Numbers" in page
    assert str(office.producer) in " ".join(page.partition("<tbody")[2].split())
    PracticeCitation.objects.create(report=draft_report, edition="9.9", code="T9.9")
    assert "T9.9 (edition 9.9)" in client.get(ADDRESS).text
    Report.objects.update(status=ReportStatus.WITH_HOP, cause="outage", occurred_on=None)
    row = client.get(ADDRESS).text.partition("<tbody")[2]
    assert str(STATUSES[ReportStatus.WITH_HOP][0]) in row
    assert str(CAUSES["outage"]) in row


def test_the_link_to_the_file_is_there_for_the_roles_that_may_download(client, office, draft_report):
    for role in READERS:
        client.force_login(office.people[role])
        assert ("/reports/register/export/" in client.get(ADDRESS).text) is (role is not Role.PUBLISHING_TEAM)

"""The register as a file: its content, safe to open, without people unless a lead asks, and always on record."""

import json
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from itertools import permutations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches import corrective_actions, editing, merging, register, text
from breaches.corrective_actions import Plan
from breaches.models import RegisterEvent, Report, Suspicion
from breaches.register import CannotBeExported, RegisterFilter
from breaches.rules.content import ContactPerson, Output, ReportSection
from breaches.rules.lifecycle import ReportStatus, ReportTerm
from breaches.versions import content_of
from releases import cover
from releases.cover import CoverPerson
from releases.models.append_only import AppendOnlyRow, check_chain
from releases.permissions import NotYours
from releases.rules import tables
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from releases.rules.tables import TableKind
from tests.integration.breaches.drafting.test_merge import a_morning
from tests.support.admin_site import page, staff
from tests.support.factories import UserFactory
from tests.support.people import (
    AT,
    add_role,
    create_joint_report,
    create_joint_report_with_actions,
    create_office,
    create_report,
    reload_reports,
)
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

ADDRESS = "/reports/register/export/"
TAKERS = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.AUDITOR}
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
COLUMNS = [
    "reference",
    "producer",
    "producers_named",
    "outputs",
    "series",
    "kind",
    "cause",
    "state",
    "reason_not_reported",
    "occurred_on",
    "all_days_of_occurrence",
    "practices",
    "delay_at_least_seconds",
    "delay_at_most_seconds",
    "drafted_at",
    "decided_at",
    "first_approved_at",
    "first_sent_on",
    "approved_by_who_wrote_it",
    "actions",
    "actions_not_done",
    "actions_overdue",
    "statement",
    "zone",
    "number",
]
PERSON = ContactPerson("Ada Hill", "ada.hill@example.gov.uk", "020 7946 0001")


def rows(content):
    """The lines of a file as mappings."""
    (_, header), *lines = tables.read_table(content, name="reports")
    names = [cell.text for cell in header]
    return [dict(zip(names, [cell.text for cell in line], strict=False)) for _, line in lines]


def a_report_with_people(office, status=ReportStatus.DRAFT, **fields):
    """A report that names a person as dealing with it, and a title that a spreadsheet could take for a formula."""
    report = create_report(office, **fields)
    content = content_of(report)
    kept = {field: getattr(content, field) for field in editing.FIELDS[ReportSection.CORE_INFORMATION]}
    output = Output('=HYPERLINK("https://evil.example.com")', "https://www.example.gov.uk/statistics/x")
    return editing.save_section(
        report,
        section=ReportSection.CORE_INFORMATION,
        values=kept | {"dealing": PERSON, "outputs": (output,)},
        expected_version=report.version,
        by=office.statistician,
        at=AT,
    ).report


@shared_fixture
def report_with_people(office):
    return a_report_with_people(office)


@pytest.mark.parametrize("kind", list(TableKind))
def test_every_kind_of_file_says_what_when_and_how_it_was_decided(kind, office, sent_report):
    (row,) = rows(register.export_register(RegisterFilter(), kind, by=office.people[Role.AUDITOR], at=AT))
    assert (row["reference"], row["kind"], row["state"]) == (sent_report.reference, "Late", "Sent")
    assert (row["occurred_on"], row["practices"]) == ("2020-06-30", "T3.6 (edition 2.0)")
    assert (row["delay_at_least_seconds"], row["delay_at_most_seconds"]) == ("3415", "3420")
    assert (row["first_approved_at"], row["first_sent_on"]) == ("2020-06-30 11:02", "2020-06-30")
    assert row["series"] == sent_report.suspicions.get().release.series.title
    assert (list(row), row["zone"], row["number"]) == (COLUMNS, "Europe/London", "BR-2020-001")


def test_a_line_says_the_cause_and_what_is_still_to_be_done(office, approved_report):
    plan = Plan("A second person looks.", ReportTerm.LONG, "The publishing team")
    for due in (date(2020, 6, 30), date(2020, 7, 1), None):
        corrective_actions.add_action(approved_report, replace(plan, due=due), by=office.head, at=AT)
    ended = replace(plan, text="The page was corrected.", due=date(2020, 6, 30))
    done = corrective_actions.add_action(approved_report, ended, by=office.head, at=AT)
    corrective_actions.finish_action(done, done=True, by=office.head, at=AT)
    next_day = AT + timedelta(days=1)
    (row,) = rows(register.export_register(RegisterFilter(), TableKind.CSV, by=office.head, at=next_day))
    assert row["cause"] == "Scheduler fault"
    assert (row["actions"], row["actions_not_done"], row["actions_overdue"]) == ("4", "3", "1")


@pytest.mark.parametrize("times", [1, 2])
def test_the_line_of_a_joint_report_counts_the_actions_of_its_drafts(office, times):
    joint = create_joint_report_with_actions(office, times=times)
    next_day = AT + timedelta(days=1)
    (row,) = rows(register.export_register(RegisterFilter(), TableKind.CSV, by=office.head, at=next_day))
    assert row["reference"] == joint.reference
    assert (row["actions"], row["actions_not_done"], row["actions_overdue"]) == ("2", "1", "1")


def test_a_combined_report_is_found_by_each_of_its_kinds_and_its_line_says_all(office):
    drafts = a_morning(office, 3)
    drafts[0].suspicions.update(kind="partial")
    joint = merging.merge_drafts(reload_reports(drafts[:2]), by=office.statistician, at=AT)
    kinds = ("late", "partial", "early")
    found = [set(register.select_reports(RegisterFilter(kind=kind), by=office.head)) for kind in kinds]
    assert found == [{joint, drafts[2]}, {joint}, set()]
    file = register.export_register(RegisterFilter(kind="late"), TableKind.CSV, by=office.head, at=AT)
    assert {row["reference"]: row["kind"] for row in rows(file)} == {
        joint.reference: "Incomplete; Late",
        drafts[2].reference: "Late",
    }


def test_the_command_lists_all_kinds_of_a_combined_report(office):
    drafts = a_morning(office, 2)
    drafts[0].suspicions.update(kind="partial")
    joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
    written, for_people = StringIO(), StringIO()
    call_command("breach_reports", json=True, stdout=written)
    (entry,) = [one for one in json.loads(written.getvalue()) if one["reference"] == joint.reference]
    assert (entry["kind"], entry["kinds"]) == ("partial", ["partial", "late"])
    call_command("breach_reports", stdout=for_people)
    assert f"{joint.reference}  draft  partial; late, " in for_people.getvalue()


def test_the_own_kind_of_a_report_is_first_and_the_others_have_a_fixed_order(office):
    joint = create_joint_report(office, create_joint_report(office, create_report(office)))
    keys = [one.pk for one in joint.suspicions.order_by("pk")]
    Report.objects.filter(pk=joint.pk).update(kind="partial")
    for kinds in permutations(("early", "late", "partial")):
        for key, kind in zip(keys, kinds, strict=True):
            Suspicion.objects.filter(pk=key).update(kind=kind)
        file = register.export_register(RegisterFilter(kind="late"), TableKind.CSV, by=office.head, at=AT)
        assert [row["kind"] for row in rows(file)] == ["Incomplete; Late; Early"]
        assert text.kind_name(Report.objects.get(pk=joint.pk)) == "Incomplete; late; early"


@pytest.mark.parametrize("kind", list(TableKind))
def test_no_program_takes_what_was_typed_for_a_formula(kind, office, report_with_people):
    content = register.export_register(RegisterFilter(), kind, by=office.head, at=AT)
    (row,) = rows(content)
    assert row["outputs"] == '=HYPERLINK("https://evil.example.com")'
    if kind is TableKind.CSV:
        assert "\"'=HYPERLINK" in content.decode("utf-8-sig")


@pytest.mark.parametrize("role", sorted(LEADS))
def test_people_are_in_the_file_only_if_a_lead_asks(role, office, report_with_people):
    lead = office.people[role]
    without = register.export_register(RegisterFilter(), TableKind.CSV, by=lead, at=AT)
    assert "Ada Hill" not in without.decode()
    assert "@" not in without.decode()
    (row,) = rows(register.export_register(RegisterFilter(), TableKind.CSV, by=lead, at=AT, contacts=True))
    people = [row["dealing_name"], row["dealing_email"], row["dealing_telephone"]]
    assert people == ["Ada Hill", "ada.hill@example.gov.uk", "020 7946 0001"]
    assert row["head_of_profession_email"]
    assert [event.facts["contacts"] for event in RegisterEvent.objects.all()] == [False, True]


@pytest.mark.parametrize("role", sorted(TAKERS - LEADS))
def test_no_one_else_can_ask_for_people(client, role, office, report_with_people):
    with pytest.raises(NotYours):
        register.export_register(RegisterFilter(), TableKind.CSV, by=office.people[role], at=AT, contacts=True)
    assert not RegisterEvent.objects.exists()
    client.force_login(office.people[role])
    assert "telephone" not in client.get(ADDRESS).text
    answer = client.post(ADDRESS, {"kind": "csv", "contacts": "on"})
    assert "Ada Hill" not in answer.content.decode()
    assert RegisterEvent.objects.get().facts["contacts"] is False


def test_a_lead_of_one_producer_gets_no_people_of_another():
    office, other = create_office(), create_office()
    a_report_with_people(office)
    theirs = a_report_with_people(other, reference="theirs")
    add_role(office.head, other.producer, Role.AUDITOR)
    found = rows(register.export_register(RegisterFilter(), TableKind.CSV, by=office.head, at=AT, contacts=True))
    assert {row["reference"]: bool(row["dealing_name"]) for row in found} == {
        "breach-schools-march-2020": True,
        theirs.reference: False,
    }
    held = {event.producer_id: event.facts["contacts"] for event in RegisterEvent.objects.all()}
    assert held == {office.producer.pk: True, other.producer.pk: False}


def test_each_export_is_on_record_with_who_when_what_was_asked_and_what_it_held(
    client, time_machine, office, report_with_people
):
    time_machine.move_to(AT, tick=False)
    client.force_login(office.head)
    answer = client.post(f"{ADDRESS}?kind=late&first=2020-06-01", {"kind": "ods", "contacts": "on"})
    assert answer["Content-Disposition"] == 'attachment; filename="breach-reports-2020-06-30.ods"'
    assert answer["Cache-Control"] == "private, no-store"
    event = RegisterEvent.objects.get()
    assert (event.kind, event.actor, event.at, event.producer) == ("exported", office.head, AT, office.producer)
    assert event.facts == {
        "role": "head_of_profession",
        "asked": {"kind": "late", "first": "2020-06-01"},
        "reports": 1,
        "contacts": True,
        "file": "ods",
        "sha256": sha256_hex(answer.content),
    }
    assert check_chain(RegisterEvent) == (1, None)
    shown = client.get(ADDRESS).text
    assert office.head.name in shown
    assert ", with names of people" in shown


def test_a_person_who_covers_exports_contacts_for_the_head_of_profession_and_the_rest_in_their_own_role(
    office, report_with_people, time_machine
):
    day = AT.date()
    people = [CoverPerson(office.statistician, day, day)]
    cover.name_cover(office.producer, office.head, first=day, last=day, people=people, by=office.head, at=AT)
    time_machine.move_to(AT, tick=False)
    for contacts in (False, True):
        register.export_register(RegisterFilter(), TableKind.CSV, by=office.statistician, at=AT, contacts=contacts)
    stated = [
        {name: event.facts.get(name) for name in ("role", "covers", "contacts")}
        for event in RegisterEvent.objects.order_by("position")
    ]
    assert stated == [
        {"role": "statistician", "covers": None, "contacts": False},
        {"role": "deputy", "covers": office.head.pk, "contacts": True},
    ]


def test_the_record_of_exports_cannot_be_changed(office, draft_report):
    register.export_register(RegisterFilter(), TableKind.CSV, by=office.head, at=AT)
    with pytest.raises(AppendOnlyRow):
        RegisterEvent.objects.update(kind="nothing")
    with pytest.raises(AppendOnlyRow):
        RegisterEvent.objects.get().delete()


def test_a_file_holds_what_the_list_holds_and_nothing_of_others_or_rehearsals(client):
    office, other = create_office(), create_office()
    create_report(office, ReportStatus.DISMISSED)
    create_report(office, reference="open-one")
    create_report(office, reference="rehearsed", rehearsal=True)
    create_report(other, reference="theirs")
    client.force_login(office.head)
    found = rows(client.post(ADDRESS, {"kind": "csv"}).content)
    assert {row["reference"] for row in found} == {"breach-schools-march-2020", "breach-open-one"}
    found = rows(client.post(f"{ADDRESS}?decision=dismissed.check_error", {"kind": "csv"}).content)
    assert [row["reason_not_reported"] for row in found] == ["The automatic check was wrong"]


def test_where_nothing_fits_no_file_is_made_and_nothing_recorded(client, office):
    client.force_login(office.head)
    answer = client.post(f"{ADDRESS}?kind=early", {"kind": "csv"}, follow=True)
    assert answer.redirect_chain == [("/reports/register/?kind=early", 302)]
    assert "There are no reports that you can download with these filters." in answer.text
    assert not RegisterEvent.objects.exists()


def test_a_filter_that_cannot_be_exports_nothing(client, office, draft_report):
    client.force_login(office.head)
    answer = client.post(f"{ADDRESS}?first=soon", {"kind": "csv"}, follow=True)
    assert "Breaches from must include a month and year" in answer.text
    assert not RegisterEvent.objects.exists()


def test_a_file_of_too_many_reports_is_refused(monkeypatch, office, draft_report):
    monkeypatch.setattr(register, "MOST_REPORTS", 0)
    with pytest.raises(
        CannotBeExported, match=r"You selected 1 reports. A file can have up to 0. Select fewer reports."
    ):
        register.export_register(RegisterFilter(), TableKind.CSV, by=office.head, at=AT)


def test_no_kind_of_file_is_said_at_its_field(client, office, draft_report):
    client.force_login(office.head)
    assert "Select a file type" in client.post(ADDRESS, {}).text
    assert client.post(ADDRESS, {"kind": "exe"}).headers.get("Content-Disposition") is None


@pytest.mark.parametrize("role", list(Role))
def test_the_page_is_there_for_those_who_may_take_reports_out_of_the_house(client, role, office, draft_report):
    client.force_login(office.people[role])
    assert client.get(ADDRESS).status_code == (200 if role in TAKERS else 404)
    assert client.post(ADDRESS, {"kind": "csv"}).status_code == (200 if role in TAKERS else 404)
    assert RegisterEvent.objects.exists() is (role in TAKERS)
    if role is Role.PUBLISHING_TEAM:
        assert "Download these" not in client.get("/reports/register/").text


def test_a_stranger_gets_nothing(client, draft_report):
    assert client.post(ADDRESS, {"kind": "csv"}).status_code == 302
    client.force_login(UserFactory(is_superuser=True))
    assert client.post(ADDRESS, {"kind": "csv"}).status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_the_record_is_read_in_the_admin_site_by_those_who_may_take_files_and_written_by_no_one(
    role, office, draft_report
):
    register.export_register(RegisterFilter(), TableKind.CSV, by=office.head, at=AT)
    client = staff(role, office.producer, is_superuser=True)
    if role not in TAKERS:
        assert client.get(page("registerevent")).status_code == 403
        return
    (row,) = client.get(page("registerevent")).context["cl"].result_list
    assert client.get(page("registerevent", "change", row.pk)).status_code == 200
    assert client.post(page("registerevent", "change", row.pk), {"kind": "x"}).status_code == 403
    assert client.post(page("registerevent", "delete", row.pk), {"post": "yes"}).status_code == 403


def test_a_file_takes_as_many_queries_whatever_it_holds(django_assert_num_queries, office, draft_report):
    register.export_register(RegisterFilter(), TableKind.CSV, by=office.head, at=AT)
    with CaptureQueriesContext(connection) as few:
        register.export_register(RegisterFilter(), TableKind.CSV, by=office.head, at=AT)
    for number in range(2):
        create_report(office, ReportStatus.APPROVED, reference=f"more-{number}")
    with django_assert_num_queries(len(few)):
        register.export_register(RegisterFilter(), TableKind.CSV, by=office.head, at=AT)

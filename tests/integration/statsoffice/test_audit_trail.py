"""The page of the audit trail: its readers, its content and its filters."""

import re
from datetime import date, time, timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AnonymousUser, Group
from django.test import Client
from django.urls import reverse

from breaches.redaction import redact_report
from breaches.rules.lifecycle import ReportKind as Breach
from breaches.rules.lifecycle import ReportStatus
from releases import date_changes, scheduling
from releases.models import Contact, Membership
from releases.rules.calendar import Slot
from releases.rules.lifecycle import Role
from statsoffice.audit.events import record_account_event
from statsoffice.audit.models import What
from tests.support.admin_site import page as admin_page
from tests.support.factories import (
    A_LONG_TIME_AGO,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
)
from tests.support.people import AT, create_office, create_report, decide_report, dispatch_report
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db
TRAIL = "/audit/"


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def read(reader, /, **asked):
    answer = signed_in(reader).get(TRAIL, asked)
    assert answer.status_code == 200
    return [(entry.who, entry.kind.value, entry.what) for entry, _ in answer.context["lines"]]


def told(reader, /, **asked):
    return [what for _, _, what in read(reader, **asked)]


@shared_fixture
def office():
    return create_office(name="Office for Rain")


@shared_fixture
def approved_report(office):
    return create_report(office, ReportStatus.APPROVED)


def test_the_desk_leads_auditors_and_leads_to_it_and_for_others_it_does_not_exist(office, subtests):
    for role, person in office.people.items():
        with subtests.test(role):
            may = role in {Role.AUDITOR, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
            assert signed_in(person).get(TRAIL).status_code == (200 if may else 404)
            assert ('href="/audit/"' in signed_in(person).get(reverse("desk")).text) is may


def test_being_a_superuser_is_no_role():
    assert signed_in(UserFactory(is_staff=True, is_superuser=True)).get(TRAIL).status_code == 404


def test_a_stranger_is_asked_to_sign_in():
    answer = Client().get(TRAIL)
    assert answer.headers["Location"] == f"/accounts/login/?next={TRAIL}"


def test_it_is_only_read(office):
    assert signed_in(office.head).post(TRAIL).status_code == 405


def test_a_day_of_an_office_is_told_with_who_and_what(office, approved_report):
    report = approved_report
    signed_in(office.statistician).get(reverse("breaches:approved_pdf", args=[report.reference, report.version]))
    keeper = signed_in(office.people[Role.CALENDAR_MANAGER])
    ReleaseFactory(series=SeriesFactory(producer=office.producer), reference="rain")
    keeper.get(reverse("exchange:export", args=["csv"]))
    signed_in(office.head).post(reverse("breaches:export"), {"file": "csv", "kind": ""})
    found = read(office.people[Role.AUDITOR])
    version = report.version
    document = f"Downloaded the approved document of report {report.number} ({office.producer}), version {version}"
    assert ("Statistician", "download", document) in found
    assert ("Calendar Manager", "export", "Downloaded releases in the calendar (CSV)") in found
    assert ("Calendar Manager", "sign_in", "Signed in") in found
    assert found[0] == ("Auditor", "sign_in", "Signed in")


@pytest.mark.parametrize(
    ("page", "of", "asked", "name"),
    [
        ("exchange:export", ["csv"], "words=…&contacts=yes", "releases in the calendar (CSV) with contacts"),
        (
            "breaches:picture",
            ["causes", "svg"],
            "producer=office-for-rain&year=2026",
            "the chart ‘Causes of breaches’ (SVG)",
        ),
        ("breaches:yearly_file", ["rain", 2026, 3, "ods"], "", "the compliance table for 2026, version 3 (ODS)"),
        ("breaches:attachment", ["BR-2026-C4915", 4], "", "an attachment of a breach report"),
        ("admin:releases_series_export", ["xlsx"], "", "the series (XLSX)"),
        ("admin:index", [], "", "a file"),
    ],
)
def test_a_file_is_called_by_its_name_and_not_by_its_address(office, page, of, asked, name):
    record_account_event(What.FILE_TAKEN, account=office.head, by=office.head, path=reverse(page, args=of), asked=asked)
    assert told(office.people[Role.AUDITOR], kind="export") == [f"Downloaded {name}"]


def test_a_file_of_a_page_that_no_longer_exists_is_not_called_by_its_address(office):
    record_account_event(What.FILE_TAKEN, account=office.head, by=office.head, path="/gone/x.csv", asked="")
    assert told(office.people[Role.AUDITOR], kind="export") == ["Downloaded a file that no longer exists"]


def test_a_web_page_that_is_added_is_called_by_its_release(office):
    release = ReleaseFactory(series=SeriesFactory(producer=office.producer), title="Rain in June")
    added = release.addresses.create(url="http://example.gov.uk/rain", marker="June", added_at=AT)
    added.history.update(history_user=office.head)
    assert told(office.people[Role.AUDITOR], kind="edit") == ["Added web page: Rain in June"]


def test_what_leads_decided_on_a_report_is_told_and_what_was_written_into_it_is_not(office, approved_report):
    report = dispatch_report(approved_report, office, ReportStatus.SENT)
    redact_report(report, words="a person", why="Not to be named.", by=office.head, at=AT + timedelta(hours=1))
    found = read(office.people[Role.AUDITOR], kind="decision")
    assert [who for who, _, _ in found] == [str(office.head)] * 3
    redacted, sent, approved = (
        what.removeprefix(f"Report {report.number} ({office.producer}): ") for _, _, what in found
    )
    assert redacted == "Text redacted in the report and its history"
    assert sent.startswith("Sent by email to ")
    assert approved == "Approved"


def test_a_report_that_is_dismissed_is_told(office):
    decide_report(create_report(office), office, ReportStatus.DISMISSED)
    (what,) = told(office.people[Role.AUDITOR], kind="decision")
    assert "Dismissed" in what


def test_moves_of_the_calendar_are_told_with_who_made_them(office):
    other = ReleaseFactory(reference="elsewhere", title="Elsewhere")
    deputy = create_member(Role.DEPUTY, other.series.producer)
    scheduling.cancel_release(other, reason="A mistake.", by=deputy, at=A_LONG_TIME_AGO)
    release = ReleaseFactory(series=SeriesFactory(producer=office.producer), reference="rain", title="Rain")
    keeper = office.people[Role.CALENDAR_MANAGER]
    release = scheduling.confirm_release(release, by=keeper, at=A_LONG_TIME_AGO)
    to, at = Slot(date(2020, 7, 10), time(9, 30)), AT - timedelta(days=30)
    asked = date_changes.request_date_change(release, to=to, reason="Late data.", by=keeper, at=at)
    release = date_changes.agree_to_date_change(asked, by=office.head, at=at)
    scheduling.cancel_release(release, reason="The survey ended.", by=office.head, at=at)
    found = [(who, what) for who, kind, what in read(office.people[Role.AUDITOR]) if kind == "decision"]
    head, manager = "Head Of Profession", "Calendar Manager"
    assert found == [
        (head, "‘Rain’: Cancelled"),
        (head, "‘Rain’: Date changed from 30 June 2020 9:30am to 10 July 2020 9:30am"),
        (manager, "‘Rain’: Date change requested"),
        (manager, "‘Rain’: Confirmed"),
    ]


def test_a_role_that_is_given_and_taken_in_the_admin_site_is_told(office):
    operator = UserFactory(is_staff=True, is_superuser=True, name="Op Erator")
    person = UserFactory(name="New Person")
    client = signed_in(operator)
    answer = client.post(
        admin_page("membership", "add"), {"user": person.pk, "producer": office.producer.pk, "role": "statistician"}
    )
    assert answer.status_code == 302
    added = Membership.objects.get(user=person)
    client.post(reverse("admin:accounts_user_change", args=[person.pk]), _account(person, is_staff="on"))
    client.post(admin_page("membership", "delete", added.pk), {"post": "yes"})
    found = read(office.people[Role.AUDITOR], kind="permission")
    words = "role: New Person: statistician, Office for Rain"
    assert ("Op Erator", "permission", f"Added {words}") in found
    assert ("Op Erator", "permission", f"Removed {words}") in found
    assert ("Op Erator", "permission", "New Person: Changed May use the admin site.") in found


def _account(person, **changes):
    return {"email": person.email, "name": person.name, "is_active": "on", **changes}


def test_what_was_edited_in_the_admin_site_is_told(office):
    head = office.head
    head.is_staff = True
    head.save()
    signed_in(head).post(
        admin_page("contact", "add"), {"producer": office.producer.pk, "name": "Press", "email": "p@example.gov.uk"}
    )
    assert Contact.objects.filter(name="Press").exists()
    (what,) = told(office.people[Role.AUDITOR], kind="edit", person=head.pk)
    assert what.startswith("Added contact: Press")


def test_a_group_that_has_the_number_of_one_of_its_people_is_told_to_no_office(office):
    operator = UserFactory(is_staff=True, is_superuser=True)
    Group.objects.filter(pk=office.statistician.pk).delete()
    group = Group.objects.create(pk=office.statistician.pk, name="Wind")
    for changed in (group, office.statistician):
        LogEntry.objects.log_actions(operator.pk, [changed], CHANGE, [], single_object=True)
    assert told(office.people[Role.AUDITOR], kind="permission", person="") == ["Statistician: No fields changed."]


def test_nothing_of_another_office_is_told(office):
    other = create_office(name="Office for Wind")
    report = create_report(other, ReportStatus.APPROVED)
    signed_in(other.head).get(reverse("breaches:approved_pdf", args=[report.reference, report.version]))
    found = read(office.people[Role.AUDITOR])
    assert [who for who, _, _ in found] == ["Auditor"]
    assert told(office.people[Role.AUDITOR], person=other.head.pk) == []
    answer = signed_in(office.people[Role.AUDITOR]).get(TRAIL, {"producer": other.producer.pk})
    assert answer.context["lines"] == []
    assert "Office for Wind" not in answer.text


def test_the_download_of_a_restricted_report_is_told_to_those_who_decide_and_not_to_auditors(office):
    report = create_report(office, ReportStatus.DRAFT)
    type(report).objects.filter(pk=report.pk).update(kind=Breach.LEAK)
    signed_in(office.head).get(reverse("breaches:draft_pdf", args=[report.reference]))
    assert [what for what in told(office.head) if report.number in what]
    assert not [what for what in told(office.people[Role.AUDITOR]) if report.number in what]


def test_who_left_the_office_is_still_told_of(office):
    person = create_member(Role.STATISTICIAN, office.producer, name="Gone Person")
    signed_in(person)
    Membership.objects.filter(user=person).first().delete()
    assert ("Gone Person", "sign_in", "Signed in") in read(office.people[Role.AUDITOR])


def test_failed_attempts_are_told(office):
    Client().post("/accounts/login/", {"login": office.head.email, "password": "wrong"})
    Client().post("/accounts/login/", {"login": "nobody@example.gov.uk", "password": "wrong"})
    found = told(office.people[Role.AUDITOR], kind="sign_in")
    assert any("Failed sign-in as Head Of Profession" in what for what in found)
    assert any("unknown email address" in what for what in found)


def test_it_is_narrowed_by_days_of_london(office, time_machine):
    for day in ("2026-06-29T22:59:00Z", "2026-06-29T23:00:00Z", "2026-06-30T22:59:00Z", "2026-06-30T23:00:00Z"):
        time_machine.move_to(day, tick=False)
        signed_in(office.statistician)
    asked = {"first": "2026-06-30", "last": "2026-06-30", "person": office.statistician.pk}
    assert len(told(office.people[Role.AUDITOR], **asked)) == 2


def test_the_first_and_the_last_day_that_there_are_can_be_asked_for(office):
    assert len(told(office.people[Role.AUDITOR], first="0001-01-01", last="9999-12-31")) == 1


def test_a_filter_that_there_is_not_is_said_at_its_field(office):
    answer = signed_in(office.head).get(TRAIL, {"kind": "eaten", "first": "soon"})
    assert answer.status_code == 200
    assert answer.context["lines"] == []
    assert set(answer.context["form"].errors) == {"kind", "first"}


def test_it_has_pages_and_takes_as_many_queries_whatever_it_holds(office, django_assert_max_num_queries):
    reader = signed_in(office.people[Role.AUDITOR])
    for _ in range(60):
        signed_in(office.statistician)
    with django_assert_max_num_queries(18):
        first = reader.get(TRAIL)
    assert len(first.context["lines"]) == 50
    second = reader.get(TRAIL, {"page": 2})
    assert len(second.context["lines"]) == 11


@pytest.mark.both_databases
def test_a_heading_sorts_the_entries_and_equal_ones_stay_latest_first(office, time_machine, subtests):
    # An account without a name is called by its address.
    ada, bo, zoe = (
        create_member(Role.STATISTICIAN, office.producer, name=name, email=f"{name or 'bo'}@example.gov.uk")
        for name in ("Ada", "", "Zoe")
    )
    time_machine.move_to(AT, tick=False)
    Client().post("/accounts/login/", {"login": "nobody@example.gov.uk", "password": "wrong"})
    for hours, person in enumerate((ada, bo), start=1):
        time_machine.move_to(AT + timedelta(hours=hours), tick=False)
        signed_in(person)
    contact = Contact(producer=office.producer, name="Press", email="press@example.gov.uk")
    contact._history_user, contact._history_date = zoe, AT + timedelta(hours=3)
    contact.save()
    time_machine.move_to(AT + timedelta(days=1), tick=False)
    reader = signed_in(office.people[Role.AUDITOR])
    orders = [
        ("", ["Zoe edit", "bo sign_in", "Ada sign_in", " sign_in"], "descending"),
        ("salt", ["Zoe edit", "bo sign_in", "Ada sign_in", " sign_in"], "descending"),
        ("date", [" sign_in", "Ada sign_in", "bo sign_in", "Zoe edit"], "ascending"),
        ("entry", ["Zoe edit", "bo sign_in", "Ada sign_in", " sign_in"], "descending"),
        ("person", ["Ada sign_in", "bo sign_in", "Zoe edit", " sign_in"], "ascending"),
        ("-person", ["Zoe edit", "bo sign_in", "Ada sign_in", " sign_in"], "descending"),
        ("kind", ["bo sign_in", "Ada sign_in", " sign_in", "Zoe edit"], "ascending"),
    ]
    for sort, in_order, direction in orders:
        with subtests.test(sort):
            page = reader.get(TRAIL, {"sort": sort, "first": "2020-06-30", "last": "2020-06-30"})
            found = [f"{entry.who.partition('@')[0]} {entry.kind}" for entry, _ in page.context["lines"]]
            assert found == in_order
            assert re.findall('aria-sort="(.*)"', page.text) == [direction]


def test_no_one_audits_without_signing_in():
    from statsoffice.audit.trail import producers_audited_by

    ProducerFactory()
    assert not producers_audited_by(AnonymousUser()).exists()

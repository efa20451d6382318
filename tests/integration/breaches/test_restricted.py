"""Reports on who had access, or on a leak: for those who decide and the person dealing; for all others not there."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from breaches import corrective_actions, decisions, dispatches, drafting, editing, pdf
from breaches.drafting import ReportSubject
from breaches.models import PracticeCitation, Report
from breaches.permissions import (
    TABLE,
    Action,
    listed_reports_with,
    may_act_on,
    moves_open_to,
    reports_where,
    roles_for,
)
from breaches.publication import may_be_published
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import RESTRICTED, ReportKind, ReportStatus, ReportTerm
from breaches.versions import content_of
from releases.models import Release
from releases.rules.lifecycle import Role, Status, WrongRole, WrongState
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Message
from tests.integration.breaches.sign_off.test_permission_matrix import MOVES
from tests.integration.breaches.test_access import METHODS, addresses, posted, state_of
from tests.integration.breaches.test_access import MOVES as BY_FORM_MOVES
from tests.support.admin_site import signed_in
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, create_member, rolled_back
from tests.support.people import AT, REGULATOR, approve, create_office, create_report, render_text, write_sections
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

# One kind represents all three where pages are tried; the rule itself is tried for each in the table of readers.
KINDS = [
    ReportKind.LEAK,
    *(pytest.param(kind, marks=pytest.mark.full) for kind in sorted(RESTRICTED - {ReportKind.LEAK})),
]
NOT_THEIRS = ("colleague", Role.PUBLISHING_TEAM, Role.AUDITOR, Role.CALENDAR_MANAGER)
# A colleague of the same role and one who reads all other reports; that the others have no role there is a rule.
WHO = ["colleague", Role.AUDITOR, *(pytest.param(who, marks=pytest.mark.full) for who in NOT_THEIRS[1::2])]


@pytest.fixture(autouse=True)
def _quick_printer(monkeypatch, settings):
    monkeypatch.setattr(pdf, "render_pdf", render_text)
    settings.REPORT_RECIPIENT = REGULATOR
    settings.BREACHES_PUBLIC = True


@shared_fixture
def office():
    office = create_office()
    office.people["colleague"] = create_member(Role.STATISTICIAN, office.producer)
    return office


@shared_fixture
def release(office):
    return ReleaseFactory(announced=True, series=a_series(office, by=office.statistician))


def a_series(office, *, by):
    """A series of the office for which a person is responsible, as its contact says."""
    series = SeriesFactory(producer=office.producer)
    series.responsible.user = by
    series.responsible.save()
    return series


def a_restricted_report(office, release, kind=ReportKind.LEAK, *, sent=False):
    """A report that the statistician starts and completes; if so wanted, the head approves and sends it."""
    about = ReportSubject(office.producer, release=release)
    report = drafting.start_report(
        about, kind=kind, occurred_on=(date(2020, 6, 29),), by=office.statistician, at=AT, form_key=uuid4()
    )[0]
    report = write_sections(report, by=office.statistician)
    report = editing.save_section(
        report,
        section=ReportSection.CIRCUMSTANCES,
        values={
            "practices": (),
            "other_practices": "The practice on access before release",
            "occurred_on": (date(2020, 6, 29),),
            "circumstances": "The figures were quoted in a meeting on the day before.",
        },
        expected_version=report.version,
        by=office.statistician,
        at=AT,
    ).report
    if not sent:
        return report
    return dispatches.send_report(approve(report, office), recipient=REGULATOR, by=office.head, at=AT)


@shared_fixture
def leak(office, release):
    return a_restricted_report(office, release)


@shared_fixture
def sent_leak(leak, office):
    return dispatches.send_report(approve(leak, office), recipient=REGULATOR, by=office.head, at=AT)


def test_the_restricted_kinds_are_those_on_access_and_leaks():
    assert {ReportKind.PRA, ReportKind.ACCESS, ReportKind.LEAK} == RESTRICTED


@pytest.mark.parametrize("who", ["statistician", "head"])
@pytest.mark.parametrize("kind", list(ReportKind))
def test_of_a_restricted_kind_no_one_is_named_as_dealing_with_a_report_that_they_cannot_read(
    office, release, kind, who
):
    about = ReportSubject(office.producer, release=release)
    starter = getattr(office, who)
    report = drafting.start_report(
        about, kind=kind, occurred_on=(date(2020, 6, 29),), by=starter, at=AT, form_key=uuid4()
    )[0]
    named = content_of(report).dealing
    responsible = release.series.responsible
    of_the_starter = (kind in RESTRICTED or kind is ReportKind.EARLY) and who == "head"
    assert named.email == (starter if of_the_starter else responsible).email
    assert of_the_starter or may_act_on(responsible.user, Action.VIEW, report)


@pytest.mark.parametrize("kind", list(ReportKind))
def test_a_report_is_open_to_all_its_readers_unless_its_kind_is_restricted(office, release, kind):
    report = a_restricted_report(office, release, kind)
    readers = {who for who, person in office.people.items() if report in reports_where(person, Action.VIEW)}
    assert readers == {who for who, person in office.people.items() if may_act_on(person, Action.VIEW, report)}
    those_who_decide_and_the_starter = {Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.STATISTICIAN}
    # The release of this report is still to come, so an early release that a person saw is a security incident.
    is_restricted = kind in RESTRICTED or kind is ReportKind.EARLY
    others = set() if is_restricted else {"colleague", Role.PUBLISHING_TEAM, Role.AUDITOR}
    assert readers == those_who_decide_and_the_starter | others


def test_an_early_release_that_a_person_reports_is_in_no_list_until_it_is_published(office, release):
    report = a_restricted_report(office, release, ReportKind.EARLY)
    assert report not in listed_reports_with(office.head, TABLE[Action.VIEW])
    assert not may_be_published(report)
    Release.objects.filter(pk=release.pk).update(status=Status.PUBLISHED)
    colleague = office.people["colleague"]
    assert may_act_on(colleague, Action.VIEW, report)
    assert report in listed_reports_with(colleague, TABLE[Action.VIEW])


@pytest.mark.parametrize(
    "methods", [("get",), pytest.param(METHODS[1:], marks=pytest.mark.full)], ids=["get", "others"]
)
@pytest.mark.parametrize("who", ["colleague", *(pytest.param(who, marks=pytest.mark.full) for who in NOT_THEIRS[1:])])
@pytest.mark.parametrize("kind", KINDS)
def test_for_everyone_else_it_does_not_exist_at_any_address_by_any_method(
    client, office, release, sent_leak, kind, who, methods
):
    """That every method of every address asks first who is there is tested of a stranger in test_access.py.

    Whom a report is open to is asked in one place, which the table of readers tries for every role.
    """
    report = sent_leak if kind is ReportKind.LEAK else a_restricted_report(office, release, kind, sent=True)
    before = state_of(report)
    client.force_login(office.people[who])
    for method in methods:
        for name, address in addresses(report).items():
            assert getattr(client, method)(address).status_code == 404, (method, name)
    for move in BY_FORM_MOVES:
        address, fields = posted(report, move)
        assert client.post(address, fields).status_code == 404, move
    assert state_of(report) == before


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("kind", KINDS)
def test_no_list_and_no_other_page_names_it_to_everyone_else(client, office, release, leak, kind, who):
    report = leak if kind is ReportKind.LEAK else a_restricted_report(office, release, kind)
    citation = PracticeCitation.objects.create(report=report, edition="2.0", code="T3.7")
    client.force_login(office.people[who])
    register = reverse("breaches:register")
    pages = (
        reverse("breaches:report_list"),
        register,
        reverse("desk"),
        reverse("releases:release", args=[release.reference]),
        reverse("breaches:start_about_release", args=[release.reference]),
        reverse("breaches:start_pra", args=[release.reference]),
        reverse("releases:pre_release_list", args=[release.reference]),
    )
    for address in (*pages, reverse("breaches:report_list") + "?show=decided"):
        page = client.get(address).text
        assert report.reference not in page, address
        assert report.number not in page, address
    # What it cites is not offered as a filter either.
    assert citation.code not in client.get(register).text
    dispatches.send_report(approve(report, office), recipient=REGULATOR, by=office.head, at=AT)
    for address in (*pages[1:], reverse("breaches:report_list") + "?show=decided"):
        page = client.get(address).text
        assert report.reference not in page, address
        assert report.number not in page, address


@pytest.mark.parametrize("kind", KINDS)
def test_its_corrective_action_at_a_next_release_does_not_name_it_there(client, office, release, kind):
    report = a_restricted_report(office, release, kind)
    plan = corrective_actions.Plan("Manual check of the list", ReportTerm.SHORT, "Head of dissemination")
    corrective_actions.add_action(report, plan, next_release_of=release.series, by=office.statistician, at=AT)
    following = ReleaseFactory(series=release.series, reference="next", due_at=SEED_DUE + timedelta(days=92))
    client.force_login(office.people["colleague"])
    for address in (reverse("releases:release", args=[following.reference]), reverse("desk")):
        page = client.get(address).text
        assert plan.text in page, address
        assert report.reference not in page, address


def test_those_to_whom_it_is_open_find_it_where_other_reports_are(client, office, release, leak, subtests):
    report = leak
    for role in (Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.STATISTICIAN):
        with subtests.test(str(role)):
            client.force_login(office.people[role])
            for address in (
                reverse("breaches:report_list"),
                reverse("breaches:register"),
                reverse("releases:release", args=[release.reference]),
                reverse("breaches:history", args=[report.reference]),
            ):
                assert report.reference in client.get(address).text, address
            assert client.get(reverse("breaches:draft_pdf", args=[report.reference])).status_code == 200
            page = client.get(reverse("breaches:report", args=[report.reference])).text
            assert report.reference in page
            assert "Only the Head of Profession, deputies, Statistician" in page


def test_no_one_else_moves_it_by_a_function_either(office, release, leak, subtests):
    report = leak
    before = state_of(report)
    for who in NOT_THEIRS:
        person = office.people[who]
        with subtests.test(str(who)):
            assert roles_for(person, report) == frozenset()
            assert moves_open_to(person, report) == ()
        for move, made in MOVES.items():
            with subtests.test(f"{move} by {who}"), rolled_back():
                with pytest.raises((WrongRole, WrongState)):
                    made(report, person)
                assert state_of(report) == before


def test_the_one_who_started_it_writes_and_submits_and_decides_nothing(office, release, leak):
    report = leak
    assert set(moves_open_to(office.statistician, report)) == {"edit", "submit", "join", "part"}
    submitted = decisions.submit_report(report, by=office.statistician, at=AT)
    assert submitted.status == ReportStatus.WITH_HOP


def test_the_person_who_started_it_and_lost_the_role_finds_it_no_more(office, release, leak):
    report = leak
    office.statistician.memberships.all().delete()
    assert report not in reports_where(office.statistician, Action.VIEW)
    assert not may_act_on(office.statistician, Action.VIEW, report)


@pytest.mark.parametrize(
    "who", [Role.AUDITOR, *(pytest.param(who, marks=pytest.mark.full) for who in ("colleague", Role.PUBLISHING_TEAM))]
)
def test_the_admin_site_lists_and_shows_nothing_of_it_to_everyone_else(office, release, sent_leak, who, subtests):
    report = sent_leak
    create_report(office, ReportStatus.SENT, reference="not-restricted")
    person = office.people[who]
    type(person).objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
    client = signed_in(person)
    for model, rows in {
        "report": Report.objects.filter(pk=report.pk),
        "reportversion": report.versions,
        "reportevent": report.events,
        "approveddocument": report.approved_documents,
        "dispatch": report.dispatches,
    }.items():
        with subtests.test(model):
            listed = client.get(reverse(f"admin:breaches_{model}_changelist"))
            assert listed.status_code == 200
            assert report.reference not in listed.text
            assert listed.context["cl"].result_list
            for row in rows.all()[:1]:
                change = reverse(f"admin:breaches_{model}_change", args=[row.pk])
                assert client.get(change).status_code in {302, 404}
                assert client.post(change, {}).status_code in {302, 403, 404}


def test_the_mail_by_which_it_was_sent_is_in_no_list_of_messages_for_everyone_else(office, release, sent_leak):
    report = sent_leak
    other = create_report(office, ReportStatus.SENT, reference="not-restricted")
    dispatches.send_correction(report, notice="The day was wrong.", by=office.head, at=AT)
    for _ in range(2):  # the notice waits until the mail server has accepted the report
        outbox.create_missing(now=AT)
        deliver_messages(now=AT, send=lambda message: None)
    assert Message.objects.filter(event__startswith="report-sent-").count() == 3
    seen = {}
    for who in ("colleague", Role.HEAD_OF_PROFESSION):
        person = office.people[who]
        type(person).objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
        listed = signed_in(person).get(reverse("admin:outbox_message_changelist"))
        seen[who] = {message.subject for message in listed.context["cl"].result_list}
        told = Message.objects.filter(subject__contains=report.number).first()
        answer = signed_in(person).get(reverse("admin:outbox_message_change", args=[told.pk]))
        assert (answer.status_code == 200) is (who != "colleague")
    assert any(other.number in subject for subject in seen["colleague"])
    assert not any(report.number in subject for subject in seen["colleague"])
    assert any(report.number in subject for subject in seen[Role.HEAD_OF_PROFESSION])


def test_a_colleague_who_may_not_know_of_a_report_on_a_list_starts_one_of_their_own(office, release):
    on = date(2020, 6, 29)
    first, _is_new = drafting.start_about_list(release, occurred_on=on, by=office.statistician, at=AT)
    own, is_new = drafting.start_about_list(release, occurred_on=on, by=office.people["colleague"], at=AT)
    assert is_new
    assert own.reference != first.reference

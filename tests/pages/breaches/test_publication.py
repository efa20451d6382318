"""A report is public by a lead's deliberate step, in the words that they read, and only while they are unchanged."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from breaches import decisions, dispatches, drafting, editing, publication
from breaches.models import Published, Report
from breaches.rules.answers import Answer, Answers
from breaches.rules.content import ContactPerson, ReportSection
from breaches.rules.lifecycle import ReportKind, ReportStatus
from breaches.rules.public_statement import statement_from_json
from breaches.versions import content_of
from releases.models import Membership
from releases.models.append_only import AppendOnlyRow
from releases.permissions import NotYours
from releases.rules.calendar import format_moment, local_date, slot_at
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, MoveRefused, Role
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, UserFactory, rolled_back
from tests.support.people import (
    AT,
    approve,
    create_joint_report,
    create_report,
    dispatch_report,
    move_report,
    render_text,
    write_sections,
)
from tests.support.published_reports import LATER, made_public, preview_digest, read
from tests.support.report_forms import last_change, words

pytestmark = pytest.mark.django_db

PUBLIC = {ReportStatus.APPROVED, ReportStatus.SENT, ReportStatus.CLOSED}


@pytest.fixture(autouse=True)
def _shown_to_everybody(settings, time_machine):
    settings.BREACHES_PUBLIC = True
    time_machine.move_to(LATER, tick=False)


@pytest.mark.parametrize("status", list(ReportStatus))
def test_only_what_is_approved_sent_or_closed_can_be_public(client, status, office, draft_report):
    report = move_report(draft_report, office, status)
    if status in PUBLIC:
        made_public(report, office)
    else:
        with pytest.raises(MoveRefused, match="You can only make a report public if"):
            publication.publish_statement(report, seen=preview_digest(report), by=office.head, at=LATER)
    assert read(client, report) == ((200, True) if status in PUBLIC else (404, False))


def test_an_approved_report_that_no_one_marked_is_not_public(client, approved_report):
    assert read(client, approved_report) == (404, False)


def test_a_rehearsal_is_never_public_and_the_database_says_so_too(client, office):
    report = create_report(office, ReportStatus.APPROVED, rehearsal=True)
    with pytest.raises(MoveRefused, match="You can only make a report public if"):
        publication.publish_statement(report, seen=preview_digest(report), by=office.head, at=LATER)
    other = made_public(create_report(office, ReportStatus.APPROVED, reference="real"), office)
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(published=other.published)


def test_a_lead_alone_makes_it_public_and_takes_it_back_by_function_and_by_page(
    client, subtests, office, approved_report
):
    key = approved_report.pk
    for role, person in office.people.items():
        client.force_login(person)
        with subtests.test(str(role)), rolled_back():
            report = Report.objects.select_related("producer").get(pk=key)
            asked = {"last_change": report.last_change, "seen": preview_digest(report), "read": "on"}
            answer = client.post(f"/reports/{report.reference}/publish/", asked)
            assert answer.status_code == (302 if role in LEADS else 404)
            assert publication.is_public(report) is (role in LEADS)
            if role not in LEADS:
                with pytest.raises(NotYours):
                    publication.publish_statement(report, seen=preview_digest(report), by=person, at=LATER)
                made_public(report, office)
                with pytest.raises(NotYours):
                    publication.withdraw_statement(report, by=person, at=LATER)
            answer = client.post(f"/reports/{report.reference}/unpublish/", {"last_change": last_change(report)})
            assert answer.status_code == (302 if role in LEADS else 404)
            assert publication.is_public(report) is (role not in LEADS)


def test_the_pages_name_every_kind_of_a_combined_report(client, office, draft_report):
    joint = create_joint_report(office, draft_report)
    joint.suspicions.filter(pk=joint.suspicions.last().pk).update(kind=ReportKind.PARTIAL)
    made_public(approve(write_sections(joint, by=office.statistician), office), office)
    (row,) = client.get("/breaches/").context["rows"]
    assert row["kind"] == "Late; incomplete"
    assert "Kind of breach Late; incomplete" in words(client.get(f"/breaches/{joint.reference}/").text)


def test_making_it_public_and_taking_it_back_are_events_and_what_was_public_stays_on_record(
    client, office, sent_report
):
    report = made_public(sent_report, office)
    assert read(client, report) == (200, True)
    publication.withdraw_statement(report, words="A name was left in it.", by=office.deputy, at=LATER)
    assert read(client, report) == (404, False)
    events = list(report.events.filter(kind__in=("made_public", "public_taken_back")).order_by("position"))
    assert [(event.kind, event.actor, event.at) for event in events] == [
        ("made_public", office.head, LATER),
        ("public_taken_back", office.deputy, LATER),
    ]
    assert events[0].facts["statement_sha256"] == Published.objects.get().statement_sha256
    assert events[1].words == "A name was left in it."
    with pytest.raises(AppendOnlyRow):
        Published.objects.get().delete()
    client.force_login(office.head)
    assert "Published, without names" in client.get(f"/reports/{report.reference}/history/").text


def test_it_is_public_in_the_words_that_were_read_and_in_no_others(client, office, approved_report):
    with pytest.raises(ChangedMeanwhile):
        publication.publish_statement(approved_report, seen="0" * 64, by=office.head, at=LATER)
    assert not Published.objects.exists()
    made_public(approved_report, office)
    statement = statement_from_json(Published.objects.get().statement)
    assert statement == publication.preview_statement(approved_report, now=LATER)
    client.logout()
    page = words(client.get(f"/breaches/{approved_report.reference}/").text)
    assert statement.impact in page


def test_the_page_asks_that_it_was_read_and_shows_what_would_be_public(client, office, approved_report):
    client.force_login(office.head)
    page = client.get(f"/reports/{approved_report.reference}/publish/")
    assert publication.preview_statement(approved_report, now=LATER).impact in words(page.text)
    answer = client.post(
        f"/reports/{approved_report.reference}/publish/",
        {"last_change": approved_report.last_change, "seen": preview_digest(approved_report)},
    )
    assert "Confirm that you have read the text and that it does not name any person" in answer.text
    assert not publication.is_public(approved_report)
    stale = {"last_change": approved_report.last_change, "seen": "0" * 64, "read": "on"}
    answer = client.post(f"/reports/{approved_report.reference}/publish/", stale, follow=True)
    assert "has changed since you read it" in answer.text
    assert not publication.is_public(approved_report)


@pytest.mark.parametrize("is_about_release", [True, False], ids=["release", "series"])
def test_the_page_says_when_the_statistics_are_due_if_that_is_to_come(client, office, is_about_release):
    due_at = SEED_DUE + timedelta(days=1)
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer), slot=slot_at(due_at))
    about = {"release": release} if is_about_release else {"series": release.series}
    report, _is_new = drafting.start_report(
        drafting.ReportSubject(office.producer, **about),
        kind=ReportKind.LEAK,
        occurred_on=[local_date(AT)],
        by=office.head,
        at=AT,
        form_key=uuid4(),
    )
    if not is_about_release:
        values = {"answers": Answers(due=Answer(on=local_date(due_at), at=release.due_at))}
        section, version = ReportSection.WHAT_HAPPENED, report.version
        editing.save_section(report, section=section, values=values, expected_version=version, by=office.head, at=AT)
        report.refresh_from_db()
    due = format_moment(release.due_at)
    assert publication.find_due_to_come(report, now=LATER) == due
    assert publication.find_due_to_come(report, now=release.due_at) == ""
    report = approve(write_sections(report, by=office.head), office)
    client.force_login(office.head)
    page = words(client.get(f"/reports/{report.reference}/publish/").text)
    warning = f"The statistics are not due for release until {due}. Check that this text does not disclose any of them."
    assert warning in page


def test_sent_twice_it_is_public_once(client, office, approved_report):
    client.force_login(office.head)
    form = {"last_change": approved_report.last_change, "seen": preview_digest(approved_report), "read": "on"}
    for _ in range(2):
        client.post(f"/reports/{approved_report.reference}/publish/", form)
        client.post(f"/reports/{approved_report.reference}/publish/", form)
    assert Published.objects.count() == 1
    approved_report.refresh_from_db()
    with pytest.raises(ChangedMeanwhile):
        publication.withdraw_statement(replace_pointer(approved_report), by=office.head, at=LATER)


def replace_pointer(report):
    """The report as read by someone who has not seen later changes."""
    stale = Report.objects.get(pk=report.pk)
    stale.published_id = stale.published_id + 1
    return stale


@pytest.mark.parametrize("move", ["reopened", "corrected", "withdrawn"])
def test_what_is_taken_up_again_or_withdrawn_is_public_no_more_and_is_marked_again(
    client, move, office, approved_report
):
    report = approved_report if move == "reopened" else dispatch_report(approved_report, office, ReportStatus.SENT)
    report = made_public(report, office)
    if move == "reopened":
        moved = decisions.reopen_report(report, reason="A figure was wrong.", by=office.head, at=LATER)
    elif move == "corrected":
        moved = dispatches.send_correction(report, notice="A figure was wrong.", by=office.head, at=LATER)
    else:
        moved = dispatches.send_withdrawal(report, notice="It was on time.", by=office.head, at=LATER)
    assert read(client, report) == ((200, True) if move == "corrected" else (404, False))
    if move == "withdrawn":
        return
    again = approve(write_sections(moved, by=office.statistician, impact="None at all."), office)
    assert "None at all." not in client.get(f"/breaches/{report.reference}/").text
    made_public(again, office)
    client.logout()
    assert "None at all." in client.get(f"/breaches/{report.reference}/").text


def test_sending_and_closing_leave_it_public(client, office, approved_report):
    report = made_public(approved_report, office)
    sent = dispatches.send_report(report, recipient="regulation@example.gov.uk", by=office.head, at=LATER)
    assert read(client, report) == (200, True)
    decisions.close_report(sent, by=office.head, at=LATER)
    assert read(client, report) == (200, True)


def test_no_one_who_is_or_was_of_the_producer_is_named(client, office, draft_report):
    left = UserFactory(name="Wilhelmina Gone")
    Membership.objects.create(user=left, producer=office.producer, role=Role.STATISTICIAN).delete()
    report = draft_report
    content = content_of(report)
    core = {field: getattr(content, field) for field in editing.FIELDS[ReportSection.CORE_INFORMATION]}
    dealing = ContactPerson("Cy Dee", "cy.dee@example.gov.uk", "020 7946 0002")
    report = editing.save_section(
        report,
        section=ReportSection.CORE_INFORMATION,
        values=core | {"dealing": dealing},
        expected_version=report.version,
        by=office.statistician,
        at=AT,
    ).report
    contact = office.producer.contacts.first()
    told = f"Cy Dee told Wilhelmina Gone, {office.deputy.name} and {contact.name}"
    text = f"{told}: ring 020 7946 0002, cy.dee@example.gov.uk."
    write_sections(report, by=office.statistician, impact=text)
    report.refresh_from_db()
    decisions.approve_report(report, by=office.head, at=AT + timedelta(minutes=9), render=render_text)
    report.refresh_from_db()
    made_public(report, office)
    client.logout()
    page = client.get(f"/breaches/{report.reference}/").text + client.get("/breaches/").text
    people = ("Cy Dee", "Wilhelmina", office.deputy.name, contact.name, "7946", "@", office.head.name)
    assert [one for one in people if one in page] == []
    assert "[name removed] told [name removed]" in words(page)


def test_without_the_setting_there_is_no_page_and_no_way_to_one(client, settings, office, approved_report):
    report = made_public(approved_report, office)
    settings.BREACHES_PUBLIC = False
    assert read(client, report) == (404, False)
    client.force_login(office.head)
    assert "publish/" not in client.get(f"/reports/{report.reference}/").text
    for page in ("publish", "unpublish"):
        assert client.get(f"/reports/{report.reference}/{page}/").status_code == 404
        assert client.post(f"/reports/{report.reference}/{page}/", {"read": "on"}).status_code == 404


def test_the_report_says_that_it_is_public_and_leads_to_what_the_public_sees(client, office, approved_report):
    client.force_login(office.statistician)
    assert "The public" not in client.get(f"/reports/{approved_report.reference}/").text
    made_public(approved_report, office)
    page = client.get(f"/reports/{approved_report.reference}/").text
    assert f"/breaches/{approved_report.reference}/" in page
    assert "unpublish" not in page
    client.force_login(office.deputy)
    assert "unpublish" in client.get(f"/reports/{approved_report.reference}/").text


def test_typed_markup_is_shown_as_it_was_typed(client, office, draft_report):
    report = write_sections(draft_report, by=office.statistician, impact="<script>alert(1)</script>")
    report = decisions.approve_report(report, by=office.head, at=AT + timedelta(minutes=9), render=render_text).report
    made_public(report, office)
    client.logout()
    page = client.get(f"/breaches/{report.reference}/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert content_of(report).impact == "<script>alert(1)</script>"


@pytest.mark.both_databases
def test_a_link_sorts_the_public_list_and_equal_ones_stay_newest_first(client, office, subtests):
    for day, title in enumerate(("beta", "Alpha", "Gamma"), start=1):
        report = create_report(office, reference=title.lower(), title=title)
        section, values = ReportSection.CIRCUMSTANCES, {"occurred_on": (date(2020, 6, day),)}
        writer, version = office.statistician, report.version
        report = editing.save_section(
            report, section=section, values=values, only=values, expected_version=version, by=writer, at=AT
        ).report
        report = move_report(report, office, ReportStatus.APPROVED)
        kind = "not_live" if title == "Alpha" else "late"
        Report.objects.filter(pk=report.pk).update(kind=kind)
        report.refresh_from_db()
        made_public(report, office)
    client.logout()
    orders = [
        ("", ["Gamma", "Alpha", "beta"]),
        ("salt", ["Gamma", "Alpha", "beta"]),
        ("date", ["beta", "Alpha", "Gamma"]),
        ("title", ["Alpha", "beta", "Gamma"]),
        ("-title", ["Gamma", "beta", "Alpha"]),
        ("kind", ["Gamma", "beta", "Alpha"]),
    ]
    for sort, titles in orders:
        with subtests.test(sort):
            assert [row["title"] for row in client.get("/breaches/", {"sort": sort}).context["rows"]] == titles


def test_a_list_of_one_public_report_offers_no_order(client, office, approved_report):
    made_public(approved_report, office)
    assert "Sort by:" not in client.get("/breaches/").text


def test_an_empty_page_says_so(client):
    assert "We have not published any reports." in client.get("/breaches/").text

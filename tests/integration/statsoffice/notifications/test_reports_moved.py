"""Who is notified that a report was submitted, taken back, returned or approved: whom it concerns, once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches import decisions, editing
from breaches.models import Report, ReportEvent
from breaches.rules.lifecycle import ReportStatus
from releases import cover
from releases.cover import CoverPerson
from releases.models import Contact
from releases.rules.calendar import local_date
from releases.rules.lifecycle import Role
from statsoffice import jobs
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from tests.integration.breaches.test_restricted import a_restricted_report
from tests.support.factories import (
    ContactFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    rolled_back,
)
from tests.support.people import AT, add_role, approve, create_office, create_report, move_report
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=10)
DEALING = "dealing@example.gov.uk"


def dealt_with(report):
    """Let the series of a report name someone who deals with it."""
    Contact.objects.filter(series_responsible_for__releases__suspicions__report=report).update(email=DEALING)
    return report


@shared_fixture
def draft(office):
    """A draft whose series names someone who deals with it."""
    return dealt_with(create_report(office))


@shared_fixture
def submitted(office, draft):
    return move_report(draft, office, ReportStatus.WITH_HOP)


@shared_fixture
def returned(office, submitted):
    return decisions.return_report(submitted, comment="Say more.", by=office.head, at=AT + timedelta(minutes=2))


@shared_fixture
def rehearsed(office):
    """A submitted report of a rehearsal, whose series names someone who deals with it."""
    return dealt_with(create_report(office, ReportStatus.WITH_HOP, rehearsal=True))


@shared_fixture
def leak(office):
    """The draft of a report on a leak, which the statistician started."""
    return a_restricted_report(office, ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer)))


def told(kind, now=LATER):
    """Create the due messages, and return who was notified of one move of a report."""
    outbox.create_missing(now=now)
    messages = Message.objects.filter(event__startswith=f"report-{kind}-")
    return {message.recipient: message for message in messages}


def test_those_who_may_decide_are_notified_of_a_submitted_report_once(office, submitted):
    create_member(Role.DEPUTY, office.producer, is_active=False)
    create_member(Role.HEAD_OF_PROFESSION, SeriesFactory().producer)
    assert set(told("submitted")) == {office.head.email, office.deputy.email}
    told("submitted", LATER + timedelta(hours=1))
    assert Message.objects.filter(event__startswith="report-").count() == 2


def test_no_one_is_notified_of_a_step_that_a_later_step_has_followed(office, returned):
    decisions.submit_report(returned, by=office.statistician, at=AT + timedelta(minutes=3))
    outbox.create_missing(now=LATER)
    resubmitted = ReportEvent.objects.filter(report=returned, kind="submitted").latest("position")
    events = Message.objects.filter(event__startswith="report-").values_list("event", flat=True)
    assert set(events) == {f"report-submitted-{resubmitted.pk}"}


def test_a_draft_and_an_edit_notify_no_one(draft):
    told("submitted")
    assert not Message.objects.filter(event__startswith="report-").exists()


def test_no_one_is_notified_of_what_they_did_themselves(office, submitted):
    add_role(office.statistician, office.producer, Role.DEPUTY)
    assert set(told("submitted")) == {office.head.email, office.deputy.email}
    Contact.objects.filter(email=DEALING).update(user=office.head)
    decisions.return_report(submitted, comment="Say more.", by=office.head, at=LATER)
    assert set(told("returned")) == {office.statistician.email}


def test_a_contact_without_an_account_who_has_the_address_of_a_person_is_that_person(office, submitted):
    Contact.objects.filter(email=DEALING).update(email=office.head.email)
    decisions.return_report(submitted, comment="Say more.", by=office.head, at=LATER)
    assert set(told("returned")) == {office.statistician.email}


@pytest.mark.parametrize("by", ["statistician", "deputy"])
def test_a_person_who_covers_is_notified_of_what_others_did_and_not_of_what_they_did_themselves(office, draft, by):
    today = local_date(AT)
    cover.name_cover(
        office.producer,
        office.head,
        first=today,
        last=today,
        people=[CoverPerson(office.statistician, today, today)],
        by=office.deputy,
        at=AT - timedelta(hours=1),
    )
    person = getattr(office, by)
    decisions.submit_report(draft, by=person, at=AT)
    people = {office.head, office.deputy, office.statistician} - {person}
    assert set(told("submitted")) == {one.email for one in people}


def test_a_head_who_decides_alone_gets_no_notification(office, draft):
    office.producer.memberships.filter(role=Role.DEPUTY).delete()
    decisions.submit_report(draft, by=office.head, at=AT)
    assert told("submitted") == {}


def test_who_submitted_it_and_who_deals_with_it_are_notified_of_a_return(office, returned):
    assert set(told("returned")) == {office.statistician.email, DEALING}


def test_the_person_who_was_put_down_as_dealing_with_it_is_notified_besides_as_long_as_they_do(office, submitted):
    publisher = office.people[Role.PUBLISHING_TEAM]
    editing.assign_report(submitted, person=publisher, by=office.head, at=AT)
    decisions.return_report(submitted, comment="Say more.", by=office.head, at=LATER)
    with rolled_back():
        assert set(told("returned")) == {office.statistician.email, DEALING, publisher.email}
    with rolled_back():
        publisher.memberships.all().delete()
        assert set(told("returned")) == {office.statistician.email, DEALING}
    type(publisher).objects.filter(pk=publisher.pk).update(is_active=False)
    assert set(told("returned")) == {office.statistician.email, DEALING}


def test_of_a_leak_those_are_notified_who_started_it_and_whom_a_lead_has_named_and_no_one_else(office, leak):
    publisher = office.people[Role.PUBLISHING_TEAM]
    editing.assign_report(leak, person=publisher, by=office.head, at=AT)
    report = decisions.submit_report(Report.objects.get(pk=leak.pk), by=office.deputy, at=AT)
    decisions.return_report(report, comment="Say more.", by=office.head, at=LATER)
    assert set(told("returned")) == {office.statistician.email, office.deputy.email, publisher.email}


def test_the_person_who_started_a_report_on_a_leak_and_lost_the_role_is_not_notified(office, leak):
    report = decisions.submit_report(leak, by=office.deputy, at=AT)
    decisions.return_report(report, comment="Say more.", by=office.head, at=LATER)
    office.statistician.memberships.all().delete()
    assert set(told("returned")) == {office.deputy.email}


def test_the_person_who_is_named_as_dealing_with_a_rehearsed_report_takes_part_in_the_rehearsal(office, rehearsed):
    publisher = office.people[Role.PUBLISHING_TEAM]
    editing.assign_report(rehearsed, person=publisher, by=office.head, at=AT)
    decisions.return_report(rehearsed, comment="Say more.", by=office.head, at=LATER)
    assert set(told("returned")) == {office.statistician.email, publisher.email}


def test_a_second_return_notifies_who_submitted_it_the_second_time(office, returned):
    told("returned")
    again = decisions.submit_report(returned, by=office.deputy, at=LATER)
    decisions.return_report(again, comment="Say still more.", by=office.head, at=LATER)
    first, second = ReportEvent.objects.filter(kind="returned").order_by("position")
    told("returned")
    assert Message.objects.filter(event=f"report-returned-{first.pk}", recipient=office.statistician.email).exists()
    assert not Message.objects.filter(event=f"report-returned-{first.pk}", recipient=office.deputy.email).exists()
    assert Message.objects.filter(event=f"report-returned-{second.pk}", recipient=office.deputy.email).exists()


def test_those_who_were_notified_of_a_submission_are_notified_that_it_was_taken_back(office, submitted):
    decisions.take_back_report(submitted, reason="A figure is wrong.", by=office.statistician, at=LATER)
    assert set(told("taken-back")) == {office.head.email, office.deputy.email}


def test_of_an_approval_everyone_is_notified_but_who_approved(office, submitted):
    approve(submitted, office)
    assert set(told("approved")) == {office.statistician.email, office.deputy.email, DEALING}


def test_an_account_that_was_closed_is_not_notified(office, submitted):
    Contact.objects.filter(email=DEALING).update(user=UserFactory(is_active=False))
    office.statistician.is_active = False
    office.statistician.save()
    decisions.return_report(submitted, comment="Say more.", by=office.head, at=LATER)
    assert told("returned") == {}


def test_a_message_carries_the_reference_and_a_link_and_nothing_of_what_was_written(office, returned):
    messages = [told("returned")[DEALING]]
    report = decisions.submit_report(returned, by=office.statistician, at=LATER)
    messages.append(told("submitted")[office.head.email])
    report = decisions.take_back_report(report, reason="A figure.", by=office.statistician, at=LATER)
    messages.append(told("taken-back")[office.deputy.email])
    approve(report, office)
    messages.append(told("approved")[office.deputy.email])
    release = report.suspicions.get().release
    for message, done in zip(messages, ("returned", "submitted", "taken back", "approved"), strict=True):
        assert message.subject == f"Report {done}: {report.number}, {office.producer}"
        assert message.text.count(f"/reports/{report.reference}/") == 1
        for secret in (release.title, "Say more", "A figure", "9:30am", "delayed", str(office.head)):
            assert secret not in message.subject + message.text


def test_of_two_producers_with_the_same_number_the_message_names_the_producer(office):
    other = create_office(name="Office for Estimates")
    for one, reference in ((office, "one"), (other, "another")):
        create_report(one, ReportStatus.WITH_HOP, reference=reference)
    outbox.create_missing(now=LATER)
    submitted = Message.objects.filter(event__startswith="report-submitted")
    subjects = {submitted.filter(producer=one.producer).first().subject for one in (office, other)}
    assert subjects == {f"Report submitted: BR-2020-001, {one.producer}" for one in (office, other)}


def test_of_a_rehearsal_only_those_are_notified_who_take_part_and_it_says_what_it_is(office, rehearsed):
    assert told("submitted") == {}
    series = rehearsed.suspicions.get().release.series
    series.deputies.add(ContactFactory(producer=office.producer, user=office.deputy))
    ((recipient, message),) = told("submitted").items()
    assert recipient == office.deputy.email
    assert message.subject.startswith("Rehearsal: Report submitted")
    assert message.text.startswith("This is a rehearsal")
    decisions.return_report(rehearsed, comment="Say more.", by=office.deputy, at=LATER)
    assert set(told("returned")) == {office.statistician.email}


def test_what_is_old_is_no_news(submitted):
    assert told("submitted", AT + timedelta(days=8)) == {}


def test_telling_two_or_five_reports_takes_as_many_queries(office, django_assert_num_queries):
    for reference in ("before", "before-again"):
        create_report(office, ReportStatus.APPROVED, reference=reference)
        outbox.create_missing(now=LATER)
    for number in range(2):
        create_report(office, ReportStatus.APPROVED, reference=f"one-of-two-{number}")
    with CaptureQueriesContext(connection) as few:
        outbox.create_missing(now=LATER)
    for number in range(5):
        create_report(office, ReportStatus.APPROVED, reference=f"release-{number}")
    with django_assert_num_queries(len(few)):
        outbox.create_missing(now=LATER)


def test_the_tick_delivers_it_to_a_mail_server(office, submitted, monkeypatch, mailbox):
    monkeypatch.setattr(jobs.CLOCK, "now", lambda: LATER, raising=False)
    jobs.deliver()
    jobs.deliver()
    sent = [mail["To"] for mail in mailbox.mails if mail["Subject"].startswith("Report submitted")]
    assert sorted(sent) == sorted([office.head.email, office.deputy.email])

"""The page of sent messages: what, to whom, by which channel and when, or why not yet, for a few people only."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from breaches import permissions
from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases.rules.lifecycle import Role
from statsoffice.notifications import outbox, views
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import MOST_ATTEMPTS, Channel, Message
from tests.support.factories import ReleaseFactory, SeriesFactory, UserFactory, create_member
from tests.support.people import AT, create_report
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=10)
PAGE = "/messages/"


@shared_fixture
def report(office):
    """A submitted report, of which the leads were notified."""
    return told(office)


def told(office, status=ReportStatus.WITH_HOP, **fields):
    """A report of which messages were written; only those about the report itself remain."""
    report = create_report(office, status, **fields)
    outbox.create_missing(now=LATER)
    Message.objects.exclude(event__startswith="report-").delete()
    return report


def seen(client, person, address=PAGE):
    client.force_login(person)
    return words(client.get(address).text)


def test_a_lead_sees_what_was_sent_to_whom_by_what_and_when(client, office, report, mailbox):
    deliver_messages(now=LATER)
    page = seen(client, office.head)
    assert (
        f"11:10am on 30 June 2020 Report submitted: {report.number}, {report.producer} Report {report.number}" in page
    )
    assert "sent at 11:10am on 30 June 2020" in page
    for lead in (office.head, office.deputy):
        assert lead.email in page
    assert "Email to " in page


def test_others_who_may_view_reports_see_how_many_were_told_and_no_address(client, office, report):
    Message.objects.update(attempts=1, last_error=f"SMTPRecipientsRefused: {office.head.email}")
    page = seen(client, office.people[Role.AUDITOR])
    assert "Email to 2 people: not sent yet. We have tried 1 time and will try again at" in page
    assert "@" not in page
    assert "SMTPRecipientsRefused" in seen(client, office.deputy)


def test_who_was_told_themselves_sees_that(client, office):
    told(office, ReportStatus.RETURNED)
    page = seen(client, office.statistician)
    assert "Email to you and 1 person: not sent yet" in page
    assert "@" not in page


def test_the_person_who_may_view_no_report_sees_their_own_messages_alone(client, office, report):
    manager = office.people[Role.CALENDAR_MANAGER]
    assert "No notifications have been sent yet" in seen(client, manager)
    Message.objects.create(
        event="roll-call-1",
        recipient=manager.email,
        subject="Roll call",
        producer=office.producer,
        report=Report.objects.get(),
        created_at=LATER,
        due_at=LATER,
    )
    page = seen(client, manager)
    assert "Email to you: not sent yet. We have not tried to send it" in page
    assert "Report submitted" not in page
    assert Report.objects.get().reference not in page


def test_no_one_sees_messages_of_other_producers(client, report):
    elsewhere = SeriesFactory().producer
    for role in (Role.HEAD_OF_PROFESSION, Role.AUDITOR):
        other = create_member(role, elsewhere)
        assert "No notifications have been sent yet" in seen(client, other), role
        assert "No notifications match your filters" in seen(client, other, f"{PAGE}?about={report.reference}"), role
    assert "No notifications have been sent yet" in seen(client, UserFactory(is_superuser=True, is_staff=True))


def test_what_tells_of_a_report_is_hidden_from_the_person_who_may_not_view_that_very_report(
    client, office, report, monkeypatch
):
    monkeypatch.setattr(permissions, "reports_where", lambda person, action: Report.objects.none())
    assert "No notifications have been sent yet" in seen(client, office.people[Role.AUDITOR])
    own = seen(client, office.head)
    assert "Report submitted" in own
    assert f"Report {Report.objects.get().number}" not in own


def test_who_has_not_signed_in_is_asked_to_and_nothing_can_be_posted(client, office):
    assert client.get(PAGE).url.startswith(reverse("account_login"))
    client.force_login(office.head)
    assert client.post(PAGE).status_code == 405


def test_what_is_sent_to_a_webhook_is_named_and_other_subjects_come_first(client, office, report):
    first = Message.objects.first()
    first.pk, first.channel, first.recipient, first.subject = None, Channel.WEBHOOK, "press", report.number
    first.created_at -= timedelta(minutes=1)
    first.save(force_insert=True)
    page = seen(client, office.people[Role.AUDITOR])
    assert f"Report submitted: {report.number}" in page
    assert "Webhook to press: not sent yet" in page


def test_it_is_narrowed_to_a_report_a_release_and_a_state(client, office, report):
    release = ReleaseFactory(announced=True, series=report.suspicions.get().release.series, reference="elsewhere")
    Message.objects.filter(recipient=office.head.email).update(sent_at=LATER)
    Message.objects.filter(recipient=office.deputy.email).update(attempts=MOST_ATTEMPTS, last_error="550 No mailbox")
    Message.objects.create(
        event="preflight-1",
        recipient=office.head.email,
        subject="Pre-flight: 1 problem with elsewhere",
        producer=office.producer,
        release=release,
        created_at=LATER,
        due_at=LATER,
    )
    assert "Pre-flight" not in seen(client, office.head, f"{PAGE}?about={report.reference}")
    assert "Report submitted" not in seen(client, office.head, f"{PAGE}?about=elsewhere")
    assert release.title in seen(client, office.head, f"{PAGE}?about=elsewhere")
    shown = {state: seen(client, office.head, f"{PAGE}?state={state}") for state in ("sent", "waiting", "left")}
    assert [state for state, page in shown.items() if "Pre-flight" in page] == ["waiting"]
    assert office.deputy.email not in shown["sent"]
    assert "We will not try again Not sent 550 No mailbox" in shown["left"]


def test_a_state_that_there_is_not_is_said_to_be_none_and_nothing_is_shown(client, office, report):
    page = seen(client, office.head, f"{PAGE}?state=eaten")
    assert "‘eaten’ is not a delivery status." in page
    assert "Report submitted" not in page


def test_a_rehearsal_is_marked_as_one(client, office):
    told(office, ReportStatus.RETURNED, rehearsal=True)
    assert "Rehearsal: Report returned" in seen(client, office.statistician)


def test_long_lists_are_paged_with_a_fixed_number_of_queries(client, office, report):
    client.force_login(office.head)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    Message.objects.bulk_create(
        Message(
            event=f"event-{number}",
            recipient=f"person.{number}@example.gov.uk",
            subject=f"Number {number}",
            producer=office.producer,
            report=report,
            created_at=LATER + timedelta(minutes=number),
            due_at=LATER,
        )
        for number in range(1, views.PAGE_SIZE + 1)
    )
    with CaptureQueriesContext(connection) as many:
        first = words(client.get(PAGE).text)
    assert len(many) == len(few)
    assert "Report submitted" not in first
    assert "Report submitted" in seen(client, office.head, f"{PAGE}?page=2")


@pytest.mark.both_databases
def test_a_heading_sorts_the_notifications_and_redacted_ones_come_last(client, office, subtests):
    fields = {"recipient": office.head.email, "producer": office.producer, "due_at": LATER}
    for event, subject, at in (("b", "Alpha", AT), ("c", "gamma", AT), ("d", "", AT), ("a", "beta", LATER)):
        erased = {} if subject else {"erased_at": LATER, "sent_at": AT}
        Message.objects.create(event=event, subject=subject, created_at=at, **fields, **erased)
    # The page shows another subject than a webhook gets, and so it sorts by the other one.
    hook = fields | {"channel": Channel.WEBHOOK, "recipient": "press"}
    Message.objects.create(event="c", subject="A reference", created_at=AT, **hook)
    client.force_login(office.head)
    orders = [
        ("", ["beta", "Alpha", "gamma", "Message"], "descending"),
        ("salt", ["beta", "Alpha", "gamma", "Message"], "descending"),
        ("created", ["Alpha", "gamma", "Message", "beta"], "ascending"),
        ("notification", ["Alpha", "beta", "gamma", "Message"], "ascending"),
        ("-notification", ["gamma", "beta", "Alpha", "Message"], "descending"),
        ("sent", ["beta", "Alpha", "gamma", "Message"], "descending"),
    ]
    for sort, subjects, direction in orders:
        with subtests.test(sort):
            page = client.get(PAGE, {"sort": sort})
            assert [one.subject for one in page.context["news"]] == subjects
            assert re.findall('aria-sort="(.*)"', page.text) == [direction]


def test_the_pages_of_reports_lead_there(client, office, report):
    client.force_login(office.head)
    assert 'href="/messages/"' in client.get(reverse("breaches:report_list")).text
    page = client.get(reverse("breaches:report", args=[report.reference])).text
    assert f'href="/messages/?about={report.reference}"' in page

"""The next contact is notified of a suspected breach that no one is dealing with, once, by real mail."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches import dispatches, editing
from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases.rules.lifecycle import Role
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Message, NotifiedSuspicion
from tests.integration.statsoffice.notifications.test_batched_suspicions import let_another_process_be_first
from tests.integration.statsoffice.notifications.test_outbox import NOW, RAISED, suspect
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, SeriesFactory
from tests.support.people import AT, move_report, write_sections
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

IN_TIME, LATE = RAISED + timedelta(minutes=9, seconds=59), RAISED + timedelta(minutes=10)


def suspected(office, **fields):
    """A suspicion of which its people were notified at once; its report."""
    series = SeriesFactory(producer=office.producer, head_of_profession=None)
    release = suspect(ReleaseFactory(announced=True, series=series, **fields))
    outbox.create_missing(now=NOW)
    return Report.objects.get(suspicions__release=release)


@shared_fixture
def report(office):
    return suspected(office)


def told(mailbox, *, at):
    """Let the outbox do its work at some time, and return who was notified that no one is dealing with it."""
    outbox.create_missing(now=at)
    deliver_messages(now=at)
    return [mail["To"] for mail in mailbox.mails if "not assigned" in mail["Subject"]]


def test_the_next_contact_is_notified_after_ten_minutes_and_once(mailbox, office, report):
    assert told(mailbox, at=IN_TIME) == []
    assert told(mailbox, at=LATE) == [office.head.email]
    assert told(mailbox, at=LATE + timedelta(hours=1)) == [office.head.email]
    mail = next(mail for mail in mailbox.mails if "not assigned" in mail["Subject"])
    text = mail.get_body().get_content()
    assert f"/reports/{report.reference}/" in text or report.reference in text
    assert report.suspicions.get().release.title not in text
    assert mail["Subject"] == f"Suspected breach not assigned: {report.number}, {office.producer}"
    assert f"Producer: {office.producer}" in text


def test_a_reminder_that_came_first_does_not_replace_the_notification_of_the_suspected_breach(office):
    series = SeriesFactory(producer=office.producer)
    release = suspect(ReleaseFactory(announced=True, series=series))
    reminder = next(rule for rule in outbox.RULES if "unacknowledged-" in rule.kinds)
    outbox.create_missing(now=LATE, rules=[reminder])
    assert NotifiedSuspicion.objects.get().suspicion.release == release
    outbox.create_missing(now=LATE)
    notified = Message.objects.filter(event__startswith="suspected-breach-")
    assert set(notified.values_list("recipient", flat=True)) == {
        series.responsible.email,
        series.head_of_profession.email,
    }


def test_who_takes_it_in_time_spares_the_next_contact(mailbox, office, report):
    editing.assign_report(report, person=office.statistician, by=office.statistician, at=IN_TIME)
    assert told(mailbox, at=LATE + timedelta(hours=1)) == []


def test_the_time_is_a_setting(mailbox, office, report, settings):
    settings.ACKNOWLEDGED_WITHIN = timedelta(minutes=30)
    assert told(mailbox, at=RAISED + timedelta(minutes=29)) == []
    assert told(mailbox, at=RAISED + timedelta(minutes=30)) == [office.head.email]


def test_the_person_who_was_notified_first_is_passed_over_for_the_next(mailbox, office):
    series = SeriesFactory(producer=office.producer)
    series.head_of_profession = ContactFactory(producer=office.producer, user=office.head, email=office.head.email)
    series.save()
    suspect(ReleaseFactory(announced=True, series=series))
    outbox.create_missing(now=NOW)
    assert told(mailbox, at=LATE) == [office.people[Role.DEPUTY].email]


def test_what_is_decided_or_was_started_long_ago_notifies_no_one(mailbox, report):
    assert told(mailbox, at=SEED_DUE + timedelta(days=8)) == []
    Report.objects.filter(pk=report.pk).update(status="dismissed", decided_at=NOW, decision_reason="other")
    assert told(mailbox, at=LATE) == []


def test_a_report_that_was_sent_unassigned_reminds_no_one_while_it_is_corrected(mailbox, office, report):
    sent = move_report(write_sections(report, by=office.statistician), office, ReportStatus.SENT)
    assert told(mailbox, at=AT + timedelta(hours=1)) == []
    dispatches.send_correction(sent, notice="The time was wrong.", by=office.head, at=AT + timedelta(hours=1))
    assert told(mailbox, at=AT + timedelta(hours=2)) == []


def test_of_a_rehearsal_no_one_is_notified_who_takes_no_part_in_it(mailbox, office):
    series = SeriesFactory(producer=office.producer, head_of_profession=None)
    suspect(ReleaseFactory(confirmed=True, series=series, rehearsal=True))
    outbox.create_missing(now=NOW)
    assert Report.objects.get().rehearsal
    assert told(mailbox, at=LATE) == []


def test_telling_of_one_or_five_takes_as_many_queries(office, report, django_assert_num_queries):
    with CaptureQueriesContext(connection) as few:
        assert outbox.create_missing(now=LATE) == 1
    for number in range(5):
        suspected(office, reference=f"other-{number}")
    with django_assert_num_queries(len(few)):
        assert outbox.create_missing(now=LATE) == 1


def test_all_reports_of_a_producer_that_no_one_deals_with_are_in_one_message_once(mailbox, office, report):
    reports = [report, *(suspected(office, reference=f"other-{number}") for number in range(2))]
    assert told(mailbox, at=LATE) == [office.head.email]
    assert told(mailbox, at=LATE + timedelta(hours=1)) == [office.head.email]
    mail = next(mail for mail in mailbox.mails if "not assigned" in mail["Subject"])
    assert "3 suspected breaches not assigned" in mail["Subject"]
    text = mail.get_body(("plain",)).get_content()
    assert [f"/reports/{report.reference}/" in text for report in reports] == [True] * 3


def test_of_two_processes_that_group_different_reports_only_one_notifies(office, report, monkeypatch):
    suspected(office, reference="other-1")

    def notify_of_three(_rule, _notifications, _write):
        suspected(office, reference="other-2")
        assert outbox.create_missing(now=LATE) == 1

    let_another_process_be_first(monkeypatch, notify_of_three)
    assert outbox.create_missing(now=LATE) == 0
    assert Message.objects.get(subject__contains="not assigned").subject.startswith("3 suspected breaches not assigned")

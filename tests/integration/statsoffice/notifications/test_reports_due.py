"""Reminders of reports that are not decided: before and after the day that is due, each once (B12)."""

from datetime import UTC, datetime, timedelta

import pytest

from breaches import dispatches
from breaches.rules.lifecycle import ReportStatus
from releases.rules.lifecycle import Role
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Message
from statsoffice.notifications.notification import shorten
from tests.support.people import create_report, move_report
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

# Drafted on Tuesday 30 June 2020; due on Tuesday 7 July, and reminded of on Monday before and on Wednesday after.
BEFORE = datetime(2020, 7, 6, 8, 0, tzinfo=UTC)
AFTER = datetime(2020, 7, 8, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def reminded(at):
    """Create the due messages, and return who was reminded at this moment."""
    outbox.create_missing(now=at)
    return set(
        Message.objects.filter(event__startswith="report-due-", created_at=at).values_list("recipient", flat=True)
    )


@shared_fixture
def draft(office):
    return create_report(office)


@shared_fixture
def submitted(draft, office):
    return move_report(draft, office, ReportStatus.WITH_HOP)


def addresses(office, *roles):
    return {office.people[role].email for role in roles}


def test_a_draft_reminds_those_who_write_and_decide_on_the_working_day_before_it_is_due(office, draft):
    assert reminded(BEFORE - HOUR) == set()
    assert reminded(BEFORE) == addresses(office, Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY)
    assert reminded(BEFORE + HOUR) == set()


def test_a_report_that_waits_for_the_lead_reminds_the_leads_alone(office, submitted):
    assert reminded(BEFORE) == addresses(office, Role.HEAD_OF_PROFESSION, Role.DEPUTY)


def test_a_reminder_whose_hour_was_missed_goes_out_once_when_the_task_next_runs(office, draft):
    late = BEFORE + 26 * HOUR
    assert len(reminded(late)) == 3
    assert reminded(late + HOUR) == set()


def test_each_reminder_has_its_own_notification(office, draft):
    assert len(reminded(BEFORE)) == 3
    assert len(reminded(AFTER)) == 3
    assert reminded(AFTER + timedelta(days=3)) == set()


@pytest.mark.parametrize("status", [ReportStatus.APPROVED, ReportStatus.RECORDED, ReportStatus.DISMISSED])
def test_a_decided_report_reminds_no_one(office, status):
    create_report(office, status)
    assert reminded(BEFORE) == set()


def test_a_report_that_was_sent_reminds_no_one_while_it_is_corrected(office):
    sent = create_report(office, ReportStatus.SENT)
    dispatches.send_correction(sent, notice="A date was wrong.", by=office.head, at=BEFORE - HOUR)
    assert reminded(BEFORE) == set()


def test_a_rehearsal_reminds_no_one(office):
    create_report(office, rehearsal=True)
    assert reminded(BEFORE) == set()


def test_what_is_long_past_reminds_no_one(office, draft):
    assert reminded(AFTER + timedelta(days=8)) == set()


def test_the_reminder_that_reaches_a_mailbox_names_the_report_and_nothing_of_what_it_says(office, mailbox, submitted):
    report = submitted
    reminded(BEFORE)
    deliver_messages(now=BEFORE)
    mail = next(mail for mail in mailbox.mails if ": target date" in mail["Subject"])
    subject = shorten(f"Breach report {report.number}: target date 7 July 2020, {report.producer}")
    assert " ".join(mail["Subject"].split()) == subject
    text = mail.get_body(("plain",)).get_content()
    assert f"/reports/{report.reference}/" in text
    assert "inspections" not in text

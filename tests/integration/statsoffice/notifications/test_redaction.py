"""Recipient and text of a message are removed at the end of their retention; that someone was notified stays."""

from datetime import timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from breaches.rules.lifecycle import ReportStatus
from releases.rules.lifecycle import Role
from statsoffice import jobs, retention, verification
from statsoffice.management.commands import personal_record
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import KINDS, MOST_ATTEMPTS, OTHER, Channel, Message, MessageRowRecord, kind_of
from statsoffice.notifications.outbox import RULES
from statsoffice.retention import redact_old_messages
from tests.support.factories import UserFactory
from tests.support.people import AT, create_report
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

SENT = AT + timedelta(minutes=10)
KEPT = timedelta(days=730)
OVER = SENT + KEPT + timedelta(minutes=1)
PERSONAL = ("recipient", "subject", "text", "reply_to", "last_error")


@shared_fixture
def report(office):
    """A report with the leads of its office, of which both were notified by mail."""
    report = create_report(office, ReportStatus.WITH_HOP)
    with patch.object(outbox, "RULES", [rule for rule in RULES if rule.template == "report_step"]):
        outbox.create_missing(now=SENT)
    assert deliver_messages(now=SENT) == 2
    Message.objects.update(reply_to=office.head.email, last_error="451 Try again")
    MessageRowRecord.record({Message: list(Message.objects.values_list("pk", flat=True))})
    return report


def personal():
    return set(Message.objects.values_list(*PERSONAL))


def rest():
    columns = [field.attname for field in Message._meta.concrete_fields]
    kept = [name for name in columns if name not in {*PERSONAL, "erased_at", "salt"}]
    return list(Message.objects.order_by("pk").values(*kept))


def page(client, person, address="/messages/"):
    client.force_login(person)
    return words(client.get(address).text)


def test_the_worker_removes_recipient_and_words_two_years_after_sending_and_not_before(report, time_machine):
    before, others = personal(), rest()
    time_machine.move_to(SENT + KEPT, tick=False)
    jobs.erase_names()
    assert personal() == before
    time_machine.move_to(OVER, tick=False)
    jobs.erase_names()
    assert {row[1:] for row in personal()} == {("", "", "", "")}
    assert set(Message.objects.values_list("erased_at", flat=True)) == {OVER}
    assert rest() == others


def test_the_setting_says_how_long(report, settings, time_machine):
    settings.MESSAGES_KEPT = timedelta(days=30)
    time_machine.move_to(SENT + timedelta(days=30, minutes=1), tick=False)
    jobs.erase_names()
    assert not Message.objects.filter(erased_at=None).exists()


def test_what_was_never_sent_is_not_touched_however_old(report):
    before = personal()
    for attempts in (0, 3, MOST_ATTEMPTS):
        Message.objects.update(sent_at=None, attempts=attempts)
        assert redact_old_messages(now=OVER) == 0, attempts
        assert personal() == before, attempts


def test_each_is_redacted_once_in_small_batches(report, monkeypatch):
    monkeypatch.setattr(retention, "MESSAGES_AT_A_TIME", 1)
    assert redact_old_messages(now=OVER) == 2
    assert redact_old_messages(now=OVER + timedelta(days=1)) == 0
    assert set(Message.objects.values_list("erased_at", flat=True)) == {OVER}


def test_no_one_is_notified_again_of_what_they_were_notified_and_every_chain_holds(report, mailbox):
    redact_old_messages(now=OVER)
    assert outbox.create_missing(now=OVER) == 0
    assert deliver_messages(now=OVER) == 0
    assert mailbox.mails == []
    assert {one.why for one in verification.check_evidence(now=timezone.now())} == {None}


def test_the_page_says_that_so_many_were_notified_and_since_when_no_more_is_kept(client, office, report):
    redact_old_messages(now=OVER)
    shown = page(client, office.head)
    assert "Report submitted" in shown
    assert f"Report submitted: {report.number}" not in shown
    assert f"Report {report.number}" in shown
    told = "Email to 2 people: sent at 11:10am on 30 June 2020 (recipients and text deleted on 30 June 2022)"
    assert told in shown
    assert "removed-" not in shown
    assert told in page(client, office.people[Role.AUDITOR])


def test_a_message_that_still_has_its_words_speaks_for_those_of_its_news_that_lost_theirs(client, office, report):
    Message.objects.filter(recipient=office.deputy.email).update(sent_at=None, attempts=MOST_ATTEMPTS)
    redact_old_messages(now=OVER)
    shown = page(client, office.head)
    assert f"Report submitted: {report.number}" in shown
    assert f"Email to {office.deputy.email}: could not be delivered" in shown
    assert "Email to 1 person: sent at" in shown


def test_the_name_of_a_webhook_names_no_one_and_stays(client, office, report):
    Message.objects.filter(recipient=office.deputy.email).update(channel=Channel.WEBHOOK, recipient="press")
    redact_old_messages(now=OVER)
    assert Message.objects.get(channel=Channel.WEBHOOK).recipient == "press"
    assert "Webhook to press: sent at" in page(client, office.head)


def test_the_admin_site_names_the_kind_and_the_day_in_the_place_of_subject_and_recipient(client, report):
    redact_old_messages(now=OVER)
    operator = UserFactory(is_staff=True, is_superuser=True)
    listed = page(client, operator, reverse("admin:outbox_message_changelist"))
    assert "Report submitted" in listed
    assert "[removed on 30 June 2022]" in listed
    assert "@" not in listed.replace(operator.email, "")
    change = reverse("admin:outbox_message_change", args=[Message.objects.first().pk])
    assert "Recipient, subject and text deleted at" in page(client, operator, change)


def test_the_person_who_asks_what_is_held_about_them_is_shown_messages_until_then(office, report):
    assert personal_record.collect_personal_data(office.head.email)["named"]["outbox.message"]["rows"] == 2
    redact_old_messages(now=OVER)
    assert "outbox.message" not in personal_record.collect_personal_data(office.head.email)["named"]


def test_the_command_says_what_it_removed_and_a_dry_run_removes_nothing(report, time_machine):
    def run(**options):
        call_command("erase_old_details", stdout=(out := StringIO()), **options)
        return out.getvalue()

    time_machine.move_to(OVER, tick=False)
    before = personal()
    assert "texts that would be removed from messages sent more than 730 days ago: 2." in run(dry_run=True)
    assert personal() == before
    assert "texts removed from messages sent more than 730 days ago: 2." in run()
    assert "days ago: 0." in run()
    assert "Rows older than 730 days with details removed: 0 in contact histories," in run()


def test_every_kind_of_news_has_words_for_when_its_subject_is_gone():
    rooms = [
        "early-release-1", "suspected-breach-1", "suspected-breaches-0a", "live-at-last-1",
        "live-at-last-together-0a", "report-sent-1", "report-due-1--1", "report-submitted-1", "report-taken-back-1",
        "report-returned-1", "report-approved-1", "unacknowledged-0a", "preflight-1", "comparison-1-2", "roll-call-1",
        "date-request-1",
        "date-request-1-decided", "access-request-1", "overdue-action-1-2020-07-01", "watcher-ill-1",
        "watcher-restored-1", "needs-checking-1", "anchor-1",
        "access-link-1", "access-list-1-1", "access-not-needed-1", "access-disclosure-1", "open-file-1",
        "incident-report-1", "minute-brief-1-20200630083200",
    ]  # fmt: skip
    assert {kind_of(event) for event in rooms} == {str(one) for one in KINDS.values()}
    assert kind_of("something-new-1") == str(OTHER)

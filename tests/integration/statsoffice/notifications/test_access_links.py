"""Messages with a one-person link: written without it, sent with it, and never sent once it has ended."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from breaches import drafting, editing
from releases import pre_release_access, receipts, scheduling
from releases.early_findings import name_contact
from releases.models import AccessLink, PreReleaseAccess
from releases.receipts import answer_link, make_due_links, token_of
from releases.rules.lifecycle import Role
from releases.rules.receipts import Answer, Disclosure, Purpose
from statsoffice import retention
from statsoffice.accounts.text_numbers import confirm_numbers
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import FIRST_WAIT, deliver_messages
from statsoffice.notifications.models import MOST_ATTEMPTS, Channel, Message, Preference
from statsoffice.notifications.views import visible_messages
from tests.servers.ports import free_port
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, SeriesFactory
from tests.support.mail_server import mail_server
from tests.support.notify_server import KEY, TEMPLATE, notify_stub
from tests.support.people import create_office
from tests.support.pre_release_lists import EMAIL, LONG_BEFORE, PERSON, granted, seen

pytestmark = pytest.mark.django_db

OPENS = SEED_DUE - timedelta(hours=24)
SOON = timedelta(seconds=5)


@pytest.fixture
def entry():
    office = create_office(asks_recipients=True)
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    return granted(release, by=office.statistician)


@pytest.fixture
def head(entry):
    return entry.release.series.producer.memberships.get(role=Role.HEAD_OF_PROFESSION).user


def write(now=OPENS):
    """Write the messages that are due, and return the one to the recipient."""
    make_due_links(now=now)
    outbox.create_missing(now=now)
    return Message.objects.filter(event__startswith="access-link-").latest("pk")


def address_of(purpose=Purpose.HANDLING):
    return reverse("releases:receipt", args=[token_of(AccessLink.objects.get(purpose=purpose))])


def test_the_stored_message_has_no_token_and_the_sent_one_has(entry, mailbox):
    message = write()
    token = token_of(AccessLink.objects.get())
    assert token not in str(vars(message))
    Message.objects.exclude(pk=message.pk).delete()
    assert deliver_messages(now=OPENS) == 1
    (mail,) = mailbox.mails
    for part in ("plain", "html"):
        assert f"/receipts/{token}/" in mail.get_body((part,)).get_content()
    assert token not in str(Message.objects.values_list())
    assert AccessLink.objects.get().sent_at == Message.objects.get().sent_at


def test_after_requests_are_turned_off_no_message_is_sent_or_written(entry, head, mailbox):
    message = write()
    receipts.set_recipient_requests(entry.release.series.producer, asks=False, by=head)
    deliver_messages(now=OPENS)
    assert message.recipient not in mailbox.recipients
    Message.objects.all().delete()
    outbox.create_missing(now=OPENS)
    assert not Message.objects.filter(event__startswith="access-link-").exists()


def test_a_message_is_confidential_to_one_person(entry, head, settings):
    settings.WEBHOOKS = {"office": "json://127.0.0.1"}
    Preference.objects.create(
        producer=entry.release.series.producer, channel=Channel.WEBHOOK, webhook="office", person=None
    )
    write()
    assert {(one.recipient, one.channel) for one in Message.objects.filter(event__startswith="access-link-")} == {
        (EMAIL, "mail")
    }


def test_a_producer_that_uses_notify_sends_the_link_by_notify(entry, settings):
    settings.NOTIFY_KEY, settings.NOTIFY_TEMPLATE, port = KEY, TEMPLATE, free_port()
    settings.NOTIFY_ADDRESS = f"http://127.0.0.1:{port}"
    Preference.objects.create(producer=entry.release.series.producer, channel=Channel.NOTIFY, person=None)
    message = write()
    Message.objects.exclude(pk=message.pk).delete()
    with notify_stub(port) as notify:
        assert deliver_messages(now=OPENS) == 1
    assert address_of() in notify.taken[0]["personalisation"]["text"]


def withdraw(entry, head):
    pre_release_access.withdraw_access(entry, by=head, at=OPENS, expected_version=entry.version)


def publish(entry, head):
    scheduling.publish(entry.release, by=None, at=OPENS, published_at=OPENS)


def cancel(entry, head):
    scheduling.cancel_release(entry.release, reason="Not needed.", by=head, at=OPENS)


def end(entry, head):
    begun = pre_release_access.record_begin(entry, began_at=OPENS, by=head, at=OPENS, expected_version=entry.version)
    pre_release_access.record_end(begun, ended_at=OPENS, by=head, at=OPENS, expected_version=begun.version)


@pytest.mark.parametrize("ended", [withdraw, end, publish, cancel])
def test_a_link_that_ended_after_its_message_was_written_is_never_sent(entry, head, mailbox, ended):
    message = write()
    ended(entry, head)
    deliver_messages(now=OPENS + SOON)
    message.refresh_from_db()
    assert (message.sent_at, message.attempts) == (None, MOST_ATTEMPTS)
    assert "access has ended or changed" in message.last_error
    assert EMAIL not in mailbox.recipients


@pytest.fixture
def without_need(entry):
    """Answer by the link for the terms that the recipient no longer needs access."""
    asked_at = LONG_BEFORE + timedelta(days=3)
    write(asked_at)
    deliver_messages(now=asked_at)

    def answer():
        assert answer_link(token_of(AccessLink.objects.get(purpose=Purpose.TERMS)), Answer.NOT_NEEDED, at=OPENS)

    return answer


def test_a_link_is_not_sent_if_the_recipient_answers_that_they_need_no_access_after_its_message_was_written(
    entry, without_need, mailbox
):
    mailbox.mails.clear()
    message = write()
    without_need()
    deliver_messages(now=OPENS + SOON)
    message.refresh_from_db()
    assert (message.subject.startswith("Your access has begun"), message.sent_at) == (True, None)
    assert message.attempts == MOST_ATTEMPTS
    assert message.last_error == "Not sent, because the person answered that they no longer need access."
    assert EMAIL not in mailbox.recipients
    assert not receipts.recipients_of(entry.release)[entry.pk].is_unsent


def test_no_message_is_written_if_the_recipient_answers_that_they_need_no_access_after_its_link_was_made(
    entry, without_need
):
    assert make_due_links(now=OPENS) == 1
    without_need()
    outbox.create_missing(now=OPENS + SOON)
    assert not Message.objects.filter(subject__startswith="Your access has begun").exists()


def test_after_the_recorded_end_of_access_a_link_works_but_is_not_sent(entry, head):
    make_due_links(now=OPENS)
    end(entry, head)
    outbox.create_missing(now=OPENS + SOON)
    assert not Message.objects.filter(event__startswith="access-link-").exists()
    assert not receipts.recipients_of(entry.release)[entry.pk].is_unsent
    token = token_of(AccessLink.objects.get())
    assert answer_link(token, Answer.DISCLOSURE, what=Disclosure.LOST, at=OPENS + SOON)


def test_while_the_mail_server_is_away_the_link_waits_and_is_not_sent_once_the_release_is_out(entry, smtp_port):
    message = write()
    Message.objects.exclude(pk=message.pk).delete()
    deliver_messages(now=OPENS)
    with mail_server(smtp_port) as box:
        assert deliver_messages(now=OPENS + FIRST_WAIT + SOON) == 1
        assert box.recipients == [EMAIL]
        Message.objects.update(sent_at=None, attempts=1)
        assert deliver_messages(now=SEED_DUE + timedelta(days=2)) == 0


def test_a_recipient_who_has_not_confirmed_is_told_to_do_that_first(entry):
    text = write().text
    assert (
        "2. Confirm the terms on that page now. If you already have the statistics, do nothing else with them" in text
    )
    # Their access has begun, so they may have the statistics already.
    assert "You do not get" not in text
    assert "not to send you the statistics" not in text
    assert re.findall(r"^(\d)\. ", text, flags=re.M) == ["1", "2", "3", "4"]


def test_a_recipient_who_has_confirmed_is_not_asked_again(entry):
    write(LONG_BEFORE + timedelta(days=3))
    answer_link(token_of(AccessLink.objects.get()), Answer.CONFIRMED, at=LONG_BEFORE + timedelta(days=3))
    Message.objects.all().delete()
    text = write().text
    assert "Confirm the terms" not in text
    assert re.findall(r"^(\d)\. ", text, flags=re.M) == ["1", "2", "3"]


def test_a_recipient_without_need_is_reported_to_the_owner_of_the_list_without_a_name(entry, head):
    make_due_links(now=OPENS)
    answer_link(token_of(AccessLink.objects.get()), Answer.NOT_NEEDED, at=OPENS)
    outbox.create_missing(now=OPENS)
    series = entry.release.series
    told = Message.objects.filter(event__startswith="access-not-needed-")
    assert {one.recipient for one in told} == {series.responsible.email, series.head_of_profession.email}
    assert entry.post in told[0].text
    assert "withdraw their access, or record its end if it has begun. If you think" in told[0].text
    assert PERSON not in told[0].text


def report_disclosure(entry):
    make_due_links(now=OPENS)
    answer_link(token_of(AccessLink.objects.get()), Answer.DISCLOSURE, at=OPENS, what=Disclosure.LOST)


def test_a_disclosure_is_notified_once_its_draft_has_a_number_and_at_the_latest_after_half_a_minute(entry):
    report_disclosure(entry)
    outbox.create_missing(now=OPENS + SOON)
    told = Message.objects.filter(event__startswith="access-disclosure-")
    assert not told.exists()
    outbox.create_missing(now=OPENS + timedelta(seconds=30))
    assert "1. A draft report is usually ready within a minute. Sign in and open the newest one:" in told[0].text
    Message.objects.all().delete()
    (report,) = drafting.draft_disclosures(now=OPENS)
    outbox.create_missing(now=OPENS + SOON)
    link = f"/reports/?number={report.number}"
    assert f"1. Sign in and open draft report {report.number}: " in told[0].text
    assert f"{link}\n" in told[0].text
    assert report.reference not in told[0].text


def test_the_link_in_the_message_opens_that_report(entry, head, client):
    report_disclosure(entry)
    (report,) = drafting.draft_disclosures(now=OPENS)
    client.force_login(head)
    answer = client.get(f"/reports/?number={report.number}")
    assert answer.url == reverse("breaches:report", args=[report.reference])


def test_the_same_people_are_reminded_once_of_a_disclosure_to_which_no_one_is_assigned(entry, head):
    report_disclosure(entry)
    (report,) = drafting.draft_disclosures(now=OPENS)
    told = Message.objects.filter(event__startswith="access-disclosure-")

    def run(minutes):
        before = set(told.values_list("pk", flat=True))
        outbox.create_missing(now=OPENS + timedelta(minutes=minutes))
        return told.exclude(pk__in=before)

    first = {one.recipient for one in run(0)}
    assert not run(9)
    reminders = list(run(10))
    assert {one.recipient for one in reminders} == first
    for one in reminders:
        assert one.subject.startswith("Possible disclosure not assigned: ")
        assert "No one has been assigned to the draft report." in one.text
        assert entry.release.title not in one.text + one.subject
    assert not run(60)
    Message.objects.filter(event__contains="-reminder-").delete()
    editing.assign_report(report, person=head, by=head, at=OPENS)
    assert not run(61)


def test_only_leads_and_the_incident_contact_are_told_of_a_disclosure_at_once_and_by_no_name(entry, head, settings):
    settings.NOTIFY_TEXT_TEMPLATE = "a template"
    ContactFactory(producer=entry.release.series.producer, user=head, telephone="07700 900123")
    confirm_numbers(head, ["07700900123"], shown=[])
    contact = entry.release.series.producer.memberships.get(role=Role.AUDITOR).user
    name_contact(entry.release.series.producer, contact, by=head, at=LONG_BEFORE, seen=0)
    report_disclosure(entry)
    drafting.draft_disclosures(now=OPENS)
    outbox.create_missing(now=OPENS)
    told = list(Message.objects.filter(event__startswith="access-disclosure-"))
    leads = entry.release.series.producer.memberships.filter(role__in=["head_of_profession", "deputy"])
    assert {one.recipient for one in told} == {
        "07700900123",
        contact.email,
        *(member.user.email for member in leads),
    }
    for secret in (entry.release.title, entry.release.reference, entry.post, PERSON):
        assert all(secret not in one.text + one.subject for one in told)
    assert {one.release_id for one in told} == {None}
    for member in entry.release.series.producer.memberships.all():
        seen = visible_messages(member.user).filter(event__startswith="access-disclosure-").exists()
        assert seen == (member in leads or member.user == contact), member.role


def test_the_owner_is_asked_about_the_list_once_and_not_after_it_was_confirmed(entry, head):
    begins = SEED_DUE - timedelta(days=14, minutes=30)
    outbox.create_missing(now=begins - SOON)
    assert not Message.objects.exists()
    for _run in range(2):
        outbox.create_missing(now=begins)
    asked = Message.objects.filter(event__startswith="access-list-")
    assert asked.count() == 2
    Message.objects.all().delete()
    receipts.confirm_list(entry.release, seen=seen(entry.release), by=head, at=begins)
    outbox.create_missing(now=begins)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        (SEED_DUE - timedelta(days=14, minutes=30), "From 9am on 22 June 2020, we ask the people on it to confirm"),
        (SEED_DUE - timedelta(days=8, minutes=30), "We are asking people on it to confirm the terms now."),
        (SEED_DUE - timedelta(hours=10), "We are asking people on it to confirm the terms now."),
    ],
)
def test_the_owner_reads_when_the_release_is_due_and_when_its_recipients_are_asked(entry, at, sentence):
    outbox.create_missing(now=at)
    text = Message.objects.filter(event__startswith="access-list-")[0].text
    assert " is due at 9:30am on 30 June 2020, and no one has confirmed that its pre-release access list is" in text
    assert sentence in text
    assert "working days" not in text


def test_the_owner_of_a_list_without_email_addresses_reads_that_no_one_on_it_can_be_asked(entry):
    PreReleaseAccess.objects.update(email="")
    outbox.create_missing(now=OPENS)
    text = Message.objects.filter(event__startswith="access-list-")[0].text
    assert "No one on it has an email address, so we cannot ask them to confirm the terms." in text


def test_a_name_that_is_erased_from_the_list_is_removed_from_its_messages_too(entry, head, mailbox):
    write()
    deliver_messages(now=OPENS)
    over = SEED_DUE + timedelta(days=1)
    assert retention.redact_old_messages(now=over) == 0
    pre_release_access.erase_name(entry.release, by=head, at=over)
    assert retention.redact_old_messages(now=over) == 1
    stored = Message.objects.get(event__startswith="access-link-")
    assert (stored.text, EMAIL in stored.recipient, stored.title) == ("", False, "Link for pre-release access")

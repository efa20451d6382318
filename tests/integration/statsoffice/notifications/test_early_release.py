"""Who is notified of an early release, of what, and when everyone else is (issue I, section 1; decision 73)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from breaches import decisions, dispatches, drafting
from breaches.drafting import ReportSubject
from breaches.early_releases import Choice, record_decision
from breaches.rules.answers import KINDS_BEFORE_RELEASE
from breaches.rules.lifecycle import ReportStatus
from releases import cover, scheduling, statements
from releases.cover import CoverPerson
from releases.early_findings import name_contact
from releases.models import Release, Verification
from releases.rules.calendar import slot_at
from releases.rules.lifecycle import Role
from releases.verdict.address import Outcome
from statsoffice.accounts.text_numbers import confirm_numbers
from statsoffice.notifications import outbox
from statsoffice.notifications.html import render_html
from statsoffice.notifications.models import Channel, Message, Preference
from statsoffice.notifications.recipients import FOR_LEADS_ALONE
from tests.support.early_release import (
    FOUND_AT,
    SECRETS,
    add_checks,
    create_early_release,
    create_release,
    find_early,
    move_to_quarter_past,
    publish,
    start_early_report,
)
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, UserFactory
from tests.support.people import REGULATOR, accept_dispatch, create_office, render_text, write_sections
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

FIGURES = ("9:1", "9.1", "minute", "second", "before it was due at")


@shared_fixture
def early():
    return create_early_release()


def recipients():
    return set(Message.objects.values_list("recipient", flat=True))


def test_only_the_leads_are_notified_and_at_once(early):
    outbox.create_missing(now=FOUND_AT)
    assert recipients() == {early.office.head.email, early.office.deputy.email}


def test_the_named_incident_contact_is_notified_as_well(early):
    contact = early.office.people[Role.PUBLISHING_TEAM]
    name_contact(early.office.producer, contact, by=early.office.head, at=FOUND_AT, seen=0)
    outbox.create_missing(now=FOUND_AT)
    assert recipients() == {early.office.head.email, early.office.deputy.email, contact.email}


def test_a_contact_whose_account_is_closed_is_not_notified(early):
    contact = early.office.people[Role.PUBLISHING_TEAM]
    name_contact(early.office.producer, contact, by=early.office.head, at=FOUND_AT, seen=0)
    type(contact).objects.filter(pk=contact.pk).update(is_active=False)
    outbox.create_missing(now=FOUND_AT)
    assert recipients() == {early.office.head.email, early.office.deputy.email}


def test_a_contact_who_has_no_role_any_more_is_not_notified(early):
    contact = early.office.people[Role.PUBLISHING_TEAM]
    name_contact(early.office.producer, contact, by=early.office.head, at=FOUND_AT, seen=0)
    contact.memberships.all().delete()
    outbox.create_missing(now=FOUND_AT)
    assert recipients() == {early.office.head.email, early.office.deputy.email}


def test_the_message_has_neither_title_nor_address_nor_figures(early):
    outbox.create_missing(now=FOUND_AT)
    for message in Message.objects.all():
        written = (
            f"{message.subject}\n{message.text}\n{render_html(subject=message.subject, text=message.text)}".lower()
        )
        assert not [secret for secret in (*SECRETS, *FIGURES) if secret.lower() in written]
        assert f"/early-releases/{early.suspicion.pk}/" in message.text
        assert (message.release, message.report) == (None, None)


def test_no_webhook_gets_it(early, settings):
    settings.WEBHOOKS = {"room": "https://chat.example.gov.uk/hook"}
    Preference.objects.create(producer=early.office.producer, channel=Channel.WEBHOOK, webhook="room")
    outbox.create_missing(now=FOUND_AT)
    assert "room" not in recipients()


def test_it_is_written_once_however_often_the_outbox_runs(early):
    outbox.create_missing(now=FOUND_AT)
    written = Message.objects.count()
    assert outbox.create_missing(now=FOUND_AT + timedelta(hours=1)) == 0
    assert Message.objects.count() == written


def test_after_the_release_everyone_concerned_is_notified_as_of_any_suspicion(early):
    outbox.create_missing(now=FOUND_AT)
    publish(early)
    drafting.draft_missing(now=SEED_DUE + timedelta(minutes=3))
    outbox.create_missing(now=SEED_DUE + timedelta(minutes=4))
    series = early.release.series
    assert {series.responsible.email, series.head_of_profession.email} <= recipients()
    messages = Message.objects.filter(event__startswith="suspected")
    assert set(messages.values_list("subject", flat=True)) == {f"Early: {early.release.title}, due 9:30am"}
    # It is live, so there is no one to call before it is published.
    assert all("1. Sign in and open" in message.text and "not live" not in message.text for message in messages)


def test_of_a_release_that_was_taken_down_and_is_not_back_no_one_else_is_notified(early):
    outbox.create_missing(now=SEED_DUE + timedelta(hours=2))
    assert recipients() == {early.office.head.email, early.office.deputy.email}


def test_a_rehearsal_notifies_only_leads_who_take_part(early):
    head = UserFactory()
    rehearsed = create_early_release(announced=False, confirmed=True, rehearsal=True, reference="zephyrine-rehearsal")
    contact = rehearsed.release.series.head_of_profession
    contact.user = rehearsed.office.head
    contact.save()
    outbox.create_missing(now=FOUND_AT)
    messages = Message.objects.filter(event=f"early-release-{rehearsed.suspicion.pk}")
    assert [message.recipient for message in messages] == [rehearsed.office.head.email]
    assert messages[0].subject.startswith("Rehearsal: ")
    assert head.email not in recipients()


class TestReportedByAPerson:
    """Our checks did not find it: a person saw it, and started a report."""

    @pytest.fixture
    def report(self):
        office = create_office()
        return office, start_early_report(office, create_release(office))

    def test_the_leads_and_the_contact_are_notified_at_once_without_its_name(self, report):
        office, started = report
        contact = office.people[Role.PUBLISHING_TEAM]
        name_contact(office.producer, contact, by=office.head, at=FOUND_AT, seen=0)
        for _again in range(2):
            outbox.create_missing(now=FOUND_AT)
        messages = Message.objects.all()
        assert sorted(message.recipient for message in messages) == sorted(
            [office.head.email, office.deputy.email, contact.email]
        )
        for message in messages:
            written = f"{message.subject}\n{message.text}".lower()
            assert not [secret for secret in (*SECRETS, started.reference) if secret.lower() in written]
            assert "/early-releases/" in message.text

    def test_the_person_who_started_the_report_is_not(self):
        office = create_office()
        start_early_report(office, create_release(office), by=office.head)
        outbox.create_missing(now=FOUND_AT)
        assert recipients() == {office.deputy.email}

    @pytest.mark.parametrize("by", ["statistician", "deputy"])
    def test_a_person_who_covers_is_notified_unless_they_started_the_report(self, by):
        office = create_office()
        today = FOUND_AT.date()
        cover.name_cover(
            office.producer,
            office.head,
            first=today,
            last=today,
            people=[CoverPerson(office.statistician, today, today)],
            by=office.deputy,
            at=FOUND_AT - timedelta(hours=1),
        )
        person = getattr(office, by)
        start_early_report(office, create_release(office), by=person)
        outbox.create_missing(now=FOUND_AT)
        assert recipients() == {one.email for one in (office.head, office.deputy, office.statistician)} - {person.email}

    @pytest.mark.usefixtures("report")
    def test_the_messages_are_shown_only_to_people_who_may_know(self):
        outbox.create_missing(now=FOUND_AT)
        assert Message.objects.exists()
        assert not Message.objects.exclude(FOR_LEADS_ALONE).exists()

    def test_the_same_people_are_reminded_once_while_no_one_is_assigned_to_the_report(self, report):
        office, started = report
        outbox.create_missing(now=FOUND_AT)
        outbox.create_missing(now=FOUND_AT + timedelta(minutes=9))
        assert Message.objects.count() == 2
        for minutes in (10, 11):
            outbox.create_missing(now=FOUND_AT + timedelta(minutes=minutes))
        reminders = Message.objects.filter(event=f"early-release-reported-{started.pk}-reminder-1")
        assert {one.recipient for one in reminders} == {office.head.email, office.deputy.email}
        assert Message.objects.count() == 4
        for message in reminders:
            written = f"{message.subject}\n{message.text}".lower()
            assert message.subject.startswith("Early release reported, not assigned: ")
            assert not [secret for secret in (*SECRETS, started.reference) if secret.lower() in written]

    def test_no_one_is_reminded_of_a_sent_report_while_it_is_corrected(self, report):
        office, started = report
        outbox.create_missing(now=FOUND_AT)
        minute = timedelta(minutes=1)
        written = write_sections(started, by=office.statistician, at=FOUND_AT + minute)
        approved = decisions.approve_report(written, by=office.head, at=FOUND_AT + minute, render=render_text).report
        sent = dispatches.send_report(approved, recipient=REGULATOR, by=office.head, at=FOUND_AT + 2 * minute)
        accept_dispatch(sent, at=FOUND_AT + 3 * minute)
        corrected = dispatches.send_correction(
            sent, notice="A date was wrong.", by=office.head, at=FOUND_AT + 4 * minute
        )
        assert (corrected.status, corrected.person_dealing) == (ReportStatus.DRAFT, None)
        outbox.create_missing(now=FOUND_AT + 11 * minute)
        assert not Message.objects.filter(event__endswith="-reminder-1").exists()

    def test_of_a_published_release_no_one_is_notified_as_of_an_incident(self):
        office = create_office()
        release = create_release(office)
        add_checks(release, *(("live", at) for at in range(0, 125, 5)))
        start_early_report(office, release)
        outbox.create_missing(now=SEED_DUE + timedelta(minutes=4))
        assert not Message.objects.filter(event__startswith="early-release-reported")


FOUND_ON = FOUND_AT.date()


@pytest.mark.parametrize("kind", sorted(KINDS_BEFORE_RELEASE))
class TestIncidentReportedByAPerson:
    """A person started a report about what became known before a release."""

    def start(self, office, kind, *, by=None, release=None, series=None, on=FOUND_ON):
        about = ReportSubject(office.producer, release=release, series=series)
        by, key = by or office.statistician, uuid4()
        report, _is_new = drafting.start_report(about, kind=kind, occurred_on=(on,), by=by, at=FOUND_AT, form_key=key)
        return report

    def told(self):
        outbox.create_missing(now=FOUND_AT)
        return list(Message.objects.filter(event__startswith="incident-report-"))

    def test_the_leads_and_the_contact_are_notified_at_once_without_its_name(self, kind, settings):
        office = create_office()
        settings.WEBHOOKS = {"room": "https://chat.example.gov.uk/hook"}
        Preference.objects.create(producer=office.producer, channel=Channel.WEBHOOK, webhook="room")
        contact = office.people[Role.PUBLISHING_TEAM]
        name_contact(office.producer, contact, by=office.head, at=FOUND_AT, seen=0)
        started = self.start(office, kind, release=create_release(office))
        messages = self.told()
        assert {one.recipient for one in messages} == {office.head.email, office.deputy.email, contact.email}
        assert self.told() == messages, "once"
        assert Message.objects.filter(FOR_LEADS_ALONE).count() == len(messages) == 3
        for one in messages:
            written = f"{one.subject}\n{one.text}".lower()
            assert not [secret for secret in (*SECRETS, started.reference) if secret.lower() in written]
            assert f"/reports/?number={started.number}\n" in one.text
            assert (one.release, one.report) == (None, None)

    def test_the_person_who_started_the_report_is_not(self, kind):
        office = create_office()
        self.start(office, kind, by=office.head, release=create_release(office))
        assert {one.recipient for one in self.told()} == {office.deputy.email}

    def test_of_a_published_release_no_one_is(self, kind):
        office = create_office()
        release = create_release(office)
        scheduling.publish(release, by=None, at=FOUND_AT, published_at=FOUND_AT)
        self.start(office, kind, release=release)
        assert self.told() == []

    def test_of_a_series_people_are_while_none_of_its_releases_was_published_since(self, kind):
        office = create_office()
        series = create_release(office).series
        published = ReleaseFactory(reference="published", announced=True, series=series)
        self.start(office, kind, series=series)
        assert len(self.told()) == 2
        scheduling.publish(published, by=None, at=FOUND_AT, published_at=FOUND_AT)
        Message.objects.all().delete()
        assert len(self.told()) == 2, "it may be about the next one"
        self.start(office, kind, series=series, on=FOUND_AT.date() - timedelta(days=1))
        assert len(self.told()) == 2, "that of the day before is public now"


class TestReminder:
    def notified_at(self, minutes):
        """The events that the outbox writes so many minutes after the release was found."""
        known = set(Message.objects.values_list("event", flat=True))
        outbox.create_missing(now=FOUND_AT + timedelta(minutes=minutes))
        return set(Message.objects.values_list("event", flat=True)) - known

    def test_the_same_people_are_reminded_every_quarter_of_an_hour_while_no_one_decides(self, early):
        first = f"early-release-{early.suspicion.pk}"
        assert self.notified_at(0) == {first}
        assert self.notified_at(14) == set()
        assert self.notified_at(15) == {f"{first}-reminder-1"}
        assert self.notified_at(16) == set()
        reminders = Message.objects.filter(event=f"{first}-reminder-1")
        assert {one.recipient for one in reminders} == {early.office.head.email, early.office.deputy.email}

    def test_a_reminder_has_neither_title_nor_address_nor_figures_and_no_webhook_gets_it(self, early, settings):
        settings.WEBHOOKS = {"room": "https://chat.example.gov.uk/hook"}
        Preference.objects.create(producer=early.office.producer, channel=Channel.WEBHOOK, webhook="room")
        self.notified_at(0)
        self.notified_at(15)
        reminders = Message.objects.filter(event__contains="-reminder-")
        assert {one.channel for one in reminders} == {Channel.MAIL}
        for message in reminders:
            assert message.subject.startswith("Early release: no decision yet (")
            written = (
                f"{message.subject}\n{message.text}\n{render_html(subject=message.subject, text=message.text)}".lower()
            )
            assert not [secret for secret in (*SECRETS, *FIGURES) if secret.lower() in written]
            assert (message.release, message.report) == (None, None)

    def test_the_same_people_get_a_text_message_each_time_with_nothing_but_the_link(self, early, settings):
        settings.ADDRESS, settings.NOTIFY_TEXT_TEMPLATE = "https://office.example.gov.uk", "a template"
        producer = early.office.producer
        for person, number in ((early.office.head, "07700 900123"), (early.office.statistician, "07700 900124")):
            ContactFactory(producer=producer, user=person, telephone=number)
            confirm_numbers(person, [number.replace(" ", "")], shown=[])
        self.notified_at(0)
        self.notified_at(15)
        texts = Message.objects.filter(channel=Channel.TEXT).order_by("pk")
        end = f"({producer.name}). https://office.example.gov.uk/early-releases/{early.suspicion.pk}/"
        assert [(one.recipient, one.text) for one in texts] == [
            ("07700900123", f"Early release: act now {end}"),
            ("07700900123", f"Early release: no decision yet {end}"),
        ]

    def test_while_one_awaits_a_decision_others_of_the_producer_cause_no_text_message(self, early, settings):
        settings.NOTIFY_TEXT_TEMPLATE = "a template"
        ContactFactory(producer=early.office.producer, user=early.office.head, telephone="07700 900123")
        confirm_numbers(early.office.head, ["07700900123"], shown=[])
        another = create_release(early.office, reference="another")
        find_early(early.office, another)
        self.notified_at(1)
        assert Message.objects.filter(channel=Channel.MAIL).count() == 4
        texts = Message.objects.filter(channel=Channel.TEXT)
        assert [one.event for one in texts] == [f"early-release-{early.suspicion.pk}"]

    def test_the_time_between_reminders_is_a_setting_and_an_outage_causes_one(self, early, settings):
        settings.EARLY_RELEASE_REMINDER = timedelta(minutes=4)
        self.notified_at(0)
        assert self.notified_at(13) == {f"early-release-{early.suspicion.pk}-reminder-3"}

    def test_a_decision_ends_them(self, early):
        self.notified_at(0)
        record_decision(early.suspicion, Choice.TAKE_DOWN, by=early.office.head, at=FOUND_AT, seen=0)
        assert self.notified_at(15) == set()

    def test_they_end_when_the_release_no_longer_counts_as_early(self, early):
        self.notified_at(0)
        Verification.objects.filter(suspicions=early.suspicion).update(outcome=Outcome.PENDING)
        assert self.notified_at(15) == set()

    def test_the_due_time_ends_them_also_if_the_date_was_moved(self, early):
        self.notified_at(0)
        scheduling.change_date(
            Release.objects.get(pk=early.release.pk),
            to=slot_at(SEED_DUE + timedelta(days=7)),
            reason="The data are checked again.",
            by=early.office.head,
            at=FOUND_AT + timedelta(minutes=1),
        )
        assert self.notified_at(18) == {f"early-release-{early.suspicion.pk}-reminder-1"}
        assert self.notified_at(45) == set()

    def test_a_contact_who_was_named_since_is_reminded_and_one_who_left_is_not(self, early):
        self.notified_at(0)
        contact = early.office.people[Role.PUBLISHING_TEAM]
        name_contact(early.office.producer, contact, by=early.office.head, at=FOUND_AT, seen=0)
        early.office.deputy.memberships.all().delete()
        self.notified_at(15)
        reminded = Message.objects.filter(event__contains="-reminder-").values_list("recipient", flat=True)
        assert set(reminded) == {early.office.head.email, contact.email}


def test_a_release_that_was_published_by_a_statement_needs_no_check_any_more(early):
    release = move_to_quarter_past(early)
    add_checks(release, *(("live", at) for at in range(-900, -775, 5)))
    now = SEED_DUE - timedelta(minutes=10)
    statements.record_live_time(release, live_at=now - timedelta(minutes=5), by=early.office.head, at=now)
    outbox.create_missing(now=now)
    assert not Message.objects.filter(event__startswith="needs-checking-").exists()

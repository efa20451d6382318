"""Who is notified of an early release, of what, and when everyone else is (issue I, section 1; decision 73)."""

from datetime import timedelta

import pytest

from breaches import drafting
from releases.early_findings import name_contact
from releases.rules.lifecycle import Role
from statsoffice.notifications import outbox
from statsoffice.notifications.html import render_html
from statsoffice.notifications.models import Channel, Message, Preference
from tests.support.early_release import FOUND_AT, SECRETS, create_early_release, publish
from tests.support.factories import SEED_DUE, UserFactory
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

"""Who is notified of a change of date that waits, and of its decision: once, by reference and link alone (C12)."""

from datetime import date, timedelta

import pytest

from releases import date_changes, scheduling
from releases.models import Release
from releases.rules.lifecycle import Role
from statsoffice import jobs
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from tests.support.date_requests import LATER, NOW, create_head, load_request, person, request_date
from tests.support.factories import ReleaseFactory, london_slot

pytestmark = pytest.mark.django_db


def told(now=LATER):
    """Create the due messages, and return all messages by recipient."""
    outbox.create_missing(now=now)
    return {message.recipient: message for message in Message.objects.order_by("pk")}


def takes_part(contact, user):
    """Let a contact of a series be someone with an account."""
    contact.user = user
    contact.save()


def test_those_who_may_agree_are_notified_of_a_new_request_once():
    release = ReleaseFactory(announced=True, title="Schools in 2020")
    leads = [create_head(release), person(release, Role.DEPUTY)]
    for role in (Role.STATISTICIAN, Role.AUDITOR):
        person(release, role)
    person(release, Role.DEPUTY).memberships.update(
        producer=ReleaseFactory(announced=True, reference="b").series.producer
    )
    person(release, Role.DEPUTY, is_active=False)
    request_date(release, reason="The survey came in late.")
    messages = told()
    assert set(messages) == {lead.email for lead in leads}
    told(LATER + timedelta(hours=1))
    assert Message.objects.count() == 2


def test_a_message_carries_the_announced_title_and_a_link_and_nothing_of_the_dates_or_the_reason():
    release = ReleaseFactory(announced=True, title="Schools in 2020", reference="schools-2020")
    head = create_head(release)
    request = request_date(release, reason="The survey came in late.")
    waits = told()[head.email]
    assert waits.subject == "Date change awaiting decision: Schools in 2020"
    assert "/changes/waiting/" in waits.text
    date_changes.refuse_date_change(request, reason="It can still be done.", by=head, at=LATER)
    answer = told()[request.requested_by.email]
    assert answer.subject == "Result of your date change request: Schools in 2020"
    assert "/releases/schools-2020/#date-request" in answer.text
    for message in (waits, answer):
        for secret in ("July", "June", "survey", "can still be done", "refused"):
            assert secret not in message.subject + message.text


@pytest.mark.parametrize("decision", ["agreed", "refused", "lapsed"])
def test_who_asked_is_notified_once_that_there_is_an_answer(decision):
    release = ReleaseFactory(announced=True)
    request, head = request_date(release), create_head(release)
    told()
    if decision == "agreed":
        date_changes.agree_to_date_change(request, by=head, at=LATER)
    elif decision == "refused":
        date_changes.refuse_date_change(request, reason="No", by=head, at=LATER)
    else:
        to = london_slot(date(2020, 7, 2))
        scheduling.change_date(release, to=to, reason="Late data", by=head, at=LATER)
        date_changes.lapse_overtaken(now=LATER)
    assert load_request().state == decision
    told()
    assert request.requested_by.email in told()
    assert Message.objects.count() == 2


def test_who_withdrew_a_request_gets_no_notification_and_neither_is_anyone_of_one_that_was_overtaken_at_once():
    release = ReleaseFactory(announced=True)
    request, head = request_date(release), create_head(release)
    date_changes.withdraw_date_change(request, by=request.requested_by, at=NOW)
    assert told() == {}
    request_date(release)
    scheduling.cancel_release(Release.objects.get(), reason="Not needed", by=head, at=NOW)
    assert told() == {}


def test_who_has_left_gets_no_notification():
    release = ReleaseFactory(announced=True)
    request, head = request_date(release), create_head(release)
    request.requested_by.is_active = False
    request.requested_by.save()
    date_changes.agree_to_date_change(request, by=head, at=LATER)
    assert told() == {}


def test_a_rehearsal_is_said_to_be_one_and_notifies_only_those_who_may_agree_and_take_part():
    release = ReleaseFactory(confirmed=True, rehearsal=True)
    head, statistician = create_head(release), person(release, Role.STATISTICIAN)
    person(release, Role.DEPUTY)
    takes_part(release.series.head_of_profession, head)
    takes_part(release.series.responsible, statistician)
    request_date(release)
    ((recipient, message),) = told().items()
    assert recipient == head.email
    assert message.subject.startswith("Rehearsal: ")
    assert message.text.startswith("This is a rehearsal")


def test_the_tick_that_delivers_ends_what_was_overtaken_and_tells_the_person_who_asked(monkeypatch, mailoutbox):
    release = ReleaseFactory(announced=True)
    request, head = request_date(release), create_head(release)
    scheduling.cancel_release(release, reason="Not needed", by=head, at=NOW)
    monkeypatch.setattr(jobs.CLOCK, "now", lambda: LATER, raising=False)
    jobs.deliver()
    assert load_request().state == "lapsed"
    assert [mail.to for mail in mailoutbox if "date change request" in mail.subject] == [[request.requested_by.email]]

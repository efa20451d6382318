"""Who is notified of a request for a change of an access list, and of its answer: once, by reference and link."""

from datetime import timedelta

import pytest

from releases import pre_release_access
from releases.rules.lifecycle import Role
from statsoffice import jobs
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from tests.support.factories import (
    ContactFactory,
    ReleaseFactory,
    SeriesFactory,
    create_member,
)
from tests.support.pre_release_lists import EMAIL, MINISTER, PERSON, SHORTLY_BEFORE, asked, granted, someone

pytestmark = pytest.mark.django_db

NOW = SHORTLY_BEFORE + timedelta(minutes=1)


@pytest.fixture
def release(office):
    return ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer), title="A secret title")


def told(now=NOW):
    """Create the due messages, and return all messages by recipient."""
    outbox.create_missing(now=now)
    return {message.recipient: message for message in Message.objects.order_by("pk")}


def test_the_head_of_profession_and_the_deputies_are_notified_of_a_request_once(office, release):
    create_member(Role.DEPUTY, office.producer, is_active=False)
    create_member(Role.HEAD_OF_PROFESSION, ReleaseFactory(announced=True, reference="of-others").series.producer)
    asked(release, by=office.statistician)
    assert set(told()) == {office.head.email, office.deputy.email}
    told(NOW + timedelta(hours=1))
    assert Message.objects.count() == 2


def test_each_request_has_its_own_notification(office, release):
    entry = granted(release, by=office.statistician)
    pre_release_access.withdraw_access(entry, by=office.statistician, at=SHORTLY_BEFORE, expected_version=1)
    asked(release, someone(), by=office.statistician)
    told()
    assert Message.objects.filter(recipient=office.head.email).count() == 2


def test_what_needs_no_agreement_notifies_no_one(office, release):
    granted(release, by=office.statistician)
    granted(release, someone(), by=office.head, at=SHORTLY_BEFORE)
    assert told() == {}


def test_a_message_carries_the_announced_title_and_a_link_and_nothing_of_the_list(office, release):
    request = asked(release, by=office.statistician)
    waits = told()[office.head.email]
    assert waits.subject == f"Pre-release access awaiting decision: {release.title}"
    assert f"/releases/{release.reference}/pre-release-access/list/" in waits.text
    pre_release_access.decide_request(request, "refuse", by=office.head, at=NOW)
    answer = told()[office.statistician.email]
    assert answer.subject == f"Pre-release access decided: {release.title}"
    assert f"/releases/{release.reference}/pre-release-access/list/" in answer.text
    for message in (waits, answer):
        for secret in (MINISTER.post, MINISTER.organisation, PERSON, EMAIL, "Parliament", "refused"):
            assert secret not in message.subject + message.text


@pytest.mark.parametrize("decision", ["agree", "refuse"])
def test_who_asked_is_notified_once_that_there_is_an_answer(office, release, decision):
    request = asked(release, by=office.statistician)
    told()
    pre_release_access.decide_request(request, decision, by=office.head, at=NOW)
    told()
    told()
    assert Message.objects.filter(recipient=office.statistician.email).count() == 1


def test_a_request_that_was_taken_back_notifies_no_one(office, release):
    request = asked(release, by=office.statistician)
    pre_release_access.decide_request(request, "take_back", by=office.statistician, at=NOW)
    assert told() == {}


def test_a_request_of_a_rehearsal_notifies_only_those_who_may_agree_and_take_part(office):
    series = SeriesFactory(producer=office.producer)
    series.deputies.add(ContactFactory(producer=office.producer, user=office.deputy))
    series.publishing_contacts.add(ContactFactory(producer=office.producer, user=office.people[Role.PUBLISHING_TEAM]))
    asked(ReleaseFactory(confirmed=True, series=series, rehearsal=True), by=office.statistician)
    ((recipient, message),) = told().items()
    assert recipient == office.deputy.email
    assert message.subject.startswith("Rehearsal: ")
    assert message.text.startswith("This is a rehearsal")


def test_what_is_old_is_no_news(office, release):
    asked(release, by=office.statistician)
    assert told(SHORTLY_BEFORE + timedelta(days=8)) == {}


def test_the_tick_delivers_it_to_a_mail_server(office, release, monkeypatch, mailbox):
    asked(release, by=office.statistician)
    monkeypatch.setattr(jobs.CLOCK, "now", lambda: NOW, raising=False)
    jobs.deliver()
    assert set(mailbox.recipients) == {office.head.email, office.deputy.email}
    assert len(mailbox.mails) == 2

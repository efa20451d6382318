"""Who is notified that monitoring fails, and in which words: operators, and those whose releases are near (V18)."""

from datetime import timedelta

import pytest

from releases.models import Contact
from releases.rules.lifecycle import Role
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from statsoffice.self_monitoring.models import Incident
from statsoffice.self_monitoring.status import Problem, Trouble
from tests.support.factories import (
    SEED_DUE,
    ContactFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
)

pytestmark = pytest.mark.django_db

NOW = SEED_DUE - timedelta(hours=20)


def an_alarm(*, at=NOW, ended_at=None):
    problem = Problem(Trouble.CANARY_WRONG, at, "on_time", "cannot_tell")
    return Incident.objects.create(
        began_at=at - timedelta(minutes=3),
        observed_at=at,
        alarmed_at=at,
        ended_at=ended_at,
        is_open=ended_at is None,
        why=[problem.as_json()],
    )


def recipients():
    return set(Message.objects.values_list("recipient", flat=True))


def test_operators_are_notified_even_if_nothing_is_due(settings):
    settings.OPERATORS = ["operator@example.gov.uk"]
    an_alarm()
    assert outbox.create_missing(now=NOW) == 1
    assert recipients() == {"operator@example.gov.uk"}


def test_those_who_lead_or_keep_the_calendar_of_what_is_due_within_a_day_are_notified():
    release = ReleaseFactory(announced=True)
    series = release.series
    series.deputies.add(ContactFactory(producer=series.producer))
    people = [create_member(role, series.producer) for role in Role]
    told_roles = {Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.CALENDAR_MANAGER}
    an_alarm()
    outbox.create_missing(now=NOW)
    by_role = {person.email for person, role in zip(people, Role, strict=True) if role in told_roles}
    assert recipients() == by_role | {series.head_of_profession.email, series.deputies.get().email}


@pytest.mark.parametrize(
    ("state", "at"),
    [
        pytest.param({"announced": True}, SEED_DUE - timedelta(hours=25), id="due later"),
        pytest.param({"announced": True}, SEED_DUE + timedelta(hours=25), id="due long ago"),
        pytest.param({}, NOW, id="provisional"),
        pytest.param({"confirmed": True, "rehearsal": True}, NOW, id="a rehearsal"),
    ],
)
def test_those_with_nothing_to_be_checked_for_within_a_day_are_not_notified(state, at):
    create_member(Role.HEAD_OF_PROFESSION, ReleaseFactory(**state).series.producer)
    an_alarm(at=at)
    assert outbox.create_missing(now=at) == 0


def test_those_whose_release_is_due_and_was_not_seen_yet_are_notified():
    release = ReleaseFactory(announced=True)
    an_alarm(at=SEED_DUE + timedelta(minutes=5))
    outbox.create_missing(now=SEED_DUE + timedelta(minutes=5))
    assert recipients() == {release.series.head_of_profession.email}


def test_an_account_that_was_closed_is_not_notified():
    series = SeriesFactory()
    ReleaseFactory(announced=True, series=series)
    Contact.objects.filter(pk=series.head_of_profession.pk).update(user=UserFactory(is_active=False))
    create_member(Role.CALENDAR_MANAGER, series.producer, is_active=False)
    an_alarm()
    assert outbox.create_missing(now=NOW) == 0


def test_the_message_says_what_is_wrong_and_what_to_do_and_names_no_release():
    release = ReleaseFactory(announced=True)
    an_alarm()
    outbox.create_missing(now=NOW)
    (message,) = Message.objects.all()
    assert "was ‘cannot tell’. The expected result was ‘on time’." in message.text
    assert "check each release yourself when it is due" in message.text
    for secret in (release.title, release.reference, release.addresses.get().url):
        assert secret not in message.text + message.subject


def test_restored_notifies_those_who_had_the_alarm_and_to_no_one_else(settings):
    settings.OPERATORS = ["operator@example.gov.uk"]
    alarm = an_alarm()
    outbox.create_missing(now=NOW)
    settings.OPERATORS = ["operator@example.gov.uk", "newcomer@example.gov.uk"]
    ended_at = NOW + timedelta(minutes=10)
    Incident.objects.filter(pk=alarm.pk).update(is_open=False, ended_at=ended_at)
    assert outbox.create_missing(now=ended_at) == 1
    assert recipients() == {"operator@example.gov.uk"}
    restored = Message.objects.order_by("pk").last()
    assert "has been working again since 1:40pm on 29 June 2020" in restored.text


def test_the_end_of_an_illness_of_more_than_a_week_is_said_once(settings):
    settings.OPERATORS = ["operator@example.gov.uk"]
    alarm, ended_at = an_alarm(), NOW + timedelta(days=8)
    outbox.create_missing(now=NOW)
    assert outbox.create_missing(now=ended_at) == 0, "it is not over yet"
    Incident.objects.filter(pk=alarm.pk).update(is_open=False, ended_at=ended_at)
    assert [outbox.create_missing(now=ended_at + timedelta(days=days)) for days in (0, 0, 6, 7)] == [1, 0, 0, 0]
    restored = Message.objects.order_by("pk").last()
    assert (restored.event, restored.recipient) == (f"watcher-restored-{alarm.pk}", "operator@example.gov.uk")


def test_the_end_of_an_illness_that_is_a_week_ago_is_no_news_and_neither_is_its_beginning(settings):
    settings.OPERATORS = ["operator@example.gov.uk"]
    alarm = an_alarm()
    outbox.create_missing(now=NOW)
    Incident.objects.filter(pk=alarm.pk).update(is_open=False, ended_at=NOW + timedelta(days=8))
    assert outbox.create_missing(now=NOW + timedelta(days=15)) == 0
    Message.objects.all().delete()
    outbox.create_missing(now=NOW + timedelta(days=8))
    assert not Message.objects.exists(), "no alarm long after it was raised"


def test_an_illness_that_alarmed_no_one_is_not_said_to_be_over(settings):
    settings.OPERATORS = ["operator@example.gov.uk"]
    Incident.objects.create(began_at=NOW, observed_at=NOW, ended_at=NOW, is_open=False)
    assert outbox.create_missing(now=NOW) == 0


def test_the_person_who_becomes_concerned_long_after_an_alarm_is_not_notified_of_it(settings):
    an_alarm()
    assert outbox.create_missing(now=NOW) == 0
    settings.OPERATORS = ["operator@example.gov.uk"]
    assert outbox.create_missing(now=NOW + timedelta(hours=1)) == 0

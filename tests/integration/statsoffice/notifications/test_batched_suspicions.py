"""Suspicions of one producer that come close together make one message (B18)."""

import re
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from django.urls import reverse

from breaches import drafting
from breaches.models import Report, Suspicion
from releases import judge
from releases.models import Contact
from releases.models.append_only import check_chain
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message, MessageRowRecord, NotifiedSuspicion
from statsoffice.notifications.notification import (
    QUIET,
    SETTLING,
    WINDOW,
    Notification,
    PendingItem,
    group_by_recipients,
    select_ready,
)
from statsoffice.notifications.outbox import RULES
from tests.support.factories import SEED_DUE, ContactFactory, ProducerFactory, ReleaseFactory, SeriesFactory
from tests.support.observations import create_observations
from tests.support.report_mornings import create_draft_about_a_part
from tests.support.shared_rows import shared_fixture

RAISED = SEED_DUE + timedelta(seconds=125)
PEOPLE = {"one@example.gov.uk", "two@example.gov.uk"}


@shared_fixture
def producer():
    return ProducerFactory(name="Office for Invented Numbers")


@shared_fixture
def series(producer):
    return SeriesFactory(producer=producer)


def suspect(series, number, *, at=RAISED):
    """Suspect one more release of a series, as of an instant."""
    release = ReleaseFactory(announced=True, series=series, reference=f"release-{number:02}", title=f"Release {number}")
    create_observations(release, "not_live", start=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(release, now=at)
    drafting.draft_missing(now=at)
    Suspicion.objects.filter(release=release).update(raised_at=at)
    return release


def told():
    """How many messages each person had."""
    suspicions = Message.objects.exclude(subject__contains="not assigned")
    recipients = list(suspicions.values_list("recipient", flat=True))
    return {recipient: recipients.count(recipient) for recipient in recipients}


@pytest.fixture
def no_other_news(monkeypatch):
    """Write news of suspicions alone: each of many ticks would ask for all the other kinds too."""
    monkeypatch.setattr(outbox, "RULES", [rule for rule in RULES if rule.template == "suspected_breach"])


@pytest.mark.django_db
@pytest.mark.usefixtures("no_other_news")
def test_the_message_about_an_incomplete_release_does_not_say_that_a_page_is_a_file(producer):
    create_draft_about_a_part(producer)
    outbox.create_missing(now=SEED_DUE + timedelta(minutes=30))
    message = Message.objects.first()
    assert message.subject.startswith("Incomplete: ")
    assert " (London time). A required page or file was not live by the end of its tolerance." in message.text


@pytest.mark.django_db
@pytest.mark.usefixtures("no_other_news")
def test_six_suspicions_of_one_producer_make_one_message_for_each_person(series):
    releases = [suspect(series, number, at=RAISED + timedelta(milliseconds=700 * number)) for number in range(6)]
    for seconds in (*range(0, 90, 10), *range(90, 1200, 60)):
        outbox.create_missing(now=RAISED + timedelta(seconds=seconds))
    assert told() == dict.fromkeys(Contact.objects.values_list("email", flat=True), 1)
    message = Message.objects.first()
    assert message.subject == "6 suspected breaches: Office for Invented Numbers"
    for release in releases:
        assert message.text.count(f"{release.title} was due at 9:30am on 30 June 2020") == 1
    assert reverse("breaches:report_list") in message.text
    assert f"/reports/join/{series.producer.slug}/2020-06-30/" in message.text
    # The publishing team gets this message too, and cannot combine reports.
    who = "a statistician, the Head of Profession or a deputy can combine them into one report:"
    assert who in " ".join(message.text.split())
    assert NotifiedSuspicion.objects.values("suspicion").distinct().count() == 6


@pytest.mark.django_db
@pytest.mark.usefixtures("no_other_news")
def test_those_of_a_quarter_of_an_hour_are_notified_at_most_twice_if_they_keep_coming(series):
    for seconds in (*range(0, 600, 25), *range(600, 1200, 100)):
        number, rest = divmod(seconds, 50)
        if not rest and number < 6:
            suspect(series, number, at=RAISED + timedelta(seconds=seconds))
        outbox.create_missing(now=RAISED + timedelta(seconds=seconds))
    assert set(told().values()) == {2}
    suspicions = Message.objects.exclude(subject__contains="not assigned")
    texts = list(suspicions.order_by("created_at").values_list("subject", flat=True).distinct())
    first = Report.objects.get(suspicions__release__reference="release-00")
    assert texts == [
        f"Late: Release 0, due 9:30am ({first.number})",
        "5 suspected breaches: Office for Invented Numbers",
    ]


@pytest.mark.django_db
def test_a_single_suspicion_causes_a_notification_within_seconds_as_before(series):
    suspect(series, 1)
    assert outbox.create_missing(now=RAISED + SETTLING - timedelta(seconds=1)) == 0
    assert outbox.create_missing(now=RAISED + SETTLING) == 2
    message = Message.objects.first()
    assert message.subject == f"Late: Release 1, due 9:30am ({Report.objects.get().number})"
    assert reverse("breaches:report", args=[Report.objects.get().reference]) in message.text
    assert f"\n\nProducer: {series.producer}\n\n" in message.text
    assert re.findall(r"^(\d)\. (\w+)", message.text, re.MULTILINE) == [("1", "If"), ("2", "Sign"), ("3", "Assign")]


@pytest.mark.django_db
def test_each_person_reads_of_the_releases_that_concern_them_and_of_no_others(producer, series):
    other = SeriesFactory(producer=producer, head_of_profession=series.head_of_profession)
    suspect(series, 1)
    suspect(other, 2)
    outbox.create_missing(now=RAISED + SETTLING)
    assert set(told().values()) == {1}
    texts = {message.recipient: message.text for message in Message.objects.all()}
    assert "Release 2" not in texts[series.responsible.email]
    assert "Release 1" not in texts[other.responsible.email]
    assert all(f"Release {number}" in texts[series.head_of_profession.email] for number in (1, 2))


@pytest.mark.django_db
def test_a_person_who_was_not_notified_yet_does_not_wait_for_the_minute(producer, series):
    suspect(series, 1)
    outbox.create_missing(now=RAISED + SETTLING)
    other = SeriesFactory(producer=producer)
    suspect(other, 2, at=RAISED + timedelta(seconds=20))
    outbox.create_missing(now=RAISED + timedelta(seconds=20) + SETTLING)
    assert told()[other.responsible.email] == 1


@pytest.mark.django_db
def test_two_producers_have_messages_of_their_own(series):
    other = SeriesFactory(responsible=None)
    other.head_of_profession = ContactFactory(producer=other.producer, email=series.head_of_profession.email)
    other.save()
    suspect(series, 1)
    suspect(other, 2)
    outbox.create_missing(now=RAISED + SETTLING)
    assert told()[series.head_of_profession.email] == 2


@pytest.mark.django_db
def test_two_suspicions_of_one_release_lead_to_its_report(series):
    release = suspect(series, 1)
    first = Suspicion.objects.get()
    Suspicion.objects.create(
        release=release,
        schedule_version=1,
        kind="partial",
        verification=first.verification,
        raised_at=RAISED,
        report=first.report,
    )
    outbox.create_missing(now=RAISED + SETTLING)
    message = Message.objects.first()
    assert message.subject == f"Suspected breach: Release 1, due 9:30am ({Report.objects.get().number})"
    assert first.report.reference in message.text
    assert "/join/" not in message.text


@pytest.mark.django_db
def test_a_suspicion_that_was_notified_before_messages_named_several_is_not_notified_again(series):
    suspect(series, 1)
    Message.objects.create(
        event=f"suspected-breach-{Suspicion.objects.get().pk}",
        recipient="head@example.gov.uk",
        created_at=RAISED,
        due_at=RAISED,
    )
    assert outbox.create_missing(now=RAISED + SETTLING) == 0


# Two processes at the same time


def let_another_process_be_first(monkeypatch, act):
    """Let another process do something after this process has read what is new, and before it writes messages of it.

    :param act: a function that gets the rule, the notifications that this process is about to write, and `_write`.
    """
    write = outbox._write

    def write_second(rule, notifications, *, now):
        monkeypatch.setattr(outbox, "_write", write)
        act(rule, notifications, write)
        return write(rule, notifications, now=now)

    monkeypatch.setattr(outbox, "_write", write_second)


@pytest.mark.django_db
@pytest.mark.both_databases
@pytest.mark.usefixtures("no_other_news")
def test_of_two_processes_that_group_different_suspicions_only_one_notifies(series, monkeypatch):
    suspect(series, 1)
    suspect(series, 2)
    now = RAISED + SETTLING

    def notify_of_three(_rule, _notifications, _write):
        suspect(series, 3)
        assert outbox.create_missing(now=now) == 2

    let_another_process_be_first(monkeypatch, notify_of_three)
    assert outbox.create_missing(now=now) == 0
    assert told() == dict.fromkeys(Contact.objects.values_list("email", flat=True), 1)
    assert NotifiedSuspicion.objects.count() == NotifiedSuspicion.objects.values("suspicion").distinct().count() == 3
    assert outbox.create_missing(now=now + WINDOW) == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("no_other_news")
def test_those_that_the_other_process_did_not_notify_of_follow_in_a_later_run(series, monkeypatch):
    suspect(series, 1)
    suspect(series, 2)
    now = RAISED + SETTLING

    def notify_of_one(rule, notifications, write):
        first = Suspicion.objects.get(release__reference="release-01")
        (one,) = notifications
        assert write(rule, [replace(one, event=f"suspected-breach-{first.pk}", suspicions=[first])], now=now) == 2

    let_another_process_be_first(monkeypatch, notify_of_one)
    assert outbox.create_missing(now=now) == 0
    assert outbox.create_missing(now=RAISED + QUIET) == 2
    assert set(told().values()) == {2}
    assert set(NotifiedSuspicion.objects.values_list("suspicion__release__reference", "event")) == {
        (f"release-0{number}", f"suspected-breach-{Suspicion.objects.get(release__reference=f'release-0{number}').pk}")
        for number in (1, 2)
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
@pytest.mark.usefixtures("no_other_news")
def test_a_process_waits_for_another_that_has_not_committed_its_messages_yet(series, monkeypatch):
    suspect(series, 1)
    suspect(series, 2)
    now, record, written = RAISED + SETTLING, MessageRowRecord.record, []

    def create():
        try:
            written.append(outbox.create_missing(now=now))
        finally:
            connection.close()

    def record_while_another_writes(rows, **kwargs):
        monkeypatch.setattr(MessageRowRecord, "record", record)
        record(rows, **kwargs)
        other.start()
        other.join(timeout=2)
        assert other.is_alive(), "the other process does not wait"

    def suspect_a_third(_rule, _notifications, _write):
        suspect(series, 3)

    other = Thread(target=create)
    let_another_process_be_first(monkeypatch, suspect_a_third)
    monkeypatch.setattr(MessageRowRecord, "record", record_while_another_writes)
    assert outbox.create_missing(now=now) == 2
    other.join(timeout=60)
    assert written == [0]
    assert set(told().values()) == {1}
    assert check_chain(MessageRowRecord)[1] is None


def test_all_notifications_about_the_same_suspicion_are_in_the_same_batch(monkeypatch):
    monkeypatch.setattr(outbox, "BATCH_SIZE", 2)

    def about(producer, *keys):
        suspicions = [Suspicion(pk=key) for key in keys]
        return Notification(event=str(keys), recipients=frozenset(), of_producer=producer, suspicions=suspicions)

    groups = [about(1, 1), about(1, 1, 4), about(1, 2), about(1, 4), about(2, 5), about(2, 5, 6)]
    others = [about(3), about(3), about(3)]
    assert list(outbox._batches([*groups, *others])) == [groups[:4], groups[4:], others[:2], others[2:]]


# The suspicions in the message of now


def untold(key, seconds, *recipients):
    return PendingItem(key, RAISED + timedelta(seconds=seconds), frozenset(recipients or PEOPLE))


@pytest.mark.parametrize(
    ("raised", "lately", "after", "keys"),
    [
        ((0, 2, 9), (), SETTLING, [0, 1, 2]),
        ((0, 2, 9), (), SETTLING - timedelta(seconds=1), []),
        ((0, 30), PEOPLE, QUIET + timedelta(seconds=29), []),
        ((0, 30), PEOPLE, QUIET + timedelta(seconds=30), [0, 1]),
        (range(0, 900, 50), PEOPLE, WINDOW - timedelta(seconds=1), []),
        (range(0, 900, 50), PEOPLE, WINDOW, list(range(18))),
        ((), PEOPLE, WINDOW, []),
    ],
    ids=["settled", "settling", "not quiet", "quiet", "in the window", "end of the window", "none"],
)
def test_what_is_notified_now_follows_from_what_was_raised_and_notified(raised, lately, after, keys):
    waiting = [untold(key, seconds) for key, seconds in enumerate(raised)]
    assert [one.key for one in select_ready(waiting, notified_lately=lately, now=RAISED + after)] == keys


def test_what_no_one_can_be_notified_of_waits_and_holds_nothing_back():
    nobody = PendingItem(1, RAISED, frozenset())
    assert select_ready([nobody, untold(2, 0)], notified_lately=(), now=RAISED + SETTLING) == [untold(2, 0)]


def test_people_who_are_notified_of_the_same_suspicions_share_a_message():
    one, two = "one@example.gov.uk", "two@example.gov.uk"
    assert group_by_recipients([untold(1, 0, one, two), untold(2, 0, two), untold(3, 0, one, two)]) == {
        (1, 2, 3): frozenset({two}),
        (1, 3): frozenset({one}),
    }

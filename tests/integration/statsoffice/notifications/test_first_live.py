"""Who is notified that a release suspected to be late was seen live: those notified of the suspicion, once (V2)."""

from datetime import timedelta

import pytest

from breaches import drafting
from breaches.models import Report
from releases import judge
from releases.models import Contact, Release
from statsoffice import jobs
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from statsoffice.notifications.notification import SETTLING
from statsoffice.notifications.outbox import RULES
from tests.integration.statsoffice.notifications.test_batched_suspicions import let_another_process_be_first
from tests.support.factories import SEED_DUE, ContactFactory, ReleaseFactory, SeriesFactory, UserFactory
from tests.support.observations import create_observations
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

SUSPECTED = SEED_DUE + timedelta(minutes=3)
SEEN = SEED_DUE + timedelta(minutes=57)
# An answer takes a moment; then the news waits for what else comes back at once.
SETTLED = SEEN + timedelta(seconds=2) + SETTLING


def seen(release, result, *, at):
    """Check a release once, judge it and draft its report."""
    create_observations(release, result, start=at)
    judge.judge_one(release, now=at + timedelta(seconds=1))
    drafting.draft_missing(now=at + timedelta(seconds=1))


def suspected(release):
    seen(release, "not_live", at=SEED_DUE + timedelta(seconds=120))
    return release


def told(now=SETTLED):
    """Create the due messages and return who was notified that a release was seen live."""
    outbox.create_missing(now=now)
    return {message.recipient: message for message in Message.objects.filter(subject__contains="Now live")}


def test_the_person_who_was_notified_of_the_suspicion_is_notified_once_and_no_one_else(release):
    told(SUSPECTED)
    heard = set(Message.objects.values_list("recipient", flat=True))
    release.series.deputies.add(ContactFactory(producer=release.series.producer))
    seen(release, "live", at=SEEN)
    assert set(told()) == heard
    assert len(heard) == 2
    told(SEEN + timedelta(days=6))
    assert Message.objects.exclude(subject__startswith="Suspected breach not").count() == 4


def test_while_nothing_was_seen_no_one_is_notified_that_it_was(release):
    assert told(SUSPECTED) == {}


def test_where_both_are_notified_only_afterwards_the_suspicion_comes_first(release):
    seen(release, "live", at=SEEN)
    told()
    heard = Message.objects.filter(subject__startswith="Late: ").values_list("recipient", flat=True)
    assert set(told()) == set(heard)
    subjects = [message.subject[:8] for message in Message.objects.order_by("pk")]
    assert [subject for subject in subjects if subject != "Suspecte"] == ["Late: St"] * 2 + ["Now live"] * 2


def test_a_release_that_the_record_no_longer_shows_to_be_late_is_not_notified_as_such(release):
    told(SUSPECTED)
    release.verifications.update(outcome="uncertain", first_live_at=SEEN)
    assert told() == {}


def test_it_names_the_announced_title_the_report_and_when_it_was_found_live_and_no_address():
    release = suspected(ReleaseFactory(announced=True, title="A secret title"))
    told(SUSPECTED)
    seen(release, "live", at=SEEN)
    message = next(iter(told().values()))
    assert message.subject == f"Now live: {release.title} ({Report.objects.get().number})"
    assert f"/reports/{Report.objects.get().reference}/" in message.text
    # The response came one second after the check.
    assert "It is live now. It was first found live at 10:27:01am." in " ".join(message.text.split())
    assert f"\n\nProducer: {release.series.producer}\n\n" in message.text
    for secret in ("9:30am", release.addresses.get().url):
        assert secret not in message.subject + message.text


def test_of_a_release_that_was_first_live_before_its_time_no_time_is_given(release):
    told(SUSPECTED)
    seen(release, "live", at=SEEN)
    # Its first live check was before it was taken down, so that is not when it came back.
    release.verifications.update(outcome="early")
    Release.objects.filter(pk=release.pk).update(status="published")
    for message in told().values():
        assert "It is live now." in message.text
        assert "first found live at" not in message.text


def test_of_a_rehearsal_those_are_notified_who_took_part_and_it_says_what_it_is():
    series = SeriesFactory()
    Contact.objects.filter(pk=series.responsible.pk).update(user=UserFactory())
    release = suspected(ReleaseFactory(confirmed=True, series=series, rehearsal=True))
    told(SUSPECTED)
    seen(release, "live", at=SEEN)
    ((recipient, message),) = told().items()
    assert recipient == series.responsible.email
    assert message.subject.startswith("Rehearsal: Now live")
    assert message.text.startswith("This is a rehearsal")


def test_the_tick_delivers_it_to_a_mail_server(release, monkeypatch, mailbox):
    seen(release, "live", at=SEEN)
    monkeypatch.setattr(jobs.CLOCK, "now", lambda: SETTLED, raising=False)
    for _ in range(3):
        jobs.deliver()
    subjects = sorted(mail["Subject"][:8] for mail in mailbox.mails)
    assert [subject for subject in subjects if subject != "Suspecte"] == ["Late: St"] * 2 + ["Now live"] * 2


@shared_fixture
def release():
    """A release that is suspected."""
    return suspected(ReleaseFactory(announced=True))


def several(number, series=None):
    """Releases of one series, suspected, with notifications of that."""
    series = series or SeriesFactory()
    releases = [
        suspected(
            ReleaseFactory(
                announced=True,
                series=series,
                reference=f"release-{one:02}",
                title=f"State-funded schools inspections and outcomes as at 31 March 2020, part {one}",
            )
        )
        for one in range(number)
    ]
    told(SUSPECTED)
    return releases


@pytest.fixture
def no_other_news(monkeypatch):
    """Write news of suspicions alone: each of many ticks would ask for all the other kinds too."""
    monkeypatch.setattr(
        outbox,
        "RULES",
        [rule for rule in RULES if rule.template in {"suspected_breach", "late_release_seen_live"}],
    )


@pytest.mark.usefixtures("no_other_news")
def test_releases_of_one_producer_that_come_back_together_make_one_message_for_each_person():
    releases = several(3)
    for number, release in enumerate(releases):
        seen(release, "live", at=SEEN + timedelta(milliseconds=900 * number))
    for seconds in (*range(0, 90, 10), *range(90, 1200, 60)):
        told(SEEN + timedelta(seconds=seconds))
    (subject,) = {message.subject for message in told().values()}
    assert subject == f"Now live: 3 releases of {releases[0].series.producer}"
    messages = Message.objects.filter(subject__contains="Now live")
    assert messages.count() == messages.values("recipient").distinct().count() == 2
    for release in releases:
        assert messages[0].text.count(f"- {release.title}, first found live at 10:27:0") == 1
    assert "/reports/\n" in messages[0].text


@pytest.mark.usefixtures("no_other_news")
def test_of_two_processes_that_group_different_releases_only_one_notifies(monkeypatch):
    *releases, third = several(3)
    for release in releases:
        seen(release, "live", at=SEEN)

    def notify_of_three(_rule, _notifications, _write):
        seen(third, "live", at=SEEN)
        assert outbox.create_missing(now=SETTLED) == 2

    let_another_process_be_first(monkeypatch, notify_of_three)
    assert outbox.create_missing(now=SETTLED) == 0
    messages = Message.objects.filter(subject__contains="Now live")
    assert messages.count() == messages.values("recipient").distinct().count() == 2
    assert all(third.title in message.text for message in messages)


@pytest.mark.usefixtures("no_other_news")
def test_what_keeps_coming_back_within_a_quarter_of_an_hour_is_notified_at_most_twice():
    releases = several(5)
    waiting = iter(releases)
    for seconds in (*range(0, 400, 25), *range(400, 1200, 100)):
        if seconds % 50 == 0 and (release := next(waiting, None)):
            seen(release, "live", at=SEEN + timedelta(seconds=seconds))
        told(SEEN + timedelta(seconds=seconds + 12))
    messages = Message.objects.filter(subject__contains="Now live")
    subjects = list(messages.order_by("created_at").values_list("subject", flat=True).distinct())
    first = Report.objects.get(suspicions__release__reference="release-00")
    assert subjects == [
        f"Now live: State-funded schools inspections and outcomes as at… ({first.number})",
        f"Now live: 4 releases of {releases[0].series.producer}",
    ]
    assert messages.count() == 4


def test_each_person_reads_of_the_releases_of_which_they_were_notified_and_of_no_others():
    series = SeriesFactory()
    other = SeriesFactory(producer=series.producer, head_of_profession=series.head_of_profession)
    first, second = [
        suspected(
            ReleaseFactory(
                announced=True, series=of, reference=f"release-of-{of.slug}", title=f"Inspections of {of.slug}"
            )
        )
        for of in (series, other)
    ]
    told(SUSPECTED)
    for release in (first, second):
        seen(release, "live", at=SEEN)
    found = {recipient: message.text for recipient, message in told().items()}
    assert second.title not in found[series.responsible.email]
    assert first.title not in found[other.responsible.email]
    assert all(release.title in found[series.head_of_profession.email] for release in (first, second))
    assert Message.objects.filter(subject__contains="Now live").count() == 3


def test_that_something_is_back_makes_no_news_of_a_suspicion_wait():
    back, _gone = several(2)
    seen(back, "live", at=SEEN)
    told()
    another = suspected(ReleaseFactory(announced=True, series=back.series, reference="another"))
    raised = SEEN + timedelta(minutes=1)
    another.suspicions.update(raised_at=raised)
    told(raised + SETTLING)
    number = another.suspicions.get().report.number
    assert Message.objects.filter(subject__startswith="Late: ", subject__endswith=f"({number})").count() == 2


def test_what_was_notified_one_by_one_before_is_not_notified_again(release):
    told(SUSPECTED)
    seen(release, "live", at=SEEN)
    event = f"live-at-last-{release.suspicions.get().pk}"
    Message.objects.create(event=event, recipient="head@example.gov.uk", subject="x", created_at=SEEN, due_at=SEEN)
    assert told() == {}

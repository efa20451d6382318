"""People are notified of a verdict that asks a person, as urgently as of a late release."""

from datetime import timedelta

import pytest

from releases import judge
from releases.models import Contact, Release, Series
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message, NotifiedVerdict
from statsoffice.notifications.notification import SETTLING
from tests.integration.statsoffice.notifications.test_batched_suspicions import let_another_process_be_first
from tests.support.factories import SEED_DUE, ProducerFactory, ReleaseFactory, SeriesFactory
from tests.support.observations import create_observation
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

JUDGED = SEED_DUE + timedelta(minutes=11)
ASK = "If you cannot do this, ask a statistician, the Head of Profession or a deputy."


@shared_fixture
def series() -> Series:
    return SeriesFactory(producer=ProducerFactory(name="Office for Invented Numbers"))


def unmonitored(series: Series, number: int = 1) -> Release:
    """A release that was checked once, ten minutes after it was due, and was not there."""
    release = ReleaseFactory(announced=True, series=series, reference=f"release-{number}", title=f"Release {number}")
    create_observation(release.addresses.get(), "not_live", at=SEED_DUE + timedelta(minutes=10))
    judge.judge_one(release, now=JUDGED)
    return release


def test_everyone_who_hears_of_a_late_release_is_notified_with_what_is_known(series):
    release = unmonitored(series)
    assert outbox.create_missing(now=JUDGED) == 0
    outbox.create_missing(now=JUDGED + SETTLING)
    assert set(Message.objects.values_list("recipient", flat=True)) == set(
        Contact.objects.values_list("email", flat=True)
    )
    message = Message.objects.first()
    assert message.subject == "Needs checking: Release 1"
    assert "Release 1 was due at 9:30am on 30 June 2020 (London time)." in message.text
    assert "Last found not live at 9:40:00am." in message.text
    assert (
        "No check shows whether it was live from 9:30:00am to 9:40:00am, so we do not record it as late."
        in message.text
    )
    assert f"/releases/{release.reference}/" in message.text
    # Not everyone who is notified can start a report.
    assert ASK in " ".join(message.text.split())


def test_no_one_is_notified_twice_and_several_releases_make_one_message(series):
    for number in range(3):
        unmonitored(series, number)
    for seconds in (0, 10, 15, 400):
        outbox.create_missing(now=JUDGED + timedelta(seconds=seconds))
    subjects = Message.objects.values_list("subject", flat=True)
    assert set(subjects) == {"3 releases need checking: Office for Invented Numbers"}
    assert len(subjects) == len(set(Message.objects.values_list("recipient", flat=True)))
    assert NotifiedVerdict.objects.values("verdict").distinct().count() == 3
    assert all(ASK in " ".join(text.split()) for text in Message.objects.values_list("text", flat=True))


def test_of_two_processes_that_group_different_verdicts_only_one_notifies(series, monkeypatch):
    unmonitored(series, 1)
    unmonitored(series, 2)

    def notify_of_three(_rule, _notifications, _write):
        unmonitored(series, 3)
        assert outbox.create_missing(now=JUDGED + SETTLING) == 2

    let_another_process_be_first(monkeypatch, notify_of_three)
    assert outbox.create_missing(now=JUDGED + SETTLING) == 0
    recipients = list(Message.objects.values_list("recipient", flat=True))
    assert sorted(recipients) == sorted(Contact.objects.values_list("email", flat=True))
    assert NotifiedVerdict.objects.count() == 3


def test_a_title_that_was_not_announced_is_not_written_into_the_message(series):
    release = unmonitored(series)
    Release.objects.filter(pk=release.pk).update(announced_at=None)
    outbox.create_missing(now=JUDGED + SETTLING)
    text = Message.objects.first().text
    assert "Release 1" not in text
    assert "release-1" in text


def test_a_release_that_is_on_time_or_late_is_not_one_to_check(series):
    release = ReleaseFactory(announced=True, series=series, reference="on-time")
    create_observation(release.addresses.get(), "not_live", at=SEED_DUE - timedelta(seconds=5))
    create_observation(release.addresses.get(), "live", at=SEED_DUE)
    judge.judge_one(release, now=JUDGED)
    outbox.create_missing(now=JUDGED + SETTLING)
    assert not Message.objects.exists()

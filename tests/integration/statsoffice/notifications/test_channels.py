"""By which channels news goes out: what a person or producer has chosen, else mail; a webhook besides."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from breaches.rules.lifecycle import ReportStatus
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Channel, Message, Preference, kind_of
from tests.integration.breaches.test_restricted import a_restricted_report
from tests.support.factories import ContactFactory, ProducerFactory, ReleaseFactory, SeriesFactory
from tests.support.notify_server import KEY, TEMPLATE
from tests.support.people import AT, REGULATOR, create_report, move_report
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _every_channel(settings):
    """Let the operator have set every channel up."""
    settings.NOTIFY_KEY, settings.NOTIFY_TEMPLATE = KEY, TEMPLATE
    settings.WEBHOOKS = {"press": "json://127.0.0.1:1/", "desk": "json://127.0.0.1:1/desk"}


@shared_fixture
def report(office):
    """A submitted report, of which no one was notified yet."""
    return create_report(office, ReportStatus.WITH_HOP)


def chooses(office, channel, person=None, webhook="", producer=None):
    Preference.objects.create(producer=producer or office.producer, person=person, channel=channel, webhook=webhook)


def told(kind="submitted", now=LATER):
    """Create the due messages, and return who was notified of a submitted report, and by which channels."""
    outbox.create_missing(now=now)
    return Counter(Message.objects.filter(event__startswith=f"report-{kind}").values_list("channel", "recipient"))


def test_who_has_chosen_nothing_is_notified_by_mail(office, report):
    assert told() == Counter([("mail", office.deputy.email), ("mail", office.head.email)])


def test_a_person_is_notified_by_what_they_chose_for_this_producer(office, report):
    chooses(office, Channel.NOTIFY, office.head)
    chooses(office, Channel.NOTIFY, office.deputy, producer=ProducerFactory())
    assert told() == Counter([("mail", office.deputy.email), ("notify", office.head.email)])


def test_a_person_may_choose_two_channels_and_is_notified_once_by_each(office, report):
    chooses(office, Channel.NOTIFY, office.head)
    chooses(office, Channel.MAIL, office.head)
    for _ in range(2):
        assert told() == Counter(
            [
                ("mail", office.deputy.email),
                ("mail", office.head.email),
                ("notify", office.head.email),
            ]
        )


def test_what_a_producer_chose_holds_for_the_person_who_has_no_choice_of_their_own(office, report):
    chooses(office, Channel.NOTIFY)
    chooses(office, Channel.MAIL, office.deputy)
    assert told() == Counter([("mail", office.deputy.email), ("notify", office.head.email)])


def test_a_channel_that_the_operator_has_not_set_up_is_not_used(office, report, settings):
    settings.NOTIFY_KEY, settings.WEBHOOKS = "", {}
    chooses(office, Channel.NOTIFY, office.head)
    chooses(office, Channel.WEBHOOK, webhook="press")
    assert told() == Counter([("mail", office.deputy.email), ("mail", office.head.email)])


def test_a_webhook_is_notified_once_for_all_and_no_one_is_notified_by_it_alone(office, report):
    chooses(office, Channel.WEBHOOK, webhook="press")
    chooses(office, Channel.WEBHOOK, office.head, webhook="press")
    chooses(office, Channel.WEBHOOK, office.head, webhook="desk")
    assert told() == Counter(
        [
            ("mail", office.deputy.email),
            ("mail", office.head.email),
            ("webhook", "desk"),
            ("webhook", "press"),
        ]
    )


def test_a_webhook_gets_the_reference_and_a_link_and_no_other_word(office, report):
    chooses(office, Channel.WEBHOOK, webhook="press")
    told()
    posted = Message.objects.get(channel=Channel.WEBHOOK, event__startswith="report-submitted")
    assert posted.subject == report.number
    assert posted.text == f"http://127.0.0.1:8000/reports/{report.reference}/"


def test_of_a_rehearsal_no_webhook_is_notified_and_who_takes_part_is(office):
    chooses(office, Channel.WEBHOOK, webhook="press")
    chooses(office, Channel.WEBHOOK, office.deputy, webhook="press")
    report = create_report(office, ReportStatus.WITH_HOP, rehearsal=True)
    series = report.suspicions.get().release.series
    series.deputies.add(ContactFactory(producer=office.producer, user=office.deputy))
    assert told() == Counter([("mail", office.deputy.email)])


def test_of_a_restricted_report_no_webhook_is_notified(office):
    chooses(office, Channel.WEBHOOK, webhook="press")
    leak = a_restricted_report(office, ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer)))
    move_report(leak, office, ReportStatus.WITH_HOP)
    assert told() == Counter([("mail", office.deputy.email), ("mail", office.head.email)])


def test_a_report_that_is_sent_goes_by_mail_with_its_document_whatever_was_chosen(office):
    chooses(office, Channel.NOTIFY)
    chooses(office, Channel.WEBHOOK, webhook="press")
    create_report(office, ReportStatus.SENT)
    assert told("sent") == Counter([("mail", REGULATOR)])


def test_messages_say_what_they_are_about(office, report):
    told()
    message = Message.objects.filter(event__startswith="report-submitted").first()
    assert (message.producer, message.report, message.release) == (office.producer, report, None)


def test_a_preference_is_kept_once_and_names_a_webhook_if_and_only_if_it_is_one(office):
    chooses(office, Channel.NOTIFY)
    for channel, webhook in ((Channel.NOTIFY, ""), (Channel.WEBHOOK, ""), (Channel.MAIL, "press"), ("post", "")):
        with pytest.raises(IntegrityError), transaction.atomic():
            chooses(office, channel, webhook=webhook)


def test_preferences_cost_one_query_for_all_news_of_a_kind(office):
    for number in range(3):
        create_report(office, ReportStatus.WITH_HOP, reference=f"release-{number}")
    with CaptureQueriesContext(connection) as queries:
        outbox.create_missing(now=LATER)
    assert Message.objects.filter(event__startswith="report-submitted-").count() == 6
    # Each kind is written separately, so that a fault in one does not delay another.
    kinds = {kind_of(event) for event in Message.objects.values_list("event", flat=True)}
    assert sum("outbox_preference" in query["sql"] for query in queries) == len(kinds)

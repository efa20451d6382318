"""Who is notified of a suspected breach: everybody concerned, once, whatever runs twice (V2, V14)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches import drafting
from breaches.models import Report
from releases import judge, scheduling
from releases.models import Contact, Release, Series
from releases.rules.calendar import Slot
from releases.rules.lifecycle import Role
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from statsoffice.notifications.notification import SETTLING, Notification
from statsoffice.notifications.outbox import RULES, Rule
from tests.support.factories import (
    SEED_DUE,
    ContactFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
)
from tests.support.observations import create_observations
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NOW = SEED_DUE + timedelta(minutes=3)
# The first message waits a moment for what else the same minute brings.
RAISED = NOW - SETTLING


def a_series():
    """A series with everybody who can be concerned; one of them answers for two things."""
    series = SeriesFactory()
    producer = series.producer
    series.publishing_contacts.add(ContactFactory(producer=producer), series.responsible)
    series.deputies.add(ContactFactory(producer=producer))
    return series


def suspect(release, *results):
    """Put checks on record that make a release suspected, and draft its report."""
    create_observations(release, *(results or ["not_live"]), start=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(release, now=RAISED)
    drafting.draft_missing(now=RAISED)
    return release


@shared_fixture
def series():
    return a_series()


@shared_fixture
def suspected(series):
    """A release of the series that is suspected."""
    return suspect(ReleaseFactory(announced=True, series=series))


@pytest.mark.both_databases
def test_everyone_concerned_gets_one_message_each(suspected):
    assert outbox.create_missing(now=NOW) == 4
    assert set(Message.objects.values_list("recipient", flat=True)) == set(
        Contact.objects.values_list("email", flat=True)
    )


def test_where_no_one_who_is_named_can_be_reached_the_leads_are_notified():
    series = SeriesFactory()
    gone = UserFactory(is_active=False)
    Contact.objects.update(user=gone)
    head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
    create_member(Role.STATISTICIAN, series.producer)
    suspect(ReleaseFactory(announced=True, series=series))
    outbox.create_missing(now=NOW)
    assert list(Message.objects.values_list("recipient", flat=True)) == [head.email]


def taken_up():
    """Let someone say that they are dealing with every suspected breach, so that no next contact is notified."""
    Report.objects.update(person_dealing=UserFactory(), dealing_since=NOW)


@pytest.mark.both_databases
def test_whatever_runs_twice_tells_no_one_twice(suspected):
    taken_up()
    outbox.create_missing(now=NOW)
    assert outbox.create_missing(now=NOW) == 0
    assert outbox.create_missing(now=NOW + timedelta(days=6)) == 0
    assert Message.objects.count() == 4


def test_a_release_that_is_not_seen_and_then_seen_late_is_suspected_once(suspected):
    release = suspected
    taken_up()
    outbox.create_missing(now=NOW)
    create_observations(release, "live", start=SEED_DUE + timedelta(minutes=10))
    judge.judge_one(release, now=NOW + timedelta(minutes=10))
    drafting.draft_missing(now=NOW + timedelta(minutes=10))
    assert release.verifications.get().outcome == "late"
    outbox.create_missing(now=NOW + timedelta(minutes=10))
    assert Message.objects.filter(subject__startswith="Late: ").count() == 4


@pytest.mark.both_databases
def test_a_contact_of_two_duties_whose_addresses_differ_in_case_gets_one_message():
    series = SeriesFactory()
    twin = ContactFactory(producer=series.producer, email=series.responsible.email.upper())
    series.deputies.add(twin)
    suspect(ReleaseFactory(announced=True, series=series))
    assert outbox.create_missing(now=NOW) == 2


def test_the_message_names_title_due_time_and_link_and_no_address_or_marker(suspected):
    release = suspected
    outbox.create_missing(now=NOW)
    message = Message.objects.first()
    assert release.title in message.text
    assert "9:30am on 30 June 2020" in message.text
    assert f"/reports/{Report.objects.get().reference}/" in message.text
    address = release.addresses.get()
    assert address.url not in message.text + message.subject
    assert address.marker not in message.subject


def test_the_title_of_a_release_that_is_not_announced_is_not_mailed():
    release = suspect(ReleaseFactory(confirmed=True, series=a_series(), title="Not known outside"))
    outbox.create_missing(now=NOW)
    message = Message.objects.first()
    assert "Not known outside" not in message.text + message.subject
    assert release.reference in message.text


def test_before_the_report_is_drafted_the_message_leads_to_the_release():
    release = ReleaseFactory(announced=True, series=a_series())
    create_observations(release, "not_live", start=SEED_DUE + timedelta(seconds=120))
    verification = judge.judge_one(release, now=NOW)
    release.suspicions.create(schedule_version=1, kind="late", verification=verification, raised_at=RAISED)
    assert outbox.create_missing(now=NOW) == 4
    assert f"/releases/{release.reference}/" in Message.objects.first().text
    assert Message.objects.first().subject.startswith("Late: State-funded schools")
    assert Message.objects.first().subject.endswith("…, due 9:30am")


@pytest.mark.parametrize("title", ["Rail punctuality", "Rail punctuality by region and operator " * 4, "Rail" * 40])
def test_a_subject_says_what_happened_and_its_title_is_cut_so_that_it_has_at_most_78_characters(title):
    suspect(ReleaseFactory(announced=True, series=a_series(), title=title))
    outbox.create_missing(now=NOW)
    subject, end = Message.objects.first().subject, f", due 9:30am ({Report.objects.get().number})"
    assert subject.startswith("Late: Rail")
    assert subject.endswith(end if len(title) < 20 else f"…{end}")
    assert len(subject) <= 78


def test_a_subject_has_the_reference_of_a_release_that_is_not_announced():
    suspect(ReleaseFactory(confirmed=True, series=a_series(), title="Not known outside", reference="rail-june"))
    outbox.create_missing(now=NOW)
    assert Message.objects.first().subject == f"Late: rail-june, due 9:30am ({Report.objects.get().number})"


def test_a_message_has_numbered_steps_and_ends_with_the_reason_why_a_person_gets_it(suspected):
    outbox.create_missing(now=NOW)
    text = Message.objects.first().text
    assert [line[:3] for line in text.splitlines() if line[:1].isdigit()] == ["1. ", "2. ", "3. "]
    body, _line, reason = text.partition("\n---\n\n")
    assert body
    assert reason.startswith("You get this email because you are a contact for the release")
    assert "To stop these emails, ask your calendar manager" in reason


def test_a_rehearsal_tells_only_contacts_with_an_account_and_says_that_it_is_one():
    series = a_series()
    member = ContactFactory(producer=series.producer, user=UserFactory())
    series.deputies.add(member)
    suspect(ReleaseFactory(confirmed=True, series=series, rehearsal=True, title="Rail: a practice", reference="rail"))
    assert outbox.create_missing(now=NOW) == 1
    message = Message.objects.get()
    assert message.recipient == member.email
    # A rehearsal is never public, and its title says nothing of a release.
    assert message.subject.startswith("Rehearsal: Late: Rail: a practice, due 9:30am")
    assert "This is a rehearsal" in message.text


def test_a_contact_whose_account_was_closed_is_not_notified():
    series = SeriesFactory()
    Contact.objects.filter(pk=series.responsible.pk).update(user=UserFactory(is_active=False))
    suspect(ReleaseFactory(announced=True, series=series))
    outbox.create_missing(now=NOW)
    assert Message.objects.get().recipient == series.head_of_profession.email


def test_what_happened_long_ago_is_no_news(suspected):
    assert outbox.create_missing(now=NOW + timedelta(days=7)) == 0


def test_a_release_on_time_tells_no_one():
    release = ReleaseFactory(announced=True, series=a_series())
    create_observations(release, "not_live", "live", start=SEED_DUE - timedelta(seconds=5))
    judge.judge_one(release, now=NOW)
    drafting.draft_missing(now=NOW)
    assert Release.objects.get().status == "published"
    assert outbox.create_missing(now=NOW) == 0


def test_a_series_without_contacts_breaks_nothing():
    series = SeriesFactory()
    Series.objects.update(responsible=None, head_of_profession=None)
    suspect(ReleaseFactory(announced=True, series=series))
    assert outbox.create_missing(now=NOW) == 0


def test_line_ends_in_a_title_or_reference_stay_out_of_headers_and_lines():
    release = suspect(ReleaseFactory(announced=True, series=a_series(), title="One\r\nBcc: all@example.gov.uk\nTwo"))
    Release.objects.filter(pk=release.pk).update(reference="one\r\nBcc: all@example.gov.uk")
    outbox.create_missing(now=NOW)
    message = Message.objects.first()
    assert "\n" not in message.subject
    assert "\r" not in message.subject
    assert "One Bcc: all@example.gov.uk Two was due" in message.text


def test_a_change_of_date_after_the_due_time_leaves_the_message_about_the_old_date(suspected):
    release = suspected
    head = UserFactory()
    head.memberships.create(producer=release.series.producer, role="head_of_profession")
    scheduling.change_date(
        release,
        to=Slot(on=(SEED_DUE + timedelta(days=1)).date(), at=release.planned_at),
        reason="Late data",
        by=head,
        at=NOW,
    )
    outbox.create_missing(now=NOW)
    assert "9:30am on 30 June 2020" in Message.objects.first().text


def test_the_number_of_queries_does_not_grow_with_what_was_notified_before(suspected, django_assert_num_queries):
    outbox.create_missing(now=NOW)
    # One for the known events and at least one for each rule.
    with django_assert_num_queries(27):
        outbox.create_missing(now=NOW)


@pytest.mark.both_databases
def test_telling_one_or_five_suspicions_takes_as_many_queries(suspected, django_assert_num_queries):
    outbox.create_missing(now=NOW)
    suspect(ReleaseFactory(announced=True, series=a_series(), reference="one"))
    with CaptureQueriesContext(connection) as few:
        assert outbox.create_missing(now=NOW) == 4
    series = a_series()
    for number in range(5):
        suspect(ReleaseFactory(announced=True, series=series, reference=f"other-{number}"))
    with django_assert_num_queries(len(few)):
        assert outbox.create_missing(now=NOW) == 4


@pytest.mark.parametrize("number", [7, len(RULES) - 1], ids=["one in between", "the last one"])
def test_a_fault_in_one_kind_of_news_keeps_back_no_other_and_is_raised_in_the_end(suspected, monkeypatch, number):

    def broken(*, known, now):
        yield Notification(event="sound", recipients=frozenset(["person@example.gov.uk"]))
        message = "one odd row"
        raise ValueError(message)

    rules = list(RULES)
    rules[number] = Rule({}, broken, "incident")
    monkeypatch.setattr(outbox, "RULES", rules)
    for _ in range(2):
        with pytest.raises(ExceptionGroup, match=f"1 of {len(rules)} kinds of notifications") as raised:
            outbox.create_missing(now=NOW)
        assert [str(fault) for fault in raised.value.exceptions] == ["one odd row"]
    assert Message.objects.filter(subject__startswith="Late: ").count() == 4

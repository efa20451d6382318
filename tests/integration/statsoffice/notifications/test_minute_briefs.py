"""A minute brief is sent once, to the people who lead, five seconds after the limit, by email and as a text message."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches import dispatches, drafting
from breaches.rules.lifecycle import ReportStatus
from releases import cover, judge, minute_briefs
from releases.cover import CoverPerson
from releases.models import Contact, MinuteBrief, Release, Training
from releases.publication_statements import StatedPublication, record_statement
from releases.rules.calendar import local_date
from statsoffice import jobs
from statsoffice.accounts.text_numbers import confirm_numbers
from statsoffice.notifications import outbox
from statsoffice.notifications.brief_queries import find_minute_briefs
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Channel, Message
from statsoffice.notifications.recipients import about_hidden_trainings
from tests.support.briefs import (
    BRIEFED,
    LIMIT,
    SECOND,
    due_release,
    found_live,
    make_brief,
    part_not_live,
    release_with_a_part_that_may_follow,
)
from tests.support.factories import SEED_DUE, ContactFactory
from tests.support.notify_server import KEY, TEMPLATE, TEXT_TEMPLATE, notify_stub
from tests.support.observations import create_observations
from tests.support.people import AT, create_office, move_report, write_sections
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

MOBILE = "07700 900123"


@shared_fixture
def office():
    office = create_office()
    for person, telephone in ((office.head, MOBILE), (office.deputy, "020 7946 0000"), (office.statistician, MOBILE)):
        ContactFactory(producer=office.producer, user=person, email=person.email, telephone=telephone)
        confirm_numbers(person, ["07700900123"], shown=[])
    return office


@pytest.fixture
def texted(settings):
    settings.ADDRESS = "https://office.example.gov.uk"
    settings.NOTIFY_KEY, settings.NOTIFY_TEMPLATE, settings.NOTIFY_TEXT_TEMPLATE = KEY, TEMPLATE, TEXT_TEMPLATE
    with notify_stub() as stub:
        settings.NOTIFY_ADDRESS = stub.address
        yield stub


def briefs(**fields):
    return Message.objects.filter(event__startswith="minute-brief-", **fields)


def test_the_brief_is_written_once_to_each_person_who_leads(office, series):
    due_release(series, "late", "not_live")
    due_release(series, "on-time", "live")
    due_release(series, "unchecked")
    brief = make_brief()
    for number in range(3):
        outbox.create_missing(now=BRIEFED + number * SECOND)
    assert {message.recipient for message in briefs()} == {office.head.email, office.deputy.email}
    assert briefs().count() == 2
    message = briefs()[0]
    assert message.subject == f"1 of 3 not live at 9:32am: {office.producer.name}"
    for part in (
        "1 of 3 releases was not live at 9:32am.",
        "We do not know whether one other release was live. Cause not known.",
        "Not live:\n\n- Release late\n\n",
        "Not known:\n\n- Release unchecked\n",
        "Live on time:\n\n- Release on-time\n",
        f"Call first:\n\n- {series.responsible.name}: 020 7946 0000\n",
        "which updates automatically. Check and post the notice to readers there: ",
        f"/briefs/{brief.pk}/",
    ):
        assert part in message.text
    assert "releases on www.example.gov.uk" not in message.text, "the same figures are above"
    assert "late." not in message.text


def test_the_publishers_own_statement_is_below_each_release_that_was_not_live(office, series):
    released = {name: due_release(series, name, "not_live") for name in ("late", "live-now")}
    for number, release in enumerate(released.values()):
        given = StatedPublication(uuid4(), "Publishing\nsystem", f"msg_{number}", release.reference, SEED_DUE + SECOND)
        record_statement(office.producer, given, at=SEED_DUE + 2 * SECOND)
    make_brief()
    found_live(released["live-now"], at=BRIEFED + SECOND)
    outbox.create_missing(now=BRIEFED + 2 * SECOND)
    stated = "Publishing system states that it published this at 9:30:01am."
    text = briefs()[0].text
    assert f"Not live:\n\n- Release late\n   {stated}\n" in text
    assert f"Now complete, but not on time:\n\n- Release live-now\n   {stated}\n" in text


def test_the_brief_says_when_the_next_decisions_are_due(office, series, settings):
    settings.ACKNOWLEDGED_WITHIN, settings.REPORT_DUE_AFTER = timedelta(minutes=10), 5
    due_release(series, "late", "not_live")
    make_brief()
    (notification,) = find_minute_briefs(known=(), now=BRIEFED)
    target = "7 July 2020: Target date for a decision on the report. This is your office’s own target."
    assert [f"{step.when}: {step.text}" for step in notification.context["steps"]] == [target], "not drafted yet"
    drafting.draft_missing(now=BRIEFED)
    outbox.create_missing(now=BRIEFED)
    assert (
        "What happens next:\n\n"
        "- 9:42am: If no one is assigned to the report by then, we remind the next contact.\n"
        f"- {target}\n\n"
        "What to do:"
    ) in briefs()[0].text


def test_the_brief_has_no_steps_for_a_report_that_was_sent_and_is_being_corrected(office, series):
    due_release(series, "late", "not_live")
    make_brief()
    (report,) = drafting.draft_missing(now=BRIEFED)
    sent = move_report(write_sections(report, by=office.statistician), office, ReportStatus.SENT)
    dispatches.send_correction(sent, notice="The time was wrong.", by=office.head, at=AT + timedelta(hours=1))
    (notification,) = find_minute_briefs(known=(), now=BRIEFED)
    assert notification.context["steps"] == []


def test_a_part_that_misses_its_own_limit_later_is_sent_once_more(office, series, mailbox, time_machine):
    release, other = due_release(series, "late", "not_live"), release_with_a_part_that_may_follow(series, "parts")
    limit = LIMIT + timedelta(minutes=15)

    def run_jobs(now):
        mailbox.mails.clear()
        for number in range(3):
            time_machine.move_to(now + number * SECOND, tick=False)
            jobs.brief()
            outbox.create_missing(now=now + number * SECOND, rules=[outbox.MINUTE_BRIEF_RULE])
        return sorted((mail["To"], mail["Subject"].partition(": ")[0]) for mail in mailbox.mails)

    leads = sorted([office.head.email, office.deputy.email])
    assert run_jobs(BRIEFED) == [(lead, "1 of 2 not live at 9:32am") for lead in leads]
    found_live(release, at=BRIEFED + SECOND)
    part_not_live(other, at=limit)
    subject = "2 of 2 not live or not complete at the end of their tolerance"
    assert run_jobs(limit + 5 * SECOND) == [(lead, subject) for lead in leads]
    assert run_jobs(limit + timedelta(hours=1)) == []
    assert briefs().count() == 4
    text = briefs().latest("pk").text
    assert "Incomplete:\n\n- Release parts\n" in text
    assert "Not live:" not in text
    assert "Now complete, but not on time:\n\n- Release late\n" in text


def test_the_brief_of_an_incomplete_release_goes_to_its_leads_and_names_it_in_the_text_message(office, series, texted):
    part_not_live(release_with_a_part_that_may_follow(series, "parts"), at=LIMIT + timedelta(minutes=15))
    now = LIMIT + timedelta(minutes=15, seconds=5)
    brief = make_brief(now=now)
    outbox.create_missing(now=now)
    assert set(briefs(channel=Channel.MAIL).values_list("recipient", flat=True)) == {
        office.head.email,
        office.deputy.email,
    }
    text = briefs(channel=Channel.MAIL)[0].text
    assert "The release was not complete at 9:47am." in text
    assert f"Call first:\n\n- {series.responsible.name}: 020 7946 0000\n" in text
    assert briefs(channel=Channel.TEXT).get().text == (
        f"1 of 1 not complete at 9:47am. Release parts. https://office.example.gov.uk/briefs/{brief.pk}/"
    )


def test_four_late_releases_take_no_more_queries_than_two(office, series):
    for name in ("late-1", "late-2"):
        due_release(series, name, "not_live")
    make_brief()
    with CaptureQueriesContext(connection) as of_two:
        (two,) = find_minute_briefs(known=(), now=BRIEFED)
    for name in ("late-3", "late-4"):
        due_release(series, name, "not_live")
    with CaptureQueriesContext(connection) as of_four:
        (four,) = find_minute_briefs(known=(), now=BRIEFED)
    assert (len(of_four), four.recipients) == (len(of_two), two.recipients)


def test_the_job_makes_the_brief_and_sends_it_at_once_and_a_crash_between_both_loses_nothing(
    office, series, mailbox, time_machine, monkeypatch
):
    due_release(series, "late", "not_live")
    time_machine.move_to(BRIEFED, tick=False)

    def fail(**_given):
        raise RuntimeError("The process was killed.")

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "create_missing", fail)
        with pytest.raises(ExceptionGroup):
            jobs.brief()
    assert MinuteBrief.objects.count() == 1
    assert (briefs().count(), mailbox.mails) == (0, [])
    jobs.brief()
    assert mailbox.mails == [], "the next run of deliver sends it"
    for _run in range(2):
        jobs.deliver()
    sent = [mail for mail in mailbox.mails if "not live at" in mail["Subject"]]
    assert sorted(mail["To"] for mail in sent) == sorted([office.head.email, office.deputy.email])


def test_the_job_sends_only_briefs_and_does_so_before_everything_else(office, series, mailbox, time_machine):
    due_release(series, "late", "not_live")
    time_machine.move_to(BRIEFED, tick=False)
    Message.objects.create(
        event="other", recipient="x@example.gov.uk", subject="Other", text="x", created_at=SEED_DUE, due_at=SEED_DUE
    )
    jobs.brief()
    assert len(mailbox.mails) == 2
    assert all("not live at" in mail["Subject"] for mail in mailbox.mails)


def test_a_title_that_is_not_announced_is_in_no_message(office, series, texted):
    due_release(series, "late", "not_live", announced=False, confirmed=True)
    make_brief()
    outbox.create_missing(now=BRIEFED)
    assert all("Release late" not in message.text + message.subject for message in briefs())
    assert "- late\n" in briefs(channel=Channel.MAIL)[0].text


def test_a_text_message_goes_to_the_mobile_numbers_of_the_same_people_and_has_one_part(office, series, texted):
    due_release(series, "late", "not_live")
    brief = make_brief()
    outbox.create_missing(now=BRIEFED)
    text = briefs(channel=Channel.TEXT).get()
    assert text.recipient == "07700900123"
    link = f"https://office.example.gov.uk/briefs/{brief.pk}/"
    assert text.text == f"1 of 1 not live at 9:32am. Release late. {link}"
    deliver_messages(now=BRIEFED, kind="minute-brief-")
    (taken,) = [one for one in texted.taken if "phone_number" in one]
    assert (taken["phone_number"], taken["personalisation"]) == ("07700900123", {"text": text.text})


@pytest.mark.parametrize("length", [1, 60, 200])
def test_a_text_message_is_never_longer_than_160_characters_and_always_has_the_whole_link(series, texted, length):
    due_release(series, "late", "not_live", announced=True)
    Release.objects.update(title=("A very long title of statistics " * 10)[:length])
    brief = make_brief()
    outbox.create_missing(now=BRIEFED)
    text = briefs(channel=Channel.TEXT).get().text
    assert len(text) <= 160
    assert text.endswith(f"https://office.example.gov.uk/briefs/{brief.pk}/")
    assert text.isascii()


def test_without_a_template_there_are_no_text_messages(series):
    due_release(series, "late", "not_live")
    make_brief()
    outbox.create_missing(now=BRIEFED)
    assert not briefs(channel=Channel.TEXT).exists()


def test_the_person_who_covers_gets_the_brief_and_the_text_message_too(office, series, texted):
    today = local_date(SEED_DUE)
    cover.name_cover(
        office.producer,
        office.head,
        first=today,
        last=today,
        people=[CoverPerson(office.statistician, today, today)],
        by=office.deputy,
        at=SEED_DUE - timedelta(hours=1),
    )
    due_release(series, "late", "not_live")
    make_brief()
    outbox.create_missing(now=BRIEFED)
    people = (office.head, office.deputy, office.statistician)
    assert set(briefs(channel=Channel.MAIL).values_list("recipient", flat=True)) == {one.email for one in people}
    assert list(briefs(channel=Channel.TEXT).values_list("recipient", flat=True)) == ["07700900123"]


def test_the_brief_of_a_training_goes_to_its_leads_alone_and_is_hidden_from_others(office, series, texted):
    training = Training.objects.create(
        producer=office.producer, title="Practice", planned_by=office.deputy, planned_at=SEED_DUE - timedelta(days=1)
    )
    training.participants.set([office.deputy, office.statistician])
    Contact.objects.filter(user=office.deputy).update(telephone=MOBILE)
    release = due_release(series, "trained", announced=False, confirmed=True, rehearsal=True)
    Release.objects.filter(pk=release.pk).update(training=training)
    release.refresh_from_db()
    create_observations(release, "not_live", start=BRIEFED - 5 * SECOND)
    judge.judge_one(release, now=BRIEFED)
    make_brief()
    outbox.create_missing(now=BRIEFED)
    message, text = briefs().order_by("channel")
    assert (message.recipient, text.recipient) == (office.deputy.email, "07700900123")
    assert message.subject.startswith("Training: 1 of 1 not live")
    assert text.text.startswith("Training: 1 of 1 not live")
    assert "Sign in and open the brief. It updates automatically: " in message.text
    assert not briefs().exclude(about_hidden_trainings(office.head)).exists()
    assert briefs().exclude(about_hidden_trainings(office.deputy)).exists()
    assert not minute_briefs.briefs_known_to(office.head).exists()


def test_a_brief_that_is_sent_late_by_our_own_fault_says_so_and_what_is_live_since(office, series):
    release = due_release(series, "late", "not_live")
    found_live(release, at=BRIEFED + timedelta(minutes=3))
    now = BRIEFED + timedelta(minutes=10)
    make_brief(now=now)
    outbox.create_missing(now=now)
    text = briefs()[0].text
    assert "The release was not live at 9:32am. It is live now. We first found it complete at 9:35:06am." in text
    assert "We made this brief late, at 9:42am on 30 June 2020. It was due at 9:32:05am." in text

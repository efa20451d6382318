"""A training: its notifications, tasks and drafts reach its participants only, and its reports are never sent."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from breaches import decisions, drafting, merging, permissions
from breaches.layout import lay_out_draft
from breaches.models import Report
from breaches.permissions import Action
from breaches.rules.lifecycle import SEND, ReportStatus
from releases import judge, trainings
from releases.models import Contact, Release, Training
from releases.permissions import NotYours
from releases.rules.lifecycle import KEEPERS, MoveRefused, Role
from releases.trainings import TrainingRefused
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, create_member, rolled_back
from tests.support.observations import create_observation, create_observations
from tests.support.people import create_office, move_report, write_sections
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

BEFORE, AFTER = SEED_DUE - timedelta(hours=1), SEED_DUE + timedelta(minutes=5)
MUCH_LATER = AFTER + timedelta(hours=3)


@shared_fixture
def office():
    """An office whose people are all contacts of the series, so that all are notified of any other rehearsal."""
    office = create_office()
    contacts = [
        Contact.objects.create(producer=office.producer, name=person.name, email=person.email, user=person)
        for person in office.people.values()
    ]
    series = SeriesFactory(producer=office.producer, responsible=contacts[0], head_of_profession=contacts[1])
    series.deputies.set(contacts)
    series.publishing_contacts.set(contacts)
    return office


@pytest.fixture
def participants(office):
    return [office.statistician, office.head]


@pytest.fixture
def training(office, participants):
    return plan(office, participants)


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(AFTER, tick=False)
    return lambda instant: time_machine.move_to(instant, tick=False)


def plan(office, participants, **changed):
    planned = {
        "title": "Late release",
        "participants": participants,
        "due_at": SEED_DUE,
        "url": "https://www.example.gov.uk/training",
        "marker": "March 2020",
        "by": office.head,
        "at": BEFORE,
    }
    return trainings.plan_training(office.producer.series.get(), **{**planned, **changed})


def rehearsal_of(training):
    return training.rehearsals.select_related("series__producer").get()


def make_late(release):
    create_observations(release, *["not_live"] * 4, start=SEED_DUE, every=timedelta(seconds=60))
    judge.judge_one(release, now=AFTER)
    (report,) = drafting.draft_missing(now=AFTER)
    return report


def notified():
    """Everyone who was sent something, after the outbox has run now and hours later."""
    for now in (AFTER + timedelta(seconds=30), MUCH_LATER, MUCH_LATER + timedelta(days=3)):
        outbox.create_missing(now=now)
    return set(Message.objects.values_list("recipient", flat=True))


def addresses(people):
    return {person.email for person in people}


def test_another_rehearsal_of_the_series_notifies_all_its_contacts(office):
    series = office.producer.series.get()
    make_late(ReleaseFactory(confirmed=True, series=series, rehearsal=True))
    assert notified() == addresses(office.people.values())


def test_a_late_release_of_a_training_notifies_its_participants_only(office, training, participants):
    make_late(rehearsal_of(training))
    assert notified() == addresses(participants)


@pytest.mark.parametrize("result", ["unreachable", "live"])
def test_so_does_one_that_needs_checking_and_one_that_was_early(office, training, result):
    """An early release is for the leads among the participants alone."""
    release = rehearsal_of(training)
    if result == "unreachable":
        create_observations(release, *["unreachable"] * 4, start=SEED_DUE, every=timedelta(seconds=60))
    else:
        page = release.addresses.get()
        create_observation(page, "not_live", at=SEED_DUE - timedelta(minutes=20))
        for minutes in (12, 10):
            create_observation(page, "live", at=SEED_DUE - timedelta(minutes=minutes))
    judge.judge_one(release, now=AFTER)
    drafting.draft_missing(now=AFTER)
    expected = {office.head.email} if result == "live" else addresses([office.statistician, office.head])
    outbox.create_missing(now=AFTER + timedelta(seconds=30))
    assert set(Message.objects.values_list("recipient", flat=True)) == expected


def test_the_steps_of_its_report_are_for_participants_who_are_no_contacts_too(office):
    trainee, lead = (create_member(role, office.producer) for role in (Role.STATISTICIAN, Role.DEPUTY))
    training = plan(office, [trainee, lead])
    report = make_late(rehearsal_of(training))
    report = write_sections(report, by=trainee, at=AFTER)
    decisions.submit_report(Report.objects.get(pk=report.pk), by=trainee, at=AFTER)
    assert notified() == {trainee.email, lead.email}
    submitted = Message.objects.filter(event__startswith="report-submitted-")
    assert set(submitted.values_list("recipient", flat=True)) == {lead.email}


def test_a_participant_whose_role_or_account_ended_is_notified_of_nothing(office, training):
    office.statistician.memberships.all().delete()
    make_late(rehearsal_of(training))
    assert notified() == {office.head.email}


def test_nothing_about_a_training_goes_to_a_webhook_or_says_that_something_happened(office, training):
    make_late(rehearsal_of(training))
    outbox.create_missing(now=AFTER + timedelta(seconds=30))
    assert not Message.objects.filter(channel="webhook").exists()
    for message in Message.objects.all():
        assert "rehearsal" in message.text.lower()


def test_its_draft_exists_for_participants_only(client, clock, office, training, participants, subtests):
    report = make_late(rehearsal_of(training))
    page = reverse("breaches:report", args=[report.reference])
    for role, person in office.people.items():
        takes_part = person in participants
        with subtests.test(role):
            client.force_login(person)
            assert client.get(page).status_code == (200 if takes_part else 404)
            assert permissions.may_act_on(person, Action.VIEW, report) == takes_part
            listed = permissions.reports_where(person, Action.VIEW).filter(pk=report.pk)
            assert listed.exists() == takes_part
    client.force_login(office.head)
    assert "Training" in client.get(page).text
    assert any("TRAINING" in mark for mark in lay_out_draft(report).marks)


def test_its_release_and_tasks_are_on_the_desk_of_participants_only(client, clock, office, training, subtests):
    release = rehearsal_of(training)
    report = make_late(release)
    for role, person in office.people.items():
        with subtests.test(role):
            client.force_login(person)
            desk = client.get(reverse("desk"), {"rehearsals": "show"}).text
            takes_part = person in training.participants.all()
            assert (release.title in desk) == takes_part
            assert (report.reference in desk) == takes_part


def test_its_report_is_approved_and_never_sent(client, clock, office, training, settings):
    settings.REPORT_RECIPIENT = "regulation@example.gov.uk"
    report = write_sections(make_late(rehearsal_of(training)), by=office.statistician)
    report = move_report(report, office, ReportStatus.APPROVED)
    assert report.status == "approved"
    assert SEND not in permissions.moves_open_to(office.head, report)
    for send in (
        lambda: decisions.send_report(report, recipient=office.head.email, by=office.head, at=AFTER),
        lambda: decisions.record_sent_outside(report, recipient="OSR", sent_on=AFTER.date(), by=office.head, at=AFTER),
    ):
        with pytest.raises(MoveRefused, match="never sent"):
            send()
    client.force_login(office.head)
    for name in ("send", "sent_outside", "publish"):
        assert client.post(reverse(f"breaches:{name}", args=[report.reference])).status_code in {404, 409}
    page = client.get(reverse("breaches:report", args=[report.reference])).text
    assert "The report is never sent" in page
    assert Report.objects.get().status == "approved"
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(status="sent")


def test_its_report_is_in_no_figure_and_not_combined_with_others(office, training, participants):
    make_late(rehearsal_of(training))
    series = office.producer.series.get()
    ReleaseFactory(confirmed=True, series=series, rehearsal=True, reference="other", title="Another rehearsal")
    other = Release.objects.get(reference="other")
    create_observations(other, *["not_live"] * 4, start=SEED_DUE, every=timedelta(seconds=60))
    judge.judge_one(other, now=AFTER)
    drafting.draft_missing(now=AFTER)
    reports = list(Report.objects.order_by("pk"))
    assert len(reports) == 2
    assert merging.mergeable_drafts(office.head, most=9) == []
    assert merging.morning_of_drafts(reports[0]) is None
    with pytest.raises(MoveRefused):
        merging.merge_drafts(reports, by=office.head, at=AFTER)
    assert not Report.objects.official().exists()


def test_those_who_manage_the_calendar_plan_a_training_and_no_one_else(client, time_machine, office, subtests):
    time_machine.move_to(BEFORE, tick=False)
    page = reverse("releases:plan_training", args=[office.producer.slug])
    sent = {
        "title": "Late release",
        "series": office.producer.series.get().pk,
        "due_on-day": "30",
        "due_on-month": "6",
        "due_on-year": "2020",
        "due_time": "9:30am",
        "url": "https://www.example.gov.uk/training",
        "marker": "March 2020",
        "participants": [office.statistician.pk],
    }
    for role, person in office.people.items():
        client.force_login(person)
        with subtests.test(role), rolled_back():
            expected = role in KEEPERS
            assert (page in client.get(reverse("releases:trainings")).text) == expected
            assert client.get(page).status_code == (200 if expected else 404)
            response = client.post(page, sent)
            assert response.status_code == (302 if expected else 404)
            if not expected:
                with pytest.raises(NotYours):
                    plan(office, [office.head], by=person)
                continue
            training = Training.objects.get()
            release = rehearsal_of(training)
            assert (release.due_at, release.status, release.rehearsal) == (SEED_DUE, "confirmed", True)
            assert client.get(response.url).status_code == 200
            client.force_login(office.statistician)
            assert client.get(response.url).status_code == 200
            client.force_login(office.people[Role.AUDITOR])
            assert client.get(response.url).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"),
        ({"participants": []}, "participants"),
        ({"due_at": BEFORE + timedelta(minutes=1)}, "due_time"),
    ],
)
def test_a_training_that_lacks_something_is_refused(office, changed, field):
    with pytest.raises(TrainingRefused) as refusal:
        plan(office, changed.pop("participants", [office.head]), **changed)
    assert refusal.value.field == field


def test_only_people_of_the_producer_take_part(office):
    stranger = create_member(Role.STATISTICIAN, SeriesFactory().producer)
    with pytest.raises(TrainingRefused):
        plan(office, [stranger])


def test_a_training_is_always_a_rehearsal(office, training):
    release = ReleaseFactory(series=office.producer.series.get(), reference="real", title="Real")
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.filter(pk=release.pk).update(training=training)

"""A training: its notifications, tasks and drafts reach its participants only, and its reports are never sent."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin import site
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django.urls import reverse

from breaches import decisions, dispatches, drafting, merging, permissions, register
from breaches.drafting import ReportSubject
from breaches.layout import lay_out_draft
from breaches.models import Report
from breaches.permissions import Action
from breaches.rules.lifecycle import SEND, ReportKind, ReportStatus
from releases import cover, judge, overview, published_corrections, scheduling, tasks, trainings
from releases import permissions as releases_permissions
from releases.cover import CoverPerson
from releases.models import Contact, Release, Training
from releases.permissions import NotYours, may
from releases.published_corrections import CorrectionFacts
from releases.rules.lifecycle import KEEPERS, ChangedMeanwhile, MoveRefused, Role
from releases.text.calendar import event_details
from releases.trainings import TrainingOver, TrainingRefused
from statsoffice.notifications import outbox
from statsoffice.notifications.admin import MessageAdmin
from statsoffice.notifications.models import Message, Preference
from statsoffice.setup.steps import last_rehearsal
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, create_member, rolled_back
from tests.support.observations import create_observation, create_observations
from tests.support.people import create_office, move_report, write_sections
from tests.support.report_forms import filled_in, page_of, words
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


def make_early(release):
    page = release.addresses.get()
    create_observation(page, "not_live", at=SEED_DUE - timedelta(minutes=20))
    for minutes in (12, 10):
        create_observation(page, "live", at=SEED_DUE - timedelta(minutes=minutes))
    judge.judge_one(release, now=AFTER)
    return drafting.draft_missing(now=AFTER)


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
        judge.judge_one(release, now=AFTER)
    else:
        make_early(release)
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


def test_a_participant_without_a_role_at_the_producer_sees_no_page_of_its_trainings(client, clock, office, training):
    page = reverse("releases:training", args=[training.pk])
    client.force_login(office.statistician)
    assert client.get(page).status_code == 200
    office.statistician.memberships.all().delete()
    assert client.get(page).status_code == 404
    office.statistician.memberships.create(producer=SeriesFactory().producer, role=Role.STATISTICIAN)
    assert client.get(page).status_code == 404
    listed = client.get(reverse("releases:trainings"))
    assert (listed.status_code, list(listed.context["page"])) == (200, [])


def test_each_notification_says_in_its_subject_and_first_that_it_is_a_training(office, training, settings):
    settings.WEBHOOKS = {"teams": "https://hooks.example.gov.uk/1"}
    Preference.objects.create(producer=office.producer, channel="webhook", webhook="teams")
    make_late(rehearsal_of(training))
    notified()
    make_early(rehearsal_of(plan(office, [office.head], title="Early release")))
    notified()
    assert not Message.objects.filter(channel="webhook").exists()
    assert {message.event.rstrip("0123456789") for message in Message.objects.all()} >= {
        "suspected-breach-",
        "early-release-",
    }
    for message in Message.objects.all():
        assert message.subject.startswith("Training: ")
        assert message.text.startswith("This is a training session. No real release or breach has happened.")
        assert "You get this email because you take part in a training session." in message.text


def test_a_person_who_covers_for_a_participant_is_not_notified(office, training, participants):
    substitute = create_member(Role.STATISTICIAN, office.producer)
    on = SEED_DUE.date()
    people = [CoverPerson(substitute, on, on + timedelta(days=9))]
    cover.name_cover(
        office.producer, office.head, first=on, last=on + timedelta(days=9), people=people,
        by=office.people[Role.DEPUTY], at=BEFORE,
    )  # fmt: skip
    make_late(rehearsal_of(training))
    assert notified() == addresses(participants)


def test_sent_notifications_are_listed_for_participants_only(client, clock, office, training, participants, subtests):
    make_late(rehearsal_of(training))
    make_early(rehearsal_of(plan(office, [office.head], title="Early release")))
    notified()
    for person in office.people.values():
        with subtests.test(person.email):
            client.force_login(person)
            listed = "Training: " in client.get(reverse("outbox:sent")).text
            assert listed == (person in participants)
            request = RequestFactory().get("/")
            request.user = person
            in_admin = MessageAdmin(Message, site).get_queryset(request)
            assert in_admin.exists() == (person in participants)


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
    report = move_report(report, office, ReportStatus.WITH_HOP)
    client.force_login(office.head)
    approve = page_of(report, "approve")
    banner = words(client.post(approve, filled_in(client.get(approve).text), follow=True).text)
    assert banner.startswith("Success Report approved. Report")
    report = Report.objects.get()
    assert report.status == "approved"
    assert SEND not in permissions.moves_open_to(office.head, report)
    for send in (
        lambda: dispatches.send_report(report, recipient=office.head.email, by=office.head, at=AFTER),
        lambda: dispatches.record_sent_outside(report, recipient="OSR", sent_on=AFTER.date(), by=office.head, at=AFTER),
    ):
        with pytest.raises(MoveRefused, match="never sent"):
            send()
    for name in ("send", "sent_outside", "publish"):
        assert client.post(reverse(f"breaches:{name}", args=[report.reference])).status_code in {404, 409}
    page = client.get(reverse("breaches:report", args=[report.reference])).text
    assert "The report is never sent" in page
    assert "sends the report next" not in page
    assert "Approved reports to send" not in client.get(reverse("desk")).text
    assert report.number not in client.get(reverse("breaches:report_list")).text
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
    assert merging.mergeable_drafts(office.head, most=9, unlisted=()) == []
    assert merging.morning_of_drafts(reports[0]) is None
    with pytest.raises(MoveRefused):
        merging.merge_drafts(reports, by=office.head, at=AFTER)
    assert not Report.objects.official().exists()


def test_it_is_in_no_register_figure_or_export(client, clock, office, training):
    release = rehearsal_of(training)
    report = make_late(release)
    pages = [
        reverse("breaches:register"),
        reverse("breaches:near_misses"),
        reverse("breaches:figures"),
        reverse("breaches:export_figures", args=["csv"]),
        reverse("exchange:export", args=["csv"]),
        reverse("morning_sheet"),
    ]
    client.force_login(office.head)
    for page in pages:
        response = client.get(page)
        text = b"".join(response.streaming_content).decode() if response.streaming else response.text
        assert response.status_code == 200
        for word in (release.reference, release.title, report.reference, report.number):
            assert word not in text, page
    assert register.list_report_entries() == []
    assert overview.release_statuses() == []
    assert [entry["reference"] for entry in overview.release_statuses([release.reference])] == [release.reference]
    assert last_rehearsal(office.producer) is None


def test_a_task_for_the_next_rehearsal_of_a_series_is_never_one_at_a_training(office, training):
    series = office.producer.series.get()
    task = tasks.add_task(series, text="Check the scheduler", rehearsal=True, by=office.head, at=BEFORE)
    assert tasks.release_of_task(task) is None


def test_only_participants_start_a_report_about_it(client, clock, office, training, participants, subtests):
    release = rehearsal_of(training)
    page = reverse("breaches:start_about_release", args=[release.reference])
    for role in (Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY):
        person = office.people[role]
        takes_part = person in participants
        with subtests.test(role), rolled_back():
            client.force_login(person)
            assert (page in client.get(reverse("releases:release", args=[release.reference])).text) == takes_part
            assert client.get(page).status_code == (200 if takes_part else 404)
            start = {"kind": ReportKind.LATE, "occurred_on": [SEED_DUE.date()], "by": person, "at": AFTER}
            subject = ReportSubject(office.producer, release=release)
            if not takes_part:
                with pytest.raises(NotYours):
                    drafting.start_report(subject, form_key=uuid4(), **start)
                continue
            report, _is_new = drafting.start_report(subject, form_key=uuid4(), **start)
            assert report.training == training


def test_its_corrections_are_listed_for_participants_only(client, clock, office, training, participants, subtests):
    release = rehearsal_of(training)
    create_observations(release, "not_live", "live", start=SEED_DUE, every=timedelta(seconds=2))
    judge.judge_one(release, now=AFTER)
    release.refresh_from_db()
    assert release.status == "published"
    wrong = CorrectionFacts("Table 2 was wrong.", SEED_DUE + timedelta(minutes=1))
    published_corrections.record_correction(release, wrong, seen=0, by=office.head, at=AFTER)
    for role, person in office.people.items():
        with subtests.test(role):
            listed = published_corrections.corrections_visible_to(person).exists()
            assert listed == (person in participants)


@pytest.mark.both_databases
def test_a_heading_sorts_the_trainings_and_equal_ones_stay_latest_first(client, office, participants, subtests):
    plan(office, participants, title="alpha")
    for title in ("gamma", "Beta"):
        plan(office, [office.head], title=title, due_at=SEED_DUE + timedelta(hours=1))
    client.force_login(office.head)
    orders = [
        ("", ["Beta", "gamma", "alpha"], "descending"),
        ("salt", ["Beta", "gamma", "alpha"], "descending"),
        ("due", ["alpha", "Beta", "gamma"], "ascending"),
        ("title", ["alpha", "Beta", "gamma"], "ascending"),
        ("-title", ["gamma", "Beta", "alpha"], "descending"),
        ("producer", ["Beta", "gamma", "alpha"], "ascending"),
        ("-participants", ["alpha", "Beta", "gamma"], "descending"),
    ]
    for sort, titles, direction in orders:
        with subtests.test(sort):
            page = client.get(reverse("releases:trainings"), {"sort": sort})
            assert [training.title for training in page.context["page"]] == titles
            assert re.findall('aria-sort="(.*)"', page.text) == [direction]
            numbers = re.findall(r'data-label="Participants">(\d)<', page.text)
            assert numbers == ["2" if title == "alpha" else "1" for title in titles]


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


def test_a_second_click_plans_one_training(office, participants, training):
    assert plan(office, participants) == training
    assert Training.objects.count() == Release.objects.count() == 1
    assert plan(office, participants, title="Another") != training


def test_a_plan_with_other_details_is_a_training_of_its_own(office, participants, training):
    other_marker = plan(office, participants, marker="April 2020")
    other_people = plan(office, [office.head])
    assert len({training, other_marker, other_people}) == 3
    assert rehearsal_of(other_marker).addresses.get().marker == "April 2020"
    assert list(other_people.participants.all()) == [office.head]
    assert plan(office, participants, marker="April 2020") == other_marker
    assert plan(office, [office.head]) == other_people


def test_a_training_that_was_cancelled_can_be_planned_again(office, participants, training):
    scheduling.cancel_release(rehearsal_of(training), reason="No room.", by=office.head, at=BEFORE)
    again = plan(office, participants)
    assert again != training
    assert plan(office, participants) == again


def test_the_title_of_a_rehearsal_is_shortened_to_its_column(office, participants):
    office.producer.series.update(title="a" * 300)
    title = rehearsal_of(plan(office, participants)).title
    assert title == f"Training: {'a' * 289}…"
    assert len(title) == Release._meta.get_field("title").max_length


def test_participants_change_and_only_the_new_ones_are_notified(client, clock, office, training):
    deputy = office.people[Role.DEPUTY]
    report = make_late(rehearsal_of(training))
    assert trainings.change_participants(training, [office.head, deputy], by=office.head, at=AFTER, seen=1)
    assert notified() == {office.head.email, deputy.email}
    page = reverse("breaches:report", args=[report.reference])
    for person, status in ((office.statistician, 404), (deputy, 200), (office.head, 200)):
        client.force_login(person)
        assert client.get(page).status_code == status
        assert client.get(reverse("releases:training", args=[training.pk])).status_code == status
    first, last = rehearsal_of(training).events.filter(kind="participants_changed").order_by("position")
    assert first.facts == {
        "training": training.pk,
        "added": sorted([office.statistician.pk, office.head.pk]),
        "removed": [],
    }
    assert last.facts == {"training": training.pk, "added": [deputy.pk], "removed": [office.statistician.pk]}
    assert (last.actor, last.at) == (office.head, AFTER)
    assert list(event_details(last)) == [f"Added: {deputy.name}", f"Removed: {office.statistician.name}"]


def test_a_second_click_or_an_older_list_changes_no_participant(office, training, participants):
    def change(people, *, seen):
        return trainings.change_participants(training, people, by=office.head, at=AFTER, seen=seen)

    events = rehearsal_of(training).events.filter(kind="participants_changed")
    assert not change(participants, seen=1)
    assert change([office.head], seen=1)
    assert not change([office.head], seen=1)
    with pytest.raises(ChangedMeanwhile):
        change(participants, seen=1)
    assert set(training.participants.all()) == {office.head}
    assert events.count() == 2
    assert change(participants, seen=2)


def test_participants_change_until_seven_days_after_the_rehearsal(client, time_machine, office, training):
    page = reverse("releases:change_participants", args=[training.pk])
    end = SEED_DUE + timedelta(days=7)
    client.force_login(office.head)
    time_machine.move_to(end - timedelta(seconds=1), tick=False)
    assert page in client.get(reverse("releases:training", args=[training.pk])).text
    assert "Save participants" in client.get(page).text
    time_machine.move_to(end, tick=False)
    assert page not in client.get(reverse("releases:training", args=[training.pk])).text
    sentence = "This training session ended on 7 July 2020. You can no longer change its participants."
    assert sentence in client.get(page).text
    response = client.post(page, {"seen": 1, "participants": [office.head.pk]})
    assert (response.status_code, sentence in response.text) == (409, True)
    with pytest.raises(TrainingOver, match="7 July 2020"):
        trainings.change_participants(training, [office.head], by=office.head, at=end, seen=1)
    assert training.participants.count() == 2


def test_only_people_of_the_producer_are_added_and_someone_stays(office, training):
    stranger = create_member(Role.STATISTICIAN, SeriesFactory().producer)
    for people in ([office.head, stranger], []):
        with pytest.raises(TrainingRefused) as refusal:
            trainings.change_participants(training, people, by=office.head, at=AFTER, seen=1)
        assert refusal.value.field == "participants"
    # A participant whose role ended stays until they are removed.
    office.statistician.memberships.all().delete()
    deputy = office.people[Role.DEPUTY]
    assert trainings.change_participants(
        training, [office.statistician, office.head, deputy], by=office.head, at=AFTER, seen=1
    )
    assert trainings.change_participants(training, [office.head, deputy], by=office.head, at=AFTER, seen=2)


def test_those_who_plan_trainings_change_participants_on_a_page(client, clock, office, training, subtests):
    page = reverse("releases:change_participants", args=[training.pk])
    deputy = office.people[Role.DEPUTY]
    sent = {"seen": 1, "participants": [office.head.pk, deputy.pk]}
    for role, person in office.people.items():
        with subtests.test(role), rolled_back():
            client.force_login(person)
            expected = role in KEEPERS
            assert client.get(page).status_code == (200 if expected else 404)
            response = client.post(page, sent, follow=True)
            assert response.status_code == (200 if expected else 404)
            if not expected:
                with pytest.raises(NotYours):
                    trainings.change_participants(training, [deputy], by=person, at=AFTER, seen=1)
                continue
            assert "Participants saved." in response.text
            assert set(training.participants.all()) == {office.head, deputy}
            assert "You did not make any changes." in client.post(page, sent, follow=True).text
            nobody = client.post(page, {"seen": 2})
            assert "Select at least one participant" in nobody.text
            older = client.post(page, {"seen": 1, "participants": [deputy.pk]})
            assert "Another person changed the participants." in older.text
            assert 'name="seen" value="2"' in older.text
            assert set(training.participants.all()) == {office.head, deputy}


def test_taking_part_gives_no_permission(office, training, subtests):
    trainee = create_member(Role.AUDITOR, office.producer)
    others = {action for action in releases_permissions.Action if may(trainee, action, office.producer)}
    assert trainings.change_participants(training, [office.head, trainee], by=office.head, at=AFTER, seen=1)
    trainee = type(trainee).objects.get(pk=trainee.pk)
    assert {action for action in releases_permissions.Action if may(trainee, action, office.producer)} == others
    report = make_late(rehearsal_of(training))
    allowed = {action for action in Action if permissions.may_act_on(trainee, action, report)}
    assert allowed == {action for action in Action if Role.AUDITOR in permissions.TABLE[action]}
    assert permissions.moves_open_to(trainee, report) == ()


def test_a_training_is_always_a_rehearsal(office, training):
    release = ReleaseFactory(series=office.producer.series.get(), reference="real", title="Real")
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.filter(pk=release.pk).update(training=training)

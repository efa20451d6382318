"""Corrective actions as rows: stored, changed, done, and at the next release a task there (B16)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from breaches import corrective_actions, decisions, editing, merging
from breaches.models import CorrectiveAction
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import MERGED_OR_SPLIT, ReportStatus, ReportTerm
from breaches.versions import content_of
from releases import preflight, tasks
from releases.detection.preflight import PreflightCode
from releases.models import ReleaseTask
from releases.rules.calendar import format_moment
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MissingFields, MoveRefused, Role
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from statsoffice.notifications.report_queries import find_overdue_actions
from tests.support.factories import ReleaseFactory, SeriesFactory, london_slot, rolled_back
from tests.support.people import AT, create_joint_report, create_report, move_report, reload_reports, write_sections
from tests.support.preflight import means_with
from tests.support.report_forms import error_links, filled_in, send, words
from tests.support.report_mornings import create_draft

pytestmark = pytest.mark.django_db

CHECK = "Manual check at the next release"
PLAN = corrective_actions.Plan(CHECK, ReportTerm.SHORT, "Head of dissemination", date(2020, 7, 31))
WRITES = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}


@pytest.fixture
def report(draft_report):
    return draft_report


def page_of(report, name="actions", *more):
    return reverse(f"breaches:{name}", args=[report.reference, *more])


def add(report, office, plan=PLAN, **more):
    return corrective_actions.add_action(report, plan, **({"by": office.statistician, "at": AT} | more))


def at_next(report, office):
    return add(report, office, next_release_of=report.find_series().get())


LINE = f"- {CHECK}. Owner: Head of dissemination. Due: 31 July 2020."


def printed(report):
    report.refresh_from_db()
    return content_of(report).corrective_actions


def test_an_action_is_entered_once_and_printed_below_the_text(report, office):
    before = printed(report)
    action = add(report, office)
    assert printed(report) == f"{before}\n\nShort-term:\n{LINE}"
    add(report, office, replace(PLAN, text="Train the team.", term=ReportTerm.LONG, due=None))
    long_term = "Long-term:\n- Train the team. Owner: Head of dissemination."
    assert printed(report) == f"{before}\n\nShort-term:\n{LINE}\n\n{long_term}"
    corrective_actions.change_action(
        action, replace(PLAN, owner="Deputy director"), by=office.statistician, at=AT + timedelta(minutes=1)
    )
    line = LINE.replace("Head of dissemination", "Deputy director")
    assert printed(report) == f"{before}\n\nShort-term:\n{line}\n\n{long_term}"
    assert corrective_actions.printed_actions(report) == {one.pk for one in report.actions.all()}


def test_a_list_that_a_person_has_edited_in_the_text_stays_and_what_is_not_printed_is_marked(client, report, office):
    add(report, office)
    text = f"We did this: {LINE}"
    client.force_login(office.statistician)
    send(client, reverse("breaches:section", args=[report.reference, "corrective_actions"]), corrective_actions=text)
    assert "Not printed" in words(client.get(page_of(report)).text)
    add(report, office, replace(PLAN, text="Train the team"))
    assert printed(report) == text


def test_an_action_after_the_submission_changes_no_text_that_its_author_can_no_longer_edit(office, submitted_report):
    version = submitted_report.version
    add(submitted_report, office)
    submitted_report.refresh_from_db()
    assert submitted_report.version == version
    add(submitted_report, office, replace(PLAN, text="Train the team"), by=office.head)
    assert "Train the team" in printed(submitted_report)


def test_an_action_makes_a_report_complete_that_lacked_only_its_corrective_actions(office):
    report = create_report(office, complete=False)
    add(report, office)
    report.refresh_from_db()
    assert "corrective_actions" not in {one.field for one in decisions.find_needs(report, content_of(report))}


def test_an_action_is_recorded_without_a_name_in_what_cannot_be_redacted(report, office):
    action = add(report, office)
    assert (action.text, action.term, action.owner, action.due) == (CHECK, "short", PLAN.owner, PLAN.due)
    event = report.events.get(kind="action_added")
    assert event.words.endswith("\nHead of dissemination")
    assert "Head of dissemination" not in str(event.facts), "it may be a name, and facts cannot be redacted"
    assert (event.facts["term"], event.facts["due"]) == ("short", PLAN.due and PLAN.due.isoformat())


def test_the_same_action_sent_twice_is_kept_once(report, office):
    assert add(report, office) == add(report, office, at=AT + timedelta(seconds=2))
    assert at_next(report, office) == at_next(report, office)
    assert (CorrectiveAction.objects.count(), ReleaseTask.objects.count()) == (2, 1)


REPLACED = "This report was combined or separated. Add the action to the report that replaced it."


@pytest.mark.parametrize("status", MERGED_OR_SPLIT)
def test_no_action_is_added_to_a_report_that_was_combined_or_separated(report, office, status):
    replaced = move_report(report, office, status)
    with pytest.raises(MoveRefused, match=REPLACED):
        add(replaced, office, next_release_of=SeriesFactory(producer=office.producer))
    assert (CorrectiveAction.objects.count(), ReleaseTask.objects.count()) == (0, 0)
    assert not replaced.events.filter(kind="action_added").exists()


def test_an_action_of_a_draft_is_sent_again_and_done_after_the_draft_was_combined(report, office):
    action = add(report, office)
    report.refresh_from_db()
    combined = move_report(report, office, ReportStatus.JOINED)
    assert add(combined, office) == action
    done = corrective_actions.finish_action(action, done=True, by=office.head, at=AT)
    assert done.finished_at == AT


def test_an_action_typed_while_the_draft_was_combined_is_refused_and_not_lost(client, report, office):
    client.force_login(office.statistician)
    page, series = page_of(report, "add_action"), report.find_series().get()
    assert page in client.get(page_of(report)).text
    opened = client.get(page).text
    move_report(report, office, ReportStatus.JOINED)
    answer = send(client, page, opened, text=CHECK, term="short", owner=PLAN.owner, next_release_of=series.pk)
    assert answer.status_code == 200
    assert REPLACED in words(answer.text)
    shown = filled_in(answer.text)
    assert (shown["text"], shown["owner"], shown["next_release_of"]) == ([CHECK], [PLAN.owner], [str(series.pk)])
    assert CorrectiveAction.objects.count() == 0
    assert page not in client.get(page_of(report)).text
    assert "You cannot do this, because the status of the report is ‘Combined’." in words(
        client.get(page, follow=True).text
    )


@pytest.mark.parametrize("field", ["text", "owner"])
def test_an_action_says_what_is_done_and_by_which_post(report, office, field):
    with pytest.raises(MissingFields) as refused:
        add(report, office, replace(PLAN, **{field: " "}))
    assert refused.value.field == field
    assert CorrectiveAction.objects.count() == 0


TOO_EARLY = "Due date must be the same as or after the day of the breach, 30 June 2020"


def test_an_action_cannot_be_due_before_the_breach(client, report, office):
    early = replace(PLAN, due=date(2020, 6, 29))
    action = add(report, office)
    for act in (
        lambda: add(report, office, early),
        lambda: corrective_actions.change_action(action, early, by=office.statistician, at=AT),
    ):
        with pytest.raises(FieldRefused, match=TOO_EARLY) as refused:
            act()
        assert refused.value.field == "due"
    client.force_login(office.statistician)
    pages = page_of(report, "add_action"), page_of(report, "change_action", action.pk)
    due = {"due-day": "29", "due-month": "6", "due-year": "2020"}
    for page in pages:
        answer = send(client, page, text=CHECK, term="short", owner="Head of branch", **due)
        assert error_links(answer.text) == {"#id_due-day": True}
        assert TOO_EARLY in words(answer.text)
        assert filled_in(answer.text)["owner"] == ["Head of branch"]
    assert [one.due for one in CorrectiveAction.objects.all()] == [PLAN.due]


def test_an_action_of_a_breach_without_a_day_can_be_due_on_any_day(report, office):
    values = {"occurred_on": ()}
    editing.save_section(
        report,
        section=ReportSection.CIRCUMSTANCES,
        only=values,
        values=values,
        expected_version=report.version,
        by=office.statistician,
        at=AT,
    )
    report.refresh_from_db()
    assert add(report, office, replace(PLAN, due=date(2020, 6, 29))).due == date(2020, 6, 29)


def test_a_check_at_the_next_release_appears_as_a_task_on_that_release(report, office):
    series = report.find_series().get()
    action = at_next(report, office)
    following = ReleaseFactory(series=series, reference="next", slot=london_slot(date(2020, 9, 29)))
    (task,) = tasks.tasks_of_release(following)
    assert (task, task.text, task.origin) == (action.task, CHECK, f"report {report.number}")


def test_the_pre_flight_of_the_next_release_notes_the_task(report, office):
    series = report.find_series().get()
    following = ReleaseFactory(series=series, reference="next", slot=london_slot(date(2020, 9, 29)))
    at_next(report, office)
    found = preflight.find_problems(following, checks={}, unreached=(), crowds=(), means=means_with(None), now=AT)
    assert [one.facts for one in found if one.code is PreflightCode.OPEN_TASK] == [{"task": CHECK}]


def test_the_task_and_the_action_are_done_together_whichever_is_ticked(report, office):
    action = at_next(report, office)
    tasks.tick_task(action.task, done=True, by=office.people[Role.PUBLISHING_TEAM], at=AT)
    done = report.actions.with_tasks().get()
    assert done.finished_at == AT
    assert list(CorrectiveAction.objects.open()) == []
    again = corrective_actions.finish_action(done, done=False, by=office.statistician, at=AT)
    assert again.finished_at is None
    assert ReleaseTask.objects.get().done_at is None
    assert list(CorrectiveAction.objects.open()) == [action]


def test_an_action_is_done_once_and_can_be_opened_again(report, office):
    action = add(report, office)
    done = corrective_actions.finish_action(action, done=True, by=office.head, at=AT)
    assert (done.done_by, done.finished_at) == (office.head, AT)
    with pytest.raises(ChangedMeanwhile):
        corrective_actions.finish_action(action, done=True, by=office.statistician, at=AT)
    assert corrective_actions.finish_action(done, done=False, by=office.head, at=AT).finished_at is None
    kinds = report.events.filter(kind__startswith="action").values_list("kind", flat=True)
    assert list(kinds.order_by("position")) == ["action_added", "action_done", "action_open_again"]


def test_a_changed_action_keeps_what_it_was_and_rewords_its_task(report, office):
    action = at_next(report, office)
    later = corrective_actions.change_action(
        action, replace(PLAN, text="Two people check", due=date(2020, 10, 1)), by=office.deputy, at=AT
    )
    assert later.task.text == "Two people check"
    facts = report.events.get(kind="action_changed").facts
    assert (facts["was"]["due"], facts["to"]["due"]) == ("2020-07-31", "2020-10-01")
    with pytest.raises(ChangedMeanwhile):
        corrective_actions.change_action(action, replace(PLAN, owner="Nobody"), by=office.deputy, at=AT)


def overdue_messages(now):
    outbox.create_missing(now=now)
    return sorted(Message.objects.filter(event__startswith="overdue-action").values_list("event", "recipient"))


def test_an_overdue_action_reminds_the_series_people_once_after_its_day(report, office):
    action = add(report, office)
    people = series_people(report.find_series().get())
    on_the_day = AT.replace(month=7, day=31, hour=23)
    assert overdue_messages(on_the_day) == []
    expected = [(f"overdue-action-{action.pk}-2020-07-31", email) for email in people]
    assert people
    assert overdue_messages(on_the_day + timedelta(hours=2)) == expected
    assert overdue_messages(on_the_day + timedelta(days=2)) == expected


@pytest.mark.parametrize("settled", ["done", "task ticked", "dismissed"])
def test_no_one_is_reminded_of_what_is_settled(office, settled, draft_report):
    report = move_report(draft_report, office, ReportStatus.DISMISSED if settled == "dismissed" else ReportStatus.DRAFT)
    action = at_next(report, office) if settled == "task ticked" else add(report, office)
    if settled != "dismissed":
        corrective_actions.finish_action(action, done=True, by=office.head, at=AT)
    assert overdue_messages(AT.replace(month=8, day=1)) == []


def series_people(series):
    return sorted(contact.email for contact in (series.responsible, series.head_of_profession) if contact)


def combine(report, office, *, times=1):
    """The joint report of a draft with another one. It can be combined again with one more draft."""
    (joint,) = reload_reports([report])
    for _ in range(times):
        joint = create_joint_report(office, joint)
    return joint


@pytest.mark.parametrize("times", [1, 2])
def test_an_overdue_action_of_a_combined_draft_reminds_the_people_of_its_own_series(report, office, times):
    action, series = add(report, office), report.find_series().get()
    combine(report, office, times=times)
    expected = [(f"overdue-action-{action.pk}-2020-07-31", email) for email in series_people(series)]
    assert overdue_messages(AT.replace(month=8, day=1)) == expected


def test_an_overdue_action_of_a_separated_report_reminds_the_people_of_all_its_series(report, office):
    joint = combine(report, office)
    action, (one, other) = add(joint, office), joint.find_series()
    joint.refresh_from_db()
    merging.split_report(joint, by=office.statistician, at=AT)
    people = sorted([*series_people(one), *series_people(other)])
    expected = [(f"overdue-action-{action.pk}-2020-07-31", email) for email in people]
    assert overdue_messages(AT.replace(month=8, day=1)) == expected


@pytest.mark.parametrize("status", [ReportStatus.DISMISSED, ReportStatus.WITHDRAWN])
@pytest.mark.parametrize("times", [1, 2])
def test_no_one_is_reminded_of_an_action_whose_draft_is_part_of_a_report_that_is_settled(report, office, times, status):
    add(report, office)
    joint = combine(report, office, times=times)
    move_report(write_sections(joint, by=office.statistician), office, status)
    assert overdue_messages(AT.replace(month=8, day=1)) == []


def test_reminders_of_many_combined_drafts_follow_their_merges_with_one_query(report, office):
    counted = {}
    for count in (2, 4):
        with rolled_back():
            drafts = [
                create_draft(producer=office.producer, reference=f"draft-{count}-{number}") for number in range(count)
            ]
            for draft in drafts:
                add(draft, office)
            joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
            move_report(joint, office, ReportStatus.DISMISSED)
            with CaptureQueriesContext(connection) as captured:
                assert list(find_overdue_actions(known=(), now=AT.replace(month=8, day=1))) == []
            counted[count] = len(captured)
    assert counted == {2: 2, 4: 2}


def test_an_overdue_action_names_no_statistics_in_mail(report, office):
    add(report, office)
    overdue_messages(AT.replace(month=8, day=1))
    message = Message.objects.filter(event__startswith="overdue-action").first()
    assert report.reference in message.text
    assert CHECK not in message.text + message.subject


@pytest.mark.parametrize("role", list(Role))
def test_writers_keep_the_actions_and_others_do_not(client, report, office, role):
    action = add(report, office)
    client.force_login(office.people[role])
    ok = {page: client.get(page).status_code == 200 for page in (page_of(report, "add_action"),)}
    assert set(ok.values()) == {role in WRITES}
    answer = client.post(page_of(report, "finish_action", action.pk), {"done": "yes"})
    assert answer.status_code == (302 if role in WRITES else 404)
    assert (CorrectiveAction.objects.get().done_at is not None) is (role in WRITES)


def test_an_action_is_written_changed_and_done_on_pages_after_the_approval_too(client, office, approved_report):
    series = approved_report.find_series().get()
    client.force_login(office.statistician)
    assert "can see the task. Mark it as done on the page of the release. No " in words(
        client.get(page_of(approved_report, "add_action")).text
    )
    given = {"text": CHECK, "term": "short", "owner": "Head of dissemination", "next_release_of": series.pk}
    send(client, page_of(approved_report, "add_action"), **given)
    action = CorrectiveAction.objects.get()
    assert "It is a task for the next release of" in words(client.get(page_of(approved_report)).text)
    send(client, page_of(approved_report, "change_action", action.pk), owner="Deputy director")
    client.post(page_of(approved_report, "finish_action", action.pk), {"done": "yes"})
    text = words(client.get(page_of(approved_report)).text)
    assert "Owner: Deputy director." in text
    assert "Done at" in text


class TestInTheFormOfTheSection:
    """New actions are entered in the form of section 4, with the text of the section."""

    TYPED = {
        "corrective_actions": "The scheduler was repaired.",
        "actions-0-text": CHECK,
        "actions-0-term": "short",
        "actions-0-owner": "Head of dissemination",
        "actions-0-due-day": "31",
        "actions-0-due-month": "7",
        "actions-0-due-year": "2020",
    }

    @pytest.fixture
    def page(self, client, report, office):
        client.force_login(office.statistician)
        return reverse("breaches:section", args=[report.reference, "corrective_actions"])

    def test_one_save_stores_the_action_and_prints_it_below_the_text(self, client, page, report):
        opened = client.get(page).text
        assert send(client, page, opened, **self.TYPED).status_code == 302
        action = CorrectiveAction.objects.get()
        assert corrective_actions.action_plan_of(action) == PLAN
        assert printed(report) == f"The scheduler was repaired.\n\nShort-term:\n{LINE}"
        # A second click sends the same form.
        assert send(client, page, opened, **self.TYPED).status_code == 302
        assert CorrectiveAction.objects.count() == 1
        assert printed(report).count(CHECK) == 1

    @pytest.mark.parametrize(
        ("field", "typed"), [("corrective_actions", "Another text."), ("actions-0-owner", "Head of branch")]
    )
    def test_after_the_back_button_another_answer_is_shown_with_the_saved_one_and_prints_each_action_once(
        self, client, page, report, field, typed
    ):
        opened = client.get(page).text
        send(client, page, opened, **self.TYPED)
        answer = send(client, page, opened, **self.TYPED | {field: typed})
        assert answer.status_code == 409
        assert LINE in answer.text
        assert client.post(page, filled_in(answer.text)).status_code == 302
        assert typed in printed(report)
        assert printed(report).count(CHECK) == 1

    def test_an_action_is_printed_below_a_list_that_a_person_has_edited(self, client, page, report, office):
        add(report, office)
        edited = printed(report).replace("31 July", "31 August")
        typed = {"actions-0-text": "Train the team", "actions-0-term": "long", "actions-0-owner": "Head of branch"}
        send(client, page, corrective_actions=edited, **typed)
        assert printed(report) == f"{edited}\n\nLong-term:\n- Train the team. Owner: Head of branch."

    def test_a_radio_button_alone_is_no_action(self, client, page, report):
        """A person cannot clear it."""
        send(client, page, corrective_actions="Only text.", **{"actions-0-term": "short"})
        assert printed(report) == "Only text."
        assert not CorrectiveAction.objects.exists()

    def test_errors_of_two_actions_name_the_action(self, client, page):
        longer = send(client, page, add="row").text
        assert "There is a problem" not in longer
        typed = {"actions-0-text": CHECK, "actions-1-text": "Train the team", "actions-1-due-day": "31"}
        said = words(send(client, page, longer, **typed).text)
        assert "Enter the owner Select short-term or long-term for action 2 Enter the owner of action 2" in said
        assert "Due date of action 2 must include a month and year" in said

    def test_a_report_that_was_submitted_meanwhile_shows_the_actions_to_copy(self, client, page, report, office):
        opened = client.get(page).text
        move_report(write_sections(report, by=office.statistician), office, ReportStatus.WITH_HOP)
        answer = words(send(client, page, opened, **self.TYPED).text)
        assert f"Short-term: {LINE}" in answer
        assert not CorrectiveAction.objects.exists()

    def test_two_actions_are_entered_without_scripts(self, client, page, report):
        longer = send(client, page, **self.TYPED, add="row").text
        assert CHECK in longer
        assert "Owner of action 2" in words(longer)
        second = {"actions-1-text": "Train the team", "actions-1-term": "long", "actions-1-owner": "Head of branch"}
        send(client, page, longer, **second)
        assert CorrectiveAction.objects.count() == 2
        assert printed(report).endswith("Long-term:\n- Train the team. Owner: Head of branch.")

    def test_an_action_without_its_owner_is_refused_and_nothing_is_saved_or_lost(self, client, page, report):
        before = printed(report)
        answer = send(client, page, **self.TYPED | {"actions-0-owner": ""})
        assert answer.status_code == 200
        assert "Enter the owner" in answer.text
        assert "The scheduler was repaired." in answer.text
        assert CHECK in answer.text
        assert printed(report) == before
        assert not CorrectiveAction.objects.exists()

    def test_a_due_date_before_the_breach_is_refused_at_its_action_and_nothing_is_saved_or_lost(
        self, client, page, report
    ):
        before = printed(report)
        longer = send(client, page, **self.TYPED, add="row").text
        second = {"actions-1-text": "Train the team", "actions-1-term": "long", "actions-1-owner": "Head of branch"}
        due = {"actions-1-due-day": "29", "actions-1-due-month": "6", "actions-1-due-year": "2020"}
        answer = send(client, page, longer, **second, **due)
        assert answer.status_code == 200
        assert error_links(answer.text) == {"#id_actions-1-due-day": True}
        assert TOO_EARLY in words(answer.text)
        assert filled_in(answer.text)["actions-1-text"] == ["Train the team"]
        assert printed(report) == before
        assert not CorrectiveAction.objects.exists()
        assert send(client, page, answer.text, **due | {"actions-1-due-day": "30"}).status_code == 302

    def test_after_another_person_wrote_the_same_text_both_are_shown_and_the_action_is_kept(
        self, client, page, report, office
    ):
        opened = client.get(page).text
        add(report, office, replace(PLAN, text="Theirs"), by=office.head)
        answer = send(client, page, opened, **self.TYPED)
        assert answer.status_code == 409
        assert "Theirs" in answer.text
        assert CHECK in answer.text
        assert CorrectiveAction.objects.count() == 1

    def test_a_form_that_was_opened_before_it_had_rows_is_still_saved(self, client, page, report):
        version = filled_in(client.get(page).text)["version"]
        client.post(page, {"version": version, "corrective_actions": "Typed before the upgrade."})
        assert printed(report) == "Typed before the upgrade."


def test_the_person_who_changes_an_action_that_someone_else_changed_sees_both_and_loses_nothing(client, report, office):
    action = add(report, office)
    client.force_login(office.statistician)
    page = page_of(report, "change_action", action.pk)
    opened = client.get(page).text
    corrective_actions.change_action(action, replace(PLAN, text="Theirs"), by=office.head, at=AT)
    answer = send(client, page, opened, text="Mine")
    assert answer.status_code == 409
    said = words(answer.text)
    assert f"Not saved yet {office.head} changed this at {format_moment(AT)}" in said
    assert "Action Theirs Is this action short-term or long-term? Short-term Owner Head of dissemination" in said
    assert "Mine" in answer.text
    client.post(page, filled_in(answer.text))
    assert CorrectiveAction.objects.get().text == "Mine"

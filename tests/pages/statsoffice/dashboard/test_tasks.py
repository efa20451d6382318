"""What the dashboard says waits for whom: reports to complete or decide, and questions to answer."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import decisions, dispatches, drafting
from breaches.drafting import ReportSubject
from breaches.models import Report
from breaches.rules.lifecycle import ReportKind, ReportStatus
from releases import judge
from releases import tasks as release_tasks
from releases.models import Producer, Release, Series
from releases.rules.lifecycle import Role, Status
from statsoffice.accounts.models import User
from statsoffice.templatetags import reports
from tests.pages.statsoffice.dashboard.morning import AFTER, BEFORE, sign_in, suspect
from tests.support.briefs import LIMIT, make_brief
from tests.support.date_requests import request_date
from tests.support.early_release import create_early_release
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member, rolled_back
from tests.support.observations import create_observation, create_observations
from tests.support.people import AT, REGULATOR, create_office, create_report, render_text
from tests.support.pre_release_lists import asked
from tests.support.report_forms import words

pytestmark = pytest.mark.django_db

DESK = reverse("desk")


COMPLETE = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
DECIDE = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}


def test_reports_wait_for_those_who_may_move_them(client, clock, release, subtests):
    clock(AFTER)
    report = suspect(release)
    for role in Role:
        with subtests.test(str(role)), rolled_back():
            sign_in(client, release, role)
            assert ("Reports to complete" in client.get(DESK).text) == (role in COMPLETE)
            Report.objects.filter(pk=report.pk).update(status=ReportStatus.WITH_HOP)
            text = client.get(DESK).text
            assert ("Reports awaiting your decision" in text) == (role in DECIDE)
            assert "Reports to complete" not in text


def test_a_correction_says_since_when_it_is_written_and_that_it_is_not_sent(client, office, sent_report, time_machine):
    begun_at = AT + timedelta(days=60)
    dispatches.send_correction(sent_report, notice="A date was wrong.", by=office.head, at=begun_at)
    time_machine.move_to(begun_at + timedelta(hours=2), tick=False)
    client.force_login(office.head)
    tasks = words(client.get(DESK).text).partition("Reports to complete")[2]
    assert "correction started 2 hours ago Being corrected" in tasks
    assert "drafted" not in tasks
    report = Report.objects.get(pk=sent_report.pk)
    approved = decisions.approve_report(report, by=office.head, at=begun_at, render=render_text).report
    tasks = words(client.get(DESK).text).partition("Approved reports to send")[2]
    assert "approved 2 hours ago Correction not sent" in tasks
    dispatch = dispatches.send_report(approved, recipient=REGULATOR, by=office.head, at=begun_at).dispatches.last()
    dispatches.record_failure(dispatch, at=begun_at)
    page = words(client.get(DESK).text)
    assert "Email could not be delivered" in page
    assert "Correction not sent" not in page


def test_an_incident_is_shown_before_all_other_reports_and_a_rehearsal_after_them(client, clock, release):
    clock(AFTER)
    sign_in(client, release, Role.HEAD_OF_PROFESSION)
    head, about = User.objects.get(pk=client.session["_auth_user_id"]), ReportSubject(release.series.producer)
    suspect(ReleaseFactory(series=release.series, rehearsal=True, reference="rehearsed", title="Only a rehearsal"))
    suspect(release)
    day = (SEED_DUE.date(),)
    leak, _is_new = drafting.start_report(
        about, kind=ReportKind.LEAK, occurred_on=day, by=head, at=AFTER, form_key=uuid4()
    )
    shown = words(client.get(DESK, {"rehearsals": "show"}).text)
    order = ["Your tasks (3)", f"Incidents {leak.number}", "Reports to complete", release.title, "Only a rehearsal"]
    tasks = shown[shown.index("Your tasks") :]
    places = [tasks.index(one) for one in order]
    assert places == sorted(places)


def test_tasks_about_rehearsals_are_hidden_with_the_rehearsals_and_the_page_says_so(client, clock, release):
    clock(AFTER)
    head = sign_in(client, release, Role.HEAD_OF_PROFESSION)
    rehearsed = [
        ReleaseFactory(series=release.series, rehearsal=True, confirmed=True, reference=name, title=f"Rehearsed {name}")
        for name in ("unclear", "draft", "other-draft", "submitted", "approved")
    ]
    create_observations(rehearsed[0], "unrecognised", start=SEED_DUE)
    judge.judge_one(rehearsed[0], now=AFTER)
    _first, _second, submitted, approved = (suspect(one) for one in rehearsed[1:])
    Report.objects.filter(pk=submitted.pk).update(status=ReportStatus.WITH_HOP)
    Report.objects.filter(pk=approved.pk).update(status=ReportStatus.APPROVED, decided_at=AFTER)
    release_tasks.add_task(release.series, text="Rehearse the call.", rehearsal=True, by=head, at=BEFORE)
    to_come = ReleaseFactory(
        series=release.series,
        rehearsal=True,
        confirmed=True,
        reference="to-come",
        title="Rehearsed later",
        due_at=SEED_DUE + timedelta(days=7),
    )
    request_date(to_come)
    asked(to_come, by=sign_in(client, release), at=to_come.due_at - timedelta(hours=3))
    create_observations(rehearsed[0], "not_live", start=LIMIT)
    make_brief()
    client.force_login(head)
    suspect(release)

    def tasks_on(page, **query):
        return " ".join(LexborHTMLParser(client.get(page, query).text).css_first("#desk-waiting").text().split())

    every_task = tasks_on(DESK)
    for about in ("unclear", "draft", "submitted", "approved"):
        assert f"Rehearsed {about}" in every_task
    assert "Combine 2 drafts" in every_task
    assert "Rehearse the call." in every_task
    assert "Date changes awaiting your decision" in every_task
    assert "Pre-release access awaiting your decision" in every_task
    assert "Minute brief" in every_task
    assert "are hidden" not in every_task
    for page in (DESK, reverse("desk_part")):
        tasks = tasks_on(page, rehearsals="hide")
        assert tasks.startswith(f"Your tasks (1) Reports to complete {release.title}")
        assert "Rehearse" not in tasks
        assert tasks.endswith("Tasks about rehearsals are hidden. Show rehearsals")


def test_a_report_is_rendered_once_until_something_that_it_shows_changes(client, clock, release):
    clock(AFTER)
    suspect(release)
    suspect(ReleaseFactory(announced=True, series=release.series, reference="second", title="Second"))
    sign_in(client, release)
    client.get(DESK)
    rendered = [reports._render_report_task.cache_info().misses, reports._render_morning.cache_info().misses]
    client.get(DESK)
    assert rendered == [reports._render_report_task.cache_info().misses, reports._render_morning.cache_info().misses]
    Release.objects.filter(reference="second").update(title="Another title")
    Producer.objects.update(name="Renamed office")
    tasks = words(client.get(DESK).text).partition("Reports to complete")[2]
    assert "Combine 2 drafts of 30 June 2020 from Renamed office into one report" in tasks
    assert "Another title , not live when last checked, drafted 1 minute ago" in tasks
    clock(AFTER + timedelta(hours=1))
    assert "Another title , not live when last checked, drafted 1 hour ago" in words(client.get(DESK).text)


def test_a_decided_report_waits_for_no_one(client, clock, release):
    clock(AFTER)
    report = suspect(release)
    sign_in(client, release, Role.DEPUTY)
    for status, reason in (("recorded", "no_effect"), ("dismissed", "other"), ("closed", ""), ("withdrawn", "")):
        Report.objects.filter(pk=report.pk).update(status=status, decided_at=AFTER, decision_reason=reason)
        assert "You have no tasks." in client.get(DESK).text, status


def test_an_approved_report_waits_for_those_who_may_send_it(client, clock, release, subtests):
    clock(AFTER + timedelta(days=8))
    report = suspect(release)
    Report.objects.filter(pk=report.pk).update(status=ReportStatus.APPROVED, decided_at=AFTER)
    for role in Role:
        with subtests.test(str(role)), rolled_back():
            sign_in(client, release, role)
            page = words(client.get(DESK).text)
            kind = "not live when last checked"
            task = f"Your tasks (1) Approved reports to send {release.title} , {kind}, approved 8 days ago"
            assert (task in page) == (role in DECIDE)


def test_an_approved_report_about_an_early_release_is_not_listed_until_the_release_is_published(client, clock):
    early = create_early_release()
    clock(BEFORE)
    Report.objects.update(status=ReportStatus.APPROVED, decided_at=BEFORE)
    client.force_login(early.office.head)
    assert "You have no tasks." in client.get(DESK).text
    Release.objects.update(status=Status.PUBLISHED)
    assert "Approved reports to send" in client.get(DESK).text


def test_a_sent_report_whose_email_failed_is_to_be_sent_until_it_is_sent_in_another_way(client, clock):
    clock(AT)
    office = create_office()
    report = create_report(office, ReportStatus.APPROVED)
    client.force_login(office.head)
    sent = dispatches.send_report(report, recipient=REGULATOR, by=office.head, at=AT)
    assert "You have no tasks." in client.get(DESK).text
    dispatches.record_failure(report.dispatches.get(), at=AT)
    page = words(client.get(DESK).text)
    assert "Approved reports to send" in page
    assert "Email could not be delivered" in page
    dispatches.record_sent_outside(sent, recipient="OSR", sent_on=AT.date(), by=office.head, at=AT)
    assert "You have no tasks." in client.get(DESK).text


def test_the_heading_has_the_number_of_tasks_and_a_report_its_age(client, clock, release):
    clock(AFTER)
    sign_in(client, release)
    assert heading_of_tasks(client) == "Your tasks"
    suspect(release)
    assert heading_of_tasks(client) == "Your tasks (1)"
    for later, age in (
        (timedelta(seconds=20), "1 minute"),
        (timedelta(minutes=3, seconds=50), "3 minutes"),
        (timedelta(hours=5, minutes=59), "5 hours"),
    ):
        clock(AFTER + later)
        assert f">drafted {age} ago</span>" in client.get(DESK).text


def test_a_task_that_grows_older_is_not_sent_again(client, clock, release):
    clock(AFTER)
    suspect(release)
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    clock(AFTER + timedelta(minutes=3))
    fresh = client.get(DESK).context["part"]
    assert fresh["waiting"] != part["waiting"]
    assert fresh["waits"] == part["waits"]


def heading_of_tasks(client):
    return " ".join(LexborHTMLParser(client.get(DESK).text).css_first("#desk-waits").text().split())


def test_reports_of_another_producer_do_not_wait_for_me(client, clock, release):
    clock(AFTER)
    suspect(release)
    sign_in(client, ReleaseFactory(announced=True, reference="of-others"), Role.DEPUTY)
    assert "You have no tasks." in client.get(DESK).text


def test_a_release_of_which_no_one_can_tell_waits_until_someone_says_when_it_was_live(client, clock, release):
    create_observation(release.addresses.get(), "unreachable", at=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(release, now=AFTER)
    clock(AFTER)
    person = sign_in(client, release)
    assert "Releases to check" in client.get(DESK).text
    release.statements.create(kind="was_live", schedule_version=1, live_at=SEED_DUE, stated_by=person, stated_at=AFTER)
    assert "Releases to check" not in client.get(DESK).text


def test_a_text_that_no_one_has_placed_waits_even_before_the_release_is_due(client, clock, release):
    create_observation(release.addresses.get(), "unrecognised", at=BEFORE - timedelta(hours=1), text="Another text")
    sign_in(client, release)
    assert "Releases to check" in client.get(DESK).text
    client.force_login(create_member(Role.AUDITOR, release.series.producer))
    assert "Releases to check" not in client.get(DESK).text


def test_what_waits_is_reached_from_the_top_past_a_long_morning(client, clock, release):
    clock(AFTER)
    sign_in(client, release, Role.DEPUTY)
    page = client.get(DESK).text
    assert page.index('href="#desk-waits"') < page.index('id="desk-today"') < page.index('id="desk-waits"')


def test_the_publishing_team_is_told_to_call_before_it_publishes_a_release_that_is_not_live(client, clock, release):
    clock(AFTER)
    suspect(release)
    call = f"Call {release.series.responsible.name} before you publish."
    task = f"Not live at 9:32am. {call} It may have been held on purpose."
    for role in Role:
        with rolled_back():
            sign_in(client, release, role)
            assert (task in " ".join(client.get(DESK).text.split())) == (role is Role.PUBLISHING_TEAM), role


def test_the_publishing_team_reads_until_which_second_a_release_could_still_be_on_time(client, clock, release):
    Series.objects.update(tolerance_seconds=30)
    clock(AFTER)
    suspect(release)
    sign_in(client, release, Role.PUBLISHING_TEAM)
    assert "Not live at 9:30:30am. Call" in words(client.get(DESK).text)
    Series.objects.update(responsible=None, head_of_profession=None)
    assert "Not live at 9:30:30am. No other contact is listed." in words(client.get(DESK).text)


def test_without_a_contact_the_publishing_team_speaks_to_the_statistics_team(client, clock, release):
    clock(AFTER)
    suspect(release)
    Series.objects.update(responsible=None, head_of_profession=None)
    sign_in(client, release, Role.PUBLISHING_TEAM)
    assert "Speak to the statistics team before you publish." in client.get(DESK).text


def test_a_release_that_went_live_late_is_no_longer_a_matter_of_calling(client, clock, release):
    suspect(release)
    create_observation(release.addresses.get(), "live", at=SEED_DUE + timedelta(minutes=3))
    judge.judge_one(release, now=AFTER)
    clock(AFTER)
    sign_in(client, release, Role.PUBLISHING_TEAM)
    assert "before you publish" not in client.get(DESK).text

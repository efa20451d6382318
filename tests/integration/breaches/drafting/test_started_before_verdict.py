"""A report that a person started while the result of a release was uncertain, and the verdicts that follow."""

from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.urls import reverse

from breaches import drafting, editing, merging
from breaches.facts import compare_with_record, is_asked
from breaches.models import Report, Suspicion
from breaches.refreshing import changed_facts
from breaches.rules.answers import Answer
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportKind, ReportStatus
from breaches.versions import content_of, current_version
from releases.models import Release, Verification
from releases.rules.lifecycle import MoveRefused, Status
from releases.verdict.address import Outcome
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from statsoffice.notifications.outbox import RULES
from tests.support.factories import ReleaseFactory
from tests.support.people import move_report, reload_reports, write_sections
from tests.support.report_evidence import london
from tests.support.report_mornings import LIVE, MONITORED, NOT_LIVE, create_draft, record_checks, record_coverage
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

DAY = date(2020, 6, 30)
STARTED, LATER = london("10:00"), london("12:30")
NOTICED = Answer(on=DAY, at=london("09:50"))
MEASURES = Answer(text="we asked the publishing team to check the page")


@shared_fixture
def uncertain(series):
    release = ReleaseFactory(confirmed=True, series=series)
    record_checks(release, ("09:29:55", NOT_LIVE), ("09:45", LIVE))
    return release


def start(release, office, *, kind=ReportKind.LATE, on=DAY):
    about = drafting.ReportSubject(office.producer, release=release)
    return drafting.start_report(
        about, kind=kind, occurred_on=[on], by=office.statistician, at=STARTED, form_key=uuid4()
    )[0]


def make_late(release):
    """Store checks of a process that could not store them before: they show that the release was late."""
    record_coverage(release)
    record_checks(release, *MONITORED)
    assert Verification.objects.get(release=release).outcome == Outcome.LATE


def make_on_time(release):
    record_checks(release, ("09:30", LIVE), ("09:32", LIVE))
    assert Verification.objects.get(release=release).outcome == Outcome.ON_TIME


def answer(report, office):
    values = {"answers": replace(content_of(report).answers, noticed=NOTICED, measures=MEASURES)}
    section, version = ReportSection.WHAT_HAPPENED, report.version
    editing.save_section(
        report, section=section, values=values, expected_version=version, by=office.statistician, at=STARTED
    )
    return reload_reports([report])[0]


@pytest.mark.both_databases
def test_a_late_verdict_is_added_to_the_report_that_a_person_started(uncertain, office):
    report = start(uncertain, office)
    assert drafting.draft_missing(now=STARTED) == []
    assert "15 minutes late" not in content_of(report).circumstances
    make_late(uncertain)

    assert drafting.draft_missing(now=LATER) == drafting.draft_missing(now=LATER) == []
    (report,) = Report.objects.all()
    assert Suspicion.objects.get().report == report
    assert [event.kind for event in report.events.all()] == ["started", "suspicion_joined", "facts_refreshed"]
    content = content_of(report)
    assert "15 minutes late" in content.circumstances
    assert content.occurred_on == (DAY,)
    assert is_asked(report)
    assert compare_with_record(report, content) == ""
    call_command("verify_evidence", stdout=StringIO())


def test_the_account_has_the_answers_and_below_them_the_results_of_our_checks(uncertain, office):
    report = answer(start(uncertain, office), office)
    make_late(uncertain)
    drafting.draft_missing(now=LATER)
    (report,) = Report.objects.all()
    content = content_of(report)
    assert (content.answers.noticed, content.answers.measures) == (NOTICED, MEASURES)
    first, *others = content.circumstances.split("\n\n")
    assert "We asked the publishing team to check the page." in first
    assert "15 minutes late" not in first
    assert any("15 minutes late" in paragraph for paragraph in others)
    # A further answer writes the same account, with the answer.
    values = {"answers": replace(content.answers, noticed_by=Answer(text="a member of the press office"))}
    section, version = ReportSection.WHAT_HAPPENED, report.version
    editing.save_section(
        report, section=section, values=values, expected_version=version, by=office.statistician, at=LATER
    )
    account = content_of(Report.objects.get()).circumstances
    assert "a member of the press office" in account
    assert "15 minutes late" in account


def test_the_text_and_the_day_that_a_person_wrote_are_not_changed(uncertain, office):
    report = start(uncertain, office)
    values = {
        field: getattr(content_of(report), field)
        for field in ("practices", "other_practices", "occurred_on", "circumstances")
    }
    editing.save_section(
        report,
        section=ReportSection.CIRCUMSTANCES,
        values=values | {"circumstances": "No one could open the page."},
        expected_version=1,
        by=office.statistician,
        at=STARTED,
    )
    (report,) = reload_reports([report])
    before = content_of(report)
    make_late(uncertain)
    assert drafting.draft_missing(now=LATER) == []
    (report,) = Report.objects.all()
    assert content_of(report) == before
    assert changed_facts(report, current_version(report)).keys() == {"circumstances"}
    assert "15 minutes late" in report.machine["circumstances"]


def test_a_stated_day_of_the_breach_stays(uncertain, office):
    report = start(uncertain, office, on=date(2020, 6, 29))
    make_late(uncertain)
    assert drafting.draft_missing(now=LATER) == []
    report.refresh_from_db()
    assert content_of(report).occurred_on == (date(2020, 6, 29),)
    assert report.occurred_on == date(2020, 6, 29)


DECIDED = [ReportStatus.APPROVED, ReportStatus.RECORDED, ReportStatus.SENT, ReportStatus.CLOSED]


@pytest.mark.parametrize("status", [ReportStatus.WITH_HOP, ReportStatus.RETURNED, *DECIDED])
def test_a_report_in_each_state_takes_the_verdict_and_only_its_authors_get_new_text(uncertain, office, status):
    report = move_report(write_sections(start(uncertain, office), by=office.statistician), office, status)
    before = report.version, content_of(report)
    make_late(uncertain)
    assert drafting.draft_missing(now=LATER) == []
    (report,) = Report.objects.all()
    assert Suspicion.objects.get().report == report
    assert report.status == status
    if status is ReportStatus.RETURNED:
        assert "15 minutes late" in content_of(report).circumstances
    else:
        assert (report.version, content_of(report)) == before
    assert ("15 minutes late" in report.machine["circumstances"]) is (status not in DECIDED)
    call_command("verify_evidence", stdout=StringIO())


@pytest.mark.parametrize("status", [ReportStatus.DRAFT, ReportStatus.SENT])
def test_the_message_about_the_suspicion_leads_to_the_report_and_says_whether_it_is_decided(
    uncertain, office, status, monkeypatch
):
    report = move_report(write_sections(start(uncertain, office), by=office.statistician), office, status)
    make_late(uncertain)
    drafting.draft_missing(now=LATER)
    monkeypatch.setattr(outbox, "RULES", [rule for rule in RULES if rule.template == "suspected_breach"])
    outbox.create_missing(now=LATER + timedelta(minutes=1))
    body = Message.objects.order_by("pk")[0].text
    assert reverse("breaches:report", args=[report.reference]) in body
    assert ("The report about it is already decided." in body) is (status is ReportStatus.SENT)
    assert ("open the draft report" in body) is (status is ReportStatus.DRAFT)


def test_a_message_about_several_releases_names_each_report_that_is_decided(uncertain, office, monkeypatch):
    report = move_report(write_sections(start(uncertain, office), by=office.statistician), office, ReportStatus.SENT)
    make_late(uncertain)
    other = ReleaseFactory(confirmed=True, series=uncertain.series, reference="another", due_at=uncertain.due_at)
    record_coverage(other)
    record_checks(other, *MONITORED)
    (drafted,) = drafting.draft_missing(now=LATER)
    monkeypatch.setattr(outbox, "RULES", [rule for rule in RULES if rule.template == "suspected_breach"])
    outbox.create_missing(now=LATER + timedelta(minutes=1))
    body = Message.objects.order_by("pk")[0].text
    assert "2 suspected breaches" in Message.objects.order_by("pk")[0].subject
    assert "These reports are already decided." in body
    assert reverse("breaches:report", args=[report.reference]) in body
    assert reverse("breaches:report", args=[drafted.reference]) not in body


def test_a_decided_report_takes_no_suspicion_of_another_kind(uncertain, office):
    report = move_report(write_sections(start(uncertain, office), by=office.statistician), office, ReportStatus.SENT)
    make_late(uncertain)
    verdict = Verification.objects.get(release=uncertain)
    Suspicion.objects.create(
        release=uncertain,
        schedule_version=verdict.schedule_version,
        kind=ReportKind.PARTIAL,
        verification=verdict,
        raised_at=LATER,
    )
    (drafted,) = drafting.draft_missing(now=LATER)
    reports = {suspicion.kind: suspicion.report for suspicion in Suspicion.objects.all()}
    assert reports == {ReportKind.LATE: report, ReportKind.PARTIAL: drafted}


@pytest.mark.parametrize("status", [ReportStatus.DISMISSED, ReportStatus.WITHDRAWN])
def test_a_verdict_after_the_decision_that_it_is_no_breach_needs_a_new_decision(uncertain, office, status):
    report = move_report(write_sections(start(uncertain, office), by=office.statistician), office, status)
    make_late(uncertain)
    (drafted,) = drafting.draft_missing(now=LATER)
    assert Suspicion.objects.get().report == drafted != report


def test_an_undecided_report_is_preferred_to_a_decided_one(uncertain, office):
    sent = move_report(write_sections(start(uncertain, office), by=office.statistician), office, ReportStatus.SENT)
    report = start(uncertain, office)
    make_late(uncertain)
    assert drafting.draft_missing(now=LATER) == []
    assert Suspicion.objects.get().report == report != sent


def test_an_incomplete_verdict_is_added_to_a_report_about_an_incomplete_release(uncertain, office):
    report = start(uncertain, office, kind=ReportKind.PARTIAL)
    make_late(uncertain)
    Verification.objects.update(outcome=Outcome.PARTIAL)
    assert drafting.draft_missing(now=LATER) == []
    suspicion = Suspicion.objects.get()
    assert (suspicion.kind, suspicion.report) == (ReportKind.PARTIAL, report)


@pytest.mark.parametrize("kind", [ReportKind.PARTIAL, ReportKind.NOT_LIVE, ReportKind.EARLY, ReportKind.WRONG_CONTENT])
def test_a_report_of_another_kind_does_not_take_a_late_verdict(uncertain, office, kind):
    report = start(uncertain, office, kind=kind)
    make_late(uncertain)
    (drafted,) = drafting.draft_missing(now=LATER)
    assert Suspicion.objects.get().report == drafted
    warned = compare_with_record(report, content_of(report))
    assert warned.startswith("According to our checks, the release was late.") is (kind is not ReportKind.WRONG_CONTENT)


def test_a_report_about_another_date_does_not_take_the_verdict_and_is_not_compared_with_it(uncertain, office):
    report = start(uncertain, office)
    Verification.objects.filter(release=uncertain).update(due_at=london("09:30", "2020-06-23"))
    Verification.objects.filter(release=uncertain).update(outcome=Outcome.ON_TIME)
    assert compare_with_record(report, content_of(report)) == ""
    Verification.objects.filter(release=uncertain).update(outcome=Outcome.LATE)
    (drafted,) = drafting.draft_missing(now=LATER)
    assert drafted != report


@pytest.mark.parametrize("kind", [ReportKind.LATE, ReportKind.NOT_LIVE, ReportKind.PARTIAL])
def test_a_release_that_was_on_time_is_warned_about_and_the_report_is_not_changed(uncertain, office, kind):
    report = start(uncertain, office, kind=kind)
    assert compare_with_record(report, content_of(report)) == ""
    make_on_time(uncertain)
    assert drafting.draft_missing(now=LATER) == []
    assert not Suspicion.objects.exists()
    (report,) = Report.objects.all()
    warned = compare_with_record(report, content_of(report))
    assert warned.startswith("According to our checks, the release was on time. Last found not live at 9:29:55am.")
    assert "Check whether this report is still needed" in warned
    assert report.version == 1


def test_a_finding_from_before_the_due_time_is_not_disclosed_by_a_warning(uncertain, office):
    report = start(uncertain, office)
    make_on_time(uncertain)
    Verification.objects.update(outcome=Outcome.EARLY)
    Release.objects.update(status=Status.CONFIRMED)
    assert compare_with_record(report, content_of(report)) == ""
    Release.objects.update(status=Status.PUBLISHED)
    assert "According to our checks, the release was early." in compare_with_record(report, content_of(report))


def test_a_report_that_a_person_started_cannot_be_combined_because_its_answers_would_be_missing(uncertain, office):
    report = answer(start(uncertain, office), office)
    make_late(uncertain)
    other = create_draft(producer=office.producer, reference="other", at="12:30")
    (report,) = reload_reports([report])
    assert Suspicion.objects.filter(report=report).exists()
    assert merging.morning_of_drafts(report) is None
    with pytest.raises(MoveRefused, match="You cannot combine a report that a person started"):
        merging.merge_drafts([report, other], by=office.statistician, at=LATER)

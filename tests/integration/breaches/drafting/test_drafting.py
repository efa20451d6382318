"""From verdicts to drafts: once, from the record alone, and kept up to date until a person writes."""

from datetime import date, timedelta

import pytest

from breaches import drafting
from breaches.models import Report, ReportEvent, ReportVersion, Suspicion
from breaches.rules.lifecycle import ReportKind, ReportStatus
from breaches.versions import content_of, current_version
from releases.models import Contact, Statement, Verification
from releases.rules.lifecycle import Role
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member
from tests.support.report_evidence import london
from tests.support.report_mornings import (
    EARLY_MORNING,
    LIVE,
    NOT_LIVE,
    NOT_SEEN_MORNING,
    SEED_MORNING,
    create_draft,
    create_late_release,
    record_checks,
    record_coverage,
)

pytestmark = pytest.mark.django_db
NOW = london("10:27:02")


@pytest.mark.both_databases
def test_a_late_release_gives_one_suspicion_and_one_draft_whatever_runs_twice():
    create_late_release()
    first = drafting.draft_missing(now=NOW)
    again = drafting.draft_missing(now=NOW + timedelta(seconds=2))
    assert len(first) == 1
    assert again == []
    assert Suspicion.objects.count() == Report.objects.count() == ReportVersion.objects.count() == 1
    assert [event.kind for event in ReportEvent.objects.all()] == ["drafted"]


def test_each_new_release_gives_a_report_of_its_own():
    series = SeriesFactory()
    for number in ("first", "second"):
        create_late_release(series=series, reference=number)
    assert {report.reference for report in drafting.draft_missing(now=NOW)} == {"breach-first", "breach-second"}


@pytest.mark.parametrize(
    "morning",
    [(("09:29:55", NOT_LIVE), ("09:30", LIVE), ("09:32", LIVE)), (("09:29:55", NOT_LIVE), ("09:45", LIVE))],
    ids=["on time", "uncertain"],
)
def test_a_verdict_that_accuses_no_one_drafts_nothing(morning):
    record_checks(ReleaseFactory(confirmed=True), *morning)
    assert drafting.draft_missing(now=NOW) == []
    assert not Suspicion.objects.exists()


def test_the_draft_holds_what_the_record_and_the_contacts_say_and_leaves_the_rest_to_people():
    report = create_draft()
    content, series = content_of(report), report.suspicions.get().release.series
    assert [(output.title, output.url) for output in content.outputs] == [
        (
            "State-funded schools inspections and outcomes as at 31 March 2020",
            "https://www.example.gov.uk/statistics/schools-march-2020",
        )
    ]
    assert content.producers == (series.producer.name,)
    assert content.dealing.email == series.responsible.email
    assert content.head_of_profession.telephone == series.head_of_profession.telephone
    assert [(practice.edition, practice.code) for practice in content.practices] == [("2.0", "T3.6")]
    assert content.occurred_on == (date(2020, 6, 30),)
    assert "due for release at 9:30am on 30 June 2020" in content.circumstances
    assert "between 10:26:55am and 10:27am, just under an hour late" in content.circumstances
    assert "8:30am" not in content.circumstances  # the due time in UTC
    assert (content.impact, content.corrective_actions, content.report_date) == ("", "", None)
    assert current_version(report).machine == current_version(report).content == report.machine


def test_a_contact_is_kept_as_it_was_when_the_report_was_drafted():
    report = create_draft()
    Contact.objects.update(name="Somebody Else", telephone="")
    record_checks(report.suspicions.get().release, ("11:00", NOT_LIVE))
    drafting.draft_missing(now=london("11:00:02"))
    report.refresh_from_db()
    assert report.version == 2
    assert content_of(report).dealing.name.startswith("Contact")


@pytest.mark.parametrize(
    ("due", "codes"),
    [("2021-06-30", ["T3.6"]), ("2023-06-30", ["T3.6"]), ("2026-06-30", ["Standard 3", "3.6"])],
    ids=["edition 2.0", "edition 2.1", "edition 3.0"],
)
def test_the_practices_of_the_edition_in_force_are_cited(due, codes):
    release = ReleaseFactory(confirmed=True, due_at=london("09:30", due))
    record_checks(release, *SEED_MORNING)
    report = drafting.draft_missing(now=london("10:27", due))[0]
    assert [practice.code for practice in content_of(report).practices] == codes


def test_an_early_release_is_told_as_early_and_occurred_when_it_was_first_seen():
    release = ReleaseFactory(confirmed=True)
    record_coverage(release)
    record_checks(release, *EARLY_MORNING)
    report = drafting.draft_missing(now=NOW)[0]
    assert report.kind == ReportKind.EARLY
    assert [practice.code for practice in content_of(report).practices] == ["T3.3", "T3.4"]
    assert report.suspicions.get().verification.occurred_at == london("09:10")
    assert "30 minutes early" in content_of(report).circumstances


def test_what_was_seen_at_the_due_time_of_an_early_release_is_told_at_once():
    release = ReleaseFactory(confirmed=True)
    record_coverage(release)
    record_checks(release, *EARLY_MORNING[:3])
    report = drafting.draft_missing(now=london("09:29:02"))[0]
    assert "had not ended" in content_of(report).circumstances

    record_checks(release, *EARLY_MORNING[3:])
    drafting.draft_missing(now=london("09:32:02"))

    report.refresh_from_db()
    assert content_of(report).circumstances.endswith("minutes early. The cause has not been recorded.")


def test_a_missing_attachment_makes_a_partial_suspicion():
    release = ReleaseFactory(confirmed=True, attachments=("https://www.example.gov.uk/statistics/table.csv",))
    record_coverage(release)
    record_checks(release, ("09:29:55", NOT_LIVE), ("09:30", LIVE), ("09:32", LIVE))
    record_checks(
        release,
        *NOT_SEEN_MORNING,
        ("09:43", LIVE),
        address=release.addresses.get(role="attachment"),
    )
    report = drafting.draft_missing(now=NOW)[0]
    assert report.kind == ReportKind.PARTIAL
    assert "its file ‘table.csv’" in content_of(report).circumstances.lower()


@pytest.mark.both_databases
def test_not_seen_becomes_late_in_the_same_suspicion_and_the_untouched_draft_follows():
    release = ReleaseFactory(confirmed=True)
    record_coverage(release)
    record_checks(release, *NOT_SEEN_MORNING)
    report = drafting.draft_missing(now=london("09:32:02"))[0]
    assert "first seen" not in content_of(report).circumstances
    record_checks(release, *SEED_MORNING[-2:])
    assert drafting.draft_missing(now=NOW) == []
    report.refresh_from_db()
    assert "just under an hour" in content_of(report).circumstances
    assert (report.version, Suspicion.objects.count(), current_version(report).why) == (2, 1, "facts")
    assert ReportVersion.objects.get(number=1).content["circumstances"] != content_of(report).circumstances


def test_figures_that_merely_grow_make_a_version_now_and_then_and_not_with_every_check():
    release = ReleaseFactory(confirmed=True)
    record_coverage(release, end="23:00")
    record_checks(release, *NOT_SEEN_MORNING)
    report = drafting.draft_missing(now=london("09:32:02"))[0]
    for minute in range(33, 52):
        record_checks(release, (f"09:{minute}", NOT_LIVE))
        drafting.draft_missing(now=london(f"09:{minute}:02"))
    report.refresh_from_db()
    assert report.version == 2
    assert "9:47am" in content_of(report).circumstances


def test_one_morning_with_two_suspicions_makes_one_report():
    report = create_draft()
    verification = report.suspicions.get().verification
    type(verification).objects.filter(pk=verification.pk).update(outcome="early", occurred_at=london("09:10"))
    assert drafting.draft_missing(now=NOW + timedelta(seconds=2)) == []
    report.refresh_from_db()
    assert sorted(suspicion.kind for suspicion in report.suspicions.all()) == ["early", "late"]
    assert "suspicion_joined" in [event.kind for event in report.events.all()]


def test_a_dismissed_suspicion_keeps_its_key_and_is_not_drafted_again():
    report = create_draft()
    Report.objects.update(status=ReportStatus.DISMISSED, decision_reason="check_error", decided_at=NOW)
    record_checks(report.suspicions.get().release, ("11:00", NOT_LIVE))
    assert drafting.draft_missing(now=london("11:00")) == []
    assert Report.objects.count() == 1


@pytest.mark.both_databases
def test_a_name_that_is_taken_gets_a_number():
    first = create_draft()
    Report.objects.filter(pk=first.pk).update(status="dismissed", decision_reason="other", decided_at=NOW)
    Suspicion.objects.update(kind=ReportKind.EARLY)
    assert [report.reference for report in drafting.draft_missing(now=NOW)] == [f"{first.reference}-2"]


def test_a_rehearsals_report_is_a_rehearsal():
    assert create_draft(rehearsal=True).rehearsal
    assert not Report.objects.official().exists()


def test_a_persons_statement_is_told_as_their_word_by_role_and_not_by_name():
    release = ReleaseFactory(confirmed=True)
    record_coverage(release)
    record_checks(release, *SEED_MORNING)
    user = create_member(Role.STATISTICIAN, release.series.producer, name="Ada Hill")
    Statement.objects.create(
        release=release,
        schedule_version=1,
        kind=Statement.Kind.WAS_LIVE,
        live_at=london("10:20"),
        stated_by=user,
        stated_at=london("10:25"),
    )
    user.memberships.get().delete()
    circumstances = content_of(drafting.draft_missing(now=NOW)[0]).circumstances
    assert "A statistician stated" in circumstances
    assert "10:20am" in circumstances
    assert "Ada Hill" not in circumstances


@pytest.mark.both_databases
def test_a_hole_in_the_watching_is_told_and_a_replayed_past_has_none():
    release = ReleaseFactory(confirmed=True)
    record_coverage(release, end="09:50")
    record_checks(release, *SEED_MORNING)
    assert "between 9:50am and 10:26:55am" in content_of(drafting.draft_missing(now=NOW)[0]).circumstances
    replay = ReleaseFactory(confirmed=True, rehearsal=True, reference="replay", series=release.series)
    record_checks(replay, *SEED_MORNING, replayed=True)
    assert "Nothing was observed" not in content_of(drafting.draft_missing(now=NOW)[0]).circumstances


def test_no_suspicion_and_no_draft_is_dated_before_the_verdict_that_it_rests_on():
    release = create_late_release()
    decided_at = Verification.objects.filter(release=release).latest("pk").decided_at
    (report,) = drafting.draft_missing(now=decided_at - timedelta(milliseconds=100))
    assert report.suspicions.get().raised_at == decided_at
    assert report.drafted_at == report.versions.get().written_at == decided_at

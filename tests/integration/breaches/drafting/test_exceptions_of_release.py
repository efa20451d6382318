"""The exceptions of a release in the report about it: OSR's agreement, a bank holiday, and a release at once."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from breaches import drafting, editing
from breaches.models import Report
from breaches.rules.answers import Answer, Answers
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportKind
from breaches.versions import content_of
from releases import corrections, scheduling
from releases.models import AgreementCorrection, DateChange, Departure, Release
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.report_evidence import london
from tests.support.report_mornings import NOT_SEEN_MORNING, record_checks

pytestmark = pytest.mark.django_db

LEAKED, DECIDED, AT_ONCE = london("18:15", "2020-06-29"), london("18:30", "2020-06-29"), london("18:45", "2020-06-29")
AGREED = {"kind": "osr_agreement", "osr_reference": "OSR/12", "osr_agreed_on": date(2020, 6, 1)}
HOLIDAY = {"kind": "bank_holiday", "holiday": "Spring bank holiday", "reason": "Parliament sits."}


@pytest.fixture
def release(office):
    return ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))


def record_exception(release, office, **values):
    return Departure.objects.create(
        release=release, schedule_version=1, decided_by=office.head, decided_at=LEAKED, **values
    )


def correct_agreement(departure, office, *, at):
    AgreementCorrection.objects.create(
        departure=departure,
        number=1,
        osr_reference="OSR/21",
        osr_agreed_on=date(2020, 6, 2),
        corrected_by=office.head,
        corrected_at=at,
    )


def report_leak(release, office, happened):
    """A report on a leak, with the only answer of when it happened."""
    about = drafting.ReportSubject(office.producer, release=release)
    report, _ = drafting.start_report(
        about, kind=ReportKind.LEAK, occurred_on=[date(2020, 6, 29)], by=office.head, at=SEED_DUE, form_key=uuid4()
    )
    answers = Answers(what=Answer("Three figures"), happened=happened)
    editing.save_section(
        report,
        section=ReportSection.WHAT_HAPPENED,
        values={"answers": answers},
        expected_version=1,
        by=office.head,
        at=SEED_DUE,
    )
    return content_of(Report.objects.get(pk=report.pk)).circumstances


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (AGREED, "agreed to this date and time in writing on 1 June 2020 (reference OSR/12)."),
        (HOLIDAY, "a bank holiday (Spring bank holiday). The reason given was: Parliament sits."),
    ],
)
def test_the_report_on_a_late_release_states_its_exception_below_the_account(office, release, values, words):
    record_exception(release, office, **values)
    record_checks(release, *NOT_SEEN_MORNING)
    (report,) = drafting.draft_missing(now=SEED_DUE + timedelta(minutes=3))
    account, exception = content_of(report).circumstances.split("\n\n")
    assert account.endswith("The cause has not been recorded.")
    assert exception.endswith(words)


def test_an_agreement_that_was_corrected_is_in_the_report_as_it_is_now(office, release):
    departure = record_exception(release, office, **AGREED)
    correct_agreement(departure, office, at=LEAKED)
    record_checks(release, *NOT_SEEN_MORNING)
    (report,) = drafting.draft_missing(now=SEED_DUE + timedelta(minutes=3))
    assert content_of(report).circumstances.endswith("in writing on 2 June 2020 (reference OSR/21).")


def test_an_agreement_that_is_corrected_after_the_draft_enters_its_text(office, release):
    departure = record_exception(release, office, **AGREED)
    record_checks(release, *NOT_SEEN_MORNING)
    (report,) = drafting.draft_missing(now=SEED_DUE + timedelta(minutes=3))
    correct_agreement(departure, office, at=SEED_DUE + timedelta(minutes=5))
    drafting.draft_missing(now=SEED_DUE + timedelta(minutes=6))
    report = Report.objects.get(pk=report.pk)
    assert content_of(report).circumstances.endswith("in writing on 2 June 2020 (reference OSR/21).")


def test_an_exception_of_another_date_of_the_release_is_not_in_the_report(office, release):
    record_exception(release, office, **AGREED)
    Release.objects.filter(pk=release.pk).update(schedule_version=2)
    record_checks(Release.objects.get(pk=release.pk), *NOT_SEEN_MORNING)
    (report,) = drafting.draft_missing(now=SEED_DUE + timedelta(minutes=3))
    assert "\n\n" not in content_of(report).circumstances


@pytest.mark.parametrize(
    "happened",
    [
        Answer(on=date(2020, 6, 29), at=LEAKED),
        Answer(on=date(2020, 6, 29)),
        Answer(why_unknown="The article has no time."),
        None,
    ],
    ids=["time", "day", "not known", "no answer"],
)
def test_after_a_leak_and_a_release_at_once_the_account_has_the_time_that_was_due_before(office, release, happened):
    scheduling.release_at_once(
        release, due_at=AT_ONCE, reason="A figure was in the newts.", osr_told_at=LEAKED, by=office.head, at=DECIDED
    )
    corrections.correct_public_reason(
        DateChange.objects.get(), reason="A figure was in the news.", by=office.head, at=DECIDED, seen=0
    )
    account, exception, *_facts = report_leak(release, office, happened).split("\n\n")
    assert account.startswith(f"‘{release.title}’ was due for release at 9:30am on 30 June 2020. ")
    assert exception == (
        "The Head of Profession for Statistics or a deputy decided to release the statistics at once (release time: "
        "6:45pm on 29 June 2020). The reason given was: A figure was in the news. The Office for Statistics Regulation "
        "(OSR) was informed at 6:15pm on 29 June 2020."
    )


def test_a_leak_after_a_change_of_date_is_measured_against_the_new_date(office, release):
    to = scheduling.calendar.slot_at(SEED_DUE + timedelta(days=1))
    moved = scheduling.change_date(
        release, to=to, reason="The data are late.", by=office.head, at=LEAKED - timedelta(days=1)
    )
    assert report_leak(moved, office, Answer(on=date(2020, 6, 29), at=LEAKED)).startswith(
        f"‘{release.title}’ was due for release at 9:30am on 1 July 2020."
    )

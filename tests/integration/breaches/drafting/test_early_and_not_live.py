"""A release that was found early, taken down, and is not live when it is due: two reports with different readers."""

import csv
import io
import re
from datetime import date, timedelta

import pytest

from breaches import drafting, merging, register
from breaches.models import Report
from breaches.permissions import Action, reports_where
from breaches.refreshing import with_annex
from breaches.register import RegisterFilter
from breaches.rules.lifecycle import ReportKind
from breaches.versions import content_of
from releases import exemptions, scheduling, statements
from releases.models import Exemption, Release
from releases.rules.calendar import slot_at
from releases.rules.lifecycle import Role, Status
from releases.rules.tables import TableKind
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from statsoffice.notifications.models import Message
from statsoffice.notifications.recipients import EARLY_RELEASE, LIVE_AT_LAST, SUSPECTED
from tests.support.early_release import FOUND_AT, add_checks, create_release, find_early
from tests.support.factories import SEED_DUE

pytestmark = pytest.mark.django_db

TOLD_AT = SEED_DUE + timedelta(minutes=3)
BEFORE_DUE = re.compile(r"\b9:[01]\d")
NOT_LIVE = [("not_live", at) for at in range(0, 125, 5)]


@pytest.fixture
def taken_down(office):
    """The early release, which everyone saw missing from the due time on."""
    early = find_early(office, create_release(office))
    add_checks(early.release, ("not_live", -60), *NOT_LIVE)
    drafting.draft_missing(now=TOLD_AT)
    return early


def report_of(kind):
    return Report.objects.select_related("producer").get(kind=kind)


def is_read_by(person, report):
    return reports_where(person, Action.VIEW).filter(pk=report.pk).exists()


def publish_late(early):
    add_checks(early.release, *(("live", at) for at in range(1200, 1220, 5)))
    drafting.draft_missing(now=SEED_DUE + timedelta(minutes=21))


def test_the_report_that_everyone_reads_has_nothing_from_before_the_due_time(taken_down, office):
    late, early = report_of(ReportKind.LATE), report_of(ReportKind.EARLY)
    assert is_read_by(office.statistician, late)
    assert not is_read_by(office.statistician, early)
    account = content_of(late).circumstances
    assert "It had still not appeared at 9:32am" in account
    assert not BEFORE_DUE.search(account)
    standing = str([event.facts for event in late.events.all()])
    assert "early" not in standing
    assert BEFORE_DUE.search(content_of(early).circumstances)


NINE_TEN = SEED_DUE - timedelta(minutes=20)


def test_a_statement_that_it_was_live_before_it_was_due_is_in_the_early_report_only(office):
    early = find_early(office, create_release(office))
    at = SEED_DUE + timedelta(minutes=1)
    statements.record_live_time(early.release, live_at=NINE_TEN, by=office.head, at=at)
    add_checks(early.release, ("not_live", -60), *NOT_LIVE)
    drafting.draft_missing(now=TOLD_AT)
    late = with_annex(report_of(ReportKind.LATE))
    assert not BEFORE_DUE.search(late.circumstances)
    assert not BEFORE_DUE.search(str(late.annex.outputs[0].notes))
    assert "at 9:10am" in with_annex(early.report).circumstances
    publish_late(early)
    assert "at 9:10am" in with_annex(report_of(ReportKind.LATE)).circumstances


def test_a_statement_about_an_earlier_date_is_in_no_report_about_a_later_one(office):
    early = find_early(office, create_release(office))
    statements.record_live_time(early.release, live_at=NINE_TEN, by=office.head, at=FOUND_AT)
    release = Release.objects.select_related("series__producer").get(pk=early.release.pk)
    moved = scheduling.change_date(
        release,
        to=slot_at(SEED_DUE + timedelta(days=1)),
        reason="Checked again.",
        by=office.head,
        at=FOUND_AT + timedelta(minutes=1),
    )
    day = 24 * 3600
    add_checks(moved, ("not_live", day - 60), *(("not_live", day + at) for at in range(0, 125, 5)))
    drafting.draft_missing(now=SEED_DUE + timedelta(days=1, minutes=3))
    late = with_annex(report_of(ReportKind.LATE))
    assert "9:10am" not in late.circumstances
    assert "9:10am" not in str(late.annex)


def test_a_statement_after_a_later_date_was_set_is_in_no_report_about_the_date_that_was_missed(office):
    release = create_release(office)
    add_checks(release, *NOT_LIVE)
    drafting.draft_missing(now=TOLD_AT)
    week = timedelta(days=7)
    release = Release.objects.select_related("series__producer").get(pk=release.pk)
    moved = scheduling.change_date(
        release,
        to=slot_at(SEED_DUE + 2 * week),
        reason="Checked again.",
        by=office.head,
        at=SEED_DUE + timedelta(hours=1),
    )
    statements.record_live_time(moved, live_at=SEED_DUE + week, by=office.head, at=SEED_DUE + week + timedelta(hours=1))
    drafting.draft_missing(now=SEED_DUE + week + timedelta(hours=2))
    late = with_annex(report_of(ReportKind.LATE))
    assert "7 July" not in late.circumstances
    assert "7 July" not in str(late.annex.outputs[0].notes)


def test_repeated_drafting_makes_no_more_reports(taken_down):
    for minutes in (4, 5):
        drafting.draft_missing(now=SEED_DUE + timedelta(minutes=minutes))
    assert sorted(Report.objects.values_list("kind", flat=True)) == ["early", "late"]


def test_once_it_is_published_both_reports_have_the_whole_account_and_can_be_combined(taken_down, office):
    publish_late(taken_down)
    assert Release.objects.get().status == Status.PUBLISHED
    late, early = report_of(ReportKind.LATE), report_of(ReportKind.EARLY)
    assert content_of(late).circumstances == content_of(early).circumstances
    assert BEFORE_DUE.search(content_of(late).circumstances)
    assert is_read_by(office.statistician, early)
    joint = merging.merge_drafts([early, late], by=office.head, at=SEED_DUE + timedelta(minutes=30))
    assert content_of(joint).circumstances == content_of(late).circumstances
    merging.split_report(joint, by=office.head, at=SEED_DUE + timedelta(minutes=31))
    assert [one.suspicions.get().kind for one in (early, late)] == ["early", "late"]


def test_a_cancelled_release_discloses_the_whole_account_in_both_reports(taken_down, office):
    """Its checks end, so its verdict is not revised again."""
    at = SEED_DUE + timedelta(minutes=30)
    scheduling.cancel_release(taken_down.release, reason="Not needed.", by=office.head, at=at)
    drafting.draft_missing(now=at)
    assert BEFORE_DUE.search(content_of(report_of(ReportKind.LATE)).circumstances)
    events = report_of(ReportKind.LATE).events.count()
    drafting.draft_missing(now=at + timedelta(minutes=1))
    assert report_of(ReportKind.LATE).events.count() == events


def test_an_exemption_for_late_releases_covers_it_as_any_other(office):
    exemption = Exemption(
        producer=office.producer,
        approved_on=date(2020, 6, 1),
        reference="OSR/7",
        words="The new system.",
        covers_from=SEED_DUE.date(),
        covers_to=SEED_DUE.date(),
        covers_late=True,
    )
    exemptions.record_exemption(exemption, by=office.head, at=SEED_DUE - timedelta(days=2))
    early = find_early(office, create_release(office))
    add_checks(early.release, ("not_live", -60), *NOT_LIVE)
    drafting.draft_missing(now=TOLD_AT)
    assert [report.kind for report in Report.objects.all()] == ["early"]


def test_files_and_the_api_have_the_late_report_without_the_early_finding(taken_down, office):
    (entry,) = register.list_report_entries()
    assert entry["kind"] == "late"
    assert entry["occurred_at"] == SEED_DUE.isoformat()
    least, most = entry["delay_seconds"]
    assert (least >= 0, most) == (True, None)
    by = office.people[Role.AUDITOR]
    written = register.export_register(RegisterFilter(), TableKind.CSV, by=by, at=TOLD_AT).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(written))
    assert (row["kind"], row["occurred_on"]) == ("Late", "2020-06-30")
    assert float(row["delay_at_least_seconds"]) >= 0
    assert row["delay_at_most_seconds"] == ""


def test_a_report_about_a_late_release_stays_readable_when_people_learn_that_it_was_early(office):
    """A person can say so afterwards, of a text that our checks had not understood."""
    release = create_release(office)
    add_checks(release, *NOT_LIVE)
    drafting.draft_missing(now=TOLD_AT)
    early = find_early(office, release)
    late = report_of(ReportKind.LATE)
    assert is_read_by(office.statistician, late)
    assert early.report == report_of(ReportKind.EARLY)
    assert not is_read_by(office.people[Role.AUDITOR], early.report)


def test_everyone_is_notified_that_it_is_late_and_that_it_is_live_in_the_end(taken_down, office):
    for now in (FOUND_AT, TOLD_AT, TOLD_AT + timedelta(minutes=1)):
        outbox.create_missing(now=now)
        deliver_messages(now=now)
    assert kinds_of_messages() == {EARLY_RELEASE, SUSPECTED}
    publish_late(taken_down)
    outbox.create_missing(now=SEED_DUE + timedelta(minutes=22))
    assert LIVE_AT_LAST in kinds_of_messages()


def kinds_of_messages():
    kinds = (EARLY_RELEASE, SUSPECTED, LIVE_AT_LAST)
    return {kind for kind in kinds if Message.objects.filter(event__startswith=kind).exists()}

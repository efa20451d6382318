"""Drafting where several drafters are at work, many drafts are due, or one of them fails."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from copy import copy

import pytest
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext

from breaches import decisions, drafting, merging, refreshing
from breaches.models import Report, ReportEvent, ReportVersion, Suspicion, SuspicionQuerySet
from breaches.rules.lifecycle import DismissalReason, ReportKind
from releases.models import Verification
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.observations import create_observations
from tests.support.people import AT, create_office
from tests.support.report_evidence import london
from tests.support.report_mornings import create_draft, create_late_release

pytestmark = pytest.mark.django_db
NOW = london("10:27:02")


def test_a_fault_in_one_draft_stops_no_other_and_is_raised_in_the_end(monkeypatch):
    series = SeriesFactory()
    for number in ("broken", "sound"):
        create_late_release(series=series, reference=number)
    write = refreshing.automatic_content

    def fail_for_one(suspicions, facts, **options):
        if any(suspicion.release.reference == "broken" for suspicion in suspicions):
            message = "no account"
            raise ValueError(message)
        return write(suspicions, facts, **options)

    monkeypatch.setattr(refreshing, "automatic_content", fail_for_one)
    with pytest.raises(ExceptionGroup) as raised:
        drafting.draft_missing(now=NOW)
    assert [str(fault) for fault in raised.value.exceptions] == ["no account"]
    assert [report.reference for report in Report.objects.all()] == ["breach-sound"]
    monkeypatch.undo()
    drafting.draft_missing(now=NOW)
    assert Report.objects.count() == 2


@pytest.mark.both_databases
def test_a_suspicion_that_another_drafter_raises_in_between_is_raised_once(monkeypatch):
    create_late_release()

    def raised_by_another_first(queryset, rows, **options):
        for row in rows:
            copy(row).save()
        return QuerySet.bulk_create(queryset, rows, **options)

    monkeypatch.setattr(SuspicionQuerySet, "bulk_create", raised_by_another_first)
    assert len(drafting.draft_missing(now=NOW)) == 1
    assert Suspicion.objects.count() == Report.objects.count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_drafters_that_run_at_the_same_time_draft_each_report_once():
    series = SeriesFactory()
    for number in range(12):
        create_late_release(series=series, reference=f"release-{number}")

    def draft(_):
        try:
            return len(drafting.draft_missing(now=NOW))
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as threads:
        counts = list(threads.map(draft, range(4)))
    assert sum(counts) == Report.objects.count() == Suspicion.objects.count() == 12
    assert ReportVersion.objects.count() == ReportEvent.objects.filter(kind="drafted").count() == 12


@contextmanager
def meanwhile(act: Callable[[], object]):
    """Do something in parallel with a transaction that is open as long as the block, or until it waits for its end."""

    def beside():
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as threads:
        with transaction.atomic():
            yield
            begun = threads.submit(beside)
            wait([begun], timeout=1)
        begun.result(timeout=30)


def suspected_of(report, outcome):
    """Let the verdict of a report's release become another one, so that another kind of breach is suspected."""
    changed = {"outcome": outcome, "occurred_at": london("09:10"), "revision": F("revision") + 1}
    Verification.objects.filter(suspicions__report=report).update(**changed)


def draft():
    return drafting.draft_missing(now=NOW)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_suspicion_does_not_vanish_in_a_report_that_is_decided_at_this_moment():
    office = create_office()
    report = create_draft(producer=office.producer)
    suspected_of(report, "early")
    with meanwhile(draft):
        decisions.dismiss_report(report, reason=DismissalReason.CHECK_ERROR, words="A fault.", by=office.head, at=AT)
    assert report.suspicions.get().kind == ReportKind.LATE
    assert Suspicion.objects.get(kind=ReportKind.EARLY).report.status == "draft"
    assert not report.events.filter(kind="suspicion_joined").exists()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_suspicion_follows_the_others_of_its_release_into_the_report_that_is_joined_at_this_moment():
    office = create_office()
    report = create_draft(producer=office.producer)
    beside = create_draft(producer=office.producer, reference="beside")
    suspected_of(report, "early")
    joint = []
    with meanwhile(draft):
        joint.append(merging.merge_drafts([report, beside], by=office.head, at=AT))
    assert {suspicion.report for suspicion in Suspicion.objects.all()} == set(joint)
    assert Suspicion.objects.count() == 3


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_drafters_of_two_kinds_of_one_release_draft_one_report(monkeypatch):
    committed, write = threading.Event(), refreshing.automatic_content

    def written_once_the_other_has_ended(*read, **options):
        assert threading.current_thread() is threading.main_thread() or committed.wait(timeout=10)
        return write(*read, **options)

    monkeypatch.setattr(refreshing, "automatic_content", written_once_the_other_has_ended)
    release = create_late_release()
    verification = release.verifications.get()
    Suspicion.objects.create(
        release=release, schedule_version=1, kind=ReportKind.LATE, verification=verification, raised_at=NOW
    )

    def raise_and_draft_another_kind():
        Verification.objects.update(outcome="early", occurred_at=london("09:10"))
        draft()

    with meanwhile(raise_and_draft_another_kind):
        transaction.on_commit(committed.set)
        assert len(draft()) == 1
    assert Report.objects.count() == 1
    assert draft() == []
    assert sorted(Report.objects.get().suspicions.values_list("kind", flat=True)) == [ReportKind.EARLY, ReportKind.LATE]


@pytest.mark.both_databases
def test_drafting_one_or_six_reports_takes_as_many_queries(django_assert_num_queries):
    series = SeriesFactory()
    other = ReleaseFactory(confirmed=True, series=series, reference="other")
    for name in ("begins-the-chain-of-events", "first"):
        create_late_release(series=series, reference=name)
        create_observations(other, "not_live", start=SEED_DUE)
        with CaptureQueriesContext(connection) as few:
            assert len(drafting.draft_missing(now=NOW)) == 1
    for number in range(6):
        create_late_release(series=series, reference=f"release-{number}")
    with django_assert_num_queries(len(few)):
        assert len(drafting.draft_missing(now=NOW)) == 6


def test_many_open_reports_whose_figures_merely_grow_cost_a_fixed_number_of_queries(django_assert_max_num_queries):
    series = SeriesFactory()
    for number in range(10):
        create_late_release(series=series, reference=f"release-{number}")
    drafting.draft_missing(now=NOW)
    Verification.objects.update(revision=F("revision") + 1)
    with django_assert_max_num_queries(17):
        drafting.draft_missing(now=NOW)

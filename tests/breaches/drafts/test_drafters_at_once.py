"""Drafting where several drafters are at work, many drafts are due, or one of them fails."""

from concurrent.futures import ThreadPoolExecutor
from copy import copy

import pytest
from django.db import connection
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext

from breaches.drafts import drafting, machine_text
from breaches.models import Report, ReportEvent, ReportVersion, Suspicion
from breaches.models.suspicion import SuspicionQuerySet
from releases.models import Verification
from tests.breaches.mornings import a_late_release
from tests.breaches.record import london
from tests.factories import SeriesFactory

pytestmark = pytest.mark.django_db
NOW = london("10:27:02")


def test_a_fault_in_one_draft_stops_no_other_and_is_raised_in_the_end(monkeypatch):
    series = SeriesFactory()
    for number in ("broken", "sound"):
        a_late_release(series=series, reference=number)
    write = machine_text.machine_content

    def fail_for_one(suspicions, facts, **options):
        if any(suspicion.release.reference == "broken" for suspicion in suspicions):
            message = "no account"
            raise ValueError(message)
        return write(suspicions, facts, **options)

    monkeypatch.setattr(machine_text, "machine_content", fail_for_one)
    with pytest.raises(ExceptionGroup) as raised:
        drafting.draft_missing(now=NOW)
    assert [str(fault) for fault in raised.value.exceptions] == ["no account"]
    assert [report.reference for report in Report.objects.all()] == ["breach-sound"]
    monkeypatch.undo()
    drafting.draft_missing(now=NOW)
    assert Report.objects.count() == 2


def test_a_suspicion_that_another_drafter_raises_in_between_is_raised_once(monkeypatch):
    a_late_release()

    def raised_by_another_first(queryset, rows, **options):
        for row in rows:
            copy(row).save()
        return QuerySet.bulk_create(queryset, rows, **options)

    monkeypatch.setattr(SuspicionQuerySet, "bulk_create", raised_by_another_first)
    assert len(drafting.draft_missing(now=NOW)) == 1
    assert Suspicion.objects.count() == Report.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_drafters_that_run_at_the_same_time_draft_each_report_once():
    series = SeriesFactory()
    for number in range(12):
        a_late_release(series=series, reference=f"release-{number}")

    def draft(_):
        try:
            return len(drafting.draft_missing(now=NOW))
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as threads:
        counts = list(threads.map(draft, range(4)))
    assert sum(counts) == Report.objects.count() == Suspicion.objects.count() == 12
    assert ReportVersion.objects.count() == ReportEvent.objects.filter(kind="drafted").count() == 12


def test_drafting_one_or_forty_reports_takes_as_many_queries(django_assert_num_queries):
    series = SeriesFactory()
    for name in ("begins-the-chain-of-events", "first"):
        a_late_release(series=series, reference=name)
        with CaptureQueriesContext(connection) as few:
            assert len(drafting.draft_missing(now=NOW)) == 1
    for number in range(40):
        a_late_release(series=series, reference=f"release-{number}")
    with django_assert_num_queries(len(few)):
        assert len(drafting.draft_missing(now=NOW)) == 40


def test_many_open_reports_whose_figures_merely_grow_cost_a_fixed_number_of_queries(django_assert_max_num_queries):
    series = SeriesFactory()
    for number in range(10):
        a_late_release(series=series, reference=f"release-{number}")
    drafting.draft_missing(now=NOW)
    Verification.objects.update(revision=F("revision") + 1)
    with django_assert_max_num_queries(15):
        drafting.draft_missing(now=NOW)

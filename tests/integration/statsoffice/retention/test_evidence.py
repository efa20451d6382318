"""Old evidence is removed automatically: once a day, in parallel with monitoring, and never around a due instant."""

from datetime import timedelta

import pytest

from breaches import attachments
from breaches.models import AttachmentFile
from breaches.rules.lifecycle import ReportStatus
from releases.models import Body, ReleaseEvent
from releases.monitoring.clock import StoppedClock
from statsoffice import jobs, retention
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.people import create_report, move_report
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

OVER = SEED_DUE + timedelta(days=366)


@pytest.fixture(autouse=True)
def _kept_for_a_year(settings):
    settings.EVIDENCE_KEPT = timedelta(days=365)


def an_old_release(reference):
    release = ReleaseFactory(confirmed=True, reference=reference, url=f"https://www.example.gov.uk/{reference}")
    store_checks(make_check(release.addresses.get(), "not_live", reference.encode(), at=-5))
    return release


def prune(at=OVER, **options):
    retention.prune_evidence_daily(clock=StoppedClock(at), by="worker", **options)


def test_the_step_next_to_the_watch_removes_what_is_old_and_says_so(monkeypatch, caplog):
    monkeypatch.setattr(jobs, "_probes", {})
    an_old_release("old")
    with caplog.at_level("INFO"):
        jobs.run_due_checks(clock=StoppedClock(OVER), process="worker")
    assert not Body.objects.exists()
    assert ReleaseEvent.objects.filter(kind="bodies_pruned").count() == 1
    assert "removed 3 bodies of 1 releases at the end of the retention period" in caplog.text


def test_the_daily_step_deletes_the_old_files_of_dismissed_reports(office):
    report = create_report(office)
    attachments.add_attachment(report, name="cms.log", body=b"09:31 queued", by=office.statistician, at=SEED_DUE)
    move_report(report, office, ReportStatus.DISMISSED)
    prune()
    assert not AttachmentFile.objects.exists()


def test_it_is_asked_again_a_day_later_and_not_before():
    prune()
    an_old_release("old")
    prune(OVER + timedelta(hours=23))
    assert Body.objects.exists()
    prune(OVER + timedelta(hours=24))
    assert not Body.objects.exists()


def test_a_last_time_that_lies_ahead_was_told_by_a_wrong_clock_and_holds_nothing_up():
    prune(OVER + timedelta(days=400))
    an_old_release("old")
    prune()
    assert not Body.objects.exists()


def test_near_a_due_instant_the_rest_waits_and_is_taken_up_by_the_next_step():
    for reference in ("one", "two"):
        an_old_release(reference)
    ReleaseFactory(confirmed=True, reference="due", due_at=OVER, rehearsal=True)
    prune(OVER - timedelta(seconds=10))
    assert Body.objects.count() == 2
    prune(OVER + timedelta(minutes=1))
    assert not Body.objects.exists()


def test_who_is_to_end_leaves_the_rest_for_the_next_step():
    for reference in ("one", "two"):
        an_old_release(reference)
    asked = iter([False, True])
    prune(stop=lambda: next(asked))
    assert Body.objects.count() == 1
    prune()
    assert not Body.objects.exists()

"""The table of periodic jobs, the three schedules that are built from it, and jobs of which a step fails."""

import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from celery.schedules import crontab
from django.utils import timezone

from breaches import drafting
from breaches.models import Report
from releases.rules.lifecycle import Role
from statsoffice import jobs
from statsoffice.celery import Fallback, FallbackStep, app
from statsoffice.jobs import JOBS, QUEUES, Job
from statsoffice.notifications import outbox
from statsoffice.notifications.models import Message
from statsoffice.notifications.outbox import RULES
from tests.support.factories import ProducerFactory, SeriesFactory, create_member
from tests.support.report_mornings import create_late_release
from tests.support.stored_imports import uploaded


def fail(**_):
    message = "no such table"
    raise LookupError(message)


@pytest.mark.django_db
def test_a_message_that_cannot_be_written_keeps_no_other_from_being_sent(monkeypatch, mailoutbox):
    now = timezone.now()
    Message.objects.create(
        event="news", recipient="a@example.gov.uk", subject="News", text="Some news", created_at=now, due_at=now
    )
    monkeypatch.setattr(outbox, "RULES", (fail, *RULES))
    with pytest.raises(ExceptionGroup, match="1 of 7 steps failed"):
        jobs.deliver()
    assert [mail.subject for mail in mailoutbox] == ["News"]
    assert Message.objects.get().sent_at is not None


@pytest.mark.django_db
def test_verdicts_that_come_while_reports_are_drafted_wait_neither_for_the_next_run_nor_for_the_refresh(monkeypatch):
    series = SeriesFactory()
    create_late_release(series=series, reference="first")
    draft_new_reports, refresh_reports, refreshed = drafting.draft_new_reports, drafting.refresh_reports, []

    def draft_and_judge_another(*, now):
        drafted = draft_new_reports(now=now)
        if Report.objects.count() == 1:
            create_late_release(series=series, reference="second")
        return drafted

    def refresh(*, now):
        refreshed.append(Report.objects.count())
        refresh_reports(now=now)

    monkeypatch.setattr(drafting, "draft_new_reports", draft_and_judge_another)
    monkeypatch.setattr(drafting, "refresh_reports", refresh)
    jobs.draft()
    assert refreshed == [2]


@pytest.mark.django_db
def test_a_fault_in_the_drafts_does_not_keep_the_roll_from_being_called(monkeypatch):
    called = []
    monkeypatch.setattr(drafting, "_raise_suspicions", fail)
    monkeypatch.setattr(jobs.morning_summary, "record_missing_summaries", lambda **asked: called.append(asked))
    with pytest.raises(ExceptionGroup):
        jobs.draft()
    assert len(called) == 1


@pytest.mark.django_db
def test_the_job_imports_checks_what_was_uploaded():
    series = SeriesFactory(producer=ProducerFactory(name="Office for Rain"), title="Monthly rain")
    found = uploaded(create_member(Role.CALENDAR_MANAGER, series.producer), {}, at=timezone.now())
    jobs.imports()
    found.refresh_from_db()
    assert found.status == "checked"


@pytest.mark.django_db
def test_a_job_that_is_told_to_end_leaves_its_next_steps_to_the_next_run(monkeypatch):
    called = []
    monkeypatch.setattr(jobs.morning_summary, "record_missing_summaries", lambda **asked: called.append(asked))
    answers = iter([*[False] * 5, True])
    jobs.draft(lambda: next(answers))
    assert called == []


def test_beat_the_command_watch_and_the_fallback_run_the_same_jobs_at_the_same_intervals(monkeypatch):
    """Every row is in the beat schedule; the other two have every row but those that these rows cover."""
    scheduled = app.conf.beat_schedule
    assert {name: (entry["task"], entry["schedule"]) for name, entry in scheduled.items()} == {
        job.name: (job.name, job.schedule) for job in JOBS
    }
    assert {entry["options"]["queue"] for entry in scheduled.values()} == set(app.amqp.queues) == set(QUEUES)
    by_beat = {name: entry["schedule"].total_seconds() for name, entry in scheduled.items() if name in intervals()}
    assert by_beat == intervals() == run_by_watch(monkeypatch) == run_by_fallback(monkeypatch)
    assert {job.name: set(job.covered_by) - intervals().keys() for job in JOBS if job.name not in intervals()} == {
        "verify_releases_at_0930": set()
    }


def intervals():
    return {job.name: job.interval_seconds for job in JOBS if not job.covered_by}


def run_by_watch(monkeypatch):
    """Run `watch` until each of its threads has run its job; return the pauses that they then make."""
    pauses = {}

    class Stop:
        def is_set(self):
            return threading.current_thread().name in pauses

        def wait(self, seconds):
            pauses[threading.current_thread().name] = seconds

    ran = []
    monkeypatch.setattr(jobs, "run_safely", lambda act, *, name: ran.append(name))
    jobs.run_until(Stop())
    pauses["sweep"] = pauses.pop(threading.current_thread().name)
    assert sorted(ran) == sorted(pauses)
    return pauses


def run_by_fallback(monkeypatch):
    """Start the fallback as a worker without -Q does; return its jobs with their intervals."""
    started = []
    monkeypatch.setattr(Fallback, "start", lambda self: started.extend(self.jobs))
    FallbackStep(SimpleNamespace()).start(SimpleNamespace(app=app))
    return {job.name: job.interval_seconds for job in started}


def test_a_worker_with_some_queues_replaces_their_jobs_alone(monkeypatch):
    monkeypatch.setattr(app.amqp.queues, "_consume_from", {"watch": None, "imports": None})
    assert set(run_by_fallback(monkeypatch)) == {"sweep", "imports"}


def test_what_waits_longer_than_its_interval_expires_and_what_hangs_is_ended():
    by_interval = [job for job in JOBS if not job.covered_by]
    assert [job.name for job in by_interval if job.expires_seconds >= job.interval_seconds] == []
    limits = {name: (app.tasks[name].soft_time_limit, app.tasks[name].time_limit) for name in app.conf.beat_schedule}
    assert limits == {
        job.name: (job.time_limit.total_seconds(), job.time_limit.total_seconds() + 60)
        if job.time_limit
        else (None,) * 2
        for job in JOBS
    }
    # The duration of a sweep shows nothing; it ends its process when it makes no progress.
    assert {name for name, limit in limits.items() if limit == (None, None)} == {"sweep", "verify_releases_at_0930"}


def test_a_crontab_that_no_interval_covers_is_no_job():
    with pytest.raises(ValueError, match="In covered_by, name the jobs with an interval that do the same work"):
        Job(name="nightly", schedule=crontab(hour="2"), queue="celery", expires_seconds=60, function=lambda _stop: None)


@pytest.mark.parametrize(
    ("block", "ends"),
    [
        pytest.param("re.match('(a+)+$', 'a' * 40 + 'b')", True, id="hangs in C with the interpreter's lock"),
        pytest.param("[(asked(), time.sleep(0.05)) for _ in range(60)]", False, id="goes on for longer and asks"),
    ],
)
def test_a_process_that_is_stuck_ends_itself_and_says_where(block, ends):
    script = f"""
import re, time, django
django.setup()
from statsoffice.jobs import exit_when_stuck, never
with exit_when_stuck(never, seconds=1.0) as asked:
    {block}
time.sleep(1.2)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode == 1 and 'File "<string>", line 6 in <module>' in done.stderr) is ends, done.stderr
    assert (done.returncode, done.stderr) == (0, "") or ends


@pytest.mark.parametrize("module", ["statsoffice.wsgi", "statsoffice.urls"])
def test_the_web_imports_no_celery(module):
    script = f"import sys, django; django.setup(); import {module}; assert not {{'celery', 'kombu'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_a_web_process_imports_the_pages_before_its_first_request_and_keeps_them_from_the_garbage_collector():
    script = (
        "import gc, sys; import statsoffice.wsgi; assert 'breaches.views.report' in sys.modules; "
        "kept = gc.get_freeze_count(); gc.unfreeze(); assert kept > len(gc.get_objects()) / 2"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_monitoring_starts_without_the_code_of_the_pages():
    script = (
        "import sys, django; django.setup(); from statsoffice.management.commands.watch import Command; "
        "Command().check(tags=Command.requires_system_checks); "
        "assert not {'statsoffice.urls', 'weasyprint', 'breaches.views', 'releases.admin', 'ninja'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)

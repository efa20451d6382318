"""The Celery application: a schedule, a queue and a task for each row of the table of jobs.

Celery only triggers jobs. The database shows which work is due and which is missing, so a lost message loses nothing.
"""

import os
from collections.abc import Callable
from typing import Any

import django
from celery import Celery, signals
from django.apps import apps
from django.conf import settings
from django.utils.log import configure_logging
from kombu import Exchange, Queue

from statsoffice import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statsoffice.settings")
if not apps.ready:
    django.setup()  # the functions of the jobs need the models

from statsoffice import fallback
from statsoffice.jobs import JOBS, QUEUES, Job

KILLED_AFTER_SECONDS = 60.0
"""The time in which a job must end after SoftTimeLimitExceeded."""
LARGEST_PROCESS = 400_000
"""Kilobytes. 10,000 releases on one morning take 360,000 (docs/performance.md); a process begins with 160,000."""

app = Celery("statsoffice")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_transport_options=broker.transport_options(var=settings.VAR_DIR),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    timezone="Europe/London",
    enable_utc=True,
    # A worker without -Q takes every queue. One with -Q that misspells a queue does not start.
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
    task_default_queue="celery",
    task_create_missing_queues=False,
    task_default_delivery_mode="transient",
    task_ignore_result=True,
    task_annotations={
        job.name: {
            "soft_time_limit": job.time_limit.total_seconds(),
            "time_limit": job.time_limit.total_seconds() + KILLED_AFTER_SECONDS,
        }
        for job in JOBS
        if job.time_limit
    },
    # One process for each queue, whatever the number of processors: a sweep runs for a whole morning, and the other
    # jobs mostly wait for the network or the database.
    worker_concurrency=len(QUEUES),
    worker_prefetch_multiplier=1,
    # Checked after each job, so that it never interrupts a sweep.
    worker_max_memory_per_child=LARGEST_PROCESS,
    worker_hijack_root_logger=False,
    worker_soft_shutdown_timeout=3.0,
    beat_schedule_filename=str(settings.VAR_DIR / "celerybeat-schedule"),
    beat_schedule={
        job.name: {
            "task": job.name,
            "schedule": job.schedule,
            "options": {"queue": job.queue, "expires": job.expires_seconds},
        }
        for job in JOBS
    },
)
app.steps["worker"].add(fallback.Step)


def _task(job: Job) -> Callable[[], None]:
    def run() -> None:
        fallback.run_tick(job)

    return run


for _job in JOBS:
    app.task(name=_job.name)(_task(_job))


@signals.setup_logging.connect
def configure_worker_logging(**_: Any) -> None:
    """Write the log of worker and beat in the same format as that of the web."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)

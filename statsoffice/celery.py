"""The Celery application: it only wakes the product up; what is due and missing stands in the database."""

import os
from datetime import timedelta
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab
from django.conf import settings
from django.utils.log import configure_logging

from statsoffice import broker
from statsoffice.steps import backstop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statsoffice.settings")

SWEEP_EVERY = timedelta(seconds=5)
DRAFT_EVERY = timedelta(seconds=2)
DELIVER_EVERY = timedelta(seconds=5)
# So often somebody asks whether the next rehearsal is due; the canary itself leaves a minute between two.
CANARY_EVERY = timedelta(seconds=5)
PREFLIGHT_EVERY = timedelta(seconds=15)
ERASE_NAMES_EVERY = timedelta(hours=1)
IMPORTS_EVERY = timedelta(seconds=3)

app = Celery("statsoffice")
app.conf.update(
    broker_url=broker.url(var=settings.VAR_DIR),
    timezone="Europe/London",
    enable_utc=True,
    imports=["statsoffice.tasks"],
    task_ignore_result=True,
    task_default_queue="celery",
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_soft_shutdown_timeout=3.0,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        # A sweep that watches a long morning is still the same delivery; nothing here waits for an hour.
        "visibility_timeout": 24 * 60 * 60,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    beat_schedule_filename=str(settings.VAR_DIR / "celerybeat-schedule"),
    # Intervals and no crontab for what must never pause: crontab is silent in October's repeated hour. A tick
    # that waited longer than its interval is out of date and is dropped.
    beat_schedule={
        "sweep": {"task": "sweep", "schedule": SWEEP_EVERY, "options": {"queue": "watch", "expires": 4}},
        "draft": {"task": "draft", "schedule": DRAFT_EVERY, "options": {"queue": "draft", "expires": 1.8}},
        "deliver": {"task": "deliver", "schedule": DELIVER_EVERY, "options": {"queue": "deliver", "expires": 4}},
        "canary": {"task": "canary", "schedule": CANARY_EVERY, "options": {"queue": "canary", "expires": 4}},
        "preflight": {
            "task": "preflight",
            "schedule": PREFLIGHT_EVERY,
            "options": {"queue": "preflight", "expires": 12},
        },
        "erase_names": {
            "task": "erase_names",
            "schedule": ERASE_NAMES_EVERY,
            "options": {"queue": "celery", "expires": 3500},
        },
        "imports": {"task": "imports", "schedule": IMPORTS_EVERY, "options": {"queue": "imports", "expires": 2.5}},
        "verify_releases_at_0930": {
            "task": "verify_releases_at_0930",
            "schedule": crontab(hour="9", minute="30", day_of_week="mon-fri"),
            "options": {"queue": "watch", "expires": 600},
        },
    },
)
app.steps["worker"].add(backstop.Step)


@signals.setup_logging.connect
def leave_the_log_to_the_settings(**_: Any) -> None:
    """Write the log of worker and beat as that of the web; without this Celery would write it in forms of its own."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)

"""A worker whose broker is gone, as a real process: what nobody hurries for is done all the same."""

import sys
import time
from datetime import datetime, timedelta
from datetime import time as clock_time

import pytest
from django.utils import timezone

from releases.core.dates import calendar, london
from releases.core.dates.calendar import Nation
from releases.models import Observation, PreflightRun
from statsoffice.rehearsal_site.scenes import scene
from statsoffice.running.programs import QUEUES
from tests.factories import a_confirmed_release
from tests.morning import free_port
from tests.releases.preflight import announce_at
from tests.servers.process import running

pytestmark = pytest.mark.slow

WITHIN_SECONDS = 90


def next_working_day():
    day = london.local_date(timezone.now()) + timedelta(days=1)
    while calendar.no_release_day(day, nation=Nation.UNITED_KINGDOM):
        day += timedelta(days=1)
    return london.from_london(datetime.combine(day, clock_time(9, 30)))


def test_releases_of_the_next_day_are_checked_and_their_announcements_kept(site, process_environment, tmp_path):
    site.publish_all({"/page": [scene(status=404)], "/announcement": [scene("soon")]})
    release = a_confirmed_release(url=site.url("/page"), due_at=next_working_day())
    announce_at(release, site.url("/announcement"))
    environment = process_environment | {
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "STATSOFFICE_PREFLIGHT_AT": "00:00",
        "STATSOFFICE_PROBE_ALLOW_PRIVATE": site.base_url.removeprefix("http://"),
    }
    command = [sys.executable, "-m", "celery", "-A", "statsoffice", "worker", "-Q", QUEUES, "--concurrency", "1"]
    log = tmp_path / "worker.log"
    with running(command, answers=lambda: True, log=log, environment=environment):
        until = time.monotonic() + WITHIN_SECONDS
        while not PreflightRun.objects.filter(done_at__isnull=False).exists():
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.5)
    assert set(Observation.objects.values_list("address__role", flat=True)) == {"page", "announcement"}
    assert "no preflight came; this worker does it by itself" in log.read_text()

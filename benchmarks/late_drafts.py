"""How long after the limit the last draft is stored, if many releases are late at once.

`manage.py watch` checks, judges and drafts every two seconds, with the usual tolerance, without a limit on requests and
with a time server that confirms its clock, as in an office.
Meanwhile it notifies two people of each suspicion. All releases have been monitored since the day before, so judging
and drafting read a complete record. Each page says in different words that the release is still to come.

The measurement ends when another connection reads the last report from the database. The processor time is that of the
product's process and of its database server, from half a second before the limit to the end. Elapsed time is not
reliable on two cores with other work.

The floor is the time in which the bare client requests the same pages, and the database copies the rows that were
stored after the limit: checks, verdicts, suspicions, reports with their versions, and the events of all of these.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection, models, transaction

from benchmarks import chain, due_together, earlier_checks
from benchmarks import site as judge
from benchmarks.bare import Bare
from benchmarks.instant import sleep_until
from benchmarks.row import Limit, Row
from breaches.models import Report, ReportEvent, ReportVersion, Suspicion
from releases.models import Observation, ReleaseEvent, Verification
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import RehearsalSite, rehearsal_site
from statsoffice.fake_publisher.scenes import scene
from tests.servers.time_server import time_server

LIMIT = Limit(2.0)
LIMIT_OF_RATIO = Limit(8.0, of="ratio")
STARTING = timedelta(seconds=20)
# The time to write the earlier checks of one release.
WRITING = timedelta(seconds=0.12)
WATCHED_BEFORE = timedelta(seconds=75)
PATIENCE = timedelta(minutes=3)
BETWEEN_GLANCES_SECONDS = 0.05
# Shorter than the time between the last planned check before the limit and the limit.
A_MOMENT = timedelta(seconds=0.5)


def measure(size: int, *, rounds: int) -> list[Row]:
    """Measure with `size` late releases; with fewer than ten the tolerance is one second."""
    tolerance = {"tolerance_seconds": 1} if size < 10 else {}
    with rehearsal_site() as site:
        urls = judge.addresses(site, size)
        _announce(site, urls)
        due_at = datetime.now(UTC) + STARTING + size * WRITING
        addresses = due_together.record(urls, marker=judge.MARKER, due_at=due_at, rehearsal=False, **tolerance)
        earlier_checks.record(addresses, due_at=due_at, until=due_at - WATCHED_BEFORE)
        limit_at = addresses[0].release.limit_at
        with time_server() as server, chain.watching(site, clock_server=server) as process:
            sleep_until(limit_at - A_MOMENT)
            busy = chain.busy_seconds(process)
            stored_at = _last_draft(size, until=limit_at + PATIENCE)
            busy = chain.busy_seconds(process) - busy
        floor = _asked(urls) + _copied(limit_at)
    decided_at = max(at for at in Verification.objects.values_list("decided_at", flat=True) if at)
    what = f"{size:,} late at once: from the limit until the last"
    return [
        Row(f"{what} verdict", (decided_at - limit_at).total_seconds(), "s"),
        Row(
            f"{what} draft is stored",
            (stored_at - limit_at).total_seconds(),
            "s",
            floor,
            "bare client, rows copied",
            LIMIT,
        ),
        Row(
            f"{size:,} late at once: processor time for that, of the process and its database",
            busy,
            "s",
            floor,
            "bare client, rows copied",
            LIMIT_OF_RATIO,
        ),
    ]


def _announce(site: RehearsalSite, urls: Sequence[str]) -> None:
    shown = {
        url.removeprefix(site.base_url): [
            scene(pages.coming_soon_page(f"Pupil absence in schools, part {number}", expected="today at 9:30am"))
        ]
        for number, url in enumerate(urls)
    }
    site.publish_all(shown, replace=True)


def _last_draft(size: int, *, until: datetime) -> datetime:
    """Wait for the last report, and return when it was there.

    :raises RuntimeError: if it is not there by an aware instant.
    """
    while Report.objects.count() < size:
        if datetime.now(UTC) > until:
            message = f"only {Report.objects.count()} of {size} reports were drafted"
            raise RuntimeError(message)
        time.sleep(BETWEEN_GLANCES_SECONDS)
    return datetime.now(UTC)


def _asked(urls: Sequence[str]) -> float:
    bare = Bare()
    began = time.perf_counter()
    bare.check(urls, datetime.now(UTC))
    took = time.perf_counter() - began
    bare.close()
    return took


def _copied(limit_at: datetime) -> float:
    """Let the database write the rows that it was given since the limit once more, and return the seconds."""
    written: Sequence[models.QuerySet[models.Model]] = (
        Observation.objects.filter(planned_at=limit_at),
        Verification.objects.all(),
        ReleaseEvent.objects.filter(at__gte=limit_at),
        Suspicion.objects.all(),
        Report.objects.all(),
        ReportVersion.objects.filter(number=1),
        ReportEvent.objects.filter(kind="drafted"),
    )
    took = 0.0
    with connection.cursor() as cursor:
        for rows in written:
            table = rows.model._meta.db_table
            cursor.execute(_like(table))
            began = time.perf_counter()
            with transaction.atomic():
                keys, values = rows.order_by().values("pk").query.sql_with_params()
                cursor.execute(f"INSERT INTO copy_of_{table} SELECT * FROM {table} WHERE id IN ({keys})", values)
            took += time.perf_counter() - began
    return took


def _like(table: str) -> str:
    if connection.vendor == "postgresql":
        return f"CREATE TABLE copy_of_{table} (LIKE {table} INCLUDING ALL)"
    return f"CREATE TABLE copy_of_{table} AS SELECT * FROM {table} WHERE 0"

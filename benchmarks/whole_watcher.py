"""The whole watcher at work on rehearsals that fall due at one instant, on a database of its own."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

from releases.pacing import LIFTED
from releases.probe.fetch import Fetcher
from statsoffice.rehearsal_site.client import RehearsalSite

# The watch begins late, looks at once, then at ten and at five seconds before the due instant.
BEGUN_BEFORE = timedelta(seconds=18)
# So long after the due instant everything must be looked at, kept and judged.
ENDS_AFTER = timedelta(seconds=20)


@contextmanager
def empty_database() -> Iterator[Path]:
    """Set up Django on an SQLite database in a folder of its own; gives a copy of it as it is when empty."""
    with tempfile.TemporaryDirectory(prefix="whole-watcher-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "statsoffice.settings",
            "DATABASE_URL": f"sqlite:///{folder}/watched.sqlite3",
            "STATSOFFICE_VAR": folder,
        }
        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        connection.close()
        yield Path(shutil.copy(f"{folder}/watched.sqlite3", f"{folder}/empty.sqlite3"))
        connection.close()


# The models can be imported only once Django is set up on that database.
def watch_through(
    urls: Sequence[str], *, marker: str, site: RehearsalSite, empty: Path, appear: Callable[[datetime], None]
) -> tuple[datetime, timedelta]:
    """Record a rehearsal for each address, all due at one instant, and sweep until each is judged.

    :param marker: words that the pages show from the due instant on.
    :param appear: called with the due instant, so that the pages appear then.
    :return: the due instant, and how long after it the judging of the last one began.
    :raises RuntimeError: if one was not looked at when it was due, or not judged to be on time.
    """
    from django.db import connection

    from releases import watch
    from releases.clock import RealClock
    from releases.models import Observation, Verification
    from releases.probe.probe import Probe
    from releases.verdict import Outcome

    connection.close()
    for rest in empty.parent.glob("watched.sqlite3-*"):
        rest.unlink()
    shutil.copy(empty, empty.with_name("watched.sqlite3"))
    due_at = datetime.now(UTC) + BEGUN_BEFORE + timedelta(seconds=len(urls) / 500)
    appear(due_at)
    _record(urls, marker=marker, due_at=due_at)
    fetcher = Fetcher(
        now=lambda: datetime.now(UTC),
        user_agent="first-looks",
        allow_private=frozenset({site.base_url.removeprefix("http://")}),
        default_budget=LIFTED,
    )
    settled = Verification.objects.filter(outcome=Outcome.ON_TIME)

    def over() -> bool:
        now = datetime.now(UTC)
        return now > due_at and (now > due_at + ENDS_AFTER or settled.count() == len(urls))

    clock = RealClock()
    with Probe(fetcher) as look:
        watch.sweep(clock=clock, look=look, watcher="benchmark", stop=over)
    looked = Observation.objects.filter(planned_at=due_at).count()
    if not looked == settled.count() == len(urls):
        message = f"of {len(urls)} rehearsals {looked} were looked at when due, {settled.count()} found on time"
        raise RuntimeError(message)
    return due_at, max(at for at in settled.values_list("decided_at", flat=True) if at) - due_at


def _record(urls: Sequence[str], *, marker: str, due_at: datetime) -> None:
    from releases.models import Address, Producer, Release, Series
    from releases.status import Status

    long_ago = due_at - timedelta(days=90)
    producer = Producer.objects.create(name="Office for Invented Numbers", slug="invented")
    series = Series.objects.create(producer=producer, title="Pupil absence in schools", slug="absence")
    releases = Release.objects.bulk_create(
        Release(
            series=series,
            reference=f"due-{number}",
            title=f"Pupil absence in schools, part {number}: {marker}",
            status=Status.CONFIRMED,
            planned_on=due_at.date(),
            planned_at=due_at.time(),
            due_at=due_at,
            rehearsal=True,
            recorded_at=long_ago,
            confirmed_at=long_ago,
        )
        for number, _ in enumerate(urls)
    )
    Address.objects.bulk_create(
        Address(release=release, url=url, marker=marker, added_at=long_ago)
        for release, url in zip(releases, urls, strict=True)
    )

"""The morning on which everything breaks: every office at its own fault, in the same minute of real time."""

import contextlib
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from statsoffice.fake_publisher.client import RehearsalSite
from tests.faults.office import Office
from tests.faults.reckoning import Expected, Reckoning, is_complete, may_be_complete, reckon
from tests.faults.rows import Row
from tests.faults.stage import Stage
from tests.faults.stored import Stored
from tests.faults.truth import STORIES, scripts

ASKED_FIRST = timedelta(seconds=50)
ASKED_LAST = timedelta(seconds=85)
# In addition, the site is asked for pages that cannot exist.
OF_RELEASES = {story.slug for story in STORIES} | {"tables.pdf"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one row; of each process that was asked to end, its exit code and the seconds that it took."""

    due_at: datetime
    reckoning: Reckoning
    stored: Stored = field(repr=False)
    logs: Mapping[str, str] = field(repr=False)
    ending: Mapping[str, tuple[int, float]]


@contextlib.contextmanager
def folder_for_sockets() -> Iterator[Path]:
    """Yield a folder for the time of a `with` block, whose path is short enough for sockets in it."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103  # PostgreSQL runs as another user there
        yield Path(folder)


class Morning:
    """The offices of some rows, ready at a site."""

    def __init__(self, rows: Sequence[Row], *, folder: Path, site: RehearsalSite, due_at: datetime) -> None:
        self.rows, self.folder, self.site, self.due_at = rows, folder, site, due_at
        self.stage = Stage(folder, site=site, due_at=due_at)
        self.offices: dict[str, Office] = {}

    def expected(self, row: Row) -> Expected:
        """Return the truth of one row's morning."""
        return Expected(row.stories, due_at=self.due_at, exact=row.exact, unkept=row.unkept, repeated=row.repeated)

    @contextlib.contextmanager
    def ready(self) -> Iterator[None]:
        """Prepare every office with its releases, for the time of a `with` block; afterwards nothing of them runs."""
        with (
            self.stage.ready(own=[row.office for row in self.rows if row.database == "own"]),
            contextlib.ExitStack() as s,
        ):
            for row in self.rows:
                office = self.offices[row.office] = self.stage.office(row)
                s.callback(office.end)
                self.site.publish_all(
                    dict(scripts(row.office, row.stories, instant=self._shown(row), padding=row.padding))
                )
                for name in row.cast:
                    office.start(name)
            yield

    def play(self) -> Mapping[str, Outcome]:
        """Let everything break when it must, wait until what must come has come, and reckon."""
        acts = [(self._after_due(seconds), row, act) for row in self.rows for seconds, act in row.acts]
        for at, row, act in sorted(acts, key=lambda one: one[0]):
            sleep_until(at)
            act(self.offices[row.office])
        sleep_until(self.due_at + ASKED_FIRST)
        with ThreadPoolExecutor(max_workers=3) as several:
            list(several.map(self._wait_for, self.rows))
            endings = dict(several.map(self._end, self.rows))
        requests = Counter(arrival.path for arrival in self.site.arrivals())
        return {row.office: self._outcome(row, requests=requests, ending=endings[row.office]) for row in self.rows}

    def _after_due(self, seconds: float) -> datetime:
        return self.due_at + timedelta(seconds=seconds)

    def _shown(self, row: Row) -> Callable[[float], datetime]:
        return lambda seconds: self._after_due(row.by_the_site(seconds))

    def _wait_for(self, row: Row) -> None:
        office, expected = self.offices[row.office], self.expected(row)
        while datetime.now(UTC) < self.due_at + ASKED_LAST:
            mails = office.mails()
            if may_be_complete(expected, mails=mails) and is_complete(expected, office.stored(), mails=mails):
                return
            time.sleep(1)

    def _end(self, row: Row) -> tuple[str, Mapping[str, tuple[int, float]]]:
        """Ask the monitoring processes to end, while the releases that never come keep them in a sweep."""
        office = self.offices[row.office]
        return row.office, {name: office.terminate(name) for name in list(office.running) if name not in office.servers}

    def _outcome(self, row: Row, *, requests: Mapping[str, int], ending: Mapping[str, tuple[int, float]]) -> Outcome:
        office = self.offices[row.office]
        stored = office.stored()
        mine = {path: count for path, count in requests.items() if path.startswith(f"/{row.office}/")}
        mine = {path: count for path, count in mine.items() if path.rpartition("/")[2] in OF_RELEASES}
        reckoning = reckon(self.expected(row), stored, mails=office.mails(), requests=mine)
        return Outcome(self.due_at, reckoning, stored=stored, logs=office.logs(), ending=ending)


def sleep_until(instant: datetime) -> None:
    """Wait until an aware instant has come."""
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))

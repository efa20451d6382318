"""The morning on which everything breaks: every office at its own fault, in the same minute of real time."""

import contextlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from statsoffice.rehearsal_site.client import RehearsalSite
from tests.faults.office import Office, run_script
from tests.faults.reckoning import Expected, Reckoning, is_complete, reckon
from tests.faults.rows import Row
from tests.faults.truth import scripts
from tests.servers import programs
from tests.servers.postgresql_cluster import Cluster
from tests.servers.process import running

TEMPLATE = "office"
ASKED_FIRST = timedelta(seconds=50)
ASKED_LAST = timedelta(seconds=85)
LEASES = "SELECT holder FROM releases_hostlease WHERE holder <> '' ORDER BY until DESC LIMIT 1"
NAME = "UPDATE releases_address SET url = replace(url, '/office/', '/{}/')"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one row."""

    reckoning: Reckoning
    looks: int
    logs: Mapping[str, str]


@contextlib.contextmanager
def folder_for_sockets() -> Iterator[Path]:
    """Give a folder for the time of a `with` block, whose path is short enough for sockets in it."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103  # PostgreSQL runs as another user there
        yield Path(folder)


class Morning:
    """The offices of some rows, ready at a site."""

    def __init__(self, rows: Sequence[Row], *, folder: Path, site: RehearsalSite, due_at: datetime) -> None:
        self.rows, self.folder, self.site, self.due_at = rows, folder, site, due_at
        self.shared = Cluster(folder / "shared")
        self.offices: dict[str, Office] = {}

    def expected(self, row: Row) -> Expected:
        """Give the truth of one row's morning."""
        return Expected(row.stories, due_at=self.due_at, exact=row.exact, unkept=row.unkept)

    @contextlib.contextmanager
    def ready(self) -> Iterator[None]:
        """Prepare every office with its releases, for the time of a `with` block; afterwards nothing of them runs."""
        surroundings = self._surroundings()
        self.shared.folder.mkdir()
        self.shared.initialise()
        with running(self.shared.command, answers=self.shared.answers, log=self.folder / "template.log"):
            self.shared.create(TEMPLATE)
            urls = (self.shared.url(TEMPLATE), f"sqlite:///{self.folder / 'template.sqlite3'}")
            prepare = f"from tests.faults.prepare import prepare; prepare('{self.due_at}', '{self.site.base_url}')"
            var = {"STATSOFFICE_VAR": str(self.folder / "var")}
            with ThreadPoolExecutor() as both:
                list(both.map(lambda url: run_script(prepare, surroundings | var | {"DATABASE_URL": url}), urls))
        own = {row.office: self.shared.copy(self.folder / row.office) for row in self.rows if row.database == "own"}
        with contextlib.ExitStack() as stack:
            log = self.folder / "shared.log"
            stack.enter_context(running(self.shared.command, answers=self.shared.answers, log=log))
            redis = self._redis(self.folder)
            stack.enter_context(running(redis, answers=(self.folder / "r.sock").exists, log=self.folder / "redis.log"))
            for place, row in enumerate(self.rows):
                environment = surroundings | {"REDIS_URL": f"redis+socket://{self.folder}/r.sock?virtual_host={place}"}
                self.offices[row.office] = self._office(row, environment=environment, own=own.get(row.office))
                stack.callback(self.offices[row.office].end)
            for row in self.rows:
                self.site.publish_all(dict(scripts(row.office, row.stories, instant=self._after_due)))
                for name in row.cast:
                    self.offices[row.office].start(name)
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
        for office in self.offices.values():
            for name in [name for name in office.running if name not in office.servers]:
                office.kill(name)
        requests = Counter(arrival.path for arrival in self.site.arrivals())
        return {row.office: self._outcome(row, requests=requests) for row in self.rows}

    def _after_due(self, seconds: float) -> datetime:
        return self.due_at + timedelta(seconds=seconds)

    def _surroundings(self) -> dict[str, str]:
        port = self.site.base_url.rpartition(":")[2]
        given = {name: value for name, value in os.environ.items() if not name.startswith("STATSOFFICE_")}
        return given | {
            "STATSOFFICE_PROBE_ALLOW_PRIVATE": f"127.0.0.1:{port},localhost:{port}",
            "STATSOFFICE_CANARY": "off",
            "PYTHONUNBUFFERED": "1",
        }

    def _redis(self, folder: Path) -> list[str]:
        options = ["--port", "0", "--dir", str(folder), "--save", "", "--appendonly", "no", "--databases", "64"]
        return [programs.redis_server(), *options, "--unixsocket", str(folder / "r.sock")]

    def _office(self, row: Row, *, environment: Mapping[str, str], own: Cluster | None) -> Office:
        folder = self.folder / f"{row.office}-office"
        folder.mkdir()
        servers: dict[str, Sequence[str]] = {}
        chosen: dict[str, str] = {}
        if row.own_redis:
            servers["redis"] = self._redis(folder)
            chosen["REDIS_URL"] = f"redis+socket://{folder}/r.sock"
        if row.database == "sqlite":
            chosen["DATABASE_URL"], holder = self._lite(row, folder / "office.sqlite3")
        else:
            name = TEMPLATE if own else row.office.replace("-", "_")
            cluster = own or self.shared
            if own:
                servers["postgresql"] = own.command
            else:
                self.shared.create(name, like=TEMPLATE)
            chosen["DATABASE_URL"], holder = cluster.url(name), self._holder(cluster, name)
        var = {"STATSOFFICE_VAR": str(folder / "var"), "EMAIL_URL": f"filemail:///{folder / 'mail'}"}
        office = Office(row.office, folder, {**environment, **chosen, **var}, servers, holder)
        for server in servers:
            office.start(server)
        if row.database != "sqlite":
            wait_for(cluster.answers)
            with cluster.connect(name) as database:
                database.execute(NAME.format(row.office))
        return office

    def _lite(self, row: Row, file: Path) -> tuple[str, Callable[[], str]]:
        shutil.copy(self.folder / "template.sqlite3", file)
        with contextlib.closing(sqlite3.connect(file)) as database, database:
            database.execute(NAME.format(row.office))
        return f"sqlite:///{file}", lambda: ""

    def _holder(self, cluster: Cluster, name: str) -> Callable[[], str]:
        def holder() -> str:
            with cluster.connect(name) as database:
                found = database.execute(LEASES).fetchone()
                return str(found[0]) if found else ""

        return holder

    def _wait_for(self, row: Row) -> None:
        office = self.offices[row.office]
        while datetime.now(UTC) < self.due_at + ASKED_LAST:
            if is_complete(self.expected(row), office.stored(), mails=office.mails()):
                return
            time.sleep(1)

    def _outcome(self, row: Row, *, requests: Mapping[str, int]) -> Outcome:
        office = self.offices[row.office]
        stored = office.stored()
        mine = {path: count for path, count in requests.items() if path.startswith(f"/{row.office}/")}
        reckoning = reckon(self.expected(row), stored, mails=office.mails(), requests=mine)
        return Outcome(reckoning=reckoning, looks=len(stored.looks), logs=office.logs())


def sleep_until(instant: datetime) -> None:
    """Wait until an aware instant has come."""
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


def wait_for(answers: Callable[[], bool], *, seconds: float = 20) -> None:
    """Wait until something answers.

    :raises TimeoutError: if it does not in time.
    """
    until = time.monotonic() + seconds
    while not answers():
        if time.monotonic() > until:
            message = f"no answer within {seconds} seconds"
            raise TimeoutError(message)
        time.sleep(0.02)

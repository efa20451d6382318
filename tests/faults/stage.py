"""The base of the offices of the morning: databases with the releases in them, brokers, and the hostile site."""

import contextlib
import os
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from statsoffice.fake_publisher.client import RehearsalSite
from tests.faults.office import Office, run_script
from tests.faults.rows import Row
from tests.servers import programs
from tests.servers.ports import free_port
from tests.servers.postgresql_cluster import Cluster
from tests.servers.process import running
from tests.servers.time_server import time_server

TEMPLATE = "office"
LEASES = "SELECT holder FROM releases_hostlease WHERE holder <> '' ORDER BY until DESC LIMIT 1"
NAME = "UPDATE releases_address SET url = replace(url, '/office/', '/{}/')"
BLOCK = 512  # bytes: what `ulimit -f` counts in


class Stage:
    """Databases and servers in one folder; every office gets its own."""

    def __init__(self, folder: Path, *, site: RehearsalSite, due_at: datetime) -> None:
        self.folder, self.site, self.due_at = folder, site, due_at
        self.shared = Cluster(folder / "shared")
        self.own: dict[str, Cluster] = {}
        self.hostile_port = free_port()
        self.time_server = ""

    @contextlib.contextmanager
    def ready(self, *, own: Sequence[str]) -> Iterator[None]:
        """Prepare the database that every office begins with, and serve it for the time of a `with` block.

        :param own: the offices that get their own cluster.
        """
        self.shared.folder.mkdir()
        self.shared.initialise()
        with self._serving("template.log"):
            self.shared.create(TEMPLATE)
            urls = (self.shared.url(TEMPLATE), f"sqlite:///{self.folder / 'template.sqlite3'}")
            script = f"from tests.faults.prepare import prepare; prepare('{self.due_at}', '{self.site.base_url}')"
            var = {"STATSOFFICE_VAR": str(self.folder / "var")}
            with ThreadPoolExecutor() as both:
                list(both.map(lambda url: run_script(script, self._surroundings() | var | {"DATABASE_URL": url}), urls))
        self.own = {office: self.shared.copy(self.folder / office) for office in own}
        hostile = [sys.executable, "-m", "tests.faults.hostile_site", str(self.hostile_port)]
        log = self.folder / "hostile-site.log"
        redis = running(_redis(self.folder), answers=(self.folder / "r.sock").exists, log=self.folder / "redis.log")
        hostile_site = running(hostile, answers=self._hostile_answers, log=log)
        with self._serving("shared.log"), redis, hostile_site, time_server() as self.time_server:
            yield

    def office(self, row: Row) -> Office:
        """Make the office of a row, with the releases in its database and its own servers at work."""
        folder = self.folder / f"{row.office}-office"
        folder.mkdir()
        place = len(list(self.folder.glob("*-office")))
        environment = self._surroundings() | {
            "REDIS_URL": f"redis+socket://{self.folder}/r.sock?virtual_host={place}",
            "STATSOFFICE_VAR": str(folder / "var"),
            "EMAIL_URL": f"filemail:///{folder / 'mail'}",
            "STATSOFFICE_JUDGE_QUEUE": "on" if row.judged_apart else "off",
        }
        office = Office(row.office, folder, environment)
        office.set_clock(row.clock)
        if row.own_redis:
            office.serve("redis", _redis(folder), REDIS_URL=f"redis+socket://{folder}/r.sock")
        if row.database == "sqlite":
            office.serve(DATABASE_URL=self._lite(row, folder / "office.sqlite3"))
        else:
            self._postgresql(row, office)
        if row.hostile:
            where = f"http://127.0.0.1:{self.hostile_port}"
            office.run(f"from tests.faults.prepare import prepare_hostile; prepare_hostile('{self.due_at}', '{where}')")
        if row.costly:
            where = f"'{self.due_at}', 'http://127.0.0.1:{self.hostile_port}', '{self.site.base_url}', '{row.office}'"
            office.run(f"from tests.faults.prepare import prepare_costly; prepare_costly({where})")
        return office

    def _postgresql(self, row: Row, office: Office) -> None:
        cluster = self.own.get(row.office)
        if cluster:
            name, command = TEMPLATE, _limited(cluster.command, row.largest_file)
            office.serve("postgresql", command, DATABASE_URL=cluster.url(name))
            _wait_for(cluster.answers)
        else:
            cluster, name = self.shared, row.office.replace("-", "_")
            cluster.create(name, like=TEMPLATE)
            office.serve(DATABASE_URL=cluster.url(name))
        office.holder = _holder(cluster, name)
        with cluster.connect(name) as database:
            database.execute(NAME.format(row.office))

    def _lite(self, row: Row, file: Path) -> str:
        shutil.copy(self.folder / "template.sqlite3", file)
        with contextlib.closing(sqlite3.connect(file)) as database, database:
            database.execute(NAME.format(row.office))
        return f"sqlite:///{file}"

    @contextlib.contextmanager
    def _serving(self, log: str) -> Iterator[None]:
        with running(self.shared.command, answers=self.shared.answers, log=self.folder / log):
            yield

    def _surroundings(self) -> Mapping[str, str]:
        port = self.site.base_url.rpartition(":")[2]
        opened = [f"127.0.0.1:{port}", f"localhost:{port}", f"127.0.0.1:{self.hostile_port}"]
        given = {name: value for name, value in os.environ.items() if not name.startswith("STATSOFFICE_")}
        return given | {
            "STATSOFFICE_PROBE_ALLOW_PRIVATE": ",".join(opened),
            "STATSOFFICE_CANARY": "off",
            "STATSOFFICE_CLOCK_SERVERS": self.time_server,
            "PYTHONUNBUFFERED": "1",
        }

    def _hostile_answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.hostile_port), timeout=1):
            return True
        return False


def _redis(folder: Path) -> list[str]:
    options = ["--port", "0", "--dir", str(folder), "--save", "", "--appendonly", "no", "--databases", "64"]
    return [programs.redis_server(), *options, "--unixsocket", str(folder / "r.sock")]


def _limited(command: Sequence[str], largest_file: int) -> Sequence[str]:
    """Let no file that a command writes grow beyond so many bytes: the system then refuses, as a full disk does."""
    if not largest_file:
        return command
    return ["sh", "-c", 'ulimit -f "$0" && exec "$@"', str(largest_file // BLOCK), *command]


def _holder(cluster: Cluster, name: str) -> Callable[[], str]:
    def holder() -> str:
        with cluster.connect(name) as database:
            found = database.execute(LEASES).fetchone()
            return str(found[0]) if found else ""

    return holder


def _wait_for(answers: Callable[[], bool], *, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not answers():
        if time.monotonic() > until:
            message = f"no answer within {seconds} seconds"
            raise TimeoutError(message)
        time.sleep(0.02)

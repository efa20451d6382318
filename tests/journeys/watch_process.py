"""The product without a broker: `manage.py watch` on its own database, asked to end while it is at work."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from statsoffice.fake_publisher.client import RehearsalSite
from statsoffice.fake_publisher.scenes import scene
from tests.servers import migrated

COLUMNS = "reference,producer,series,title,scheduled_for,status,url,marker,rehearsal,tolerance_seconds"
PATH = "/alone"


@dataclass(frozen=True, slots=True)
class Ended:
    """What `watch` had made of one rehearsal that never came, and how it ended."""

    outcome: str
    reports: tuple[tuple[str, str, str], ...]
    exit_code: int
    seconds_to_end: float
    printed: str


class WatchProcess:
    """One `watch` at work."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str], site: RehearsalSite) -> None:
        self.folder, self.site = folder, site
        database = folder / "alone.sqlite3"
        self.environment = dict(environment) | {
            "DATABASE_URL": f"sqlite:///{database}",
            "STATSOFFICE_VAR": str(folder),
            # Where no broker is: nothing here may need one.
            "REDIS_URL": f"redis+socket://{folder / 'no.sock'}",
            "EMAIL_URL": f"filemail:///{folder / 'mail'}",
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "watch.log"
        if not migrated.begin_with_copy(str(database)):
            self.manage("migrate", "--verbosity", "0")

    def manage(self, *words: str) -> str:
        """Run one command of the product to its end, and return what it printed.

        :raises RuntimeError: if it fails; the error includes its output.
        """
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"{' '.join(words)} ended with code {done.returncode}: {done.stderr}"
            raise RuntimeError(message)
        return done.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def begin(self, due_at: datetime) -> None:
        """Import a calendar with one rehearsal, whose page stays not found, and start monitoring.

        :param due_at: the aware instant at which it is due, a whole minute.
        """
        url = self.site.publish(PATH, [scene(status=404)])
        row = f"alone,Office for Invented Numbers,Alone,Alone as at May,{due_at.isoformat()},confirmed,{url},May,yes,5"
        calendar = self.folder / "calendar.csv"
        calendar.write_text(f"{COLUMNS}\n{row}\n")
        self.manage("import_calendar", str(calendar), "--create")
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "watch"],
                env=self.environment | {"PYTHONUNBUFFERED": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def end(self) -> Ended:
        """Ask for the findings, and end `watch` by SIGTERM while it is still checking."""
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        (status,) = json.loads(self.manage("release_status", "alone", "--json"))
        reports = json.loads(self.manage("breach_reports", "--json"))
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        ended_after = time.monotonic() - began
        self.process.kill()
        return Ended(
            outcome=status["outcome"],
            reports=tuple((one["release"], one["kind"], one["status"]) for one in reports),
            exit_code=self.process.wait(),
            seconds_to_end=ended_after,
            printed=self.log.read_text(),
        )

"""One office of the morning: a database, a folder and its own broker, and processes that can be killed."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from statsoffice import processes
from statsoffice.jobs import QUEUES
from tests.faults.stored import Stored
from tests.servers.programs import celery_beat
from tests.support.mail_server import with_slug

HEADERS = re.compile(r"^(To|Subject): (.*)$", re.MULTILINE)
BETWEEN_MAILS = "-" * 79


@dataclass(slots=True)
class Office:
    """One office.

    :param name: as in the addresses of its releases.
    :param environment: of every process of the product that it runs.
    :param servers: commands of the office's servers by name, such as its broker.
    """

    name: str
    folder: Path
    environment: dict[str, str]
    servers: dict[str, Sequence[str]] = field(default_factory=dict)
    holder: Callable[[], str] = lambda: ""
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def serve(self, name: str = "", command: Sequence[str] = (), **environment: str) -> None:
        """Set a server of the office, started now if it is not shared, and pass its address to the processes."""
        self.environment |= environment
        if name:
            self.servers[name] = command
            self.start(name)

    def start(self, name: str) -> None:
        """Start its own server, or a process of the product by its kind (`_command`), such as watch-a, or again."""
        command = self.servers.get(name) or _command(name, folder=self.folder)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """Kill a process and everything below it by SIGKILL."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def terminate(self, name: str) -> tuple[int, float]:
        """Ask a process to end by SIGTERM, and return its exit code and the seconds that it took."""
        began = time.monotonic()
        process = self.running.pop(name)
        process.terminate()
        try:
            code = process.wait(30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return code, time.monotonic() - began

    def set_clock(self, seconds: float) -> None:
        """Set the clock of the `stepped` processes, to be so many seconds ahead of the machine's."""
        file = self.folder / "clock"
        (unfinished := file.with_suffix(".new")).write_text(str(seconds))
        unfinished.replace(file)

    def crash_database(self) -> None:
        """End the office's own PostgreSQL as a crash does: it writes nothing more, and cuts off all connections."""
        process = self.running.pop("postgresql")
        process.send_signal(signal.SIGQUIT)
        process.wait()

    def kill_holder(self) -> None:
        """Kill the whole worker or watch that holds the hosts of the morning: the one in the middle of a sweep.

        :raises LookupError: if none of them does; then the morning is not what it should be.
        """
        group = os.getpgid(self._holding())
        name = next((name for name, process in self.running.items() if process.pid == group), None)
        if name is None:
            message = f"{self.name}: the hosts are held by none of {', '.join(self.running)}"
            raise LookupError(message)
        self.kill(name)

    def kill_child(self) -> None:
        """Kill only the one process that sweeps, as a machine does that is short of memory; its worker stays."""
        os.kill(self._holding(), signal.SIGKILL)

    def _holding(self) -> int:
        return int(self.holder().split(":")[1])

    def end(self) -> None:
        """Kill everything that still runs."""
        for name in list(self.running):
            self.kill(name) if name != "postgresql" else self.crash_database()

    def run(self, script: str) -> str:
        """Run lines of Python in a process of the office, to the end, and return what it printed.

        :raises RuntimeError: if it fails; the error includes its output.
        """
        return run_script(script, self.environment)

    def stored(self) -> Stored:
        """Read what the database holds."""
        return Stored.from_json(self.run("from tests.faults.stored import tell; tell()"))

    def mails(self) -> tuple[tuple[str, str], ...]:
        """Return recipient and subject of every mail that left, without the numbers of reports."""
        files = (self.folder / "mail").glob("*")
        headers = [HEADERS.findall(mail) for file in files for mail in file.read_text().split(BETWEEN_MAILS)]
        return tuple((dict(found)["To"], with_slug(dict(found)["Subject"])) for found in headers if found)

    def logs(self) -> Mapping[str, str]:
        """Return what each process printed."""
        return {log.stem: log.read_text(errors="replace") for log in self.folder.glob("*.log")}


def run_script(script: str, environment: Mapping[str, str]) -> str:
    """Run lines of Python with the product set up in its own process, and return what it printed.

    :raises RuntimeError: if it fails; the error includes its output.
    """
    command = [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", script]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{script} ended with code {done.returncode}: {done.stderr}"
        raise RuntimeError(message)
    return done.stdout


def _command(name: str, *, folder: Path) -> Sequence[str]:
    """Return the command of a process. A “sweeper” is a worker that takes every queue but that of judging."""
    kind = name.partition("-")[0]
    if kind == "worker":
        return [*processes.WORKER, "--hostname", f"{name}@%h"]
    if kind == "judge":
        return [*processes.WORKER, "-Q", "judge", "--hostname", f"{name}@%h"]
    if kind == "sweeper":
        return [*processes.WORKER, "-Q", ",".join(QUEUES), "--hostname", f"{name}@%h"]
    if kind == "beat":
        (folder / name).mkdir(exist_ok=True)
        return celery_beat(folder / name)
    if kind == "stepped":
        return [sys.executable, "-m", "tests.faults.watch_with_set_clock", str(folder / "clock")]
    return [sys.executable, "manage.py", "watch"]

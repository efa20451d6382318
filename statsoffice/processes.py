"""Start every process of the product, and stop them all when one ends or you press Ctrl-C."""

import argparse
import contextlib
import ctypes
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self, TextIO

from django.conf import settings

from statsoffice import broker

LOOPBACK = "127.0.0.1"
LAST_PORT = 65535


class InUse(Exception):
    """A port or the folder is in use. The message says what to do."""


def lock_folder(var: Path, *, address: str) -> TextIO:
    """Lock the folder until the returned file is closed. Only one run at a time may use the folder.

    :raises InUse: if another run uses the folder.
    """
    lock = (var / "run.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        other = lock.read().strip() or "another run"
        lock.close()
        message = f"The folder {var} is in use by {other}. Stop that process first (press Ctrl-C where you started it)."
        raise InUse(message) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()} at {address}")
    lock.flush()
    return lock


def refuse_taken_ports(wanted: Mapping[str, int]) -> None:
    """Check that no port is taken by another program.

    :param wanted: the ports, keyed by the command line option that sets the port.
    :raises InUse: if a port is taken. The message suggests a free port.
    """
    for option, port in wanted.items():
        if not is_free(port):
            others = (port for port in range(port + 1, LAST_PORT + 1) if port not in wanted.values())
            raise InUse(
                f"Port {port} is taken by another program. "
                f"Choose another one: ./run {option} {next(filter(is_free, others))}"
            )


def is_free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


WORKER = [*(sys.executable, "-m", "celery", "-A", "statsoffice", "worker"), "--loglevel", "INFO"]
WORKER_WITH_BEAT = [*WORKER, "-B"]


def web_command(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "statsoffice.wsgi:application", "--bind", f"{LOOPBACK}:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "2"),
        "--no-control-socket",
    ]


def practice_site_command(port: int, *, var: Path) -> list[str]:
    state = str(var / "rehearsal-site.json")
    return [sys.executable, "-m", "statsoffice.fake_publisher", "--port", str(port), "--state", state]


def local_address(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def make_environment(given: Mapping[str, str], *, port: int, rehearsal_port: int | None) -> dict[str, str]:
    """Return the environment variables of all processes.

    If `rehearsal_port` is given, the probe may connect to the practice site. Statements about breaches are then public,
    unless `given` contains another setting.
    """
    chosen = {"STATSOFFICE_ADDRESS": local_address(port), **given, "PYTHONUNBUFFERED": "1"}
    if rehearsal_port is None:
        return chosen
    allowed = [
        given.get("STATSOFFICE_PROBE_ALLOW_PRIVATE"),
        f"{LOOPBACK}:{rehearsal_port}",
        f"localhost:{rehearsal_port}",
    ]
    return (
        {"STATSOFFICE_BREACHES_PUBLIC": "on"}
        | chosen
        | {
            "STATSOFFICE_REHEARSAL_SITE": local_address(rehearsal_port),
            "STATSOFFICE_PROBE_ALLOW_PRIVATE": ",".join(filter(None, allowed)),
        }
    )


def web_answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


POLL_SECONDS = 0.1
# On a very busy machine, a web process took 30 seconds to answer. If a process ends, we do not wait any longer.
SECONDS_TO_ANSWER = 60.0
TAIL_LINES = 15
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The signals that end processes, in order. Each signal has the number of seconds to wait before the next signal is sent
# to the processes that are still running. A Celery worker finishes its tasks after the first signal, and stops them
# after the second.
ENDING = ((signal.SIGTERM, 2.0), (signal.SIGQUIT, 4.0), (signal.SIGKILL, 2.0))
PR_SET_PDEATHSIG = 1  # an option of prctl


class StopRequested(Exception):
    pass


class ProcessEnded(Exception):
    """A process that should keep running has ended, or does not answer."""


@dataclass(slots=True)
class Member:
    name: str
    log: Path
    process: subprocess.Popen[bytes]


@dataclass(slots=True)
class Processes:
    """A context manager that starts processes, and stops all of them when the context ends.

    The process that was started first is stopped last. If a signal arrives while the processes are being stopped, the
    remaining processes are killed at once.
    """

    logs: Path
    environment: Mapping[str, str]
    _members: list[Member] = field(default_factory=list)
    _signals: int = 0
    _previous_handlers: dict[signal.Signals, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        self._previous_handlers = {number: signal.signal(number, self._count_signal) for number in STOP_SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signals = 0
        # The other processes use the first process, so the first process is stopped last.
        self._end(self._members[:0:-1])
        self._end(self._members[:1])
        self._members.clear()
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    def start(self, name: str, command: Sequence[str], *, answers: Callable[[], bool]) -> None:
        """Start a process and wait until it answers.

        :raises ProcessEnded: if the process does not answer in time, or if any process ends.
        :raises StopRequested: if a signal arrives meanwhile.
        """
        member = self._begin(name, command)
        self._members.append(member)
        until = time.monotonic() + SECONDS_TO_ANSWER
        while not answers():
            self._check()
            if time.monotonic() > until:
                sentence = f"{name} does not answer after {SECONDS_TO_ANSWER:.0f} seconds."
                raise ProcessEnded(f"{sentence} {self._tail(member)}")
            time.sleep(POLL_SECONDS)

    def complete(self, name: str, command: Sequence[str]) -> str:
        """Run a process until it ends, and return its output.

        :raises ProcessEnded: if the exit code is not 0, or if another process ends meanwhile.
        :raises StopRequested: if a signal arrives meanwhile.
        """
        member = self._begin(name, command)
        try:
            while member.process.poll() is None:
                self._check()
                time.sleep(POLL_SECONDS)
        finally:
            self._end([member])
        if member.process.returncode:
            raise ProcessEnded(self._describe_end(member, "has failed"))
        return member.log.read_text(errors="replace")

    def wait(self) -> None:
        """Wait until a process ends or a signal arrives.

        :raises ProcessEnded: if a process ends.
        :raises StopRequested: if a signal arrives.
        """
        while True:
            self._check()
            time.sleep(POLL_SECONDS)

    def _begin(self, name: str, command: Sequence[str]) -> Member:
        log = self.logs / f"{name.replace(' ', '-')}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - every command is written in this package
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                start_new_session=True,  # so Ctrl-C reaches only the parent, which stops the processes in order
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        return Member(name, log, process)

    def _check(self) -> None:
        if self._signals:
            raise StopRequested
        for member in self._members:
            if member.process.poll() is not None:
                raise ProcessEnded(self._describe_end(member, "has ended unexpectedly"))

    def _count_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _end(self, members: Sequence[Member]) -> None:
        for number, patience in ENDING:
            for member in members:
                if member.process.poll() is None:
                    member.process.send_signal(number)
            until = time.monotonic() + patience
            while any(member.process.poll() is None for member in members):
                if self._signals or time.monotonic() > until:
                    break
                time.sleep(POLL_SECONDS / 2)
        for member in members:
            # A killed process may leave child processes in its process group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(member.process.pid, signal.SIGKILL)

    def _describe_end(self, member: Member, what: str) -> str:
        code = member.process.returncode
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return f"{member.name} {what} ({how}). {self._tail(member)}"

    def _tail(self, member: Member) -> str:
        lines = member.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join([f"The end of {member.log}:", *(f"  {line}" for line in lines)])


def _end_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, even if the parent is killed with SIGKILL."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


# A worker answers no requests, so we cannot ask whether it works. A worker that cannot start ends within this time.
SETTLING_SECONDS = 3.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--rehearsal-port", type=int, default=8765)
    parser.add_argument("--no-demo", action="store_true")
    chosen = parser.parse_args(arguments)
    wanted = {"--port": chosen.port}
    if not chosen.no_demo:
        wanted["--rehearsal-port"] = chosen.rehearsal_port
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statsoffice.settings")
    os.environ |= make_environment(os.environ, port=chosen.port, rehearsal_port=wanted.get("--rehearsal-port"))
    try:
        with lock_folder(settings.VAR_DIR, address=local_address(chosen.port)):
            refuse_taken_ports(wanted)
            return _run(port=chosen.port, rehearsal_port=wanted.get("--rehearsal-port"))
    except (InUse, PermissionError) as error:
        _say(str(error))
        return 1


def _run(*, port: int, rehearsal_port: int | None) -> int:
    try:
        with Processes(settings.VAR_DIR / "log", os.environ) as processes:
            try:
                accounts = _start(processes, port=port, rehearsal_port=rehearsal_port)
                _say(
                    f"\n{accounts}Open {local_address(port)}/desk/ in a browser and sign in. The public "
                    f"calendar is at {local_address(port)}/. Ctrl-C here stops everything."
                )
                processes.wait()
            finally:
                _say("\nStopping ...")
    except StopRequested:
        _say("Everything has stopped.")
        return 0
    except ProcessEnded as error:
        _say(f"{error}\nEverything else has been stopped.")
        return 1
    return 0


def _start(processes: Processes, *, port: int, rehearsal_port: int | None) -> str:
    """Start all processes, and return the output of the demo, which describes its accounts.

    Without the demo, return an empty string.
    """
    var = settings.VAR_DIR

    def start(name: str, command: list[str], answers: Callable[[], bool]) -> None:
        _step(f"Starting {name}", lambda: processes.start(name, command, answers=answers))

    if broker.is_private():
        url = broker.url(var=var)
        start("broker", broker.server_command(var=var), lambda: broker.is_available(url, within_seconds=1))
    if rehearsal_port is not None:
        site = practice_site_command(rehearsal_port, var=var)
        start("practice site", site, lambda: web_answers(rehearsal_port))
    start("web", web_command(port), lambda: web_answers(port))
    settled_at = time.monotonic() + SETTLING_SECONDS
    start("worker", WORKER_WITH_BEAT, lambda: time.monotonic() > settled_at)
    if rehearsal_port is None:
        return ""
    # The demo is loaded last, so that monitoring is active when the first rehearsals fall due.
    demo = [sys.executable, "manage.py", "demo"]
    return _step("Loading the demo", lambda: processes.complete("demo", demo)) + "\n"


def _step[Result](title: str, act: Callable[[], Result]) -> Result:
    sys.stdout.write(f"{title} ... ")
    sys.stdout.flush()
    began = time.monotonic()
    result = act()
    _say(f"done in {time.monotonic() - began:.0f} s")
    return result


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

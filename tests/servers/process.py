"""Processes of the tests' own: started, waited for, and ended with everything below them."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

LAST_LINES = 15


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    answers: Callable[[], bool],
    log: Path,
    within_seconds: float = 20,
    stop_with: signal.Signals = signal.SIGTERM,
    environment: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the time of a `with` block.

    :param answers: asked again and again until it says that the server can be used.
    :param log: the file that takes what the server prints.
    :raises RuntimeError: if the server ends unexpectedly or does not answer in time; the error includes its last lines.
    """
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, env=environment
        )
    try:
        _wait(server, answers, log=log, until=time.monotonic() + within_seconds)
        yield server
    finally:
        _end(server, stop_with)


def wait_until(
    condition: Callable[[], object], *, logs: Sequence[Path], seconds: float, every_seconds: float = 0.2
) -> None:
    """Wait until a condition holds. If it does not hold in time, fail with the logs of processes."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, [log.read_text(errors="replace") for log in logs]
        time.sleep(every_seconds)


def _wait(server: subprocess.Popen[bytes], answers: Callable[[], bool], *, log: Path, until: float) -> None:
    while not answers():
        ended = server.poll() is not None
        if ended or time.monotonic() > until:
            lines = "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])
            what = f"ended with code {server.returncode}" if ended else "does not answer"
            message = f"{server.args!r} {what}:\n{lines}"
            raise RuntimeError(message)
        time.sleep(0.02)


def _end(server: subprocess.Popen[bytes], stop_with: signal.Signals) -> None:
    """End the server, and kill the rest of its session after 10 s."""
    if server.poll() is None:
        server.send_signal(stop_with)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def is_running(pid: int) -> bool:
    """Return whether a process is there; one that has ended and that no one has asked about is not."""
    seen = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return seen.stdout.strip()[:1] not in {"", "Z"}


def has_ended(pid: int, *, within_seconds: float = 5) -> bool:
    """Wait until a process has ended; return whether it did in time."""
    until = time.monotonic() + within_seconds
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_running(pid)

"""Several processes side by side: started in turn, watched, and stopped together so that none stays behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

GLANCE_SECONDS = 0.1
LAST_LINES = 15
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Each is given to what still runs when the seconds before it are over. A Celery worker finishes its tasks
# on the first, and breaks them off on the second.
ENDING = ((signal.SIGTERM, 2.0), (signal.SIGQUIT, 4.0), (signal.SIGKILL, 2.0))
SET_PARENT_DEATH_SIGNAL = 1  # prctl's PR_SET_PDEATHSIG


class StopAsked(Exception):
    """Somebody pressed Ctrl-C or sent a signal."""


class EndedByItself(Exception):
    """A process that should go on has ended, or one that should answer does not."""


@dataclass(slots=True)
class Member:
    """One process among the others."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]


@dataclass(slots=True)
class Processes:
    """The processes that run as long as this context is open.

    Leaving the context stops them, the last one started first to hear of it. A second signal while they
    stop ends them at once.

    :param logs: the folder with one file per process for what it prints.
    :param environment: the environment of every process.
    """

    logs: Path
    environment: Mapping[str, str]
    _members: list[Member] = field(default_factory=list)
    _signals: int = 0
    _heard_before: dict[signal.Signals, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        self._heard_before = {number: signal.signal(number, self._heard) for number in STOP_SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signals = 0
        self._stop()
        for number, handler in self._heard_before.items():
            signal.signal(number, handler)

    def start(
        self, name: str, command: Sequence[str], *, answers: Callable[[], bool], within_seconds: float = 30
    ) -> None:
        """Start a process and wait until it can be used.

        :param answers: asked again and again until it says so.
        :raises EndedByItself: if it ends or does not answer in time.
        :raises StopAsked: if somebody wants to stop meanwhile.
        """
        member = self._begin(name, command)
        self._members.append(member)
        until = time.monotonic() + within_seconds
        while not answers():
            self._glance()
            if time.monotonic() > until:
                message = f"{name} does not answer after {within_seconds:.0f} seconds. {self._tail(member)}"
                raise EndedByItself(message)
            time.sleep(GLANCE_SECONDS)

    def complete(self, name: str, command: Sequence[str]) -> str:
        """Run a process to its end beside the others; gives what it printed.

        :raises EndedByItself: if its exit code is not 0, or another process ends meanwhile.
        :raises StopAsked: if somebody wants to stop meanwhile; the process is ended.
        """
        member = self._begin(name, command)
        try:
            while member.process.poll() is None:
                self._glance()
                time.sleep(GLANCE_SECONDS)
        finally:
            self._end([member])
        if member.process.returncode:
            raise EndedByItself(_ended(member, "has failed") + self._tail(member))
        return member.log.read_text(errors="replace")

    def watch(self) -> None:
        """Wait until something happens.

        :raises EndedByItself: if one of the processes ends.
        :raises StopAsked: if somebody wants to stop.
        """
        while True:
            self._glance()
            time.sleep(GLANCE_SECONDS)

    def _begin(self, name: str, command: Sequence[str]) -> Member:
        log = self.logs / f"{name.replace(' ', '-')}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - every command is written in this package
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                start_new_session=True,  # Ctrl-C reaches this process alone, which stops the others in order
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        return Member(name, log, process)

    def _glance(self) -> None:
        """Look once whether there is a reason to stop."""
        if self._signals:
            raise StopAsked
        for member in self._members:
            if member.process.poll() is not None:
                raise EndedByItself(_ended(member, "has ended by itself") + self._tail(member))

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _stop(self) -> None:
        """Stop all but the first process together, and that one, which the others lean on, after them."""
        self._end(self._members[:0:-1])
        self._end(self._members[:1])
        self._members.clear()

    def _end(self, members: Sequence[Member]) -> None:
        for number, patience in ENDING:
            for member in members:
                if member.process.poll() is None:
                    member.process.send_signal(number)
            until = time.monotonic() + patience
            while any(member.process.poll() is None for member in members):
                if self._signals or time.monotonic() > until:
                    break
                time.sleep(GLANCE_SECONDS / 2)
        for member in members:
            with contextlib.suppress(ProcessLookupError):  # what a killed parent left of its own session
                os.killpg(member.process.pid, signal.SIGKILL)

    def _tail(self, member: Member) -> str:
        lines = member.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join([f"The end of {member.log}:", *(f"  {line}" for line in lines)])


def _ended(member: Member, what: str) -> str:
    code = member.process.returncode
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return f"{member.name} {what} ({how}). "


def _end_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, even by a signal that nobody can catch."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)

"""Clocks for rehearsals that wait for nothing, a cache that keeps what it fetched first, and steps done at once."""

import http.server
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection

from releases.monitoring.clock import ScriptedClock

MORNING = datetime(2020, 6, 30, 8, 20, tzinfo=UTC)


class TravellingClock(ScriptedClock):
    """The clock of the whole process; a wait for an instant moves it for all."""

    def __init__(self, time_machine, ahead: timedelta = timedelta(0)) -> None:
        self._time_machine, self._ahead = time_machine, ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def sleep_until(self, instant: datetime) -> None:
        if instant > self.now():
            self._time_machine.move_to(instant - self._ahead)

    def pass_seconds(self, seconds: float) -> None:
        self.sleep_until(self.now() + timedelta(seconds=seconds))

    def ahead_by(self, seconds: float) -> "TravellingClock":
        return TravellingClock(self._time_machine, timedelta(seconds=seconds))


class _Keeping(http.server.BaseHTTPRequestHandler):
    origin = ""
    kept: dict[str, tuple[int, bytes]]

    def do_GET(self) -> None:  # the library's name
        if self.path not in self.kept:
            try:
                with urllib.request.urlopen(self.origin + self.path) as answer:  # noqa: S310  # a server of the tests
                    self.kept[self.path] = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                self.kept[self.path] = error.code, error.read()
        status, body = self.kept[self.path]
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def stale_cache(origin: str) -> Iterator[str]:
    """Run a cache that never asks again for what it has, and yield its address."""
    kept: dict[str, tuple[int, bytes]] = {}
    keeping = type("Keeping", (_Keeping,), {"origin": origin, "kept": kept})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), keeping) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def at_once(*steps: Callable[[], object]) -> None:
    """Do some steps in threads that begin together."""
    together = threading.Barrier(len(steps))
    faults: list[Exception] = []

    def run(step: Callable[[], object]) -> None:
        together.wait(timeout=10)
        try:
            step()
        except Exception as fault:  # noqa: BLE001  # asserted on below
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert faults == []

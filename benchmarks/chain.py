"""The product's own processes on a database: everything from the check to the draft."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.db import connection

from benchmarks.databases import ROOT
from statsoffice.fake_publisher.client import RehearsalSite

LIFTED = "99999/99999"
ENDS_WITHIN_SECONDS = 60


@contextlib.contextmanager
def watching(site: RehearsalSite, *, clock_server: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """Run `manage.py watch` for the duration of a `with` block: sweep, draft and deliver in one process.

    With a broker these are separate processes. In one process they share one interpreter, which is the harder case.

    :param clock_server: the time server that confirms the clock of the process; without one each check is uncertain by
        2 seconds.
    """
    env = {**surroundings(site), "STATSOFFICE_CLOCK_SERVERS": clock_server}
    process = subprocess.Popen([sys.executable, "manage.py", "watch"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        yield process
        if process.poll() is not None:
            message = f"the watch ended by itself with code {process.returncode}"
            raise RuntimeError(message)
    finally:
        process.terminate()
        try:
            process.wait(ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def surroundings(site: RehearsalSite) -> Mapping[str, str]:
    """Return the environment of this process, without a limit on requests to the site on this machine."""
    place = site.base_url.removeprefix("http://")
    return os.environ | {
        "STATSOFFICE_PROBE_ALLOW_PRIVATE": place,
        "STATSOFFICE_PROBE_BUDGETS": f"{place}={LIFTED}",
    }


def busy_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return the seconds of processor time that a process and its database server have used so far.

    Unlike elapsed time, this does not grow with other work on the machine.
    """
    return sum(_busy_seconds(pid) for pid in (process.pid, *_servers()))


def _servers() -> list[int]:
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def _busy_seconds(pid: int) -> float:
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, after_name[11:13])) / os.sysconf("SC_CLK_TCK")


def peak_megabytes(process: subprocess.Popen[bytes]) -> float:
    """Return the most memory that a process has used so far, in millions of bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024 / 1e6


def shared_megabytes(process: subprocess.Popen[bytes]) -> float:
    """Return the memory that a process and its children use now, in millions of bytes; shared memory counts once."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return sum(map(_shared_kilobytes, (str(process.pid), *children))) * 1024 / 1e6


def _shared_kilobytes(pid: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)

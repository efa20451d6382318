"""The programs of the product: how each is called, and how one can tell that it answers."""

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path

from statsoffice.running.occupancy import LOOPBACK

DEMO = [sys.executable, "manage.py", "demo"]
WORKER = [*(sys.executable, "-m", "celery", "-A", "statsoffice", "worker"), "--loglevel", "INFO"]
WORKER_WITH_BEAT = [*WORKER, "-B"]


def web(port: int) -> list[str]:
    """Give the command of the web server."""
    return [
        *(sys.executable, "-m", "gunicorn", "statsoffice.wsgi:application", "--bind", f"{LOOPBACK}:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "2"),
        "--no-control-socket",
    ]


def rehearsal_site(port: int, *, var: Path) -> list[str]:
    """Give the command of the publisher's site that the demo's releases appear on."""
    state = str(var / "rehearsal-site.json")
    return [sys.executable, "-m", "statsoffice.rehearsal_site", "--port", str(port), "--state", state]


def address(port: int) -> str:
    """Give the address of a server of this machine."""
    return f"http://{LOOPBACK}:{port}"


def environment(given: Mapping[str, str], *, port: int, rehearsal_port: int | None) -> dict[str, str]:
    """Give the environment of every process: the one given, and where the others are.

    :param rehearsal_port: None where no rehearsal site runs; else the probe may look at it.
    """
    chosen = {"STATSOFFICE_ADDRESS": address(port), **given, "PYTHONUNBUFFERED": "1"}
    if rehearsal_port is None:
        return chosen
    opened = [given.get("STATSOFFICE_PROBE_ALLOW_PRIVATE", ""), f"{LOOPBACK}:{rehearsal_port}"]
    return chosen | {
        "STATSOFFICE_REHEARSAL_SITE": address(rehearsal_port),
        "STATSOFFICE_PROBE_ALLOW_PRIVATE": ",".join(filter(None, [*opened, f"localhost:{rehearsal_port}"])),
    }


def web_answers(port: int) -> bool:
    """Tell whether a web server answers at a port, whatever it says."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True

"""The product's web server as in deploy/, in production mode, on loopback and without a proxy."""

import contextlib
import http.client
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.databases import ROOT
from tests.integration.statsoffice.deploy import files
from tests.servers.ports import free_port
from tests.servers.process import running

LOOPBACK = "127.0.0.1"
NAME = "releases.example.gov.uk"
KEY = "a-key-of-one-measurement-on-this-machine-and-of-nothing-else-at-all"
# The headers that the proxy of an office adds to a request by https.
HEADERS = {"Host": NAME, "X-Forwarded-Proto": "https"}
SESSION_COOKIE = "__Host-sessionid"
STARTS_WITHIN_SECONDS = 90


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """Run the web server on the database of this process for the duration of a `with` block, and yield its port.

    There is no limit on the requests of a reader, because all readers here have the same address.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="benchmark-web-") as folder:
        environment = _surroundings(Path(folder))
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        subprocess.run(collect, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        with running(
            files.started_command("web", port=port, python=sys.executable),
            answers=lambda: _answers(port),
            log=Path(folder, "web.log"),
            environment=environment,
            within_seconds=STARTS_WITHIN_SECONDS,
        ):
            yield port


def _surroundings(folder: Path) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.integration.statsoffice.deploy.settings",
        "TESTS_STATIC_ROOT": str(folder / "static"),
        "STATSOFFICE_MODE": "production",
        "SECRET_KEY": KEY,
        "ALLOWED_HOSTS": NAME,
        "STATSOFFICE_ADDRESS": f"https://{NAME}",
        "STATSOFFICE_PAGES_PER_MINUTE": "0",
        "STATSOFFICE_API_PER_MINUTE": "0",
    }


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=20)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/accounts/login/", headers=HEADERS)
        return connection.getresponse().status == http.HTTPStatus.OK
    return False

"""A client for the control endpoint of the practice site, and a function that runs the site in a new process."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from statsoffice.fake_publisher.scenes import TOKEN_HEADER, Arrival

Scenes = Sequence[Mapping[str, Any]]


class RehearsalSiteError(Exception):
    """The site refused a command or is not available; the message says why."""


class RehearsalSite:
    """A client for the control endpoint of a running site."""

    def __init__(self, base_url: str, token: str = "") -> None:
        """:raises ValueError: if `base_url` is not an http address."""
        parts = urlsplit(base_url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f'"{base_url}" is not the address of a practice site, which begins with http://.')
        self.base_url = base_url.rstrip("/")
        self._host, self._port = parts.hostname, parts.port or 80
        self._token = token

    def url(self, path: str) -> str:
        return f"{self.base_url}{path}"

    def publish(self, path: str, scenes: Scenes) -> str:
        """Set the script of one page, and return its address.

        :raises RehearsalSiteError: if the script is not valid.
        """
        self.publish_all({path: scenes})
        return self.url(path)

    def publish_all(self, pages: Mapping[str, Scenes | None], *, replace: bool = False) -> None:
        """Set the scripts of pages.

        :param pages: a dict that maps paths to scripts. If a script is None, the page is removed.
        :param replace: whether to remove all pages that are not in `pages`.
        :raises RehearsalSiteError: if a script is not valid. In this case, no page is changed.
        """
        self._send("PUT", "pages", {"pages": dict(pages), "replace": replace})

    def freeze(self, now: datetime) -> None:
        """Stop the site's clock at an aware instant."""
        self._send("PUT", "clock", {"now": now.isoformat()})

    def run_clock(self) -> None:
        """Start the site's clock again. The clock then shows the real time."""
        self._send("PUT", "clock", {"now": None})

    def arrivals(self) -> list[Arrival]:
        """Return all requests for pages, oldest first, with the real time of each request."""
        found = self._send("GET", "log")["arrivals"]
        return [Arrival(path=one["path"], at=datetime.fromisoformat(one["at"])) for one in found]

    def forget_arrivals(self) -> None:
        self._send("DELETE", "log")

    def wait_until_up(self, *, seconds: float = 10) -> None:
        """:raises RehearsalSiteError: if the site does not answer within `seconds`."""
        until = time.monotonic() + seconds
        while True:
            try:
                self._send("GET", "clock")
                return
            except RehearsalSiteError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def _send(self, method: str, command: str, value: object = None) -> Any:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=30)
        try:
            body = None if value is None else json.dumps(value)
            connection.request(method, f"/_control/{command}", body, {TOKEN_HEADER: self._token})
            response = connection.getresponse()
            reply = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RehearsalSiteError(f"The practice site at {self.base_url} does not answer: {error}") from error
        finally:
            connection.close()
        if response.status != 200:
            raise RehearsalSiteError(str(reply.get("error", reply)))
        return reply


_ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def rehearsal_site(*, port: int = 0, token: str = "", state: Path | None = None) -> Iterator[RehearsalSite]:
    """Run a site on 127.0.0.1 until the end of the block.

    :param port: 0 selects any free port.
    :param state: the file in which the site stores its scripts.
    :raises RehearsalSiteError: if the site does not start.
    """
    with socket.create_server(("127.0.0.1", port)) as listener:
        chosen = listener.getsockname()[1]
    command = [sys.executable, "-m", "statsoffice.fake_publisher", "--port", str(chosen)]
    command += ["--state", str(state)] if state else []
    environment = os.environ | {"STATSOFFICE_REHEARSAL_TOKEN": token}
    process = subprocess.Popen(command, cwd=_ROOT, env=environment)  # noqa: S603 (all of it is ours)
    try:
        site = RehearsalSite(f"http://127.0.0.1:{chosen}", token)
        site.wait_until_up()
        yield site
    finally:
        process.terminate()
        process.wait(timeout=10)

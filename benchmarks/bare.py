"""The bare client, which is the floor of all checks: libcurl alone, without examination or storage."""

from collections.abc import Sequence
from datetime import datetime

import pycurl

from benchmarks.instant import wait_until
from releases.probe.client import MOST_IN_FLIGHT, Multi

BEGUN_AT_A_TIME = 25


class Bare:
    """Makes the same GET requests as the product's fetcher, with the same libcurl and as many requests at a time."""

    def __init__(self) -> None:
        self.multi = Multi(most_connections=MOST_IN_FLIGHT)
        self.idle = [Handle() for _ in range(MOST_IN_FLIGHT)]
        self.of_curl = {handle.curl: handle for handle in self.idle}

    def check(self, urls: Sequence[str], due_at: datetime) -> list[bytes]:
        """Request every address at an aware instant, and return the bodies."""
        self.bodies: list[bytes] = []
        waiting = list(reversed(urls))
        self.left = len(waiting)
        wait_until(due_at)
        while self.left:
            for _ in range(min(len(waiting), len(self.idle), BEGUN_AT_A_TIME)):
                handle = self.idle.pop()
                handle.prepare(waiting.pop())
                self.multi.add(handle.curl)
            self._take(seconds=0 if waiting and self.idle else 1)
        return self.bodies

    def _take(self, *, seconds: float) -> None:
        for curl, code, message in self.multi.run(seconds=seconds):
            assert code == 0, message
            assert curl.getinfo(pycurl.RESPONSE_CODE) == 200, curl.getinfo(pycurl.EFFECTIVE_URL)
            self.multi.remove(curl)
            handle = self.of_curl[curl]
            self.bodies.append(b"".join(handle.body))
            self.idle.append(handle)
            self.left -= 1

    def close(self) -> None:
        self.multi.close()


class Handle:
    """A libcurl handle, with the headers and the body of its last response."""

    def __init__(self) -> None:
        self.curl = pycurl.Curl()
        self.curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)

    def prepare(self, url: str) -> None:
        """Prepare the handle for one GET request."""
        self.headers: list[bytes] = []
        self.body: list[bytes] = []
        self.curl.setopt(pycurl.URL, url)
        self.curl.setopt(pycurl.HEADERFUNCTION, self.headers.append)
        self.curl.setopt(pycurl.WRITEFUNCTION, self.body.append)

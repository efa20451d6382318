"""A real server with the searches of GOV.UK and of the ONS: invented releases in the shapes of the real ones."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from statsoffice.fake_publisher.calendars import GOVUK_SEARCH, Said, answer_govuk, answer_ons, read_query


@dataclass
class ListingServer:
    """What the searches answer; `organisations` has the results by organisation. A `body` replaces every answer."""

    port: int = 0
    organisations: dict[str, list[Said]] = field(default_factory=dict)
    upcoming: list[Said] = field(default_factory=list)
    cancelled: list[Said] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def entry(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.entry}{path}"

    def answer(self, address: str) -> bytes:
        if self.body is not None:
            return self.body
        parts = urlsplit(address)
        asked = read_query(parts.query)
        if parts.path == GOVUK_SEARCH:
            found = self.organisations.get(asked["filter_organisations"], [])
            return json.dumps(answer_govuk(found, asked)).encode()
        return json.dumps(answer_ons(self.upcoming, self.cancelled, asked)).encode()


@contextmanager
def listing_server() -> Iterator[ListingServer]:
    """Run the server on a free port of 127.0.0.1 until the end of the block."""
    server = ListingServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's own name
            server.requests.append(self.path)
            body = server.answer(self.path)
            self.send_response(server.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **server.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        server.port = running.server_address[1]
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            running.shutdown()
            thread.join()

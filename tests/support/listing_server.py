"""A real server with the searches of GOV.UK and of the ONS: invented releases in the shapes of the real ones."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.govuk_pages import displayed, in_utc

type Said = dict[str, Any]


def announced(
    slug: str, title: str, *, at: datetime | None = None, date: str = "", state: str = "confirmed", **metadata: str
) -> Said:
    """Return one result of GOV.UK's search; with an instant its displayed date is exact."""
    shown = displayed(at) if at else date
    return {
        "title": title,
        "link": f"/government/statistics/announcements/{slug}",
        "display_date": shown,
        "release_timestamp": in_utc(at or datetime(2098, 7, 1, 8, 30, tzinfo=UTC)),
        "statistics_announcement_state": state,
        "metadata": {"display_date": shown, "confirmed": state == "confirmed", **metadata},
        "index": "government",
        "_id": f"/government/statistics/announcements/{slug}",
    }


def released(
    slug: str,
    title: str,
    *,
    at: datetime | None = None,
    vague: str = "",
    finalised: bool = True,
    cancelled: bool = False,
    changes: list[Said] | None = None,
    **description: object,
) -> Said:
    """Return one release of the ONS's search."""
    said: Said = {
        "title": title,
        "summary": "Figures by region.",
        "release_date": (at or datetime(2098, 7, 1, 8, 30, tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "published": False,
        "cancelled": cancelled,
        "finalised": finalised,
        "postponed": bool(changes),
        "census": False,
    }
    if vague:
        said["provisional_date"] = vague
    return {"uri": f"/releases/{slug}", "date_changes": changes, "description": said | description}


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
        parts = urlsplit(address)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if self.body is not None:
            return self.body
        if parts.path == "/api/search.json":
            found = self.organisations.get(asked["filter_organisations"], [])
            start, count = int(asked["start"]), int(asked["count"])
            page: Said = {"results": found[start : start + count], "total": len(found), "start": start}
        else:
            found = self.upcoming if asked["release-type"] == "type-upcoming" else self.cancelled
            words = asked.get("query", "").lower().split()
            found = [one for one in found if all(word in one["description"]["title"].lower() for word in words)]
            start, count = int(asked["offset"]), int(asked["limit"])
            page = {"took": 4, "breakdown": {"total": len(found)}, "releases": found[start : start + count] or None}
        return json.dumps(page).encode()


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

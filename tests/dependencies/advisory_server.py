"""A server of advisories on loopback, for the tests: it answers as OSV does for Python, and as an npm registry does."""

import gzip
import json
import threading
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.dependencies import npm_packages, python_packages
from tests.dependencies.answer import Package, Vulnerability

OSV, NPM = "/v1/query", "/-/npm/v1/security/advisories/bulk"
CONTROLS = (
    Vulnerability(python_packages.CONTROL, ("PYSEC-2018-66", "CVE-2018-1000656"), ("0.12.3",)),
    Vulnerability(npm_packages.CONTROL, ("GHSA-xvch-5gv4-984h",), ("1.2.6",)),
)


class AdvisoryServer(ThreadingHTTPServer):
    """The server: what it knows, what it does instead of answering, and what it was asked about."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.known: Iterable[Vulnerability] = CONTROLS
        self.status, self.silent, self.body = HTTPStatus.OK, False, b""
        self.asked: set[Package] = set()
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"

    def told_of(self, package: Package) -> list[Vulnerability]:
        """List the advisories for a package, and remember that it was asked about."""
        self.asked.add(package)
        return [one for one in self.known if one.package == package]


class Asked(BaseHTTPRequestHandler):
    server: AdvisoryServer

    def do_POST(self) -> None:
        """Return the known advisories."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.silent:
            self.server.closing.wait()
        elif self.server.status != HTTPStatus.OK or self.server.body:
            self._answer(self.server.body, status=self.server.status)
        elif self.path == OSV:
            self._answer(json.dumps(self._osv(json.loads(body))).encode())
        elif self.path == NPM:
            self._answer(json.dumps(self._npm(json.loads(gzip.decompress(body)))).encode())

    def do_GET(self) -> None:
        """Have nothing else: npm then takes what an advisory says of versions unchanged."""
        self._answer(b"{}", status=HTTPStatus.NOT_FOUND)

    def log_message(self, *_: Any) -> None:
        """Write nothing: tests read the answers."""

    def _osv(self, query: dict[str, Any]) -> dict[str, Any]:
        name = query["package"]["name"]
        found = self.server.told_of(Package(python_packages.SYSTEM, name, query["version"]))
        return {"vulns": [_in_osv(one) for one in found]} if found else {}

    def _npm(self, query: dict[str, list[str]]) -> dict[str, Any]:
        told: dict[str, list[dict[str, Any]]] = {}
        for name, versions in query.items():
            for version in versions:
                for one in self.server.told_of(Package(npm_packages.SYSTEM, name, version)):
                    told.setdefault(name, []).append(_in_npm(one, number=len(told) + 1))
        return told

    def _answer(self, body: bytes, *, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _in_osv(one: Vulnerability) -> dict[str, Any]:
    events = [{"introduced": "0"}, *({"fixed": version} for version in one.mended_in)]
    affected = {
        "package": {"name": one.package.name, "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
        "versions": [one.package.version],
    }
    name, *aliases = one.names
    return {
        "schema_version": "1.7.0",
        "id": name,
        "aliases": aliases,
        "summary": "Invented",
        "published": "2026-11-02T10:00:00Z",
        "affected": [affected],
    }


def _in_npm(one: Vulnerability, *, number: int) -> dict[str, Any]:
    affected = f"<{one.mended_in[0]}" if one.mended_in else "*"
    address = f"https://advisories.example/{one.names[0]}"
    return {
        "id": number,
        "url": address,
        "title": "Invented",
        "severity": "high",
        "vulnerable_versions": affected,
        "cwe": [],
        "cvss": {"score": 0, "vectorString": None},
    }

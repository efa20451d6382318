"""A site that does its worst: `python -m tests.faults.hostile_site PORT`."""

import itertools
import socketserver
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

PATIENCE_SECONDS = 60
MEGABYTE = 1024 * 1024


def _start(*headers: str, status: str = "200 OK", charset: str = "utf-8") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: text/html; charset={charset}", *headers]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def drip() -> Iterator[bytes]:
    """Send one letter a second, for ever."""
    yield _start()
    while True:
        yield b"a"
        time.sleep(1)


def silence() -> Iterator[bytes]:
    """Take the request, and say nothing."""
    yield b""
    time.sleep(PATIENCE_SECONDS)


def endless() -> Iterator[bytes]:
    """Send a body without an end, as fast as it is taken."""
    yield _start()
    while True:
        yield b"a" * MEGABYTE


def bomb() -> Iterator[bytes]:
    """Send a megabyte that unpacks to a gigabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush the same bytes mean the same again.
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    yield _start("Content-Encoding: gzip") + head
    yield from itertools.repeat(block, 1023)


def loop() -> Iterator[bytes]:
    """Send the reader back to where they are."""
    yield _start("Location: /loop", "Content-Length: 0", status="302 Found")


def headers() -> Iterator[bytes]:
    """Send ten thousand headers."""
    yield _start(*(f"X-Header-{number}: {number}" for number in range(10_000)), "Content-Length: 0")


def reset() -> Iterator[bytes]:
    """Break off in the middle of a page whose length was declared."""
    yield _start("Content-Length: 100000") + b"<title>"


def _costly(content: str, *, charset: str = "utf-8") -> Callable[[], Iterator[bytes]]:
    body = f"<!doctype html><title>Inspections</title><main>{content}".encode()

    def send() -> Iterator[bytes]:
        yield _start(f"Content-Length: {len(body)}", charset=charset)
        yield body

    return send


COSTLY: dict[str, Callable[[], Iterator[bytes]]] = {
    "punycode": _costly("ab" * 400_000, charset="punycode"),
    "formatting": _costly("<p>" + "".join(f"<b id={number}>" for number in range(1_900)) + "<p>x</p>" * 8_000),
    "digits": _costly("<p>" + "1" * 50_000),
    "markers": _costly("<p>" + "31 March 2026 " * 57_000),
    "cookies": _costly("<div class=cookie>" * 500 + "<p>x</p>" * 100_000),
    "choices": _costly("<select>" + "<option>31 March 2026" * 50_000),
    "attributes": _costly("<p" + "".join(f" a{number}" for number in range(50_000)) + ">x"),
    # These go over the limits of time and of memory, whatever the algorithms.
    "processor": _costly("<p>31 March 2026. " * 270_000),
    "memory": _costly("<p>" + "\ufdfa" * 1_500_000),
}
"""Pages whose examination costs much."""
DEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "drip": drip,
    "silence": silence,
    "endless": endless,
    "bomb": bomb,
    "loop": loop,
    "headers": headers,
    "reset": reset,
}
REBINDING = "rebinding"
"""Not a deed of the site's: a name that leads to this machine's own loopback, and was never allowed to."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the library's name
        """Do what the last part of the path says."""
        self.close_connection = True
        deed = self.path.partition("?")[0].rpartition("/")[2]
        if deed == REBINDING:
            sys.stdout.write("somebody came by a name that leads to loopback\n")
            sys.stdout.flush()
        for part in (DEEDS | COSTLY).get(deed, loop)():
            self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        """Say nothing of ordinary requests."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Go on: clients that are treated like this hang up."""


if __name__ == "__main__":
    with _Server(("127.0.0.1", int(sys.argv[1])), _Handler) as server:
        server.serve_forever()

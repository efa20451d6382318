"""A dead man's switch on loopback, as an office would rent one."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Switch:
    """Where it is asked, what it was asked so far, and what it answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.asked: list[tuple[str, str]] = []


@contextmanager
def dead_mans_switch(*, answers_after_seconds: float = 0.0) -> Iterator[Switch]:
    over = threading.Event()

    class Pinged(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            switch.asked.append((self.path, self.headers["User-Agent"]))
            over.wait(answers_after_seconds)
            self.send_response(switch.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pinged) as server:
        switch = Switch(f"http://127.0.0.1:{server.server_address[1]}/ping/secret-of-ours")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield switch
        over.set()
        server.shutdown()

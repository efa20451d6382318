"""A real server on the loopback interface, whose pages are written in a test."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site(ThreadingHTTPServer):
    """A server whose pages are written in a test; it records the paths that were requested."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages, self.requested, self.redirects = {}, [], {}

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.place}{path}"

    def handle_error(self, *_: object) -> None:
        """A browser that ends a connection is no fault of the server."""


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.requested.append(self.path)
        if to := self.server.redirects.get(self.path):
            self.send_response(302)
            self.send_header("Location", to)
            self.end_headers()
            return
        page = self.server.pages.get(self.path)
        if callable(page):
            page(self)
            return
        content, kind = page if isinstance(page, tuple) else (page, "text/html; charset=utf-8")
        body = (content or "missing").encode() if not isinstance(content, bytes) else content
        self.send_response(200 if page is not None else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


def served():
    site = Site()
    threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return site

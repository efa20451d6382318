"""A real egress proxy on loopback: forwards plain requests, tunnels others, and knows hosts by its own table."""

import base64
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.support.publishers import read_head


class ForwardProxy(socketserver.ThreadingTCPServer):
    """A proxy that is up; `asked` holds the first line of each request that it forwarded or tunnelled."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, hosts: Mapping[str, int], *, user: str) -> None:
        super().__init__(("127.0.0.1", 0), _Client)
        self.hosts, self.user = hosts, user
        self.asked: list[str] = []

    @property
    def entry(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def admits(self, head: str) -> bool:
        return not self.user or f"Basic {base64.b64encode(self.user.encode()).decode()}" in head


class _Client(socketserver.BaseRequestHandler):
    """Serves one connection of a client."""

    server: ForwardProxy
    request: socket.socket

    def handle(self) -> None:
        with suppress(OSError):
            while head := read_head(self.request):
                if not self.server.admits(head):
                    self.request.sendall(b"HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n")
                    continue
                self.server.asked.append(head.split("\r\n", 1)[0])
                verb, target, _ = self.server.asked[-1].split(" ")
                if verb == "CONNECT":
                    return self._tunnel(target.rpartition(":")[0])
                self._forward(head, target)
        return None

    def _forward(self, head: str, target: str) -> None:
        parts = urlsplit(target)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        kept = [line for line in head.split("\r\n")[1:] if not line.lower().startswith("proxy-")]
        with self._site(parts.hostname or "") as site:
            site.sendall("\r\n".join([f"GET {path} HTTP/1.1", "Connection: close", *kept]).encode("latin-1"))
            pump(site, self.request)

    def _tunnel(self, host: str) -> None:
        with self._site(host) as site:
            self.request.sendall(b"HTTP/1.1 200 Go on\r\n\r\n")
            threading.Thread(target=pump, args=(site, self.request), daemon=True).start()
            pump(self.request, site)

    def _site(self, host: str) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.hosts[host]), timeout=5)


@contextmanager
def forward_proxy(hosts: Mapping[str, int], *, user: str = "") -> Iterator[ForwardProxy]:
    """Forward to ports of loopback by the host's name; with a user ("name:password") only for who names it."""
    with ForwardProxy(hosts, user=user) as proxy:
        serving = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            serving.join()


def pump(source: socket.socket, target: socket.socket) -> None:
    """Hand on whatever comes until one side is done, and say so to the other."""
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)

"""Publishers' servers on loopback, well-behaved and nasty: real sockets, real TLS, one thread each."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

Handler = Callable[[socket.socket, str], None]


@dataclass
class Publisher:
    """A server that is up; `requests` holds the head of every request that it got."""

    port: int
    scheme: str = "http"
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    open_connections: int = 0
    most_at_a_time: int = 0
    _open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def entry(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def came(self) -> None:
        with self._lock:
            self._open += 1
            self.most_at_a_time = max(self.most_at_a_time, self._open)

    def went(self) -> None:
        with self._lock:
            self._open -= 1


@contextmanager
def publisher(
    handler: Handler, *, tls: ssl.SSLContext | None = None, greeting: bytes = b"", pause: float = 0.0
) -> Iterator[Publisher]:
    """Serve each connection in its own thread, after a pause in seconds, until the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    up = Publisher(port=listener.getsockname()[1], scheme="https" if tls else "http")
    over = threading.Event()
    threads = []

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            up.connections += 1
            up.open_connections += 1
            threads.append(threading.Thread(target=talk, args=(connection,)))
            threads[-1].start()

    def talk(connection: socket.socket) -> None:
        with suppress(OSError):
            time.sleep(pause)
            connection.sendall(greeting)
            if tls:
                connection = tls.wrap_socket(connection, server_side=True)
            while not over.is_set() and (head := read_head(connection)):
                up.requests.append(head)
                up.came()
                try:
                    handler(connection, head)
                finally:
                    up.went()
        connection.close()
        up.open_connections -= 1

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield up
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join(timeout=6)


def read_head(connection: socket.socket) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = connection.recv(1)
        if not part:
            return ""
        head += part
    return head.decode("latin-1")


def path_of(head: str) -> str:
    return head.split(" ", 2)[1]


def response(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """Write a whole response; header names are given with underscores."""
    lines = [f"HTTP/1.1 {status} Something", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def always(raw: bytes) -> Handler:
    """Answer every request alike and keep the connection open."""
    return lambda connection, head: connection.sendall(raw)


def once(raw: bytes) -> Handler:
    """Answer and hang up."""

    def answer(connection: socket.socket, head: str) -> None:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_RDWR)

    return answer


def closed_port() -> int:
    """Return a port of loopback on which no one listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def self_signed(folder: Path, *, name: str = "127.0.0.1") -> Path:
    """Make a certificate and its key in one file, signed by no one else."""
    file = folder / f"{name}.pem"
    kind = "IP" if name[0].isdigit() else "DNS"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    file.write_bytes((folder / "key.pem").read_bytes() + (folder / "certificate.pem").read_bytes())
    return file


def tls_with(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context

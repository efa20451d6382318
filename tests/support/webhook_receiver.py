"""A system of an office that receives webhooks on a real socket, and verifies them with code of its own.

The signature is checked as the specification describes it, so that no code under test vouches for itself.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.notify_server import serving


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """What was received, the statuses of the next answers (the last one stays), and further headers of them."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [204])
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    waits_seconds: float = 0.0
    received: list[Received] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/hooks/secret-part"

    def types(self) -> list[str]:
        return [one.payload["type"] for one in self.received]


@contextmanager
def run_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):  # http.server's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.path, headers, body))
            time.sleep(receiver.waits_seconds)
            status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def log_message(self, *words):
            """Say nothing."""

    with serving(Handler) as port:
        receiver.port = port
        yield receiver


def signature(secret: str, *, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = message_id.encode() + b"." + timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def is_signed(one: Received, secret: str) -> bool:
    expected = signature(
        secret,
        message_id=one.headers["webhook-id"],
        timestamp=one.headers["webhook-timestamp"],
        body=one.body,
    )
    return expected in one.headers["webhook-signature"].split(" ")


def signed(body: bytes, secret: str, *, message_id: str = "msg_1", at: float) -> dict[str, str]:
    """The headers with which a publishing system signs a message."""
    timestamp = str(int(at))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, message_id=message_id, timestamp=timestamp, body=body),
    }

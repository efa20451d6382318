"""GOV.UK Notify in small, on a real socket: its address, tokens, request, answers and errors, as in its REST guide.

Source: docs.notifications.service.gov.uk/rest-api.html, "Send an email" and "Authorisation header". The token is
checked by hand, so that nothing of the client under test vouches for itself.
"""

import base64
import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SERVICE = "26785a09-ab16-4eb0-8407-a37497a57506"
SECRET = "3d844edf-8d35-48ac-975b-e847b4f122b0"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
TEXT_TEMPLATE = "0a1b2c3d-2a88-4f6e-b855-c550268ce08a"
KEY = f"release_desk-{SERVICE}-{SECRET}"
CLOCKS_APART_SECONDS = 30
WRONG_CLOCK = "Error: Your system clock must be accurate to within 30 seconds"
ERRORS = {
    403: ("AuthError", WRONG_CLOCK),
    429: ("RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds"),
    500: ("Exception", "Internal server error"),
}


class Notify:
    """What the stub took, and the status with which a test makes it answer instead."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[dict[str, Any]] = []
        self.asked = 0
        self.fault: int | None = None

    @property
    def address(self) -> str:
        """The stub's base address."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str, authorisation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        self.asked += 1
        if self.fault in ERRORS:
            return refused(self.fault, *ERRORS[self.fault])
        if problem := wrong_with_token(authorisation):
            return refused(403, "AuthError", problem)
        check = {"/v2/notifications/email": wrong_with_request, "/v2/notifications/sms": wrong_with_text_message}
        if path not in check:
            return refused(404, "Not found", "Not found")
        asked = json.loads(body)
        if problem := check[path](asked):
            return refused(400, *problem)
        self.taken.append(asked)
        content = {"subject": asked["personalisation"].get("subject"), "body": asked["personalisation"]["text"]}
        return 201, {"id": "740e5834-3a29-46b4-9a6f-16142fde533a", "reference": asked["reference"], "content": content}


def refused(status: int, error: str, message: str) -> tuple[int, dict[str, Any]]:
    return status, {"status_code": status, "errors": [{"error": error, "message": message}]}


def wrong_with_token(authorisation: str) -> str:
    scheme, _, token = authorisation.partition(" ")
    if scheme != "Bearer" or token.count(".") != 2:
        return "Unauthorized: authentication bearer scheme must be used"
    signed, _, signature = token.rpartition(".")
    header, claims = (json.loads(decoded(part)) for part in signed.split("."))
    right = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    if header != {"typ": "JWT", "alg": "HS256"}:
        return "Invalid token: algorithm used is not HS256"
    if claims.get("iss") != SERVICE:
        return "Invalid token: service not found"
    if not hmac.compare_digest(decoded(signature), right):
        return "Invalid token: API key not found"
    if abs(time.time() - claims.get("iat", 0)) > CLOCKS_APART_SECONDS:
        return WRONG_CLOCK
    return ""


def wrong_with_request(asked: dict[str, Any]) -> tuple[str, str] | None:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", asked.get("email_address", "")):
        return "ValidationError", "email_address Not a valid email address"
    if asked.get("template_id") != TEMPLATE:
        return "BadRequestError", "Template not found"
    missing = {"subject", "text"} - asked.get("personalisation", {}).keys()
    return ("BadRequestError", f"Missing personalisation: {', '.join(sorted(missing))}") if missing else None


def wrong_with_text_message(asked: dict[str, Any]) -> tuple[str, str] | None:
    if not re.fullmatch(r"(\+44|0)7\d{9}", asked.get("phone_number", "")):
        return "ValidationError", "phone_number Not a UK mobile number"
    if asked.get("template_id") != TEXT_TEMPLATE:
        return "BadRequestError", "Template not found"
    return None if "text" in asked.get("personalisation", {}) else ("BadRequestError", "Missing personalisation: text")


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@contextmanager
def notify_stub(port: int = 0) -> Iterator[Notify]:
    """Run the stub on a port of loopback."""
    notify = Notify()

    class Asked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = notify.answer(self.path, self.headers.get("Authorization", ""), body)
            written = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    with serving(Asked, port) as notify.port:
        yield notify


@contextmanager
def serving(asked: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[int]:
    """Run an HTTP server on loopback, and yield its port."""
    server = ThreadingHTTPServer(("127.0.0.1", port), asked)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

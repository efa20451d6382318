"""Logging: context fields, request ids, redaction of secrets, JSON lines, and error reports to Sentry."""

import contextlib
import json
import logging
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

_CONTEXT: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039  # never changed, only replaced


@contextlib.contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Add these fields to every JSON log line that this thread writes in the block."""
    before = _CONTEXT.set({**_CONTEXT.get(), **fields})
    try:
        yield
    finally:
        _CONTEXT.reset(before)


def current_context() -> Mapping[str, str]:
    return _CONTEXT.get()


REDACTED = "[secret]"

# Matches the secret in these URLs: links for people with pre-release access, invitations, links to reset a password or
# to confirm an email address, and the page of the self-test (/canary/). A slash and more parts may follow the secret.
_SECRET = re.compile(
    r"""
    (
        (?: /receipts | /accounts/+invited | /accounts/+password/+reset/+key | /accounts/+confirm-email
        | /canary )
        /+
    )
    (?! \[secret\] ) [^\s/?\#"'<>\\),;]+
    """,
    flags=re.IGNORECASE | re.VERBOSE,
)


def redact_line(line: str) -> str:
    return _SECRET.sub(rf"\1{REDACTED}", line)


class PlainLines(logging.Formatter):
    """Format log records as plain text. Secrets are removed from the whole text, including the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return redact_line(super().format(record))


FIELDS = ("release", "method", "path", "status", "milliseconds")
"""The extra fields of log records that are copied to the JSON lines.

Other extra fields are left out, because libraries add fields such as whole requests.
"""


class JsonLines(logging.Formatter):
    """Format each log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            **current_context(),
            **_task(),
            **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redact_line(json.dumps(line, ensure_ascii=False, default=str))


def _task() -> dict[str, str]:
    """Return the name and id of the current Celery task. Web processes do not import Celery and run no tasks."""
    task = sys.modules["celery"].current_task if "celery" in sys.modules else None
    if not task or not task.request.id:
        return {}
    return {"task": task.name, "task_id": task.request.id}


HEADER = "X-Request-ID"
VALID_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""The format of request ids that we accept from a client or a proxy. Other text could forge log lines."""
# The key in `request.META` for the reason why a request was refused. Clients cannot set this key with a header.
_REASON = "statsoffice.refusal"

logger = logging.getLogger(__name__)


class RequestId:
    """Set an id on each request, and log one line for each response.

    The line does not contain the query string or the IP address of the client.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        received = request.headers.get(HEADER, "")
        given = received if VALID_ID.fullmatch(received) else uuid.uuid4().hex
        begun = time.monotonic()
        with log_context(request=given):
            response = self.get_response(request)
            milliseconds = round((time.monotonic() - begun) * 1000)
            path, reason = redact_line(request.path), request.META.get(_REASON, "")
            logger.log(
                logging.WARNING if reason else logging.INFO,
                "%s %s: %s in %d ms%s",
                request.method,
                path.encode("unicode_escape").decode(),  # a line break in a path must not start a new log line
                response.status_code,
                milliseconds,
                f" ({redact_line(reason).encode('unicode_escape').decode()})" if reason else "",
                extra={
                    "method": request.method,
                    "path": path,
                    "status": response.status_code,
                    "milliseconds": milliseconds,
                },
            )
        response.headers[HEADER] = given
        return response


class OneLineForEachRequest(logging.Filter):
    """Drop Django's own log lines about requests, because `RequestId` logs each request.

    If Django refuses a request for a security reason, this reason is passed on to `RequestId`. Log lines about
    server errors (5xx) are not dropped, because they have the traceback.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", None)
        if status is None or not record.name.startswith(("django.request", "django.security", "django.server")):
            return True
        if record.name == "django.server":
            return False
        request = getattr(record, "request", None)
        if not 400 <= status < 500 or not isinstance(request, HttpRequest):
            return True
        if record.name.startswith("django.security"):
            request.META[_REASON] = record.getMessage().removesuffix(f": {request.path}")
        return False


def make_logging_config(line_format: str, *, level: str) -> dict[str, Any]:
    """Return the configuration of Python's logging: everything goes to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "()": "statsoffice.logs.PlainLines",
                "format": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            },
            "json": {"()": "statsoffice.logs.JsonLines"},
        },
        "filters": {"requests": {"()": "statsoffice.logs.OneLineForEachRequest"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": line_format, "filters": ["requests"]}},
        "loggers": {
            # This entry removes Django's own handlers, which would write secrets.
            "django": {"level": "INFO"},
            "django.server": {"level": "INFO", "propagate": True},
            # WeasyPrint logs every step of every page.
            "weasyprint": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
            # Without this, Gunicorn would log errors in its own format.
            "gunicorn.error": {"handlers": ["console"], "propagate": False},
        },
        "root": {"handlers": ["console"], "level": level},
    }


_REPORT_FIELDS = (
    "event_id",
    "timestamp",
    "level",
    "platform",
    "release",
    "environment",
    "logger",
    "transaction",
    "sdk",
    "modules",
)


def start_error_reports(dsn: str, *, environment: str) -> None:
    """:raises ImproperlyConfigured: if sentry-sdk is not installed, or if `dsn` is not a valid Sentry DSN."""
    try:
        import sentry_sdk  # an optional dependency that most offices do not install
        from sentry_sdk.utils import BadDsn
    except ImportError:
        message = "STATSOFFICE_SENTRY_DSN is set, and sentry-sdk is not installed: .venv/bin/pip install sentry-sdk"
        raise ImproperlyConfigured(message) from None
    try:
        sentry_sdk.init(
            dsn=dsn,
            environment=environment,
            before_send=_remove_personal_data,
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            server_name="",
        )
    except BadDsn:
        message = (
            "STATSOFFICE_SENTRY_DSN is not a valid Sentry DSN. A DSN looks like https://key@sentry.example.gov.uk/1."
        )
        raise ImproperlyConfigured(message) from None


def _remove_personal_data(event: Any, _hint: Any) -> Any:
    """Return a report without personal data. It contains the type of the error and its place in the code.

    Messages and requests can contain names, texts that users typed, and details of releases. So only known fields are
    sent. If a later version of the library adds fields, the new fields are not sent.
    """
    report = {name: event[name] for name in _REPORT_FIELDS if name in event}
    entry = event.get("logentry", {})
    if entry.get("params"):
        report["logentry"] = {"message": entry["message"]}  # the message template in the code, without parameters
    errors = event.get("exception", {}).get("values", ())
    if errors:
        report["exception"] = {"values": [_kind(error) for error in errors]}
    return report


def _kind(error: Mapping[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames", ())
    places = [{name: frame.get(name) for name in ("module", "function", "filename", "lineno")} for frame in frames]
    return {"type": error.get("type"), "module": error.get("module"), "stacktrace": {"frames": places}}

"""Reports of errors to a Sentry of the office, without data about people: off unless it is set."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

FIELDS = (
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


def start_reports(dsn: str, *, environment: str) -> None:
    """:raises ImproperlyConfigured: if the package is not installed, or the address is none of Sentry's."""
    try:
        import sentry_sdk  # an extra that most offices leave out
        from sentry_sdk.utils import BadDsn
    except ImportError:
        message = "STATSOFFICE_SENTRY_DSN is set, and sentry-sdk is not installed: .venv/bin/pip install sentry-sdk"
        raise ImproperlyConfigured(message) from None
    try:
        sentry_sdk.init(
            dsn=dsn,
            environment=environment,
            before_send=without_people,
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            server_name="",
        )
    except BadDsn:
        message = "STATSOFFICE_SENTRY_DSN is no address of a Sentry; one is like https://key@sentry.example.gov.uk/1."
        raise ImproperlyConfigured(message) from None


def without_people(event: Any, _hint: Any) -> Any:
    """Return the kind of an error and where in the code it occurred.

    Messages and requests can contain names, typed text and releases. None of them is sent, and nothing that a later
    version of the library adds.
    """
    report = {name: event[name] for name in FIELDS if name in event}
    entry = event.get("logentry", {})
    if entry.get("params"):
        report["logentry"] = {"message": entry["message"]}  # as in the code, without its parameters
    errors = event.get("exception", {}).get("values", ())
    if errors:
        report["exception"] = {"values": [_kind(error) for error in errors]}
    return report


def _kind(error: Mapping[str, Any]) -> dict[str, Any]:
    frames = (error.get("stacktrace") or {}).get("frames", ())
    places = [{name: frame.get(name) for name in ("module", "function", "filename", "lineno")} for frame in frames]
    return {"type": error.get("type"), "module": error.get("module"), "stacktrace": {"frames": places}}

"""The control endpoint: what a test, the demo or a trainer tells the site to do."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from statsoffice.rehearsal_site.scenes import BadScriptError
from statsoffice.rehearsal_site.stage import Stage

PREFIX = "/_control/"
TOKEN_HEADER = "x-rehearsal-token"  # noqa: S105 (the header's name, not a token)


@dataclass(frozen=True, slots=True)
class Told:
    """What the control endpoint says back."""

    status: int
    value: Mapping[str, Any]


def admits(token: str, given: str) -> bool:
    """Say whether a request with this token may control the site; without a token of its own it is open."""
    return not token or hmac.compare_digest(token.encode(), given.encode())


def tell(stage: Stage, *, method: str, path: str, body: bytes) -> Told:
    """Carry out one command.

    - PUT /_control/pages {"pages": {path: [scene, ...] or null}, "replace": false}; GET gives them back
    - PUT /_control/clock {"now": ISO instant or null}: the clock stands there, or runs again; GET tells the time
    - GET /_control/log lists the arrivals; DELETE forgets them
    """
    match method, path.removeprefix(PREFIX):
        case "GET", "pages":
            return Told(200, {"pages": stage.written()})
        case "PUT", "pages":
            return _put_pages(stage, body)
        case "GET", "clock":
            return Told(200, _clock(stage))
        case "PUT", "clock":
            return _put_clock(stage, body)
        case "GET", "log":
            arrivals = [{"path": arrival.path, "at": arrival.at.isoformat()} for arrival in stage.arrivals]
            return Told(200, {"arrivals": arrivals})
        case "DELETE", "log":
            stage.arrivals.clear()
            return Told(200, {"arrivals": []})
    return Told(404, {"error": f"There is no command {method} {path}."})


def _put_pages(stage: Stage, body: bytes) -> Told:
    wanted = _read_object(body)
    if wanted is None or not isinstance(wanted.get("pages"), dict):
        return Told(400, {"error": 'Send an object with "pages": scripts by path.'})
    try:
        stage.put(wanted["pages"], replace=wanted.get("replace") is True)
    except BadScriptError as error:
        return Told(400, {"error": str(error)})
    return Told(200, {"pages": len(stage.written())})


def _put_clock(stage: Stage, body: bytes) -> Told:
    wanted = _read_object(body)
    if wanted is None or "now" not in wanted:
        return Told(400, {"error": 'Send an object with "now": an ISO instant, or null for the real clock.'})
    if wanted["now"] is None:
        stage.stands_at = None
        return Told(200, _clock(stage))
    try:
        instant = datetime.fromisoformat(str(wanted["now"]))
    except ValueError:
        return Told(400, {"error": f'"{wanted["now"]}" is not an instant in ISO 8601.'})
    if instant.tzinfo is None:
        return Told(400, {"error": f'"{wanted["now"]}" lacks its offset from UTC.'})
    stage.stands_at = instant.astimezone(UTC)
    return Told(200, _clock(stage))


def _clock(stage: Stage) -> dict[str, Any]:
    return {"now": stage.now().isoformat(), "stands": stage.stands_at is not None}


def _read_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None

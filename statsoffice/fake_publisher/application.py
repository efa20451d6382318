"""The practice site as an ASGI application: pages by script, the home page, and the control endpoint."""

import asyncio
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any
from zoneinfo import ZoneInfo

from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.pages import PRODUCER, frame
from statsoffice.fake_publisher.scenes import HTML, BadScriptError, Scene, in_force, next_change
from statsoffice.fake_publisher.stage import Stage

PREFIX = "/_control/"
TOKEN_HEADER = "x-rehearsal-token"  # noqa: S105 (the header's name, not a token)


@dataclass(frozen=True, slots=True)
class Command:
    status: int
    value: Mapping[str, Any]


def admits(token: str, given: str) -> bool:
    return not token or hmac.compare_digest(token.encode(), given.encode())


def run_command(stage: Stage, *, method: str, path: str, body: bytes) -> Command:
    """Run one command of the control endpoint.

    - PUT /_control/pages {"pages": {path: [scene, ...] or null}, "replace": false}; GET returns them
    - PUT /_control/clock {"now": ISO instant or null} stops the clock or starts it again; GET returns the time
    - GET /_control/log lists the requests; DELETE clears the list
    """
    match method, path.removeprefix(PREFIX):
        case "GET", "pages":
            return Command(200, {"pages": stage.written()})
        case "PUT", "pages":
            return _put_pages(stage, body)
        case "GET", "clock":
            return Command(200, _clock(stage))
        case "PUT", "clock":
            return _put_clock(stage, body)
        case "GET", "log":
            arrivals = [{"path": arrival.path, "at": arrival.at.isoformat()} for arrival in stage.arrivals]
            return Command(200, {"arrivals": arrivals})
        case "DELETE", "log":
            stage.arrivals.clear()
            return Command(200, {"arrivals": []})
    return Command(404, {"error": f"There is no command {method} {path}."})


def _put_pages(stage: Stage, body: bytes) -> Command:
    wanted = _read_object(body)
    if wanted is None or not isinstance(wanted.get("pages"), dict):
        return Command(400, {"error": 'Send an object with "pages": scripts by path.'})
    try:
        stage.put(wanted["pages"], replace=wanted.get("replace") is True)
    except BadScriptError as error:
        return Command(400, {"error": str(error)})
    return Command(200, {"pages": len(stage.written())})


def _put_clock(stage: Stage, body: bytes) -> Command:
    wanted = _read_object(body)
    if wanted is None or "now" not in wanted:
        return Command(400, {"error": 'Send an object with "now": an ISO instant, or null for the real clock.'})
    if wanted["now"] is None:
        stage.stands_at = None
        return Command(200, _clock(stage))
    try:
        instant = datetime.fromisoformat(str(wanted["now"]))
    except ValueError:
        return Command(400, {"error": f'"{wanted["now"]}" is not an instant in ISO 8601.'})
    if instant.tzinfo is None:
        return Command(400, {"error": f'"{wanted["now"]}" lacks its offset from UTC.'})
    stage.stands_at = instant.astimezone(UTC)
    return Command(200, _clock(stage))


def _clock(stage: Stage) -> dict[str, Any]:
    return {"now": stage.now().isoformat(), "stands": stage.stands_at is not None}


def _read_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


_TITLE = re.compile(rb"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_KIND = re.compile(rb'<p class="kind">(.*?)</p>', re.DOTALL)
_LONDON = ZoneInfo("Europe/London")


def home_page(stage: Stage) -> str:
    now = stage.now()
    rows = "".join(
        f'<tr><th scope="row"><a href="{escape(path)}">{escape(path)}</a></th>'
        f"<td>{escape(_shows(in_force(script, at=now)))}</td><td>{_home_clock(next_change(script, at=now))}</td></tr>"
        for path, script in sorted(stage.scripts().items())
    )
    table = f"""<table><caption>Pages of the script, at {_home_clock(now)}</caption>
<thead><tr><th scope="col">Page</th><th scope="col">Shows now</th><th scope="col">Next change</th></tr></thead>
<tbody>{rows}</tbody></table>"""
    main = f"""<h1>Publications</h1>
<p class="lead">What a publisher's readers would find here. Load the page again to see it change.</p>
{table if rows else "<p>The script is empty.</p>"}"""
    return frame("Publications", main, producer=PRODUCER)


def _shows(scene: Scene | None) -> str:
    if scene is None:
        return "nothing (404)"
    texts = [found[1] for pattern in (_KIND, _TITLE) if (found := pattern.search(scene.body))]
    shown = ": ".join(unescape(text.decode(errors="replace")) for text in texts) or _media_type(scene)
    return shown if scene.status == 200 else f"{shown} ({scene.status})"


def _media_type(scene: Scene) -> str:
    return dict(scene.headers)[b"content-type"].decode().partition(";")[0]


def _home_clock(instant: datetime | None) -> str:
    return "none" if instant is None else f"{instant.astimezone(_LONDON):%-d %b %Y, %H:%M:%S}"


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

MOST_CONTROL_BYTES = 64 * 1024 * 1024
_HTML_HEADERS = ((b"content-type", HTML.encode()),)
_JSON_HEADERS = ((b"content-type", b"application/json"),)
# Every site on a machine shares what a browser keeps; a page of the script must never run anything there.
_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"x-robots-tag", b"noindex"))


def application(stage: Stage, *, token: str = "") -> Application:
    """:param token: required in a header of the control endpoint; empty requires none."""
    absent = pages.not_found_page().encode()

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path, method = scope["path"], scope["method"]
        if path.startswith(PREFIX):
            await _controlled(stage, token, scope, receive, send)
            return
        if method not in {"GET", "HEAD"}:
            await _respond(send, method, 405, (*_HTML_HEADERS, (b"allow", b"GET, HEAD")), b"")
            return
        scene = stage.arrive(path)
        if scene is not None:
            if scene.delay_seconds:
                await asyncio.sleep(scene.delay_seconds)
            await _respond(send, method, scene.status, scene.headers, scene.body)
        elif path == "/":
            await _respond(send, method, 200, _HTML_HEADERS, home_page(stage).encode())
        else:
            await _respond(send, method, 404, _HTML_HEADERS, absent)

    return answer


async def _controlled(stage: Stage, token: str, scope: Message, receive: Receive, send: Send) -> None:
    given = dict(scope["headers"]).get(TOKEN_HEADER.encode(), b"").decode("latin-1")
    body = await _read(receive)
    if not admits(token, given):
        told = Command(403, {"error": f"The header {TOKEN_HEADER} is missing or wrong."})
    elif body is None:
        told = Command(413, {"error": "That is more than the site can keep."})
    else:
        told = run_command(stage, method=scope["method"], path=scope["path"], body=body)
    await _respond(send, scope["method"], told.status, _JSON_HEADERS, json.dumps(told.value).encode())


async def _read(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_CONTROL_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(body)


async def _respond(send: Send, method: str, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
    without_body = method == "HEAD" or status in {204, 304}
    length = () if status == 204 else ((b"content-length", str(len(body)).encode()),)
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *_ALWAYS, *length]})
    await send({"type": "http.response.body", "body": b"" if without_body else body})

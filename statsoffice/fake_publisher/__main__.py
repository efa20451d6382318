"""Run the practice site: `python -m statsoffice.fake_publisher --port 8765 --state FILE`."""

import argparse
import asyncio
import hmac
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from datetime import datetime
from html import escape, unescape
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn

from releases.rules.calendar import format_moment
from statsoffice.fake_publisher import govuk, past_year
from statsoffice.fake_publisher.calendars import ORGANISATION, find_search_results
from statsoffice.fake_publisher.open_place import MOST_BYTES, PLACE, NotAFileError, OpenPlace, is_from_site, refuse_file
from statsoffice.fake_publisher.pages import frame, not_found_page
from statsoffice.fake_publisher.platforms import find_platform_scene, find_try_outs, next_try_out
from statsoffice.fake_publisher.scenes import (
    HTML,
    TOKEN_HEADER,
    BadScriptError,
    Scene,
    SiteState,
    in_force,
    load_state,
    next_change,
    read_instant,
)

PREFIX = "/_control/"

type Reply = tuple[int, Mapping[str, Any]]
"""An HTTP status and a JSON object."""


def run_command(state: SiteState, *, method: str, path: str, body: bytes) -> Reply:
    """Run one command of the control endpoint.

    - PUT /_control/pages {"pages": {path: [scene, ...] or null}, "replace": false} sets the scripts of pages. Null
      removes a page. If "replace" is true, all other pages are removed.
    - GET /_control/pages returns the scripts of all pages.
    - PUT /_control/clock {"now": ISO instant or null} stops the clock at this instant. Null starts the clock again.
    - GET /_control/clock returns the time and whether the clock is stopped.
    - GET /_control/log returns the requests for pages. DELETE clears this list.
    """
    match method, path.removeprefix(PREFIX):
        case "GET", "pages":
            return 200, {"pages": state.written}
        case "PUT", "pages":
            return _put_pages(state, body)
        case "GET", "clock":
            return 200, {"now": state.now().isoformat(), "stands": state.fixed_at is not None}
        case "PUT", "clock":
            return _put_clock(state, body)
        case "GET", "log":
            return 200, {"arrivals": [{"path": one.path, "at": one.at.isoformat()} for one in state.arrivals]}
        case "DELETE", "log":
            state.arrivals.clear()
            return 200, {"arrivals": []}
    return 404, {"error": f"There is no command {method} {path}."}


def _put_pages(state: SiteState, body: bytes) -> Reply:
    wanted = _read_object(body)
    if not isinstance(wanted.get("pages"), dict):
        return 400, {"error": 'Send an object with "pages": scripts by path.'}
    try:
        state.put(wanted["pages"], replace=wanted.get("replace") is True)
    except BadScriptError as error:
        return 400, {"error": str(error)}
    return 200, {"pages": len(state.written)}


def _put_clock(state: SiteState, body: bytes) -> Reply:
    wanted = _read_object(body)
    if "now" not in wanted:
        return 400, {"error": 'Send an object with "now": an ISO instant, or null for the real clock.'}
    try:
        state.fixed_at = read_instant(wanted["now"])
    except BadScriptError as error:
        return 400, {"error": str(error)}
    return run_command(state, method="GET", path=f"{PREFIX}clock", body=b"")


def _read_object(body: bytes) -> dict[str, Any]:
    """Parse a body as a JSON object. Return an empty dict if the body is anything else."""
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def answer_without_script(path: str, query: str, *, now: datetime) -> Scene | None:
    """Return the response of a simulated publishing platform, or None if no platform has the path.

    The platforms need no script.
    """
    results = find_search_results(path, query, now=now)
    if results is not None:
        return Scene(None, 200, json.dumps(results).encode(), _JSON_HEADERS, 0)
    document = past_year.find_document(path.removeprefix(govuk.API), now=now) if path.startswith(govuk.API) else None
    if document is not None:
        headers = (*_JSON_HEADERS, (b"etag", past_year.entity_tag(document).encode()))
        return Scene(None, 200, json.dumps(document).encode(), headers, 0)
    return find_platform_scene(path, now=now)


_TITLE = re.compile(rb"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_KIND = re.compile(rb'<p class="kind">(.*?)</p>', re.DOTALL)
_LONDON = ZoneInfo("Europe/London")


def home_page(state: SiteState, *, site: str, has_place: bool = False) -> str:
    """Build the home page, which lists the pages of the script and the addresses to try.

    :param site: the origin of this site in the address that the user opened, such as "http://127.0.0.1:8765".
    :param has_place: whether the site has the place where users can put dummy files.
    """
    now = state.now()
    rows = "".join(
        f'<tr><th scope="row"><a href="{escape(path)}">{escape(path)}</a></th>'
        f"<td>{escape(_describe(in_force(script, at=now)))}</td><td>{_format(next_change(script, at=now))}</td></tr>"
        for path, script in sorted(state.scripts.items())
    )
    table = f"""<div class="wide"><table><caption>At {_format(now)}</caption>
<thead><tr><th scope="col">Page</th><th scope="col">Shows now</th><th scope="col">Next change</th></tr></thead>
<tbody>{rows}</tbody></table></div>"""
    due_at = next_try_out(now=now)
    tried = "".join(
        f'<tr><th scope="row">{escape(each.platform)}</th><td>{escape(each.adapter)}</td>'
        f'<td><a href="{escape(each.path)}">{escape(site + each.path)}</a></td><td>{escape(each.marker)}</td></tr>'
        for each in find_try_outs(due_at)
    )
    place = f"""<h2>Check that unpublished files are not open</h2>
<p>Put a dummy file at <a href="{PLACE}">{escape(site + PLACE)}</a>, which is open to everyone.</p>
"""
    main = f"""<h1>Publications</h1>
<p class="lead">What a publisher's readers would find here. Load the page again to see it change.</p>
<h2>Try an adapter</h2>
<p>Record a rehearsal that is due at <strong>{format_moment(due_at)}</strong>, with one of these addresses. Its page
appears three seconds later. For another time, change the end of the address. Add -late for a page that appears three
minutes late, or -early for one that appears half a minute early.</p>
<div class="wide"><table><caption>Pages for a release at {format_moment(due_at)}</caption>
<thead><tr><th scope="col">Platform</th><th scope="col">How it is read</th><th scope="col">Address</th>
<th scope="col">Marker</th></tr></thead><tbody>{tried}</tbody></table></div>
<h2>Import a calendar</h2>
<p>Paste one of these addresses where you import a calendar:</p>
<ul><li>GOV.UK: <strong>{escape(f"{site}/government/organisations/{ORGANISATION}")}</strong></li>
<li>ONS: <strong>{escape(f"{site}/releasecalendar?keywords=")}</strong>, with search words at its end</li></ul>
<h2>Review a past year</h2>
<p>The organisation of GOV.UK above has announcements and publications in each year.</p>
{place if has_place else ""}<h2>Pages of the script</h2>
{table if rows else "<p>The script is empty.</p>"}"""
    return frame("Publications", main)


def _describe(scene: Scene | None) -> str:
    if scene is None:
        return "nothing (404)"
    texts = [found[1] for pattern in (_KIND, _TITLE) if (found := pattern.search(scene.body))]
    media_type = dict(scene.headers)[b"content-type"].decode().partition(";")[0]
    shown = ": ".join(unescape(text.decode(errors="replace")) for text in texts) or media_type
    return shown if scene.status == 200 else f"{shown} ({scene.status})"


def _format(instant: datetime | None) -> str:
    return "none" if instant is None else f"{instant.astimezone(_LONDON):%-d %b %Y, %H:%M:%S}"


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

MOST_CONTROL_BYTES = 64 * 1024 * 1024
_HTML_HEADERS = ((b"content-type", HTML.encode()),)
_JSON_HEADERS = ((b"content-type", b"application/json"),)
# Browsers do not separate cookies by port, so this site can share cookies with other sites on the same machine. With
# "nosniff", a browser does not guess that a text file is HTML, so scripts in the file do not run.
_ALWAYS = ((b"x-content-type-options", b"nosniff"), (b"x-robots-tag", b"noindex"))


def application(state: SiteState, *, token: str = "") -> Application:
    """Return the ASGI application of the site.

    :param token: the token that requests to the control endpoint must have in a header. If this is empty, requests need
        no token.
    """
    absent = not_found_page().encode()
    place = None if token else OpenPlace()

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path, method = scope["path"], scope["method"]
        if path.startswith(PREFIX):
            await _control(state, token, scope, receive, send)
            return
        if place is not None and method == "POST" and path == PLACE:
            await _save_file(place, scope, receive, send)
            return
        if method not in {"GET", "HEAD"}:
            await _respond(send, method, 405, (*_HTML_HEADERS, (b"allow", b"GET, HEAD")), b"")
            return
        scene = _find_scene(state, place, scope)
        if scene is not None:
            if scene.delay_seconds:
                await asyncio.sleep(scene.delay_seconds)
            known = dict(scope["headers"]).get(b"if-none-match", b"")
            status = 304 if known and known == dict(scene.headers).get(b"etag") else scene.status
            await _respond(send, method, status, scene.headers, scene.body)
        else:
            await _respond(send, method, 404, _HTML_HEADERS, absent)

    return answer


def _find_scene(state: SiteState, place: OpenPlace | None, scope: Message) -> Scene | None:
    path = scope["path"]
    if scene := state.arrive(path):
        return scene
    if place is not None and (scene := place.find(path, site=_origin(scope))):
        return scene
    scene = answer_without_script(path, scope["query_string"].decode("latin-1"), now=state.now())
    if scene is None and path == "/":
        home = home_page(state, site=_origin(scope), has_place=place is not None)
        return Scene(None, 200, home.encode(), _HTML_HEADERS, 0)
    return scene


async def _save_file(place: OpenPlace, scope: Message, receive: Receive, send: Send) -> None:
    headers = dict(scope["headers"])
    body = await _read(receive, most=MOST_BYTES)
    try:
        if not is_from_site(headers):
            raise NotAFileError("The form was sent from another site.")
        if body is None:
            raise NotAFileError("The file is too large.")
        place.save(body, content_type=headers.get(b"content-type", b"").decode("latin-1"))
    except NotAFileError as error:
        refused = refuse_file(error)
        await _respond(send, "POST", refused.status, refused.headers, refused.body)
    else:
        await _respond(send, "POST", 303, (*_HTML_HEADERS, (b"location", PLACE.encode())), b"")


def _origin(scope: Message) -> str:
    host: bytes = dict(scope["headers"]).get(b"host", b"127.0.0.1")
    return f"http://{host.decode('latin-1')}"


async def _control(state: SiteState, token: str, scope: Message, receive: Receive, send: Send) -> None:
    given = dict(scope["headers"]).get(TOKEN_HEADER.encode(), b"")
    body = await _read(receive, most=MOST_CONTROL_BYTES)
    reply: Reply
    if token and not hmac.compare_digest(token.encode(), given):
        reply = 403, {"error": f"The header {TOKEN_HEADER} is missing or wrong."}
    elif body is None:
        reply = 413, {"error": "The request is too large for this site."}
    else:
        reply = run_command(state, method=scope["method"], path=scope["path"], body=body)
    status, content = reply
    await _respond(send, scope["method"], status, _JSON_HEADERS, json.dumps(content).encode())


async def _read(receive: Receive, *, most: int) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body"):
            return bytes(body)


async def _respond(send: Send, method: str, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
    without_body = method == "HEAD" or status in {204, 304}
    length = () if status == 204 else ((b"content-length", str(len(body)).encode()),)
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *_ALWAYS, *length]})
    await send({"type": "http.response.body", "body": b"" if without_body else body})


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m statsoffice.fake_publisher", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address unless there is a token")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument(
        "--state", type=Path, help="the file in which the scripts are saved, so that they survive a restart"
    )
    chosen = parser.parse_args(arguments)
    # Read the token from the environment, because every user of the machine can read command lines.
    token = os.environ.get("STATSOFFICE_REHEARSAL_TOKEN", "")
    if not token and not _is_loopback(chosen.host):
        parser.error("outside loopback the control endpoint needs a token: set STATSOFFICE_REHEARSAL_TOKEN.")
    try:
        state = load_state(chosen.state)
    except BadScriptError as error:
        parser.error(str(error))
    uvicorn.run(
        application(state, token=token),
        host=chosen.host,
        port=chosen.port,
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=4096,
        # The timeout is longer than the time between two checks, so that a connection can be reused.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())

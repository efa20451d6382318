"""The site itself, as an ASGI application: pages by their scripts, and the control endpoint."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from statsoffice.rehearsal_site import control, home, pages
from statsoffice.rehearsal_site.scenes import HTML
from statsoffice.rehearsal_site.stage import Stage

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
    """Make the application.

    :param token: what the control endpoint asks for in its header; empty leaves it open.
    """
    absent = pages.not_found_page().encode()

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path, method = scope["path"], scope["method"]
        if path.startswith(control.PREFIX):
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
            await _respond(send, method, 200, _HTML_HEADERS, home.home_page(stage).encode())
        else:
            await _respond(send, method, 404, _HTML_HEADERS, absent)

    return answer


async def _controlled(stage: Stage, token: str, scope: Message, receive: Receive, send: Send) -> None:
    given = dict(scope["headers"]).get(control.TOKEN_HEADER.encode(), b"").decode("latin-1")
    body = await _read(receive)
    if not control.admits(token, given):
        told = control.Told(403, {"error": f"The header {control.TOKEN_HEADER} is missing or wrong."})
    elif body is None:
        told = control.Told(413, {"error": "That is more than the site can keep."})
    else:
        told = control.tell(stage, method=scope["method"], path=scope["path"], body=body)
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

"""The process that loads pages in Chromium: `python -m releases.probe.browser_process`.

The process reads requests from standard input and writes results to standard output. Both are JSON, which is safe to
parse even if a hostile page has compromised Chromium. The process ends when its input ends, or when it has been idle
for some time. It does not import Django or use the database, and its environment contains no secrets. Only this module
needs Playwright, which the extra `statsoffice[browser]` installs.

Each page has its own browser context, without cookies, cache, downloads, service workers or permissions. Each page also
has its own proxy, and all connections of the page go through this proxy.
"""

import asyncio
import base64
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from releases.probe.browser_proxy import FilterProxy, PageLimits, own_private_entries
from releases.probe.connection import as_meant
from releases.probe.examiner import add_length, take_message
from releases.rules import canonical
from releases.rules.page_view import PageRequest, PageView
from releases.rules.response import Failure, Hop
from releases.rules.web_address import NotAWebAddressError, is_allowed, parse_address

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import CDPSession, Page, Response

WIDTH, HEIGHT = 1280, 1024
"""The size of the browser window in CSS pixels."""
MOST_HEIGHT = 4000
"""The maximum height of a screenshot in CSS pixels. The screenshot of a longer page shows only the top."""
SMALL = 0.25
"""The scale of the small picture, which shows only the part of the page that fits in the window."""
BODY_BYTES = PICTURE_BYTES = 5 * 1024 * 1024
SECONDS_TO_START = 60.0
SECONDS_TO_LOAD = 12.0
"""The time limit for loading a page.

If the whole document has arrived by then, the page is used as it is. Otherwise the page fails.
"""
SECONDS_TO_SETTLE = 4.0
"""The additional time in which the scripts of a page may load data."""
SECONDS_OF_A_STEP = 5.0
_SECONDS_TO_CLOSE = 10
_NICER = 10

# Some of these arguments prevent a page from bypassing its proxy. They disable UDP (WebRTC, QUIC) and prevent Chromium
# from resolving names itself.
ARGUMENTS = (
    "--disable-quic",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--js-flags=--max-old-space-size=256",
    "--disable-gpu",
    "--disable-file-system",
    "--disable-features=WebTransport,DirectSockets,Translate,MediaRouter",
    "--no-pings",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the process. The parent process passes them as an argument."""

    chromium: str
    sandbox: bool
    user_agent: str
    allow_private: tuple[str, ...] = ()
    proxy: str = ""
    idle_seconds: float = 150.0
    """The process ends if it loads no page and receives no message for this time."""


class NoPage(Exception):
    """There is no page that may be stored. `failure` and `detail` give the reason."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure, self.detail = failure, detail


@dataclass(slots=True)
class _Visit:
    """A page that is being loaded, and its present state."""

    request: PageRequest
    page: "Page"
    proxy: FilterProxy
    version: str
    visited: list[str] = field(default_factory=list)
    crashed: bool = False

    def elsewhere(self) -> str:
        """Return the first visited address that is not on an allowed host, or an empty string."""
        return next((url for url in self.visited if not _is_allowed(url, self.request.allowed_hosts)), "")


def _is_allowed(url: str, hosts: Sequence[str]) -> bool:
    if url == "about:blank":
        return True  # the empty page before the first response
    try:
        return is_allowed(parse_address(url.partition("#")[0]), frozenset(hosts))
    except NotAWebAddressError:
        return False


async def load_page(chromium: "Chromium", request: PageRequest, settings: Settings) -> PageView:
    """Load one page and return its view.

    Each step has its own time limit. The parent process limits the total time.
    """
    sent = time.monotonic()
    private = own_private_entries(frozenset(settings.allow_private), frozenset(request.allowed_hosts))
    async with FilterProxy(allow_private=private, upstream=settings.proxy, limits=PageLimits()) as proxy:
        context = await chromium.new_context(
            proxy={"server": proxy.url},
            viewport={"width": WIDTH, "height": HEIGHT},
            accept_downloads=False,
            service_workers="block",
            locale="en-GB",
            timezone_id="Europe/London",
            user_agent=_user_agent(chromium.version, settings.user_agent),
            extra_http_headers={"Cache-Control": "no-cache", "Pragma": "no-cache"} if request.fresh else {},
        )
        try:
            page = await context.new_page()
            visit = _Visit(request, page, proxy, chromium.version)
            page.on("dialog", lambda dialog: asyncio.ensure_future(_dismiss(dialog)))
            page.on("crash", lambda _page: setattr(visit, "crashed", True))
            page.on("framenavigated", lambda at: visit.visited.append(at.url) if at == page.main_frame else None)
            context.on("page", lambda other: asyncio.ensure_future(_close(other)) if other != page else None)
            sent = time.monotonic()
            return await _view(visit, sent=sent)
        except NoPage as error:
            return PageView(sent=sent, done=time.monotonic(), failure=error.failure, detail=error.detail[:500])
        finally:
            await asyncio.wait_for(context.close(), SECONDS_OF_A_STEP)


async def _dismiss(dialog: Any) -> None:
    with suppress(Exception):
        await dialog.dismiss()


async def _close(page: Any) -> None:
    with suppress(Exception):
        await page.close()


async def _view(visit: _Visit, *, sent: float) -> PageView:
    response = await _go(visit)
    page, hops = visit.page, await _hops(response)
    headers = tuple((each["name"].lower(), each["value"]) for each in await response.headers_array())
    view = PageView(
        sent=sent,
        done=sent,
        status=response.status,
        hops=hops,
        headers=_headers_of_document(headers),
        browser=visit.version,
    )
    if away := visit.elsewhere():
        return _left(visit, away, view)
    cdp = await page.context.new_cdp_session(page)
    body = await _step(page.content(), "its content")
    picture = await _take_picture(cdp) if visit.request.picture else {}
    # The page may have navigated to another host while it was read, so check its addresses again.
    if away := visit.elsewhere():
        return _left(visit, away, view)
    if visit.crashed:
        raise NoPage(Failure.BROWSER, "the page crashed the browser")
    if visit.proxy.is_over:
        raise _too_many_bytes(visit)
    content = body.encode(errors="replace")
    if len(content) > BODY_BYTES:
        if not picture:
            raise NoPage(Failure.TOO_LARGE, f"more than {BODY_BYTES} bytes")
        content = b""
    return replace(view, done=time.monotonic(), final_url=as_meant(page.url), body=content, **picture)


def _left(visit: _Visit, url: str, view: PageView) -> PageView:
    """Return the view of a page that led to another host.

    The view contains the address on the other host, but no content from that host.

    :raises NoPage: if the address on the other host may not be requested, or if no allowed host has responded.
    """
    hops = tuple(hop for hop in view.hops if _is_allowed(hop.url, visit.request.allowed_hosts))
    try:
        target = parse_address(url.partition("#")[0]).url
    except NotAWebAddressError:
        hops, target = (), url[:200]
    if not hops:
        detail = visit.proxy.refusals[-1] if visit.proxy.refusals else f"led to {target!r}"
        raise NoPage(Failure.ADDRESS_REFUSED, detail)
    return replace(
        view,
        done=time.monotonic(),
        status=hops[-1].status,
        hops=hops,
        headers=(),
        final_url=target,
        left_allowed_hosts=True,
    )


async def _go(visit: _Visit) -> "Response":
    """Load the page, wait until its scripts have loaded their data, and return the response for the document.

    :raises NoPage: if there is no response, or if only a part of the page arrives. A part of a page cannot show that a
        release is missing.
    """
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as Timeout

    page, begun = visit.page, time.monotonic()
    try:
        response = await page.goto(visit.request.url, wait_until="commit", timeout=SECONDS_TO_LOAD * 1000)
    except Timeout:
        raise NoPage(Failure.TIMEOUT, f"no response within {SECONDS_TO_LOAD:g} seconds") from None
    except Error as error:
        raise _no_page(visit, error.message) from None
    if response is None:
        raise NoPage(Failure.BROKEN, "the page has no response")
    if (refused := await _refusal(visit, response)) is not None:
        raise refused
    try:
        await page.wait_for_load_state("domcontentloaded", timeout=_milliseconds_left(begun))
    except Timeout:
        raise NoPage(Failure.TIMEOUT, f"the page did not end within {SECONDS_TO_LOAD:g} seconds") from None
    except Error as error:
        raise _no_page(visit, error.message) from None
    with suppress(Timeout, Error):
        await page.wait_for_load_state("load", timeout=_milliseconds_left(begun))
    with suppress(Timeout, Error):
        await page.wait_for_load_state("networkidle", timeout=SECONDS_TO_SETTLE * 1000)
    return response


def _milliseconds_left(begun: float) -> float:
    """Return the remaining part of SECONDS_TO_LOAD in milliseconds.

    The result is at least 1, because Playwright treats 0 as no limit.
    """
    return max(1.0, (begun + SECONDS_TO_LOAD - time.monotonic()) * 1000)


async def _refusal(visit: _Visit, response: "Response") -> NoPage | None:
    """Return a failure if the response is from our own proxy, or None if the response is from a server."""
    if response.status in {403, 502} and not visit.proxy.received:
        if visit.proxy.refusals:
            return NoPage(Failure.ADDRESS_REFUSED, visit.proxy.refusals[-1])
        if response.status == 502:
            return NoPage(Failure.CONNECT, "the server does not answer")
    return None


_ERRORS = {
    "ERR_CERT": Failure.TLS,
    "ERR_SSL": Failure.TLS,
    "ERR_TOO_MANY_REDIRECTS": Failure.TOO_MANY_REDIRECTS,
    "ERR_ABORTED": Failure.UNDECODABLE,
    "ERR_INVALID_RESPONSE": Failure.UNDECODABLE,
    "ERR_UNSAFE_REDIRECT": Failure.ADDRESS_REFUSED,
    "ERR_UNKNOWN_URL_SCHEME": Failure.ADDRESS_REFUSED,
    "ERR_ACCESS_DENIED": Failure.ADDRESS_REFUSED,
    "Target crashed": Failure.BROWSER,
    "Page crashed": Failure.BROWSER,
    "has been closed": Failure.BROWSER,
    "Download is starting": Failure.UNDECODABLE,
}


def _no_page(visit: _Visit, message: str) -> NoPage:
    if "ERR_TUNNEL_CONNECTION_FAILED" in message:
        if visit.proxy.refusals:
            return NoPage(Failure.ADDRESS_REFUSED, visit.proxy.refusals[-1])
        return NoPage(Failure.CONNECT, "the server does not answer")
    if visit.proxy.is_over:
        return _too_many_bytes(visit)
    failure = next((failure for text, failure in _ERRORS.items() if text in message), Failure.BROKEN)
    return NoPage(failure, message.partition("\n")[0].partition("=====")[0])


def _too_many_bytes(visit: _Visit) -> NoPage:
    return NoPage(Failure.TOO_LARGE, f"more than {visit.proxy.limits.bytes} bytes")


async def _hops(response: "Response") -> tuple[Hop, ...]:
    """Return the requests for the document in order, each with its status.

    The final request is last. The requests before it were redirected.
    """
    hops, request = [Hop(as_meant(response.url), response.status)], response.request.redirected_from
    while request is not None:
        before = await request.response()
        hops.insert(0, Hop(as_meant(request.url), before.status if before else 0))
        request = request.redirected_from
    return tuple(hops)


def _headers_of_document(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the response headers for the stored body, which is the document after its scripts have run.

    The content type is replaced. The other headers that describe the original body, and cookies, are left out.
    """
    about_body = {"content-type", "content-length", "content-encoding", "transfer-encoding", "set-cookie"}
    remaining = [(name, value) for name, value in headers if name not in about_body]
    return (("content-type", "text/html; charset=utf-8"), *remaining)


async def _take_picture(cdp: "CDPSession") -> dict[str, Any]:
    """Take a screenshot of the top of the page, and a small picture.

    The screenshot shows at most MOST_HEIGHT pixels. If it has too many bytes, a screenshot of the window replaces it.

    :return: the fields of a `PageView` that are about the pictures.
    :raises NoPage: if the page cannot be drawn in time, or if the screenshot of the window has too many bytes too.
    """
    metrics = await _step(cdp.send("Page.getLayoutMetrics"), "its size")
    content = metrics["cssContentSize"]
    for height in (min(max(int(content["height"]), HEIGHT), MOST_HEIGHT), HEIGHT):
        pictured = time.monotonic()
        picture = await _capture(cdp, height=height, scale=1)
        if len(picture) <= PICTURE_BYTES:
            small = await _capture(cdp, height=HEIGHT, scale=SMALL)
            sizes = {"width": WIDTH, "height": height}
            return {"picture": picture, "small": small, "pictured": pictured, **sizes}
    raise NoPage(Failure.TOO_LARGE, f"a picture of more than {PICTURE_BYTES} bytes")


async def _capture(cdp: "CDPSession", *, height: int, scale: float) -> bytes:
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": scale}
    shot = cdp.send("Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True})
    return base64.b64decode((await _step(shot, "its picture"))["data"])


async def _step[Result](step: Awaitable[Result], what: str) -> Result:
    from playwright.async_api import Error

    try:
        return await asyncio.wait_for(step, SECONDS_OF_A_STEP)
    except TimeoutError:
        raise NoPage(Failure.TIMEOUT, f"the page did not give {what} within {SECONDS_OF_A_STEP:g} seconds") from None
    except Error as error:
        raise NoPage(Failure.BROWSER, error.message[:300]) from None


def _user_agent(version: str, ours: str) -> str:
    major = version.partition(".")[0]
    engine = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    return f"{engine} Chrome/{major}.0.0.0 Safari/537.36 {ours}"


def write_view(number: int, view: PageView | None) -> bytes:
    """Return the message with the result of a request.

    :param view: the view of the page, or None if the message says that the browser has started.
    """
    return add_length(json.dumps([number, canonical.write_dataclass(view)]).encode())


def read_view(content: bytes) -> tuple[int, PageView | None]:
    """Read the content of a message from `write_view`.

    :raises ValueError: if the content is not a result.
    """
    parsed: Any = json.loads(content)
    if not (isinstance(parsed, list) and len(parsed) == 2 and isinstance(parsed[0], int)):
        raise ValueError("a browser process returned something other than a result")
    return parsed[0], canonical.read_dataclass(PageView | None, parsed[1])


def write_page_request(number: int, request: PageRequest | None) -> bytes:
    """Return the message with a request.

    :param request: the page to load, or None to keep the process from becoming idle.
    """
    return add_length(json.dumps([number, canonical.write_dataclass(request)]).encode())


def _take_requests(received: bytearray) -> Iterator[tuple[int, PageRequest]]:
    """Take the complete requests from the received bytes."""
    while (content := take_message(received)) is not None:
        number, plain = json.loads(content)
        if plain is not None:
            yield number, canonical.read_dataclass(PageRequest, plain)


async def _read(requests: asyncio.StreamReader, running: Collection[object], *, idle_seconds: float) -> bytes:
    """Return the next bytes, or no bytes if the input has ended or the process is idle."""
    while True:
        try:
            return await asyncio.wait_for(requests.read(65536), idle_seconds)
        except TimeoutError:
            if not running:
                return b""


async def _serve(settings: Settings, requests: asyncio.StreamReader, results: Any) -> None:
    from playwright.async_api import async_playwright

    received, running = bytearray(), set[asyncio.Task[None]]()
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=settings.chromium,
            chromium_sandbox=settings.sandbox,
            args=list(ARGUMENTS),
            timeout=SECONDS_TO_START * 1000,
            # This default proxy does not exist. Every page has its own proxy instead.
            proxy={"server": "http://127.0.0.1:9"},
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )
        results.write(write_view(0, None))

        async def run(number: int, request: PageRequest) -> None:
            begun = time.monotonic()
            try:
                view = await load_page(chromium, request, settings)
            except Exception as error:  # noqa: BLE001  # returned as a fault, and the process is replaced
                detail = f"{type(error).__name__}: {error}"[:500]
                view = PageView(sent=begun, done=time.monotonic(), failure=Failure.BROWSER, detail=detail)
            results.write(write_view(number, view))

        while some := await _read(requests, running, idle_seconds=settings.idle_seconds):
            received += some
            for number, request in _take_requests(received):
                task = asyncio.ensure_future(run(number, request))
                running.add(task)
                task.add_done_callback(running.discard)
        # If Chromium does not close, this signal ends the process. Then the driver of Playwright ends Chromium.
        signal.alarm(_SECONDS_TO_CLOSE)


async def _main(settings: Settings, *, source: int, results: int) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(source, "rb", buffering=0))
    # The results can be written with blocking writes, because the parent process reads them continuously.
    with os.fdopen(results, "wb", buffering=0) as out:
        await _serve(settings, reader, _Writer(out))


class _Writer:
    def __init__(self, out: Any) -> None:
        self._out = out

    def write(self, message: bytes) -> None:
        view = memoryview(message)
        while view:
            view = view[self._out.write(view) or 0 :]


def main(written: str) -> None:
    with suppress(OSError):  # a service manager may forbid `nice`
        os.nice(_NICER)
    # A library may print text, which must not be mistaken for a result. So standard output is redirected to standard
    # error.
    source, results = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    asyncio.run(_main(canonical.read_dataclass(Settings, json.loads(written)), source=source, results=results))


if __name__ == "__main__":
    main(sys.argv[1])

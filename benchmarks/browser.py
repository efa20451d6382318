"""How long a check by the browser and a screenshot take, and how much memory, compared with a bare Chromium.

The page has 200 rows of a table, a style sheet and a script that loads data. The floor is a command that starts the
same Chromium, takes a picture of the page and ends. It runs once in each round, next to the product's own checks and
pictures, so that all have the same load. A check and a picture use the product's own process, with a proxy and a new
context for each page; “first” includes its start. Memory is the most that the processes used together, read every 50
ms; memory that several processes share counts once (PSS).
"""

import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.row import Row
from releases.probe.browser import Browser, find_chromium, find_processes_below
from releases.probe.browser_process import HEIGHT, WIDTH, Settings
from releases.rules.page_view import PageRequest, PageView
from tests.support.small_site import Site, served

SAMPLED_EVERY_SECONDS = 0.05
FLOOR = "bare Chromium"
ROWS = "".join(f"<tr><th>Area {number}</th><td>{number * 37 % 1000}</td></tr>" for number in range(200))
PAGE = (
    "<!doctype html><title>Bus fares: June 2026</title><link rel=stylesheet href=/style.css><h1>Bus fares</h1>"
    f"<div id=data></div><table>{ROWS}</table>"
    "<script>fetch('/data').then(r => r.text()).then(t => { data.textContent = t })</script>"
)
STYLE = "table { border-collapse: collapse } td, th { border: 1px solid gray; padding: 4px; font-family: sans-serif }"


def measure(size: int, *, rounds: int) -> list[Row]:
    """Load the page in each way, in every round.

    :raises RuntimeError: if Playwright or Chromium is not installed.
    """
    if not find_chromium(""):
        message = "Install the packages in requirements-browser.txt and Chromium first."
        raise RuntimeError(message)
    site = served()
    site.pages |= {"/": PAGE, "/style.css": (STYLE, "text/css"), "/data": ("June 2026", "text/plain")}
    took: dict[str, list[float]] = {}
    most: dict[str, list[float]] = {}

    def run(what: str, step: Callable[[], object]) -> None:
        with _peak() as peak:
            began = time.perf_counter()
            step()
            took.setdefault(what, []).append((time.perf_counter() - began) * 1000)
        most.setdefault(what, []).append(peak())

    try:
        for _ in range(rounds):
            run(FLOOR, lambda: _take_bare_picture(site))
            with _browser(site) as browser:
                run("first check", lambda: _load(browser, site, picture=False))  # called at once
                run("further check", lambda: _load(browser, site, picture=False))
                run("further screenshot", lambda: _load(browser, site, picture=True))
            with _browser(site) as browser:
                run("first screenshot", lambda: _load(browser, site, picture=True))
    finally:
        site.shutdown()
        site.server_close()
    floor_ms, floor_mb = statistics.median(took[FLOOR]), statistics.median(most[FLOOR])
    names = ("first check", "further check", "first screenshot", "further screenshot")
    return [
        *(Row(f"{name} by the browser", statistics.median(took[name]), "ms", floor_ms, FLOOR) for name in names),
        *(
            Row(f"most memory of a {name}", statistics.median(most[name]), "MB", floor_mb, FLOOR)
            for name in ("first check", "first screenshot")
        ),
    ]


def _browser(site: Site) -> Browser:
    # As root Chromium refuses its sandbox.
    is_sandboxed = os.geteuid() != 0
    return Browser(
        Settings(find_chromium(""), sandbox=is_sandboxed, user_agent="benchmark", allow_private=(site.place,))
    )


def _load(browser: Browser, site: Site, *, picture: bool) -> None:
    browser.begin("page", PageRequest(site.url(), (site.place,), picture=picture))
    view = PageView(sent=0, done=0)
    while len(browser):
        for _, view in browser.collect(1.0):  # noqa: B007  # the only one
            pass
    assert view.failure is None and bool(view.picture) is picture, view.detail  # noqa: PT018


def _take_bare_picture(site: Site) -> None:
    with tempfile.TemporaryDirectory(prefix="benchmark-browser-") as folder:
        picture = Path(folder, "picture.png")
        command = [
            find_chromium(""),
            *(f"--screenshot={picture}", f"--user-data-dir={folder}/user", f"--window-size={WIDTH},{HEIGHT}"),
            *("--headless", "--disable-gpu", "--virtual-time-budget=1000"),
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            site.url(),
        ]
        subprocess.run(command, check=True, capture_output=True)
        assert picture.stat().st_size


@contextmanager
def _peak() -> Iterator[Callable[[], float]]:
    """Read the memory of all processes below this one during a block; yield what returns the most of it, in MB."""
    ended, most = threading.Event(), [0.0]

    def sample() -> None:
        while not ended.is_set():
            below = find_processes_below(os.getpid()) - {os.getpid()}
            most[0] = max(most[0], sum(map(_megabytes, below)))
            ended.wait(SAMPLED_EVERY_SECONDS)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield lambda: most[0]
    finally:
        ended.set()
        thread.join()


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0  # it has ended
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:")), 0.0)

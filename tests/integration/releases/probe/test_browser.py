"""Pages in a real Chromium, from real servers: those that are only hostile, and those that need their scripts."""

import os
import socket
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from releases.detection.finding import AddressRole, CheckOutcome, Expectation, Reason
from releases.probe.browser import Browser, PageFetcher, _marked_processes, find_chromium
from releases.probe.browser_process import HEIGHT, MOST_HEIGHT, WIDTH, Settings
from releases.probe.client import Fetcher
from releases.probe.probe import Probe
from releases.rules.page_view import PageRequest
from releases.rules.response import CheckRequest, Failure
from tests.support.small_site import served

pytestmark = pytest.mark.browser

PNG = b"\x89PNG\r\n\x1a\n"
DASHBOARD = (
    "<!doctype html><title>Shell</title><div id=app></div><script>"
    "fetch('/data').then(r => r.text()).then(t => { document.title = t; app.innerHTML = `<h1>${t}</h1>` })</script>"
)
SECRET = "the secret of the internal network"


@pytest.fixture
def site():
    site = served()
    yield site
    site.shutdown()
    site.server_close()


@pytest.fixture
def internal():
    """A server of the private network, which no page may reach."""
    internal = served()
    internal.pages["/"] = internal.pages["/secret"] = SECRET
    yield internal
    internal.shutdown()
    internal.server_close()


def options(*places: str) -> Settings:
    return Settings(find_chromium(""), sandbox=os.getuid() != 0, user_agent="statsoffice-test", allow_private=places)


def load(site, path="/", *, page=None, allow=(), picture=True, seconds=30.0):
    if page is not None:
        site.pages[path] = page
    with Browser(options(site.place, *allow), seconds_of_a_page=seconds) as browser:
        browser.begin("one", PageRequest(site.url(path), (site.place,), picture=picture))
        return collect(browser)["one"]


def collect(browser, *, within=90.0):
    views, until = {}, time.monotonic() + within
    while len(browser) and time.monotonic() < until:
        views |= dict(browser.collect(0.5))
    return views


def test_a_page_that_is_empty_without_scripts_is_read_and_pictured_as_a_reader_sees_it(site):
    site.pages |= {"/": DASHBOARD, "/data": ("Bus fares: June 2026", "text/plain")}
    view = load(site)
    assert (view.failure, view.status, view.final_url) == (None, 200, site.url())
    assert b"<h1>Bus fares: June 2026</h1>" in view.body
    assert (view.picture[:8], view.small[:8], view.width, view.height) == (PNG, PNG, WIDTH, HEIGHT)
    assert dict(view.headers)["content-type"] == "text/html; charset=utf-8"
    assert 0 < view.sent <= view.pictured <= view.done <= time.monotonic()


def test_redirects_on_its_own_host_are_followed_and_recorded(site):
    site.redirects["/"] = "/there"
    view = load(site, picture=False)
    site.pages["/there"] = "<h1>There</h1>"
    assert [(hop.url, hop.status) for hop in view.hops] == [(site.url("/"), 302), (site.url("/there"), 404)]
    assert (view.status, view.final_url, view.picture) == (404, site.url("/there"), b"")


def test_no_page_reaches_the_internal_network_in_any_way(site, internal, subtests):
    target = internal.url("/secret")
    pages = {
        "by navigating": f"<script>location = '{target}'</script>",
        "by a refresh": f"<meta http-equiv=refresh content='0;url={target}'>",
        "by a frame": f"<h1>Page</h1><iframe src='{target}'></iframe>",
        "by fetch": f"<h1>Page</h1><script>fetch('{target}', {{mode: 'no-cors'}})</script>",
        "by a picture": f"<h1>Page</h1><img src='{target}'>",
        "by a form": f"<form method=post action='{target}'></form><script>document.forms[0].submit()</script>",
        "by a window": f"<h1>Page</h1><script>window.open('{target}')</script>",
        "by a websocket": f"<h1>Page</h1><script>new WebSocket('ws://{internal.place}/secret')</script>",
        "by a worker": (
            "<h1>Page</h1><script>new Worker(URL.createObjectURL(new Blob("
            f"[`fetch('{target}', {{mode: 'no-cors'}})`])))</script>"
        ),
        "by another name": f"<script>location = 'http://localhost:{internal.server_port}/secret'</script>",
        "by a number": f"<script>location = 'http://2130706433:{internal.server_port}/secret'</script>",
        "by IPv6": f"<script>location = 'http://[::ffff:127.0.0.1]:{internal.server_port}/secret'</script>",
    }
    site.redirects["/redirect"] = target
    with Browser(options(site.place)) as browser:
        for number, (_how, page) in enumerate(pages.items()):
            site.pages[f"/{number}"] = page
            browser.begin(number, PageRequest(site.url(f"/{number}"), (site.place,), picture=True))
        browser.begin("redirect", PageRequest(site.url("/redirect"), (site.place,), picture=True))
        views = collect(browser, within=240)
    for key, how in [*enumerate(pages), ("redirect", "by a redirect")]:
        with subtests.test(how):
            view = views[key]
            assert SECRET.encode() not in view.body
            led_away = view.left_allowed_hosts or view.failure is Failure.ADDRESS_REFUSED
            assert led_away or b"<h1>Page</h1>" in view.body
            # Nothing of another host is stored, not even a picture of the refusal.
            assert not (led_away and (view.body or view.picture))
    assert internal.requested == []


def test_a_private_address_is_refused_even_if_it_is_the_page_itself(site):
    with Browser(options()) as browser:
        browser.begin("one", PageRequest(site.url(), (site.place,), picture=True))
        view = collect(browser)["one"]
    assert (view.failure, view.body, view.picture) == (Failure.ADDRESS_REFUSED, b"", b"")
    assert site.requested == []


def test_a_private_host_that_may_be_checked_is_not_open_to_the_pages_of_other_hosts(site, internal):
    page = f"<h1>Page</h1><img src='{internal.url('/secret')}'>"
    view = load(site, page=page, allow=(internal.place,))
    assert b"<h1>Page</h1>" in view.body
    assert internal.requested == []


def test_a_page_that_is_a_file_of_this_machine_is_never_read(site, tmp_path):
    secret = tmp_path / "secret.html"
    secret.write_text(SECRET)
    page = f"<h1>Page</h1><iframe src='file://{secret}'></iframe><script>location = 'file://{secret}'</script>"
    view = load(site, page=page)
    assert SECRET.encode() not in view.body
    assert b"<h1>Page</h1>" in view.body or view.failure is Failure.ADDRESS_REFUSED


def test_nothing_is_sent_past_the_proxy(site):
    """WebRTC sends to any address by UDP, without a proxy, unless it is forbidden."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.1)
        port = listener.getsockname()[1]
        page = (
            "<h1>Page</h1><script>const c = new RTCPeerConnection({iceServers: "
            f"[{{urls: 'stun:127.0.0.1:{port}'}}]}}); c.createDataChannel('x'); "
            "c.createOffer().then(o => c.setLocalDescription(o))</script>"
        )
        view = load(site, page=page)
        with pytest.raises(TimeoutError):
            listener.recvfrom(100)
    assert b"<h1>Page</h1>" in view.body


def test_dialogs_downloads_and_endless_scripts_end_in_time_and_others_are_not_delayed(site, subtests):
    site.pages |= {
        "/alerts": "<h1>Page</h1><script>alert(1); confirm(2); prompt(3); onbeforeunload = () => 'stay'</script>",
        "/endless": "<h1>Page</h1><script>setTimeout(() => { while (true) {} }, 300)</script>",
        "/download": (b"MZ" * 1000, "application/octet-stream"),
        "/asks-to-download": "<h1>Page</h1><a id=a href=/download download>x</a><script>a.click()</script>",
        "/polls": "<h1>Page</h1><script>setInterval(() => fetch('/data'), 100)</script>",
        "/good": "<h1>Good</h1>",
    }
    with Browser(options(site.place), seconds_of_a_page=25.0) as browser:
        folder = Path(browser._start().folder)
        for path in [path for path in site.pages if path != "/good"]:
            browser.begin(path, PageRequest(site.url(path), (site.place,), picture=True))
        views = collect(browser, within=150)
        browser.begin("/good", PageRequest(site.url("/good"), (site.place,), picture=True))
        views |= collect(browser)
        downloads = [path for path in folder.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"MZMZ"]
    with subtests.test("dialogs are dismissed"):
        assert b"<h1>Page</h1>" in views["/alerts"].body
        assert views["/alerts"].picture[:8] == PNG
    with subtests.test("an endless script has no picture, by its own fault or ours"):
        assert views["/endless"].failure in {Failure.TIMEOUT, Failure.BROWSER}
        assert views["/endless"].picture == b""
    with subtests.test("a file is no page, and is not stored"):
        assert views["/download"].failure is Failure.UNDECODABLE
        assert b"<h1>Page</h1>" in views["/asks-to-download"].body
        assert downloads == []
    with subtests.test("a page that never stops loading is taken as it is"):
        assert b"<h1>Page</h1>" in views["/polls"].body
    with subtests.test("the next page is not affected"):
        assert b"<h1>Good</h1>" in views["/good"].body


def test_a_huge_page_is_cut_off(site):
    def stream(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        for _ in range(400):
            handler.wfile.write(b"<p>" + b"x" * 100_000)

    site.pages["/endless"] = stream
    view = load(site, "/endless")
    assert view.failure in {Failure.TOO_LARGE, Failure.TIMEOUT, Failure.BROWSER}
    assert (view.body, view.picture) == (b"", b"")


def test_a_page_whose_end_does_not_arrive_is_not_read(site):
    def stop_halfway(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.wfile.write(b"<h1>Bus fares: May 2026</h1>" + b" " * 10_000)
        time.sleep(20)

    site.pages["/half"] = stop_halfway
    view = load(site, "/half", picture=False)
    assert (view.failure, view.body) == (Failure.TIMEOUT, b"")


def test_of_a_long_page_the_picture_shows_the_top(site):
    view = load(site, page="<h1>Page</h1><div style='height: 500000px'></div>")
    assert (view.width, view.height) == (WIDTH, MOST_HEIGHT)


def test_a_browser_that_hangs_or_is_killed_leaves_no_process_and_the_next_page_gets_a_new_one(site):
    site.pages |= {"/": "<h1>Page</h1>", "/slow": lambda _handler: time.sleep(20)}
    with Browser(options(site.place), seconds_of_a_page=3.0) as browser:
        browser.begin("slow", PageRequest(site.url("/slow"), (site.place,)))
        child = browser._children[0]
        (_key, view), *_ = collect(browser).items()
        assert view.failure is Failure.BROWSER
        assert not _is_running(child.process.pid)
        assert not Path(child.folder).exists()
        browser.begin("next", PageRequest(site.url("/"), (site.place,)))
        os.kill(browser._children[0].process.pid, 9)
        assert collect(browser)["next"].failure is Failure.BROWSER
        browser.begin("last", PageRequest(site.url("/"), (site.place,)))
        assert b"<h1>Page</h1>" in collect(browser)["last"].body
    assert browser._children == browser._ending == []


def keep_warm(browser, *, until):
    """Call `warm_up` until a condition holds, and return the process of the browser."""
    end = time.monotonic() + 60
    browser.warm_up()
    while not until(browser._children[0]) and time.monotonic() < end:
        time.sleep(0.25)
        browser.warm_up()
    return browser._children[0]


def test_an_idle_browser_ends_itself_and_the_next_page_gets_a_new_one(site):
    site.pages["/"] = "<h1>Page</h1>"
    with Browser(replace(options(site.place), idle_seconds=8.0)) as browser:
        child = keep_warm(browser, until=lambda child: child.is_ready)
        assert len(_marked_processes(child.mark)) > 1, "Chromium runs"
        end = time.monotonic() + 60
        while _marked_processes(child.mark) and time.monotonic() < end:
            time.sleep(0.1)
        assert _marked_processes(child.mark) == []
        browser.begin("next", PageRequest(site.url("/"), (site.place,)))
        assert b"<h1>Page</h1>" in collect(browser)["next"].body
        assert not Path(child.folder).exists()


def test_a_browser_that_is_kept_warm_does_not_end(site):
    with Browser(replace(options(site.place), idle_seconds=6.0)) as browser:
        child = keep_warm(browser, until=lambda child: child.is_ready)
        end = time.monotonic() + 10
        assert keep_warm(browser, until=lambda _child: time.monotonic() > end) is child
        assert child.process.poll() is None


def _is_running(pid):
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_the_browser_gets_no_secret_of_the_product(site, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    site.pages["/"] = "<h1>Page</h1>"
    with Browser(options(site.place)) as browser:
        child = browser._start()
        environment = (Path("/proc") / str(child.process.pid) / "environ").read_bytes()
    assert b"do not tell" not in environment


def test_it_is_full_with_two_pages_until_their_views_are_collected():
    with Browser(Settings("", sandbox=True, user_agent="x")) as browser:
        for key, is_full in (("one", False), ("two", True)):
            browser.begin(key, PageRequest("http://www.example.gov.uk/", ("www.example.gov.uk",)))
            assert browser.is_full is is_full
        browser.collect()
        assert not browser.is_full


def test_without_a_browser_every_page_fails_at_once_and_says_why():
    with Browser(Settings("", sandbox=True, user_agent="x")) as browser:
        browser.begin("one", PageRequest("http://www.example.gov.uk/", ("www.example.gov.uk",)))
        assert len(browser) == 1
        ((key, view),) = browser.collect()
    assert (key, view.failure, view.detail) == ("one", Failure.BROWSER, "no browser is installed")


@contextmanager
def probing(site, **settings):
    """A probe as monitoring has it, with a real client and a real browser."""
    fetcher = Fetcher(now=timezone.now, user_agent="statsoffice-test", allow_private=frozenset({site.place}))
    browser = Browser(settings.pop("options", None) or options(site.place), **settings)
    with Probe(fetcher, pages=PageFetcher(browser, now=timezone.now, vantage="here")) as probe:
        yield probe


def request_of(site, path, *, adapter="browser", key=None):
    return CheckRequest(
        key=path if key is None else key,
        url=site.url(path),
        allowed_hosts=frozenset({site.place}),
        planned_at=timezone.now(),
        adapter=adapter,
    )


def expected(site, path):
    return Expectation(
        role=AddressRole.PAGE,
        url=site.url(path),
        marker="June 2026",
        release_title="Bus fares: June 2026",
        series_title="Bus fares",
        due_at=timezone.now() - timedelta(minutes=1),
    )


def answers_of(probe, *, within=60.0):
    found, until = {}, time.monotonic() + within
    while probe.in_flight and time.monotonic() < until:
        found |= {request.key: answer for request, answer in probe.poll(0.5)}
    return found


def test_a_dashboard_that_a_plain_check_finds_empty_is_live_by_the_adapter(site):
    site.pages |= {"/": DASHBOARD, "/data": ("Bus fares: June 2026", "text/plain")}
    with probing(site) as probe:
        began = timezone.now()
        probe.start(request_of(site, "/"))
        probe.start(request_of(site, "/", adapter="page", key="plain"))
        answers = answers_of(probe)
        seen, plain = (answers[key] for key in ("/", "plain"))
        assert probe.examine("page", plain, expected(site, "/")).result is not CheckOutcome.LIVE
        finding = probe.examine("browser", seen, expected(site, "/"))
    assert (finding.result, finding.reasons[0]) == (CheckOutcome.LIVE, Reason.MARKER_IN_TITLE)
    assert began <= seen.sent_at <= seen.completed_at <= timezone.now()
    assert (seen.status, seen.final_url, seen.vantage) == (200, site.url("/"), "here")
    assert [(hop.url, hop.status) for hop in seen.hops] == [(site.url("/"), 200)]


def test_no_check_waits_for_a_page_that_hangs_in_the_browser(site):
    site.pages |= {"/endless": "<script>while (true) {}</script>", "/plain": "<h1>June 2026</h1>"}
    with probing(site, seconds_of_a_page=8.0) as probe:
        for path in ("/endless", "/endless?2", "/endless?3"):
            site.pages[path] = site.pages["/endless"]
            probe.start(request_of(site, path))
        first = []
        for number in range(5):
            probe.start(request_of(site, "/plain", adapter="page", key=number))
            while not any(request.key == number for request, _ in first):
                first += probe.poll(0.5)
        assert [request.key for request, _ in first] == [0, 1, 2, 3, 4]
        rest = answers_of(probe)
    assert {answer.failure for answer in rest.values()} <= {Failure.TIMEOUT, Failure.BROWSER}
    assert len(rest) == 3


def test_one_page_at_a_time_is_loaded_of_an_address_and_a_waiting_one_gives_its_turn_to_the_next(site):
    site.pages["/"] = "<h1>Page</h1>"
    with probing(site) as probe:
        first, second, third = (request_of(site, "/", key=key) for key in ("first", "second", "third"))
        probe.start(first)
        probe.start(second)
        assert [probe.waits(key) for key in ("first", "second")] == [False, True]
        probe.hand_turn("second", third)
        answers = answers_of(probe)
    assert list(answers) == ["first", "third"]


def test_a_site_that_asks_for_a_wait_is_not_loaded_again(site):
    def busy(handler):
        handler.send_response(503)
        handler.send_header("Retry-After", "60")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site.pages["/"] = busy
    with probing(site) as probe:
        probe.start(request_of(site, "/", key="first"))
        answers = answers_of(probe)
        requests = len(site.requested)
        probe.start(request_of(site, "/", key="second"))
        answers |= answers_of(probe)
    assert (answers["first"].status, answers["second"].failure) == (503, Failure.ASKED_TO_WAIT)
    assert len(site.requested) == requests


def test_without_a_browser_a_check_by_the_adapter_is_our_own_fault(site):
    with probing(site, options=Settings("", sandbox=True, user_agent="x")) as probe:
        probe.start(request_of(site, "/"))
        answer = answers_of(probe)["/"]
        finding = probe.examine("browser", answer, expected(site, "/"))
    assert (finding.result, finding.reasons) == (CheckOutcome.OBSERVER_FAULT, (Reason.BROWSER,))

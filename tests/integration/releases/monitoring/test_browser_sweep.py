"""A complete sweep that reads a dashboard with a real Chromium: from the plan to the verdict."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from releases import scheduling
from releases.models import Observation, Verification
from releases.monitoring.clock import RealClock
from releases.monitoring.sweep import Sweep
from releases.probe.browser import Browser, PageFetcher, find_chromium
from releases.probe.browser_process import Settings
from releases.probe.client import Fetcher
from releases.probe.probe import Probe
from releases.rules.calendar import Slot, in_london
from releases.scheduling import PlannedAddress
from releases.verdict.address import Outcome
from tests.support.factories import SeriesFactory
from tests.support.small_site import served

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

AGENT = "statsoffice-test"
SHELL = (
    "<!doctype html><title>Dashboard</title><div id=app></div><script>fetch('/data').then(r => r.text())"
    ".then(title => { document.title = title; app.innerHTML = `<h1>${title}</h1>` })</script>"
)
# The first check starts Chromium. All checks that decide are planned after it.
BEGINS_BEFORE = timedelta(seconds=15)
ENDS_AFTER = timedelta(seconds=60)


@pytest.fixture
def site():
    site = served()
    yield site
    site.shutdown()
    site.server_close()


@pytest.fixture
def probe(site):
    allowed = frozenset({site.place})
    settings = Settings(find_chromium(""), sandbox=os.getuid() != 0, user_agent=AGENT, allow_private=tuple(allowed))
    fetcher = Fetcher(now=timezone.now, user_agent=AGENT, allow_private=allowed)
    with Browser(settings) as browser:
        pages = PageFetcher(browser, now=timezone.now, vantage="")
        with Probe(fetcher, pages=pages) as probe:
            yield probe


def record_dashboard(site, due_at, *, reference, adapter):
    local = in_london(due_at)
    release = scheduling.record_release(
        SeriesFactory(title="Bus fares"),
        reference=reference,
        title="Bus fares: June 2026",
        slot=Slot(on=local.date(), at=local.time()),
        at=due_at - timedelta(days=60),
        rehearsal=True,
        addresses=[PlannedAddress(site.url("/"), marker="June 2026", adapter=adapter)],
    )
    return scheduling.confirm_release(release, by=None, at=due_at - timedelta(days=50))


def test_a_dashboard_that_only_scripts_can_show_is_on_time(site, probe):
    due_at = (timezone.now() + BEGINS_BEFORE).replace(microsecond=0)

    def send_shell(handler):
        is_due = timezone.now() >= due_at
        handler.send_response(200 if is_due else 404)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.wfile.write(SHELL.encode() if is_due else b"<h1>Page not found</h1>")

    site.pages |= {"/": send_shell, "/data": ("Bus fares: June 2026", "text/plain")}
    dashboard = record_dashboard(site, due_at, reference="dashboard", adapter="browser")
    plain = record_dashboard(site, due_at, reference="plain", adapter="page")

    def is_judged():
        is_over = timezone.now() > due_at + ENDS_AFTER
        return is_over or Verification.objects.filter(release=dashboard, outcome=Outcome.ON_TIME).exists()

    Sweep(clock=RealClock(), probe=probe, name="browser").run(stop=is_judged)
    assert Verification.objects.get(release=dashboard).outcome == Outcome.ON_TIME
    checks = Observation.objects.filter(release=dashboard)
    assert set(checks.values_list("adapter", flat=True)) == {"browser"}
    assert set(checks.filter(completed_at__lt=due_at).values_list("result", flat=True)) == {"not_live"}
    assert checks.order_by("sent_at").last().result == "live"
    # Without its scripts, the same page never shows the edition.
    without_scripts = Observation.objects.filter(release=plain)
    assert without_scripts.filter(sent_at__gte=due_at).exists()
    assert not without_scripts.filter(result="live").exists()

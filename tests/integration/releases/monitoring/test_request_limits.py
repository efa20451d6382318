"""Politeness over processes and sweeps, against a real site: pauses that it asked for, and budgets at a hand-over."""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta

import pytest

from releases import host_budgets
from releases.models import HostLease, Observation, Verification
from releases.probe.probe import probe_from_settings
from releases.rules.response import CheckRequest
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import ReleaseFactory

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
BUSY_AT = DUE - timedelta(seconds=95)
PATH = "/statistics/inspections"
TITLE = "State-funded schools inspections and outcomes as at 31 March 2020"

pytestmark = pytest.mark.django_db


def minutes(count):
    return timedelta(minutes=count)


@pytest.fixture
def busy_site(site):
    """A site that answers one check about a minute before the release is due with 429, and wants five minutes."""
    site.publish(
        PATH,
        [
            scene(pages.coming_soon_page(TITLE, expected="30 June 2020 9:30am")),
            scene("slow down", status=429, headers={"Retry-After": "300"}, starts=BUSY_AT),
            scene(pages.release_page(TITLE, published="30 June 2020"), starts=BUSY_AT + timedelta(seconds=30)),
        ],
    )
    ReleaseFactory(confirmed=True, title=TITLE, url=site.url(PATH), due_at=DUE)
    return site


def test_a_site_that_asks_to_be_left_alone_is_not_asked_by_the_next_monitoring_process_either_and_no_one_is_accused(
    busy_site, morning_from
):
    morning = morning_from(DUE - minutes(2))
    morning.play(DUE - minutes(1))
    host, page = HostLease.objects.order_by("paused_until")
    assert page.paused_until - host.paused_until == minutes(4)
    asked = len(busy_site.arrivals())
    assert Observation.objects.filter(status=429).count() == 1
    morning.play(DUE - minutes(0.5))
    assert Observation.objects.filter(watcher="morning", failure="asked_to_wait").count() >= 1
    another = morning_from(DUE - minutes(0.5))
    another.play(DUE - timedelta(seconds=1), watcher="another")
    looks = Observation.objects.filter(sent_at__gte=DUE - minutes(1))
    assert {(look.failure, *look.reasons) for look in looks} == {("asked_to_wait", "asked_to_wait")}
    assert looks.filter(watcher="another").count() > 3
    assert len(busy_site.arrivals()) == asked
    another.play(page.paused_until + minutes(1), watcher="another")
    assert not looks.filter(sent_at__lt=page.paused_until, failure="").exists()
    decisive = looks.filter(failure="").earliest("sent_at")
    assert decisive.planned_at == DUE + minutes(2)
    assert decisive.sent_at >= page.paused_until
    verification = Verification.objects.get()
    assert (verification.outcome, verification.release.suspicions.count()) == (Outcome.UNCERTAIN, 0)
    assert verification.decided_at >= decisive.completed_at


def test_a_hosts_budget_holds_in_the_second_in_which_another_process_takes_over(site, settings):
    host = site.base_url.removeprefix("http://")
    settings.PROBE_BUDGETS = {host: (20, 9)}
    url = site.publish(PATH, [scene("page")])
    site.forget_arrivals()

    def look(holder, count):
        with probe_from_settings(now=lambda: datetime.now(UTC)) as probe:
            assert host_budgets.claim_hosts([host], holder=holder, now=datetime.now(UTC), probe=probe) == {host}
            for key in range(count):
                probe.start(
                    CheckRequest(key=key, url=url, allowed_hosts=frozenset({host}), planned_at=datetime.now(UTC))
                )
            while probe.in_flight:
                probe.poll(1)
            host_budgets.release_hosts(holder, now=datetime.now(UTC), probe=probe)

    look("one", 8)
    look("two", 8)
    at = [arrival.at for arrival in site.arrivals()]
    assert len(at) == 16
    within_a_second = [place - bisect_left(at, now - timedelta(seconds=0.97)) + 1 for place, now in enumerate(at)]
    assert max(within_a_second) <= 9

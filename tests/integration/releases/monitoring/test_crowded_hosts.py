"""A host that is asked for more than its budget allows, by the real clock: monitoring does not fall behind."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F, Max, Min

from releases.models import Observation, Verification
from releases.monitoring.clock import RealClock
from releases.monitoring.sweep import Sweep
from releases.probe.probe import probe_from_settings
from releases.rules.clock_error import Figures, Voucher
from releases.rules.host_budget import Budget, spread_seconds
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import ReleaseFactory, SeriesFactory

DUE = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
RELEASES = 16
BUDGET = (3, 3)
BEFORE_DUE = timedelta(seconds=11)
OUT_AFTER = timedelta(seconds=1)
# What a machine that is busy with other tests may add to each instant.
LEEWAY = 5

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_the_first_checks_since_due_are_as_far_apart_as_the_desk_says_the_day_before(site, settings):
    settings.PROBE_BUDGETS = {site.base_url.removeprefix("http://"): BUDGET}
    ahead = DUE - BEFORE_DUE - datetime.now(UTC)
    series = SeriesFactory()
    for number in range(RELEASES):
        title, path = f"Statistics number {number}", f"/statistics/{number}"
        out = scene(pages.release_page(title, published="1 July 2026"), starts=DUE + OUT_AFTER - ahead)
        site.publish(path, [scene(pages.coming_soon_page(title, expected="1 July 2026 9:30am")), out])
        ReleaseFactory(
            confirmed=True,
            series=series,
            reference=f"r-{number}",
            title=title,
            url=site.url(path),
            due_at=DUE,
            marker=title,
        )
    exact = Figures(Voucher.KERNEL, bound=timedelta(0))  # the site sends the present time
    clock = RealClock(lambda: (exact,), wall=lambda: datetime.now(UTC) + ahead)

    def is_over():
        seen = Verification.objects.filter(outcome=Outcome.ON_TIME).count() == RELEASES
        return seen or clock.now() > DUE + timedelta(seconds=30)

    with probe_from_settings(now=clock.now) as probe:
        Sweep(clock=clock, probe=probe, name="crowded").run(stop=is_over)
    told = spread_seconds(RELEASES, Budget(*BUDGET).monitoring_share)
    behind = Observation.objects.aggregate(most=Max(F("sent_at") - F("planned_at")))["most"]
    assert behind.total_seconds() <= told + LEEWAY
    since_due = Observation.objects.filter(sent_at__gte=DUE).values("release").annotate(first=Min("sent_at"))
    first = [(row["first"] - DUE).total_seconds() for row in since_due]
    assert len(first) == RELEASES
    assert max(first) <= told + LEEWAY
    out_at = DUE + OUT_AFTER
    for verification in Verification.objects.all():
        assert verification.outcome == Outcome.ON_TIME
        assert verification.last_not_live_at <= out_at <= verification.first_live_at
        assert (verification.first_live_at - verification.last_not_live_at).total_seconds() <= told + 5 + LEEWAY

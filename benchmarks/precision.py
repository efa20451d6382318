"""How narrow the interval is in which a page appeared, with the complete monitoring and the host budget of www.gov.uk.

The releases are due together and late. The pages appear at different instants of the first minute. The floor is the
time between two checks of a page if the host's budget is used up, at least one second.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings

from benchmarks import due_together
from benchmarks import site as judge
from benchmarks.instant import confirmed_clock, milliseconds
from benchmarks.row import Limit, Row
from releases.models import Verification
from releases.monitoring.sweep import Sweep
from releases.probe.client import Fetcher
from releases.probe.probe import Probe
from releases.rules.host_budget import Budget
from releases.verdict.address import Outcome
from statsoffice.fake_publisher.client import RehearsalSite, rehearsal_site
from statsoffice.fake_publisher.scenes import scene

BUDGET = Budget(connections=6, per_second=8)
BEGUN_BEFORE = timedelta(seconds=18)
TOLERANCE_SECONDS = 5
# The pages appear between these times after the due instant.
FIRST_APPEARS, LAST_APPEARS = timedelta(seconds=7), timedelta(seconds=55)
ENDS_AFTER = timedelta(seconds=75)
# By the number of releases, in milliseconds: a second and a round trip for one release, two seconds for ten on one
# host.
LIMITS = {1: Limit(1_100), 10: Limit(2_000)}


def measure(size: int, *, rounds: int) -> list[Row]:
    """Monitor late releases on one host, and return the widest interval; `rounds` is not used."""
    with rehearsal_site() as site:
        place = site.base_url.removeprefix("http://")
        settings.PROBE_BUDGETS = {place: (BUDGET.connections, BUDGET.per_second)}
        urls = judge.addresses(site, size)
        due_at = datetime.now(UTC) + BEGUN_BEFORE
        _appear(site, urls, due_at)
        due_together.record(urls, marker=judge.MARKER, due_at=due_at, tolerance_seconds=TOLERANCE_SECONDS)
        widths = _sweep(site, place, size=size, due_at=due_at)
    least = 1_000 * max(1.0, size / BUDGET.per_second)
    what = "the interval of a lone release" if size == 1 else f"the widest interval of {size} releases on one host"
    return [Row(what, max(widths), "ms", least, "a check each second, or the budget", limit=LIMITS.get(size))]


def _appear(site: RehearsalSite, urls: Sequence[str], due_at: datetime) -> None:
    """Make the pages appear one after the other, at instants that are not whole seconds."""
    step = (LAST_APPEARS - FIRST_APPEARS) / (len(urls) + 0.37)
    shown = {
        url.removeprefix(site.base_url): [
            scene(status=404),
            scene(judge.PAGE, starts=due_at + FIRST_APPEARS + (number + 0.63) * step),
        ]
        for number, url in enumerate(urls)
    }
    site.publish_all(shown, replace=True)


def _sweep(site: RehearsalSite, place: str, *, size: int, due_at: datetime) -> list[float]:
    """Sweep until every release is judged, and return the widths of the intervals in milliseconds.

    :raises RuntimeError: if a release was not found late.
    """
    late = Verification.objects.filter(outcome=Outcome.LATE)

    def over() -> bool:
        now = datetime.now(UTC)
        return now > due_at + ENDS_AFTER or (now > due_at + LAST_APPEARS and late.count() == size)

    fetcher = Fetcher(
        now=lambda: datetime.now(UTC),
        user_agent="benchmarks",
        allow_private=frozenset({place}),
        default_budget=BUDGET,
    )
    with Probe(fetcher) as probe, confirmed_clock() as clock:
        Sweep(clock=clock, probe=probe, name="benchmark").run(stop=over)
    found = late.values_list("last_not_live_at", "first_live_at")
    if len(found) != size:
        message = f"of {size} releases {len(found)} were found late"
        raise RuntimeError(message)
    return [milliseconds(live_at - absent_at) for absent_at, live_at in found if absent_at and live_at]

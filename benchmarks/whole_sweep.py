"""How long after the due instant the last of many first checks reaches the publisher, with the complete monitoring.

A real sweep plans, checks, examines, stores and judges `size` rehearsals, on a database and without a limit on
requests. At the due instant a page of 4 kB appears at each address, each another. The floor of the first checks is the
bare client for the same addresses with open connections, which the sweep has by then too.

"All examined, stored and judged" is the time at which the last judging began. Its floor is the examination of the same
pages alone, in one process for each core.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from benchmarks import due_together
from benchmarks import site as judge
from benchmarks.bare import Bare
from benchmarks.examiners import examine_on_each_core
from benchmarks.fetching import fetcher
from benchmarks.first_checks import HEAD_START, limit
from benchmarks.instant import confirmed_clock, milliseconds
from benchmarks.row import Limit, Row
from releases.detection.finding import AddressRole, Expectation
from releases.models import Observation, Verification
from releases.monitoring.sweep import Sweep
from releases.probe.probe import Probe
from releases.rules.response import Answer
from releases.verdict.address import Outcome
from statsoffice.fake_publisher.client import RehearsalSite, rehearsal_site

# Monitoring begins late: it checks at once, and then ten and five seconds before the due instant.
BEGUN_BEFORE = timedelta(seconds=18)
# By then everything must be checked, stored and judged.
ENDS_AFTER = timedelta(minutes=5)
# Counting the verdicts takes time that the sweep needs.
ASKED_EVERY = timedelta(seconds=0.5)


def measure(size: int, *, rounds: int) -> list[Row]:
    """Check the pages with the bare client, then monitor the rehearsals through their due instant."""
    with rehearsal_site() as site:
        urls = judge.addresses(site, size)
        floors = sorted(_bare(site, urls, times=rounds + 2))
        due_at = datetime.now(UTC) + BEGUN_BEFORE + timedelta(seconds=size / 500)
        judge.show_from(site, urls, due_at)
        due_together.record(urls, marker=judge.MARKER, due_at=due_at)
        site.forget_arrivals()
        judged_after = _sweep(urls, site=site, due_at=due_at)
        last = judge.last_arrival(site, urls, due_at)
    return [
        Row(
            f"last of {size:,} first checks, whole sweep",
            last,
            "ms",
            floors[len(floors) // 2],
            "bare client",
            limit=limit(size),
        ),
        Row(
            f"all {size:,} examined, stored and judged",
            judged_after,
            "ms",
            _examination(urls, due_at=due_at),
            "examination alone, on each core",
            limit=Limit(1.5, of="ratio"),
        ),
    ]


def _bare(site: RehearsalSite, urls: Sequence[str], *, times: int) -> list[float]:
    """Check the pages with the bare client, and return the milliseconds. A first check opens the connections."""
    judge.show(site, urls)
    bare = Bare()
    bare.check(urls, datetime.now(UTC))
    found = []
    for _ in range(times):
        site.forget_arrivals()
        due_at = datetime.now(UTC) + HEAD_START
        bare.check(urls, due_at)
        found.append(judge.last_arrival(site, urls, due_at))
    bare.close()
    return found


def _examination(urls: Sequence[str], *, due_at: datetime) -> float:
    """Examine the same pages on every core, and return the milliseconds."""
    html = (("content-type", "text/html; charset=utf-8"),)
    answers = [
        Answer(
            url,
            due_at,
            due_at,
            due_at,
            status=200,
            final_url=url,
            headers=html,
            body=judge.distinct_page(number).encode(),
        )
        for number, url in enumerate(urls)
    ]
    title = "Pupil absence in schools"
    expected = Expectation(
        role=AddressRole.PAGE,
        url=urls[0],
        marker=judge.MARKER,
        release_title=f"{title}: {judge.MARKER}",
        series_title=title,
        due_at=due_at,
    )
    return examine_on_each_core(answers, expected) * 1_000


def _sweep(urls: Sequence[str], *, site: RehearsalSite, due_at: datetime) -> float:
    """Sweep until every rehearsal is judged, and return the milliseconds from the due instant to the last judgement.

    :raises RuntimeError: if one was not checked when it was due, or was not judged to be on time.
    """
    settled = Verification.objects.filter(outcome=Outcome.ON_TIME)

    asked_at = due_at

    def over() -> bool:
        nonlocal asked_at
        now = datetime.now(UTC)
        if now < asked_at + ASKED_EVERY:
            return False
        asked_at = now
        return now > due_at + ENDS_AFTER or settled.count() == len(urls)

    with Probe(fetcher(site)) as probe, confirmed_clock() as clock:
        Sweep(clock=clock, probe=probe, name="benchmark").run(stop=over)
    checked = Observation.objects.filter(planned_at=due_at).count()
    if not checked == settled.count() == len(urls):
        message = f"of {len(urls)} rehearsals {checked} were checked when due, {settled.count()} found on time"
        raise RuntimeError(message)
    return max(milliseconds(at - due_at) for at in settled.values_list("decided_at", flat=True) if at)

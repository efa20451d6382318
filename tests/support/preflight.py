"""The day before a release, played against the real rehearsal site: what pre-flight and snapshots are made with."""

from datetime import UTC, datetime, timedelta

from releases import preflight
from releases.detection.preflight import PreflightCode, PreflightFinding
from releases.evidence import coverage
from releases.host_budgets import budgets_from_settings
from releases.models import PreflightRun, Release, Series
from releases.monitoring.adhoc_checks import AdhocMeans
from releases.rules import host_budget
from releases.rules.clock_error import SCRIPTED, ClockError
from releases.scheduling import PlannedAddress, add_address
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import RehearsalSite
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import ReleaseFactory, SeriesFactory

DUE = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
DAY_BEFORE = datetime(2026, 6, 30, 13, 0, tzinfo=UTC)
TITLE = "School inspections as at 31 March 2026"
MARKER = "31 March 2026"
PAGE = "/statistics/school-inspections"
SHEET = "/statistics/school-inspections.ods"
ANNOUNCEMENT = "/announcements/school-inspections"
WORDS = (
    "<title>School inspections</title><main><h1>School inspections</h1><p>Release date: 1 July 2026 9:30am</p></main>"
)


def means_with(
    look: object, *, clock_error: ClockError = SCRIPTED, budgets: dict[str, host_budget.Budget] | None = None
) -> AdhocMeans:
    return AdhocMeans(
        probe=look,  # type: ignore[arg-type]
        holder="beside",
        budgets=budgets_from_settings() if budgets is None else budgets,
        clock_error=clock_error,
        clock_largest_error=timedelta(seconds=1),
    )


def alive(*, now: datetime = DAY_BEFORE) -> None:
    """Monitoring was at work a moment ago."""
    coverage.mark_alive("watcher", at=now - timedelta(seconds=2))


def a_sound_release(site: RehearsalSite, *, series: Series | None = None, **fields: object) -> Release:
    """A release due tomorrow without problems, and its page, sheet and announcement on the site."""
    site.publish_all(
        {
            PAGE: [scene(pages.coming_soon_page(TITLE, expected="1 July 2026 9:30am"))],
            ANNOUNCEMENT: [scene(WORDS)],
        }
    )
    release = ReleaseFactory(
        confirmed=True,
        series=series or a_series(),
        due_at=DUE,
        title=TITLE,
        marker=MARKER,
        url=site.url(PAGE),
        attachments=(site.url(SHEET),),
        **fields,
    )
    announce_at(release, site.url(ANNOUNCEMENT))
    alive()
    return release


def a_series(**fields: object) -> Series:
    return SeriesFactory(title="School inspections", **fields)


def announce_at(release: Release, url: str, *, adapter: str = "page") -> None:
    planned = PlannedAddress(url=url, role="announcement", required=False, adapter=adapter)
    add_address(release, planned, at=release.recorded_at)


def check(release: Release, means: AdhocMeans, *, now: datetime = DAY_BEFORE) -> set[tuple[PreflightCode, str | None]]:
    """Ask for a check and make it; return the findings, as pairs of code and the path of the address."""
    preflight.request_preflight(release, by=None, now=now)
    preflight.run_requested_preflights(means=means, now=now)
    return found_of(release)


def found_of(release: Release) -> set[tuple[PreflightCode, str | None]]:
    """What the last check of a release found, as pairs of code and the path of the address."""
    paths = {address.pk: "/" + address.url.split("/", 3)[3] for address in release.addresses.all()}
    run = PreflightRun.objects.newest().get(release=release)
    found = [PreflightFinding.from_json(each) for each in run.findings]
    return {(each.code, paths.get(each.address)) for each in found}

"""The coming year of the demonstration: confirmed and provisional releases, changed dates and date change requests."""

from datetime import date, datetime, timedelta

from releases import date_changes, preflight, scheduling
from releases.models import Release, Series
from releases.rules import calendar
from releases.rules.calendar import STANDARD_RELEASE_TIME, Nation, Precision, Slot
from releases.rules.lifecycle import Role, Status
from releases.scheduling import PlannedAddress
from statsoffice.demo.entries import Entry, record_entries
from statsoffice.demo.history import path_of, reference_of, title_of
from statsoffice.demo.office import SERIES, Edition, Every, edition_of, find_user, find_working_day
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import RehearsalSite, Scenes
from statsoffice.fake_publisher.scenes import scene

EDITIONS = {Every.WEEK: 5, Every.MONTH: 12, Every.QUARTER: 4}
# Releases that are due within this time are confirmed. Later releases are provisional.
CONFIRMED_WITHIN = timedelta(days=42)
# The publisher of this series has announced another day than the one in our calendar. A preflight detects this.
ANNOUNCED_WRONGLY = "air-quality"
CHECKED = 2


def record_year_ahead(*, now: datetime, last_morning: datetime, site: RehearsalSite) -> None:
    """Record the releases of the coming year. Publish the announcements and pages of the confirmed releases."""
    today, last_day = calendar.local_date(now), calendar.local_date(last_morning)
    entries: list[Entry] = []
    published: dict[str, Scenes] = {}
    of_slug = {series.slug: series for series in Series.objects.select_related("producer")}
    for demo_series in SERIES:
        series = of_slug[demo_series.slug]
        nation = Nation(series.producer.nation)
        for number in range(EDITIONS[demo_series.every] + 1):
            edition = edition_of(demo_series, number, today=today, last_morning=last_day, nation=nation)
            if edition.on > today + CONFIRMED_WITHIN:
                entries.append(_write_provisional(series, edition, now=now))
            elif edition.on > last_day:
                entries.append(_write_confirmed(series, edition, now=now, site=site))
                published |= _write_pages(series, edition)
    record_entries(entries)
    site.publish_all(published)


def _write_confirmed(series: Series, edition: Edition, *, now: datetime, site: RehearsalSite) -> Entry:
    path = path_of(series, edition)
    return Entry(
        series,
        reference=reference_of(series, edition),
        title=title_of(series, edition),
        slot=Slot(on=edition.on, at=STANDARD_RELEASE_TIME),
        recorded_at=now - timedelta(days=120),
        confirmed_at=now - timedelta(days=40),
        addresses=(
            PlannedAddress(url=site.url(path), marker=edition.period),
            PlannedAddress(url=site.url(f"/announcements{path}"), role="announcement", required=False),
        ),
    )


def _write_pages(series: Series, edition: Edition) -> dict[str, Scenes]:
    """Return the scripts of a release's announcement and page, keyed by path. The page is live on time."""
    title, path = title_of(series, edition), path_of(series, edition)
    announced_for = edition.on + timedelta(days=1) if series.slug == ANNOUNCED_WRONGLY else edition.on
    soon = pages.coming_soon_page(title, expected=f"{calendar.format_day(announced_for)} 9:30am")
    live = pages.release_page(title, published=calendar.format_day(edition.on))
    due_at = Slot(on=edition.on, at=STANDARD_RELEASE_TIME).due_at
    return {
        f"/announcements{path}": [scene(soon)],
        path: [scene(pages.not_found_page(), status=404), scene(live, starts=due_at)],
    }


def _write_provisional(series: Series, edition: Edition, *, now: datetime) -> Entry:
    month = edition.wanted.replace(day=1)
    return Entry(
        series,
        reference=f"{series.slug}-{month:%Y-%m}",
        title=title_of(series, edition),
        slot=Slot(on=month, at=None, precision=Precision.TWO_MONTHS if month.month % 2 else Precision.MONTH),
        recorded_at=now - timedelta(days=20),
    )


def change_three_releases(*, now: datetime, last_morning: datetime) -> None:
    """Move one confirmed release, cancel another, and request another date for a third."""
    head, at = find_user(Role.HEAD_OF_PROFESSION), last_morning + timedelta(hours=1)
    upcoming = Release.objects.public().filter(due_at__gt=now + timedelta(days=10), status=Status.CONFIRMED)

    def next_of(slug: str) -> Release:
        return upcoming.filter(series__slug=slug).select_related("series__producer").order_by("due_at")[0]

    moved = next_of("rail-punctuality")
    reason = "More time is needed to check the data from two operators."
    scheduling.change_date(moved, to=_days_later(moved, 7), reason=reason, by=head, at=at)
    scheduling.cancel_release(
        next_of("road-fuel-prices"), reason="The survey is not run in that week.", by=head, at=at - timedelta(days=7)
    )
    waiting = next_of("house-sales")
    date_changes.request_date_change(
        waiting,
        to=_days_later(waiting, 1),
        reason="The regional figures arrive a day later than planned.",
        by=find_user(Role.CALENDAR_MANAGER),
        at=at,
    )


def _days_later(release: Release, days: int) -> Slot:
    on: date = release.planned_on + timedelta(days=days)
    return Slot(on=find_working_day(on, Nation(release.series.producer.nation)), at=STANDARD_RELEASE_TIME)


def request_checks(*, now: datetime) -> None:
    """Request preflights of the next releases, so that the worker makes them at once instead of at the planned time."""
    upcoming = Release.objects.public().filter(due_at__gt=now, status=Status.CONFIRMED).order_by("due_at")
    for release in upcoming[:CHECKED]:
        preflight.request_preflight(release, by=None, now=now)

"""A calendar around today: what was published, what is coming, what was moved or cancelled, and what waits."""

from datetime import date, datetime, timedelta

from releases import date_changes, preflight, scheduling
from releases.models import Release, Series
from releases.rules import london
from releases.rules.calendar import STANDARD_RELEASE_TIME, Nation, Precision, Slot, no_release_day
from releases.rules.lifecycle import Role, Status
from releases.scheduling import PlannedAddress
from statsoffice.demo import access, offices
from statsoffice.rehearsal_site import pages
from statsoffice.rehearsal_site.client import RehearsalSite
from statsoffice.rehearsal_site.scenes import scene

# Days from today; past ones are older than the week for which a release is watched.
PUBLISHED = (-96, -66, -36)
CONFIRMED = (1, 33)
PROVISIONAL = (70, 100)
# Its publisher has announced another day than the calendar: what the check before a release is there to find.
ANNOUNCED_WRONGLY = "air-quality"
CHECKED = 2


def set_up(*, now: datetime, site: RehearsalSite) -> None:
    """Record the official releases of the demonstration that are not there yet.

    :param now: the aware instant around which the calendar lies.
    """
    today = london.local_date(now)
    for shift, series in enumerate(Series.objects.exclude(slug="rehearsal-morning").order_by("slug")):
        for days in PUBLISHED:
            _published(series, on=_working_day(today + timedelta(days=days - shift), series), now=now)
        for days in CONFIRMED:
            _upcoming(series, on=_working_day(today + timedelta(days=days + shift), series), now=now, site=site)
        for days in PROVISIONAL:
            _vague(series, on=(today + timedelta(days=days)).replace(day=1), now=now)
    access.of_what_comes_next(now=now)
    _one_moved_one_cancelled_and_one_that_waits(now=now)


def ask_for_checks(*, now: datetime) -> None:
    """Ask for the checks of the releases that come next, as somebody does who does not want to wait for their hour.

    The worker makes them once it is there.
    """
    upcoming = Release.objects.public().filter(due_at__gt=now, status=Status.CONFIRMED).order_by("due_at")
    for release in upcoming[:CHECKED]:
        preflight.request_preflight(release, by=None, now=now)


def _working_day(on: date, series: Series) -> date:
    while no_release_day(on, nation=Nation(series.producer.nation)):
        on += timedelta(days=1)
    return on


def _record(series: Series, slot: Slot, *, at: datetime, addresses: tuple[PlannedAddress, ...] = ()) -> Release | None:
    period = london.format_month(slot.on.replace(day=1) - timedelta(days=1))
    reference = f"{series.slug}-{slot.on:%Y-%m}" + (f"-{slot.on:%d}" if slot.due_at else "")
    if Release.objects.filter(series=series, reference__startswith=f"{series.slug}-{slot.on:%Y-%m}").exists():
        return None
    title = f"{series.title}: {period}"
    return scheduling.record_release(series, reference=reference, title=title, slot=slot, at=at, addresses=addresses)


def _published(series: Series, *, on: date, now: datetime) -> None:
    recorded_at = now - timedelta(days=400)
    release = _record(series, Slot(on=on, at=STANDARD_RELEASE_TIME), at=recorded_at)
    if release is None or release.due_at is None:
        return
    scheduling.confirm(release, by=None, at=recorded_at)
    scheduling.announce(release, by=None, at=recorded_at)
    if series.slug in access.SERIES:
        access.grant(release, at=release.due_at - timedelta(days=10))
        access.record(release)
    seconds_after = timedelta(seconds=20 + on.day)
    scheduling.publish(release, by=None, at=release.due_at + seconds_after, published_at=release.due_at + seconds_after)


def _upcoming(series: Series, *, on: date, now: datetime, site: RehearsalSite) -> None:
    path = f"/{series.slug}/{on:%Y-%m-%d}"
    page = PlannedAddress(url=site.url(path), marker=london.format_month(on.replace(day=1) - timedelta(days=1)))
    announcement = PlannedAddress(url=site.url(f"/announcements{path}"), role="announcement", required=False)
    release = _record(
        series, Slot(on=on, at=STANDARD_RELEASE_TIME), at=now - timedelta(days=60), addresses=(page, announcement)
    )
    if release:
        announced = on + timedelta(days=1) if series.slug == ANNOUNCED_WRONGLY else on
        shown = pages.coming_soon_page(release.title, expected=f"{london.format_day(announced)} 9:30am")
        site.publish(f"/announcements{path}", [scene(shown)])
        scheduling.confirm(release, by=None, at=now - timedelta(days=40))
        scheduling.announce(release, by=None, at=now - timedelta(days=40))


def _vague(series: Series, *, on: date, now: datetime) -> None:
    precision = Precision.TWO_MONTHS if on.month % 2 else Precision.MONTH
    release = _record(series, Slot(on=on, at=None, precision=precision), at=now - timedelta(days=20))
    if release:
        scheduling.announce(release, by=None, at=now - timedelta(days=20))


def _one_moved_one_cancelled_and_one_that_waits(*, now: datetime) -> None:
    head = offices.user(Role.HEAD_OF_PROFESSION)
    upcoming = Release.objects.public().filter(due_at__gt=now + timedelta(days=10), status=Status.CONFIRMED)
    if Release.objects.filter(status=Status.CANCELLED).exists():
        return
    moved, cancelled, waiting = upcoming.order_by("due_at")[:3]
    to = Slot(on=_working_day(moved.planned_on + timedelta(days=7), moved.series), at=STANDARD_RELEASE_TIME)
    scheduling.change_date(
        moved, to=to, reason="More time is needed to check the data from two regions.", by=head, at=now
    )
    scheduling.cancel(cancelled, reason="The survey was not run this month.", by=head, at=now)
    date_changes.request_date_change(
        waiting,
        to=Slot(on=_working_day(waiting.planned_on + timedelta(days=1), waiting.series), at=STANDARD_RELEASE_TIME),
        reason="The regional figures arrive a day later than planned.",
        by=offices.user(Role.CALENDAR_MANAGER),
        at=now,
    )

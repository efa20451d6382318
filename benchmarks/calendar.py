"""How long the public calendar, its feeds and its API take with many releases, at the 95th percentile.

Nine tenths of the releases are past and published, and the others are still to come. Some were moved or cancelled, or
are planned for a month. An anonymous reader requests the addresses of each kind in turns: months, filters, producers,
series, first and last pages. Each address was requested once before, because a process caches the events that it has
written. The slowest first request of a calendar has its own line. The measured time is that of the request inside the
process, with the database on the same machine and no web server. The floor is the log-in page, which needs the same
framework and has no list.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import batched, cycle, islice

from benchmarks import office
from benchmarks.office import PAST, PRODUCERS, TO_COME, Office
from benchmarks.reader import Reader, slowest_but_five_percent
from benchmarks.row import Limit, Row
from releases.models import DateChange, Release
from releases.rules import calendar
from releases.rules.calendar import Precision
from releases.rules.lifecycle import Status

LIMIT = Limit(100.0)
AT_A_TIME = 5_000
CALENDARS = "a calendar to subscribe to"


def measure(size: int, *, rounds: int) -> list[Row]:
    """Request every address `rounds` times, in turns with the floor."""
    now = datetime.now(UTC)
    full = office.found()
    _fill(full, releases=size, now=now)
    nobody = Reader(None)
    kinds = {
        "a month of the calendar": _months(now),
        "all months, narrowed": _narrowed(size),
        CALENDARS: _followed("calendar.ics", size),
        "a feed of changes": _followed("changes.atom", size),
        "releases by the API": _asked(size, now),
        "one release by the API": [
            f"/api/v1/releases/absence-{number}" for number in range(0, size, max(1, size // 50))
        ],
    }
    nobody.open("/accounts/login/")
    first = {what: max(nobody.open(address) for address in addresses) for what, addresses in kinds.items()}
    holding = f"{Release.objects.count():,} releases"
    rows = [
        Row(
            f"{what}, 95th percentile, {holding}",
            slowest_but_five_percent([nobody.open(address) for address in islice(cycle(addresses), rounds)]),
            "ms",
            slowest_but_five_percent([nobody.open("/accounts/login/") for _ in range(rounds)]),
            "log-in page",
            limit=LIMIT,
        )
        for what, addresses in kinds.items()
    ]
    return [*rows, Row(f"a calendar that its process writes first, slowest, {holding}", first[CALENDARS], "ms")]


def _fill(full: Office, *, releases: int, now: datetime) -> None:
    past = releases * 9 // 10
    start, day = now - PAST, timedelta(days=1)
    for numbers in batched(range(releases), AT_A_TIME):
        dues = [
            start + (PAST - day) * number / past
            if number < past
            else now + day + TO_COME * (number - past) / releases * 10
            for number in numbers
        ]
        # The releases are due at 9:30am on any day, because the benchmark ignores weekends.
        added = office.announce(full, [_half_past_nine(due_at) for due_at in dues])
        ids = [page.release_id for page in added]
        Release.objects.filter(pk__in=ids, due_at__lt=now).update(status=Status.PUBLISHED)
        _move([page.release for page in added[::20]], now=now)
        some = Release.objects.filter(pk__in=ids[7::53])
        some.update(status=Status.CANCELLED, cancelled_at=start, cancellation_reason="The survey ended.")
    ahead = Release.objects.filter(status=Status.CONFIRMED, pk__in=list(_every_tenth()))
    ahead.update(status=Status.PROVISIONAL, precision=Precision.MONTH, due_at=None, planned_at=None, confirmed_at=None)
    office.tidy_tables()


def _every_tenth() -> Iterator[int]:
    return islice(
        Release.objects.filter(status=Status.CONFIRMED).values_list("pk", flat=True).order_by("pk"), 0, None, 10
    )


def _half_past_nine(instant: datetime) -> datetime:
    return calendar.from_london(datetime.combine(calendar.local_date(instant), time(9, 30)))


def _move(releases: list[Release], *, now: datetime) -> None:
    DateChange.objects.bulk_create(
        DateChange(
            release=release,
            schedule_version=2,
            was_on=release.planned_on - timedelta(days=7),
            was_at=release.planned_at,
            was_precision=Precision.EXACT,
            to_on=release.planned_on,
            to_at=release.planned_at,
            to_precision=Precision.EXACT,
            public_reason="Figures came late.",
            requested_at=min(now, release.recorded_at + timedelta(days=40)),
            announced_at=min(now, release.recorded_at + timedelta(days=40)),
        )
        for release in releases
    )
    Release.objects.filter(pk__in=[release.pk for release in releases]).update(schedule_version=2)


def _months(now: datetime) -> list[str]:
    months = [calendar.local_date(now + timedelta(days=31 * number)) for number in range(-97, 10)]
    return [
        address
        for number, on in enumerate(months)
        for address in ("/", f"/calendar/{on.year}/{on.month}/?producer=office-{number % 50}")
    ]


def _narrowed(size: int) -> list[str]:
    return [
        "/calendar/",
        "/calendar/?page=20",
        "/calendar/?show=published",
        "/calendar/?show=published&page=40",
        "/calendar/?show=cancelled",
        "/calendar/?show=all&page=3",
        "/calendar/?producer=office-7",
        "/calendar/?producer=office-7&show=published",
        "/calendar/?producer=office-7&series=absence-7&show=all",
        "/calendar/?words=edition+99",
        f"/calendar/?words=edition+{size // 8}&show=published",
        "/calendar/?words=school&show=published",
        "/calendar/?designation=official&show=published",
    ]


def _followed(feed: str, size: int) -> list[str]:
    addresses = [f"/{feed}"]
    for number in range(0, min(PRODUCERS, size), 5):
        addresses += [f"/producers/office-{number}/{feed}", f"/producers/office-{number}/absence-{number}/{feed}"]
    return [*addresses, "/changes.atom?page=10"] if feed.endswith("atom") else addresses


def _asked(size: int, now: datetime) -> list[str]:
    today = calendar.local_date(now)
    late = today - timedelta(days=30)
    questions = (
        "",
        f"?from={today}&per_page=100",
        f"?after={late.toordinal():06}.{'0' * 32}",
        "?status=published&per_page=100",
        "?status=confirmed&status=postponed",
        f"?producer=office-3&from={today}",
        "?producer=office-3&series=absence-3",
        f"?words=edition+{size // 2 + 4321}",
        "?words=school",
        f"?designation=official&from={late}",
    )
    return [f"/api/v1/releases{question}" for question in questions]

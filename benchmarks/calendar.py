"""How long the public calendar, its feeds and its API take with many releases, at the 95th percentile.

Nine tenths of the releases are past and published, the rest is to come; some were moved, cancelled, or are planned for
a month. Everything is asked again and again by nobody in particular, each address of a kind in turns: months, filters,
producers, series, first and last pages. What is timed is the request inside the process, with the database on the same
machine and no web server. The floor is the page to log in, which needs the same framework and lists nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import batched, cycle, islice

from django.db import connection

from benchmarks import office
from benchmarks.office import PAST, TO_COME, Office
from benchmarks.reader import Reader, slowest_but_five_percent
from benchmarks.row import Limit, Row
from releases import london
from releases.calendar import Precision
from releases.models import DateChange, Release
from releases.status import Status

LIMIT = Limit(100.0)
AT_A_TIME = 5_000


def measure(size: int, *, rounds: int) -> list[Row]:
    """Ask for every address so many times, in turns with the floor."""
    now = datetime.now(UTC)
    full = office.found()
    _fill(full, releases=size, now=now)
    nobody = Reader(None)
    kinds = {
        "a month of the calendar": cycle(_months(now)),
        "all months, narrowed": cycle(_narrowed(size)),
        "a calendar to subscribe to": cycle(_followed("calendar.ics")),
        "a feed of changes": cycle(_followed("changes.atom")),
        "releases by the API": cycle(_asked(size, now)),
        "one release by the API": cycle(
            f"/api/v1/releases/absence-{number}" for number in range(0, size, size // 50 or 1)
        ),
    }
    for addresses in kinds.values():
        nobody.open(next(addresses))
    nobody.open("/accounts/login/")
    return [
        Row(
            f"{what}, 95th percentile, {Release.objects.count():,} releases",
            slowest_but_five_percent([nobody.open(address) for address in islice(addresses, rounds)]),
            "ms",
            slowest_but_five_percent([nobody.open("/accounts/login/") for _ in range(rounds)]),
            "log-in page",
            limit=LIMIT,
        )
        for what, addresses in kinds.items()
    ]


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
        # At 9.30am of any day: the benchmark keeps no weekends.
        added = office.announce(full, [_half_past_nine(due_at) for due_at in dues])
        ids = [page.release_id for page in added]
        Release.objects.filter(pk__in=ids, due_at__lt=now).update(status=Status.PUBLISHED)
        _move([page.release for page in added[::20]], now=now)
        some = Release.objects.filter(pk__in=ids[7::50])
        some.update(status=Status.CANCELLED, cancelled_at=start, cancellation_reason="The survey ended.")
    ahead = Release.objects.filter(status=Status.CONFIRMED, pk__in=list(_every_tenth()))
    ahead.update(status=Status.PROVISIONAL, precision=Precision.MONTH, due_at=None, planned_at=None, confirmed_at=None)
    with connection.cursor() as cursor:
        # What the database does by itself in time.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _every_tenth() -> Iterator[int]:
    return islice(
        Release.objects.filter(status=Status.CONFIRMED).values_list("pk", flat=True).order_by("pk"), 0, None, 10
    )


def _half_past_nine(instant: datetime) -> datetime:
    return london.from_london(datetime.combine(london.local_date(instant), time(9, 30)))


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
    months = [london.local_date(now + timedelta(days=31 * number)) for number in range(-97, 10)]
    return [
        address
        for number, on in enumerate(months)
        for address in ("/", f"/calendar/{on.year}/{on.month}/?producer=office-{number % 50}")
    ]


def _narrowed(size: int) -> list[str]:
    last = size * 9 // 10 // 50
    return [
        "/calendar/",
        "/calendar/?page=20",
        "/calendar/?show=published",
        f"/calendar/?show=published&page={last}",
        "/calendar/?show=cancelled",
        "/calendar/?show=all&page=3",
        "/calendar/?producer=office-7",
        "/calendar/?producer=office-7&show=published",
        "/calendar/?producer=office-7&series=absence-7&show=all",
        "/calendar/?words=edition+99",
        "/calendar/?words=edition+12345&show=published",
        "/calendar/?words=school&show=published",
        "/calendar/?designation=official&show=published",
    ]


def _followed(feed: str) -> list[str]:
    addresses = [f"/{feed}"]
    for number in range(0, 50, 5):
        addresses += [f"/producers/office-{number}/{feed}", f"/producers/office-{number}/absence-{number}/{feed}"]
    return [*addresses, "/changes.atom?page=10"] if feed.endswith("atom") else addresses


def _asked(size: int, now: datetime) -> list[str]:
    today = london.local_date(now)
    questions = (
        "",
        f"?from={today}&per_page=100",
        f"?page={size // 50 - 1}",
        "?status=published&per_page=100",
        "?status=confirmed&status=postponed",
        f"?producer=office-3&from={today}",
        "?producer=office-3&series=absence-3",
        "?words=edition+54321",
        "?words=school",
        "?designation=official&page=40",
    )
    return [f"/api/v1/releases{question}" for question in questions]

"""How long the pages that grow with the office take: calendar, dashboard, register and search, at the 95th percentile.

A person with access to everything opens each page many times: months, lists and their later pages in turns. The
measured time is that of the request inside the process, with the database on the same machine and no web server. The
floor is the log-in page, which needs the same framework, base template and session and has no list.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from benchmarks import office
from benchmarks.growth import THIS_MORNING, this_morning
from benchmarks.reader import Reader, slowest_but_five_percent
from benchmarks.row import Limit, Row
from breaches.models import Report
from releases.models import Release
from releases.rules import calendar

LIMIT = Limit(100.0)
LIMIT_OF_TODAY = Limit(60.0)


def measure(size: int, *, rounds: int) -> list[Row]:
    """Open every page `rounds` times, in turns with the floor."""
    now = datetime.now(UTC)
    everyone = office.found()
    office.fill(everyone, releases=size, late=size // 10, now=now)
    this_morning(everyone, now=now, number=min(THIS_MORNING, size))
    person, nobody = Reader(everyone.head), Reader(None)
    pages = {
        "calendar": (nobody, _months(now)),
        "desk": (person, cycle(["/desk/"])),
        "register": (person, _lists()),
        "search": (person, cycle(["/search/?q=absence", "/search/?q=statistics+2024&kind=releases"])),
    }
    holding = f"{Release.objects.count():,} releases, {Report.objects.count():,} reports"
    for reader, addresses in pages.values():
        reader.open(next(addresses))
    nobody.open("/accounts/login/")
    return [
        Row(
            f"{what}, 95th percentile, {holding}",
            slowest_but_five_percent([reader.open(address) for address in islice(addresses, rounds)]),
            "ms",
            slowest_but_five_percent([nobody.open("/accounts/login/") for _ in range(rounds)]),
            "log-in page",
            limit=LIMIT_OF_TODAY if what == "desk" else LIMIT,
        )
        for what, (reader, addresses) in pages.items()
    ]


def _months(now: datetime) -> Iterator[str]:
    """Yield the address of this month and, in turns, those of earlier months, with the pages of their lists."""
    for number in cycle(range(97)):
        on = calendar.local_date(now - timedelta(days=31 * number))
        yield "/"
        yield f"/calendar/{on.year}/{on.month}/?page={1 + number % 12}"


def _lists() -> Iterator[str]:
    for number in cycle(range(1, 331, 7)):
        yield "/reports/"
        yield f"/reports/?show=decided&page={number}"

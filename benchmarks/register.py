"""How long the register of many breach reports takes, and the figures that are counted from it.

Every tenth release of nine years was late, and nearly all reports on these are decided. The measured time is that of
the request inside the process, with the database on the same machine and no web server. Lists, filters, later pages,
years and producers are requested in turns. The floor is the log-in page, which needs the same framework and has no
list. Figures are counted from some twenty thousand verdicts of two years. Their limit is lower than that of lists.
"""

from datetime import UTC, datetime
from itertools import cycle, islice

from benchmarks import office
from benchmarks.reader import Reader, slowest_but_five_percent
from benchmarks.row import Limit, Row
from breaches.models import Report
from releases.models import Release
from releases.rules import calendar

LIMIT = Limit(100.0)
LIMIT_OF_FIGURES = Limit(60.0)
LISTS = ("the register", "the register, narrowed")
REGISTER = "/reports/register/"


def measure(size: int, *, rounds: int) -> list[Row]:
    """Open every page `rounds` times, in turns with the floor."""
    now = datetime.now(UTC)
    everyone = office.found()
    office.fill(everyone, releases=size, late=size // 10, now=now)
    person, nobody = Reader(everyone.head), Reader(None)
    year = calendar.local_date(now).year
    pages = {
        "the register": [REGISTER, *(f"{REGISTER}?page={number}" for number in range(2, 330, 29))],
        "the register, narrowed": _narrowed(year),
        "the figures of every producer": [f"{REGISTER}figures/?year={year - back}" for back in range(8)],
        "the figures of one producer": [
            f"{REGISTER}figures/?year={year - 1}&producer=office-{number}" for number in range(10)
        ],
    }
    holding = f"{Release.objects.count():,} releases, {Report.objects.count():,} reports"
    for addresses in pages.values():
        person.open(addresses[0])
    nobody.open("/accounts/login/")
    return [
        Row(
            f"{what}, 95th percentile, {holding}",
            slowest_but_five_percent([person.open(address) for address in islice(cycle(addresses), rounds)]),
            "ms",
            slowest_but_five_percent([nobody.open("/accounts/login/") for _ in range(rounds)]),
            "log-in page",
            limit=LIMIT if what in LISTS else LIMIT_OF_FIGURES,
        )
        for what, addresses in pages.items()
    ]


def _narrowed(year: int) -> list[str]:
    questions = (
        "producer=office-3",
        "producer=office-7&series=absence-7",
        "kind=late",
        "state=draft",
        "decision=reported",
        "decision=dismissed.exemption&page=2",
        "practice=2.0+T3.6",
        "practice=3.0+3.6&decision=reported",
        f"first={year - 3}-01-01&last={year - 3}-03-31",
        f"producer=office-11&first={year - 5}-01-01&decision=dismissed",
    )
    return [f"{REGISTER}?{question}" for question in questions]

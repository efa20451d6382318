"""A year at a glance for a producer's own people: its releases day by day, holidays, clashes and gaps in a rhythm."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Count

from releases.calendar import crowds
from releases.core.dates import calendar, london, rhythm
from releases.core.dates.calendar import Nation, Precision
from releases.core.dates.rhythm import Gap, Pace
from releases.core.looks.pacing import Crowd
from releases.models import Producer, Release, Series
from releases.models.release import ReleaseQuerySet

# A year's page with more releases than this is of no use to a person; it asks for a narrower choice.
MOST_LISTED = 1000
MOST_CLASHES = 50
# Of a yearly series five years are six beats.
PAST_THAT_COUNTS = timedelta(days=5 * 366)
# A release that comes so long after New Year may still fill the last expected period of a year.
BEYOND = timedelta(days=200)
# Code of Practice for Statistics, edition 2.1, T3.1 (3.0: 3.1): a calendar is kept twelve months ahead.
KEPT_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A bank holiday, and in which of the nations shown it is one; `everywhere` if in all of them."""

    title: str
    nations: tuple[Nation, ...]
    everywhere: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the wall: how many releases of each status it has, and whether offices work on it."""

    on: date
    statuses: tuple[tuple[str, int], ...]
    holidays: tuple[Holiday, ...]

    @property
    def is_weekend(self) -> bool:
        """Whether it is a Saturday or a Sunday."""
        return self.on.weekday() >= 5


@dataclass(frozen=True, slots=True)
class Month:
    """One month: all of its days and what has no day yet, for the wall; the releases one by one, for the list."""

    first: date
    days: tuple[Day, ...]
    undated: tuple[tuple[str, int], ...] = ()
    entries: dict[date, list[Release]] = field(default_factory=dict)
    vague: list[Release] = field(default_factory=list)

    @property
    def days_missing(self) -> int:
        """By how many days it is shorter than the longest month."""
        return 31 - len(self.days)

    @property
    def listed(self) -> list[tuple[Day, list[Release]]]:
        """The days that the list names, each with its releases."""
        return [(day, self.entries.get(day.on, [])) for day in self.days if day.on in self.entries or day.holidays]


@dataclass(frozen=True, slots=True)
class Clash:
    """Releases of one's own that are due at the same host at the same aware instant."""

    due_at: datetime
    place: str
    releases: tuple[Release, ...]


@dataclass(frozen=True, slots=True)
class Uneven:
    """A series that has a pace, and the expected periods of the year in which nothing is planned."""

    series: Series
    pace: Pace
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class YearPlan:
    """A year of some series. `total` counts all releases; where there are too many of them, none is listed.

    `clashes_left_out` counts the clashes beyond the longest list, which begins with the year.
    """

    year: int
    months: list[Month]
    total: int
    clashes: list[Clash]
    clashes_left_out: int
    uneven: list[Uneven]
    holidays_unknown: bool

    @property
    def is_listed(self) -> bool:
        """Whether the releases are listed one by one."""
        return self.total <= MOST_LISTED


def of(producers: Collection[Producer], series: Series | None, *, year: int, now: datetime) -> YearPlan:
    """Return a year as it is planned, with a constant number of queries.

    :param producers: those whose releases are shown; the caller has asked whether the person may see them.
    :param series: the one series to which it is narrowed, or None.
    :param now: the aware instant that parts what is past, from which a rhythm follows, from what is to come.
    """
    shown = Release.objects.official().filter(series__producer__in=producers)
    if series is not None:
        shown = shown.filter(series=series)
    in_year = shown.filter(planned_on__year=year)
    counted = list(
        in_year.values_list("planned_on", "precision", "status").annotate(Count("pk")).order_by("planned_on", "status")
    )
    total = sum(count for *_, count in counted)
    holidays = _holidays(year, nations={Nation(producer.nation) for producer in producers})
    months = list(_months(year, counted, holidays))
    if total <= MOST_LISTED:
        _fill(months, in_year.select_related("series__producer"))
    found = _clashing(in_year, Release.objects.official().filter(series__producer__in=producers))
    return YearPlan(
        year=year,
        months=months,
        total=total,
        clashes=_named(found[:MOST_CLASHES]),
        clashes_left_out=max(0, len(found) - MOST_CLASHES),
        uneven=_uneven(shown, year=year, today=london.local_date(now)),
        holidays_unknown=not holidays,
    )


def _holidays(year: int, *, nations: Collection[Nation]) -> dict[date, tuple[Holiday, ...]]:
    found: dict[date, dict[str, list[Nation]]] = defaultdict(lambda: defaultdict(list))
    for nation in sorted(nations):
        for on, title in calendar.bank_holidays(year, nation=nation).items():
            found[on][title].append(nation)
    return {
        on: tuple(Holiday(title, tuple(where), len(where) == len(nations)) for title, where in titles.items())
        for on, titles in found.items()
    }


def _months(
    year: int, counted: Iterable[tuple[date, str, str, int]], holidays: dict[date, tuple[Holiday, ...]]
) -> Iterator[Month]:
    statuses: dict[date, Counter[str]] = defaultdict(Counter)
    undated: dict[int, Counter[str]] = defaultdict(Counter)
    for on, precision, status, count in counted:
        place = statuses[on] if precision == Precision.EXACT else undated[on.month]
        place[status] += count
    first = date(year, 1, 1)
    days = [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]
    for month, of_month in groupby(days, key=lambda day: day.replace(day=1)):
        each = (Day(on, tuple(statuses[on].items()), holidays.get(on, ())) for on in of_month)
        yield Month(month, tuple(each), tuple(undated[month.month].items()))


def _fill(months: Sequence[Month], releases: ReleaseQuerySet) -> None:
    for release in releases.order_by("planned_on", "planned_at", "title", "pk"):
        month = months[release.planned_on.month - 1]
        if release.due_at is None:
            month.vague.append(release)
        else:
            month.entries.setdefault(release.planned_on, []).append(release)


def _clashing(shown: ReleaseQuerySet, own: ReleaseQuerySet) -> list[Crowd]:
    """Find the clashes of the releases shown, with whatever else of the same people stands in their way."""
    instants = shown.filter(due_at__isnull=False).values("due_at")
    keys = set(shown.values_list("pk", flat=True))
    return [crowd for crowd in crowds.among(own.filter(due_at__in=instants)) if keys & set(crowd.releases)]


def _named(found: Sequence[Crowd]) -> list[Clash]:
    named = Release.objects.in_bulk({key for crowd in found for key in crowd.releases})
    return [
        Clash(crowd.due_at, crowd.place, tuple(named[key] for key in crowd.releases if key in named)) for crowd in found
    ]


def _uneven(shown: ReleaseQuerySet, *, year: int, today: date) -> list[Uneven]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    until = min(last, today + KEPT_AHEAD)
    about = shown.filter(planned_on__gte=min(first, today) - PAST_THAT_COUNTS, planned_on__lte=last + BEYOND)
    beats: dict[int, list[date]] = defaultdict(list)
    for key, on, precision in about.values_list("series_id", "planned_on", "precision"):
        beats[key].append(rhythm.beat(on, precision=Precision(precision)))
    found = {}
    for key, days in beats.items():
        pace = rhythm.pace_of(day for day in days if day <= today)
        if pace is not None and (gaps := rhythm.gaps(days, pace, start=first, end=until)):
            found[key] = (pace, gaps)
    named = Series.objects.filter(pk__in=found).select_related("producer").order_by("title")
    return [Uneven(series, *found[series.pk]) for series in named]

"""How far apart the parts of one release were published, as the checks prove it."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from statistics import median

from releases.rules.parts import Part
from releases.verdict.address import Interval, Outcome
from releases.verdict.release import JudgedAddress, find_main_pages

_DETERMINED = frozenset({Outcome.EARLY, Outcome.ON_TIME, Outcome.LATE})
LATE = frozenset({Outcome.LATE, Outcome.NOT_SEEN})


@dataclass(frozen=True, slots=True)
class PartLag[T: JudgedAddress]:
    """One part, and how many seconds after the first part it was published.

    `lag` is None if the checks do not show it. Its upper bound is None while the part is not live. Its lower bound is 0
    if the part may have been published together with the first one.
    """

    part: T
    lag: Interval | None

    @property
    def is_late(self) -> bool:
        """Whether the part missed its limit. A part that is not required has no limit."""
        return self.part.required and self.part.verdict.outcome in LATE


@dataclass(frozen=True, slots=True)
class Spread[T: JudgedAddress]:
    """The parts of one release in order. `first` is the part from which lags are counted; None if unknown."""

    first: T | None
    parts: tuple[PartLag[T], ...]

    @property
    def others(self) -> list[PartLag[T]]:
        return [one for one in self.parts if one.part is not self.first]

    def find_notable(self, *, tolerance_seconds: int) -> list[PartLag[T]]:
        """Return the parts that were late, or certainly later than the first part by more than the tolerance."""
        return [
            one
            for one in self.others
            if one.is_late or (one.lag is not None and one.lag.from_seconds > tolerance_seconds)
        ]


def measure_spread[T: JudgedAddress](addresses: Sequence[T]) -> Spread[T] | None:
    """Measure how long after the first part each part of a release was published.

    The first part is the main page, unless another part was certainly live before it. Each delay is known only as an
    interval, so the time between two parts is an interval too.

    :return: None if the release has fewer than two parts, or no part with a name.
    """
    parts = [one for one in addresses if one.part or one.required]
    if len(parts) < 2 or not any(one.part for one in parts):
        return None
    first = _find_first(parts)
    return Spread(first, tuple(PartLag(one, _measure_lag(one, first)) for one in parts))


def _publication(part: JudgedAddress) -> Interval | None:
    """Return the seconds after the due time between which a part was published, None if the checks do not show it."""
    outcome, delay = part.verdict.outcome, part.verdict.delay
    is_determined = outcome in _DETERMINED and delay is not None and delay.to_seconds is not None
    return delay if is_determined or outcome is Outcome.NOT_SEEN else None


def _find_first[T: JudgedAddress](parts: Sequence[T]) -> T | None:
    published = [
        (one, delay.from_seconds, delay.to_seconds)
        for one in parts
        if (delay := _publication(one)) and delay.to_seconds is not None
    ]
    if not published:
        return None
    first, _from_seconds, first_live_by = min(published, key=itemgetter(2))
    main_pages = find_main_pages(parts)
    for one, from_seconds, _to_seconds in published:
        if one in main_pages:
            return one if from_seconds <= first_live_by else first
    return first


def _measure_lag(part: JudgedAddress, first: JudgedAddress | None) -> Interval | None:
    delay, since = _publication(part), _publication(first) if first else None
    if delay is None or since is None or since.to_seconds is None:
        return None
    if part is first:
        return Interval(0.0, 0.0)
    lower = max(0.0, delay.from_seconds - since.to_seconds)
    return Interval(lower, None if delay.to_seconds is None else delay.to_seconds - since.from_seconds)


@dataclass(frozen=True, slots=True)
class PartFigures:
    """Figures for one part, over all releases that have it: how long after the first part it was published.

    `median` and `longest` are intervals, because each time is known only as an interval. An upper bound is None if it
    depends on a part that was not live yet. Both are None if the checks show no time.
    """

    part: Part
    releases: int
    late: int
    not_known: int
    median: Interval | None
    longest: Interval | None


def summarise_lags[T: JudgedAddress](spreads: Iterable[Spread[T]]) -> list[PartFigures]:
    """Summarise how long after the first part each named part was published, the part that lags most first.

    The median of the lower bounds is never above the true median, and the median of the upper bounds is never below it.
    """
    lags: dict[Part, list[PartLag[T]]] = defaultdict(list)
    for spread in spreads:
        for one in spread.parts:
            if one.part.part:
                lags[one.part.part].append(one)
    figures = [_figures_of(part, found) for part, found in lags.items()]
    return sorted(figures, key=lambda one: (one.median is None, -(one.median or Interval(0, 0)).from_seconds, one.part))


def _figures_of[T: JudgedAddress](part: Part, lags: Sequence[PartLag[T]]) -> PartFigures:
    known = [one.lag for one in lags if one.lag is not None]
    lower = [lag.from_seconds for lag in known]
    upper = [math.inf if lag.to_seconds is None else lag.to_seconds for lag in known]
    return PartFigures(
        part=part,
        releases=len(lags),
        late=sum(one.is_late for one in lags),
        not_known=len(lags) - len(known),
        median=_interval(median(lower), median(upper)) if known else None,
        longest=_interval(max(lower), max(upper)) if known else None,
    )


def _interval(from_seconds: float, to_seconds: float) -> Interval:
    return Interval(from_seconds, None if math.isinf(to_seconds) else to_seconds)

"""Measure the time between the publication of the parts of a release."""

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
    """A part of a release, and its lag in seconds behind the part that was published first.

    `lag` is None if the checks do not show it. If the part is not live yet, the upper bound is None. If the part may
    have been published together with the first part, the lower bound is 0.
    """

    part: T
    lag: Interval | None

    @property
    def is_late(self) -> bool:
        """Whether the part missed its limit. Only required parts have a limit."""
        return self.part.required and self.part.verdict.outcome in LATE


@dataclass(frozen=True, slots=True)
class Spread[T: JudgedAddress]:
    """The parts of a release in order, each with its lag.

    Lags are measured from the part `first`. If the checks do not show when any part was published, `first` is None.
    """

    first: T | None
    parts: tuple[PartLag[T], ...]

    @property
    def others(self) -> list[PartLag[T]]:
        return [one for one in self.parts if one.part is not self.first]

    def find_notable(self, *, tolerance_seconds: int) -> list[PartLag[T]]:
        """Return the parts except `first` that were late, or whose lag is certainly longer than the tolerance."""
        return [
            one
            for one in self.others
            if one.is_late or (one.lag is not None and one.lag.from_seconds > tolerance_seconds)
        ]


def measure_spread[T: JudgedAddress](addresses: Sequence[T]) -> Spread[T] | None:
    """Measure how long after the first part each part of a release was published.

    The first part is the main page, unless another part was certainly live before it. The time at which a part was
    published is known only as an interval, so each lag is an interval too.

    :return: None if the release has fewer than two parts, or if no part has a name.
    """
    parts = [one for one in addresses if one.part or one.required]
    if len(parts) < 2 or not any(one.part for one in parts):
        return None
    first = _find_first(parts)
    return Spread(first, tuple(PartLag(one, _measure_lag(one, first)) for one in parts))


def _publication(part: JudgedAddress) -> Interval | None:
    """Return the interval in which a part was published, in seconds after the due time.

    Return None if the checks do not show this interval.
    """
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
    """Figures about the lag of one part in all releases that have this part.

    `not_known` is the number of releases in which the checks do not show the lag. `median` and `longest` are intervals,
    because each lag is known only as an interval. If a figure depends on a part that was not live yet, its upper bound
    is None. If no lag is known, `median` and `longest` are None.
    """

    part: Part
    releases: int
    late: int
    not_known: int
    median: Interval | None
    longest: Interval | None


def summarise_lags[T: JudgedAddress](spreads: Iterable[Spread[T]]) -> list[PartFigures]:
    """Return figures about the lag of each named part, sorted by the median lag, the longest first.

    The interval of the median starts at the median of the lower bounds and ends at the median of the upper bounds. The
    true median always lies in this interval.
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

"""The short number of a report: BR-2026-014. It counts the reports of one producer in one year."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from breaches.rules.lifecycle import RESTRICTED, ReportKind
from releases.rules.calendar import local_date


class NumberSeries(StrEnum):
    """The letters before the position. For each producer and year, each series has its own positions."""

    OFFICIAL = ""
    REHEARSAL = "R"
    # These two series have random positions, because a gap or a high position would show how many such reports there
    # are.
    CONFIDENTIAL = "C"
    CONFIDENTIAL_REHEARSAL = "RC"


IN_ORDER = frozenset({NumberSeries.OFFICIAL, NumberSeries.REHEARSAL})
# Random positions have four digits.
LEAST_RANDOM, MOST_RANDOM = 1000, 9999

_WRITTEN = re.compile(r"\s*BR\s*[-–/ ]\s*(\d{4})\s*[-–/ ]\s*(RC|R|C|)\s*(\d{1,9})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReportNumber:
    """A number; it is unique together with the producer."""

    year: int
    series: NumberSeries
    position: int

    def __str__(self) -> str:
        return f"BR-{self.year}-{self.series}{self.position:03}"


def series_of(kind: ReportKind, *, rehearsal: bool) -> NumberSeries:
    # Few people may know of an early release before it is published (decision 73), so its number is confidential too.
    if kind in RESTRICTED or kind is ReportKind.EARLY:
        return NumberSeries.CONFIDENTIAL_REHEARSAL if rehearsal else NumberSeries.CONFIDENTIAL
    return NumberSeries.REHEARSAL if rehearsal else NumberSeries.OFFICIAL


def year_of(drafted_at: datetime) -> int:
    """Return the year of a report's number: the year of the London day on which the report was drafted."""
    return local_date(drafted_at).year


def parse_number(text: str) -> ReportNumber | None:
    """Read a number as people type it, such as "br-2026-14"; None if the text is not one."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    year, series, position = found.groups()
    return ReportNumber(int(year), NumberSeries(series.upper()), int(position))

"""The short number of a report, such as BR-2026-014.

Reports are numbered separately for each producer and year.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from breaches.rules.lifecycle import RESTRICTED, ReportKind
from releases.rules.calendar import local_date


class NumberSeries(StrEnum):
    """The letters before the position in a report number.

    Positions are assigned separately for each producer, year and series.
    """

    OFFICIAL = ""
    REHEARSAL = "R"
    # Positions in these two series are random. Otherwise, gaps or high positions would show how many confidential
    # reports there are.
    CONFIDENTIAL = "C"
    CONFIDENTIAL_REHEARSAL = "RC"


IN_ORDER = frozenset({NumberSeries.OFFICIAL, NumberSeries.REHEARSAL})
# Random positions have four digits.
LEAST_RANDOM, MOST_RANDOM = 1000, 9999

# A run of spaces can be read in one way only, so that thousands of spaces are searched once.
_BETWEEN = r"\s*+(?:[-–/]\s*+|(?<=\s))"
_WRITTEN = re.compile(rf"\s*BR{_BETWEEN}(\d{{4}}){_BETWEEN}(RC|R|C|)\s*+(\d{{1,9}})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReportNumber:
    """The number of a report. Two reports of the same producer cannot have the same number."""

    year: int
    series: NumberSeries
    position: int

    def __str__(self) -> str:
        return f"BR-{self.year}-{self.series}{self.position:03}"


def series_of(kind: ReportKind, *, rehearsal: bool) -> NumberSeries:
    # Few people may know about an early release before it is published (decision 73). So reports about early releases
    # also get a confidential number.
    if kind in RESTRICTED or kind is ReportKind.EARLY:
        return NumberSeries.CONFIDENTIAL_REHEARSAL if rehearsal else NumberSeries.CONFIDENTIAL
    return NumberSeries.REHEARSAL if rehearsal else NumberSeries.OFFICIAL


def year_of(drafted_at: datetime) -> int:
    """Return the year for a report's number. This is the year in which the report was drafted, in London time."""
    return local_date(drafted_at).year


def parse_number(text: str) -> ReportNumber | None:
    """Parse a report number as people type it, such as "br-2026-14".

    Return None if the text is not a report number.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    year, series, position = found.groups()
    return ReportNumber(int(year), NumberSeries(series.upper()), int(position))

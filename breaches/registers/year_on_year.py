"""A year beside the year before, counted as a whole and by quarter, and the tables and charts that show it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from breaches.core.figures.figures import Figures, History, by_quarter, by_year, figures_of, repeat_causes
from breaches.core.figures.quarter import Quarter, quarters_of
from breaches.core.printed.chart import Bar, Chart, Group
from breaches.core.status import Cause
from breaches.words.figures_wording import months

type Pair = tuple[Figures, Figures]
# The address of the register, or of figures, narrowed to what is named.
type Address = Callable[..., str]

NOTHING = figures_of(History())


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is about, its figures, and where the reports behind it are listed."""

    name: str
    cells: Sequence[str]
    address: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its caption, the heading of each column, its lines, and the chart of some of its figures.

    `nothing` is what is said in its place where there is no line.
    """

    key: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    chart: Chart | None = None
    nothing: str = ""

    @property
    def labelled(self) -> Sequence[tuple[Row, Sequence[tuple[str, str]]]]:
        """Its lines, each with its figures beside the heading of their column, for screens without room for columns."""
        return [(row, list(zip(self.columns[1:], row.cells, strict=True))) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Counted:
    """A year beside the year before, counted as a whole and by quarter.

    `again` are the causes that came again within the two years, by the key of the producer who had them.
    """

    year: int
    whole: Pair
    quarters: Mapping[Quarter, Pair]
    again: Mapping[tuple[int, Cause], Counter[Quarter]]


def count(history: History, year: int) -> Counted:
    """Count a history of two years once, for every table of it.

    :param year: the later of the two.
    """
    parts = {part: figures_of(of) for part, of in by_quarter(history).items()}
    quarters = {one: (parts.get(one, NOTHING), parts.get(one.a_year_before, NOTHING)) for one in quarters_of(year)}
    return Counted(year, both_years(history, year), quarters, repeat_causes(history.cases))


def both_years(history: History, year: int) -> Pair:
    """Count a year and the year before."""
    years = by_year(history)
    now, before = (figures_of(years[one]) if one in years else NOTHING for one in (year, year - 1))
    return now, before


def in_year(quarters: Mapping[Quarter, int], year: int) -> int:
    """Add up what was counted by quarter in one year."""
    return sum(number for quarter, number in quarters.items() if quarter.year == year)


def side_by_side(counted: Counted, figure: Callable[[Figures], tuple[str, float | None]]) -> list[Group]:
    """Draw a figure of each quarter beside that of a year before."""
    return [
        Group(months(one), [Bar(str(counted.year), *figure(now)), Bar(str(counted.year - 1), *figure(before))])
        for one, (now, before) in counted.quarters.items()
    ]

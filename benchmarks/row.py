"""One line of the table: the measurement, its floor in the same run, and its limit."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

# For these units a larger figure is better.
RATES = frozenset({"checks/s", "requests/s", "%"})


@dataclass(frozen=True, slots=True)
class Limit:
    """The largest allowed figure, or ratio to the floor. For a rate it is the smallest one."""

    value: float
    of: Literal["figure", "ratio"] = "figure"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure and its floor.

    `queries` has the number of queries with the smaller and with the larger size; both must be the same. `rounds` has
    the figures of all rounds, of which this row is the middle one.
    """

    what: str
    figure: float
    unit: str
    floor: float | None = None
    floor_is: str = ""
    limit: Limit | None = None
    queries: tuple[int, int] | None = None
    rounds: tuple[float, ...] = ()

    @property
    def ratio(self) -> float | None:
        """The figure as a multiple of its floor."""
        return self.figure / self.floor if self.floor else None

    @property
    def share(self) -> float | None:
        """The used part of the limit: above 1 the limit is missed; None without a limit."""
        if self.limit is None:
            return None
        value = self.figure if self.limit.of == "figure" else self.ratio
        assert value is not None, f"{self.what}: a limit of the ratio needs a floor"
        if self.unit in RATES:
            return self.limit.value / value if value else math.inf
        if not self.limit.value:
            return math.inf if value else 0.0
        return value / self.limit.value

    @property
    def held(self) -> bool:
        """Whether the limit is met, and the number of queries is the same with the larger size."""
        grows = self.queries is not None and self.queries[0] != self.queries[1]
        return not grows and (self.share is None or self.share <= 1)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read a row from the result of `to_json`."""
        limit, queries = value["limit"], value["queries"]
        return cls(
            **value
            | {
                "limit": Limit(**limit) if limit else None,
                "queries": (queries[0], queries[1]) if queries else None,
                "rounds": tuple(value["rounds"]),
            }
        )


def middle(rows: Sequence[Row]) -> Row:
    """Return the row of the middle round, by its figure, with the figures of all rounds.

    If the number of rounds is even, this is the worse of the two rounds in the middle.

    :param rows: the same line of the table in each round.
    """
    ordered = sorted(rows, key=lambda row: row.figure, reverse=rows[0].unit in RATES)
    chosen = ordered[len(ordered) // 2]
    every = tuple(row.figure for row in rows) if len(rows) > 1 else ()
    return Row.from_json(chosen.to_json() | {"rounds": every})

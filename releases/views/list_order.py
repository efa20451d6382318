"""Sort a list by the column that a person chooses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.db.models.expressions import BaseExpression, Combinable
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils.translation import gettext as _

from releases.rules.lifecycle import Status

PARAMETER = "sort"
DESCENDING = "-"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list.

    `by` is the field or expression by which the column sorts a query. If `by` is None, the list cannot be sorted by
    this column. For lists in memory, the sort keys are passed to `ListOrder.sort_rows`.

    If `descending_first` is true, the first click on the heading sorts the list in descending order. This is used for
    dates.
    """

    label: Any
    by: str | BaseExpression | Combinable | None = None
    descending_first: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column, as it is shown.

    `query` is the query string that sorts the list by this column. `direction` is the value of `aria-sort`.
    """

    label: Any
    query: str
    direction: str


class ListOrder:
    """The order of a list, read from the parameter `sort` in the query string.

    The value of `sort` is the name of a column. If it begins with "-", the order is descending. If `sort` is missing or
    invalid, the list keeps its default order.
    """

    def __init__(self, query: QueryDict, columns: Mapping[str, Column], *, default: str = "") -> None:
        """:param default: the value of `sort` that matches the default order of the list, if there is one."""
        self.query, self.columns = query, columns
        chosen = query.get(PARAMETER, "")
        found = columns.get(chosen.removeprefix(DESCENDING))
        self.chosen = chosen if found and found.by is not None else ""
        self.shown = self.chosen or default

    def sort[Q: QuerySet[Any]](self, found: Q) -> Q:
        """Sort rows by the chosen column.

        Rows without a value come last. Rows with equal values keep the default order of the list.
        """
        if not self.chosen:
            return found
        by = self.columns[self.chosen.removeprefix(DESCENDING)].by
        expression: Any = F(by) if isinstance(by, str) else by
        descending = self.chosen.startswith(DESCENDING)
        order = expression.desc(nulls_last=True) if descending else expression.asc(nulls_last=True)
        own = found.query.order_by or (*found.model._meta.ordering, "-pk")
        return found.order_by(order, *own)

    def sort_rows[R](self, rows: Sequence[R], keys: Mapping[str, Callable[[R], Any]]) -> list[R]:
        """Sort rows by the key of the chosen column. Rows whose key is None come last.

        If the column has no key, the default order is kept, or reversed for descending order.

        :param keys: a dict that maps the names of columns to functions that return the sort key of a row.
        """
        key = keys.get(self.chosen.removeprefix(DESCENDING))
        descending = self.chosen.startswith(DESCENDING)
        if key is None:
            return list(reversed(rows)) if descending else list(rows)
        with_value = [row for row in rows if key(row) is not None]
        without = [row for row in rows if key(row) is None]
        return [*sorted(with_value, key=key, reverse=descending), *without]

    @property
    def headings(self) -> Sequence[Heading]:
        return [self._heading(name, column) for name, column in self.columns.items()]

    def _heading(self, name: str, column: Column) -> Heading:
        if column.by is None:
            return Heading(column.label, "", "")
        is_shown = self.shown.removeprefix(DESCENDING) == name
        is_descending = self.shown.startswith(DESCENDING)
        descending_next = not is_descending if is_shown else column.descending_first
        query = self.query.copy()
        query.pop("page", None)
        query[PARAMETER] = f"{DESCENDING}{name}" if descending_next else name
        direction = ("descending" if is_descending else "ascending") if is_shown else ""
        return Heading(column.label, f"?{query.urlencode()}", direction)


def place_in(values: Iterable[str], *, field: str) -> Case:
    """Return an expression that sorts rows by a field, in the order of the given values."""
    places = (When(**{field: value}, then=Value(place)) for place, value in enumerate(values))
    return Case(*places, output_field=IntegerField())


def release_columns() -> dict[str, Column]:
    """Return the columns of templates/releases/release_table.html."""
    return {
        "date": Column(_("Date and time"), "planned_on"),
        "release": Column(_("Release"), Lower("title")),
        "series": Column(_("Series"), Lower("series__title")),
        "producer": Column(_("Producer"), Lower("series__producer__name")),
        "status": Column(_("Status"), place_in(Status, field="status")),
    }

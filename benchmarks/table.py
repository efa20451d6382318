"""The table as text: one line for each row, with columns as narrow as possible."""

from collections.abc import Sequence

from benchmarks.row import RATES, Row

HEADINGS = ("what", "figure", "rounds", "floor", "ratio", "limit", "queries", "")
BELONGING_LEFT = {0, 3, 7}


def written(rows: Sequence[Row]) -> str:
    """Write the rows below one another, each with whether its limit is met."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in BELONGING_LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def cells(row: Row) -> tuple[str, ...]:
    """Write the cells of one row."""
    return (
        row.what,
        f"{number(row.figure)} {row.unit}",
        f"{number(min(row.rounds))} to {number(max(row.rounds))}" if row.rounds else "",
        f"{number(row.floor)} {row.unit}: {row.floor_is}" if row.floor is not None else "",
        f"{row.ratio:.2f}" if row.ratio is not None else "",
        _limit(row),
        "{} and {}".format(*row.queries) if row.queries else "",
        _verdict(row),
    )


def number(value: float) -> str:
    """Write a number with three significant digits, or with all digits of its whole part."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _limit(row: Row) -> str:
    if row.limit is None:
        return ""
    bound = "at least" if row.unit in RATES else "at most"
    unit = f" {row.unit}" if row.limit.of == "figure" else " x"
    return f"{bound} {row.limit.value:g}{unit}"


def _verdict(row: Row) -> str:
    if row.held:
        return "held" if row.limit or row.queries else ""
    return f"MISSED, {row.share:.2f} of the limit" if row.share and row.share > 1 else "MISSED, more queries"

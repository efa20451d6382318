"""The yearly compliance table of a producer, the lists behind its figures, and the release practice policy."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from releases.rules.canonical import canonical_json, digest_json, sha256_hex

# The format numbers of the approved content. In format 1, the content has no digest of lists.
FORMAT_WITHOUT_LISTS, FORMAT = 1, 2
# The format number of the lists. In format 1, rows have no sort keys.
LISTS_FORMAT = 2


class PolicySection(StrEnum):
    """The sections of a release practice policy that people write, in the order of printing.

    The subjects are those of the practices on orderly release (edition 2.1: T3.1 to T3.6; edition 3.0: 3.1 to 3.6).
    """

    INTRODUCTION = "introduction"
    ANNOUNCEMENT = "announcement"
    DATE_CHANGES = "date_changes"
    ACCESS = "access"
    TIMELINESS = "timeliness"
    BREACHES = "breaches"
    NOTES = "notes"


# The sections that are printed before the table, and the sections that are printed after it.
BEFORE_TABLE = tuple(section for section in PolicySection if section is not PolicySection.NOTES)
AFTER_TABLE = (PolicySection.NOTES,)


class Figure(StrEnum):
    """One line of the table. The values are stored and used in URLs."""

    DUE = "due"
    ON_TIME = "on_time"
    NOT_ON_TIME = "not_on_time"
    NOT_DETERMINED = "not_determined"
    NO_RESULT = "no_result"
    RATE = "rate"
    FOUR_WEEKS = "four_weeks"
    SHORT_NOTICE = "short_notice"
    NOT_ANNOUNCED = "not_announced"
    LEAST_NOTICE = "least_notice"
    MOVED = "moved"
    MOVED_BY_HEAD = "moved_by_head"
    MOVED_BY_DEPUTY = "moved_by_deputy"
    MOVED_PROVISIONAL = "moved_provisional"
    ACCESS_RELEASES = "access_releases"
    ACCESS_POSTS = "access_posts"
    MOST_POSTS = "most_posts"
    EXEMPTIONS = "exemptions"
    EXEMPTED = "exempted"
    EXCEPTIONS = "exceptions"
    REPORTED = "reported"
    NOT_SENT = "not_sent"
    RECORDED = "recorded"
    ACTIONS_DONE = "actions_done"
    ACTIONS_OPEN = "actions_open"
    ACTIONS_OVERDUE = "actions_overdue"


class Group(StrEnum):
    RELEASES = "releases"
    NOTICE = "notice"
    DATE_CHANGES = "date_changes"
    ACCESS = "access"
    EXEMPTIONS = "exemptions"
    BREACHES = "breaches"
    ACTIONS = "actions"


GROUPS: Mapping[Group, Sequence[Figure]] = {
    Group.RELEASES: (
        Figure.DUE,
        Figure.ON_TIME,
        Figure.NOT_ON_TIME,
        Figure.NOT_DETERMINED,
        Figure.NO_RESULT,
        Figure.RATE,
    ),
    Group.NOTICE: (Figure.FOUR_WEEKS, Figure.SHORT_NOTICE, Figure.NOT_ANNOUNCED, Figure.LEAST_NOTICE),
    Group.DATE_CHANGES: (Figure.MOVED, Figure.MOVED_BY_HEAD, Figure.MOVED_BY_DEPUTY, Figure.MOVED_PROVISIONAL),
    Group.ACCESS: (Figure.ACCESS_RELEASES, Figure.ACCESS_POSTS, Figure.MOST_POSTS),
    Group.EXEMPTIONS: (Figure.EXEMPTIONS, Figure.EXEMPTED, Figure.EXCEPTIONS),
    Group.BREACHES: (Figure.REPORTED, Figure.NOT_SENT, Figure.RECORDED),
    Group.ACTIONS: (Figure.ACTIONS_DONE, Figure.ACTIONS_OPEN, Figure.ACTIONS_OVERDUE),
}


@dataclass(frozen=True, slots=True)
class ComplianceTable:
    """The figures of a producer for a year, as they are printed.

    `until` is the last London day that the figures cover. For a past year, this is 31 December. For the present year,
    it is the day on which the figures were counted.
    """

    year: int
    until: date
    values: Mapping[Figure, str]
    tolerances: tuple[int, ...] = ()
    """The tolerances of the counted releases, in seconds."""

    @property
    def is_whole_year(self) -> bool:
        return self.until == date(self.year, 12, 31)


class PersonalText(StrEnum):
    """A kind of text that may contain personal data.

    These texts are not copied into frozen lists, because they may have to be removed from the record.
    """

    ACCOUNT_NAME = "account_name"
    ACTION_TEXT = "action_text"
    OUTPUT_TITLE = "output_title"


@dataclass(frozen=True, slots=True)
class PersonalCell:
    """A cell with text that may contain personal data.

    `key` is the primary key of the account, corrective action or report that has the text.
    """

    column: int
    text: PersonalText
    key: int


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of the list behind a figure.

    A row can link to a release or a report, whose reference is in `release` or `report`.

    Cells that cannot be sorted as text have a sort key. Each item of `keys` has the number of a column (from 0) and the
    sort key of its cell, which is an ISO date, an ISO instant in UTC or a count. All sort keys of a column have the
    same type.
    """

    cells: tuple[str, ...]
    release: str = ""
    report: str = ""
    personal: PersonalCell | None = None
    keys: tuple[tuple[int, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class FigureList:
    """The list behind a figure.

    A list that was frozen in format 1 cannot be sorted, because the columns have changed since then.
    """

    columns: tuple[str, ...]
    rows: Sequence[ListRow] = ()
    can_be_sorted: bool = True


type FigureLists = Mapping[Figure, FigureList]


@dataclass(frozen=True, slots=True)
class ComplianceContent:
    """The content that a person approves: the table, the policy sections and the digest of the lists.

    Empty sections are not printed. `lists_sha256` is empty if the table was approved without lists.
    """

    producer: str
    table: ComplianceTable
    sections: Mapping[PolicySection, str]
    lists_sha256: str = ""


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One figure that has changed since the approval."""

    figure: Figure
    approved: str
    now: str


def compare_tables(approved: ComplianceTable, now: ComplianceTable) -> tuple[FigureChange, ...]:
    """Return the figures that have changed since the approval, in the order of the table.

    Figures that the product did not have at the time of the approval are left out.
    """
    figures = (figure for group in GROUPS.values() for figure in group if figure in approved.values)
    pairs = ((figure, approved.values[figure], now.values.get(figure, "")) for figure in figures)
    return tuple(FigureChange(*pair) for pair in pairs if pair[1] != pair[2])


def compliance_to_json(content: ComplianceContent) -> dict[str, Any]:
    table = content.table
    lists = {"lists_sha256": content.lists_sha256} if content.lists_sha256 else {}
    return {
        "format": FORMAT if lists else FORMAT_WITHOUT_LISTS,
        "producer": content.producer,
        "year": table.year,
        "until": table.until.isoformat(),
        "tolerances": list(table.tolerances),
        "values": {figure.value: value for figure, value in table.values.items()},
        "sections": sections_to_json(content.sections),
        **lists,
    }


def compliance_from_json(stored: Mapping[str, Any]) -> ComplianceContent:
    return ComplianceContent(
        producer=stored["producer"],
        table=ComplianceTable(
            year=stored["year"],
            until=date.fromisoformat(stored["until"]),
            values={Figure(figure): value for figure, value in stored["values"].items()},
            tolerances=tuple(stored["tolerances"]),
        ),
        sections=sections_from_json(stored["sections"]),
        lists_sha256=stored.get("lists_sha256", ""),
    )


def sections_to_json(sections: Mapping[PolicySection, str]) -> dict[str, str]:
    return {section.value: text for section, text in sections.items() if text.strip()}


def sections_from_json(stored: Mapping[str, str]) -> dict[PolicySection, str]:
    return {PolicySection(section): text for section, text in stored.items()}


def compliance_digest(content: ComplianceContent) -> str:
    return digest_json(compliance_to_json(content))


def write_lists(lists: FigureLists) -> bytes:
    """Write lists as canonical JSON, without the texts of personal cells.

    A row that is in several lists is written once. The lists refer to rows by their position.
    """
    rows: dict[ListRow, int] = {}
    written = {
        figure.value: {"columns": each.columns, "rows": [rows.setdefault(row, len(rows)) for row in each.rows]}
        for figure, each in sorted(lists.items())
    }
    return canonical_json({"format": LISTS_FORMAT, "rows": list(map(_row_to_json, rows)), "lists": written})


def _row_to_json(row: ListRow) -> list[Any]:
    cells, personal = list(row.cells), None
    if row.personal:
        cells[row.personal.column] = ""
        personal = [row.personal.column, row.personal.text.value, row.personal.key]
    return [cells, row.release, row.report, personal, row.keys]


def read_lists(written: bytes) -> FigureLists:
    """Read lists from the result of `write_lists`. Cells with personal text are empty."""
    stored = json.loads(written)
    rows = [_row_from_json(row) for row in stored["rows"]]
    return {
        Figure(figure): FigureList(
            tuple(each["columns"]), [rows[place] for place in each["rows"]], can_be_sorted=stored["format"] > 1
        )
        for figure, each in stored["lists"].items()
    }


def _row_from_json(stored: Sequence[Any]) -> ListRow:
    cells, release, report, *more = stored
    # In format 1, a row has no sort keys. It may also have no item for the personal cell.
    personal = more[0] if more else None
    keys = more[1] if len(more) > 1 else []
    row = ListRow(tuple(cells), release, report, keys=tuple((column, key) for column, key in keys))
    if personal is None:
        return row
    column, text, key = personal
    return replace(row, personal=PersonalCell(column, PersonalText(text), key))


def pack_lists(written: bytes) -> bytes:
    return zlib.compress(written)


def unpack_lists(packed: bytes, *, sha256: str) -> bytes | None:
    """Decompress the lists. Return None if that fails, or if the lists do not have this digest."""
    try:
        written = zlib.decompress(packed)
    except zlib.error:
        return None
    return written if sha256_hex(written) == sha256 else None

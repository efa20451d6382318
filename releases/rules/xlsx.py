"""Spreadsheets of Office Open XML (.xlsx), read by openpyxl: typed cells, and of a formula the value kept beside it."""

import io
import warnings
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from releases.rules.table import Cell, Line, Lines, NotATableError, Value, as_cell

_FORMULA, _ERROR, _STRING = "f", "e", "s"
_WIDEST = 60

type _Place = tuple[int, int]


def read_office_open(content: bytes, *, name: str) -> list[Line]:
    """Read the lines of the first visible sheet that hold anything.

    :raises NotATableError: if it cannot be read, or is too large.
    """
    try:
        with warnings.catch_warnings():
            # Of the many things in a workbook that are not cells it says that it leaves them out.
            warnings.simplefilter("ignore")
            lines, formulas = _scanned(content, name=name)
            return _scanned(content, name=name, formulas=formulas)[0] if formulas else lines
    except NotATableError:
        raise
    except Exception as error:
        # What a damaged workbook makes of the library is any exception at all.
        message = f"{name} is damaged: it cannot be read as an XLSX file."
        raise NotATableError(message) from error


def write_office_open(header: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str) -> bytes:
    """Write rows as a workbook of one sheet; every text is a text, whatever it begins with.

    :param title: the sheet's.
    """
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title)
    sheet.freeze_panes = "A2"
    kept = [list(row) for row in rows]
    for place, column in enumerate(header, start=1):
        longest = max([len(column), *(len(as_cell(row[place - 1]).text) for row in kept)])
        sheet.column_dimensions[get_column_letter(place)].width = min(longest, _WIDEST) + 2
    sheet.append([_written(sheet, column, bold=True) for column in header])
    for row in kept:
        sheet.append([_written(sheet, value) for value in row])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _scanned(content: bytes, *, name: str, formulas: Collection[_Place] = ()) -> tuple[list[Line], set[_Place]]:
    """Go through the sheet once; return its lines, and where formulas stand.

    :param formulas: where they stand, if that is known: then their values are read in their place.
    """
    workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=bool(formulas), keep_links=False)
    lines, found = Lines(name), set()
    try:
        sheet = next((sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"), None)
        if sheet is None:
            message = f"{name} holds no sheet."
            raise NotATableError(message)
        for number, row in enumerate(sheet.iter_rows(), start=1):
            lines.scan(number, cells=len(row))
            found |= {(number, place) for place, cell in enumerate(row) if cell.data_type == _FORMULA}
            lines.add(number, [_read(cell, (number, place) in formulas) for place, cell in enumerate(row)])
    finally:
        workbook.close()
    return lines.gathered, found


def _read(cell: Any, is_formula: bool) -> Cell:  # noqa: FBT001
    if cell.data_type == _ERROR:
        return Cell(fault=f"this is an error of the spreadsheet ({cell.value}).")
    if is_formula and cell.value is None:
        return Cell(fault="this is a formula whose value the file does not hold: put the value in its place.")
    return as_cell(cell.value)


def _written(sheet: Any, value: Value, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        # The library takes a text that begins with "=" for a formula, and so does who edits the cell later.
        cell.data_type, cell.quotePrefix = _STRING, True
    elif isinstance(value, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm"
    cell.font = Font(bold=bold)
    return cell

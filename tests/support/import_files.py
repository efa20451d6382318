"""Short ways to write a calendar as a file: one row that is right, and changes to it."""

import io
import zipfile
from datetime import datetime

from openpyxl import Workbook

from releases.models import Address, Contact, DateChange, Producer, Release, ReleaseEvent, Series
from releases.rules.imports import COLUMNS

RIGHT = dict.fromkeys(COLUMNS, "") | {
    "reference": "rain-june-2098",
    "producer": "Office for Rain",
    "series": "Monthly rain",
    "title": "Rain in June 2098",
    "scheduled_for": "2098-07-01 09:30",
    "url": "https://www.example.gov.uk/rain/june-2098",
}


def quoted(cell: str) -> str:
    """Write one cell as spreadsheets do."""
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',;"\n') else cell


def csv_of(*rows: dict[str, str], columns=tuple(RIGHT), delimiter=",", newline="\r\n") -> bytes:
    """Write a file of rows that are right except for the given values; each has its own reference and page."""
    lines = [delimiter.join(columns)]
    for count, changes in enumerate(rows):
        own = {"reference": f"rain-{count}", "url": f"https://www.example.gov.uk/rain/{count}"} if count else {}
        row = RIGHT | own | changes
        lines.append(delimiter.join(quoted(row[column]) for column in columns))
    return (newline.join(lines) + newline).encode()


def rows_of(*rows: dict[str, object]) -> list[dict[str, object]]:
    """Return whole rows that are right except for the given values; each has its own reference and page."""
    own = [{"reference": f"rain-{n}", "url": f"https://www.example.gov.uk/rain/{n}"} if n else {} for n in range(9)]
    return [RIGHT | own[n] | changes for n, changes in enumerate(rows)]


def xlsx_of(*rows: dict[str, object]) -> bytes:
    """Write a workbook; values keep their types, and a text that begins with "=" is a formula."""
    workbook = Workbook()
    workbook.active.append(list(RIGHT))
    for row in rows_of(*rows):
        workbook.active.append([None if value == "" else value for value in row.values()])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


ODS_START = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="Calendar">'
)
ODS_END = "</table:table></office:spreadsheet></office:body></office:document-content>"
ODS_FILLING = (
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/>'
    "</table:table-row>"
)


def ods_of(*rows: dict[str, object], lines: str = "", start: str = ODS_START) -> bytes:
    """Write an OpenDocument sheet as LibreOffice does, filled up with empty cells and lines to its end.

    :param lines: XML of more lines.
    """
    header = ods_line(*(ods_cell(column) for column in RIGHT))
    written = "".join(ods_line(*(ods_cell(value) for value in row.values())) for row in rows_of(*rows))
    return ods_archive(f"{start}{header}{written}{lines}{ODS_FILLING}{ODS_END}")


def ods_archive(content: str) -> bytes:
    """Put XML into the archive that an OpenDocument sheet is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return out.getvalue()


def ods_line(*cells: str) -> str:
    """Write a line of cells, with one empty cell, repeated, up to the last column."""
    filling = '<table:table-cell table:number-columns-repeated="16000"/>'
    return f"<table:table-row>{''.join(cells)}{filling}</table:table-row>"


def ods_cell(value: object, **attributes: str) -> str:
    """Write a cell of the value's own type; a text that begins with "<" is XML already."""
    more = "".join(f' {name.replace("_", ":", 1).replace("_", "-")}="{said}"' for name, said in attributes.items())
    match value:
        case "":
            return "<table:table-cell/>"
        case str() if value.startswith("<"):
            return value
        case str():
            return f'<table:table-cell office:value-type="string"{more}><text:p>{value}</text:p></table:table-cell>'
        case bool():
            return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"{more}/>'
        case datetime():
            return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"{more}/>'
    shown = "<text:p>as it is shown</text:p>"
    return f'<table:table-cell office:value-type="float" office:value="{value}"{more}>{shown}</table:table-cell>'


def everything():
    """Return all that an import may write."""
    models = (Producer, Contact, Series, Release, Address, DateChange, ReleaseEvent)
    return [list(model.objects.order_by("pk").values()) for model in models]

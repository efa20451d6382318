"""A table comes out the same of every kind of file, typed or typed in, and no file can do harm (C17)."""

import io
import struct
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook, load_workbook

from releases.rules import tables
from releases.rules.tables import MOST_ROWS, MOST_UNPACKED_BYTES, Cell, NotATableError, TableKind, as_cell
from tests.corpus.files import damaged, packed_otherwise
from tests.support.import_files import ODS_START, ods_archive, ods_cell, ods_line, ods_of, xlsx_of

DUE = datetime(2098, 7, 1, 9, 30)  # noqa: DTZ001  # as a spreadsheet holds it


def texts(content, row=1):
    """The cells of the first row below the names, by column."""
    lines = tables.read_table(content, name="calendar")
    return {name.text: cell for name, cell in zip(lines[0][1], lines[row][1], strict=False)}


def refusal(content):
    with pytest.raises(NotATableError) as caught:
        tables.read_table(content, name="calendar")
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(None, "", id="nothing"),
        pytest.param(DUE, "2098-07-01 09:30", id="date-and-time"),
        pytest.param(datetime(2098, 7, 1, 9, 29, 59, 999_900), "2098-07-01 09:30", id="a-fraction-of-a-day"),  # noqa: DTZ001
        pytest.param(datetime(2098, 7, 1, 9, 30, 5), "2098-07-01 09:30:05", id="seconds"),  # noqa: DTZ001
        pytest.param(datetime(2098, 7, 1), "2098-07-01", id="midnight"),  # noqa: DTZ001
        pytest.param(date(2098, 7, 1), "2098-07-01", id="date"),
        pytest.param(time(9, 30), "09:30", id="time"),
        pytest.param(120.0, "120", id="a-whole-number"),
        pytest.param(120, "120", id="an-integer"),
        pytest.param(1.5, "1.5", id="a-fraction"),
        pytest.param(True, "yes", id="true"),
        pytest.param(False, "", id="false"),
        pytest.param(" two \n words ", "two words", id="spaces"),
    ],
)
def test_a_typed_value_is_what_a_person_would_have_typed(value, text):
    assert as_cell(value) == Cell(text)


@pytest.mark.parametrize("of", [xlsx_of, ods_of], ids=["xlsx", "ods"])
def test_typed_cells_of_a_spreadsheet_are_read(of):
    cells = texts(of({"scheduled_for": DUE, "tolerance_seconds": 60, "rehearsal": True, "title": "Rain & “snow”"[:4]}))
    read = {column: cells[column].text for column in ("scheduled_for", "tolerance_seconds", "rehearsal", "url")}
    assert read == {
        "scheduled_for": "2098-07-01 09:30",
        "tolerance_seconds": "60",
        "rehearsal": "yes",
        "url": "https://www.example.gov.uk/rain/june-2098",
    }


def test_lines_are_numbered_as_the_spreadsheet_shows_them():
    workbook = Workbook()
    for place, word in ((3, "reference"), (7, "rain-1"), (9, "rain-2")):
        workbook.active.cell(place, 1, word)
    out = io.BytesIO()
    workbook.save(out)
    assert [number for number, _ in tables.read_table(out.getvalue(), name="calendar")] == [3, 7, 9]
    empty = '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
    named = ods_line(ods_cell("rain-1"))
    ods = ods_archive(f"{ODS_START}{empty}{named}{empty}{named}</table:table>")
    assert [number for number, _ in tables.read_table(ods, name="calendar")] == [4, 8]


def test_a_repeated_line_or_cell_of_an_open_document_stands_as_often_as_it_says():
    twice = '<table:table-row table:number-rows-repeated="2">' + ods_cell("a", table_number_columns_repeated="3")
    lines = tables.read_table(ods_archive(f"{ODS_START}{twice}</table:table-row></table:table>"), name="calendar")
    assert lines == [(1, [Cell("a")] * 3), (2, [Cell("a")] * 3)]


def test_what_is_pinned_to_a_cell_is_not_read_and_spaces_and_parts_of_words_are():
    xml = (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>ask Jo</text:p></office:annotation>'
        '<text:p>Rain<text:s text:c="2"/>in <text:span>Ju<text:span>ne</text:span></text:span></text:p><text:p>2098'
        "</text:p></table:table-cell>"
    )
    assert texts(ods_of({"title": xml}))["title"] == Cell("Rain in June 2098")


def test_the_first_visible_sheet_is_read_and_no_other():
    workbook = Workbook()
    workbook.active.sheet_state = "hidden"
    workbook.create_sheet("Calendar").append(["reference"])
    workbook.create_sheet("Notes").append(["nothing"])
    out = io.BytesIO()
    workbook.save(out)
    assert tables.read_table(out.getvalue(), name="calendar") == [(1, [Cell("reference")])]


class TestFormulas:
    def test_the_value_that_a_spreadsheet_kept_next_to_a_formula_is_read(self):
        with_value = xlsx_of({"tolerance_seconds": "=30+30"})
        kept = _edited(with_value, "xl/worksheets/sheet1.xml", b"<f>30+30</f><v></v>", b"<f>30+30</f><v>60</v>")
        assert texts(kept)["tolerance_seconds"] == Cell("60")
        ods = ods_of({"tolerance_seconds": ods_cell(60, table_formula="of:=30+30")})
        assert texts(ods)["tolerance_seconds"] == Cell("60")

    def test_one_without_a_value_is_said_to_be_one(self):
        ods = ods_of({"tolerance_seconds": '<table:table-cell table:formula="of:=30+30"/>'})
        for content in (xlsx_of({"tolerance_seconds": "=30+30"}), ods):
            assert "a formula without a value" in texts(content)["tolerance_seconds"].fault

    def test_an_error_of_the_spreadsheet_is_no_value(self):
        content = _edited(
            xlsx_of({"tolerance_seconds": 77}), "xl/worksheets/sheet1.xml", b't="n"><v>77<', b't="e"><v>#REF!<'
        )
        assert texts(content)["tolerance_seconds"].fault == "This cell has a spreadsheet error (#REF!)."
        for attributes in ({"calcext_value_type": "error"}, {"table_formula": "of:=1/0"}):
            fault = texts(ods_of({"title": ods_cell("#DIV/0!", **attributes)}))["title"].fault
            assert fault == "This cell has a spreadsheet error (#DIV/0!)."


class TestRefused:
    def test_an_archive_that_unpacks_to_too_much(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", b" " * (MOST_UNPACKED_BYTES + 1))
        assert len(out.getvalue()) < 100_000
        assert refusal(out.getvalue()) == "calendar is too large. It has more than 20 MB when unpacked."

    def test_an_archive_that_lies_about_how_large_it_is(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", ODS_START.encode() + b" " * MOST_UNPACKED_BYTES)
        size = len(ODS_START) + MOST_UNPACKED_BYTES
        assert "damaged" in refusal(out.getvalue().replace(struct.pack("<L", size), struct.pack("<L", 500)))

    def test_entities_that_grow_out_of_each_other(self):
        bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + ODS_START
        assert (
            refusal(ods_of({"title": "&b;"}, start=bomb)) == "calendar is damaged, so we cannot read it as an ODS file."
        )

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(lambda: b"reference\n" + b"rain\n" * (MOST_ROWS + 1), id="csv"),
            pytest.param(
                lambda: ods_archive(
                    f'{ODS_START}<table:table-row table:number-rows-repeated="9999999">{ods_cell("rain")}'
                    "</table:table-row></table:table>"
                ),
                id="ods",
            ),
            pytest.param(lambda: xlsx_with(["rain"] for _ in range(MOST_ROWS + 2)), id="xlsx"),
        ],
    )
    def test_too_many_rows(self, content):
        assert refusal(content()) == "calendar has more than 2,000 rows. Divide it into several files."

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(lambda: b"," * 100 + b"x\n", id="csv"),
            pytest.param(
                lambda: ods_archive(
                    f'{ODS_START}<table:table-row><table:table-cell table:number-columns-repeated="16000"/>'
                    f"{ods_cell('x', table_number_columns_repeated='99999999999')}</table:table-row></table:table>"
                ),
                id="ods",
            ),
            pytest.param(lambda: xlsx_with([[None] * 100 + ["x"]]), id="xlsx"),
        ],
    )
    def test_something_far_to_the_right(self, content):
        assert refusal(content()) == "calendar has content after column 100 in line 1."

    def test_a_sheet_whose_last_line_is_its_last_line(self):
        workbook = Workbook()
        workbook.active.cell(1_048_576, 1, "x")
        out = io.BytesIO()
        workbook.save(out)
        assert "It has more than 100,000 lines or 2,000,000 cells, including empty ones." in refusal(out.getvalue())

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            pytest.param(
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old .xls file or has a password", id="old"
            ),
            pytest.param(b"PK\x03\x04" + b"x" * 100, "calendar is damaged, so we cannot open it.", id="no-archive"),
            pytest.param(b"x" * (5 * 1024**2 + 1), "calendar is too large. It has more than 5 MB.", id="huge"),
            pytest.param(b"%PDF-1.7\n\0", "not a spreadsheet or a text file", id="a-pdf"),
        ],
    )
    def test_what_is_no_table(self, content, why):
        assert why in refusal(content)

    def test_an_archive_of_something_else_and_damaged_workbooks(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("word/document.xml", "<w/>")
        assert "is not a CSV, ODS or XLSX file" in refusal(out.getvalue())
        broken = _edited(xlsx_of({}), "xl/worksheets/sheet1.xml", b"</worksheet>", b"")
        assert refusal(broken) == "calendar is damaged, so we cannot read it as an XLSX file."
        assert "damaged" in refusal(ods_archive(f"{ODS_START}<table:table-row>"))
        assert "damaged" in refusal(ods_of({"scheduled_for": '<table:table-cell office:value-type="date"/>'}))

    @pytest.mark.parametrize("harm", [damaged, packed_otherwise])
    @pytest.mark.parametrize(
        ("part", "why"),
        [("mimetype", "we cannot open it."), ("content.xml", "we cannot read it as an ODS file.")],
    )
    def test_an_archive_with_a_damaged_part(self, harm, part, why):
        assert refusal(harm(ods_of({}), part)) == f"calendar is damaged, so {why}"


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "'=1", "'", "''x", "＝1", "a;=1", 'a","=1']


class TestWritten:
    @pytest.mark.parametrize("kind", TableKind)
    def test_a_text_that_looks_like_a_formula_is_the_same_text_again_and_no_formula(self, kind):
        content = tables.write_table(kind, ["title"], [[text] for text in DANGEROUS], title="Calendar")
        assert [cells[0].text for _, cells in tables.read_table(content, name="calendar")[1:]] == DANGEROUS

    def test_no_cell_of_a_text_file_begins_as_a_formula_does(self):
        starts = [*DANGEROUS, "\t=1", "\r=1", "\n=1"]
        written = tables.write_csv([[text] for text in starts]).decode("utf-8-sig").splitlines()
        assert [line[:2] for line in written if line.startswith('"') and line[1] in "=+-@\t\r\n＝"] == []

    def test_a_workbook_holds_texts_as_texts_and_says_so_to_who_edits_them(self):
        content = tables.write_table(TableKind.XLSX, ["title"], [[text] for text in DANGEROUS], title="Calendar")
        cells = [row[0] for row in load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2)]
        assert {(cell.data_type, cell.quotePrefix) for cell in cells} == {("s", True)}

    def test_an_open_document_holds_texts_as_texts(self):
        content = tables.write_table(TableKind.ODS, ["title"], [[text] for text in DANGEROUS], title="Calendar")
        xml = zipfile.ZipFile(io.BytesIO(content)).read("content.xml").decode()
        assert "table:formula" not in xml
        assert xml.count('office:value-type="string"') == len(DANGEROUS) + 1

    @pytest.mark.parametrize("kind", TableKind)
    def test_numbers_and_times_keep_their_types_and_control_characters_are_left_out(self, kind):
        content = tables.write_table(kind, ["a", "b", "c"], [[DUE, 120, "bell\x07 \ud800\uffff"]], title="Calendar")
        assert tables.read_table(content, name="calendar")[1][1] == [
            Cell("2098-07-01 09:30"),
            Cell("120"),
            Cell("bell"),
        ]


def xlsx_with(rows):
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _edited(content, part, old, new):
    """Change the bytes of one part of an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as was, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as now:
        for name in was.namelist():
            body = was.read(name)
            assert name != part or old in body, body
            now.writestr(name, body.replace(old, new) if name == part else body)
    return out.getvalue()

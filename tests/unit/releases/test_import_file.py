"""A calendar file is read whatever spreadsheet wrote it, or refused with a sentence for every fault (C17)."""

from datetime import UTC, date, datetime

import pytest

from releases.imports import parse
from releases.imports.parse import FileRefused
from releases.models import Address, Contact, DateChangeRequest, Departure, ImportRow, Producer, Release, Series
from releases.rules.imports import LONGEST, LONGEST_ADDRESS, OPTIONAL, REQUIRED
from releases.rules.lifecycle import Status
from releases.rules.written_dates import DateOrder, OpenDateOrder
from tests.support.import_files import RIGHT, csv_of, xlsx_of


def read(content):
    reading = parse.read_calendar(content, name="calendar.csv", adapters={"page"})
    assert reading.faults == []
    return reading.rows


def refusal(content):
    try:
        return [str(fault) for fault in parse.read_calendar(content, name="calendar.csv", adapters={"page"}).faults]
    except FileRefused as refused:
        return refused.sentences


def test_a_row_is_read_whole():
    row = read(
        csv_of(
            {
                "status": "Confirmed",
                "marker": "June 2098",
                "adapter": "page",
                "attachments": "https://www.example.gov.uk/a.ods  https://www.example.gov.uk/b.csv",
                "responsible_email": "Jo.Lane@example.gov.uk",
                "tolerance_seconds": "5",
                "rehearsal": "YES",
                "title": "  Rain,\n in   June ",
            }
        )
    )[0]
    assert row.number == 2
    assert row.title == "Rain, in June"
    assert row.slot.due_at == datetime(2098, 7, 1, 8, 30, tzinfo=UTC)
    assert (row.status, row.marker, row.adapter) == (Status.CONFIRMED, "June 2098", "page")
    assert row.attachments == ("https://www.example.gov.uk/a.ods", "https://www.example.gov.uk/b.csv")
    assert (row.responsible_email, row.tolerance_seconds, row.rehearsal) == ("jo.lane@example.gov.uk", 5, True)


def test_the_required_columns_are_enough_and_what_a_file_does_not_say_is_left_open():
    row = read(csv_of({}, columns=REQUIRED))[0]
    assert (row.status, row.marker, row.tolerance_seconds, row.rehearsal) == (None, "", None, None)
    assert read(csv_of({}))[0].rehearsal is False


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        pytest.param("2098-01-14 09:30", datetime(2098, 1, 14, 9, 30, tzinfo=UTC), id="winter"),
        pytest.param("2098-07-01T08:30Z", datetime(2098, 7, 1, 8, 30, tzinfo=UTC), id="utc"),
        pytest.param("2098-07-01T10:30+02:00", datetime(2098, 7, 1, 8, 30, tzinfo=UTC), id="an-offset"),
    ],
)
def test_a_time_is_londons_unless_its_offset_is_written(text, instant):
    assert read(csv_of({"scheduled_for": text}))[0].slot.due_at == instant


@pytest.mark.parametrize(
    ("written", "precision", "planned"),
    [
        pytest.param("2098-07", "month", "July 2098", id="a-month"),
        pytest.param("2098-07-17", "month", "July 2098", id="any-day-of-it"),
        pytest.param("July 2098", "Month", "July 2098", id="a-month-in-words"),
        pytest.param("2098-12-01", "two months", "December 2098 to January 2099", id="two-months"),
        pytest.param("2098-07-01 09:30", "exact", "1 July 2098 9:30am", id="to-the-minute"),
    ],
)
def test_a_date_is_as_vague_as_the_file_says(written, precision, planned):
    (row,) = read(csv_of({"scheduled_for": written, "precision": precision}))
    assert str(row.slot) == planned


@pytest.mark.parametrize(
    ("written", "precision", "planned"),
    [
        pytest.param("15/07/2098 09:30", "", "15 July 2098 9:30am", id="with-its-time"),
        pytest.param("15/07/2098", "month", "July 2098", id="a-day-of-the-month"),
        pytest.param("15/07/2098 09:30", "two_months", "July to August 2098", id="a-time-in-the-first-of-two-months"),
    ],
)
def test_a_uk_date_is_read(written, precision, planned):
    (row,) = read(csv_of({"scheduled_for": written, "precision": precision}))
    assert str(row.slot) == planned


def test_one_date_proves_the_order_of_the_others_and_cells_with_dates_need_none():
    rows = read(csv_of({"scheduled_for": "01/07/2098 09:30"}, {"scheduled_for": "15/07/2098 09:30"}))
    assert [row.slot.on for row in rows] == [date(2098, 7, 1), date(2098, 7, 15)]
    rows = read(csv_of({"scheduled_for": "01/07/2098 09:30"}, {"scheduled_for": "07/15/2098 09:30"}))
    assert [row.slot.on for row in rows] == [date(2098, 1, 7), date(2098, 7, 15)]
    (row,) = read(xlsx_of({"scheduled_for": datetime(2098, 7, 1, 9, 30)}))  # noqa: DTZ001
    assert row.slot.on == date(2098, 7, 1)


def test_dates_that_leave_the_order_open_are_read_only_in_a_given_one():
    content = csv_of({"scheduled_for": "01/07/2098 09:30"}, {"scheduled_for": "07/15/2098 09:30"})
    with pytest.raises(OpenDateOrder):
        parse.read_calendar(csv_of({"scheduled_for": "01/07/2098 09:30"}), name="c", adapters={"page"})
    reading = parse.read_calendar(content, name="c", adapters={"page"}, order=DateOrder.DAY_FIRST)
    assert [row.slot.on for row in reading.rows] == [date(2098, 7, 1)]
    assert str(reading.faults[0]) == (
        "Row 3, scheduled_for: We read all dates in this file with the day first, but "
        '"07/15/2098 09:30" is not a date in this order.'
    )


def test_the_example_row_of_a_template_does_not_count_for_the_order():
    content = csv_of({"reference": "example", "scheduled_for": "01/07/2098 09:30"}, {"reference": "r"})
    assert len(read(content)) == 1


def test_the_example_of_a_template_is_left_out_and_the_rows_keep_their_numbers():
    reading = parse.read_calendar(csv_of({"reference": "Example", "url": "nonsense"}, {}), name="c", adapters={"page"})
    assert (list(reading.named), [row.number for row in reading.rows], reading.faults) == ([3], [3], [])
    assert "has no releases" in refusal(csv_of({"reference": "example"}))[0]


def test_what_a_spreadsheet_says_by_its_types_is_a_fault_of_its_cell():
    faults = refusal(xlsx_of({"tolerance_seconds": "=1+1", "scheduled_for": date(2098, 7, 1)}))
    assert [fault.split(": ")[0] for fault in faults] == ["Row 2, tolerance_seconds", "Row 2, scheduled_for"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + csv_of({}, {}), id="byte-order-mark"),
        pytest.param(csv_of({}, {}, delimiter=";"), id="semicolons"),
        pytest.param(csv_of({}, {}, newline="\n"), id="unix-line-ends"),
        pytest.param(csv_of({}, {}, newline="\r"), id="old-macintosh-line-ends"),
        pytest.param(csv_of({}, {}).rstrip(), id="no-last-line-end"),
        pytest.param(csv_of({}, {}).replace(b"reference", b" Reference ", 1), id="capitals-and-spaces-in-a-name"),
        pytest.param(csv_of({}, {}, columns=tuple(reversed(RIGHT))), id="another-order"),
        pytest.param(csv_of({}, {}).replace(b"\r\n", b",,\r\n"), id="empty-columns-at-the-end"),
        pytest.param(csv_of({}, {}) + b"\r\n,,,,,,,,,,,,\r\n  \r\n", id="empty-lines-at-the-end"),
    ],
)
def test_a_file_is_read_whatever_wrote_it(content):
    assert [row.reference for row in read(content)] == ["rain-june-2098", "rain-1"]


def test_empty_lines_count_as_rows_of_the_spreadsheet():
    content = csv_of({}, {"scheduled_for": "soon"}).replace(b"\r\n", b"\r\n\r\n")
    (sentence,) = refusal(content)
    assert sentence.startswith("Row 5, scheduled_for: “soon” has no time. Write it as 30/06/2026 09:30 or 2026-06-30")


BAD_CELLS = [
    *(
        pytest.param({column: " "}, column, "Enter a value. This column is required", id=f"no-{column}")
        for column in REQUIRED
    ),
    pytest.param({"reference": "rain june"}, "reference", "letters, numbers, hyphens", id="a-space-in-the-reference"),
    pytest.param(
        {"reference": "r" * 101}, "reference", "Enter up to 100 characters. This cell has 101.", id="a-long-reference"
    ),
    pytest.param({"title": "t" * 301}, "title", "This cell has 301.", id="a-long-title"),
    pytest.param({"scheduled_for": "2098-07-01"}, "scheduled_for", "has no time", id="a-day-without-time"),
    pytest.param({"scheduled_for": "1 July 2098 9:30"}, "scheduled_for", "is not a time", id="another-way-of-writing"),
    pytest.param({"scheduled_for": "15/07/2098"}, "scheduled_for", "“15/07/2098” has no time", id="a-uk-day"),
    pytest.param({"scheduled_for": "15/07/98 09:30"}, "scheduled_for", "year of 2 digits", id="a-short-year"),
    pytest.param({"scheduled_for": "31/06/2098 09:30"}, "scheduled_for", "is not a real date", id="no-uk-day"),
    pytest.param({"scheduled_for": "15/07/2098 25:30"}, "scheduled_for", "is not a time", id="a-uk-hour-there-is-not"),
    pytest.param(
        {"scheduled_for": "2098-06-31 09:30"}, "scheduled_for", "31 June 2098 is not a date", id="a-day-there-is-not"
    ),
    pytest.param({"scheduled_for": "2026-03-29 01:30"}, "scheduled_for", "does not exist", id="a-time-leapt-over"),
    pytest.param({"scheduled_for": "2026-10-25 01:30"}, "scheduled_for", "happens twice", id="a-time-that-comes-twice"),
    pytest.param({"status": "late"}, "status", "Enter provisional, confirmed or cancelled", id="a-status-there-is-not"),
    pytest.param({"zone": "Europe/Paris"}, "zone", "Times must be in Europe/London", id="another-zone"),
    pytest.param({"precision": "roughly"}, "precision", "Enter exact, month or two_months", id="another-precision"),
    pytest.param({"precision": "month", "scheduled_for": "soon"}, "scheduled_for", "not a month", id="no-month"),
    pytest.param({"marker": "June", "url": ""}, "marker", "but the column “url” is empty", id="words-of-no-page"),
    pytest.param(
        {"announcement_adapter": "x"}, "announcement_adapter", "“x” is not a type of website", id="its-adapter"
    ),
    pytest.param({"url": "www.example.gov.uk/rain"}, "url", "does not start with http", id="an-address-without-scheme"),
    pytest.param({"url": "https://"}, "url", "is not a host", id="an-address-without-host"),
    pytest.param({"url": "https://jo:x@example.gov.uk/"}, "url", "user name", id="an-address-with-a-password"),
    pytest.param({"url": "https://example.gov.uk/a b"}, "url", "has a space", id="a-space-in-the-address"),
    pytest.param({"attachments": "a.ods"}, "attachments", "does not start with http", id="an-attachment-by-name"),
    pytest.param(
        {"attachments": "https://www.example.gov.uk/rain/1"},
        "attachments",
        "the same web address twice",
        id="the-page-as-attachment",
    ),
    pytest.param(
        {"adapter": "telepathy"},
        "adapter",
        "“telepathy” is not a type of website. Use one of these: page",
        id="an-adapter",
    ),
    pytest.param({"responsible_email": "Jo Lane"}, "responsible_email", "not an email address", id="a-name"),
    pytest.param({"tolerance_seconds": "180"}, "tolerance_seconds", "from 0 to 179", id="three-minutes"),
    pytest.param({"tolerance_seconds": "-1"}, "tolerance_seconds", "from 0 to 179", id="less-than-nothing"),
    pytest.param({"tolerance_seconds": "²"}, "tolerance_seconds", "from 0 to 179", id="a-digit-of-another-kind"),
    pytest.param({"rehearsal": "no"}, "rehearsal", "Enter yes or leave this empty", id="no-rehearsal"),
]


@pytest.mark.parametrize(("cells", "column", "why"), BAD_CELLS)
def test_a_wrong_cell_is_named_with_its_row_its_column_and_why(cells, column, why):
    sentences = refusal(csv_of({}, cells, {}))
    assert len(sentences) == 1
    assert sentences[0].startswith(f"Row 3, {column}: ")
    assert why in sentences[0]
    assert sentences[0].endswith((".", ")."))


LONG_URL = f"https://www.example.gov.uk/{'a' * 973}"
TOO_LONG = {
    "reference": ("r" * 101, "Enter up to 100 characters. This cell has 101."),
    "announcement": (f"{LONG_URL}a", "Enter up to 1000 characters. This cell has 1001."),
    "attachments": (
        f"https://www.example.gov.uk/a.ods {LONG_URL}a",
        "Enter up to 1000 characters for each web address. One of them has 1001.",
    ),
    "responsible_email": (f"{'j' * 186}@example.gov.uk", "Enter up to 200 characters. This cell has 201."),
    "osr_reference": ("1" * 101, "Enter up to 100 characters."),
}


@pytest.mark.parametrize("column", TOO_LONG)
def test_a_cell_that_is_too_long_to_be_stored_is_a_fault_of_its_row_alone(column):
    cell, why = TOO_LONG[column]
    reading = parse.read_calendar(csv_of({}, {column: cell}, {}), name="calendar.csv", adapters={"page"})
    (fault,) = reading.faults
    assert (fault.row, fault.column) == (3, column)
    assert fault.why.startswith(why)
    assert [row.number for row in reading.rows] == [2, 4]


def test_web_addresses_of_the_greatest_length_are_read():
    longer = LONG_URL.replace("www", "ftp")
    (row,) = read(csv_of({"attachments": f"{LONG_URL} {longer}"}))
    assert [len(url) for url in row.attachments] == [1000, 1000]


# The fields that store the cells of a column. Text fields, which have no length, are left out.
STORED = {
    "reference": [(Release, "reference"), (ImportRow, "reference")],
    "producer": [(Producer, "name")],
    "series": [(Series, "title")],
    # The title is also the text that identifies the page, if the row gives no other text.
    "title": [(Release, "title"), (Address, "marker"), (ImportRow, "title")],
    "url": [(Address, "url")],
    "marker": [(Address, "marker")],
    "adapter": [(Address, "adapter")],
    "announcement": [(Address, "url")],
    "announcement_adapter": [(Address, "adapter")],
    # If no account has the address of a new contact, the address is the name of the contact too.
    "responsible_email": [(Contact, "email"), (Contact, "name")],
    "osr_reference": [(Departure, "osr_reference"), (DateChangeRequest, "osr_reference")],
}
STORED_AS_TEXT = {
    "short_notice_reason": (Release, "short_notice_reason"),
    "date_change_reason": (DateChangeRequest, "public_reason"),
    "cancellation_reason": (Release, "cancellation_reason"),
    "bank_holiday_reason": (Departure, "reason"),
}
# The cells of these columns become dates, numbers or one of several values.
WITHOUT_LENGTH = {"scheduled_for", "zone", "precision", "status", "tolerance_seconds", "rehearsal", "osr_agreed_on"}


def test_no_cell_is_longer_than_the_fields_that_store_it():
    assert {*STORED, *STORED_AS_TEXT, *WITHOUT_LENGTH, "attachments"} == {*REQUIRED, *OPTIONAL}
    for column, fields in STORED.items():
        assert LONGEST[column] <= min(model._meta.get_field(name).max_length for model, name in fields), column
    for column, (model, name) in STORED_AS_TEXT.items():
        assert column in LONGEST
        assert model._meta.get_field(name).max_length is None
    assert Address._meta.get_field("url").max_length >= LONGEST_ADDRESS


def test_every_bad_row_is_named_at_once_in_the_order_of_the_file():
    sentences = refusal(csv_of({"url": "x"}, {}, {"reference": "rain-1"}, {"title": "", "status": "late"}))
    assert [sentence.split(": ")[0] for sentence in sentences] == [
        "Row 2, url",
        "Row 4, reference",
        "Row 5, title",
        "Row 5, status",
    ]
    assert "is already in row 3" in sentences[1]


@pytest.mark.parametrize(
    ("column", "here", "there"),
    [("tolerance_seconds", "5", "60"), ("responsible_email", "a@example.gov.uk", "b@example.gov.uk")],
    ids=["tolerance", "responsible"],
)
def test_rows_that_disagree_about_a_series_are_refused(column, here, there):
    same_in_capitals = {"producer": "OFFICE FOR RAIN", "series": "monthly RAIN"}
    sentences = refusal(csv_of({column: here}, {}, {column: there, **same_in_capitals}))
    why = f"Row 2 has a different value for the series “monthly RAIN”: “{here}”."
    assert sentences == [f"Row 4, {column}: {why} Use the same value in all rows of the series."]
    assert len(read(csv_of({column: here}, {}, {column: there, "series": "Another"}))) == 3


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", "calendar.csv is empty.", id="nothing"),
        pytest.param(b" \r\n\r\n", "calendar.csv is empty.", id="empty-lines"),
        pytest.param(b"\xef\xbb\xbf", "calendar.csv is empty.", id="a-byte-order-mark-alone"),
        pytest.param(csv_of(), "has no releases", id="names-of-columns-alone"),
        pytest.param(
            csv_of({"title": "Pluie à Genève"}).decode().encode("cp1252"), "not in UTF-8 (line 2)", id="cp1252"
        ),
        pytest.param(csv_of({}).decode().encode("utf-16"), "or a text file in UTF-8", id="utf-16"),
        pytest.param(b"PK\x03\x04\0\0reference", "is damaged", id="a-broken-archive"),
        pytest.param(
            csv_of({}) + b'rain-2,"Office', "is not valid CSV. There is an error in row 3:", id="a-quote-never-closed"
        ),
        pytest.param(
            csv_of({}).replace(b"reference", b"ref", 1),
            "the column “reference”, which is required",
            id="a-missing-column",
        ),
        pytest.param(
            csv_of({}).replace(b"marker", b"markers", 1), "a column “markers” that we do not know", id="unknown"
        ),
        pytest.param(csv_of({}).replace(b"marker", b"status", 1), "the column “status” twice", id="a-column-twice"),
        pytest.param(csv_of({}).replace(b"\r\n", b",extra\r\n"), "a column “extra” that we do not know", id="one-more"),
        pytest.param(csv_of({})[:-2] + b",extra\r\n", "Row 2, after the last column: “extra”", id="a-cell-too-many"),
    ],
)
def test_a_file_that_is_no_calendar_is_refused_with_a_sentence(content, why):
    assert why in refusal(content)[0]


def test_every_column_is_either_required_or_not():
    assert set(RIGHT) == {*REQUIRED, *OPTIONAL}

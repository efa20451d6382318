"""Short ways to write a calendar as CSV: one row that is right, and changes to it."""

RIGHT = {
    "reference": "rain-june-2098",
    "producer": "Office for Rain",
    "series": "Monthly rain",
    "title": "Rain in June 2098",
    "scheduled_for": "2098-07-01 09:30",
    "status": "",
    "url": "https://www.example.gov.uk/rain/june-2098",
    "marker": "",
    "adapter": "",
    "attachments": "",
    "announcement": "",
    "responsible_email": "",
    "tolerance_seconds": "",
    "rehearsal": "",
}


def quoted(cell: str) -> str:
    """Write one cell as spreadsheets do."""
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',;"\n') else cell


def csv_of(*rows: dict[str, str], columns=tuple(RIGHT), delimiter=",", newline="\r\n") -> bytes:
    """Write a file of rows that are right but for what is given; each has a reference and page of its own."""
    lines = [delimiter.join(columns)]
    for count, changes in enumerate(rows):
        own = {"reference": f"rain-{count}", "url": f"https://www.example.gov.uk/rain/{count}"} if count else {}
        row = RIGHT | own | changes
        lines.append(delimiter.join(quoted(row[column]) for column in columns))
    return (newline.join(lines) + newline).encode()

"""Files as release pages offer them."""

PDF = "application/pdf"
CSV = "text/csv; charset=utf-8"


def pdf_file(title: str, *, lines: tuple[str, ...] = ("All figures are invented.",)) -> bytes:
    """Write a PDF of one page with a heading and some lines."""
    text = [f"BT /F1 20 Tf 60 770 Td ({_escaped(title)}) Tj ET"]
    text += [f"BT /F1 12 Tf 60 {735 - 18 * row} Td ({_escaped(line)}) Tj ET" for row, line in enumerate(lines)]
    content = "\n".join(text).encode("cp1252", "replace")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 7 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Title (%s) >>" % _escaped(title).encode("cp1252", "replace"),
        b"<< /Font << /F1 5 0 R >> >>",
    )
    written = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    written += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return bytes(written)


def csv_file() -> bytes:
    """Write the table of the release page as a file of comma-separated values."""
    rows = ("region,year_before,this_year", "North,48.1,47.6", "Midlands,51.9,52.4", "South,50.3,50.8")
    return ("\r\n".join(rows) + "\r\n").encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")

"""Files of a publisher, and pages that are no release page: sign-in, bot challenge, script shell, error."""

from statsoffice.fake_publisher.pages import frame

PDF = "application/pdf"
CSV = "text/csv; charset=utf-8"


def pdf_file(title: str) -> bytes:
    text = [f"BT /F1 20 Tf 60 770 Td ({_escaped(title)}) Tj ET"]
    text += ["BT /F1 12 Tf 60 735 Td (All figures are invented.) Tj ET"]
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
    rows = ("region,year_before,this_year", "North,48.1,47.6", "Midlands,51.9,52.4", "South,50.3,50.8")
    return ("\r\n".join(rows) + "\r\n").encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def log_in_page() -> str:
    main = """<h1>Sign in</h1>
<p>You need to sign in to see this page.</p>
<form method="post" action="/sign-in"><label for="email">Email address</label>
<input id="email" name="email" type="email" autocomplete="username">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password">
<p><button type="submit">Sign in</button></p></form>"""
    return frame("Sign in", main)


def bot_challenge_page() -> str:
    """Build the page with which a content network stops a suspected robot."""
    main = """<h1>Checking your browser</h1>
<p>This takes a few seconds. You will then be taken to the page.</p>
<noscript><p>Switch on JavaScript and load the page again.</p></noscript>"""
    return frame("Just a moment...", main)


def script_shell_page() -> str:
    """Build the page that is empty until a script fills it, which a plain request never sees."""
    return frame("Statistics", '<div id="app"></div>')


def error_page() -> str:
    main = """<h1>This site is out of order</h1>
<p>It is being seen to.</p>"""
    return frame("Out of order", main)

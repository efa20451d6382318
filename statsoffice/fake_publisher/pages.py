"""Pages as publishers serve them, right and wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

PRODUCER = "Department for Practice"

_STYLE = """
*{box-sizing:border-box}
body{margin:0;font:19px/1.4 Arial,Helvetica,sans-serif;color:#0b0c0c;background:#fff}
a{color:#1d70b8;text-underline-offset:.15em}a:hover{text-decoration-thickness:3px;color:#003078}
a:focus,input:focus,button:focus{outline:3px solid #ffdd00;outline-offset:0;background:#ffdd00;color:#0b0c0c;
box-shadow:0 4px #0b0c0c;text-decoration:none}
.inside{max-width:990px;margin:0 auto;padding:0 20px}
.skip{position:absolute;left:-9999px}.skip:focus{position:static;display:block;padding:10px 20px}
.top{background:#12436d;color:#fff;padding:14px 0}.top a{color:#fff;font-weight:700;font-size:24px;text-decoration:none}
.top a:focus{color:#0b0c0c}
.practice{background:#f3f2f1;border-bottom:1px solid #b1b4b6;padding:9px 0;font-size:16px}
main{padding:30px 0 60px}
h1{font-size:40px;line-height:1.1;margin:0 0 20px;max-width:750px}h2{font-size:25px;margin:35px 0 12px}
.kind{color:#505a5f;font-size:22px;margin:0 0 4px}
.lead{font-size:23px;max-width:700px}p,ul{max-width:700px}li{margin:0 0 6px}
dl{margin:0 0 30px;padding:14px 0;border-top:2px solid #12436d;border-bottom:1px solid #b1b4b6;font-size:17px}
dl div{display:flex;gap:8px;padding:3px 0}dt{min-width:110px;color:#505a5f}dd{margin:0}
table{border-collapse:collapse;width:100%;max-width:700px;margin:0 0 24px}
caption{text-align:left;font-weight:700;padding:0 0 8px}
th,td{text-align:left;padding:9px 14px 9px 0;border-bottom:1px solid #b1b4b6;vertical-align:top}
td.figure,th.figure{text-align:right;font-variant-numeric:tabular-nums}
.file{border:1px solid #b1b4b6;border-left:5px solid #12436d;padding:12px 18px;margin:0 0 12px;max-width:700px}
.file p{margin:4px 0 0;color:#505a5f;font-size:16px}
label{display:block;font-weight:700;margin:0 0 5px}
input{font:inherit;padding:6px;border:2px solid #0b0c0c;width:100%;max-width:360px;margin:0 0 20px}
button{font:inherit;font-weight:700;background:#0f7a52;color:#fff;border:0;box-shadow:0 2px #083d29;padding:9px 16px}
footer{background:#f3f2f1;border-top:1px solid #b1b4b6;padding:25px 0;font-size:16px}
@media(max-width:640px){body{font-size:17px}h1{font-size:30px}dl div{display:block}}
"""


def frame(title: str, main: str, *, producer: str) -> str:
    """Put the HTML of a page's main part into the site's frame."""
    name = escape(producer)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - {name}</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to main content</a>
<header class="top"><div class="inside"><a href="/">{name}</a></div></header>
<div class="practice"><div class="inside">
This site is for practice. Its pages follow a script, and its figures are invented.
</div></div>
<main id="main"><div class="inside">
{main}
</div></main>
<footer><div class="inside">{name}: a publisher that exists on this machine only.</div></footer>
</body>
</html>
"""


PDF = "application/pdf"
CSV = "text/csv; charset=utf-8"


def pdf_file(title: str, *, lines: tuple[str, ...] = ("All figures are invented.",)) -> bytes:
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
    rows = ("region,year_before,this_year", "North,48.1,47.6", "Midlands,51.9,52.4", "South,50.3,50.8")
    return ("\r\n".join(rows) + "\r\n").encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


_FIGURES = (("North", "48.1", "47.6"), ("Midlands", "51.9", "52.4"), ("South", "50.3", "50.8"))


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    path: str
    kind: str = "PDF"


def release_page(
    title: str,
    *,
    published: str,
    producer: str = PRODUCER,
    summary: str = "",
    documents: Sequence[Document] = (),
    contact: str = "statistics@example.gov.uk",
) -> str:
    """Build the page of a published release; an earlier edition's page is the same with that edition's title."""
    rows = "".join(
        f'<tr><th scope="row">{area}</th><td class="figure">{before}</td><td class="figure">{now}</td></tr>'
        for area, before, now in _FIGURES
    )
    files = "".join(
        f'<div class="file"><a href="{escape(document.path)}">{escape(document.title)}</a>'
        f"<p>{escape(document.kind)}</p></div>"
        for document in documents
    )
    mail = escape(contact)
    main = f"""<p class="kind">Official statistics</p>
<h1>{escape(title)}</h1>
<p class="lead">{escape(summary or "The latest figures, by region, with the year before for comparison.")}</p>
<dl><div><dt>From:</dt><dd>{escape(producer)}</dd></div><div><dt>Published:</dt><dd>{escape(published)}</dd></div></dl>
{f"<h2>Documents</h2>{files}" if files else ""}
<h2>Main points</h2>
<ul><li>Two of the three regions show a rise on the year before.</li><li>The South has grown by half a point.</li></ul>
<table><caption>Rate in per cent, by region</caption>
<thead><tr><th scope="col">Region</th>
<th scope="col" class="figure">Year before</th><th scope="col" class="figure">This year</th></tr></thead>
<tbody>{rows}</tbody></table>
<h2>About these statistics</h2>
<p>The responsible statistician can be reached at <a href="mailto:{mail}">{mail}</a>.</p>"""
    return frame(title, main, producer=producer)


def coming_soon_page(title: str, *, expected: str, producer: str = PRODUCER) -> str:
    """Build the announcement at the release's address before publication."""
    main = f"""<p class="kind">Release announcement</p>
<h1>{escape(title)}</h1>
<p class="lead">These statistics are not yet published.</p>
<dl><div><dt>From:</dt><dd>{escape(producer)}</dd></div>
<div><dt>Release date:</dt><dd>{escape(expected)} (confirmed)</dd></div></dl>
<p>They will be released on this page.</p>"""
    return frame(title, main, producer=producer)


def not_found_page(*, producer: str = PRODUCER) -> str:
    """Build the page of an address without one; served with status 200 it is a soft 404."""
    main = """<h1>Page not found</h1>
<p>Nothing has been published at this address.</p>
<p><a href="/">Look through all publications</a></p>"""
    return frame("Page not found", main, producer=producer)


def log_in_page(*, producer: str = PRODUCER) -> str:
    main = """<h1>Sign in</h1>
<p>You need to sign in to see this page.</p>
<form method="post" action="/sign-in"><label for="email">Email address</label>
<input id="email" name="email" type="email" autocomplete="username">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password">
<p><button type="submit">Sign in</button></p></form>"""
    return frame("Sign in", main, producer=producer)


def bot_challenge_page(*, producer: str = PRODUCER) -> str:
    """Build the page with which a content network stops a suspected robot."""
    main = """<h1>Checking your browser</h1>
<p>This takes a few seconds. You will then be taken to the page.</p>
<noscript><p>Switch on JavaScript and load the page again.</p></noscript>"""
    return frame("Just a moment...", main, producer=producer)


def script_shell_page(*, producer: str = PRODUCER) -> str:
    """Build the page that is empty until a script fills it, which a plain request never sees."""
    return frame("Statistics", '<div id="app"></div>', producer=producer)


def error_page(*, producer: str = PRODUCER) -> str:
    main = """<h1>This site is out of order</h1>
<p>It is being seen to.</p>"""
    return frame("Out of order", main, producer=producer)

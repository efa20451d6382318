"""The HTML of releases, announcements and "Page not found" on the practice site."""

from html import escape

PRODUCER = "Department for Practice"
CONTACT = "statistics@example.gov.uk"

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
.wide{overflow-x:auto}.wide table{max-width:none;min-width:600px}li{overflow-wrap:anywhere}
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


def frame(title: str, main: str) -> str:
    """Return a complete page. `main` is HTML and is not escaped. The header and footer of the site are added."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - {PRODUCER}</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to main content</a>
<header class="top"><div class="inside"><a href="/">{PRODUCER}</a></div></header>
<div class="practice"><div class="inside">
This site is for practice. Its pages follow a script, and its figures are invented.
</div></div>
<main id="main"><div class="inside">
{main}
</div></main>
<footer><div class="inside">{PRODUCER}: a publisher that exists on this machine only.</div></footer>
</body>
</html>
"""


_FIGURES = (("North", "48.1", "47.6"), ("Midlands", "51.9", "52.4"), ("South", "50.3", "50.8"))


def release_page(title: str, *, published: str, summary: str = "") -> str:
    """Build the page of a published release. For an earlier edition, pass the title of the earlier edition."""
    rows = "".join(
        f'<tr><th scope="row">{area}</th><td class="figure">{before}</td><td class="figure">{now}</td></tr>'
        for area, before, now in _FIGURES
    )
    main = f"""<p class="kind">Official statistics</p>
<h1>{escape(title)}</h1>
<p class="lead">{escape(summary or "The latest figures, by region, with the year before for comparison.")}</p>
<dl><div><dt>From:</dt><dd>{PRODUCER}</dd></div><div><dt>Published:</dt><dd>{escape(published)}</dd></div></dl>

<h2>Main points</h2>
<ul><li>Two of the three regions show a rise on the year before.</li><li>The South has grown by half a point.</li></ul>
<table><caption>Rate in per cent, by region</caption>
<thead><tr><th scope="col">Region</th>
<th scope="col" class="figure">Year before</th><th scope="col" class="figure">This year</th></tr></thead>
<tbody>{rows}</tbody></table>
<h2>About these statistics</h2>
<p>The responsible statistician can be reached at <a href="mailto:{CONTACT}">{CONTACT}</a>.</p>"""
    return frame(title, main)


def coming_soon_page(title: str, *, expected: str) -> str:
    """Build the announcement that readers find at the address of a release before publication."""
    main = f"""<p class="kind">Release announcement</p>
<h1>{escape(title)}</h1>
<p class="lead">These statistics are not yet published.</p>
<dl><div><dt>From:</dt><dd>{PRODUCER}</dd></div>
<div><dt>Release date:</dt><dd>{escape(expected)} (confirmed)</dd></div></dl>
<p>They will be released on this page.</p>"""
    return frame(title, main)


def not_found_page() -> str:
    """Build the page for an address where nothing is published. If sent with status 200, this page is a soft 404."""
    main = """<h1>Page not found</h1>
<p>Nothing has been published at this address.</p>
<p><a href="/">Look through all publications</a></p>"""
    return frame("Page not found", main)

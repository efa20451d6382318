"""Pages as publishers really serve them, right and wrong: what a look has to tell apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from statsoffice.rehearsal_site.layout import PRODUCER, frame

_FIGURES = (("North", "48.1", "47.6"), ("Midlands", "51.9", "52.4"), ("South", "50.3", "50.8"))


@dataclass(frozen=True, slots=True)
class Document:
    """A file that a release page offers."""

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
    """Build the page of a release that is out; an earlier edition's page is the same with that edition's title.

    :param published: the time of publication in words.
    :param contact: the e-mail address of the statisticians.
    """
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
    """Build the announcement that stands at the release's address before it is out.

    :param expected: the announced time in words.
    """
    main = f"""<p class="kind">Release announcement</p>
<h1>{escape(title)}</h1>
<p class="lead">These statistics are not yet published.</p>
<dl><div><dt>From:</dt><dd>{escape(producer)}</dd></div>
<div><dt>Release date:</dt><dd>{escape(expected)} (confirmed)</dd></div></dl>
<p>They will be released on this page.</p>"""
    return frame(title, main, producer=producer)


def not_found_page(*, producer: str = PRODUCER) -> str:
    """Build the page that comes where there is none; served with status 200 it is a soft 404."""
    main = """<h1>Page not found</h1>
<p>Nothing has been published at this address.</p>
<p><a href="/">Look through all publications</a></p>"""
    return frame("Page not found", main, producer=producer)


def log_in_page(*, producer: str = PRODUCER) -> str:
    """Build the page that asks for a password, as the publishing system's preview does."""
    main = """<h1>Sign in</h1>
<p>You need to sign in to see this page.</p>
<form method="post" action="/sign-in"><label for="email">Email address</label>
<input id="email" name="email" type="email" autocomplete="username">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password">
<p><button type="submit">Sign in</button></p></form>"""
    return frame("Sign in", main, producer=producer)


def bot_challenge_page(*, producer: str = PRODUCER) -> str:
    """Build the page with which a content network holds up whatever it takes for a robot."""
    main = """<h1>Checking your browser</h1>
<p>This takes a few seconds. You will then be taken to the page.</p>
<noscript><p>Switch on JavaScript and load the page again.</p></noscript>"""
    return frame("Just a moment...", main, producer=producer)


def script_shell_page(*, producer: str = PRODUCER) -> str:
    """Build the page that is empty until a script has filled it, which a plain request never sees."""
    return frame("Statistics", '<div id="app"></div>', producer=producer)


def error_page(*, producer: str = PRODUCER) -> str:
    """Build the page of a server that is in trouble."""
    main = """<h1>This site is out of order</h1>
<p>It is being seen to.</p>"""
    return frame("Out of order", main, producer=producer)

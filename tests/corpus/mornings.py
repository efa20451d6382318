"""Mornings: several checks of one page in a row, as it changes, flickers or only seems to change."""

from tests.corpus.case import Case, Reply, Right, several
from tests.corpus.layouts import PROSE, TEXT, drupal, govuk, govuk_release, office

TITLE = "Road fuel prices, June 2026"
LIVE, NOT_LIVE, NOBODY = Right.LIVE, Right.NOT_LIVE, Right.NOBODY
_GONE = Reply(govuk("Page not found", "<p>Check the address.</p>"), status=404)
_ASKS = Reply(b"Slow down.", status=429, headers=(("retry-after", "30"),))
_SOON = office(TITLE, "<p>Release date: 14 July 2026 9:30am</p><p>This release is not yet published.</p>")
_OUT = office(TITLE, PROSE)


def ticking(clock: str, count: str, token: str) -> bytes:
    """Write the last edition's page with everything on it that changes at every check."""
    return drupal(
        "Road fuel prices",
        f"<p>{TEXT[0]}</p><p>{TEXT[1]}</p><p>Page last refreshed {clock}</p><p>You are visitor number {count}</p>"
        f"<p>23 people are viewing this page</p>"
        f"<p>Request ID: {token}-aa41</p><p>Published 9 June 2026</p><p>Updated 3 minutes ago</p><p>Served by "
        f"web0{count[-1]}</p>",
        messages=f'<div id="cookie-notice" class="cookie-notice">Cookies? {token}</div>',
    ).replace(b"g7HUxkN0b", token.encode())


CASES: tuple[Case, ...] = (
    several(
        "live-on-time",
        "404 up to the time, then the page.",
        (-1, _GONE, NOT_LIVE),
        (0, _GONE, NOT_LIVE),
        (1, _OUT, LIVE),
    ),
    several(
        "stale-then-fresh",
        "A cache gives the announcement for two minutes more.",
        (-1, _SOON, NOT_LIVE),
        (1, _SOON, NOT_LIVE),
        (2, _SOON, NOT_LIVE),
        (3, _OUT, LIVE),
    ),
    several(
        "fresh-then-stale",
        "Two caches that do not agree.",
        (-1, _SOON, NOT_LIVE),
        (1, _OUT, LIVE),
        (2, _SOON, NOT_LIVE),
        (3, _OUT, LIVE),
    ),
    several(
        "republished",
        "Corrected at 11.02am: it was and stays live.",
        (-1, _GONE, NOT_LIVE),
        (1, _OUT, LIVE),
        (92, office(TITLE, f"<p>Corrected at 11.02am: table 3 was replaced.</p>{PROSE}"), LIVE),
    ),
    several(
        "withdrawn-after-an-hour",
        "Live, and withdrawn an hour later.",
        (-1, _GONE, NOT_LIVE),
        (1, govuk_release(TITLE), LIVE),
        (60, govuk_release(TITLE, status="<h2>This publication was withdrawn on 14 July 2026</h2>"), NOT_LIVE),
    ),
    several(
        "gone-again",
        "Live, then gone.",
        (-1, _GONE, NOT_LIVE),
        (1, _OUT, LIVE),
        (5, Reply(govuk("Gone", ""), status=410), NOT_LIVE),
    ),
    several(
        "fault-at-the-very-time",
        "The site breaks down under its readers.",
        (-1, _SOON, NOT_LIVE),
        (0, Reply(b"", status=503), NOBODY),
        (1, Reply(b"", status=502), NOBODY),
        (2, _OUT, LIVE),
    ),
    several(
        "asked-to-wait-at-the-time",
        "The page asks its readers to wait while its release comes out and is taken down: nobody can tell.",
        (-1, _SOON, NOT_LIVE),
        (0, _ASKS, NOBODY),
        (0.5, _SOON, NOT_LIVE),
        (2, _SOON, NOT_LIVE),
    ),
    several(
        "flapping",
        "The page comes and goes with each of several servers.",
        (-1, _GONE, NOT_LIVE),
        (0, _GONE, NOT_LIVE),
        (0.2, _OUT, LIVE),
        (0.4, _GONE, NOT_LIVE),
        (0.6, _OUT, LIVE),
    ),
    several("early", "Out an hour before its time.", (-70, _SOON, NOT_LIVE), (-60, _OUT, LIVE), (-45, _OUT, LIVE)),
    several(
        "there-from-the-very-first-look",
        "The marker matched all along: that proves nothing.",
        (-600, _OUT, NOBODY),
        (-5, _OUT, NOBODY),
        (1, _OUT, NOBODY),
    ),
    several(
        "page-that-ticks",
        "A clock, a counter, a token and a banner change at every look; the edition does not.",
        (-60, ticking("08:30:01", "10,441", "f3a98c1d00aa"), NOBODY),
        (-5, ticking("09:25:00", "10,977", "0b77e21c9d3e"), NOT_LIVE),
        (1, ticking("09:31:00", "11,102", "9c0d1e2f3a4b"), NOT_LIVE),
        path="/statistics/road-fuel-prices",
    ),
    several(
        "change-under-the-ticking",
        "One figure changes under the clock and the counter: then nobody can tell what it is.",
        (-60, ticking("08:30:01", "10,441", "f3a98c1d00aa"), NOBODY),
        (-5, ticking("09:25:00", "10,977", "0b77e21c9d3e"), NOT_LIVE),
        (1, ticking("09:31:00", "11,102", "9c0d1e2f3a4b").replace(b"two pence", b"three pence"), NOBODY),
        path="/statistics/road-fuel-prices",
    ),
    several(
        "countdown",
        "A placeholder that counts down to its time.",
        (
            -10,
            office(
                TITLE,
                (
                    "<p>This release will be published at 9.30am on 14 July 2026.</p><p>Released in 10 "
                    "minutes 0 seconds</p>"
                ),
            ),
            NOT_LIVE,
        ),
        (
            -5,
            office(
                TITLE,
                (
                    "<p>This release will be published at 9.30am on 14 July 2026.</p><p>Released in 5 minutes "
                    "0 seconds</p>"
                ),
            ),
            NOT_LIVE,
        ),
        (1, _OUT, LIVE),
    ),
)

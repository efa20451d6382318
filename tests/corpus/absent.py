"""Pages that say, one way or another, that the release is not there; all of them answer 200."""

from releases.detection.finding import Reason
from tests.corpus.case import Reply, Right, one
from tests.corpus.layouts import PROSE, bare, drupal, govuk, office, shell, wordpress

TITLE = "Road fuel prices, June 2026"
NOT_LIVE = Right.NOT_LIVE
_NOWHERE = (
    "<p>Hmm. That one has wandered off.</p><p>Our site was rebuilt in spring, and some pages "
    "went for a walk. Use the map of the site, or ring us on any working day.</p>"
)

CASES = (
    one("soft-404", "It says so and answers 200.", NOT_LIVE, govuk("Page not found", "<p>Check the address.</p>")),
    one(
        "soft-404-drupal",
        "The same from Drupal.",
        NOT_LIVE,
        drupal("Page not found", "<p>The requested page could not be found.</p>"),
    ),
    one(
        "soft-404-wordpress",
        "WordPress searches for the words of the address, and repeats them.",
        NOT_LIVE,
        wordpress(
            "Page not found",
            "<h1>Oops! That page can&rsquo;t be found.</h1><p>Maybe try a search for road fuel prices June 2026?</p>",
            body_class="error404",
        ),
    ),
    one(
        "soft-404-in-welsh",
        "Tudalen heb ei chanfod: page not found.",
        NOT_LIVE,
        office("Tudalen heb ei chanfod", "<p>Ni allwn ddod o hyd i’r dudalen honno.</p>", lang="cy"),
    ),
    one(
        "soft-404-in-the-sites-own-words",
        "No word of it is known; but an address that cannot exist answers 404 with the same text.",
        NOT_LIVE,
        bare(
            "Wandered off",
            f"<h1>Gone for a walk</h1>{_NOWHERE}<p>You asked for /statistics/road-fuel-prices-june-2026</p>",
        ),
        reason=Reason.LIKE_NOT_FOUND,
        not_found=Reply(
            bare(
                "Wandered off", f"<h1>Gone for a walk</h1>{_NOWHERE}<p>You asked for /statistics/no-such-page-8f2a</p>"
            ),
            status=404,
        ),
    ),
    one(
        "soft-404-unknown-to-anybody",
        "The same text without a control look: nobody can tell what it means.",
        Right.NOBODY,
        bare("Wandered off", f"<h1>Gone for a walk</h1>{_NOWHERE}"),
    ),
    one(
        "home-page-for-every-address",
        "The home page is served in place, without a redirect, and lists the new release of another series.",
        NOT_LIVE,
        office(
            "Office of Figures",
            (
                f"<h2>Latest</h2><ul><li>House sales, June 2026</li></ul><p>We could not find the page "
                f"that you asked for.</p>{PROSE}"
            ),
        ),
        not_found=Reply(
            office(
                "Office of Figures",
                (
                    f"<h2>Latest</h2><ul><li>House sales, June 2026</li></ul><p>We could not find the page "
                    f"that you asked for.</p>{PROSE}"
                ),
            )
        ),
    ),
    one(
        "placeholder",
        "A page made ahead, with the right title and nothing in it.",
        NOT_LIVE,
        drupal(TITLE, "<p>Coming soon. Please check back at 9.30am.</p>"),
    ),
    one(
        "placeholder-latin",
        "A page with its title and filling text.",
        NOT_LIVE,
        drupal(TITLE, "<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit.</p>"),
    ),
    one(
        "under-construction",
        "The page says that it is being made.",
        NOT_LIVE,
        wordpress(TITLE, "<p>This page is under construction.</p>"),
    ),
    one(
        "announcement-government-wide",
        "The announcement stands at the address, with the title of the release.",
        NOT_LIVE,
        govuk(
            TITLE,
            "<p>Monthly prices of petrol and diesel.</p><dl><dt>Release date:</dt><dd>14 July 2026 9:30am "
            "(confirmed)</dd></dl>"
            "<p>These statistics will be released on 14 July 2026 9:30am</p>",
            kind="Official statistics announcement",
        ),
    ),
    one(
        "announcement-national-office",
        "The office's calendar entry, before it is out.",
        NOT_LIVE,
        office(
            TITLE,
            (
                "<p>Release date: 14 July 2026 9:30am</p><p>This release is not yet published.</p><h2>"
                "Summary</h2><p>Petrol and diesel prices.</p>"
            ),
        ),
    ),
    one(
        "announcement-health",
        "Marked in brackets beside its title.",
        NOT_LIVE,
        bare(
            f"(Upcoming, not yet published) {TITLE}",
            f"<h1>(Upcoming, not yet published) {TITLE}</h1><p>Publication date: 14 July 2026</p>",
        ),
    ),
    one(
        "announcement-that-speaks-for-itself",
        "We will publish: the same in the active voice, on a long page.",
        NOT_LIVE,
        office(TITLE, f"<p>We will publish these statistics on this page at 9:30am on 14 July 2026.</p>{PROSE}"),
    ),
    one(
        "announcement-in-welsh",
        "Heb ei gyhoeddi eto: not yet published.",
        NOT_LIVE,
        office(
            "Prisiau tanwydd ffyrdd, Mehefin 2026",
            "<p>Heb ei gyhoeddi eto</p><p>Dyddiad cyhoeddi: 14 Gorffennaf 2026</p>",
            lang="cy",
        ),
    ),
    one(
        "cancelled",
        "The announcement was cancelled.",
        NOT_LIVE,
        govuk(TITLE, "<h2>Statistics release cancelled</h2><p>Too few sellers reported.</p>"),
    ),
    one(
        "withdrawn",
        "The page is still there under a notice that it was withdrawn.",
        NOT_LIVE,
        govuk(
            TITLE,
            PROSE,
            status=(
                '<section class="gem-c-notice"><h2>This publication was withdrawn on 14 July 2026</h2><p>'
                "Its figures were wrong.</p></section>"
            ),
        ),
    ),
    one("withdrawn-in-the-title", "Marked in the title.", NOT_LIVE, govuk(f"[Withdrawn] {TITLE}", PROSE)),
    one(
        "postponed",
        "The heading says that it was put off.",
        NOT_LIVE,
        office(f"{TITLE} – postponed", "<p>A new date will be announced.</p>"),
    ),
    one(
        "the-sites-own-words",
        "A phrase of this site alone, which the producer's people have named.",
        NOT_LIVE,
        drupal(TITLE, f"<p>Embargo: this bulletin is held until its time of issue.</p>{PROSE}"),
        negative_markers=("held until its time of issue",),
    ),
    one(
        "log-in",
        "A page for logging in.",
        NOT_LIVE,
        office(
            "Sign in",
            '<form><label>Email <input type="email"></label><label>Password <input type="password"></label></form>',
        ),
    ),
    one(
        "preview-for-staff",
        "The publishing system's preview asks for a password and names the release.",
        NOT_LIVE,
        drupal(f"Log in to see {TITLE}", '<form><label>Password <input type="password"></label></form>'),
    ),
    one("gone", "410: it was there and was taken away.", NOT_LIVE, Reply(govuk("No longer available", ""), status=410)),
    one(
        "not-found",
        "404, the plain way.",
        NOT_LIVE,
        Reply(govuk("Page not found", "<p>Check the address.</p>"), status=404),
    ),
    one(
        "not-found-that-names-the-release",
        "404, whatever the page says.",
        NOT_LIVE,
        Reply(govuk(TITLE, PROSE), status=404),
    ),
    one(
        "search-in-place",
        "The address answers with a search for its own words, which lists the release to come.",
        NOT_LIVE,
        govuk(
            "Search results for road fuel June 2026",
            (
                "<ol><li>Road fuel prices, June 2026 — Release date: 14 July 2026</li><li>Road fuel "
                "prices, May 2026</li></ol>"
            ),
        ),
    ),
    one(
        "shell-with-a-missing-page",
        "The application has drawn that there is nothing.",
        NOT_LIVE,
        shell("Office of Figures", visible="<h1>Page not found</h1><p>Try the search.</p>"),
    ),
    one(
        "text-that-says-not-found",
        "Plain text from a server between.",
        NOT_LIVE,
        Reply(b"404 page not found\n", content_type="text/plain; charset=utf-8"),
    ),
)

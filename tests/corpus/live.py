"""Releases that are live, in the shapes in which publishers show them."""

from tests.corpus.case import Reply, Right, one
from tests.corpus.layouts import COOKIES, PROSE, bare, drupal, govuk, govuk_release, office, wordpress

TITLE = "Road fuel prices, June 2026"
LIVE = Right.LIVE
_TABLE = (
    '<table><caption>Pence per litre</caption><thead><tr><th scope="col">Fuel</th><th scope="col">May 2026</th>'
    '<th scope="col">June 2026</th></tr></thead><tbody><tr><td>Unleaded</td><td>140.1</td><td>142.3</td></tr>'
    "</tbody></table>"
)

CASES = (
    one("government-wide-page", "The edition stands in title and heading.", LIVE, govuk_release(TITLE)),
    one("national-office-page", "The same with another publishing system.", LIVE, office(TITLE, PROSE + _TABLE)),
    one("drupal-page", "The same in Drupal.", LIVE, drupal(TITLE, PROSE)),
    one("wordpress-page", "The same in WordPress; its archive lists older months.", LIVE, wordpress(TITLE, PROSE)),
    one(
        "edition-in-the-text-only",
        "The title never changes; table and text are this edition's.",
        LIVE,
        govuk_release(
            "Road fuel prices", main=f"<p>Prices in June 2026 were higher than in May 2026.</p>{_TABLE}{PROSE}"
        ),
    ),
    one(
        "article-header-carries-the-edition",
        "A header inside the article is part of it.",
        LIVE,
        bare(
            "Road fuel prices",
            f"<main><article><header><h2>Road fuel prices</h2><p>June 2026</p></header>{PROSE}</article></main>",
        ),
    ),
    one(
        "next-release-is-named-too",
        "Every live page names the next release; that is not a notice of this one.",
        LIVE,
        office(TITLE, f"<p>Release date: 14 July 2026</p><p>Next release: 11 August 2026</p>{PROSE}"),
    ),
    one(
        "cookie-banner-over-the-page",
        "The banner asks, and the page is there below it.",
        LIVE,
        bare(
            TITLE,
            (
                f'<div id="cookie-overlay" role="dialog"><h1>Cookies</h1><p>We use cookies.</p></div><main>'
                f"<h1>{TITLE}</h1>{PROSE}</main>"
            ),
        ),
    ),
    one(
        "log-in-form-beside-the-page",
        "A form for members stands beside a page that anybody may read.",
        LIVE,
        drupal(TITLE, f'{PROSE}<aside><form><label>Password <input type="password"></label></form></aside>'),
    ),
    one(
        "quarter-written-out",
        "The marker says Q2 2026, the page second quarter of 2026.",
        LIVE,
        govuk_release("Bus journeys, second quarter of 2026"),
        marker="Q2 2026",
        title="Bus journeys, Q2 2026",
        series="Bus journeys",
    ),
    one(
        "quarter-as-months",
        "The marker says Q2 2026, the page April to June 2026.",
        LIVE,
        office("Bus journeys: April to June 2026", PROSE),
        marker="Q2 2026",
        title="Bus journeys, Q2 2026",
        series="Bus journeys",
    ),
    one(
        "financial-year-with-a-slash",
        "2025/26 and 2025 to 2026 are one year.",
        LIVE,
        govuk_release("Bus journeys: 2025 to 2026"),
        marker="2025/26",
        title="Bus journeys 2025/26",
        series="Bus journeys",
    ),
    one(
        "month-abbreviated-and-a-hard-space",
        "Jun\u00a02026 is June 2026.",
        LIVE,
        drupal("Road fuel prices: Jun\u00a02026", PROSE),
    ),
    one(
        "year-ending-with-a-short-marker",
        "The marker is March 2026; the release's own title shows that it means the year ending then.",
        LIVE,
        govuk_release("Thefts from vehicles: year ending March 2026"),
        marker="March 2026",
        title="Thefts from vehicles: year ending March 2026",
        series="Thefts from vehicles",
    ),
    one(
        "welsh-twin",
        "The Welsh page of the same edition: Mehefin 2026 is June 2026.",
        LIVE,
        office(
            "Prisiau tanwydd ffyrdd, Mehefin 2026", "<p>Cododd pris petrol di-blwm yn ystod y mis.</p>" * 8, lang="cy"
        ),
        path="/cy/ystadegau/prisiau-tanwydd-mehefin-2026",
    ),
    one(
        "two-editions-on-one-page",
        "A page that keeps the editions of the year, with this one on top.",
        LIVE,
        office("Road fuel prices", f"<h2>June 2026</h2>{PROSE}<h2>May 2026</h2>{PROSE}"),
    ),
    one(
        "two-editions-in-the-heading",
        "A page that carries two editions at once names both.",
        LIVE,
        govuk_release("Road fuel prices, May 2026 and June 2026"),
    ),
    one(
        "title-element-forgotten",
        "The heading is new, the title of the window is still the last edition's: readers go by the heading.",
        LIVE,
        govuk("Road fuel prices, May 2026", PROSE, heading=TITLE),
    ),
    one(
        "print-view",
        "The print view holds text and no frame.",
        LIVE,
        bare(TITLE, f"<h1>{TITLE}</h1>{PROSE}<p>Printed 09:31:07</p>"),
    ),
    one(
        "accelerated-mobile-page",
        "The light version for telephones, with its own markup.",
        LIVE,
        f'<!doctype html><html ⚡ lang="en"><head><meta charset="utf-8"><title>{TITLE}</title><link rel="canonical" '
        f'href="/x">'
        '<style amp-custom>h1{font-size:2rem}</style><script async src="/v0.js"></script></head>'
        f"<body><amp-sidebar id=s><ul><li>Home</li></ul></amp-sidebar><h1>{TITLE}</h1>{PROSE}</body></html>".encode(),
    ),
    one(
        "wrong-charset-in-the-header",
        "Sent as ISO-8859-1 with the bytes of Windows-1252, as many servers do.",
        LIVE,
        Reply(
            (
                f"<html><head><title>Road fuel prices – June 2026</title></head><body><h1>Road fuel prices "
                f"– June\u00a02026</h1>{PROSE}</body></html>"
            ).encode("cp1252"),
            content_type="text/html; charset=ISO-8859-1",
        ),
        marker="prices - June 2026",
    ),
    one(
        "utf-16-without-a-header",
        "A byte order mark alone tells the character set.",
        LIVE,
        Reply(
            f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1>{PROSE}</body></html>".encode("utf-16"),
            content_type="text/html",
        ),
    ),
    one(
        "moved-to-its-canonical-address",
        "A redirect to the tidy form of the address.",
        LIVE,
        Reply(govuk_release(TITLE), by_way_of=((301, "/statistics/road-fuel-prices-june-2026/"),)),
    ),
    one(
        "announcement-became-the-release",
        "The announcement's address leads to the publication.",
        LIVE,
        Reply(govuk_release(TITLE), by_way_of=((302, "/government/statistics/road-fuel-prices-june-2026"),)),
        path="/government/statistics/announcements/road-fuel-prices-june-2026",
    ),
    one(
        "correction-notice",
        "Republished with a note of what was corrected: it is there.",
        LIVE,
        govuk_release(
            TITLE,
            published="14 July 2026",
            main=f"<p>Last updated 14 July 2026 — Table 3 was replaced at 11.02am.</p>{PROSE}",
        ),
    ),
    one(
        "withdrawn-things-in-the-text",
        "Cancelled services are the subject, not a notice.",
        LIVE,
        wordpress(
            "Bus services withdrawn, June 2026", f"<p>In all, 214 services were withdrawn and 12 cancelled.</p>{PROSE}"
        ),
        title="Bus services withdrawn, June 2026",
        series="Bus services withdrawn",
    ),
    one(
        "a-very-large-page",
        "Two megabytes of tables.",
        LIVE,
        office(
            TITLE, PROSE + "<table>" + "<tr><td>Station</td><td>142.3</td><td>140.1</td></tr>" * 40_000 + "</table>"
        ),
    ),
    one(
        "meta-and-heading-agree",
        "What machines are told is what readers see.",
        LIVE,
        govuk_release(TITLE, head=f'<meta property="og:title" content="{TITLE}">'),
    ),
    one(
        "with-a-cookie-banner-alone-changed",
        "The banner is part of every page of the site.",
        LIVE,
        govuk(TITLE, COOKIES + PROSE),
    ),
)

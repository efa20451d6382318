"""Pages of another edition, and how they differ from the one that is due."""

from releases.detection.finding import Reason
from tests.corpus.case import Reply, Right, one, several
from tests.corpus.layouts import PROSE, TEXT, bare, govuk, govuk_release, office, wordpress

TITLE = "Road fuel prices, June 2026"
MAY = "Road fuel prices, May 2026"
LIVE, NOT_LIVE, NOBODY = Right.LIVE, Right.NOT_LIVE, Right.NOBODY
_FIXED = "/statistics/road-fuel-prices"
_OLD = govuk_release("Road fuel prices", published="9 June 2026", main=f"<p>Prices in May 2026 fell.</p>{PROSE}")

CASES = (
    several(
        "last-edition-at-a-fixed-address",
        "One address for all editions. A single look cannot tell; unchanged since before the time it is not live.",
        (-600, office(MAY, PROSE), NOBODY),
        (-5, office(MAY, PROSE), NOT_LIVE),
        (1, office(MAY, PROSE), NOT_LIVE),
        (2, office(TITLE, PROSE), LIVE),
        path=_FIXED,
    ),
    several(
        "last-edition-with-the-next-ones-name",
        "The old page names the new edition as the next one.",
        (-60, office(MAY, f"<p>Next release: June 2026</p>{PROSE}"), NOBODY),
        (1, office(MAY, f"<p>Next release: June 2026</p>{PROSE}"), NOT_LIVE),
        path=_FIXED,
    ),
    several(
        "last-edition-published-in-the-month",
        "May's edition was published on 9 June 2026: a date and not the period.",
        (-60, _OLD, NOBODY),
        (1, _OLD, NOT_LIVE),
        path=_FIXED,
    ),
    several(
        "dates-to-come-in-a-table",
        "A table of the dates of publication names the edition beside its day.",
        *(
            (
                minutes,
                office(
                    "Road fuel prices",
                    (
                        f"<p>Prices in May fell.</p>{PROSE}<table><tr><th>Month</th><th>Date</th></tr><tr><td>June "
                        f"2026</td><td>14 July 2026</td></tr></table>"
                    ),
                ),
                right,
            )
            for minutes, right in ((-60, NOBODY), (1, NOT_LIVE))
        ),
        path=_FIXED,
    ),
    several(
        "archive-that-names-it-as-coming-next",
        "The list of editions has it on top, as coming next.",
        *(
            (
                minutes,
                wordpress(
                    "Road fuel prices",
                    f"<ul><li>June 2026 – coming next</li><li>May 2026</li><li>April 2026</li></ul>{PROSE}",
                ),
                right,
            )
            for minutes, right in ((-60, NOBODY), (1, NOT_LIVE))
        ),
        path=_FIXED,
    ),
    one(
        "last-edition-that-looks-ahead",
        "May's page says what June 2026 will bring.",
        NOBODY,
        office(
            MAY,
            (
                f"<p>We expect prices to rise in June 2026.</p><p>Some sellers said that June 2026 had "
                f"begun badly.</p>{PROSE}"
            ),
        ),
        path=_FIXED,
        reason=Reason.OTHER_EDITION,
    ),
    one(
        "same-month-of-last-year",
        "June 2025 is not June 2026.",
        NOBODY,
        govuk_release("Road fuel prices, June 2025", published="8 July 2025"),
        path=_FIXED,
    ),
    one(
        "longer-period-that-ends-in-the-month",
        "January to June 2026 is the half-year's edition, and the series has both.",
        NOBODY,
        govuk_release("Road fuel prices, January to June 2026"),
        reason=Reason.OTHER_PERIOD,
    ),
    one(
        "quarter-of-a-financial-year",
        "Q2 2026/27 is July to September: another edition than Q2 2026.",
        NOBODY,
        govuk_release("Bus journeys, Q2 2026/27", main=TEXT[0]),
        marker="Q2 2026",
        title="Bus journeys, Q2 2026",
        series="Bus journeys",
    ),
    one(
        "publishers-own-quarters",
        "The publisher calls October to December 2025 its Q2 2026; that is not April to June.",
        NOBODY,
        govuk_release("Bus journeys, Q2 2026 (October to December 2025)"),
        marker="April to June 2026",
        title="Bus journeys, April to June 2026",
        series="Bus journeys",
    ),
    one(
        "year-in-the-small-print",
        "The marker is a year alone. Last year's page mentions it.",
        NOBODY,
        govuk_release(
            "Survey of drivers", main=f"<p>Fieldwork for the survey of drivers ended early in 2026.</p>{PROSE}"
        ),
        marker="2026",
        title="Survey of drivers 2026",
        series="Survey of drivers",
        reason=Reason.COMMON_MARKER,
    ),
    one(
        "title-changed-ahead-of-the-page",
        "The window's title is new, the heading still the last edition's.",
        NOBODY,
        govuk(TITLE, PROSE, heading=MAY),
        path=_FIXED,
        reason=Reason.OTHER_EDITION,
    ),
    one(
        "renamed",
        "The release got a new title without its month. Nobody can tell from outside.",
        NOBODY,
        govuk_release("Fuel at the pump: summer edition"),
    ),
    one(
        "another-series",
        "The right month, and the release of another series at this address.",
        NOBODY,
        wordpress("House sales, June 2026", "<p>Sales of flats rose.</p>" * 12),
        reason=Reason.OTHER_SUBJECT,
    ),
    one(
        "redirect-to-the-collection",
        "It leads up to the list of editions, which names it somewhere.",
        NOBODY,
        Reply(
            office("Road fuel prices: all editions", f"<ul><li>June 2026</li><li>May 2026</li></ul>{PROSE}"),
            by_way_of=((302, "/statistics"),),
        ),
    ),
    several(
        "in-place-update",
        "The same address and title; the text changes from May to June.",
        (-60, _OLD, NOBODY),
        (0, _OLD, NOT_LIVE),
        (1, govuk_release("Road fuel prices", main=f"<p>Prices in June 2026 rose.</p>{PROSE}"), LIVE),
        path=_FIXED,
    ),
    several(
        "in-place-update-that-names-no-month",
        "The text changed, and nothing tells which edition it is.",
        (-60, govuk_release("Road fuel prices", published="9 June 2026"), NOBODY),
        (0, govuk_release("Road fuel prices", published="9 June 2026"), NOT_LIVE),
        (1, govuk_release("Road fuel prices", main=f"<p>Prices rose by three pence.</p>{PROSE}"), NOBODY),
        path=_FIXED,
    ),
    one(
        "only-machines-are-told",
        "The month stands in what search engines read; the page itself does not show it.",
        NOBODY,
        govuk_release(
            "Road fuel prices",
            head=(
                '<meta property="og:title" content="Road fuel prices, June 2026"><script '
                'type="application/ld+json">'
                '{"@context":"https://schema.org","@type":"Dataset","name":"Road fuel '
                'prices","temporalCoverage":"June 2026"}</script>'
            ),
        ),
        reason=Reason.MARKER_IN_META,
    ),
    one(
        "edition-in-a-menu-only",
        "A menu beside the page lists the month.",
        NOBODY,
        bare("Road fuel prices", f"<main><h1>Road fuel prices</h1>{PROSE}</main><nav><a>June 2026</a></nav>"),
    ),
)

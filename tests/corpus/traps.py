"""Pages made to fool the rules, in both directions: each was taken for the wrong thing by an earlier rule or by "
"a guess."""

from releases.detection.finding import Reason
from tests.corpus.case import Right, one
from tests.corpus.layouts import PROSE, bare, drupal, govuk_release, office, wordpress

TITLE = "Road fuel prices, June 2026"
LIVE, NOT_LIVE, NOBODY = Right.LIVE, Right.NOT_LIVE, Right.NOBODY
_PASSWORD = '<form><label>Password: <input type="password"></label></form>'


def shown(text: str, *, heading: str = TITLE) -> bytes:
    """Write a page of the office under a heading."""
    return office(heading, text)


def of_the_series(text: str) -> bytes:
    """Write a page whose heading names no edition."""
    return bare("Road fuel prices", f"<h1>Road fuel prices</h1>{text}{PROSE}")


_LIVE = (
    one(
        "table-withdrawn",
        "One table was withdrawn, not the release.",
        LIVE,
        shown(f"<p>Table 4 was withdrawn on 15 July 2026 because of an error.</p>{PROSE}"),
    ),
    one(
        "replaces-a-withdrawn-one",
        "It replaces another edition that was withdrawn.",
        LIVE,
        shown(f"<p>This release replaces the one that was withdrawn on 3 June.</p>{PROSE}"),
    ),
    one(
        "charts-want-scripts",
        "Only its charts need a script.",
        LIVE,
        shown(f"<p>Enable JavaScript to see the charts.</p>{PROSE}"),
    ),
    one(
        "edition-under-the-name-of-its-series",
        "The heading is the month alone, with the name of the series above it.",
        LIVE,
        bare("June 2026 - Explore figures", f"<span>Road fuel prices</span><h1>June 2026</h1>{PROSE}"),
    ),
    one(
        "short-release",
        "A release that is little more than a link to its tables.",
        LIVE,
        drupal(TITLE, "<p>Statistics on prices of road fuel. <a href='/x.ods'>Download the tables</a></p>"),
    ),
    one(
        "every-month",
        "A sentence about every month is none about this one.",
        LIVE,
        govuk_release(TITLE, main=f"<p>We will publish these statistics every month on a Tuesday.</p>{PROSE}"),
    ),
    one(
        "every-month-at-its-time",
        "The time of the day is no day: it is said of every month.",
        LIVE,
        shown(f"<p>These statistics will be published at 9:30am on the second Tuesday of each month.</p>{PROSE}"),
    ),
    one(
        "every-month-by-us",
        "The same in the active voice.",
        LIVE,
        shown(f"<p>We will publish these statistics at 9:30am on the first Thursday of every month.</p>{PROSE}"),
    ),
    one(
        "every-quarter-at-its-time",
        "The same of quarters, without a weekday.",
        LIVE,
        shown(f"<p>This publication will be released at 9.30am every quarter.</p>{PROSE}"),
    ),
    one(
        "due-every-month",
        "So are those that are due every month.",
        LIVE,
        shown(f"<p>These statistics are due for release at 9:30am on the first Thursday of every month.</p>{PROSE}"),
    ),
    one(
        "on-a-day-of-every-month",
        "The day is one of every month.",
        LIVE,
        shown(f"<p>These statistics will be published on the 15th of each month at 9:30am.</p>{PROSE}"),
    ),
    one(
        "passage-with-a-month",
        "A second heading names a month that it compares with.",
        LIVE,
        bare("Office | Road fuel prices June 2026", f"<h1>Road fuel prices</h1><h1>Change since May 2026</h1>{PROSE}"),
    ),
    one(
        "two-months-compared",
        "The heading compares two months.",
        LIVE,
        shown(PROSE, heading="Road fuel prices: June 2026 compared with May 2026"),
    ),
    one(
        "will-be-updated",
        "A page that will be updated is there.",
        LIVE,
        shown(f"<p>This page will be updated on 11 August 2026.</p>{PROSE}"),
    ),
    one(
        "postponed-from",
        "It was put off from an earlier day, and came.",
        LIVE,
        shown(f"<p>This release was postponed from 7 July 2026.</p>{PROSE}"),
    ),
    one(
        "errors-are-the-subject",
        "Its subject are errors.",
        LIVE,
        shown(
            f"<p>An error was found in 3% of prescriptions.</p>{PROSE}", heading="Errors in prescriptions, June 2026"
        ),
        title="Errors in prescriptions, June 2026",
        series="Errors in prescriptions",
    ),
    one(
        "log-ins-are-the-subject",
        "Its subject is signing in.",
        LIVE,
        shown(PROSE, heading="Use of sign in services, June 2026"),
        title="Use of sign in services, June 2026",
        series="Use of sign in services",
    ),
    one(
        "cookies-are-the-subject",
        "Its subject are cookies, and its markup says so.",
        LIVE,
        shown(f'<div class="cookie-sales">{PROSE}</div>', heading="Cookie and biscuit sales, June 2026"),
        title="Cookie and biscuit sales, June 2026",
        series="Cookie and biscuit sales",
    ),
    one(
        "searches-are-the-subject",
        "Its subject are searches.",
        LIVE,
        shown(PROSE, heading="Job search results, June 2026"),
        title="Job search results, June 2026",
        series="Job search results",
    ),
    one(
        "week-with-its-weekday",
        "The page writes the day more fully.",
        LIVE,
        shown(PROSE, heading="Deaths registered, week ending Friday 26th June 2026"),
        marker="week ending 26 June 2026",
        title="Deaths registered, week ending 26 June 2026",
        series="Deaths registered",
    ),
    one(
        "quarter-with-its-months",
        "The quarter and its months in one.",
        LIVE,
        shown(PROSE, heading="Bus journeys, Quarter 2 (April to June) 2026"),
        marker="Q2 2026",
        title="Bus journeys, Q2 2026",
        series="Bus journeys",
    ),
    one(
        "edition-in-a-table-head",
        "The month stands over a column of figures.",
        LIVE,
        of_the_series(
            "<table><tr><th>May 2026</th><th>June 2026</th></tr><tr><td>140.1</td><td>142.3</td></tr></table>"
        ),
    ),
    one(
        "edition-over-two-lines",
        "The heading of the passage is broken over two lines.",
        LIVE,
        of_the_series("<h2><span>June</span><br><span>2026</span></h2>"),
    ),
)
_NOT_LIVE = (
    one(
        "download-from-the-day",
        "It will be there to download.",
        NOT_LIVE,
        shown("<p>This publication will be available to download from 9.30am on 14 July 2026.</p>"),
    ),
    one(
        "announced-next-to-every-month",
        "One sentence is about every month, and the other announces this release.",
        NOT_LIVE,
        shown(
            "<p>We will publish these statistics at 9:30am on the second Tuesday of every month. This release will be "
            f"published on 14 July 2026 at 9:30am.</p>{PROSE}"
        ),
        reason=Reason.NEGATIVE_MARKER,
    ),
    one("not-yet-released", "Three words.", NOT_LIVE, shown("<p>Not yet released</p>")),
    one(
        "unpublished-content",
        "Drupal tells its editors that readers cannot see it.",
        NOT_LIVE,
        drupal(TITLE, PROSE, messages="<div class='messages'>This content is unpublished.</div>"),
    ),
    one(
        "password-of-one-page",
        "WordPress asks for the password of this page.",
        NOT_LIVE,
        wordpress(
            f"Protected: {TITLE}",
            (f"<p>This content is password protected. To view it please enter your password below:</p>{_PASSWORD}"),
        ),
        reason=Reason.LOG_IN,
    ),
)
_NOBODY = (
    one(
        "expected-on-a-long-page",
        "A long description with a day on which it is expected.",
        NOBODY,
        shown(f"<dl><dt>Expected:</dt><dd>14 July 2026</dd></dl>{PROSE}"),
    ),
    one(
        "release-date-alone",
        "A day and nothing else: announced or out, both look like this.",
        NOBODY,
        shown("<p>Release date: 14 July 2026 9:30am</p><p>Petrol and diesel prices by month.</p>"),
    ),
    one(
        "embargoed",
        "An embargo that may have passed.",
        NOBODY,
        shown(f"<p>Embargoed until 9:30am 14 July 2026</p>{PROSE}"),
    ),
    one(
        "this-day-and-every-month",
        "A sentence about a day and about every month: which of them is meant only a person can tell.",
        NOBODY,
        shown(f"<p>These statistics will be published on Tuesday 14 July, and every month after that.</p>{PROSE}"),
    ),
    one(
        "time-without-a-day",
        "A time without a day: it may be that of every release.",
        NOBODY,
        shown(f"<p>These statistics will be published at 9:30am.</p>{PROSE}"),
    ),
    one("draft", "Marked as a draft.", NOBODY, shown(PROSE, heading=f"DRAFT: {TITLE}")),
    one("preview", "Marked as a preview.", NOBODY, shown(PROSE, heading=f"Preview: {TITLE}")),
    one(
        "put-off-until",
        "Put off until a day; perhaps the notice was forgotten.",
        NOBODY,
        shown(f"<p>This release has been postponed until 16 July 2026.</p>{PROSE}"),
    ),
    one(
        "moved-by-hand",
        "It says that it has moved.",
        NOBODY,
        shown("<p>This page has moved. It is now <a href='/y'>somewhere else</a>.</p>"),
    ),
    one("no-figures-yet", "A frame without figures.", NOBODY, shown("<p>No data available yet.</p>")),
    one(
        "outlook",
        "The last edition looks ahead.",
        NOBODY,
        of_the_series("<p>Outlook for June 2026: prices may rise.</p>"),
    ),
    one(
        "new-method-from-then",
        "The last edition tells of a new method.",
        NOBODY,
        of_the_series("<p>From the June 2026 edition we use a new method.</p>"),
    ),
    one(
        "last-reviewed",
        "The last edition was reviewed in the month.",
        NOBODY,
        of_the_series("<p>The consultation ran until June 2026.</p><p>Last reviewed: June 2026</p>"),
    ),
    one(
        "published-in-the-month",
        "The last edition came out in the month.",
        NOBODY,
        of_the_series("<p>This bulletin was published in early June 2026.</p>"),
    ),
    one(
        "figures-being-collected",
        "The last edition says what is under way.",
        NOBODY,
        of_the_series("<p>Data for June 2026 are being collected.</p>"),
    ),
    one(
        "delayed-by-name",
        "The last edition tells that this one is delayed.",
        NOBODY,
        of_the_series("<p>The June 2026 release is delayed.</p>"),
    ),
    one(
        "archive-of-the-month",
        "What came out in the month, the last edition of this series among it.",
        NOBODY,
        bare("June 2026 – Office", f"<h1>Month: June 2026</h1><ul><li>Road fuel prices, May 2026</li></ul>{PROSE}"),
        reason=Reason.OTHER_SUBJECT,
    ),
    one(
        "title-alone-changed-ahead",
        "A page without a main heading, whose text is still headed by the last edition.",
        NOBODY,
        bare(TITLE, f"<h2>Road fuel prices, May 2026</h2>{PROSE}"),
        reason=Reason.OTHER_EDITION,
    ),
    one("copyright", "A line of copyright.", NOBODY, of_the_series("<p>© Crown copyright June 2026</p>")),
    one(
        "day-of-publication-in-a-list",
        "The label stands in a block of its own.",
        NOBODY,
        of_the_series("<dl><dt>Publication date</dt><dd>June 2026</dd></dl>"),
    ),
    one(
        "next-release-in-a-list",
        "So does this one.",
        NOBODY,
        of_the_series("<dl><dt>Next release</dt><dd>June 2026</dd></dl>"),
    ),
    one(
        "list-of-what-is-to-come",
        "A list under a heading that says so.",
        NOBODY,
        of_the_series(
            "<h2>Upcoming editions</h2><ul><li>Road fuel prices, June 2026</li><li>Road fuel prices, "
            "July 2026</li></ul>"
        ),
    ),
)
CASES = (*_LIVE, *_NOT_LIVE, *_NOBODY)

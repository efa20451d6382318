"""Pages under the right heading with a notice that decides: wait until then, or something else is missing."""

from releases.detection.finding import Reason
from tests.corpus.case import Case, Right, one
from tests.corpus.layouts import PROSE, bare, office

TITLE = "Road fuel prices, June 2026"
LIVE, NOT_LIVE, NOBODY = Right.LIVE, Right.NOT_LIVE, Right.NOBODY


def notice(name: str, why: str, right: Right, text: str, *, thin: bool = False) -> Case:
    """Make a case of one sentence below the right heading, above a long description unless stated otherwise."""
    return one(name, why, right, office(TITLE, f"<p>{text}</p>{'' if thin else PROSE}"))


_WAIT = (
    notice(
        "full-release-to-come",
        "A description made ahead: the release itself comes at its time.",
        NOBODY,
        "The full release will be published at 9.30am on 14 July 2026.",
    ),
    notice("check-back", "It asks its readers to come again.", NOBODY, "Check back at 9.30am on 14 July 2026."),
    notice("goes-live", "It goes live, it did not yet.", NOBODY, "This bulletin goes live at 9.30am."),
    notice(
        "will-be-added",
        "What readers wait for is added later.",
        NOBODY,
        "The data will be added to this page at 9.30am on 14 July 2026.",
    ),
    notice("scheduled-for", "A time and no release.", NOBODY, "Release scheduled for 9.30am on 14 July 2026."),
    notice("results-will-appear", "The frame of a page.", NOBODY, "Results will appear here at 9.30am.", thin=True),
    notice("content-to-follow", "A frame that says so.", NOT_LIVE, "Content to follow.", thin=True),
    one(
        "search-in-the-title-too",
        "A search for the release: its title and its only main heading say so.",
        NOT_LIVE,
        bare(f"Search - {TITLE}", f"<h1>Search</h1><p>2 results</p><ul><li>{TITLE}</li><li>Fuel</li></ul>{PROSE}"),
        reason=Reason.SEARCH,
    ),
    notice("not-published-yet-contracted", "As people speak.", NOT_LIVE, "This release hasn’t been published yet."),
    notice(
        "announced-in-two-languages",
        "The release itself comes on the day, with its translation.",
        NOT_LIVE,
        "This release will be published on 14 July 2026 in Welsh and in English.",
    ),
    notice(
        "announced-with-a-translated-summary",
        "Only its summary is translated.",
        NOT_LIVE,
        "This release will be published on 14 July 2026, with a summary in Welsh.",
        thin=True,
    ),
    notice("placeholder-by-name", "It calls itself one.", NOBODY, "This page is a placeholder."),
    notice("not-out-yet", "Of this very month.", NOBODY, "Figures for this month are not out yet."),
)
_THERE = (
    notice(
        "next-one-at-its-time",
        "Every live page says when the next one comes.",
        LIVE,
        "The next release will be published at 9.30am on 11 August 2026.",
    ),
    notice(
        "briefing-on-the-day",
        "Something else comes on the day.",
        LIVE,
        "The chief statistician will speak about this release at 2pm on 14 July 2026.",
    ),
    notice(
        "was-due-and-came-late",
        "It tells how late it was.",
        LIVE,
        "This release was due to be published at 9.30am on 14 July 2026; it came out at 10.15am.",
    ),
    notice(
        "another-part-later",
        "A part of another day is not awaited today.",
        LIVE,
        "Regional tables will be available here from 9.30am on 21 July 2026.",
    ),
    notice(
        "withdrawn-as-national-statistics",
        "They lost a label, and came out.",
        LIVE,
        "These statistics were withdrawn as National Statistics in 2019 and are now official statistics.",
    ),
    notice(
        "not-published-before",
        "New, and there.",
        LIVE,
        "This data has not been released before at this level of detail.",
    ),
    notice(
        "not-on-paper",
        "It is there, and not on paper.",
        LIVE,
        "This release has not been published on paper since 2010.",
    ),
    notice(
        "translation-on-another-day",
        "The English release is there, and its translation comes later.",
        LIVE,
        "This release will be published on 21 July in Welsh.",
    ),
    notice(
        "translation-by-name-at-its-time",
        "The same with the name of the release and a time.",
        LIVE,
        "Road fuel prices, June 2026 will be published at 9:30am on Tuesday 21 July 2026, in the Welsh language.",
    ),
    notice(
        "welsh-version-to-come",
        "A translation is another publication.",
        LIVE,
        "A Welsh version will be published on 21 July 2026.",
    ),
    notice(
        "translation-withdrawn",
        "Only the translation was withdrawn.",
        LIVE,
        "This publication has been withdrawn in Welsh.",
    ),
    notice(
        "technical-report-not-out",
        "“It” is the technical report.",
        LIVE,
        "We are preparing a technical report. It hasn’t been published yet.",
    ),
    notice(
        "technical-report-to-follow-this-release",
        "So is it here, although the sentence before begins with this release.",
        LIVE,
        "This release will be followed by a technical report. It hasn’t been published yet.",
    ),
    notice(
        "translation-not-out",
        "“It” is the translation.",
        LIVE,
        "A Welsh version is being translated. It has not yet been published.",
    ),
    notice("not-in-print-yet", "It is there, and not in print.", LIVE, "It is not yet available in print."),
    one(
        "dashboard-not-out",
        "“It” is the dashboard, which has a heading of its own.",
        LIVE,
        office(TITLE, f"<h2>Dashboard</h2><p>It hasn’t been published yet.</p>{PROSE}"),
    ),
    one(
        "help-to-find-a-publication",
        "A sentence for readers who look for another publication is on every page of this series.",
        LIVE,
        office(
            "Road fuel prices",
            "<p>If you cannot find the publication you are looking for, contact us.</p>"
            f"<p>In June 2026, prices rose by 2 pence.</p>{PROSE}",
        ),
    ),
    one(
        "search-field-with-a-heading",
        "The field to search in has a main heading of its own.",
        LIVE,
        bare(TITLE, f"<div><h1>Search</h1><form></form></div><main><h1>{TITLE}</h1>{PROSE}</main>"),
    ),
    one(
        "log-in-with-a-heading",
        "So has the form for members beside the page.",
        LIVE,
        bare(TITLE, f"<main><h1>{TITLE}</h1>{PROSE}</main><aside><h1>Login</h1></aside>"),
    ),
    one(
        "search-field-above-the-series",
        "The edition is in the title, and the main heading names the series alone.",
        LIVE,
        bare(TITLE, f"<header><h1>Search</h1><form></form></header><main><h1>Road fuel prices</h1>{PROSE}</main>"),
    ),
    one(
        "log-in-next-to-the-series",
        "The same with a link for members next to the page.",
        LIVE,
        bare(TITLE, f"<main><h1>Road fuel prices</h1>{PROSE}</main><aside><h1>Login</h1></aside>"),
    ),
    one(
        "leads-home-without-scripts",
        "Only browsers without scripts are led away, and they are few.",
        LIVE,
        bare(
            TITLE,
            f"<h1>{TITLE}</h1>{PROSE}",
            head='<noscript><meta http-equiv="refresh" content="0;url=/"></noscript>',
        ),
    ),
)
_EITHER = (
    one(
        "forthcoming-beside-the-page",
        "A list beside the page is headed so; or the whole page is a list of what is to come.",
        NOBODY,
        bare(TITLE, f"<main><h1>{TITLE}</h1>{PROSE}</main><aside><h1>Forthcoming</h1><p>House sales</p></aside>"),
    ),
    one(
        "search-as-the-only-main-heading",
        "The title names the edition and the only main heading is that of a search: one of them is wrong.",
        NOBODY,
        bare(TITLE, f"<header><h1>Search</h1></header><main><h2>Road fuel prices</h2>{PROSE}</main>"),
        reason=Reason.SEARCH,
    ),
    one(
        "log-in-as-the-only-main-heading",
        "The same with a heading to log in.",
        NOBODY,
        bare(TITLE, f"<header><h1>Login</h1></header><main><h2>Road fuel prices</h2>{PROSE}</main>"),
        reason=Reason.LOG_IN,
    ),
    one(
        "search-field-and-edition-in-the-text",
        "Neither the title nor a main heading names the edition, and one of them is that of a search.",
        NOBODY,
        bare(
            "Road fuel prices",
            f"<h1>Search</h1><main><h1>Road fuel prices</h1><p>Figures for June 2026.</p>{PROSE}</main>",
        ),
        reason=Reason.SEARCH,
    ),
    one(
        "forthcoming-next-to-the-series",
        "A list next to the page of the series has this heading, and the title names the edition.",
        NOBODY,
        bare(TITLE, f"<main><h1>Road fuel prices</h1>{PROSE}</main><aside><h1>Forthcoming</h1><p>Sales</p></aside>"),
    ),
    one(
        "word-in-a-menu",
        "A menu above a short page has a word for what is to come.",
        NOBODY,
        bare(TITLE, f"<ul><li>Published</li><li>Upcoming</li></ul><main><h1>{TITLE}</h1><p>Download.</p></main>"),
    ),
    notice(
        "translation-announced-and-nothing-else",
        "A page with nothing else may be that of the translation.",
        NOBODY,
        "This release will be published on 21 July 2026 in Welsh.",
        thin=True,
    ),
    notice(
        "it-is-not-out",
        "Directly below the heading, “it” is probably the release.",
        NOBODY,
        "It hasn’t been published yet.",
    ),
    notice(
        "it-is-not-out-after-its-name",
        "“It” is probably the edition that the sentence before names, on a page with a long description.",
        NOBODY,
        "This is the June 2026 edition of Road fuel prices. It has not been published yet.",
    ),
    notice(
        "some-figures-are-not-published",
        "Of which figures that is said only a reader of the whole can tell.",
        NOBODY,
        "Figures below five could name a seller. These data are not published.",
    ),
    notice(
        "cancelled-years-ago",
        "No publisher cancels this edition years before it is due.",
        NOBODY,
        "This release was cancelled on 3 March 2020.",
    ),
    notice(
        "cancelled-in-another-year",
        "A release that was cancelled in a year of which nobody knows what it has to do with this one.",
        NOBODY,
        "This release was cancelled in 2020 because of the pandemic.",
    ),
)
CASES = (*_WAIT, *_THERE, *_EITHER)

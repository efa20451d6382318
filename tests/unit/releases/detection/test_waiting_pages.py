"""Pages that carry the release's name and ask their readers to wait, and live pages that only sound like it."""

from datetime import timedelta

import pytest

from releases.detection.finding import CheckOutcome, Reason
from tests.support.release_pages import AT, MUCH, SERIES, TITLE, page, release_page, shown

LIVE, NOT_LIVE, UNRECOGNISED = CheckOutcome.LIVE, CheckOutcome.NOT_LIVE, CheckOutcome.UNRECOGNISED


@pytest.mark.parametrize(
    "sentence",
    [
        "The full release will be published at 9.30am on 30 June 2026.",
        "Statistics will be published here at 9.30am on Tuesday 30 June 2026.",
        "The statistical bulletin and tables will be available here from 9:30am on 30 June 2026.",
        "Data for June 2026 will be published at 9.30am.",
        "The figures are to be released at noon.",
        "This bulletin goes live at 9.30am.",
        "Results will appear here.",
        "The bulletin will follow shortly.",
        "Available from 9.30am on 30 June 2026.",
        "Publishing 30 June 2026, 9.30am",
        "Release scheduled for 09:30 on 30 June 2026.",
        "To be published at 9.30am on 30 June 2026",
        "Please check back at 9.30am.",
        "Come back here soon.",
        "Figures for this month are not out yet.",
        "The June 2026 data are not yet available.",
        "This is a test page.",
        "This page is a placeholder.",
    ],
)
def test_a_long_page_that_asks_its_readers_to_wait_is_never_live(sentence):
    finding = shown(release_page(f"<p>{sentence}</p>"), due_at=AT)
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.NEGATIVE_MARKER))


def test_deep_in_a_page_only_the_very_day_makes_readers_wait():
    def deep(sentence):
        return release_page(text=MUCH + "<p>x</p>" * 20 + f"<p>{sentence}</p>")

    assert shown(deep("The data will be added on 30 June 2026."), due_at=AT).result is UNRECOGNISED
    assert shown(deep("Our statistics will be published at 9.30am."), due_at=AT).result is LIVE
    assert shown(deep("The data will be added on 30 June 2026.")).result is LIVE, "when it is due is not known"


@pytest.mark.parametrize(
    "sentence",
    [
        "The next release will be published at 9.30am on 30 July 2026.",
        "Further tables will be available here from 9.30am on 7 July 2026.",
        "Regional figures will be published on 7 July 2026.",
        "Monthly figures will be published at 9.30am.",
        "These statistics were due to be published on 30 June 2026 at 7am, and came at 9.30am.",
        "These statistics were released at 9.30am on 30 June 2026.",
        "A press conference will be held at 10am on 30 June 2026.",
        "An accessible version of the tables will follow shortly.",
        "Data downloads will be unavailable from 6pm on 30 June 2026.",
        "Results will be of interest to planners.",
        "The June 2026 data are not yet available for Scotland.",
        "These statistics were withdrawn as National Statistics in 2019.",
        "These statistics have been withdrawn from the list of accredited official statistics.",
        "These statistics have not been published since 2019.",
        "These statistics have not been published before in this form.",
        "This release has not been published on paper since 2010.",
    ],
)
def test_a_live_page_that_only_sounds_like_it_is_live(sentence):
    assert shown(release_page(f"<p>{sentence}</p>"), due_at=AT).result is LIVE


@pytest.mark.parametrize(
    "sentence",
    [
        "Figures below five are left out. These data are not published.",
        "Scotland: these data are not available.",
        "Some cells are empty; these figures are not available, because too few sellers reported.",
        "This release was cancelled in 2020 because of the pandemic.",
        "These figures are forthcoming.",
    ],
)
def test_a_sentence_that_may_be_about_a_part_or_another_year_accuses_no_one(sentence):
    for extra in (f"<p>{sentence}</p>", f"<p>{sentence}</p><ul><li>Tables</ul>"):
        assert shown(release_page(extra), due_at=AT).result is UNRECOGNISED
        assert shown(page(f"<h1>{TITLE}</h1>{extra}", title=TITLE), due_at=AT).result is UNRECOGNISED


def test_a_part_that_is_not_yet_there_on_a_page_with_nothing_else_is_still_not_live():
    body = page(f"<h1>{TITLE}</h1><p>These data are not yet published.</p>", title=TITLE)
    assert shown(body, due_at=AT).result is NOT_LIVE


# --- other main headings in addition to the release's own


@pytest.mark.parametrize("heading", ["Coming soon", "Forthcoming", "Page not found"])
def test_another_main_heading_next_to_the_one_that_names_the_release_accuses_no_one(heading):
    body = page(f"<h1>{TITLE}</h1>{MUCH}<aside><h1>{heading}</h1></aside>", title=TITLE)
    assert shown(body).result is UNRECOGNISED
    alone = page(f"<h1>Road fuel prices</h1>{MUCH}<aside><h1>{heading}</h1></aside>", title="Road fuel prices")
    assert shown(alone).result is NOT_LIVE


def test_the_heading_of_a_search_field_or_a_form_for_members_makes_no_page_a_search_or_a_log_in():
    for heading in ("Search", "Log in"):
        assert shown(release_page(above=f"<h1>{heading}</h1>")).result is LIVE
        assert shown(page(f"<h1>{heading}</h1>{MUCH}", title="Road fuel")).result is NOT_LIVE
    short = page(f"<h1>{TITLE}</h1><h1>Sign in to read on</h1>", title=TITLE)
    assert shown(short).result is UNRECOGNISED


@pytest.mark.parametrize(
    ("heading", "kind"),
    [("Search", Reason.SEARCH), ("Site search", Reason.SEARCH), ("Login", Reason.LOG_IN), ("Sign in", Reason.LOG_IN)],
)
def test_a_heading_of_a_form_counts_neither_next_to_the_series_nor_alone_against_the_title(heading, kind):
    above, of_series = f"<header><h1>{heading}</h1></header>", "<h1>Road fuel prices</h1>"
    for body in (above + of_series + MUCH, of_series + MUCH + above):
        found = shown(page(body))
        assert (found.result, found.reasons) == (LIVE, (Reason.MARKER_IN_TITLE,))
    of_edition = shown(page(f"{above}<h1>June 2026</h1>{MUCH}", title="Road fuel prices"))
    assert (of_edition.result, of_edition.reasons) == (LIVE, (Reason.MARKER_IN_HEADING,))
    doubted = (UNRECOGNISED, (Reason.MARKER_IN_TITLE, kind))
    for other in ("", "<h1>Example Office</h1>", f"<h1>{heading} Road fuel prices</h1>"):
        found = shown(page(f"{above}{other}<h2>Prices</h2>{MUCH}"))
        assert (found.result, found.reasons) == doubted
    in_text = shown(page(f"{above}{of_series}<p>Figures for June 2026.</p>{MUCH}", title="Road fuel prices"))
    assert (in_text.result, in_text.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TEXT, kind))
    nowhere = shown(page(f"{above}{of_series}{MUCH}", title="Road fuel prices"))
    assert (nowhere.result, nowhere.reasons) == (UNRECOGNISED, (Reason.NO_MARKER,))


def test_a_search_for_the_release_is_not_live_although_its_title_names_the_edition():
    for title in (f"Search - {TITLE}", f"Search results for {TITLE}", f"{TITLE}: search"):
        found = shown(page(f"<h1>Search</h1>{MUCH}", title=title))
        assert (found.result, found.reasons) == (NOT_LIVE, (Reason.SEARCH,))
        of_series = shown(page(f"<h1>Search</h1><h1>Road fuel prices</h1>{MUCH}", title=title))
        assert (of_series.result, of_series.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.SEARCH))


@pytest.mark.parametrize("heading", ["Coming soon", "Forthcoming", "Page not found"])
def test_another_main_heading_next_to_the_series_accuses_no_one_if_the_title_names_the_edition(heading):
    body = f"<h1>Road fuel prices</h1>{MUCH}<aside><h1>{heading}</h1></aside>"
    found = shown(page(body))
    assert (found.result, found.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.NEGATIVE_MARKER))
    assert shown(page(f"<h1>Road fuel prices: {heading}</h1>{MUCH}")).result is NOT_LIVE
    assert shown(page(f"<h1>{heading}</h1>{MUCH}")).result is NOT_LIVE


def test_a_refresh_that_only_browsers_without_scripts_follow_leads_no_one_away():
    refresh = '<meta http-equiv="refresh" content="0;url=/">'
    assert shown(page(f"<h1>{TITLE}</h1>{MUCH}", head=f"<noscript>{refresh}</noscript>")).result is LIVE
    assert shown(page(f"<h1>{TITLE}</h1>{MUCH}", head=refresh)).reasons == (Reason.HOME_PAGE,)


def test_a_word_in_a_menu_above_a_short_page_accuses_no_one():
    menu = "<ul><li>Latest</li><li>Upcoming</li><li>Archive</li></ul>"
    short = f"<h1>{TITLE}</h1><p>Download the tables.</p>"
    assert shown(page(menu + short, title=TITLE)).result is UNRECOGNISED
    assert shown(page(f"<p>Upcoming</p>{short}", title=TITLE)).result is NOT_LIVE


@pytest.mark.parametrize(
    ("title", "heading", "text"),
    [
        ("Before you continue", "Before you continue", f"Accept all cookies to continue to {TITLE}."),
        ("Your privacy choices", "Cookies on this site", f"Continue to {TITLE}"),
        ("Example Office", "Example Office", f"We use cookies. Continue to {TITLE}"),
    ],
)
def test_a_request_for_consent_that_names_the_release_is_never_live(title, heading, text):
    wall = page(f"<h1>{heading}</h1><p>{text}</p>", title=title)
    for due_at in (AT, AT + timedelta(hours=1)):
        found = shown(wall, due_at=due_at)
        assert found.result is UNRECOGNISED
        assert Reason.CONSENT in found.reasons


def test_a_release_below_a_request_for_consent_is_live():
    notice = "<h1>Your privacy settings</h1><p>We use cookies.</p>"
    long = page(f"{notice}<h1>{SERIES}</h1><p>Figures for June 2026.</p>{MUCH}", title=SERIES)
    short = page(f"{notice}<h1>{TITLE}</h1><p>Download the tables.</p>", title=TITLE)
    for body in (long, short):
        assert shown(body, due_at=AT).result is LIVE

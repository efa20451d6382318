"""What a check at a page shows: where the marker is found, and where it must not be."""

import html
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.detection.finding import AddressRole, CheckOutcome, Reason
from releases.detection.page_text import read_page
from releases.detection.rules import examine
from tests.support.release_pages import MUCH, SERIES, answered, expected, page, release_page, shown

LIVE, NOT_LIVE, UNRECOGNISED = CheckOutcome.LIVE, CheckOutcome.NOT_LIVE, CheckOutcome.UNRECOGNISED


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(release_page(), Reason.MARKER_IN_TITLE, id="title"),
        pytest.param(
            page(f"<h1>Road fuel, June 2026</h1>{MUCH}", title="Home"), Reason.MARKER_IN_HEADING, id="heading"
        ),
        pytest.param(
            page(f"<h1>Fuel</h1><h1>June 2026</h1>{MUCH}", title="Fuel"), Reason.MARKER_IN_HEADING, id="second-h1"
        ),
        pytest.param(page(f"<h1>Fuel</h1><p>For June 2026.</p>{MUCH}", title="Fuel"), Reason.MARKER_IN_TEXT, id="text"),
    ],
)
def test_a_page_that_shows_the_marker_is_live_and_says_where(body, reason):
    finding = shown(body)
    assert (finding.result, finding.reasons) == (LIVE, (reason,))
    assert len(finding.text_digest) == 64


@pytest.mark.parametrize("other", ["Verify you are human", "Service unavailable", "Before you continue"])
def test_a_page_whose_heading_shows_the_marker_is_live_although_another_heading_is_that_of_an_obstacle(other):
    finding = shown(page(f"<h1>{other}</h1><h1>Road fuel, June 2026</h1>{MUCH}", title="Home"))
    assert (finding.result, finding.reasons) == (LIVE, (Reason.MARKER_IN_HEADING,))


def test_a_finding_carries_the_title_as_it_was_written():
    assert shown(release_page()).title == "Road fuel prices, June 2026 - Example Office"


@pytest.mark.parametrize(
    ("marker", "written"),
    [
        pytest.param("June 2026", "JUNE 2026", id="case"),
        pytest.param("June 2026", "June\n\t   2026", id="white-space"),
        pytest.param("June 2026", "June&nbsp;2026", id="no-break-space"),
        pytest.param("June 2026", "June\u202f2026", id="narrow-no-break-space"),
        pytest.param("June 2026", "June\u2009\u200b2026", id="thin-and-zero-width-space"),
        pytest.param("June 2026", "Ju\u00adne 2026", id="soft-hyphen"),
        pytest.param("June 2026", "<b>J</b>une <em>20</em>26", id="markup-inside-words"),
        pytest.param("June 2026", "<span>June</span><br><span>2026</span>", id="line-break"),
        pytest.param("2025-26", "2025–26", id="en-dash"),
        pytest.param("2025–26", "2025&#8209;26", id="no-break-hyphen"),
        pytest.param("2025 - 26", "2025—26", id="spaces-around-the-dash"),
        pytest.param("2025-26", "2025 − 26", id="minus-sign"),
        pytest.param("State-funded schools", "State‐funded schools", id="unicode-hyphen"),
        pytest.param("Children's services", "Children’s services", id="apostrophe"),
        pytest.param("as at 31 March 2020", "as at 31\u00a0March\u00a02020.", id="full-stop-after"),
        pytest.param("(provisional), Q1 2026", "( Provisional ),Q1 2026", id="brackets-and-commas"),
        pytest.param("café society", "cafe\u0301 society", id="composed-accent"),
    ],
)
def test_a_marker_is_found_whatever_its_case_spacing_and_dashes(marker, written):
    body = page(f"<h1>Fuel</h1><p>Figures: {written}</p>{MUCH}", title="Fuel")
    finding = shown(body, marker=marker, release_title="Something else")
    assert (finding.result, finding.reasons) == (LIVE, (Reason.MARKER_IN_TEXT,))


@pytest.mark.parametrize(
    ("marker", "written"),
    [
        pytest.param("1 March 2020", "31 March 2020", id="a-longer-day"),
        pytest.param("March 2020", "March 20201", id="a-longer-number"),
        pytest.param("May 2026", "Dismay 2026", id="the-end-of-a-word"),
        pytest.param("Table 1", "Table 1.2", id="a-decimal"),
        pytest.param("May 2026", "May and June 2026", id="words-apart"),
        pytest.param("June 2026", "June 2025", id="the-year-before"),
        pytest.param("", "anything", id="no-marker-at-all"),
        pytest.param(" – ", "a – b", id="a-marker-without-words"),
    ],
)
def test_a_marker_is_not_found_in_what_only_looks_like_it(marker, written):
    body = page(f"<h1>Fuel</h1><p>{written}</p>{MUCH}", title="Fuel")
    assert shown(body, marker=marker, release_title="Else", series_title="").reasons == (Reason.NO_MARKER,)


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param("<script>var edition = 'June 2026'</script>", id="script"),
        pytest.param('<script type="application/ld+json">{"name": "June 2026"}</script>', id="json-in-a-script"),
        pytest.param("<!-- June 2026 -->", id="comment"),
        pytest.param('<p title="June 2026"><img alt="June 2026" src="/june-2026.png"></p>', id="attributes"),
        pytest.param("<template><p>June 2026</p></template>", id="template"),
        pytest.param("<noscript>June 2026</noscript>", id="noscript"),
        pytest.param("<style>.a::after { content: 'June 2026' }</style>", id="style"),
        pytest.param("<select><option>June 2026</option></select>", id="a-choice-in-a-form"),
        pytest.param("<textarea>June 2026</textarea>", id="text-field"),
        pytest.param("<svg><title>June 2026</title></svg>", id="title-of-a-drawing"),
        pytest.param("<iframe srcdoc='June 2026'>June 2026</iframe>", id="frame"),
    ],
)
def test_a_marker_that_no_reader_sees_does_not_count(hidden):
    finding = shown(page(f"<h1>Fuel</h1>{hidden}{MUCH}", title="Fuel"))
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.NO_MARKER,))


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param("<p style='color: red; Display : none'>June 2026</p>", id="display-none"),
        pytest.param("<p style='visibility:hidden'>June 2026</p>", id="visibility"),
        pytest.param("<p hidden>June 2026</p>", id="hidden-attribute"),
        pytest.param("<div hidden><section><p>June 2026</p></section></div>", id="inside-something-hidden"),
        pytest.param("<dialog><p>June 2026</p></dialog>", id="closed-dialog"),
        pytest.param('<span class="x govuk-visually-hidden">June 2026</span>', id="visually-hidden"),
        pytest.param("<h1 hidden>June 2026</h1>", id="hidden-heading"),
    ],
)
def test_a_hidden_marker_does_not_count_and_is_recognised(hidden):
    finding = shown(page(f"<h1>Fuel</h1>{hidden}{MUCH}", title="Fuel"))
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_HIDDEN,))


def test_an_open_dialog_and_folded_details_are_text_that_a_reader_sees():
    for shown_part in ("<dialog open>June 2026</dialog>", "<details><summary>More</summary>June 2026</details>"):
        assert shown(page(f"<h1>Fuel</h1>{shown_part}{MUCH}", title="Fuel")).result is LIVE


def test_text_after_something_hidden_is_seen_again():
    assert shown(page("<h1>Fuel</h1><p hidden>a</p>June 2026<p>b</p>", title="Fuel")).result is LIVE


def test_words_for_screen_readers_do_not_end_the_sentence_around_them():
    assert read_page("<p>June <span class='sr-only'>of</span> 2026</p>").text == "june 2026"


@pytest.mark.parametrize("shown_again", ["d-none d-md-block", "hidden md:block", "hidden lg:flex"])
def test_text_that_only_narrow_screens_hide_is_text_that_a_reader_sees(shown_again):
    assert shown(page(f"<h1>Fuel</h1><div class='{shown_again}'>June 2026</div>{MUCH}", title="Fuel")).result is LIVE


@pytest.mark.parametrize(
    "hidden",
    ["d-none d-print-block", "hidden hover:block", "hidden 2xl:block", "hidden sm:block lg:hidden", "sr-only md:block"],
)
def test_text_that_other_classes_show_again_is_hidden(hidden):
    finding = shown(page(f"<h1>Fuel</h1><div class='{hidden}'>June 2026</div>{MUCH}", title="Fuel"))
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_HIDDEN,))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(
            "<title>Fuel – June 2026</title>".encode("cp1252"), "text/html; charset=windows-1252", id="header"
        ),
        pytest.param("<title>Fuel – June 2026</title>".encode("cp1252"), "text/html; charset=iso-8859-1", id="latin-1"),
        pytest.param(
            b'<meta charset="windows-1252">' + "<title>Fuel – June 2026</title>".encode("cp1252"),
            "text/html",
            id="meta",
        ),
        pytest.param("<title>Fuel – June 2026</title>".encode("utf-16"), "text/html", id="byte-order-mark"),
        pytest.param("<title>Fuel – June 2026</title>".encode(), "text/html; charset=no-such", id="unknown"),
        pytest.param("<title>Fuel – June 2026</title>".encode(), "text/html; charset=idna", id="not-for-pages"),
        pytest.param("<title>Fuel – June 2026</title>".encode(), "text/html; charset=rot13", id="not-for-text"),
        pytest.param("<title>Fuel – June 2026</title>".encode(), 'text/html; charset="\x00"', id="a-null"),
        pytest.param("<title>Fuel – June 2026</title>".encode(), "", id="nothing"),
    ],
)
def test_a_page_is_read_in_its_own_character_set(body, content_type):
    finding = examine(answered(body, content_type=content_type), expected(marker="Fuel - June 2026"))
    assert finding.reasons == (Reason.MARKER_IN_TITLE,)


# --- unchanged, previous edition, confirmed

MAY = page(f"<h1>Road fuel prices, May 2026</h1>{MUCH}", title="Road fuel prices")
CHALLENGE = page("<h1>Just a moment...</h1><p>Verifying you are human.</p>", title="stats.example.gov.uk")


def digest_of(body: bytes) -> frozenset[str]:
    return frozenset({shown(body).text_digest})


def test_the_last_editions_page_is_unrecognised_at_first_and_not_live_when_seen_unchanged():
    assert shown(MAY).reasons == (Reason.NO_MARKER,)
    finding = shown(MAY, texts_not_live=digest_of(MAY))
    assert (finding.result, finding.reasons) == (NOT_LIVE, (Reason.UNCHANGED,))


def test_a_page_counts_as_unchanged_when_only_spacing_scripts_and_attributes_changed():
    again = MAY.replace(b"<main>", b"<main data-nonce='8'>\n\n<script>t=9</script>").replace(
        b"May 2026", b"May&nbsp;2026"
    )
    assert shown(again, texts_not_live=digest_of(MAY)).reasons == (Reason.UNCHANGED,)


@pytest.mark.parametrize(
    ("needs_scripts", "script", "due_in", "result"),
    [
        pytest.param(True, b"<script src=/app.js></script>", 0, UNRECOGNISED, id="script"),
        pytest.param(True, b"<script src=/app.js></script>", 1, NOT_LIVE, id="not-due"),
        pytest.param(True, b"", 0, NOT_LIVE, id="no-script"),
        pytest.param(False, b"<script src=/app.js></script>", 0, NOT_LIVE, id="no-dashboard"),
    ],
)
def test_an_unchanged_dashboard_whose_scripts_did_not_run_may_be_the_release_once_it_is_due(
    needs_scripts, script, due_in, result
):
    dashboard = MAY.replace(b"</main>", script + b"</main>")
    due_at = answered(dashboard).completed_at + timedelta(seconds=due_in)
    finding = shown(dashboard, texts_not_live=digest_of(dashboard), needs_scripts=needs_scripts, due_at=due_at)
    assert finding.result is result
    assert (Reason.CHANGED_BY_SCRIPT in finding.reasons) == (result is UNRECOGNISED)


@pytest.mark.parametrize("kind", ["class='d-none d-md-block'", "class='hidden md:block'", "class='d-none'", "hidden"])
def test_a_page_whose_hidden_text_changed_to_the_edition_is_not_called_unchanged(kind):
    before, after = (
        page(f"<h1>{SERIES}</h1>{MUCH}<div {kind}><p>In {month} 2026 prices rose.</p></div>", title=SERIES)
        for month in ("May", "June")
    )
    assert shown(before, texts_not_live=digest_of(before)).result is NOT_LIVE
    assert shown(after, texts_not_live=digest_of(before)).result in {LIVE, UNRECOGNISED}


def test_a_page_whose_text_changed_is_not_called_unchanged():
    changed = MAY.replace(b"two pence", b"three pence")
    assert shown(changed, texts_not_live=digest_of(MAY)).result is UNRECOGNISED


@pytest.mark.parametrize(
    ("names", "result"),
    [
        pytest.param({"series_title": SERIES, "release_title": "June 2026"}, NOT_LIVE, id="series-title"),
        pytest.param(
            {"series_title": "", "release_title": "Road fuel prices, June 2026"}, NOT_LIVE, id="title-less-marker"
        ),
        pytest.param({"series_title": "", "release_title": "June 2026: Road fuel prices"}, NOT_LIVE, id="marker-first"),
        pytest.param(
            {"series_title": "House prices", "release_title": "House prices, June 2026"}, UNRECOGNISED, id="else"
        ),
        pytest.param({"series_title": "", "release_title": "June 2026"}, UNRECOGNISED, id="nothing-left-of-the-title"),
        pytest.param({"series_title": "litre", "release_title": "June 2026"}, UNRECOGNISED, id="one-word-in-the-text"),
    ],
)
def test_an_unchanged_page_is_not_live_only_if_it_is_recognisably_the_series_own(names, result):
    assert shown(MAY, texts_not_live=digest_of(MAY), **names).result is result


def test_an_unchanged_bot_challenge_stays_unrecognised():
    finding = shown(CHALLENGE, texts_not_live=digest_of(CHALLENGE))
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.OBSTACLE,))


def test_what_a_person_called_the_previous_edition_is_not_live_although_the_marker_matches():
    stale = release_page()
    assert shown(stale).result is LIVE
    finding = shown(stale, previous_edition_texts=digest_of(stale))
    assert (finding.result, finding.reasons) == (NOT_LIVE, (Reason.PREVIOUS_EDITION,))


def test_what_a_person_called_this_release_is_live_although_no_marker_matches():
    renamed = page(f"<h1>Fuel at the pump: summer edition</h1>{MUCH}", title="Fuel")
    assert shown(renamed).result is UNRECOGNISED
    finding = shown(renamed, confirmed_texts=digest_of(renamed), texts_not_live=digest_of(renamed))
    assert (finding.result, finding.reasons) == (LIVE, (Reason.CONFIRMED_BY_PERSON,))


def test_a_page_without_any_text_matches_no_remembered_text():
    finding = shown(b"<html><body></body></html>", texts_not_live=frozenset({""}), confirmed_texts=frozenset())
    assert (finding.result, finding.reasons, finding.text_digest) == (UNRECOGNISED, (Reason.EMPTY,), "")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(
            b'<html><head><title>Stats</title></head><body><div id="app"></div></body></html>', id="script-shell"
        ),
        pytest.param(b'{"error": "not found"}', id="json"),
        pytest.param(b"%PDF-1.7 ...", id="pdf"),
        pytest.param(CHALLENGE, id="bot-challenge"),
        pytest.param(
            page("<h1>Service unavailable</h1><p>This page is not available.</p>", title="Sorry"), id="outage"
        ),
        pytest.param(page(f"<h1>Fuel at the pump</h1>{MUCH}", title="Fuel"), id="renamed-title"),
    ],
)
def test_what_is_neither_the_release_nor_its_absence_is_unrecognised(body):
    assert shown(body, series_title="Something else", release_title="Something else").result is UNRECOGNISED


# --- hostile input


@given(st.binary(max_size=400))
def test_any_bytes_at_all_give_a_finding(body):
    for role in AddressRole:
        assert examine(answered(body), expected(role=role)).result in CheckOutcome


@given(st.text("abcXYZ 0123-–&<>\u00a0é'", min_size=1, max_size=20).filter(lambda text: any(map(str.isalnum, text))))
def test_whatever_a_marker_consists_of_it_is_found_in_a_title_that_carries_it(marker):
    body = page("", title=f"Fuel | {html.escape(marker)} | Office")
    assert shown(body, marker=marker, release_title=marker).reasons == (Reason.MARKER_IN_TITLE,)


def test_a_page_nested_so_deeply_that_it_would_hold_up_the_watch_is_given_up_at_once():
    begun = time.monotonic()
    finding = shown(b"<html><body>" + b"<div>" * 500_000)
    assert (finding.result, finding.reasons) == (CheckOutcome.UNREACHABLE, (Reason.TOO_DEEP,))
    assert time.monotonic() - begun < 5


def test_a_large_page_of_ordinary_depth_is_read():
    body = page("<h1>June 2026</h1>" + "<ul><li>a<li>b<br></ul><p>c" * 30_000)
    assert shown(body).result is LIVE

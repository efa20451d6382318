"""Which pages say that the release is not there, and which live pages only mention such words.

Both mistakes accuse someone: a live page called absent makes a late release, a notice called live makes an early one.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from releases.detection.finding import (
    CheckOutcome,
    Finding,
    Reason,
    codes_from_json,
    reasons_to_json,
    words_from_json,
)
from tests.support.release_pages import AT, MARKER, MUCH, TITLE, page, release_page, shown

LIVE, NOT_LIVE, UNRECOGNISED = CheckOutcome.LIVE, CheckOutcome.NOT_LIVE, CheckOutcome.UNRECOGNISED
WELSH_TITLE = "Prisiau tanwydd ffyrdd: Mehefin 2026"
WELSH = {"release_title": WELSH_TITLE, "series_title": "Prisiau tanwydd ffyrdd", "marker": "Mehefin 2026"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            page("<h1>Page not found</h1><p>Check the address.</p>", title="Page not found"), id="page-not-found"
        ),
        pytest.param(page("<h1>404</h1>", title="404: Not Found"), id="number"),
        pytest.param(page("<h1>Sorry</h1>", title="Error 404 (Not Found)"), id="error-404"),
        pytest.param(page("<h1>We can’t find that page</h1>", title="Oops"), id="cannot-find"),
        pytest.param(
            page("<h1>The page you requested could not be found.</h1>", title="Example"), id="could-not-be-found"
        ),
        pytest.param(page("<h1>Sorry, this page doesn't exist</h1>", title="Example"), id="does-not-exist"),
        pytest.param(
            page("<p>The page you are looking for was not found.</p>", title="Example"), id="without-a-heading"
        ),
        pytest.param(page(f"<h1>{TITLE}</h1><p>x</p>", title="Page not found"), id="heading-echoes-the-release"),
        pytest.param(page("<h1>Page not found</h1>", title=TITLE), id="title-echoes-the-release"),
        pytest.param(
            page(f"<h1>Not found</h1><p>No results for {TITLE}</p>{MUCH}", title="Search"), id="search-results"
        ),
    ],
)
def test_a_soft_404_is_not_live(body):
    assert (shown(body).result, shown(body).reasons) == (NOT_LIVE, (Reason.NEGATIVE_MARKER,))


@pytest.mark.parametrize("figures", ["In June 2026, prices rose by 2 pence.", "Prices rose to the end of June."])
@pytest.mark.parametrize(
    "sentence",
    [
        "If you cannot find the publication you are looking for, contact us.",
        "If you can’t find the document you need, email us.",
        "Contact us if a publication cannot be found here, or search the National Archives.",
        "Records for which a document was not found are excluded.",
        "The document was not found in 12 cases.",
    ],
)
def test_a_sentence_about_a_missing_page_on_the_page_of_a_series_accuses_no_one(sentence, figures):
    expected = LIVE if "June 2026" in figures and "12 cases" not in sentence else UNRECOGNISED
    for body in (f"<p>{sentence}</p><p>{figures}</p>{MUCH}", f"<p>{figures}</p>{MUCH}<p>{sentence}</p>"):
        found = shown(page(f"<h1>Road fuel prices</h1>{body}", title="Road fuel prices"), due_at=AT)
        assert found.result is expected


def test_a_short_page_with_the_figures_and_a_sentence_about_a_missing_page_is_put_to_a_person():
    figures = "<p>In June 2026, prices rose by 2 pence.</p>"
    for sentence in ("If you cannot find the publication, contact us.", "The document you want could not be found."):
        body = page(f"<h1>Road fuel prices</h1>{figures}<p>{sentence}</p>", title="Road fuel prices")
        assert shown(body).reasons == (Reason.MARKER_IN_TEXT, Reason.NEGATIVE_MARKER)


@pytest.mark.parametrize(
    ("sentence", "result"),
    [
        (f"The page {TITLE} could not be found.", NOT_LIVE),
        ("The page you want could not be found. If you typed the address, check it.", NOT_LIVE),
        ("This happens when the page cannot be found.", UNRECOGNISED),
    ],
)
def test_a_short_page_under_another_heading_is_absent_if_it_says_so_without_a_condition(sentence, result):
    assert shown(page(f"<h1>Sorry</h1><p>{sentence}</p>", title="Sorry")).result is result


def test_a_search_page_without_a_heading_is_recognised_by_its_title():
    found = shown(page(f"<p>3 results for {TITLE}</p>{MUCH}", title="Search results"))
    assert (found.result, found.reasons) == (NOT_LIVE, (Reason.SEARCH,))


@pytest.mark.parametrize(
    "notice",
    [
        pytest.param("<p>Coming soon</p>", id="alone"),
        pytest.param("<p><strong>Coming soon!</strong></p>", id="with-a-mark"),
        pytest.param("<p>Coming soon. Please check back at 9.30am.</p>", id="with-a-sentence"),
        pytest.param("<p>This page is coming soon.</p>", id="this-page-is"),
        pytest.param("<p>This publication is not yet available.</p>", id="not-yet-available"),
        pytest.param("<p>These statistics are not yet published.</p>", id="not-yet-published"),
        pytest.param("<p>The statistics are not yet published.</p>", id="the-statistics"),
        pytest.param("<p>This release has not been published yet.</p>", id="has-not-been"),
        pytest.param("<p>This release has not yet been published.</p>", id="has-not-yet-been"),
        pytest.param("<p>Not yet published</p>", id="label"),
        pytest.param("<p>This release hasn't been published yet.</p>", id="hasnt-been"),
        pytest.param("<p>These statistics haven’t been published yet.</p>", id="havent-been"),
        pytest.param("<p>This release isn’t published yet.</p>", id="isnt"),
        pytest.param("<p>This release is still not published.</p>", id="still-not"),
        pytest.param("<p>This page isn't live yet.</p>", id="isnt-live"),
        pytest.param("<p>We have not published these statistics yet.</p>", id="we-have-not"),
        pytest.param("<p>We’ve not yet published this release.</p>", id="weve-not"),
        pytest.param("<p>We'll publish this release at 9:30am on 30 June 2026.</p>", id="well-publish"),
        pytest.param("<p>These statistics won’t be published until 9:30am on 30 June 2026.</p>", id="wont-be-until"),
        pytest.param("<p>These statistics will not be published until 30 June 2026.</p>", id="will-not-be-until"),
        pytest.param("<p>This release has not been published for technical reasons.</p>", id="for-reasons"),
        pytest.param(f"<p>These statistics have not been published for {MARKER}.</p>", id="for-this-month"),
        pytest.param("<p>This release has not been published as planned.</p>", id="as-planned"),
        pytest.param("<p>This publication is not yet available to download.</p>", id="not-yet-to-download"),
        pytest.param("<p>This publication has been withdrawn for operational reasons.</p>", id="withdrawn-for-reasons"),
        pytest.param("<p>These statistics will be released on 30 June 2026 9:30am</p>", id="will-be-released"),
        pytest.param("<p>These statistics will be published at 9.30am on Tuesday 30 June.</p>", id="will-be-at"),
        pytest.param("<p>This release will be published here on 30 June 2026.</p>", id="will-be-here"),
        pytest.param(f"<p>{TITLE} will be published on 30 June 2026.</p>", id="named-will-be"),
        pytest.param("<p>This bulletin is due to be published on 30 June 2026.</p>", id="due"),
        pytest.param("<p>Release date: 30 June 2026 9:30am (confirmed)</p>", id="confirmed-date"),
        pytest.param(
            "<dl><dt>Release date:</dt><dd>30 June 2026 at 9.30am (provisional)</dd></dl>", id="provisional-date"
        ),
        pytest.param("<p>Official statistics announcement</p>", id="announcement"),
        pytest.param("<p>This publication has been withdrawn.</p>", id="withdrawn"),
        pytest.param("<h2>This publication was withdrawn on 29 June 2026</h2>", id="was-withdrawn-on"),
        pytest.param("<p>This release is cancelled.</p>", id="cancelled"),
        pytest.param("<h2>Statistics release cancelled</h2><p>Data are not good enough.</p>", id="release-cancelled"),
        pytest.param("<p>This release has been postponed</p>", id="postponed"),
        pytest.param(
            "<p>These accredited official statistics have been cancelled because of a fault.</p>", id="because"
        ),
    ],
)
def test_a_notice_under_a_heading_that_carries_the_release_is_not_live(notice):
    body = page(f"<h1>{TITLE}</h1>{notice}", title=TITLE)
    assert (shown(body).result, shown(body).reasons) == (NOT_LIVE, (Reason.NEGATIVE_MARKER,))
    assert shown(page(f"{notice}<h1>{TITLE}</h1>", title=TITLE)).result is NOT_LIVE, "the notice may stand above"
    assert shown(page(f"<h1>Road fuel</h1>{notice}", title="Road fuel")).result is NOT_LIVE, "and without the marker"


@pytest.mark.parametrize(
    "heading",
    [
        "[Withdrawn] {}",
        "Withdrawn: {}",
        "WITHDRAWN {}",
        "{} (cancelled)",
        "{} – cancelled",
        "{} has been withdrawn",
        "{}: coming soon",
        "{} - not yet published",
        "Announcement: {}",
        "{} | Official statistics announcement",
        "Postponed – {}",
        "{} will be published on 30 June 2026",
    ],
)
def test_a_heading_that_marks_the_release_itself_is_not_live_however_long_the_page(heading):
    assert shown(release_page(heading=heading.format(TITLE))).reasons == (Reason.NEGATIVE_MARKER,)
    in_title_only = page(f"<h1>{TITLE}</h1>{MUCH}", title=heading.format(TITLE))
    assert shown(in_title_only).reasons == (Reason.NEGATIVE_MARKER,)


@pytest.mark.parametrize(
    "notice",
    [
        "<section><h2>This publication was withdrawn on 3 July 2026</h2><p>Its figures were wrong.</p></section>",
        "<p>This release has been cancelled.</p>",
        "<p>These statistics are not yet published.</p>",
        "<p>These statistics will be published on 30 June 2026.</p>",
    ],
    ids=["withdrawn", "cancelled", "not-yet", "will-be"],
)
def test_a_notice_of_this_release_counts_also_on_a_long_page(notice):
    assert shown(release_page(notice)).result is NOT_LIVE
    assert shown(release_page(above=notice)).result is NOT_LIVE


def test_the_day_of_a_release_just_after_midnight_is_that_of_london():
    at_one_past_midnight = datetime(2026, 6, 30, 23, 1, tzinfo=UTC)
    before_it_was_due = release_page("<h2>This publication was withdrawn on 30 June 2026</h2>")
    assert Reason.WITHDRAWN not in shown(before_it_was_due, due_at=at_one_past_midnight).reasons
    tables_to_come = release_page("<p>Data tables will be published here on 1 July 2026.</p>")
    assert shown(tables_to_come, due_at=at_one_past_midnight).result is UNRECOGNISED


@pytest.mark.parametrize(
    "sentence",
    [
        "The next release will be published on 30 July 2026.",
        "Next update: 30 July 2026 9:30am",
        "The next edition of Road fuel prices will be published on 30 July 2026 at 9.30am.",
        "Final figures will be published in September.",
        "A dashboard is coming soon.",
        "Data tables coming soon.",
        "The 2020 edition was cancelled because of the pandemic.",
        "In all, 214 permits were withdrawn and 12 cancelled.",
        "Flights were cancelled and services withdrawn throughout the month.",
        "Figures for Wales are not yet available.",
        "These statistics are not yet available for Scotland.",
        "This publication is not yet available in Welsh.",
        "This publication has not been published in Welsh.",
        "We have not published this publication in Welsh.",
        "These statistics have not been published for Wales.",
        "These statistics will not be published for local authorities.",
        "This release was postponed from 23 June 2026.",
        "The report was withdrawn by the regulator in 2019.",
        "Some records could not be found in the register.",
        "If the page cannot be found, tell us.",
        "We made an announcement about our plans.",
        "These statistics will be published every month from now on.",
        "These statistics will be updated on 30 July 2026.",
        "Members sign in to their account to see more.",
        "This page will be updated when revised figures are available.",
        "The previous publication was withdrawn on 3 May 2026.",
    ],
)
def test_a_live_page_that_only_mentions_such_words_is_live(sentence):
    for extra in (f"<p>{sentence}</p>", f"<p>Prices rose. {sentence} They fell again.</p>", f"<ul><li>{sentence}</ul>"):
        assert shown(release_page(extra)).result is LIVE, "just below the heading"
        assert shown(release_page(text=MUCH * 3 + extra)).result is LIVE, "deep in the text"


@pytest.mark.parametrize(
    "text",
    [
        "It hasn't been published yet.",
        "It’s not been published yet.",
        "It isn't yet available.",
        "It is yet to be published.",
        "It has still not been published here.",
        "This is the June 2026 edition of road fuel prices. It has not been published yet.",
        f"{TITLE} is an official statistic. It hasn't been published yet, because of a fault.",
        "This release is produced by the office. It is not yet published.",
    ],
)
def test_a_long_page_that_probably_says_it_of_this_release_is_put_to_a_person(text):
    for due_at in (None, AT):
        finding = shown(release_page(f"<p>{text}</p>"), due_at=due_at)
        assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.NEGATIVE_MARKER))


@pytest.mark.parametrize(
    "text",
    [
        "We are preparing a technical report. It hasn't been published yet.",
        "This release will be followed by a dashboard. It hasn't been published yet.",
        "This release replaces an earlier report. It was not published here.",
        "A Welsh version is being translated. It has not yet been published.",
        "The next edition is being prepared. It hasn't been published yet.",
        "It is not yet available in print.",
        "It has not been published for Wales yet.",
        "It was not published in time.",
        "Prices rose. It hasn't been published yet.",
        "This release uses the 2025 mid-year population estimate. It has not yet been published.",
        "This publication reflects the 2025 user consultation. It has not yet been published.",
        "This release excludes the Scottish survey. It is not yet available, because of a delay.",
        "This release does not include Wales. It is not yet available.",
    ],
)
def test_a_long_page_that_says_it_of_something_else_is_live(text):
    for extra in (f"<p>{text}</p>", f"<h2>Plans</h2><p>{text}</p>"):
        assert shown(release_page(extra)).result is LIVE
    assert shown(release_page("<h2>Technical report</h2><p>It hasn't been published yet.</p>")).result is LIVE


@pytest.mark.parametrize(
    "sentence",
    [
        "This release will be published on 21 July in Welsh.",
        "This publication will be published on Tuesday 21st July 2026 in Welsh.",
        "This publication will be published at 9:30am on 21/07/2026, in the Welsh language.",
        "This release will be published on 30 July 2026 at 9:30am in Gaelic.",
        "We will publish this release on 21 July 2026 in Welsh.",
        "This bulletin is due to be published on the 21st of July in Welsh.",
        "This release is not available until 21 July 2026 in Welsh.",
        "This release has been withdrawn in Welsh.",
        f"{TITLE} will be published on 21 July 2026 in Welsh.",
        "This release will be published on 21 July 2026 on this page in Welsh.",
    ],
)
def test_a_statement_about_a_translation_is_none_about_the_release(sentence):
    for due_at in (None, AT):
        assert shown(release_page(f"<p>{sentence}</p>"), due_at=due_at).result is LIVE
        assert shown(release_page(above=f"<p>{sentence}</p>"), due_at=due_at).result is LIVE
        finding = shown(page(f"<h1>{TITLE}</h1><p>{sentence}</p>"), due_at=due_at)
        assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.NEGATIVE_MARKER))


@pytest.mark.parametrize(
    "sentence",
    [
        "This release will be published on 30 June 2026 in Welsh and English.",
        "This release will be published on 30 June 2026 in Welsh and in English.",
        "This release will be published on 30 June 2026 in English and Welsh.",
        "This release will be published on 30 June 2026, with a summary in Welsh.",
        "This release will be published on 30 June 2026 for schools that teach in Welsh.",
        "This release will be published on Tuesday in the Welsh Government statistics catalogue.",
        "This release will be published on 30 June 2026. It will be published on 21 July 2026 in Welsh.",
        "This release will be published on 21 July 2026 in Welsh. This release will be published on 30 June 2026.",
    ],
)
def test_an_announcement_that_also_mentions_a_translation_is_not_live(sentence):
    for body in (release_page(f"<p>{sentence}</p>"), page(f"<h1>{TITLE}</h1><p>{sentence}</p>")):
        assert shown(body, due_at=AT).reasons == (Reason.NEGATIVE_MARKER,)


@pytest.mark.parametrize(
    "sentence",
    ["This release will be published on 1 July 2026 in Welsh.", "This publication has been withdrawn in Welsh."],
)
def test_on_the_page_of_a_translation_the_same_statement_is_about_the_page(sentence):
    finding = shown(release_page(f"<p>{sentence}</p>"), due_at=AT, is_translation=True)
    assert finding.reasons == (Reason.NEGATIVE_MARKER,)


@pytest.mark.parametrize(
    "sentence",
    [
        "These statistics will be published at 9:30am on the second Tuesday of each month.",
        "We will publish these statistics at 9:30am on the first Thursday of every month.",
        "This publication will be released at 9.30am every quarter.",
        "This publication will be released at 09:30 every second Thursday.",
        "This publication will be released at 9:30am every last Friday of the month.",
        "These statistics are due for release at 9:30am on the first Thursday of every month.",
        "These statistics are scheduled for 9:30am each Wednesday.",
        "These statistics will be published at 9:30am (BST) on Tuesday of each week.",
        "These statistics will be published on Tuesday each week at 9:30am.",
        "These statistics will be published on Tuesday at 9:30am every week.",
        "These statistics will be published at 9:30am on the 3rd Tuesday of every month.",
        "These statistics will be published on the 15th of each month.",
        "These statistics will be published on 15 June every year.",
        "These statistics will be published 12 weeks after the end of each quarter.",
        "These statistics will be published on Tuesdays.",
        "We will publish these statistics quarterly, on a Tuesday.",
    ],
)
def test_a_sentence_about_every_edition_says_nothing_of_this_one(sentence):
    for due_at in (None, AT):
        assert shown(release_page(f"<p>{sentence}</p>"), due_at=due_at).result is LIVE
        assert shown(release_page(above=f"<p>{sentence}</p>"), due_at=due_at).result is LIVE
    assert shown(page(f"<h1>{TITLE}</h1><p>{sentence}</p>")).result is not NOT_LIVE


@pytest.mark.parametrize(
    "sentence",
    [
        "These statistics will be published at 9:30am.",
        "This release is due to be published at 9.30am.",
        "We will publish these statistics here at 09:30.",
        "This publication will be released at 9.30 a.m. every quarter.",
        "These statistics will be published on Tuesdays at 9:30am.",
        "These statistics will be published at 9:30am on the second Tuesday of the month.",
        "These statistics will be published on Tuesday, and every week after that.",
        "These statistics will be published on Tuesday (every week).",
        "These statistics will be published weekly on Thursday at 9:30am.",
        "These statistics will be published on 30 June 2026 and every month after that.",
        "These statistics will be published on 30 June on a monthly basis.",
        "These statistics will be published 6 weeks after the reference month.",
        "These statistics have not been published monthly since 2019.",
    ],
)
def test_a_statement_that_may_be_about_every_edition_is_put_to_a_person(sentence):
    for body in (release_page(f"<p>{sentence}</p>"), page(f"<h1>{TITLE}</h1><p>{sentence}</p>")):
        finding = shown(body)
        assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.NEGATIVE_MARKER))


@pytest.mark.parametrize(
    "sentence",
    [
        "These statistics have not been published for 2020 because of the pandemic.",
        "These statistics have not been published for users outside the department.",
        "This bulletin has not been published as a spreadsheet because of its size.",
        "This bulletin has not been published alongside its tables.",
        "This publication is not currently available to download as a PDF.",
        "This publication isn’t yet available for download.",
        "This release will be available soon in Welsh on our Welsh pages.",
        "This release will not be published at 9:30am.",
        "These statistics will not be published.",
        "These statistics have not been published until now.",
        "These statistics will not be published until 2027.",
        "These statistics were cancelled for 2020 due to COVID-19.",
        "These statistics were cancelled for 2019/20.",
        "This release was cancelled at the start of the pandemic.",
        "This release was cancelled until 2021.",
        "This release was cancelled on 3 March 2020.",
        "This publication was withdrawn for 2 years from 2020.",
        "This publication was withdrawn from 2019 to 2021.",
    ],
)
def test_a_statement_that_may_be_about_a_part_or_another_edition_is_put_to_a_person(sentence):
    for body in (release_page(f"<p>{sentence}</p>"), page(f"<h1>{TITLE}</h1><p>{sentence}</p>")):
        finding = shown(body, due_at=AT)
        assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.NEGATIVE_MARKER))


@pytest.mark.parametrize(
    ("day", "result"),
    [
        ("30 June 2026", NOT_LIVE),
        ("12 June 2026", NOT_LIVE),
        ("1 July 2025", NOT_LIVE),
        ("28 June 2025", UNRECOGNISED),
        ("3 March 2020", UNRECOGNISED),
    ],
)
def test_a_cancellation_more_than_a_year_before_the_due_day_may_be_about_another_edition(day, result):
    for sentence in (f"This release was cancelled on {day}.", f"Cancelled on {day}. Contact us for details."):
        assert shown(page(f"<h1>{TITLE}</h1><p>{sentence}</p>"), due_at=AT).result is result


@pytest.mark.parametrize(
    "sentence",
    [
        "Bydd yr ystadegau hyn yn cael eu cyhoeddi am 9:30am ar 30 Mehefin 2026.",
        "Bydd y datganiad hwn yn cael ei gyhoeddi yn fuan.",
        "Bydd y bwletin ystadegol hwn ar gael am 9:30am.",
        "Caiff yr ystadegau hyn eu cyhoeddi ar 30 Mehefin 2026.",
        "Cyhoeddir y datganiad hwn ar 30 Mehefin 2026.",
        f"Cyhoeddir {WELSH_TITLE} am 9:30am ar 30 Mehefin 2026.",
        "Nid yw'r datganiad hwn wedi'i gyhoeddi eto.",
        "Nid yw’r ystadegau hyn ar gael eto.",
        "Mae'r datganiad hwn wedi'i ganslo.",
        "Mae’r datganiad hwn wedi ei ohirio.",
    ],
)
def test_a_welsh_page_that_says_that_the_release_is_absent_is_never_live(sentence):
    for text in ("", MUCH):
        finding = shown(page(f"<h1>{WELSH_TITLE}</h1><p>{sentence}</p>{text}", title=WELSH_TITLE), **WELSH)
        assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.NEGATIVE_MARKER))


@pytest.mark.parametrize(
    "sentence",
    [
        "Bydd yr ystadegau hyn yn cael eu cyhoeddi bob mis.",
        "Bydd y datganiad nesaf yn cael ei gyhoeddi ar 30 Gorffennaf 2026.",
        "Nid yw'r datganiad hwn ar gael yn Saesneg.",
        "Cyhoeddir y datganiad hwn bob chwarter.",
    ],
)
def test_a_live_page_in_welsh_that_only_mentions_such_words_is_live(sentence):
    body = page(f"<h1>{WELSH_TITLE}</h1><p>{sentence}</p>{MUCH}", title=WELSH_TITLE)
    assert shown(body, **WELSH).result is LIVE


@pytest.mark.parametrize("notice", ["Ni ddaethpwyd o hyd i’r dudalen", "Heb ddod o hyd i'r dudalen", "Gwall 404"])
def test_a_soft_404_in_welsh_is_not_live_although_its_title_repeats_the_release(notice):
    assert shown(page(f"<h1>{notice}</h1><p>x</p>", title=WELSH_TITLE), **WELSH).result is NOT_LIVE


def test_a_label_in_welsh_on_a_short_page_is_not_live():
    assert shown(page(f"<h1>{WELSH_TITLE}</h1><p>Ddim ar gael eto.</p>", title=WELSH_TITLE), **WELSH).result is NOT_LIVE


@pytest.mark.parametrize(
    "sentence",
    [
        "This release will be published on 30 June 2026 at 9:30am",
        "This release will be published at 9:30am on 30 June 2026.",
        "This release will be published at 9.30 a.m. on Tuesday 30 June 2026.",
        "This release will be published at 9:30am (BST), Tuesday 30 June.",
        "This release will be published at 9:30am UK time on the 30th of June.",
        "This release will be published at 9am on Tuesday.",
        "This release will be published at 9 o’clock on Tuesday.",
        "This release will be published at 9:30am – 30 June 2026.",
        "This release will be published at 9:30am (30 June 2026).",
        "This release will be published at 0930 on 30/06/2026.",
        "This release will be published at 9:30am tomorrow.",
        "This release will be published on 2026-06-30 at 09:30.",
        "This release is scheduled for 9:30am on 30 June 2026.",
        "We will publish this release on this page at 09:30 on 30 June 2026.",
        "This release will be published on 30 June 2026 with monthly tables for each region.",
    ],
)
def test_an_announcement_of_a_day_is_certain_also_next_to_a_sentence_about_every_month(sentence):
    always = "We will publish these statistics at 9:30am on the first Thursday of every month."
    perhaps = "These statistics will be published on Tuesday, and every week after that."
    texts = [sentence, f"{sentence.rstrip('.')}. It is published every month."]
    texts += [f"{other} {sentence.rstrip('.')}. {other}" for other in (always, perhaps)]
    for text in texts:
        finding = shown(release_page(f"<p>{text}</p>"))
        assert (finding.result, finding.reasons) == (NOT_LIVE, (Reason.NEGATIVE_MARKER,))
        assert finding.words in {
            "this release will be published …",
            "this release is scheduled …",
            "we will publish this release on this page …",
        }


def test_a_release_date_is_certain_also_next_to_a_sentence_about_every_week():
    text = (
        "Release date: 30 June 2026 9:30am (confirmed). These statistics will be published on Tuesday, and every week."
    )
    assert shown(release_page(f"<p>{text}</p>")).result is NOT_LIVE


@pytest.mark.parametrize("sentence", ["This release has been cancelled.", "Coming soon", "Page not found", "Withdrawn"])
def test_a_live_page_with_such_words_deep_in_its_text_or_around_it_is_live(sentence):
    deep = "".join(f"<p>Paragraph {number} of the text.</p>" for number in range(30)) + f"<p>{sentence}</p>"
    assert shown(release_page(text=MUCH + deep)).result is LIVE
    assert shown(release_page(text=f"{MUCH}<footer><p>{sentence}</p></footer>")).result is LIVE
    assert shown(release_page(above=f"<nav><a>{sentence}</a></nav>")).result is LIVE
    assert shown(release_page(text=f"<table><tr><th>Granted<th>{sentence}</table>{MUCH}")).result is LIVE


@pytest.mark.parametrize(
    ("release_title", "marker", "series_title"),
    [
        ("Cancelled operations, June 2026", "June 2026", "Cancelled operations"),
        ("Planning applications: withdrawn, June 2026", "June 2026", "Planning applications"),
        ("Forthcoming: June 2026", "June 2026", "Forthcoming"),
        ("Postponed", "Postponed", "Appointments"),
        ("Page not found errors on public sites, June 2026", "June 2026", "Site quality"),
    ],
)
def test_a_release_whose_own_name_holds_such_a_word_is_live(release_title, marker, series_title):
    names = {"release_title": release_title, "marker": marker, "series_title": series_title}
    assert shown(release_page(heading=release_title), **names).result is LIVE
    assert shown(page(f"<h1>{release_title}</h1><p>{release_title}.</p>", title=release_title), **names).result is LIVE


def test_a_release_whose_name_the_page_punctuates_otherwise_is_live():
    names = {"release_title": "Planning applications withdrawn, June 2026", "series_title": "Planning"}
    assert shown(release_page(heading="Planning applications (withdrawn), June 2026"), **names).result is LIVE


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(
            "<p>This publication was withdrawn on 3 June and republished on 4 June 2026.</p>", id="republished"
        ),
        pytest.param("<h2>Coming soon</h2>", id="a-heading-that-may-be-about-what-follows"),
        pytest.param("<p>Withdrawn</p>", id="a-word-alone-on-a-long-page"),
    ],
)
def test_a_long_page_with_an_ambiguous_notice_is_put_to_a_person(extra):
    finding = shown(release_page(extra))
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.NEGATIVE_MARKER))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<p>Data tables coming soon.</p><p>Bulletin: download.</p>", id="tables-coming-soon"),
        pytest.param("<p>Figures for June will be published at 9.30am.</p>", id="figures-will-be"),
        pytest.param("<p>Coming soon: interactive tables</p>", id="coming-soon-something-else"),
        pytest.param("<p>The publication will be released on 30 June 2026.</p>", id="the-publication-will-be"),
        pytest.param("<p>This release has been postponed until 7 July.</p>", id="postponed-until"),
    ],
)
def test_a_short_page_with_ambiguous_words_is_put_to_a_person(text):
    finding = shown(page(f"<h1>{TITLE}</h1>{text}", title=TITLE))
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.NEGATIVE_MARKER))


# --- the marker in the text only


@pytest.mark.parametrize(
    ("body", "result"),
    [
        pytest.param("<ul><li>June 2026: coming soon<li>May 2026</ul>", UNRECOGNISED, id="same-item"),
        pytest.param("<div><h3>June 2026</h3><p>Coming soon</p></div><h3>May 2026</h3>", UNRECOGNISED, id="next-block"),
        pytest.param("<p>Next release: June 2026</p>", UNRECOGNISED, id="next-release"),
        pytest.param("<ul><li>July 2026: coming soon<li>June 2026<li>May 2026</ul>", LIVE, id="another-edition"),
        pytest.param("<p>Next release: June 2026</p><ul><li>x<li>June 2026 (PDF)<li>y</ul>", LIVE, id="both"),
    ],
)
def test_a_list_of_editions_counts_only_where_this_one_is_not_marked_as_to_come(body, result):
    assert shown(page(f"<h1>Road fuel prices</h1>{MUCH}{body}{MUCH}", title="Road fuel prices")).result is result


# --- a site's own words


@pytest.mark.parametrize(
    ("body", "result"),
    [
        pytest.param(release_page(heading=f"Embargoed: {TITLE}"), NOT_LIVE, id="heading"),
        pytest.param(
            release_page("<p>This page is under EMBARGO: embargoed until noon</p>"), NOT_LIVE, id="near-the-top"
        ),
        pytest.param(release_page(text=MUCH * 4 + "<p>x</p>" * 20 + "<p>Embargoed copies</p>"), LIVE, id="deep"),
        pytest.param(page("<h1>x</h1>" + "<p>x</p>" * 20 + "<p>embargoed</p>", title="x"), NOT_LIVE, id="no-marker"),
        pytest.param(
            page("<h1>x</h1>" + "<p>x</p>" * 20 + "<p>June 2026 embargoed</p>", title="x"),
            NOT_LIVE,
            id="marker-in-text",
        ),
    ],
)
def test_a_sites_own_negative_marker_counts_in_headings_near_the_top_and_without_the_marker(body, result):
    assert shown(body, negative_markers=("Embargoed",)).result is result


def test_a_negative_marker_that_is_part_of_the_releases_name_does_not_deny_it():
    names = {"release_title": "Embargoed goods, June 2026", "series_title": "Embargoed goods"}
    assert (
        shown(release_page(heading="Embargoed goods, June 2026"), negative_markers=("embargoed",), **names).result
        is LIVE
    )


@pytest.mark.parametrize("blank", ["", "  ", "–"])
def test_an_empty_negative_marker_denies_nothing(blank):
    assert shown(release_page("<p>a – b</p>"), negative_markers=(blank,)).result is LIVE


# --- faults of the site


def test_a_fault_page_that_says_not_found_in_its_heading_is_not_live():
    body = page("<h1>Page not found</h1>", title="Service unavailable")
    assert shown(body).reasons == (Reason.NEGATIVE_MARKER,)


def test_a_release_about_faults_of_sites_is_live():
    names = {"release_title": "Service unavailable: incidents, June 2026", "series_title": "Service unavailable"}
    assert shown(release_page(heading=names["release_title"]), **names).result is LIVE


# --- where a word is alone


def test_a_word_alone_further_down_a_long_page_is_a_heading_of_its_text():
    assert shown(release_page(text=MUCH + "<h2>Withdrawn</h2>" + MUCH)).result is LIVE


def test_a_word_alone_that_belongs_to_the_releases_name_is_no_notice():
    names = {"release_title": "Planning applications withdrawn, June 2026", "series_title": "Planning"}
    body = page("<h1>Planning applications withdrawn, June 2026</h1><h2>Withdrawn</h2><p>214</p>", title="Planning")
    assert shown(body, **names).result is LIVE


def test_a_heading_with_coming_soon_in_a_sentence_is_not_live():
    assert shown(page(f"<h1>New prices coming soon to this page</h1>{MUCH}", title=TITLE)).result is NOT_LIVE


@pytest.mark.parametrize(
    ("notice", "quoted"),
    [
        ("<p>Coming soon!</p>", "coming soon"),
        ("<p>Not yet published</p>", "not yet published"),
        ("<p>This release has not yet been published.</p>", "this release has not yet been published"),
        ("<p>This release hasn’t been published yet.</p>", "this release hasn't been published yet"),
        ("<p>This release won’t be published until 9:30am today.</p>", "this release won't be published until …"),
        ("<p>These statistics will be released on 30 June 2026 9:30am</p>", "these statistics will be released …"),
        (f"<p>{TITLE} will be published on Tuesday 30 June.</p>", "will be published …"),
        ("<h2>This publication was withdrawn on 29 June 2026</h2>", "this publication was withdrawn"),
        ("<p>Withdrawn on 29 June 2026 by the team at 12.5 per cent</p>", "withdrawn …"),
        ("<p>Release date: 30 June 2026 9:30am (confirmed)</p>", ""),
    ],
)
def test_the_words_of_a_notice_are_quoted_without_anything_else_of_the_page(notice, quoted):
    found = shown(page(f"<h1>{TITLE}</h1>{notice}", title=TITLE))
    assert (found.reasons, found.words) == ((Reason.NEGATIVE_MARKER,), quoted)


@pytest.mark.parametrize(
    ("heading", "quoted"),
    [
        ("Page not found", "page not found"),
        ("We can’t find that page", "can't find that page"),
        ("The page with 12.5 per cent could not be found.", "… could not be found"),
        ("Sorry, this page doesn't exist", "… doesn't exist"),
        (f"{TITLE}: coming soon", "coming soon"),
        (f"{TITLE} is not yet published", "is not yet published"),
    ],
)
def test_the_words_of_a_heading_are_quoted(heading, quoted):
    assert shown(page(f"<h1>{heading}</h1><p>Figures: 12.5 per cent.</p>", title=heading)).words == quoted


def test_the_sites_own_words_are_quoted_as_they_are_on_record():
    body = page(f"<h1>Statistics</h1><p>Held until its time of issue!</p>{MUCH}", title="Statistics")
    assert shown(body, negative_markers=("Held until its time of issue",)).words == "held until its time of issue"


@pytest.mark.parametrize("body", [release_page(), page("<h1>Road fuel</h1>", title="Road fuel")])
def test_a_page_that_is_live_or_not_recognised_has_no_words(body):
    assert shown(body).words == ""


def test_words_are_stored_only_with_the_reason_that_they_explain():
    absent = Finding(NOT_LIVE, (Reason.NEGATIVE_MARKER, Reason.WITHDRAWN), words="withdrawn")
    stored = reasons_to_json(absent)
    assert stored == ["negative_marker", "withdrawn", "words: withdrawn"]
    assert (codes_from_json(stored), words_from_json(stored)) == (absent.reasons, "withdrawn")
    other = replace(absent, reasons=(Reason.WRONG_TYPE,))
    assert (reasons_to_json(other), words_from_json(reasons_to_json(other))) == (["wrong_type"], "")
    assert len(reasons_to_json(replace(absent, words="w" * 9_000))[-1]) < 600

"""The adapter for GOV.UK distinguishes announced, moved, cancelled, missing, withdrawn and published releases."""

from datetime import timedelta

import pytest

from releases.detection.finding import CheckOutcome, PublisherSays, PublisherState, Reason
from releases.probe.adapters import get_adapter
from statsoffice.fake_publisher import govuk as govuk_pages
from tests.support.content_api import gone_document
from tests.support.govuk_documents import (
    ASKED,
    DUE,
    EARLIER,
    IN_PLACE,
    OLD_HISTORY,
    PATH,
    TITLE,
    URL,
    after,
    examined,
    publication,
    shown,
)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        (URL, ASKED),
        (f"{URL}/", ASKED),
        (f"{URL}?cachebust=1#contents", ASKED),
        (ASKED, ASKED),
        ("http://127.0.0.1:8765/government/a.cy", "http://127.0.0.1:8765/api/content/government/a.cy"),
    ],
    ids=["page", "final slash", "query and fragment", "document", "another host and port"],
)
def test_the_document_is_asked_for_on_the_addresss_own_host(url, asked):
    assert get_adapter("govuk").address(url) == asked


def test_an_announcement_is_not_live_and_says_for_when_it_announces():
    finding = examined(govuk_pages.announcement(PATH, TITLE, due_at=DUE))
    assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.ANNOUNCEMENT,))
    assert finding.publisher == PublisherSays(
        PublisherState.ANNOUNCED, announced_for=DUE, announced_text="30 June 2026 9:30am"
    )


@pytest.mark.parametrize(
    ("display_date", "result"),
    [
        ("30 June 2026 9:30am", Reason.ANNOUNCEMENT),
        ("30 June 2026 9.30am", Reason.ANNOUNCEMENT),
        ("30 June 2026", Reason.ANNOUNCEMENT),
        ("June 2026", Reason.ANNOUNCEMENT),
        ("June to July 2026", Reason.ANNOUNCEMENT),
        ("some day soon", Reason.ANNOUNCEMENT),
        ("", Reason.ANNOUNCEMENT),
        ("30 June 2026 10:30am", Reason.MOVED),
        ("30 June 2026 9:30pm", Reason.MOVED),
        ("1 July 2026 9:30am", Reason.MOVED),
        ("1 July 2026", Reason.MOVED),
        ("July 2026", Reason.MOVED),
    ],
)
def test_an_announcement_whose_date_differs_from_ours_was_moved(display_date, result):
    """Without a timestamp the date is read from the words that readers are shown."""
    finding = examined(govuk_pages.announcement(PATH, TITLE, display_date=display_date))
    assert shown(finding) == (CheckOutcome.NOT_LIVE, (result,))


def test_a_moved_announcement_gives_its_new_time_and_its_reason():
    later = DUE + timedelta(days=1)
    note = "Checks of the <b>data</b> are not complete."
    moved = govuk_pages.announcement(PATH, TITLE, due_at=later, latest_change_note=note)
    finding = examined(moved)
    assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.MOVED,))
    assert finding.publisher == PublisherSays(
        PublisherState.MOVED,
        announced_for=later,
        announced_text="1 July 2026 9:30am",
        change_note="Checks of the data are not complete.",
    )


def test_a_cancelled_announcement_is_told_from_one_that_still_applies():
    cancelled = govuk_pages.announcement(
        PATH, TITLE, due_at=DUE, state="cancelled", cancellation_reason="The survey has ended."
    )
    finding = examined(cancelled)
    assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.CANCELLED,))
    assert (finding.publisher.state, finding.publisher.change_note) == (
        PublisherState.CANCELLED,
        "The survey has ended.",
    )


def test_a_page_that_was_gone_or_withdrawn_before_it_was_due_is_not_live():
    gone = examined(gone_document(PATH), status=410)
    assert (shown(gone), gone.publisher.state) == ((CheckOutcome.NOT_LIVE, (Reason.GONE,)), PublisherState.GONE)
    said_with_200 = examined(gone_document(PATH))
    assert shown(said_with_200) == (CheckOutcome.NOT_LIVE, (Reason.GONE,))
    early = publication(published_at=after(-600), withdrawn=(after(-300), "Published in error."))
    finding = examined(early)
    assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.WITHDRAWN,))
    assert (finding.publisher.state, finding.publisher.change_note) == (PublisherState.WITHDRAWN, "Published in error.")


def test_the_last_edition_marked_as_withdrawn_is_not_live():
    before = publication(EARLIER, **IN_PLACE, changes=OLD_HISTORY)
    seen = frozenset({examined(before, at=after(-3600)).text_digest})
    page = publication(EARLIER, **IN_PLACE, changes=OLD_HISTORY, withdrawn=(after(60), "Superseded."))
    assert shown(examined(page, texts_not_live=seen)) == (CheckOutcome.NOT_LIVE, (Reason.WITHDRAWN, Reason.UNCHANGED))


def test_a_release_that_was_withdrawn_once_it_was_out_accuses_no_one_of_not_having_published_it():
    finding = examined(publication(withdrawn=(after(600), "An error was found.")), at=after(900))
    assert shown(finding) == (CheckOutcome.UNRECOGNISED, (Reason.WITHDRAWN,))
    assert finding.text_digest == ""
    assert (finding.publisher.state, finding.publisher.published_at) == (PublisherState.WITHDRAWN, after(36))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><h1>June 2026</h1>",
        b'{"base_path": "/a", "schema_name": "publication"',
        b"[]",
        b"null",
        b'"June 2026"',
        b'{"errors": {"type": "unknown", "message": "June 2026"}}',
        b'{"base_path": 7, "schema_name": "publication", "document_type": "official_statistics"}',
        b"[" * 100_000,
        b"\xff\xfe\xff",
    ],
    ids=["empty", "page", "cut off", "list", "null", "text", "error", "odd path", "too deep", "no text at all"],
)
def test_what_is_no_document_tells_nothing(body):
    """(V4)"""
    assert shown(examined(body)) == (CheckOutcome.UNREACHABLE, (Reason.UNKNOWN_SHAPE,))


@pytest.mark.parametrize(
    ("status", "result", "reason"),
    [
        (403, CheckOutcome.UNREACHABLE, Reason.FORBIDDEN),
        (404, CheckOutcome.NOT_LIVE, Reason.NOT_FOUND),
        (429, CheckOutcome.UNREACHABLE, Reason.RATE_LIMITED),
        (500, CheckOutcome.UNREACHABLE, Reason.SERVER_ERROR),
        (503, CheckOutcome.UNREACHABLE, Reason.SERVER_ERROR),
    ],
)
def test_a_status_tells_the_same_as_on_any_page(status, result, reason):
    """(V4)"""
    assert shown(examined(publication(), status=status)) == (result, (reason,))


@pytest.mark.parametrize("kind", ["document_collection", "notice", "homepage", "something_new"])
def test_a_kind_of_page_under_which_no_statistics_are_published_is_left_to_a_person(kind):
    document = publication() | {"document_type": kind, "schema_name": "something_else"}
    finding = examined(document)
    assert (finding.result, finding.reasons[-1]) == (CheckOutcome.UNRECOGNISED, Reason.OTHER_KIND)


@pytest.mark.parametrize("kind", ["official_statistics", "national_statistics", "statistical_data_set"])
def test_every_kind_under_which_statistics_are_published_can_be_live(kind):
    assert examined(publication(kind=kind)).result is CheckOutcome.LIVE


def test_a_document_of_another_page_than_was_asked_for_is_left_to_a_person():
    document = publication() | {"base_path": "/government/statistics"}
    finding = examined(document)
    assert (finding.result, finding.reasons[-1]) == (CheckOutcome.UNRECOGNISED, Reason.OTHER_PAGE)

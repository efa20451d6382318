"""The adapter for GOV.UK distinguishes the editions of one page, and returns the publisher's own clock."""

from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import CheckOutcome, PublisherSays, PublisherState, Reason, Source
from tests.support.govuk_documents import (
    DUE,
    IN_PLACE,
    LAST_EDITION,
    LONG_AGO,
    OLD_HISTORY,
    SERIES,
    TITLE,
    after,
    examined,
    publication,
    shown,
)


def test_a_publication_with_the_marker_in_its_title_is_live():
    finding = examined(publication())
    assert shown(finding) == (CheckOutcome.LIVE, (Reason.MARKER_IN_TITLE,))
    assert finding.publisher == PublisherSays(PublisherState.PUBLISHED, after(36), Source.CHANGE_HISTORY)
    assert finding.title == TITLE


def test_the_scheduled_time_and_its_delay_are_the_publishers_own_clock():
    """(V11) Late by 58 minutes, whatever its history says."""
    document = publication(published_at=after(3482), scheduled_at=DUE, delay_seconds=3480)
    says = examined(document, at=after(3490)).publisher
    assert (says.published_at - DUE, says.source) == (timedelta(minutes=58), Source.SCHEDULED_TIME_AND_DELAY)


@pytest.mark.parametrize(
    ("scheduled_at", "delay_seconds"),
    [(LAST_EDITION.replace(second=0), 3480), (DUE, None), (DUE, -3480), (DUE, True), (DUE, "3480"), (DUE, 0.5)],
    ids=["of an earlier edition", "no delay", "before its time", "no number", "a text", "half a second"],
)
def test_a_scheduled_time_that_is_not_the_announced_one_or_has_no_delay_is_ignored(scheduled_at, delay_seconds):
    """(V11)"""
    says = examined(publication(scheduled_at=scheduled_at, delay_seconds=delay_seconds)).publisher
    assert (says.published_at, says.source) == (after(36), Source.CHANGE_HISTORY)


def test_without_a_history_the_last_public_update_is_the_publishers_clock():
    document = publication()
    del document["details"]["change_history"]
    assert examined(document).publisher == PublisherSays(PublisherState.PUBLISHED, after(36), Source.PUBLIC_UPDATED_AT)


def test_a_page_republished_at_eleven_keeps_the_time_at_which_it_was_first_out():
    """(V12)"""
    history = [(after(5400), "Corrected table 3."), (after(36), "First published.")]
    says = examined(publication(published_at=after(5400), first_published_at=after(36), changes=history)).publisher
    assert (says.published_at, says.source) == (after(36), Source.CHANGE_HISTORY)


def test_a_record_that_knows_the_day_only_gives_no_time():
    midnight = datetime(2026, 6, 29, 23, 0, tzinfo=UTC)
    says = examined(publication(published_at=midnight)).publisher
    assert says == PublisherSays(PublisherState.PUBLISHED)


def test_an_early_publication_is_live_with_the_publishers_own_time():
    finding = examined(publication(published_at=after(-600)), at=after(-590))
    assert shown(finding) == (CheckOutcome.LIVE, (Reason.MARKER_IN_TITLE,))
    assert (finding.publisher.published_at, finding.publisher.source) == (after(-600), Source.CHANGE_HISTORY)


NEW_HISTORY = [(after(41), "Added figures for June 2026."), *OLD_HISTORY]
OLD_PAGE = publication(SERIES, **IN_PLACE, changes=OLD_HISTORY, body="<p>Prices up to May 2026.</p>")
NEW_PAGE = publication(
    SERIES,
    first_published_at=LONG_AGO,
    published_at=after(41),
    changes=NEW_HISTORY,
    body="<p>Prices up to June 2026.</p>",
)


def test_the_last_editions_page_unchanged_since_before_it_was_due_is_not_live():
    first = examined(OLD_PAGE, at=after(-3600))
    assert first.result is not CheckOutcome.LIVE
    again = examined(OLD_PAGE, texts_not_live=frozenset({first.text_digest}))
    assert shown(again) == (CheckOutcome.NOT_LIVE, (Reason.UNCHANGED,))
    assert again.publisher == PublisherSays(PublisherState.EARLIER_EDITION)


def test_a_page_updated_in_place_is_live_with_the_marker_and_an_entry_in_its_history_since_it_was_due():
    finding = examined(NEW_PAGE)
    assert shown(finding) == (CheckOutcome.LIVE, (Reason.MARKER_IN_TEXT,))
    assert finding.publisher == PublisherSays(PublisherState.PUBLISHED, after(41), Source.CHANGE_HISTORY)


def test_a_last_edition_that_names_the_one_to_come_in_its_text_is_not_taken_for_it():
    page = publication(SERIES, **IN_PLACE, changes=OLD_HISTORY, body="<p>Prices rose. See June 2026 for more.</p>")
    finding = examined(page)
    assert shown(finding) == (CheckOutcome.UNRECOGNISED, (Reason.MARKER_IN_TEXT, Reason.NOT_UPDATED))


@pytest.mark.parametrize("marker", ["", "Road fuel prices", "fuel prices"], ids=["none", "the series", "part of it"])
class TestAMarkerThatIsTheSameInEveryEdition:
    """Then only the page's own dates can distinguish the editions of a page that is updated in place."""

    def test_before_it_is_due_the_earlier_edition_is_not_live(self, marker):
        finding = examined(OLD_PAGE, at=after(-3600), marker=marker)
        assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.EARLIER_EDITION,))

    def test_the_same_text_is_not_live_after_it_was_due_either(self, marker):
        text = examined(OLD_PAGE, at=after(-3600), marker=marker).text_digest
        finding = examined(OLD_PAGE, marker=marker, texts_not_live=frozenset({text}))
        assert shown(finding) == (CheckOutcome.NOT_LIVE, (Reason.EARLIER_EDITION,))

    def test_an_update_since_it_was_due_is_live(self, marker):
        finding = examined(NEW_PAGE, marker=marker)
        assert shown(finding) == (CheckOutcome.LIVE, (Reason.UPDATED,))

    def test_a_public_update_without_an_entry_in_the_history_is_live_too(self, marker):
        page = publication(SERIES, first_published_at=LONG_AGO, published_at=after(41), changes=OLD_HISTORY)
        assert shown(examined(page, marker=marker)) == (CheckOutcome.LIVE, (Reason.UPDATED,))

    def test_a_changed_text_under_old_dates_is_left_to_a_person(self, marker):
        text = examined(OLD_PAGE, at=after(-3600), marker=marker).text_digest
        page = OLD_PAGE | {"details": OLD_PAGE["details"] | {"body": "<p>Prices up to June 2026.</p>"}}
        finding = examined(page, marker=marker, texts_not_live=frozenset({text}))
        assert shown(finding) == (CheckOutcome.UNRECOGNISED, (Reason.NOT_UPDATED,))

    def test_a_small_change_in_the_hours_before_is_left_to_a_person(self, marker):
        history = [(after(-7200), "Corrected a label."), *OLD_HISTORY]
        page = publication(SERIES, first_published_at=LONG_AGO, published_at=after(-7200), changes=history)
        assert shown(examined(page, marker=marker)) == (CheckOutcome.UNRECOGNISED, (Reason.NOT_UPDATED,))

    def test_a_page_of_another_series_is_never_live(self, marker):
        page = publication("Rail fares", published_at=after(41))
        assert examined(page, marker=marker).result is not CheckOutcome.LIVE


def test_what_a_person_said_of_the_very_text_goes_before_the_pages_dates():
    page = publication(SERIES, **IN_PLACE, changes=OLD_HISTORY)
    text = frozenset({examined(page).text_digest})
    assert shown(examined(page, marker=SERIES, confirmed_texts=text)) == (
        CheckOutcome.LIVE,
        (Reason.CONFIRMED_BY_PERSON,),
    )
    assert shown(examined(publication(), previous_edition_texts=frozenset({examined(publication()).text_digest}))) == (
        CheckOutcome.NOT_LIVE,
        (Reason.PREVIOUS_EDITION,),
    )

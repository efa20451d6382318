"""What a publisher's system says of a release, as stored, and which of its figures the record relies on."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import (
    PublisherSays,
    PublisherState,
    Source,
    fills,
    publisher_from_json,
    publisher_time,
    publisher_to_json,
)

DUE = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
ANNOUNCED = PublisherSays(PublisherState.ANNOUNCED, announced_for=DUE, announced_text="30 June 2026 9:30am")


def published(source: Source, seconds: float) -> PublisherSays:
    return PublisherSays(PublisherState.PUBLISHED, published_at=DUE + timedelta(seconds=seconds), source=source)


@pytest.mark.parametrize(
    "says",
    [
        None,
        ANNOUNCED,
        PublisherSays(PublisherState.MOVED, announced_for=DUE, announced_text="30 June", change_note="Data came late."),
        published(Source.SCHEDULED_TIME_AND_DELAY, 3480),
        PublisherSays(PublisherState.GONE),
    ],
    ids=["nothing", "announced", "moved", "published", "gone"],
)
def test_what_was_read_is_the_same_after_it_was_stored(says):
    assert publisher_from_json(publisher_to_json(says)) == says


def test_a_time_in_summer_is_stored_in_utc():
    summer = PublisherSays(PublisherState.ANNOUNCED, announced_for=datetime.fromisoformat("2026-06-30T09:30:36+01:00"))
    assert publisher_to_json(summer) == {"state": "announced", "announced_for": "2026-06-30T08:30:36+00:00"}


def test_something_else_that_was_stored_is_not_read_as_a_publishers_word():
    with pytest.raises(ValueError, match="perhaps"):
        publisher_from_json({"state": "perhaps"})


def test_the_scheduled_time_with_its_delay_goes_before_every_other_figure():
    says = [
        ANNOUNCED,
        published(Source.PUBLIC_UPDATED_AT, 3481),
        published(Source.CHANGE_HISTORY, 3482),
        published(Source.SCHEDULED_TIME_AND_DELAY, 3480),
    ]
    at, source = publisher_time(says, due_at=DUE)
    assert ((at - DUE).total_seconds(), source) == (3480, Source.SCHEDULED_TIME_AND_DELAY)


def test_a_page_republished_at_eleven_does_not_move_the_publishers_time():
    """(V12)"""
    says = [published(Source.PUBLIC_UPDATED_AT, 36), published(Source.PUBLIC_UPDATED_AT, 5400)]
    assert publisher_time(says, due_at=DUE) == (DUE + timedelta(seconds=36), Source.PUBLIC_UPDATED_AT)


def test_a_figure_of_an_earlier_edition_is_not_relied_on():
    assert publisher_time([published(Source.CHANGE_HISTORY, -90 * 86_400)], due_at=DUE) is None


def test_an_early_publication_keeps_the_publishers_own_time():
    says = [published(Source.CHANGE_HISTORY, -600)]
    assert publisher_time(says, due_at=DUE) == (DUE - timedelta(minutes=10), Source.CHANGE_HISTORY)


def test_a_publisher_that_gives_no_figure_gives_no_time():
    assert publisher_time([ANNOUNCED, PublisherSays(PublisherState.PUBLISHED)], due_at=DUE) is None
    assert publisher_time([], due_at=DUE) is None


@pytest.mark.parametrize(
    ("source", "seconds", "filled"),
    [
        (Source.SCHEDULED_TIME_AND_DELAY, 60, True),
        (Source.CHANGE_HISTORY, 0, True),
        (Source.CHANGE_HISTORY, 600, True),
        (Source.CHANGE_HISTORY, -1, False),
        (Source.CHANGE_HISTORY, 601, False),
        (Source.PUBLIC_UPDATED_AT, 60, False),
    ],
)
def test_a_hole_is_filled_by_a_figure_within_it_that_does_not_move_with_every_update(source, seconds, filled):
    end = DUE + timedelta(minutes=10)
    assert fills(DUE + timedelta(seconds=seconds), source, start=DUE, end=end) is filled


def test_a_hostile_publishers_words_can_be_stored_anyway():
    words = "late\0 \ud800" + "x" * 10_000
    stored = publisher_to_json(PublisherSays(PublisherState.MOVED, announced_text=words, change_note=words))
    assert stored["change_note"].startswith("late ?x")
    assert max(map(len, stored.values())) <= 500
    json.dumps(stored, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"published_at": datetime(2026, 6, 30, 9, 30), "source": Source.CHANGE_HISTORY}, "time zone"),  # noqa: DTZ001
        ({"announced_for": datetime(2026, 6, 30, 9, 30)}, "time zone"),  # noqa: DTZ001
        ({"published_at": DUE}, "requires a `source`"),
    ],
    ids=["a time without zone", "an announced time without zone", "a time without source"],
)
def test_what_an_adapter_may_not_say_is_refused_before_it_is_stored(fields, words):
    with pytest.raises(ValueError, match=words):
        PublisherSays(PublisherState.PUBLISHED, **fields)

"""The publisher's own clock in words for people."""

from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import PublisherSays, PublisherState, Source
from releases.models import Verification
from releases.text import release
from releases.verdict.release import Diagnosis

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)


def verified(seconds=None, source=Source.SCHEDULED_TIME_AND_DELAY, **fields):
    at = None if seconds is None else DUE + timedelta(seconds=seconds)
    return Verification(due_at=DUE, published_at_by_publisher=at, publisher_source=source if at else "", **fields)


@pytest.mark.parametrize(
    ("seconds", "source", "said"),
    [
        (
            3480,
            Source.SCHEDULED_TIME_AND_DELAY,
            "published at 10:28:00am (the page’s scheduled time and recorded delay), 58 minutes after 9:30am",
        ),
        (0, Source.CHANGE_HISTORY, "published at 9:30:00am (the public history of the page), at 9:30am"),
        (
            3723,
            Source.CHANGE_HISTORY,
            "published at 10:32:03am (the public history of the page), 1 hour 2 minutes 3 seconds after 9:30am",
        ),
        (
            -600,
            Source.CHANGE_HISTORY,
            "published at 9:20:00am (the public history of the page), 10 minutes before 9:30am",
        ),
        (
            86_400,
            Source.PUBLIC_UPDATED_AT,
            (
                "published at 9:30:00am on 1 July 2020 or earlier "
                "(the time of the page’s last public update, which changes with each update)"
            ),
        ),
    ],
    ids=["late", "on the dot", "to the second", "early", "a figure that moves"],
)
def test_the_publishers_time_is_its_own_word_with_the_figure_it_was_taken_from(seconds, source, said):
    """(V11)"""
    assert release.describe_publisher(verified(seconds, source)) == f"The publisher’s system says: {said}."


def test_a_list_has_the_publishers_figure_in_one_phrase():
    assert release.publisher_note(verified(3480)) == "Publisher’s time: 58 minutes after 9:30am"
    assert release.publisher_note(verified(0)) == "Publisher’s time: at 9:30am"
    assert release.publisher_note(verified(60, Source.PUBLIC_UPDATED_AT)) == ""


def test_where_the_publisher_gives_no_time_nothing_is_said():
    for verification in (verified(), None):
        assert release.publisher_note(verification) == ""
    assert release.describe_publisher(verified()) == ""
    assert release.describe_publisher_gap(DUE, DUE + timedelta(hours=1), None) == ""


@pytest.mark.parametrize(
    ("seconds", "source", "fills"),
    [
        (600, Source.CHANGE_HISTORY, True),
        (1200, Source.CHANGE_HISTORY, True),
        (1201, Source.CHANGE_HISTORY, False),
        (599, Source.CHANGE_HISTORY, False),
        (900, Source.PUBLIC_UPDATED_AT, False),
    ],
    ids=["at its start", "at its end", "after it", "before it", "a figure that moves"],
)
def test_a_hole_is_filled_by_a_publishers_time_that_lies_in_it(seconds, source, fills):
    start, end = DUE + timedelta(seconds=600), DUE + timedelta(seconds=1200)
    sentence = release.describe_publisher_gap(start, end, verified(seconds, source))
    assert sentence.startswith("The publisher’s system says that it was published during this time") is fills


def test_an_edge_cache_is_said_to_be_what_may_explain_it():
    """(V13)"""
    (sentence,) = release.describe_diagnosis(verified(diagnoses=["edge_cache"]))
    assert "may explain" in sentence
    assert release.describe_diagnosis(verified()) == []
    assert set(release.DIAGNOSES) == set(Diagnosis)


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (
            PublisherSays(PublisherState.ANNOUNCED, announced_text="30 June 2020 9:30am"),
            "Announced: 30 June 2020 9:30am",
        ),
        (PublisherSays(PublisherState.ANNOUNCED, announced_for=DUE), "Announced: 9:30am on 30 June 2020"),
        (PublisherSays(PublisherState.MOVED, announced_text="July 2020"), "Announced for another time: July 2020"),
        (PublisherSays(PublisherState.CANCELLED), "Cancelled"),
        (
            PublisherSays(PublisherState.PUBLISHED, DUE, Source.CHANGE_HISTORY),
            "Published at 9:30:00am (the public history of the page)",
        ),
        (PublisherSays(PublisherState.PUBLISHED), "Published, without a reliable time"),
        (PublisherSays(PublisherState.EARLIER_EDITION), "Shows an earlier edition"),
        (
            PublisherSays(PublisherState.WITHDRAWN, DUE, Source.CHANGE_HISTORY),
            "Marked as withdrawn; published at 9:30:00am (the public history of the page)",
        ),
        (PublisherSays(PublisherState.GONE), "Removed"),
        (PublisherSays(PublisherState.REDIRECTED), "Redirected to another page, but not stated to which"),
    ],
    ids=lambda value: value.state.value if isinstance(value, PublisherSays) else "",
)
def test_what_the_publishers_system_said_at_a_check_is_said_in_words(says, sentence):
    assert release.describe_publisher_state(says, due_at=DUE) == sentence


def test_every_state_and_source_has_words():
    assert set(release.STATES) == set(PublisherState)
    assert set(release.SOURCES) == set(Source)

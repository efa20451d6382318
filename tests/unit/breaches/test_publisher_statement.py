"""The publisher's own clock, and what checks past the caches showed, are in an account next to what readers saw."""

from dataclasses import replace

import pytest

from breaches.rules.narrative import write_account
from releases.detection.finding import Source
from releases.verdict.release import Diagnosis
from tests.support.report_evidence import LIVE, NOT_LIVE, SEED_LOOKS, address, london, make_check_fact, record

SCHEDULED = Source.SCHEDULED_TIME_AND_DELAY
SEED = address(*SEED_LOOKS)


def write_account_with_publisher(clock, source=SCHEDULED, *, day="2020-06-30", **more):
    return write_account(record(SEED, publisher_time=(london(clock, day), source), **more))


def test_the_publishers_time_is_distinguished_with_its_own_delay_and_leaves_the_observed_interval_alone():
    """(V11)"""
    text = write_account_with_publisher("10:28")

    assert text.endswith(
        "\n\nThe publisher’s own system gives 10:28am as the time of publication, by the time for which it was "
        "scheduled and the delay that the system recorded: 58 minutes after it was due. That is the publisher’s "
        "figure, not an observation."
    )
    assert "first seen there at 10:27am. Access to it was therefore delayed by just under an hour" in text


@pytest.mark.parametrize(
    ("clock", "beside"),
    [
        ("09:30", "the time at which it was due"),
        ("09:30:36", "36 seconds after it was due"),
        ("09:20", "10 minutes before it was due"),
    ],
    ids=["at the due time", "after", "before"],
)
def test_the_publishers_time_is_set_next_to_the_due_time(clock, beside):
    assert f"by the public history of the page: {beside}. That is" in write_account_with_publisher(
        clock, Source.CHANGE_HISTORY
    )


def test_a_publishers_time_of_another_day_names_the_day():
    assert "gives 4pm as" not in write_account_with_publisher("16:00", day="2020-07-01")
    assert "gives 4:00pm on 1 July 2020 as the time of publication" in write_account_with_publisher(
        "16:00", day="2020-07-01"
    )


def test_a_figure_that_moves_with_every_update_is_described_as_such_and_gives_no_delay():
    text = write_account_with_publisher(
        "10:40", Source.PUBLIC_UPDATED_AT, not_observed=((london("09:30"), london("11:00")),)
    )

    assert "gives 10:40am as the time of the last public update of the page" in text
    assert "only that the release was not published later" in text
    assert "after it was due. That" not in text
    assert "rests on the publisher’s figure alone" not in text


def test_where_the_publishers_time_lies_in_a_hole_of_the_watching_the_account_says_that_it_alone_fills_it():
    hole = (london("09:40"), london("10:00"))
    text = write_account_with_publisher("09:45", not_observed=(hole,))

    assert "Nothing was observed from 9:40am to 10:00am." in text
    assert (
        "It lies in the time from 9:40am to 10:00am, in which nothing was observed: for that time the account rests "
        "on the publisher’s figure alone."
    ) in text
    assert "rests on" not in write_account_with_publisher("09:39:59", not_observed=(hole,))
    assert "rests on" not in write_account_with_publisher("09:45")


CACHED = address(
    make_check_fact("09:30", NOT_LIVE),
    make_check_fact("09:32", NOT_LIVE),
    make_check_fact("09:57:30", NOT_LIVE),
    make_check_fact("09:58", LIVE),
)


def test_an_old_copy_is_described_as_what_the_checks_show_with_both_times():
    """(V13)"""
    seen = (london("09:30:05"), london("09:57:30"))
    text = write_account(record(replace(CACHED, past_caches=seen), diagnoses=(Diagnosis.EDGE_CACHE,)))

    assert text.endswith(
        "A look that asked past the caches on the way found the release at 9:30:05am, while looks made as "
        "any reader makes them still did not find it, the last of them at 9:57:30am. An old copy held by "
        "a cache on the way (an “edge cache”) may explain why readers saw the release later than it was published."
    )
    assert "first seen there at 9:58am" in text
    assert "because" not in text


def test_an_old_copy_that_only_the_kept_answers_show_claims_no_check_past_the_caches():
    text = write_account(record(CACHED, diagnoses=(Diagnosis.EDGE_CACHE,)))

    assert "What is kept of the answers shows" in text
    assert "may explain" in text
    assert "past the caches" not in text


def test_without_a_diagnosis_nothing_is_said_of_caches():
    assert "cache" not in write_account(record(CACHED))

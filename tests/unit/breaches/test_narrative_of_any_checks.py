"""Whatever the checks were, the account holds their times and no others, and claims no more than they prove."""

import dataclasses
import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from breaches.rules.narrative import write_account
from releases.detection.finding import CheckOutcome
from releases.rules.calendar import format_time, format_time_with_seconds
from releases.verdict.address import Outcome
from tests.support.report_evidence import DUE, address, make_check_fact, record

LOOKS = st.lists(
    st.builds(
        lambda second, result, by_statement, seconds: make_check_fact(
            DUE + timedelta(seconds=second), result, by_statement=by_statement, seconds=seconds
        ),
        st.one_of(st.integers(-90, 300), st.sampled_from([-5, 0, 5, 120])),
        st.sampled_from(CheckOutcome),
        st.booleans(),
        st.one_of(st.just(0.0), st.floats(0, 9)),
    ),
    max_size=8,
)
TIME = re.compile(r"\d+\.\d\d(?:\.\d\d)?[ap]m")
NEVER = ("because", "caused", "fault of", "error", "no public reaction", "apolog", "unfortunately", "failed to publish")


def printed_forms(instant):
    """Return the ways in which one instant may be printed: rounded down, or up to the next second."""
    down = instant.replace(microsecond=0)
    ways = [down] + ([down + timedelta(seconds=1)] if instant.microsecond else [])
    return {format_time_with_seconds(way) if way.second else format_time(way) for way in ways}


@given(LOOKS, st.booleans())
def test_every_time_in_an_account_is_one_of_the_record_and_no_cause_is_given(looks, settled):
    text = write_account(record(address(*looks, settled=settled)))

    known = printed_forms(DUE)
    for one in looks:
        known |= printed_forms(one.sighting.sent_at) | printed_forms(one.sighting.completed_at)
    assert set(TIME.findall(text)) <= known
    assert not [word for word in NEVER if word in text.lower()]
    assert "  " not in text
    assert ".." not in text


@given(LOOKS)
def test_an_account_speaks_of_a_delay_exactly_where_one_is_proven(looks):
    facts = record(address(*looks))
    verdict = facts.addresses[0].verdict
    late = Outcome.LATE in {verdict.outcome, verdict.from_due} and verdict.outcome in {Outcome.LATE, Outcome.EARLY}

    assert ("delayed by" in write_account(facts)) is late
    assert ("too early" in write_account(facts)) is (verdict.outcome is Outcome.EARLY)
    claims_due_look = "look at the due time" in write_account(facts)
    assert claims_due_look is any(one.sighting.instant == DUE for one in looks)


@given(LOOKS)
def test_the_order_in_which_checks_are_handed_over_does_not_matter(looks):
    facts = record(address(*looks))
    backwards = dataclasses.replace(facts.addresses[0], checks=facts.addresses[0].checks[::-1])

    assert facts.addresses[0].verdict == record(address(*looks[::-1])).addresses[0].verdict
    assert len({one.sighting.sent_at for one in looks}) < len(looks) or write_account(facts) == write_account(
        dataclasses.replace(facts, addresses=(backwards,))
    )

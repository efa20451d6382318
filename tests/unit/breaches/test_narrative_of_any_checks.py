"""Whatever the checks were, the account has the times of the record only, and claims no more than they prove."""

import dataclasses
import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from breaches.rules.causes import CAUSE_NOT_RECORDED, RecordedCause
from breaches.rules.lifecycle import Cause
from breaches.rules.narrative import write_account
from releases.detection.finding import CheckOutcome
from releases.rules.calendar import format_time, format_time_with_seconds
from releases.verdict.address import Outcome
from tests.support.report_evidence import DUE, address, make_check_fact, record

CHECKS = st.lists(
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
TIME = re.compile(r"\d+:\d\d(?::\d\d)?[ap]m")
NEVER = ("because", "caused", "fault of", "error", "no public reaction", "apolog", "unfortunately", "failed to publish")


def times_in_words(instant):
    """Return the ways in which one instant may be printed: rounded down, or up to the next second."""
    down = instant.replace(microsecond=0)
    ways = [down] + ([down + timedelta(seconds=1)] if instant.microsecond else [])
    return {format_time_with_seconds(way) if way.second else format_time(way) for way in ways}


@given(CHECKS, st.booleans())
def test_every_time_in_an_account_is_one_of_the_record_and_no_cause_is_given(checks, settled):
    text = write_account(record(address(*checks, settled=settled)))

    known = times_in_words(DUE)
    for one in checks:
        known |= times_in_words(one.sighting.sent_at) | times_in_words(one.sighting.completed_at)
    assert set(TIME.findall(text)) <= known
    assert not [word for word in NEVER if word in text.lower()]
    assert "  " not in text
    assert ".." not in text
    assert len(text.split()) <= 80
    assert 2 <= text.count(". ") + 1 <= 4
    assert CAUSE_NOT_RECORDED in text


@given(CHECKS, st.booleans(), st.sampled_from([cause for cause in Cause if cause is not Cause.OTHER]))
def test_an_account_with_a_recorded_cause_is_as_short_and_gives_it_once(checks, settled, cause):
    text = write_account(record(address(*checks, settled=settled)), cause=RecordedCause(cause))

    assert len(text.split()) <= 80
    assert 2 <= text.count(". ") + 1 <= 4
    assert CAUSE_NOT_RECORDED not in text
    assert text.count("because") == (cause is not Cause.NOT_KNOWN)


@given(CHECKS)
def test_an_account_says_late_or_early_exactly_where_that_is_proven(checks):
    facts = record(address(*checks))
    verdict, text = facts.addresses[0].verdict, write_account(facts)
    late = {Outcome.LATE, Outcome.NOT_SEEN}

    assert (" late" in text) <= bool(late & {verdict.outcome, verdict.from_due})
    assert (" late" in text) >= (verdict.outcome is Outcome.LATE)
    assert (" early" in text) is (verdict.outcome is Outcome.EARLY)
    assert ("do not show" in text) >= (verdict.outcome in {Outcome.UNCERTAIN, Outcome.CANNOT_TELL} and bool(checks))


@given(CHECKS)
def test_the_order_in_which_checks_are_handed_over_does_not_matter(checks):
    facts = record(address(*checks))
    backwards = dataclasses.replace(facts.addresses[0], checks=facts.addresses[0].checks[::-1])

    assert facts.addresses[0].verdict == record(address(*checks[::-1])).addresses[0].verdict
    assert len({one.sighting.sent_at for one in checks}) < len(checks) or write_account(facts) == write_account(
        dataclasses.replace(facts, addresses=(backwards,))
    )

"""A person's word on a text decides as what every check that saw that text counts."""

from datetime import timedelta

import pytest

from releases.detection.finding import CheckOutcome
from releases.models import Statement
from releases.verdict.address import Sighting, count_result, is_corrected, last_statements, sighting_of
from tests.support.factories import SEED_DUE


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (Statement.Kind.THIS_IS_IT, CheckOutcome.LIVE),
        (Statement.Kind.PREVIOUS_EDITION, CheckOutcome.NOT_LIVE),
        (Statement.Kind.NOT_IT, CheckOutcome.UNRECOGNISED),
        (None, CheckOutcome.UNRECOGNISED),
    ],
    ids=["this is it", "previous edition", "something else", "nothing"],
)
def test_a_check_counts_as_a_person_says_of_its_text(said, result):
    assert count_result("unrecognised", said) is result
    assert is_corrected(said) is (result is not CheckOutcome.UNRECOGNISED)


def test_the_last_word_on_a_text_holds_and_a_word_on_no_text_corrects_nothing():
    spoken = [("a", "previous_edition"), ("", "was_live"), ("a", "this_is_it"), ("b", "not_it")]
    assert last_statements(spoken) == {"a": "this_is_it", "b": "not_it"}


@pytest.mark.parametrize("said", [None, *Statement.Kind])
def test_a_check_by_a_clock_known_to_be_wrong_counts_as_a_fault_of_ours_whatever_anyone_says(said):
    for result in CheckOutcome:
        assert count_result(result, said, clock_off=True) is CheckOutcome.OBSERVER_FAULT


def counted(said, *, bound_seconds=0.0):
    return sighting_of(
        "unrecognised",
        said,
        planned_at=SEED_DUE,
        sent_at=SEED_DUE,
        completed_at=SEED_DUE,
        text_digest="a",
        clock_off=False,
        bound_seconds=bound_seconds,
        taken_away=True,
    )


@pytest.mark.parametrize("said", [None, Statement.Kind.NOT_IT])
def test_a_check_that_no_one_corrected_is_proven_by_what_it_saw(said):
    expected = Sighting(CheckOutcome.UNRECOGNISED, *[SEED_DUE] * 3, text_digest="a", taken_away=True)
    assert counted(said) == expected


@pytest.mark.parametrize(
    ("said", "result"),
    [(Statement.Kind.THIS_IS_IT, CheckOutcome.LIVE), (Statement.Kind.PREVIOUS_EDITION, CheckOutcome.NOT_LIVE)],
)
def test_a_check_that_a_person_corrected_needs_no_proof_by_its_text_and_tells_of_nothing_else(said, result):
    assert counted(said) == Sighting(result, *[SEED_DUE] * 3)


def test_a_clock_is_off_by_what_it_is_known_to_be_at_most_and_not_confirmed_where_nothing_is_known():
    assert counted(None, bound_seconds=0.3).clock_bound == timedelta(seconds=0.3)
    assert counted(None, bound_seconds=0.3).clock_confirmed
    assert not counted(None, bound_seconds=None).clock_confirmed

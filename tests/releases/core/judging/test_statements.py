"""A person's word on a text decides as what every look that saw that text counts."""

import pytest

from releases.core.judging.evidence import LookResult
from releases.core.judging.statements import counts_as, is_corrected, last_said
from releases.models import Statement


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (Statement.Kind.THIS_IS_IT, LookResult.LIVE),
        (Statement.Kind.PREVIOUS_EDITION, LookResult.NOT_LIVE),
        (Statement.Kind.NOT_IT, LookResult.UNRECOGNISED),
        (None, LookResult.UNRECOGNISED),
    ],
    ids=["this is it", "previous edition", "something else", "nothing"],
)
def test_a_look_counts_as_a_person_says_of_its_text(said, result):
    assert counts_as("unrecognised", said) is result
    assert is_corrected(said) is (result is not LookResult.UNRECOGNISED)


def test_the_last_word_on_a_text_holds_and_a_word_on_no_text_corrects_nothing():
    spoken = [("a", "previous_edition"), ("", "was_live"), ("a", "this_is_it"), ("b", "not_it")]
    assert last_said(spoken) == {"a": "this_is_it", "b": "not_it"}


@pytest.mark.parametrize("said", [None, *Statement.Kind])
def test_a_look_by_a_clock_known_to_be_wrong_counts_as_a_fault_of_ours_whatever_anybody_says(said):
    for result in LookResult:
        assert counts_as(result, said, clock_off=True) is LookResult.OBSERVER_FAULT

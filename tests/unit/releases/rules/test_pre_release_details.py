"""The faults of an entry as it was written."""

from dataclasses import replace

import pytest

from releases.rules.pre_release import A_DAY, Period, Unit, find_objections, gives_away
from tests.support.pre_release_lists import EMAIL, MINISTER, PERSON


def objected(**fields):
    return [objection.field for objection in find_objections(replace(MINISTER, **fields), usual=A_DAY)]


def test_a_whole_entry_for_the_usual_period_is_well():
    assert objected() == []


@pytest.mark.parametrize("field", ["post", "organisation", "person", "reason"])
def test_what_the_record_and_the_published_list_need_is_asked_for(field):
    assert objected(**{field: "  "}) == [field]


def test_an_e_mail_address_may_be_missing():
    assert objected(email="") == []


def test_another_period_than_the_usual_needs_its_reason():
    assert objected(period=Period(3)) == ["period_reason"]
    assert objected(period=Period(3), period_reason="Briefed on the morning only.") == []
    assert objected(period=Period(24, Unit.WORKING_DAYS), period_reason="Why not?") == ["length"]


@pytest.mark.parametrize("length", [0, 241], ids=["none", "too long"])
def test_a_period_beyond_all_reason_is_refused(length):
    (objection,) = find_objections(replace(MINISTER, period=Period(length), period_reason="Because"), usual=A_DAY)
    assert objection == ("length", "A period is between 1 and 240 hours.")


@pytest.mark.parametrize("field", ["post", "organisation", "reason", "period_reason"])
@pytest.mark.parametrize("words", [PERSON, f"For {PERSON.upper()}.", f"<{EMAIL}>", "somebody@example.gov.uk"])
def test_what_others_read_may_hold_neither_name_nor_address(field, words):
    assert objected(**{field: words}) == [field]


@pytest.mark.parametrize(
    ("text", "person", "given_away"),
    [
        ("Official statistics", "Al", False),
        ("Private secretary to Al", "Al", True),
        ("Jo  Lane's deputy", "jo lane", True),
        ("Any post", "", False),
    ],
    ids=["part of a word", "a word", "other spacing", "no name"],
)
def test_a_name_counts_as_a_whole_word_in_any_spelling(text, person, given_away):
    assert gives_away(text, person=person, email="") is given_away

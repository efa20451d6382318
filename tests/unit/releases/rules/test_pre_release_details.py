"""The faults of an entry as it was written."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from releases.rules.calendar import Nation
from releases.rules.pre_release import (
    NO_ACCESS,
    Period,
    StatisticsKind,
    Unit,
    find_objections,
    find_terms,
    gives_away,
)
from tests.support.pre_release_lists import EMAIL, MINISTER, PERSON

TODAY = date(2026, 6, 20)


def objections(*, terms=None, **fields):
    details = replace(MINISTER, **fields)
    return list(find_objections(details, terms=terms or find_terms(Nation.ENGLAND), due_at=None, today=TODAY))


def objected(**fields):
    return [objection.field for objection in objections(**fields)]


def test_a_whole_entry_for_the_usual_period_is_well():
    assert objected() == []


@pytest.mark.parametrize("field", ["post", "organisation", "person", "reason"])
def test_what_the_record_and_the_published_list_need_is_asked_for(field):
    assert objected(**{field: "  "}) == [field]


def test_an_e_mail_address_may_be_missing():
    assert objected(email="") == []


def test_another_period_than_the_usual_needs_its_reason():
    assert objected(period=Period(3)) == ["period_reason"]
    for length in (1, 3):
        assert objected(period=Period(length), period_reason="Briefed on the morning only.") == []
    assert objected(period=Period(24, Unit.WORKING_DAYS), period_reason="Why not?") == ["length"]


@pytest.mark.parametrize("length", [0, 241], ids=["none", "too long"])
def test_a_period_beyond_all_reason_is_refused(length):
    (objection,) = objections(period=Period(length), period_reason="Because")
    assert objection == ("length", "Enter a period between 1 and 240 hours.")


@pytest.mark.parametrize("nation", [Nation.ENGLAND, Nation.UNITED_KINGDOM])
def test_a_period_longer_than_a_strict_limit_is_refused_with_or_without_a_reason(nation):
    for reason in ("", "The minister travels."):
        (objection,) = objections(terms=find_terms(nation), period=Period(25), period_reason=reason)
        assert objection == ("length", "25 hours is longer than the limit for these statistics (24 hours). Shorten it.")


def test_within_scotlands_limit_a_longer_period_than_the_usual_one_needs_its_reason():
    terms = find_terms(Nation.SCOTLAND)
    assert objected(terms=terms, period=Period(5, Unit.WORKING_DAYS)) == ["period_reason"]
    assert objected(terms=terms, period=Period(6, Unit.WORKING_DAYS)) == ["length"]


def test_nobody_has_access_to_scotlands_gdp_and_retail_sales():
    terms = find_terms(Nation.SCOTLAND, kind=StatisticsKind.GDP_OR_RETAIL_SALES)
    assert objections(terms=terms) == [("length", NO_ACCESS)]


def test_for_wales_another_period_needs_its_reason_and_is_never_refused():
    terms = find_terms(Nation.WALES)
    assert objected(terms=terms, period=Period(120)) == ["period_reason"]
    assert objected(terms=terms, period=Period(120), period_reason="As the order says.") == []


def test_for_northern_ireland_a_longer_period_needs_the_judgement_and_the_notice_to_the_authority():
    terms = find_terms(Nation.NORTHERN_IRELAND)
    given = {"public_benefit": "Hospitals prepare for the winter.", "authority_notified_on": TODAY}
    longer = {"terms": terms, "period": Period(48)}
    assert objected(**longer, period_reason="Because") == ["public_benefit", "authority_notified_on"]
    assert objected(**longer, **given) == []
    assert objected(**longer, **given | {"public_benefit": " "}) == ["public_benefit"]
    tomorrow = given | {"authority_notified_on": TODAY + timedelta(days=1)}
    assert objected(**longer, **tomorrow) == ["authority_notified_on"]


@pytest.mark.parametrize("nation", list(Nation))
def test_a_judgement_that_is_not_needed_is_refused(nation):
    terms = find_terms(nation)
    assert objected(terms=terms, public_benefit="It helps.") == ["public_benefit"]
    assert objected(terms=terms, authority_notified_on=TODAY) == ["authority_notified_on"]


def test_a_period_that_no_judgement_can_allow_is_refused_as_too_long():
    assert objected(period=Period(48), period_reason="Because", public_benefit="It helps.") == ["length"]


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

"""Which days of an absence are covered by whom, and that each is covered exactly once."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from releases.rules.cover import CoverFault, CoverSpan, find_cover_problem

DANA, HELEN = 1, 2


def day(number):
    return date(2026, 12, number)


def problem(*spans, first=1, last=14):
    found = find_cover_problem(day(first), day(last), [(day(begins), day(ends)) for begins, ends in spans])
    return found and (found.fault, found.first.day, found.last.day, found.place)


@pytest.mark.parametrize("spans", [[(1, 14)], [(1, 5), (6, 14)], [(6, 14), (1, 5)], [(1, 1), (2, 2), (3, 14)]])
def test_each_day_is_covered_once(spans):
    assert problem(*spans) is None


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], (CoverFault.GAP, 1, 14, -1)),
        ([(2, 14)], (CoverFault.GAP, 1, 1, 0)),
        ([(1, 13)], (CoverFault.GAP, 14, 14, 0)),
        ([(1, 5), (8, 14)], (CoverFault.GAP, 6, 7, 1)),
        ([(8, 14), (1, 5)], (CoverFault.GAP, 6, 7, 0)),
        ([(1, 5), (5, 14)], (CoverFault.OVERLAP, 5, 5, 1)),
        ([(1, 14), (3, 4)], (CoverFault.OVERLAP, 3, 4, 1)),
        ([(1, 14), (1, 14)], (CoverFault.OVERLAP, 1, 14, 1)),
        ([(5, 4)], (CoverFault.BACKWARDS, 5, 4, 0)),
        ([(1, 15)], (CoverFault.OUTSIDE, 1, 15, 0)),
    ],
)
def test_gaps_overlaps_and_other_days_are_found_with_their_days(spans, expected):
    assert problem(*spans) == expected


def test_a_plan_without_a_problem_covers_each_day_once_whatever_the_spans():
    days = range(1, 5)
    pairs = list(product(days, days))
    for spans in product(pairs, repeat=2):
        counts = [sum(begins <= on <= ends for begins, ends in spans) for on in days]
        is_whole = counts == [1] * len(days) and all(begins <= ends for begins, ends in spans)
        assert (problem(*spans, first=1, last=4) is None) == is_whole, spans


def test_cover_is_in_force_on_london_days_until_it_is_ended():
    span = CoverSpan(DANA, HELEN, date(2026, 6, 30), date(2026, 7, 1))
    # Midnight in London is 11pm UTC in summer.
    assert not span.is_in_force(datetime(2026, 6, 29, 22, 59, tzinfo=UTC))
    assert span.is_in_force(datetime(2026, 6, 29, 23, 0, tzinfo=UTC))
    assert span.is_in_force(datetime(2026, 7, 1, 22, 59, tzinfo=UTC))
    assert not span.is_in_force(datetime(2026, 7, 1, 23, 0, tzinfo=UTC))
    ended = CoverSpan(DANA, HELEN, span.first, span.last, ended_at=datetime(2026, 6, 30, 12, tzinfo=UTC))
    assert ended.is_in_force(datetime(2026, 6, 30, 11, 59, tzinfo=UTC))
    assert not ended.is_in_force(datetime(2026, 6, 30, 12, 0, tzinfo=UTC))

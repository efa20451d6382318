"""A row of the table says whether its limit is held, whichever way the limit points."""

import json

import pytest

from benchmarks.row import Limit, Row, middle
from benchmarks.table import written


@pytest.mark.parametrize(
    ("row", "held"),
    [
        pytest.param(Row("late", 4.9, "s", limit=Limit(5.0)), True, id="figure-within"),
        pytest.param(Row("late", 5.1, "s", limit=Limit(5.0)), False, id="figure-beyond"),
        pytest.param(Row("pdf", 120.0, "ms", 100.0, "bare", Limit(1.3, of="ratio")), True, id="ratio-within"),
        pytest.param(Row("pdf", 140.0, "ms", 100.0, "bare", Limit(1.3, of="ratio")), False, id="ratio-beyond"),
        pytest.param(Row("looks", 60.0, "checks/s", 100.0, "bare", Limit(0.5, of="ratio")), True, id="rate-enough"),
        pytest.param(Row("looks", 40.0, "checks/s", 100.0, "bare", Limit(0.5, of="ratio")), False, id="rate-too-small"),
        pytest.param(Row("desk", 40.0, "ms", queries=(24, 24)), True, id="as-many-queries"),
        pytest.param(Row("desk", 40.0, "ms", queries=(24, 25)), False, id="more-queries"),
        pytest.param(Row("verdict", 4000.0, "s"), True, id="no-limit"),
    ],
)
def test_a_limit_is_held_or_missed(row, held):
    assert row.held is held
    assert ("MISSED" in written([row])) is not held


def test_the_table_says_how_far_a_limit_was_missed():
    assert "MISSED, 1.50 of the limit" in written([Row("late", 7.5, "s", limit=Limit(5.0))])
    half = Row("looks", 25.0, "checks/s", 100.0, "bare client", Limit(0.5, of="ratio"))
    assert "MISSED, 2.00 of the limit" in written([half])


def test_the_middle_round_is_described_with_all_of_them():
    rows = [Row("late", figure, "s", figure / 2, "bare client") for figure in (9.0, 1.0, 4.0)]
    chosen = middle(rows)
    assert (chosen.figure, chosen.floor) == (4.0, 2.0)
    assert chosen.rounds == (9.0, 1.0, 4.0)
    assert "1.00 to 9.00" in written([chosen])


@pytest.mark.parametrize(("unit", "worse"), [("s", 3.0), ("checks/s", 2.0)])
def test_of_two_middle_rounds_the_worse_one_is_described(unit, worse):
    assert middle([Row("any", figure, unit) for figure in (1.0, 2.0, 3.0, 4.0)]).figure == worse


def test_a_row_comes_back_from_another_process_as_it_was():
    row = Row("late", 4.9, "s", 0.1, "bare client", Limit(5.0), (3, 3), (4.9, 5.0))
    assert Row.from_json(json.loads(json.dumps(row.to_json()))) == row


@pytest.mark.parametrize(
    ("right", "held"),
    [
        pytest.param(100.0, True, id="all"),
        pytest.param(99.9, False, id="but-some"),
        pytest.param(0.0, False, id="none"),
    ],
)
def test_a_limit_of_right_answers_is_held_by_all_of_them_alone(right, held):
    row = Row("right answers of all", right, "%", limit=Limit(100.0))
    assert row.held is held
    assert ("MISSED" in written([row])) is not held

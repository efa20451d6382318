"""Whatever breaks on a release morning: nothing is lost, nothing doubled, nothing untrue."""

import pytest

from tests.faults.rows import ROWS

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.office)


@each_row
def test_nothing_is_lost(outcomes, row):
    assert outcomes[row.office].reckoning.lost == ()


@each_row
def test_nothing_is_doubled(outcomes, row):
    assert outcomes[row.office].reckoning.doubled == ()


@each_row
def test_nothing_is_untrue(outcomes, row):
    assert outcomes[row.office].reckoning.untrue == ()

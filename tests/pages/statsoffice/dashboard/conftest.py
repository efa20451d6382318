"""The clock of a morning and a release that is due on it."""

import pytest

from tests.pages.statsoffice.dashboard.morning import BEFORE
from tests.support.factories import ReleaseFactory
from tests.support.shared_rows import shared_fixture


@pytest.fixture
def clock(time_machine):
    """Set the clock that pages read; it does not move until it is set again."""

    def to(instant):
        time_machine.move_to(instant, tick=False)

    to(BEFORE)
    return to


@shared_fixture
def release():
    """A release that is due on the day of the seed."""
    return ReleaseFactory(announced=True)

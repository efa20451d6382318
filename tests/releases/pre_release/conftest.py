"""A release with its office, and the roles that act on its list."""

import pytest

from tests.breaches.people import an_office
from tests.factories import SeriesFactory, an_announced_release


@pytest.fixture
def office():
    """One producer with a person for each role."""
    return an_office()


@pytest.fixture
def release(office):
    """An announced release of the office, due on the seed's day."""
    return an_announced_release(series=SeriesFactory(producer=office.producer))

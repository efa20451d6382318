"""A release with its office, and the roles that act on its list."""

import pytest

from statsoffice.accounts.models import User
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import create_office
from tests.support.pre_release_lists import LONG_BEFORE, asked, granted
from tests.support.shared_rows import shared_fixture


@shared_fixture
def office():
    """One producer with a person for each role."""
    return create_office()


@shared_fixture
def release(office):
    """An announced release of the office, due on the seed's day."""
    return ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))


@shared_fixture
def entry(office, release):
    """Someone whom the statistician put on the list long before the release."""
    return granted(release, by=office.statistician)


@shared_fixture
def waiting(office, release):
    """A request of the statistician to add someone, shortly before the release."""
    return asked(release, by=office.statistician)


@pytest.fixture
def clock(time_machine, client):
    """Set the clock that pages read; it does not move until it is set again, and people stay signed in."""

    def to(instant):
        signed_in = client.session.get("_auth_user_id")
        time_machine.move_to(instant, tick=False)
        if signed_in:
            client.force_login(User.objects.get(pk=signed_in))

    to(LONG_BEFORE)
    return to


@pytest.fixture
def keeper(client, office):
    """The statistician, signed in."""
    client.force_login(office.statistician)
    return office.statistician

"""Releases that are due long after the tests run, as rows that the tests of the admin site share."""

from releases.models import Release
from tests.support.admin_site import DAY
from tests.support.factories import a_confirmed_release, a_release, an_announced_release, london_slot
from tests.support.shared_rows import shared_fixture


@shared_fixture
def provisional_release() -> Release:
    return a_release(slot=london_slot(DAY))


@shared_fixture
def confirmed_release() -> Release:
    return a_confirmed_release(slot=london_slot(DAY))


@shared_fixture
def announced_release() -> Release:
    return an_announced_release(slot=london_slot(DAY))

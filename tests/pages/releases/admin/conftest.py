"""Releases that are due long after the tests run, as rows that the tests of the admin site share."""

from releases.models import Release
from tests.support.admin_site import DAY
from tests.support.factories import ReleaseFactory, london_slot
from tests.support.shared_rows import shared_fixture


@shared_fixture
def provisional_release() -> Release:
    return ReleaseFactory(slot=london_slot(DAY))


@shared_fixture
def confirmed_release() -> Release:
    return ReleaseFactory(confirmed=True, slot=london_slot(DAY))


@shared_fixture
def announced_release() -> Release:
    return ReleaseFactory(announced=True, slot=london_slot(DAY))

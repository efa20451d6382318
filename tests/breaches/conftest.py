"""One office, a release of it, its drafted report, and its statistician; a module that needs others has its own."""

import pytest
from django.test import Client

from breaches.models import Report
from releases.models import Release, Series
from tests.breaches.mornings import a_drafted_report
from tests.breaches.people import Office, an_office
from tests.factories import SeriesFactory, an_announced_release


@pytest.fixture
def office(db: None) -> Office:
    return an_office()


@pytest.fixture
def series(office: Office) -> Series:
    return SeriesFactory(producer=office.producer)


@pytest.fixture
def release(series: Series) -> Release:
    """A release that is announced and confirmed, about which nothing is suspected."""
    return an_announced_release(series=series)


@pytest.fixture
def report(office: Office) -> Report:
    return a_drafted_report(producer=office.producer)


@pytest.fixture
def statistician(client: Client, office: Office) -> Client:
    client.force_login(office.statistician)
    return client

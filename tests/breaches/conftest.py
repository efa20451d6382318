"""One office, its drafted report, and its statistician at a browser; a module that needs others has its own."""

import pytest
from django.test import Client

from breaches.models import Report
from tests.breaches.mornings import a_drafted_report
from tests.breaches.people import Office, an_office


@pytest.fixture
def office(db: None) -> Office:
    return an_office()


@pytest.fixture
def report(office: Office) -> Report:
    return a_drafted_report(producer=office.producer)


@pytest.fixture
def statistician(client: Client, office: Office) -> Client:
    client.force_login(office.statistician)
    return client

"""One office, a release, and a report in each state, as rows that tests share, and a statistician who is signed in.

A module that needs others has its own.
"""

import pytest
from django.test import Client

from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases.models import Release, Series
from tests.support.factories import SeriesFactory, an_announced_release
from tests.support.people import Office, a_report, an_office, brought, out
from tests.support.report_mornings import a_drafted_report
from tests.support.shared_rows import shared_fixture


@shared_fixture
def office() -> Office:
    return an_office()


@shared_fixture
def series(office: Office) -> Series:
    return SeriesFactory(producer=office.producer)


@shared_fixture
def release(series: Series) -> Release:
    """A release that is announced and confirmed, about which nothing is suspected."""
    return an_announced_release(series=series)


@shared_fixture
def report(office: Office) -> Report:
    """A report as it is drafted, of which people have written nothing."""
    return a_drafted_report(producer=office.producer)


@shared_fixture
def draft_report(office: Office) -> Report:
    """A draft that is complete."""
    return a_report(office)


@shared_fixture
def submitted_report(draft_report: Report, office: Office) -> Report:
    return brought(draft_report, office, ReportStatus.WITH_HOP)


@shared_fixture
def returned_report(draft_report: Report, office: Office) -> Report:
    return brought(draft_report, office, ReportStatus.RETURNED)


@shared_fixture
def recorded_report(draft_report: Report, office: Office) -> Report:
    return brought(draft_report, office, ReportStatus.RECORDED)


@shared_fixture
def dismissed_report(draft_report: Report, office: Office) -> Report:
    return brought(draft_report, office, ReportStatus.DISMISSED)


@shared_fixture
def approved_report(draft_report: Report, office: Office) -> Report:
    return brought(draft_report, office, ReportStatus.APPROVED)


@shared_fixture
def sent_report(approved_report: Report, office: Office) -> Report:
    return out(approved_report, office, ReportStatus.SENT)


@shared_fixture
def closed_report(approved_report: Report, office: Office) -> Report:
    return out(approved_report, office, ReportStatus.CLOSED)


@shared_fixture
def withdrawn_report(approved_report: Report, office: Office) -> Report:
    return out(approved_report, office, ReportStatus.WITHDRAWN)


@pytest.fixture
def statistician(client: Client, office: Office) -> Client:
    client.force_login(office.statistician)
    return client

"""One office, a release, and a report in each state, as rows that tests share, and a statistician who is signed in.

A module that needs others has its own.
"""

import pytest
from django.test import Client

from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases.models import Release, Series
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import Office, create_office, create_report, dispatch_report, move_report
from tests.support.report_mornings import create_draft
from tests.support.shared_rows import shared_fixture


@shared_fixture
def office() -> Office:
    return create_office()


@shared_fixture
def series(office: Office) -> Series:
    return SeriesFactory(producer=office.producer)


@shared_fixture
def release(series: Series) -> Release:
    """A release that is announced and confirmed, about which nothing is suspected."""
    return ReleaseFactory(announced=True, series=series)


@shared_fixture
def report(office: Office) -> Report:
    """A report as it is drafted, of which people have written nothing."""
    return create_draft(producer=office.producer)


@shared_fixture
def draft_report(office: Office) -> Report:
    """A draft that is complete."""
    return create_report(office)


@shared_fixture
def submitted_report(draft_report: Report, office: Office) -> Report:
    return move_report(draft_report, office, ReportStatus.WITH_HOP)


@shared_fixture
def returned_report(draft_report: Report, office: Office) -> Report:
    return move_report(draft_report, office, ReportStatus.RETURNED)


@shared_fixture
def recorded_report(draft_report: Report, office: Office) -> Report:
    return move_report(draft_report, office, ReportStatus.RECORDED)


@shared_fixture
def dismissed_report(draft_report: Report, office: Office) -> Report:
    return move_report(draft_report, office, ReportStatus.DISMISSED)


@shared_fixture
def approved_report(draft_report: Report, office: Office) -> Report:
    return move_report(draft_report, office, ReportStatus.APPROVED)


@shared_fixture
def sent_report(approved_report: Report, office: Office) -> Report:
    return dispatch_report(approved_report, office, ReportStatus.SENT)


@shared_fixture
def closed_report(approved_report: Report, office: Office) -> Report:
    return dispatch_report(approved_report, office, ReportStatus.CLOSED)


@shared_fixture
def withdrawn_report(approved_report: Report, office: Office) -> Report:
    return dispatch_report(approved_report, office, ReportStatus.WITHDRAWN)


@pytest.fixture
def statistician(client: Client, office: Office) -> Client:
    client.force_login(office.statistician)
    return client

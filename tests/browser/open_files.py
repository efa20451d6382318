"""Dummy files and authorised hosts, for browser tests of the pages."""

from datetime import date, timedelta

from django.urls import reverse

from releases import open_files
from releases.detection.open_files import Result, Sign, Target
from releases.models import DummyFile, OpenFileFinding
from releases.models.event import record_rows
from tests.support.dummy_files import authorise
from tests.support.factories import SEED_DUE
from tests.support.people import Office

NOW = SEED_DUE - timedelta(hours=2)
HOST = "assets.example.gov.uk"


def pages_of_open_files(office: Office, series) -> dict[str, str]:
    """Record a host and a dummy file that is open to the public, and return the addresses of their pages by name."""
    host = authorise(series.producer, HOST, by=office.head, at=NOW, authorised_on=date(2020, 6, 1))
    new = open_files.make_dummy_file(series, by=office.deputy, at=NOW)
    # Its name is fixed, so that pictures of it do not change.
    dummy_file = DummyFile.objects.create(
        series=series, code="k7m2p9x4q8", token="5b0c3e6f9a1d48c2b7e4f60913ad82c5", made_by=office.head, made_at=NOW
    )
    record_rows({DummyFile: [dummy_file.pk]})
    check = open_files.request_check(
        dummy_file,
        file_url=f"https://{HOST}/government/uploads/system/uploads/attachment_data/file/{dummy_file.name}.csv",
        page_url=f"https://{HOST}/preview/4711",
        by=office.head,
        at=NOW,
    )
    for target, result, sign, status in (
        (Target.FILE, Result.OPEN, Sign.TOKEN, 200),
        (Target.PAGE, Result.NOT_OPEN, Sign.REFUSED, 403),
    ):
        finding = OpenFileFinding.objects.create(
            request=check,
            authorisation=host,
            target=target,
            url=dict(check.targets)[target],
            result=result,
            sign=sign,
            status=status,
            sent_at=NOW,
            completed_at=NOW + timedelta(seconds=1),
            vantage="the office",
            recorded_at=NOW + timedelta(seconds=1),
        )
        record_rows({OpenFileFinding: [finding.pk]})
    return {
        "unpublished files": reverse("releases:open_files"),
        "a dummy file that is open": reverse("releases:open_file", args=[dummy_file.pk]),
        "a new dummy file": reverse("releases:open_file", args=[new.pk]),
        "checking a dummy file": reverse("releases:check_open_file", args=[dummy_file.pk]),
        "dealing with an open file": reverse("releases:open_file_dealt_with", args=[dummy_file.pk]),
        "making a dummy file": reverse("releases:make_dummy_file", args=[series.producer.slug]),
        "authorising a host": reverse("releases:authorise_host", args=[series.producer.slug]),
        "withdrawing a host": reverse("releases:withdraw_host", args=[host.pk]),
    }

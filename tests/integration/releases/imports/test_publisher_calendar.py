"""The command import_calendar reads a publisher's calendar, and files with UK dates."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from releases.models import Release
from statsoffice.fake_publisher.calendars import announcement_result, ons_result
from tests.support.import_files import csv_of, everything
from tests.support.listing_server import listing_server

pytestmark = pytest.mark.django_db

DUE = datetime(2098, 7, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
def server(settings):
    with listing_server() as running:
        settings.PROBE_ALLOW_PRIVATE = frozenset({running.entry})
        settings.REHEARSAL_SITE = running.url("")
        running.organisations["rain"] = [
            announcement_result("rain-june-2098", "Monthly rain: June 2098", at=DUE),
            announcement_result("dew", "Dew: 2098", at=DUE, state="cancelled", cancellation_reason="Stopped."),
        ]
        running.upcoming = [ons_result("rainjune2098", "Monthly rain: June 2098", at=DUE)]
        yield running


def command(*arguments, **options):
    out, err = StringIO(), StringIO()
    try:
        call_command("import_calendar", *arguments, **options, stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue(), f"{err.getvalue()}{error}"
    return out.getvalue(), err.getvalue()


def test_an_organisations_calendar_is_shown_by_a_dry_run_and_then_imported_once(server, series):
    given = {"govuk": server.url("/government/organisations/rain"), "producer": "Office for Rain", "confirm": True}
    before = everything()
    out, err = command(**given, dry_run=True)
    assert "rain-june-2098: added for 1 July 2098 9:30am, confirmed, announced" in out
    assert "Left out: Row 2, status: The publisher cancelled this release" in err
    assert everything() == before
    command(**given)
    assert Release.objects.get().status == "confirmed"
    before = everything()
    assert "GOV.UK calendar of rain changes nothing" in command(**given)[0]
    assert everything() == before


def test_the_ons_calendar_is_imported(server, series):
    out, _err = command(ons=server.url("/releasecalendar"), producer="Office for Rain")
    assert "ONS release calendar: 1 recorded" in out


def test_what_cannot_be_read_is_said_and_nothing_is_imported(server, series):
    server.status = 503
    given = {"govuk": server.url("/government/organisations/rain"), "producer": "Office for Rain"}
    assert "We could not read the calendar of GOV.UK" in command(**given)[1]
    assert "Nothing was imported from the publisher's calendar." in command(**given)[1]
    assert "Use --producer to name an existing producer." in command(govuk="rain", producer="Nobody")[1]
    assert command(govuk="rain", ons="")[1] == command()[1] == "Give one of these: a file, --govuk or --ons."
    assert not Release.objects.exists()


def test_dates_that_leave_the_order_open_are_read_only_with_the_option(series, tmp_path):
    file = tmp_path / "calendar.csv"
    file.write_bytes(csv_of({"scheduled_for": "03/07/2098 09:30"}))
    _out, err = command(str(file))
    assert "--date-order=day-first (Day first: 03/07/2098 09:30 is 3 July 2098)" in err
    assert "--date-order=month-first (Month first: 03/07/2098 09:30 is 7 March 2098)" in err
    assert not Release.objects.exists()
    command(str(file), date_order="day-first")
    assert str(Release.objects.get().slot) == "3 July 2098 9:30am"

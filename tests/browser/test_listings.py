"""A publisher's calendar, and a file with unclear dates, imported in a real browser with a keyboard and on a phone."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from releases.imports import uploads
from releases.models import Release
from releases.probe.adapters import ADAPTERS
from statsoffice.fake_publisher.calendars import announcement_result
from tests.browser.barriers import is_clean
from tests.browser.by_keyboard import Keyboard
from tests.support.import_files import csv_of
from tests.support.listing_server import listing_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

DUE = datetime(2098, 7, 1, 8, 30, tzinfo=UTC)


def turn():
    uploads.run_due_import(uploads.ImportMeans(now=timezone.now, adapters=ADAPTERS.keys()))


@pytest.fixture
def calm(monkeypatch):
    # The morning's releases are due just now, and imports wait for their verdicts.
    monkeypatch.setattr(uploads, "is_quiet", lambda *, now: True)


@pytest.fixture
def server(settings):
    with listing_server() as running:
        settings.PROBE_ALLOW_PRIVATE = frozenset({running.entry})
        settings.REHEARSAL_SITE = running.url("")
        running.organisations["rain"] = [
            announcement_result("rain-june-2098", "Monthly rain in the nations and regions: June 2098", at=DUE),
            announcement_result("snow-2098", "Snow in 2098", date="December 2098 to January 2099", state="provisional"),
            announcement_result("fog", "Fog: July 2098", date="Autumn 2098", state="provisional"),
            announcement_result(
                "dew", "Dew: 2098", at=DUE, state="cancelled", cancellation_reason="The survey was stopped."
            ),
        ]
        yield running


def test_a_calendar_of_govuk_is_chosen_previewed_and_imported_with_the_keyboard(
    page, live_server, morning, sign_in, server, calm
):
    sign_in(morning.office.head)
    page.goto(f"{live_server}/imports/")
    is_clean(page)
    keyboard = Keyboard(page)
    keyboard.reach("link", "An organisation’s statistics on GOV.UK")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Import a calendar from GOV.UK")).to_be_visible()
    page.get_by_role("button", name="Read the calendar").press("Enter")
    expect(page.get_by_role("link", name="Enter the organisation")).to_be_visible()
    is_clean(page)
    page.get_by_role("link", name="Enter the organisation").press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_organisation"
    page.keyboard.type(server.url("/government/organisations/rain"))
    producer = page.get_by_label("Calendar to add the releases to")
    producer.select_option(index=1)
    page.get_by_label("Add as provisional").press("Space")
    page.get_by_label("Create a series").press("Space")
    page.get_by_role("button", name="Read the calendar").press("Enter")
    expect(page.get_by_role("heading", name="We are checking the calendar")).to_be_visible()
    turn()
    expect(page.get_by_role("heading", name="Check your import")).to_be_visible(timeout=10_000)
    is_clean(page)
    expect(page.get_by_text("December 2098 to January 2099")).to_be_visible()
    expect(page.get_by_text("The survey was stopped.")).to_be_visible()
    assert not Release.objects.filter(reference="snow-2098").exists()
    page.get_by_label("Leave out rows with errors").press("Space")
    page.get_by_role("button", name="Confirm and import").press("Enter")
    turn()
    expect(page.get_by_role("heading", name="Import complete")).to_be_visible(timeout=10_000)
    named = Release.objects.filter(reference__in=["rain-june-2098", "snow-2098", "fog", "dew"])
    assert {release.reference for release in named} == {"rain-june-2098", "snow-2098"}


def test_the_order_of_unclear_dates_is_asked_on_a_phone(page, live_server, morning, sign_in, calm, tmp_path):
    page.set_viewport_size({"width": 375, "height": 812})
    sign_in(morning.office.head)
    file = tmp_path / "calendar.csv"
    file.write_bytes(csv_of({"scheduled_for": "03/07/2098 09:30"}))
    page.goto(f"{live_server}/imports/")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Check this file").press("Enter")
    turn()
    expect(page.get_by_role("heading", name="Does the day or the month come first?")).to_be_visible(timeout=10_000)
    is_clean(page)
    page.get_by_role("button", name="Continue").press("Enter")
    page.get_by_role("link", name="Select whether the day or the month comes first").press("Enter")
    page.get_by_label("Day first: 03/07/2098 09:30 is 3 July 2098").press("Space")
    page.get_by_role("button", name="Continue").press("Enter")
    turn()
    expect(page.get_by_role("heading", name="Check your import")).to_be_visible(timeout=10_000)
    is_clean(page)

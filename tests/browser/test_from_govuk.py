"""A release that is read from GOV.UK and waits to be checked, in a real browser."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from releases.models import Release
from statsoffice.fake_publisher import govuk
from tests.browser.barriers import is_clean
from tests.support.content_api import api_path, document_scene

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

PATH = "/government/statistics/announcements/state-funded-schools-inspections-and-outcomes-june-2098"
TITLE = "State-funded schools inspections and outcomes: June 2098"


def test_it_is_read_checked_and_recorded(page, live_server, morning, sign_in, site):
    document = govuk.announcement(
        PATH,
        TITLE,
        due_at=datetime(2098, 7, 1, 8, 30, tzinfo=UTC),
        organisations=["An organisation that nobody here knows"],
        latest_change_note="More time is needed to check the figures.",
        previous_display_date="30 June 2098 9:30am",
    )
    site.publish(api_path(PATH), [document_scene(document)])
    sign_in(morning.office.head)
    page.goto(f"{live_server}{morning.pages['importing from GOV.UK']}")
    page.get_by_label("Web address of the announcement").fill(site.url(PATH))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check this release")).to_be_visible()
    is_clean(page)
    page.get_by_label("Title").fill("")
    page.get_by_role("button", name="Add release").click()
    page.get_by_role("link", name="Enter “Title”").click()
    assert page.evaluate("document.activeElement.id") == "id_title"
    is_clean(page)
    expect(page.get_by_text("More time is needed to check the figures.")).to_be_visible()
    page.get_by_label("Title").fill(TITLE)
    page.get_by_role("button", name="Add release").click()
    expect(page.get_by_text("Release added.")).to_be_visible()
    assert Release.objects.get(title=TITLE).status == "confirmed"

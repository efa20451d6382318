"""The key "/" goes to the search, except while a person types, and can be turned off (WCAG 2.1.4)."""

import pytest
from playwright.sync_api import Page, expect

from releases.rules.lifecycle import Role
from tests.support.factories import ProducerFactory
from tests.support.people import create_member, create_office

pytestmark = pytest.mark.django_db(transaction=True)


def wait_for_keys(page: Page) -> None:
    """Wait until the window has the focus: a busy Chromium loses keys pressed before that, even on a loaded page."""
    expect(page.locator("body")).to_be_focused()


def test_the_shortcut_goes_to_the_search_and_can_be_turned_off(page, live_server, sign_in):
    sign_in(create_office().head)
    page.goto(f"{live_server}/your-releases/")
    search = page.get_by_role("searchbox", name="Search releases, series and reports")
    wait_for_keys(page)
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("a/b")
    expect(search).to_have_value("a/b")

    page.get_by_label("Title or reference").focus()
    page.keyboard.press("/")
    expect(page.get_by_label("Title or reference")).to_have_value("/")

    page.goto(f"{live_server}/search/?q=rail")
    page.get_by_role("button", name="Turn off this shortcut").click()
    expect(page.get_by_role("button", name="Turn on this shortcut")).to_be_visible()
    page.goto(f"{live_server}/your-releases/")
    wait_for_keys(page)
    page.keyboard.press("/")
    expect(search).not_to_be_focused()


def test_the_admin_site_has_the_search_and_its_shortcut(page, live_server, sign_in):
    sign_in(create_member(Role.CALENDAR_MANAGER, ProducerFactory(), is_staff=True))
    page.goto(f"{live_server}/admin/releases/release/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Releases")
    wait_for_keys(page)
    page.keyboard.press("/")
    page.keyboard.type("rail")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server}/search/?q=rail")

"""The public calendar and a release on paper: the announced facts, without buttons and navigation."""

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]


def test_on_paper_the_calendar_holds_its_month_and_its_releases(page, live_server, morning):
    page.goto(f"{live_server}/calendar/2020/7/")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="July 2020")).to_be_visible()
    expect(page.get_by_role("link", name="Moved to a later date")).to_be_visible()
    expect(page.get_by_text("Postponed", exact=True).first).to_be_visible()
    for gone in ("Menu", "All months", "Published", "Filter by", "Earlier", "Feed of changes", "Sign in"):
        for control in page.locator("a, button, summary", has_text=gone).all():
            expect(control).to_be_hidden()
    assert (
        page.locator(".office-releases__title").first.evaluate("e => getComputedStyle(e, '::after').content") == "none"
    )


def test_on_paper_a_release_holds_its_dates_and_its_reasons(page, live_server, morning):
    page.goto(f"{live_server}/releases/postponed/")
    page.emulate_media(media="print")
    for words in ("Release date", "Status", "Date changes"):
        expect(page.get_by_text(words, exact=True).first).to_be_visible()
    for gone in ("Release calendar", "Add to my calendar", "Feed of changes"):
        for control in page.locator("a, button", has_text=gone).all():
            expect(control).to_be_hidden()


def test_on_paper_what_staff_print_holds_its_heading_nothing_to_press_and_fits(
    page, live_server, morning, sign_in, subtests
):
    sign_in(morning.office.head)
    page.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dots to the inch
    page.emulate_media(media="print")
    for name in ("the desk", "a report, approved", "a timeline", "the register", "the figures"):
        with subtests.test(name):
            page.goto(f"{live_server}{morning.pages[name]}")
            expect(page.locator("h1")).to_be_visible()
            for control in page.locator("button, footer, .govuk-back-link, header nav").all():
                expect(control).to_be_hidden()
            assert page.evaluate("document.documentElement.scrollWidth") <= 794

"""Welsh pages in a real browser: no barriers at both widths, and the links between the languages work."""

import pytest
from playwright.sync_api import expect

from releases.models import Release
from tests.browser.barriers import SIZES, is_clean
from tests.support.welsh_pages import approve_welsh

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]


@pytest.fixture
def welsh_morning(morning, settings):
    approve_welsh(settings)
    Release.objects.filter(reference="postponed").update(welsh_title="Canlyniadau arolygiadau ysgolion")
    return morning


@pytest.mark.parametrize("size", SIZES)
def test_a_reader_changes_the_language_and_reads_on_in_welsh(page, live_server, welsh_morning, size):
    page.set_viewport_size(SIZES[size])
    page.goto(f"{live_server}/calendar/2020/7/")
    page.get_by_role("navigation", name="Language").get_by_role("link", name="Cymraeg").click()
    expect(page).to_have_url(f"{live_server}/cy/calendar/2020/7/")
    expect(page.locator("html")).to_have_attribute("lang", "cy")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gorffennaf 2020")
    is_clean(page)
    page.get_by_role("link", name="Canlyniadau arolygiadau ysgolion").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Canlyniadau arolygiadau ysgolion")
    is_clean(page)
    page.get_by_role("navigation", name="Iaith").get_by_role("link", name="English").click()
    expect(page).to_have_url(f"{live_server}/releases/postponed/")

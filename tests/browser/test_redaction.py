"""A Head of Profession removes a name in a real browser, with scripts and without."""

import pytest
from playwright.sync_api import expect

from breaches import editing
from breaches.models import Report
from tests.browser.barriers import SIZES, is_clean
from tests.support.people import AT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

NAME = "Quillon Featherstonehaugh"


def removes(page, live_server, morning, *, looks=lambda page: None):
    """From the report's page to the result, and return the report."""
    report = Report.objects.get(reference="breach-report-approved")
    editing.write_note(report, text=f"{NAME} rang.", happened_at=AT, by=morning.office.statistician, at=AT)
    page.goto(f"{live_server}/reports/{report.reference}/")
    page.get_by_text("More about this report").click()
    page.get_by_role("link", name="Redact personal data").click()
    page.get_by_label("Text to remove").fill(NAME)
    page.get_by_label("Reason for removal").fill("A member of staff is named who has nothing to do with it.")
    page.get_by_role("button", name="Find text").click()
    expect(page.get_by_role("heading", name="Check before you remove text")).to_be_visible()
    looks(page)
    page.get_by_role("button", name="Remove text").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Confirm that you understand")
    looks(page)
    page.get_by_label("I understand that this cannot be undone").check()
    page.get_by_role("button", name="Remove text").click()
    expect(page.get_by_role("heading", name="Personal details removed")).to_be_visible()
    expect(page.get_by_text("[removed on 30 June 2020]")).to_be_visible()
    assert NAME not in page.content()
    assert NAME.split()[0] not in page.url
    looks(page)
    return report


def test_words_are_removed_after_a_check_at_where_they_stand(page, live_server, morning, sign_in):
    sign_in(morning.office.head)
    report = removes(page, live_server, morning, looks=is_clean)
    assert report.timeline_notes.latest("pk").text == "[removed on 30 June 2020] rang."


def test_the_same_goes_without_scripts(new_context, live_server, morning, sign_in, page):
    sign_in(morning.office.head)
    context = new_context(java_script_enabled=False, viewport=SIZES["phone"])
    context.add_cookies(page.context.cookies())
    removes(context.new_page(), live_server, morning)

"""The text that we write from the answers of "What happened": it follows the answers, and disturbs no one."""

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import SIZES, is_clean
from tests.browser.patience import PATIENCE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]


def test_the_text_follows_the_answers_and_is_beside_them_or_on_a_phone_below(page, live_server, morning, sign_in):
    sign_in(morning.office.head)
    page.set_viewport_size(SIZES["wide"])
    page.goto(f"{live_server}{morning.pages['what happened']}")
    preview = page.get_by_role("region", name="What the report will say")
    expect(preview).to_contain_text("From the saved answers.")
    typed = page.get_by_label("What was sent?", exact=True)
    typed.fill("The final bulletin")
    expect(preview).to_contain_text("The final bulletin went out", timeout=PATIENCE)
    expect(preview).to_contain_text("They are not saved yet.")
    # A change moves no cursor and is not read out.
    expect(typed).to_be_focused()
    assert preview.evaluate("one => one.closest('[aria-live], [role=status], [role=alert]')") is None
    assert preview.locator("[aria-live], [role=status], [role=alert]").count() == 0
    # Beside the last question as well, because it stays in sight.
    last = page.get_by_role("group", name="Was the deletion confirmed?")
    last.scroll_into_view_if_needed()
    expect(preview).to_be_in_viewport()
    assert preview.bounding_box()["x"] > last.bounding_box()["x"] + last.bounding_box()["width"]
    page.set_viewport_size(SIZES["phone"])
    assert preview.bounding_box()["y"] > last.bounding_box()["y"]
    expect(preview.locator(".office-preview__text")).to_have_css("font-size", "19px")
    assert preview.bounding_box()["y"] < page.get_by_role("button", name="Save and continue").bounding_box()["y"]
    is_clean(page)

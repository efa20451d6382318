"""From the log-in page to an approved report by keyboard alone: without scripts, and on a phone in its own colours.

With scripts at the wide width it is done in ./test --all, because the scripts run on the phone too.
"""

import pytest
import time_machine
from playwright.sync_api import expect

from breaches.models import ApprovedDocument
from breaches.rules.lifecycle import ReportStatus
from tests.browser.by_keyboard import Keyboard
from tests.support.people import AT, create_office, create_report

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"
TITLE = "Schools at 31 March 2020"
WAYS = {
    "scripts": {"viewport": {"width": 1280, "height": 900}},
    "no scripts": {"viewport": {"width": 1280, "height": 900}, "java_script_enabled": False},
    "a phone": {"viewport": {"width": 320, "height": 640}, "forced_colors": "active"},
}


@pytest.fixture(
    params=[
        pytest.param(ways, id=name.replace(" ", "_"), marks=() if name == "no scripts" else pytest.mark.full)
        for name, ways in WAYS.items()
    ]
)
def person(request, new_context) -> Keyboard:
    """Someone with a keyboard, at one width, with scripts or without them."""
    return Keyboard(new_context(**request.param).new_page(), has_scripts=request.param.get("java_script_enabled", True))


@pytest.fixture
def office(transactional_db):
    """An office whose late release of half past nine has its draft, at eleven o'clock."""
    with time_machine.travel(AT, tick=True):
        office = create_office()
        create_report(office, complete=False, title=TITLE)
        yield office


def sign_in(keys, server, person):
    keys.page.goto(f"{server}/accounts/login/")
    keys.write("Email", person.email)
    keys.write("Password", PASSWORD)
    with keys.page.expect_navigation(url="**/desk/"):
        keys.press("Enter")
    keys.arrived()


def sign_out(keys):
    """Sign out by the navigation, which on a phone with scripts is behind its button."""
    if keys.page.get_by_role("button", name="Menu").is_visible():
        keys.reach("button", "Menu")
        keys.press("Enter")
    keys.push("Sign out")


def announces_the_problem(page, *, has_scripts):
    """Assert that an error is announced first: by the title, and with scripts by the cursor in the summary as well."""
    assert page.title().startswith("Error: ")
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    if has_scripts:
        expect(page.locator(".govuk-error-summary")).to_be_focused()


def test_a_report_is_written_submitted_and_approved_with_the_keyboard_alone(person, live_server, office):
    keys, page, has_scripts = person, person.page, person.has_scripts
    sign_in(keys, live_server, office.statistician)

    # What every page begins with is passed by the skip link.
    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    keys.press("Enter")
    keys.follow(TITLE, to="/reports/")

    # A form that is sent empty says so; its link leads to the first choice.
    keys.follow("Complete the report")
    keys.push("Save and continue")
    announces_the_problem(page, has_scripts=has_scripts)
    keys.reach("link", "Select the cause, or ‘Not known yet’")
    keys.press("Enter")
    expect(page.get_by_label("Scheduler fault")).to_be_focused()
    keys.choose("Human error")
    keys.push("Save and continue")

    # Each next box has the cursor at once, and the last one leads to the check of the answers.
    expect(page.get_by_label("Impact of the breach", exact=True)).to_be_focused()
    keys.page.keyboard.type("Readers waited for just under an hour.")
    keys.push("Save and continue")
    expect(page.get_by_role("textbox", name="Action", exact=True)).to_be_focused()
    keys.page.keyboard.type("A person checks the page at 9:30am")
    keys.choose("Short-term")
    keys.reach("field", "Owner")
    keys.page.keyboard.type("Head of dissemination")
    keys.push("Save and continue")
    keys.push("Submit")
    expect(page.get_by_text("Report submitted. The Head of Profession or a deputy decides next.").first).to_be_visible()
    if has_scripts:
        expect(page.locator(".govuk-notification-banner--success")).to_be_focused()
    sign_out(keys)

    sign_in(keys, live_server, office.head)
    keys.follow(TITLE, to="/reports/")
    keys.choose("Yes")
    keys.choose("Yes, report it to the Office for Statistics Regulation (OSR)")
    keys.push("Continue")
    keys.push("Approve")
    expect(page.get_by_text("Report approved.").first).to_be_visible()
    document = ApprovedDocument.objects.get()
    assert document.report.status == ReportStatus.APPROVED
    assert document.approved_by == office.head

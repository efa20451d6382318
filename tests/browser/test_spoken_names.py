"""What a screen reader says on the way from the log-in to an approved report: Chromium's own accessibility tree."""

import pytest
import time_machine
from playwright.sync_api import expect

from breaches.models import ApprovedDocument
from tests.browser.screen_reader import focused, spoken, unclear
from tests.pages.statsoffice.accounts.one_time_codes import code_of, with_an_app
from tests.support.people import AT, create_office, create_report

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"
TITLE = "Schools at 31 March 2020"


@pytest.fixture
def office(transactional_db):
    """An office whose late release of half past nine has its draft, at eleven o'clock, and whose head has an app."""
    with time_machine.travel(AT, tick=True):
        office = create_office()
        create_report(office, complete=False, title=TITLE)
        with_an_app(office.head)
        yield office


def hears(page, heading, *sentences):
    """Assert that a page under a heading says all of these in this order, and nothing that is unclear."""
    expect(page.get_by_role("heading", name=heading, level=1, exact=True)).to_be_visible()
    said = spoken(page)
    rest = iter(said)
    for sentence in (f"heading 1: {heading}", *sentences):
        assert any(sentence == line for line in rest), f"“{sentence}” is not said there: {said}"
    assert unclear(page) == []


def hears_first(page, *sentences):
    """Assert that these are the first that the page says of itself, before its heading."""
    said = spoken(page)
    first = said.index("main: ") + 1
    assert said[first : first + len(sentences)] == list(sentences)


def signs_in(page, live_server, person):
    page.goto(f"{live_server}/accounts/login/")
    hears(page, "Sign in", "textbox: Email", "textbox: Password", "button: Show password", "button: Sign in")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def goes_from_the_desk_to_the_report(page, what_is_to_be_done):
    late = (f"link: {TITLE}", "Late", "Late by 56 minutes 55 seconds to 57 minutes")
    waits = ("heading 2: Your tasks (1)", f"heading 3: {what_is_to_be_done}", f"link: {TITLE}", ", late,")
    hears(page, "Today’s releases", "Tuesday 30 June 2020", *late, *waits)
    page.locator("#desk-waiting").get_by_role("link", name=TITLE).click()


def saves(page):
    page.get_by_role("button", name="Save and continue", exact=True).last.click()


def test_a_screen_reader_says_what_is_needed_from_the_log_in_to_the_approval(page, live_server, office):
    signs_in(page, live_server, office.statistician)
    goes_from_the_desk_to_the_report(page, "Reports to complete")

    # A link to the next step comes before the document, whose sections are read out with their state.
    hears(
        page,
        TITLE,
        "link: Go to status and next steps",
        "heading 2: 1. Core Information",
        "Completed",
        "link: Change 1. Core Information",
        "heading 2: 3. Impact of the breach",
        "Incomplete",
        "Draft",
        "This is a suspected breach. The Head of Profession decides whether to report it. "
        "No report goes to OSR automatically.",
        "link: 3. Impact of the breach",
        "button: Complete the report",
    )

    # Opened too early: the missing item comes before the answers, and its link leads to the box with its name and hint.
    page.goto(f"{page.url}check/")
    assert page.title() == f"Check your answers – report BR-2020-001, {office.producer} – Statistics office"
    hears(
        page,
        "Check your answers",
        "heading 2: Missing information",
        "link: Describe the impact of the breach.",
        "table: 1. Core Information",
        "table: 2. Circumstances of breach",
        "heading 2: Submit to the Head of Profession",
        "Complete or correct 3 items before you submit the report.",
    )
    expect(page.get_by_role("button", name="Submit")).to_have_count(0)
    page.get_by_role("link", name="Describe the impact of the breach.").click()
    expect(page.get_by_label("Impact of the breach", exact=True)).to_be_focused()
    hint = "Describe the effect on your organisation,"
    named = f"textbox: Impact of the breach, You can enter up to 20000 characters {hint}"
    assert focused(page).startswith(named)
    page.get_by_label("Impact of the breach", exact=True).fill("Readers waited for just under an hour.")
    saves(page)
    page.get_by_role("textbox", name="Corrective actions").fill("A person checks at 9:30am.")
    saves(page)

    # What was saved is said above the next form. An error is read out at the field itself as well.
    hears(
        page,
        TITLE,
        "heading 2: Cause of the breach",
        "‘4. Corrective actions (taken or planned) to prevent re-occurrence’ saved.",
    )
    saves(page)
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    problem = "Select the cause, or ‘Not known yet’"
    hears(
        page,
        TITLE,
        f"group: What was the cause?, Error: {problem}",
        "radio: Human error",
        f"group: When did ‘{TITLE}’ become available?, For example, 30 6 2026",
        "textbox: Day",
    )
    page.get_by_label("Human error").check()
    saves(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".govuk-notification-banner--success")).to_be_focused()
    decides_next = "Report submitted. The Head of Profession or a deputy decides next."
    hears_first(page, "alert: Success", "heading 2: Success", decides_next)
    page.get_by_role("button", name="Sign out").click()

    signs_in(page, live_server, office.head)
    hears(
        page,
        "Enter your code or use a passkey",
        "textbox: Code from your authenticator app, or a recovery code",
        "button: Sign in",
    )
    page.get_by_label("Code from your authenticator app").fill(code_of())
    page.get_by_role("button", name="Sign in").click()
    goes_from_the_desk_to_the_report(page, "Reports awaiting your decision")
    hears(
        page,
        TITLE,
        "group: 1. Is the report ready?",
        "group: 2. Is this a breach of the Code?, If you do not report it, we ask for your reason next.",
        "button: Continue",
    )
    page.get_by_label("Yes", exact=True).check()
    page.get_by_label("Yes, report it to the Office for Statistics Regulation (OSR)").check()
    page.get_by_role("button", name="Continue").click()
    hears(
        page,
        "Check and approve",
        "heading 2: 1. Core Information",
        "Readers waited for just under an hour.",
        "heading 2: Approve version 4",
        "DisclosureTriangle: Technical details",
        "button: Approve",
        "link: Cancel",
    )
    assert page.title() == f"Check and approve – report BR-2020-001, {office.producer} – Statistics office"
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator(".govuk-notification-banner--success")).to_be_focused()
    hears_first(page, "alert: Success", "heading 2: Success", "Report approved. This version has not been sent yet.")
    assert ApprovedDocument.objects.get().approved_by == office.head

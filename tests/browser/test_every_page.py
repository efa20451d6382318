"""Every page in a real browser: no barriers, nothing wider than the screen, errors that lead to their fields."""

import pytest
from playwright.sync_api import expect
from selectolax.lexbor import LexborHTMLParser

from releases import judge
from releases.models import Release
from tests.browser.barriers import has_clean_errors, is_clean, walk
from tests.browser.office import NOW, PUBLIC
from tests.browser.patience import PATIENCE
from tests.support.admin_site import signed_in
from tests.support.observations import create_observations
from tests.support.report_forms import error_links, filled_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

SENT_EMPTY = [
    "changing a confirmed date",
    "asking for another date",
    "changes that wait",
    "refusing a change",
    "correcting a public reason",
    "telling of a delay",
    "confirming",
    "cancelling",
    "is this it",
    "it was live at",
    "returning",
    "keeping in the log",
    "dismissing",
    "reopening",
    "having sent",
    "writing a note",
    "adding an action",
    "recording an answer",
    "correcting",
    "withdrawing",
    "making public",
    "adding to an access list",
    "starting a report about an access list",
    "starting a report",
    "starting a report about a series",
    "importing a calendar",
    "importing from GOV.UK",
    "importing a calendar from GOV.UK",
    "importing the ONS release calendar",
    "inviting",
    "naming cover",
    "removing personal details",
    "a wording to settle",
]
# A date of three fields and a text, a choice, a file. The next test reads where the links of all others lead.
ONE_OF_EACH_KIND = ["changing a confirmed date", "is this it", "importing a calendar"]


def test_pages_for_everyone(page, live_server, morning, subtests):
    walk(page, live_server, {name: morning.pages[name] for name in PUBLIC}, subtests)


@pytest.mark.parametrize("part", ["releases", "reports"])
def test_pages_for_the_head_of_profession(page, live_server, morning, sign_in, subtests, part):
    client = sign_in(morning.office.head)
    reports = {name: address for name, address in morning.pages.items() if address.startswith("/reports/")}
    others = {*reports, "accepting an invitation"}  # which is for someone else
    releases = {name: address for name, address in morning.pages.items() if name not in others}
    walk(page, live_server, reports if part == "reports" else releases, subtests, client=client)


def test_every_link_of_an_error_summary_leads_to_its_field(morning, subtests):
    client = signed_in(morning.office.head)
    for name in SENT_EMPTY:
        with subtests.test(name):
            address = morning.pages[name]
            answer = client.post(address, filled_in(client.get(address).content))
            assert answer.status_code == 200
            assert LexborHTMLParser(answer.content).css_first("title").text().strip().startswith("Error: ")
            links = error_links(answer.content)
            assert links
            assert all(links.values()), links


def test_a_link_of_an_error_summary_puts_the_cursor_into_its_field(
    page, live_server, morning, sign_in, subtests, pytestconfig
):
    sign_in(morning.office.head)
    for name in SENT_EMPTY if pytestconfig.option.full else ONE_OF_EACH_KIND:
        with subtests.test(name):
            page.goto(f"{live_server}{morning.pages[name]}")
            page.locator("main form button[type=submit]").last.click()
            expect(page.locator(".govuk-error-summary")).to_be_visible()
            has_clean_errors(page)
            links = page.locator(".govuk-error-summary__list a")
            for number, field in enumerate(links.evaluate_all("(links) => links.map((link) => link.hash)")):
                links.nth(number).click()
                assert page.evaluate("document.activeElement.id") == field.removeprefix("#")


def test_a_page_that_is_not_there_has_the_same_check(page, live_server, morning, sign_in, subtests):
    sign_in(morning.office.head)
    for address in ("/nowhere/", "/releases/nowhere/", "/reports/nowhere/"):
        with subtests.test(address):
            response = page.goto(f"{live_server}{address}")
            assert response.status == 404
            expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
            is_clean(page)


def test_what_the_desk_says_of_early_releases_opens_and_fits(page, live_server, morning, sign_in):
    sign_in(morning.office.statistician)
    page.goto(f"{live_server}{morning.pages['the desk']}")
    page.get_by_text("How likely are we to detect an early release?").click()
    expect(page.get_by_text("In the last hour: 16% for 10 seconds, 100% for 1 minute")).to_be_visible()
    is_clean(page)


def test_the_desk_shows_a_verdict_as_it_falls_and_keeps_the_cursor_where_it_is(page, live_server, morning, sign_in):
    sign_in(morning.office.head)
    page.goto(f"{live_server}{morning.pages['the desk']}")
    expect(page.locator("#desk-summary")).to_contain_text(" late, ")
    release = Release.objects.get(reference="not-seen")
    link = page.get_by_role("link", name="Seen not seen").first
    link.focus()
    create_observations(release, "live", start=NOW)
    judge.judge_one(release, now=NOW)
    row = page.locator("li", has=page.get_by_role("link", name="Seen not seen")).first
    expect(row).to_contain_text("Late by", timeout=PATIENCE)
    expect(page.locator("#desk-summary")).to_contain_text("Seen not seen: Late")
    assert page.evaluate("document.activeElement.textContent") == "Seen not seen"


def test_the_desk_leads_to_the_log_in_page_once_the_session_has_ended(page, live_server, morning, sign_in):
    sign_in(morning.office.head)
    page.goto(f"{live_server}{morning.pages['the desk']}")
    page.context.clear_cookies()
    page.wait_for_url("**/accounts/login/**", timeout=PATIENCE)

"""The pages' design in a real browser: without barriers, at the width of a phone, with and without scripts."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, Page, expect

pytestmark = [
    pytest.mark.urls("tests.pages.components.pages"),
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 320, "height": 640}
SIZES = [pytest.param(PHONE, id="phone"), pytest.param(WIDE, id="wide", marks=pytest.mark.full)]


@pytest.fixture
def session(live_server: object) -> dict[str, str]:
    """The cookie of someone who may use the admin site."""
    person = get_user_model().objects.create_user(email="hop@example.gov.uk", password="a long password", is_staff=True)
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": str(live_server)}


def assert_no_barriers(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("address", ["/", "/reports/", "/nowhere/", "/accounts/password/change/"])
def test_a_page_has_no_barriers_and_fits_its_width(
    page: Page, live_server: object, session: dict[str, str], address: str, size: dict[str, int]
) -> None:
    page.context.add_cookies([session])  # type: ignore[list-item]  # a cookie's type is not exported
    page.set_viewport_size(size)  # type: ignore[arg-type]  # nor is a size's
    page.goto(f"{live_server}{address}")
    assert_no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("size", SIZES)
def test_errors_have_no_barriers_and_each_link_puts_the_cursor_into_its_field(
    page: Page, live_server: object, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.goto(f"{live_server}/reports/")
    page.fill("[name=reported-day]", "31")
    page.fill("[name=reported-month]", "13")
    page.fill("[name=reported-year]", "2020")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    links = page.locator(".govuk-error-summary__list a")
    focused = []
    for number in range(links.count()):
        links.nth(number).click()
        focused.append(page.evaluate("document.activeElement.name"))
    assert focused == [
        "title", "email", "link", "seconds", "account", "impact", "producer", "decision", "practices", "agreed",
        "reported-month", "password", "file",
    ]  # fmt: skip


@pytest.fixture
def page_without_scripts(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    yield context.new_page()
    context.close()


def test_without_scripts_the_navigation_is_there_and_a_form_can_be_sent(
    page_without_scripts: Page, live_server: object
) -> None:
    page = page_without_scripts
    page.goto(f"{live_server}/reports/")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_on_a_phone_the_navigation_is_a_menu_that_opens(page: Page, live_server: object) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{live_server}/reports/")
    expect(page.get_by_role("link", name="Sign in")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_what_htmx_puts_into_the_page_comes_to_life(page: Page, live_server: object) -> None:
    page.goto(f"{live_server}/accounts/login/")
    expect(page.get_by_role("button", name="Show password")).to_be_visible()
    page.evaluate(
        """async () => {
            const again = await (await fetch("/accounts/login/")).text();
            htmx.swap("#main-content", again, {swapStyle: "innerHTML"}, {select: "#main-content > *"});
        }"""
    )
    page.get_by_role("button", name="Show password").click()
    expect(page.locator("[name=password]")).to_have_attribute("type", "text")


def test_the_components_come_to_life_under_the_content_security_policy(
    page: Page, live_server: object, session: dict[str, str]
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.context.add_cookies([session])  # type: ignore[list-item]
    for address in ("/", "/reports/"):
        answer = page.goto(f"{live_server}{address}")
        assert answer is not None
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Show password").click()
    page.get_by_label("What happened").fill("Late")
    expect(page.get_by_text("You have 196 characters remaining").first).to_be_visible()
    assert complaints == []


def test_signing_in_and_out_is_possible_with_the_keyboard_alone(page: Page, live_server: object) -> None:
    get_user_model().objects.create_user(email="hop@example.gov.uk", password="a long password")
    page.goto(f"{live_server}/accounts/login/")
    page.get_by_label("Email").focus()
    page.keyboard.type("hop@example.gov.uk")
    page.keyboard.press("Tab")
    page.keyboard.type("a long password")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/")
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()

"""The second step in a real browser: an app is set up and a passkey added, and each lets its person in."""

import re

import pytest
from playwright.sync_api import expect

from releases.rules.lifecycle import Role
from tests.browser.barriers import is_clean
from tests.pages.statsoffice.accounts.one_time_codes import code_of
from tests.support.factories import ProducerFactory, create_member

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]

PASSWORD = "correct horse battery"


@pytest.fixture
def deputy(settings):
    """A deputy, who must have a second factor and has none."""
    settings.SECOND_FACTOR = frozenset({"deputy"})
    return create_member(Role.DEPUTY, ProducerFactory(), name="Dev Mistry")


@pytest.fixture
def phone(page):
    """A platform authenticator as a phone has one, which says yes to its owner."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def by_password(page, live_server, person):
    page.goto(f"{live_server}/accounts/login/?next=/desk/")
    page.locator("input[name=login]").fill(person.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def shows_again(page):
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def sign_out(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Sign out", exact=True).click()


def test_a_passkey_is_added_before_anything_else_and_then_signs_in_without_the_password(
    page, live_server, deputy, phone
):
    by_password(page, live_server, deputy)
    expect(page.get_by_text("Your role needs a second step")).to_be_visible()
    is_clean(page)
    page.get_by_role("link", name="Add a passkey").click()
    is_clean(page)
    shows_again(page)
    page.get_by_label("Passkey name").fill("My phone")
    page.get_by_label("Sign in with this passkey without").check()
    is_clean(page)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes", exact=True)).to_be_visible()
    assert len(re.findall(r"\b\d{8}\b", page.locator("main ul").inner_text())) == 10
    is_clean(page)
    page.get_by_role("button", name="I have saved my codes").click()
    expect(page.get_by_role("heading", name="Today’s releases")).to_be_visible()
    sign_out(page)
    page.goto(f"{live_server}/accounts/login/?next=/desk/")
    is_clean(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Today’s releases")).to_be_visible()
    page.goto(f"{live_server}/accounts/2fa/webauthn/")
    expect(page.get_by_role("heading", name="My phone")).to_be_visible()
    is_clean(page)


def test_a_passkey_is_the_second_step_after_the_password(page, live_server, deputy, phone):
    by_password(page, live_server, deputy)
    page.get_by_role("link", name="Add a passkey").click()
    shows_again(page)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("button", name="I have saved my codes").click()
    sign_out(page)
    by_password(page, live_server, deputy)
    expect(page.get_by_role("heading", name="Enter your code or use a passkey")).to_be_visible()
    is_clean(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Today’s releases")).to_be_visible()


def test_where_a_device_has_no_passkey_the_page_says_so_and_another_way_is_there(page, live_server, deputy, phone):
    page.goto(f"{live_server}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("We could not use the passkey")).to_be_visible()
    is_clean(page)


def test_an_app_is_set_up_without_a_script(new_context, live_server, deputy):
    page = new_context(java_script_enabled=False).new_page()
    by_password(page, live_server, deputy)
    page.get_by_role("button", name="Set up an authenticator app").click()
    shows_again(page)
    secret = page.locator("main strong").inner_text()
    page.get_by_label("6-digit code").fill(code_of(secret))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Recovery codes", exact=True)).to_be_visible()


def test_the_page_of_an_app_shows_a_drawing_and_has_no_barriers(page, live_server, deputy):
    by_password(page, live_server, deputy)
    page.get_by_role("button", name="Set up an authenticator app").click()
    shows_again(page)
    expect(page.locator("main svg")).to_be_visible()
    is_clean(page)

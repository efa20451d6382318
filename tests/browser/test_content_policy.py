"""The Content Security Policy in a real browser: the admin's pages keep to it, and what it forbids does not happen."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect
from selectolax.lexbor import LexborHTMLParser

from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from tests.browser.conftest import POLICY
from tests.pages.security.urls import admin_addresses
from tests.support.factories import SeriesFactory, create_member

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]


@pytest.fixture
def admin_pages(morning):
    """Return the answer of every page of the admin that opens for a superuser, by address."""
    operator, client = morning.office.head, Client()
    User.objects.filter(pk=operator.pk).update(is_staff=True, is_superuser=True)
    client.force_login(operator)
    answers = {address: client.get(address) for address in admin_addresses()}
    opened = {address: answer for address, answer in answers.items() if answer.status_code == 200}
    assert len(opened) > 60
    return opened


def test_no_page_of_the_admin_holds_what_the_policy_forbids(admin_pages):
    for address, answer in admin_pages.items():
        assert "unsafe" not in answer.headers["Content-Security-Policy"], address
        assert forbidden_in(answer.content.decode()) == [], address


def forbidden_in(html):
    """List the elements of a page with inline scripts or styles, or those loaded from elsewhere."""
    tree = LexborHTMLParser(html)
    inline = tree.css("script:not([src]):not([type='application/json']), style, [style]")
    handlers = [node for node in tree.css("*") if any(name.startswith("on") for name in node.attributes)]
    elsewhere = tree.css("[src^='http'], [src^='//'], link[href^='http'], link[href^='//'], base")
    return [node.html for node in (*inline, *handlers, *elsewhere)]


@pytest.mark.full
def test_every_page_of_the_admin_keeps_to_the_policy(page, live_server, morning, sign_in, admin_pages):
    """Open them all; the fixture of the page listens to the console meanwhile, as in every test of a browser."""
    sign_in(morning.office.head)
    for address in admin_pages:
        opened = page.goto(f"{live_server}{address}")
        assert opened.status == 200, address
        assert "unsafe" not in opened.headers["content-security-policy"], address
        assert page.evaluate("getComputedStyle(document.body).margin") == "0px", f"{address} has no styles"


def test_the_scripts_of_the_admin_run(page, live_server, transactional_db, sign_in):
    series = SeriesFactory(title="Rain in towns")
    sign_in(create_member(Role.CALENDAR_MANAGER, series.producer, is_staff=True))
    page.goto(f"{live_server}{reverse('admin:releases_release_add')}")
    page.locator(".select2-selection").first.click()
    expect(page.locator(".select2-results")).to_contain_text("Rain in towns")


GOT_INTO_A_PAGE = {
    "script": "<script>document.title = 'run'</script>",
    "handler": "<img src=x onerror=\"document.title = 'run'\">",
    "style": "<style>main { display: none }</style>",
    "style of one element": '<p style="position: fixed">over everything</p>',
    "picture from elsewhere": '<img src="https://elsewhere.example/seen.png">',
    "script from elsewhere": '<script src="https://elsewhere.example/run.js"></script>',
    "frame": '<iframe src="https://elsewhere.example/"></iframe>',
    "other base": '<base href="https://elsewhere.example/">',
}


def test_markup_that_got_into_a_page_after_all_does_nothing(browser, live_server, transactional_db, subtests):
    context = browser.new_context()
    for name, written in GOT_INTO_A_PAGE.items():
        with subtests.test(name):
            does_nothing(context.new_page(), live_server, written)
    context.close()


def does_nothing(page, live_server, written):
    """Open a page into which markup was written, and assert that the browser refuses it."""
    broken, gone = [], []
    page.on("console", lambda said: broken.append(said.text) if POLICY in said.text else None)
    page.on("requestfinished", lambda request: gone.append(request.url))

    def with_markup(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</main>", f"{written}</main>"))

    address = f"{live_server.url}{reverse('releases:all_months')}"
    page.route(address, with_markup)
    page.goto(address)
    page.wait_for_load_state("load")
    # A browser reports a refusal a moment after it.
    expect(page.locator("main")).to_be_visible()
    for _ in range(50):
        if broken:
            break
        page.wait_for_timeout(100)
    assert broken
    assert page.title() != "run"
    assert [url for url in gone if not url.startswith(live_server.url)] == []
    page.close()

"""The Content Security Policy in a real browser: the admin's pages keep to it, and what it forbids does not happen."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from releases.core.roles import Role
from statsoffice.accounts.models import User
from tests.factories import SeriesFactory, member
from tests.security.urls import admin_pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]


def test_every_page_of_the_admin_keeps_to_the_policy(page, live_server, morning, sign_in):
    operator, client = morning.office.head, Client()
    User.objects.filter(pk=operator.pk).update(is_staff=True, is_superuser=True)
    client.force_login(operator)
    addresses = admin_pages(client)
    assert len(addresses) > 60
    sign_in(operator)
    for address in addresses:
        # The fixture listens to the console meanwhile.
        answer = page.goto(f"{live_server}{address}")
        assert answer.status == 200, address
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy, address
        assert page.evaluate("getComputedStyle(document.body).margin") == "0px", f"{address} has no styles"


def test_the_scripts_of_the_admin_run(page, live_server, transactional_db, sign_in):
    series = SeriesFactory(title="Rain in towns")
    sign_in(member(Role.CALENDAR_MANAGER, series.producer, is_staff=True))
    page.goto(f"{live_server}{reverse('admin:releases_release_add')}")
    page.locator(".select2-selection").first.click()
    expect(page.locator(".select2-results")).to_contain_text("Rain in towns")


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("<script>document.title = 'run'</script>", id="script"),
        pytest.param("<img src=x onerror=\"document.title = 'run'\">", id="handler"),
        pytest.param("<style>main { display: none }</style>", id="style"),
        pytest.param('<p style="position: fixed">over everything</p>', id="style of one element"),
        pytest.param('<img src="https://elsewhere.example/seen.png">', id="picture from elsewhere"),
        pytest.param('<script src="https://elsewhere.example/run.js"></script>', id="script from elsewhere"),
        pytest.param('<iframe src="https://elsewhere.example/"></iframe>', id="frame"),
        pytest.param('<base href="https://elsewhere.example/">', id="other base"),
    ],
)
def test_markup_that_got_into_a_page_after_all_does_nothing(browser, live_server, transactional_db, written):
    context, broken, gone = browser.new_context(), [], []
    page = context.new_page()
    page.on("console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("requestfinished", lambda request: gone.append(request.url))

    def with_markup(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</main>", f"{written}</main>"))

    address = f"{live_server.url}{reverse('releases:all_months')}"
    page.route(address, with_markup)
    page.goto(address)
    page.wait_for_load_state("load")
    # A browser tells of a refusal a moment after it.
    expect(page.locator("main")).to_be_visible()
    for _ in range(50):
        if broken:
            break
        page.wait_for_timeout(100)
    assert broken
    assert page.title() != "run"
    assert [url for url in gone if not url.startswith(live_server.url)] == []
    context.close()

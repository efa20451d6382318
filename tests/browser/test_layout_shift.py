"""How far the navigation of people who have signed in moves the page of a phone while its scripts load."""

import time

import pytest
from django.urls import reverse

from tests.support.people import create_office

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 375, "height": 667}
MOST = 0.02
SCRIPT_DELAY_SECONDS = 0.5
# Chromium's own measure of each shift that no person caused: https://wicg.github.io/layout-instability/
SHIFTS = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => {
    resolve(list.getEntries().filter((one) => !one.hadRecentInput).map((one) => one.value));
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve([]), 500);
})"""


def load_late(route):
    time.sleep(SCRIPT_DELAY_SECONDS)
    route.continue_()


@pytest.mark.parametrize("name", ["desk", "breaches:register", "releases:planner", "your_account"])
def test_on_a_phone_the_page_stays_where_it_is_when_the_scripts_arrive(page, live_server, sign_in, name):
    page.set_viewport_size(PHONE)
    sign_in(create_office().head)
    page.route("**/govuk-frontend*.js", load_late)
    page.goto(f"{live_server.url}{reverse(name)}")
    page.locator("body.office-scripts-ready").wait_for()
    page.wait_for_timeout(200)
    assert page.locator(".govuk-service-navigation__toggle").is_visible()
    assert sum(page.evaluate(SHIFTS)) <= MOST

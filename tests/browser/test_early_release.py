"""An early release in a real browser: decided by keyboard, by two people at once, and read on a phone."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import expect

from breaches.early_releases import Choice, record_decision
from breaches.models import EarlyReleaseDecision
from statsoffice.notifications import outbox
from statsoffice.notifications.delivery import deliver_messages
from tests.browser.barriers import is_clean
from tests.support.admin_site import signed_in
from tests.support.early_release import FOUND_AT, create_early_release

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def early(transactional_db):
    with time_machine.travel(FOUND_AT + timedelta(minutes=1), tick=True):
        early = create_early_release()
        outbox.create_missing(now=FOUND_AT)
        deliver_messages(now=FOUND_AT)
        outbox.create_missing(now=FOUND_AT + timedelta(minutes=15))
        deliver_messages(now=FOUND_AT + timedelta(minutes=15))
        yield early


@pytest.fixture
def browser_of(new_context, live_server):
    def of(person, **options):
        context = new_context(**options)
        cookie = signed_in(person).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": str(live_server)}])
        return context.new_page()

    return of


def page_of(early, live_server):
    return live_server.url + reverse("early_releases:early_release", args=[early.suspicion.pk])


def test_by_keyboard_alone_and_the_second_of_two_is_shown_the_first_decision(early, live_server, browser_of):
    first, second = browser_of(early.office.head), browser_of(early.office.deputy)
    for page in (first, second):
        page.goto(page_of(early, live_server))
        is_clean(page)
    first.get_by_label("Take it down").focus()
    first.keyboard.press("Space")
    first.keyboard.press("Tab")
    first.keyboard.press("Enter")
    expect(first.get_by_role("alert")).to_contain_text("Your decision is recorded")
    is_clean(first)
    second.get_by_label("Publish to everyone now").check()
    second.get_by_role("button", name="Record this decision").click()
    expect(second.get_by_role("alert")).to_contain_text("Another decision has been recorded since you opened the page")
    expect(second.locator(".office-timeline")).to_contain_text("Take it down")
    assert EarlyReleaseDecision.objects.count() == 1
    # What the person chose is still there, and a second press records it.
    second.get_by_role("button", name="Record this decision").click()
    expect(second.get_by_role("heading", name="Release at once")).to_be_visible()
    expect(second.get_by_label("Reason for releasing at once")).to_have_value(
        "So that everyone gets the statistics at the same time."
    )
    is_clean(second)
    assert [one.choice for one in EarlyReleaseDecision.objects.all()] == ["take_down", "publish_now"]


def test_every_page_of_it_fits_a_phone(early, live_server, browser_of):
    record_decision(
        early.suspicion, Choice.PUBLISH_NOW, by=early.office.head, at=FOUND_AT + timedelta(minutes=16), seen=0
    )
    people = {"lead": early.office.head, "other": early.office.statistician}
    addresses = {
        "decide": ("lead", page_of(early, live_server)),
        "list": ("lead", f"{live_server.url}/early-releases/"),
        "contact": ("lead", live_server.url + reverse("early_releases:contact", args=[early.office.producer.slug])),
        "at_once": ("lead", live_server.url + reverse("releases:release_at_once", args=[early.release.reference])),
        "others": ("other", live_server.url + reverse("releases:release", args=[early.release.reference])),
        "desk": ("lead", f"{live_server.url}/desk/"),
        "reports": ("lead", f"{live_server.url}/reports/"),
    }
    for width in (375, 1280):
        pages = {name: browser_of(person, viewport={"width": width, "height": 800}) for name, person in people.items()}
        for name, (who, address) in addresses.items():
            page = pages[who]
            assert page.goto(address).status == 200
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            if folder := os.environ.get("EARLY_PICTURES"):
                page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)

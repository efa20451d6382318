"""A list of pre-release access on paper and without scripts, and the link of a person on it."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from releases import receipts
from releases.models import AccessLink, AccessReceipt
from releases.rules.receipts import Answer
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.people import create_office
from tests.support.pre_release_lists import granted
from tests.support.pre_release_pages import record_of_visits

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]


@pytest.mark.parametrize("name", ["a published access list", "an access list"])
def test_on_paper_a_list_is_there_and_nothing_to_press(page, live_server, morning, sign_in, name):
    sign_in(morning.office.head)
    page.goto(f"{live_server}{morning.pages[name]}")
    page.emulate_media(media="print")
    expect(page.get_by_text("Minister of State for Schools").first).to_be_visible()
    for gone in ("Menu", "Agree", "Change", "All pre-release access lists of", "Back"):
        for control in page.locator("a, button", has_text=gone).all():
            expect(control).to_be_hidden()


def test_without_scripts_someone_is_asked_for_and_agreed_to(new_context, live_server, morning):
    context = new_context(java_script_enabled=False)
    page = context.new_page()

    def sign_in(person):
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": str(live_server)}
        context.add_cookies([cookie])
        page.goto(f"{live_server}{morning.pages['an access list']}")

    sign_in(morning.office.statistician)
    page.get_by_role("link", name="Add a post").click()
    page.get_by_label("Organisation").fill("Department for Invented Education")
    page.get_by_role("button", name="Add to the list").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(page.get_by_label("Organisation")).to_have_value("Department for Invented Education")
    page.get_by_label("Post", exact=True).fill("Chief Medical Officer")
    page.get_by_label("Person who holds the post").fill("Ignatius Thistlewood")
    page.get_by_label("Why is access needed?").fill("Answers questions at 10am.")
    page.get_by_role("button", name="Add to the list").click()
    expect(page.get_by_text("Change requested. The Head of Profession or a deputy must agree.")).to_be_visible()
    sign_in(morning.office.head)
    page.get_by_role("button", name="Agree Chief Medical Officer").click()
    expect(page.get_by_text("1 change agreed.")).to_be_visible()
    expect(page.get_by_role("heading", name="Chief Medical Officer")).to_be_visible()


def test_a_recipient_without_an_account_confirms_receipt_on_a_phone(page, live_server):
    office = create_office()
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    granted(release, by=office.statistician)
    receipts.set_recipient_requests(office.producer, asks=True, by=office.head)
    opens_at = SEED_DUE - timedelta(hours=24)
    receipts.make_due_links(now=opens_at)
    token = receipts.token_of(AccessLink.objects.get())
    receipts.answer_link(token, Answer.CONFIRMED, at=opens_at)
    before = record_of_visits()
    with time_machine.travel(opens_at, tick=True):
        page.set_viewport_size({"width": 375, "height": 700})
        page.goto(f"{live_server}{reverse('releases:receipt', args=[token])}")
        choices = page.locator("main form button, main a[href$='/disclosure/']")
        expect(choices).to_have_text(
            ["I have the statistics", "I no longer need access", "Report a possible disclosure"]
        )
        assert page.evaluate("document.documentElement.scrollWidth") == 375
        assert record_of_visits() == before
        with page.expect_request(lambda request: request.method == "POST") as sent:
            page.get_by_role("button", name="I have the statistics").click()
        expect(page.get_by_text("You told us at 9:30am on 29 June 2020 that you have them.")).to_be_visible()
        assert sent.value.header_value("origin") == "null"
        assert sent.value.header_value("referer") is None
    assert list(AccessReceipt.objects.order_by("pk").values_list("answer", flat=True)) == ["confirmed", "acknowledged"]
    assert page.context.cookies() == []

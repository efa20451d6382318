"""A list of pre-release access as a person uses it: on paper, and on a browser without any script."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

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

"""The navigation of every page: what the service is, at most six sections, and no link that a role does not include."""

import re

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases.rules.lifecycle import Role
from statsoffice.navigation import SECTIONS
from tests.support.factories import UserFactory
from tests.support.people import create_office

pytestmark = pytest.mark.django_db

WHO = [*Role, "administrator", "stranger"]


@pytest.fixture
def as_(client):
    """Sign someone in by their role."""

    def sign_in(who):
        if who == "administrator":
            person = UserFactory(is_staff=True, is_superuser=True)
        elif who == "stranger":
            person = UserFactory()
        else:
            person = create_office().people[who]
        client.force_login(person)
        return client

    return sign_in


def shown(client, address):
    response = client.get(address, follow=True)
    assert response.status_code == 200, address
    return LexborHTMLParser(response.text)


def links_of(page):
    return [link.attributes["href"] for link in page.css(".govuk-service-navigation a, .office-pages a")]


def items_of(page):
    return [item.text(strip=True) for item in page.css(".govuk-service-navigation__item")]


@pytest.mark.parametrize("who", WHO)
def test_no_one_is_offered_more_than_six_sections_or_a_page_that_their_role_does_not_include(as_, who):
    client = as_(who)
    seen, left = set(), [reverse("desk")]
    while left:
        address = left.pop()
        seen.add(address)
        if address.startswith("/admin/"):
            assert client.get(address, follow=True).status_code == 200
            continue
        page = shown(client, address)
        assert len(items_of(page)) <= 6
        assert "Your role does not" not in page.css_first("main").text(), address
        left += [link for link in links_of(page) if link not in seen and link not in left]
    assert seen >= {reverse("desk"), reverse("releases:calendar"), reverse("your_account")}
    assert (reverse("breaches:register") in seen) == (who in set(Role) - {Role.CALENDAR_MANAGER})


# For a commit, a lead, a person who edits the calendar and one who only reads.
FOR_EACH_COMMIT = {Role.HEAD_OF_PROFESSION, Role.CALENDAR_MANAGER, Role.AUDITOR}


@pytest.mark.parametrize(
    "who", [pytest.param(who, marks=[] if who in FOR_EACH_COMMIT else [pytest.mark.full]) for who in WHO]
)
def test_no_link_of_the_first_pages_leads_to_a_page_that_the_role_does_not_include(as_, who):
    client = as_(who)
    first = [link for link in links_of(shown(client, reverse("desk"))) if not link.startswith("/admin/")]
    found = {}
    for address in first:
        for link in shown(client, address).css("main a[href^='/'], footer a[href^='/']"):
            found.setdefault(link.attributes["href"].partition("#")[0], address)
    assert len(found) > 5
    # The page of the account says which roles the person has.
    found.pop(reverse("your_account"), None)
    for address, page in found.items():
        response = client.get(address, follow=True)
        assert response.status_code == 200, (page, address)
        if response.headers["Content-Type"].startswith("text/html"):
            main = LexborHTMLParser(response.text).css_first("main").text()
            assert re.search("Your role does not|You have no role", main) is None, (page, address)


def test_the_page_and_its_section_are_marked(as_):
    page = shown(as_(Role.HEAD_OF_PROFESSION), reverse("breaches:register"))
    marked = [(link.text(strip=True), link.attributes["aria-current"]) for link in page.css("header a[aria-current]")]
    assert marked == [("Breach reports", "true"), ("Register", "page")]
    assert page.css_first(".office-pages").attributes["aria-label"] == "Breach reports"


def test_a_section_with_only_a_later_page_has_the_name_of_the_page(as_):
    page = shown(as_(Role.CALENDAR_MANAGER), reverse("desk"))
    assert reverse("breaches:code_of_practice") in links_of(page)
    assert {"Code of Practice", "Breach reports"} & {*items_of(page)} == {"Code of Practice"}


@pytest.mark.parametrize("address", ["releases:calendar", "account_login", "accessibility"])
def test_every_page_says_what_the_service_is_and_who_runs_it(client, address):
    page = shown(client, reverse(address))
    header = page.css_first("header").text(separator=" ", strip=True)
    assert "Statistics releases" in header
    assert "We publish release dates of official statistics and check that they are on time." in header
    assert items_of(page) == ["Release calendar", "Sign in"]


def test_the_sign_in_page_says_what_the_service_is_for(client):
    text = " ".join(shown(client, reverse("account_login")).css_first("main").text().split())
    assert "Use this service to plan releases of official statistics and check that they are published on time." in text


@pytest.mark.parametrize("name", ["accessibility", "contact", "cookies", "privacy"])
def test_the_footer_leads_to_pages_about_access_contact_cookies_and_privacy(client, settings, name):
    settings.CONTACT = "statistics@example.gov.uk"
    footer = shown(client, reverse("releases:calendar")).css("footer a")
    assert reverse(name) in [link.attributes["href"] for link in footer]
    told = shown(client, reverse(name))
    assert told.css_first("meta[name=description]").attributes["content"]
    if name in {"contact", "privacy"}:
        assert told.css_first("main a[href='mailto:statistics@example.gov.uk']") is not None


def test_the_page_about_cookies_names_every_cookie_that_the_service_sets(as_, client, settings):
    client = as_(Role.STATISTICIAN)
    client.get(reverse("breaches:report_list"))
    client.get(reverse("account_change_password"))
    assert {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME} <= set(client.cookies)
    text = shown(client, reverse("cookies")).css_first("main").text()
    assert [name for name in client.cookies if name not in text] == []


def test_the_sections_leave_room_for_signing_out():
    assert len(SECTIONS) <= 5

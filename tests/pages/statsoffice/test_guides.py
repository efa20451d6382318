"""Short guides inside the product: whose work each describes, and that it links only to pages its readers may open."""

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases.rules.lifecycle import Role
from statsoffice.guides import RESTRICTED_PAGES, Guide
from tests.support.factories import UserFactory
from tests.support.people import create_office

pytestmark = pytest.mark.django_db

LIST = reverse("guides:guides")
THEIRS = {
    Role.STATISTICIAN: {Guide.STATISTICIAN},
    Role.PUBLISHING_TEAM: {Guide.STATISTICIAN},
    Role.CALENDAR_MANAGER: {Guide.CALENDAR_MANAGER},
    Role.HEAD_OF_PROFESSION: set(Guide),
    Role.DEPUTY: set(Guide),
    Role.AUDITOR: set(Guide),
}


def links_of(page):
    """List where the main part of a page leads to within this service."""
    found = [link.attributes["href"] or "" for link in LexborHTMLParser(page).css("main a[href]")]
    return [address for address in found if address.startswith("/")]


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_led_to_the_guides_that_are_written_for_it_and_to_no_other(client, role):
    client.force_login(create_office().people[role])
    listed = set(links_of(client.get(LIST).text))
    for guide in Guide:
        address = reverse("guides:guide", args=[guide])
        assert (address in listed) == (guide in THEIRS[role])
        assert client.get(address).status_code == (200 if guide in THEIRS[role] else 404)


@pytest.mark.parametrize("guide", list(Guide))
def test_every_link_of_a_guide_opens_for_everyone_who_reads_it(client, guide):
    office = create_office()
    for role in (role for role, guides in THEIRS.items() if guide in guides):
        client.force_login(office.people[role])
        links = links_of(client.get(reverse("guides:guide", args=[guide])).text)
        assert len(links) >= 2
        assert [link for link in links if client.get(link).status_code != 200] == []
        restricted = {reverse(page, args=of) for page, *of in RESTRICTED_PAGES.values()} & set(links)
        assert bool(restricted) == (guide != Guide.STATISTICIAN and role != Role.AUDITOR)


def test_who_has_no_role_yet_is_told_whom_to_ask(client):
    client.force_login(UserFactory())
    assert "Ask an administrator at your office for one." in client.get(LIST).text


@pytest.mark.parametrize("address", [LIST, reverse("guides:guide", args=[Guide.STATISTICIAN])], ids=["list", "guide"])
def test_a_guide_is_for_those_who_are_signed_in(client, address):
    assert client.get(address).headers["Location"].startswith(reverse("account_login"))


def test_the_desk_and_every_foot_of_a_page_lead_to_the_guides(client):
    client.force_login(create_office().statistician)
    desk = LexborHTMLParser(client.get(reverse("desk")).text)
    assert [link.attributes["href"] for link in desk.css("main a") if link.attributes["href"] == LIST] == [LIST]
    assert desk.css_first(f'footer a[href="{LIST}"]') is not None
    client.logout()
    assert LIST not in client.get(reverse("releases:calendar")).text

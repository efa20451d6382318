"""What the people of a new office find: no list is bare, and each that they can fill says how."""

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases.rules.lifecycle import Role
from tests.support.factories import ProducerFactory, create_member
from tests.support.report_forms import words

pytestmark = pytest.mark.django_db

LISTS = (
    "desk",
    "exchange:release_list",
    "releases:changes",
    "releases:changes_waiting",
    "releases:all_months",
    "breaches:report_list",
    "breaches:register",
    "breaches:near_misses",
    "outbox:sent",
)


@pytest.mark.parametrize("page", LISTS)
def test_a_list_without_anything_says_so(client, page):
    client.force_login(create_member(Role.HEAD_OF_PROFESSION, ProducerFactory()))
    empty = LexborHTMLParser(client.get(reverse(page)).text).css(".office-empty")
    assert empty
    assert all(len(each.text().split()) > 3 for each in empty)


@pytest.mark.parametrize(
    ("role", "leads"), [(Role.CALENDAR_MANAGER, True), (Role.STATISTICIAN, False)], ids=["keeper", "statistician"]
)
def test_an_empty_calendar_leads_to_the_import_the_person_who_may_import(client, role, leads):
    client.force_login(create_member(role, ProducerFactory()))
    page = client.get(reverse("exchange:release_list")).text
    assert "You have no releases from today." in words(page)
    found = LexborHTMLParser(page).css_first(".office-empty a")
    assert (found is not None and found.attributes["href"] == reverse("exchange:imports")) == leads


def test_a_day_on_which_nothing_is_due_leads_to_the_year(client):
    client.force_login(create_member(Role.STATISTICIAN, ProducerFactory()))
    found = LexborHTMLParser(client.get(reverse("desk")).text).css(".office-empty a")
    assert {link.attributes["href"] for link in found} == {reverse("releases:planner")}

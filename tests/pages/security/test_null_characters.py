"""Null characters in addresses, which PostgreSQL refuses in every query."""

import pytest
from django.test import Client

from tests.pages.security.urls import every_url
from tests.support.people import create_office

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def client():
    # A page that fails answers 500, as in use.
    return Client(raise_request_exception=False)


def test_every_page_refuses_an_address_with_a_null_character(client):
    for person in (None, create_office().head):
        if person:
            client.force_login(person)
        found = [address for address, _pattern in every_url() if not address.startswith("/api/")]
        assert len(found) > 150
        answers = {address: client.get(f"{address}?producer=a%00&x=1").status_code for address in found}
        assert {address: status for address, status in answers.items() if status != 400} == {}


def test_the_api_never_fails_for_a_null_character(client, subtests):
    head = create_office().head
    client.force_login(head)
    found = [address for address, _pattern in every_url() if address.startswith("/api/")]
    assert len(found) > 5
    names = ("producer", "series", "words", "designation", "status", "from", "to", "after", "per_page")
    for address in found:
        for name in names:
            status = client.get(f"{address}?{name}=a%00").status_code
            assert status < 500, (address, name)


def test_the_refusal_is_a_page_that_says_what_to_check(client):
    answer = client.get("/calendar/?producer=%00")
    assert answer.status_code == 400
    assert "check it is correct" in answer.text
    assert "Page not found" in answer.text


@pytest.mark.parametrize("address", ["/calendar/a%00", "/calendar/%00", "/releases/a%00/", "/static/a%00.css"])
def test_a_path_with_a_null_character_is_no_page(client, address):
    assert client.get(address).status_code in {400, 404}


def test_a_percent_sign_before_two_zeros_is_no_null_character(client):
    assert client.get("/calendar/?words=%2500").status_code == 200

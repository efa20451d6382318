"""Signing in: what people see when it does not succeed, and what strangers never receive."""

import pytest
from django.core import mail

from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["known@example.gov.uk", "nobody@example.gov.uk"], ids=["known", "unknown"])
def test_a_wrong_password_and_an_unknown_address_are_told_in_the_same_words(client, address):
    UserFactory(email="known@example.gov.uk")
    page = client.post("/accounts/login/", {"login": address, "password": "not this one"}).text
    assert "Your email address or password is incorrect" in page


def test_a_new_password_is_offered_by_mail_to_those_who_have_an_account(client):
    UserFactory(email="known@example.gov.uk")
    page = client.post("/accounts/password/reset/", {"email": "known@example.gov.uk"}, follow=True).text
    assert "If you have an account" in page
    assert [message.to for message in mail.outbox] == [["known@example.gov.uk"]]


def test_no_mail_goes_to_a_stranger_who_is_told_the_same(client):
    page = client.post("/accounts/password/reset/", {"email": "stranger@example.gov.uk"}, follow=True).text
    assert "If you have an account" in page
    assert mail.outbox == []


def test_no_one_signs_up(client):
    assert "You need an invitation" in client.get("/accounts/signup/").text


def test_the_admin_site_has_no_log_in_page_of_its_own(client):
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1] == ("/accounts/login/?next=%2Fadmin%2F", 302)


def test_who_may_not_use_the_admin_site_is_told_so_and_not_asked_to_sign_in_again(client):
    client.force_login(UserFactory())
    assert client.get("/admin/", follow=True).status_code == 403

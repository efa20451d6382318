"""Accounts in the admin site: added, deactivated, never deleted, and made superusers by superusers only."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from releases.roles import Role
from statsoffice.accounts.models import User
from tests.factories import ProducerFactory, UserFactory
from tests.releases.admin.site import signed_in, staff

LIST, ADD = "admin:accounts_user_changelist", "admin:accounts_user_add"

pytestmark = pytest.mark.django_db


def one(name, user):
    return reverse(f"admin:accounts_user_{name}", args=[user.pk])


@pytest.fixture
def administrator():
    """A client of a superuser."""
    return signed_in(UserFactory(is_staff=True, is_superuser=True))


def test_a_user_is_added_by_e_mail_address_and_can_log_in(administrator, client):
    password = "a long and quiet password"
    new = {
        "email": "Jo.Lane@example.gov.uk",
        "name": "Jo Lane",
        "usable_password": "true",
        "password1": password,
        "password2": password,
    }
    assert administrator.post(reverse(ADD), new).status_code == 302
    assert client.login(username="jo.lane@example.gov.uk", password=password)


def test_a_second_account_of_the_same_address_in_other_letters_is_refused(administrator):
    UserFactory(email="jo.lane@example.gov.uk")
    new = {"email": "JO.LANE@example.gov.uk", "name": "Jo", "usable_password": "false"}
    assert administrator.post(reverse(ADD), new).status_code == 200
    assert User.objects.filter(email__iexact="jo.lane@example.gov.uk").count() == 1


def test_a_user_is_deactivated_and_never_deleted(administrator):
    user = UserFactory()
    assert administrator.post(one("delete", user), {"post": "yes"}).status_code == 403
    administrator.post(reverse(LIST), {"action": "delete_selected", "_selected_action": user.pk, "post": "yes"})
    form = {"email": user.email, "name": user.name}
    assert administrator.post(one("change", user), form).status_code == 302
    user.refresh_from_db()
    assert user.is_active is False


def test_a_role_for_a_producer_opens_no_account():
    client = staff(Role.HEAD_OF_PROFESSION, ProducerFactory())
    assert client.get(reverse(LIST)).status_code == 403


def test_who_may_change_accounts_cannot_make_a_superuser_or_give_away_groups():
    clerk, user = UserFactory(is_staff=True), UserFactory()
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user"]))
    form = {"email": user.email, "name": "Another name", "is_active": "on", "is_superuser": "on", "is_staff": "on"}
    assert signed_in(clerk).post(one("change", user), form).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.is_superuser) == ("Another name", False)


def test_an_account_of_a_superuser_is_changed_by_superusers_only():
    clerk, chief = UserFactory(is_staff=True), UserFactory(is_staff=True, is_superuser=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client = signed_in(clerk)
    assert client.post(one("change", chief), {"email": chief.email, "name": "Nobody"}).status_code == 403
    password = {"password1": "a long and quiet password", "password2": "a long and quiet password"}
    assert client.post(reverse("admin:auth_user_password_change", args=[chief.pk]), password).status_code == 403

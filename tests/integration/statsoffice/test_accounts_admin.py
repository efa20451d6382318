"""Accounts in the admin site: added, deactivated, never deleted, and made superusers by superusers only."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client, RequestFactory
from django.urls import reverse

from releases.rules.lifecycle import LEADS, Role
from statsoffice.accounts.models import User
from tests.support.admin_site import signed_in, staff
from tests.support.administrators import administrators, an_administrator
from tests.support.factories import ProducerFactory, UserFactory, create_member

LIST, ADD = "admin:accounts_user_changelist", "admin:accounts_user_add"

pytestmark = pytest.mark.django_db


def one(name, user):
    return reverse(f"admin:accounts_user_{name}", args=[user.pk])


def a_clerk():
    """Someone who may change accounts and is no superuser."""
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user"]))
    return clerk


@pytest.fixture
def administrator():
    """A client of a superuser."""
    return signed_in(UserFactory(is_staff=True, is_superuser=True))


def test_a_user_is_added_without_a_password_and_gets_one_by_mail(administrator, client, mailoutbox):
    password = "a long and quiet password"
    new = {"email": "Jo.Lane@example.gov.uk", "name": "Jo Lane", "password1": password, "password2": password}
    assert administrator.post(reverse(ADD), new | {"usable_password": "true"}).status_code == 302
    assert not client.login(username="jo.lane@example.gov.uk", password=password)
    client.post(reverse("account_reset_password"), {"email": "jo.lane@example.gov.uk"})
    (mail,) = mailoutbox
    link = re.search(r"/accounts/\S+", mail.body).group()
    asked = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(asked, {"password1": password, "password2": password})
    assert Client().login(username="jo.lane@example.gov.uk", password=password)


@pytest.mark.parametrize("by_admin_site", [True, False], ids=["in the admin site", "in an earlier version"])
def test_a_colleague_who_gets_the_old_address_of_another_person_gets_the_password_link(
    administrator, client, mailoutbox, by_admin_site
):
    address, password = "jo.lane@example.gov.uk", "a long and quiet password"
    before = UserFactory(email=address)
    EmailAddress.objects.create(user=before, email=address, verified=True, primary=True)
    if by_admin_site:
        form = {"email": "jo.marsh@example.gov.uk", "name": before.name, "is_active": "on"}
        assert administrator.post(one("change", before), form).status_code == 302
        assert not EmailAddress.objects.exists()
    else:
        User.objects.filter(pk=before.pk).update(email="jo.marsh@example.gov.uk")
    new = {"email": address, "name": "Jo Lane", "usable_password": "false"}
    assert administrator.post(reverse(ADD), new).status_code == 302
    client.post(reverse("account_reset_password"), {"email": address})
    (mail,) = mailoutbox
    assert mail.to == [address]
    asked = client.get(re.search(r"/accounts/\S+", mail.body).group(), follow=True).redirect_chain[-1][0]
    client.post(asked, {"password1": password, "password2": password})
    client.post(reverse("account_login"), {"login": address, "password": password})
    assert client.session["_auth_user_id"] == str(User.objects.get(email=address).pk)


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


@pytest.mark.parametrize("clerk", [False, True], ids=["a-superuser", "a-clerk"])
def test_no_one_sets_the_password_of_another_person(clerk):
    user = UserFactory()
    before = user.password
    client = signed_in(a_clerk() if clerk else UserFactory(is_staff=True, is_superuser=True))
    password = {"password1": "a long and quiet password", "password2": "a long and quiet password"}
    form = {"email": user.email, "name": user.name, "is_active": "on", "usable_password": "true", **password}
    assert client.post(reverse("admin:auth_user_password_change", args=[user.pk]), form).status_code == 403
    assert client.post(one("change", user), form | {"password": "x"}).status_code == 302
    user.refresh_from_db()
    assert user.password == before


def test_the_admin_site_leads_to_our_pages_for_a_new_password(administrator):
    address = reverse("admin:password_change")
    typed = {
        "old_password": "x",
        "new_password1": "a long and quiet password",
        "new_password2": "a long and quiet password",
    }
    for answer in (administrator.get(address), administrator.post(address, typed)):
        assert (answer.status_code, answer.headers["Location"]) == (302, reverse("account_change_password"))
    done = administrator.get(reverse("admin:password_change_done"))
    assert done.headers["Location"] == reverse("your_account")
    asked = Client().get(address)
    assert asked.headers["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("role", Role)
def test_the_address_of_the_person_who_leads_is_changed_by_superusers_only(
    role, administrator, mailoutbox, django_capture_on_commit_callbacks
):
    user = create_member(role, ProducerFactory())
    form = {"email": "elsewhere@example.gov.uk", "name": user.name, "is_active": "on"}
    with django_capture_on_commit_callbacks(execute=True):
        signed_in(a_clerk()).post(one("change", user), form)
    assert [mail.to for mail in mailoutbox] == ([] if role in LEADS else [[user.email]])
    assert User.objects.filter(pk=user.pk, email=form["email"]).exists() is (role not in LEADS)
    administrator.post(one("change", user), form)
    assert User.objects.filter(pk=user.pk, email=form["email"]).exists()


def test_a_changed_address_is_told_to_the_old_one_and_is_in_the_log(
    administrator, mailoutbox, django_capture_on_commit_callbacks
):
    user = create_member(Role.HEAD_OF_PROFESSION, ProducerFactory())
    form = {"email": "elsewhere@example.gov.uk", "name": user.name, "is_active": "on"}
    with django_capture_on_commit_callbacks(execute=True):
        administrator.post(one("change", user), form)
        administrator.post(one("change", user), form | {"name": "Another name"})
    (mail,) = mailoutbox
    assert mail.to == [user.email]
    assert f"It was {user.email} and is now elsewhere@example.gov.uk." in mail.body
    changed = LogEntry.objects.filter(object_id=str(user.pk)).values_list("change_message", flat=True)
    assert sum("mail" in one for one in changed) == 1


@pytest.mark.django_db(transaction=True)
def test_where_the_old_address_cannot_be_determined_that_is_said(administrator, settings):
    nobody = {"host": "127.0.0.1", "port": 1}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": nobody}}
    user = UserFactory()
    form = {"email": "elsewhere@example.gov.uk", "name": user.name, "is_active": "on"}
    answer = administrator.post(one("change", user), form)
    assert f"We could not email the old address {user.email} about the change" in administrator.get(answer.url).text


def test_an_account_of_a_superuser_is_changed_by_superusers_only():
    clerk, chief = UserFactory(is_staff=True), UserFactory(is_staff=True, is_superuser=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client = signed_in(clerk)
    assert client.post(one("change", chief), {"email": chief.email, "name": "Nobody"}).status_code == 403
    password = {"password1": "a long and quiet password", "password2": "a long and quiet password"}
    assert client.post(reverse("admin:auth_user_password_change", args=[chief.pk]), password).status_code == 403


VERBS = ("view", "add", "change", "delete")
# What the roles for a producer decide, whatever permissions of Django's someone has.
ADMINISTERED = {"releases.producer", "releases.membership"}


def may_in_the_admin_site(person):
    """The permissions that the admin site grants someone on tables that follow Django's permissions."""
    request = RequestFactory().get("/")
    request.user = person
    granted = set()
    for model, table in admin.site._registry.items():
        label = model._meta.label_lower
        for verb in VERBS:
            held = getattr(table, f"has_{verb}_permission")(request)
            if held and (label in ADMINISTERED or model._meta.app_label not in {"releases"}):
                granted.add(f"{model._meta.app_label}.{verb}_{model._meta.model_name}")
    return granted


def test_the_group_of_administrators_has_what_the_admin_site_asks_for_and_no_more():
    """A superuser may do the same, and add and change groups."""
    held = {
        f"{app}.{codename}"
        for app, codename in administrators().permissions.values_list("content_type__app_label", "codename")
    }
    assert may_in_the_admin_site(an_administrator()) == held
    superuser = may_in_the_admin_site(UserFactory(is_staff=True, is_superuser=True))
    assert superuser - held == {f"auth.{verb}_group" for verb in VERBS if verb != "delete"}
    assert may_in_the_admin_site(UserFactory(is_staff=True)) == set()


def test_the_migration_makes_the_group_of_administrators():
    assert [group.name for group in Group.objects.all()] == ["Administrators"]


def test_an_administrator_gives_themselves_no_permission_and_makes_no_superuser():
    person = an_administrator()
    client = signed_in(person)
    form = {"email": person.email, "name": person.name, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    other = Group.objects.create(name="Others")
    assert client.post(one("change", person), form | {"groups": [other.pk]}).status_code == 302
    person = User.objects.get(pk=person.pk)
    assert (person.is_superuser, [group.name for group in person.groups.all()]) == (False, ["Administrators"])
    assert client.get(reverse("admin:auth_group_changelist")).status_code == 403

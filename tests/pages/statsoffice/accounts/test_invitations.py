"""Invitations: who invites to what, and a link that makes an account once, within a week, and in no other way."""

import re
from datetime import timedelta
from itertools import product

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from releases.models import Membership
from releases.permissions import NotYours
from releases.rules.lifecycle import LEADS, Role
from statsoffice.accounts import invitations
from statsoffice.accounts.invitations import InvitationRefused
from statsoffice.accounts.models import Invitation, User
from tests.servers.ports import free_port
from tests.support.admin_site import signed_in
from tests.support.factories import ProducerFactory, UserFactory, create_member, rolled_back
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

ADDRESS = "jo.lane@example.gov.uk"
PASSWORD = "three quiet herons"
CHOSEN = {"new_password1": PASSWORD, "new_password2": PASSWORD}
OVER = "This invitation is no longer valid"
NEW_ADDRESS = "jo.marsh@example.gov.uk"


@shared_fixture
def producer():
    return ProducerFactory(name="Office for Invented Numbers")


@shared_fixture
def head(producer):
    return create_member(Role.HEAD_OF_PROFESSION, producer, name="Helen Ward")


def administrator():
    return UserFactory(is_staff=True, is_superuser=True)


def asked(producer, role=Role.STATISTICIAN, email="Jo.Lane@Example.gov.uk"):
    """The form as someone fills it in."""
    return {"email": email, "name": "Jo Lane", "producer": getattr(producer, "pk", ""), "role": role}


def invited(by, producer, role=Role.STATISTICIAN, *, email=ADDRESS, at=None):
    """An invitation with the secret of its link."""
    return invitations.invite(email=email, name="Jo Lane", producer=producer, role=role, by=by, at=at or timezone.now())


def link_in(message):
    """The path to which the link in a mail leads."""
    (path,) = re.findall(r"https?://[^/\s]+(/accounts/invited/\S+/)", message.body)
    return path


def test_a_head_of_profession_invites_a_statistician_who_follows_the_link_and_signs_in(client, head, producer):
    client.force_login(head)
    page = client.post(reverse("invite"), asked(producer), follow=True).text
    assert "Invitation sent to jo.lane@example.gov.uk." in page
    client.logout()
    (message,) = mail.outbox
    assert message.to == [ADDRESS]
    assert "Helen Ward has invited you" in message.body
    assert "Your role will be statistician of Office for Invented Numbers" in message.body
    assert "Accept your invitation" in client.get(link_in(message), follow=True).text
    assert "Account created" in client.post(reverse("account_accept"), CHOSEN, follow=True).text
    signed_in = client.post(reverse("account_login"), {"login": ADDRESS, "password": PASSWORD})
    assert (signed_in.status_code, signed_in.url) == (302, reverse("desk"))
    user = User.objects.get(email=ADDRESS)
    assert (user.name, user.is_staff) == ("Jo Lane", False)
    assert [(row.producer, row.role) for row in user.memberships.all()] == [(producer, Role.STATISTICIAN)]
    assert user.memberships.get().history.get().history_user == head


def test_the_list_has_pages_and_is_sorted_by_a_link(client, producer, monkeypatch, subtests):
    monkeypatch.setattr("statsoffice.accounts.views.INVITATIONS_ON_A_PAGE", 2)
    other = ProducerFactory(name="an office for rain")
    admin = administrator()
    rows = {"al": (producer, Role.STATISTICIAN), "Bo": (other, Role.AUDITOR), "cy": (producer, Role.DEPUTY)}
    for minute, (name, (of, role)) in enumerate(rows.items()):
        at = timezone.now() + timedelta(minutes=minute)
        invitations.invite(email=f"{name}@example.gov.uk", name=name, producer=of, role=role, by=admin, at=at)
    client.force_login(admin)
    orders = [
        ({}, ["cy", "Bo"], ["Invited"]),
        ({"page": "2"}, ["al"], ["Invited"]),
        ({"sort": "salt"}, ["cy", "Bo"], ["Invited"]),
        ({"sort": "invited"}, ["al", "Bo"], ["Invited"]),
        ({"sort": "name"}, ["al", "Bo"], ["Name"]),
        ({"sort": "-name", "page": "2"}, ["al"], ["Name"]),
        ({"sort": "producer"}, ["Bo", "cy"], ["Producer"]),
        ({"sort": "role"}, ["al", "cy"], ["Role"]),
        ({"sort": "expires"}, ["al", "Bo"], ["Expires"]),
    ]
    for query, people, current in orders:
        with subtests.test(str(query)):
            page = client.get(reverse("invitations"), query).text
            assert re.findall(r'office-address">(al|Bo|cy)</h2>', page) == people
            assert re.findall(r'aria-current="true"\s+href="[^"]+">(\w+)', page) == current
            assert "Pagination" in page


def test_a_link_works_once(client, head, producer):
    _, secret = invited(head, producer)
    address = reverse("account_invited", args=[secret])
    client.get(address, follow=True)
    client.post(reverse("account_accept"), CHOSEN)
    again = client.get(address, follow=True)
    assert (again.status_code, OVER in again.text) == (410, True)
    User.objects.update(password="")
    assert client.post(reverse("account_accept"), CHOSEN).status_code == 410
    assert User.objects.get(email=ADDRESS).password == ""


def test_a_link_works_for_a_week(client, head, producer, time_machine):
    _, secret = invited(head, producer)
    now = timezone.now()
    time_machine.move_to(now + timedelta(days=7), tick=False)
    assert client.get(reverse("account_invited", args=[secret]), follow=True).status_code == 410
    assert client.post(reverse("account_accept"), CHOSEN).status_code == 410
    assert not User.objects.filter(email=ADDRESS).exists()


def test_an_invented_link_leads_nowhere(client):
    assert client.get(reverse("account_invited", args=["x"]), follow=True).status_code == 410
    assert client.post(reverse("account_accept"), CHOSEN).status_code == 410


def test_the_secret_of_a_link_is_in_no_address_but_the_first_and_in_no_table(client, head, producer):
    invitation, secret = invited(head, producer)
    answer = client.get(reverse("account_invited", args=[secret]))
    assert (answer.url, answer.headers["Cache-Control"]) == (
        reverse("account_accept"),
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )
    assert secret not in client.get(answer.url).text
    assert secret not in "".join(map(str, Invitation.objects.filter(pk=invitation.pk).values().get().values()))


def test_an_invitation_sent_again_has_a_new_link_and_the_old_one_is_dead(client, head, producer):
    invitation, old = invited(head, producer, at=timezone.now() - timedelta(days=8))
    client.force_login(head)
    assert "The link has expired" in client.get(reverse("invitations")).text
    client.post(reverse("send_invitation_again", args=[invitation.pk]))
    client.logout()
    assert client.get(reverse("account_invited", args=[old]), follow=True).status_code == 410
    assert client.get(link_in(mail.outbox[0]), follow=True).status_code == 200


def test_a_withdrawn_invitation_is_dead_and_not_listed_and_cannot_be_sent_again(client, head, producer):
    invitation, secret = invited(head, producer)
    client.force_login(head)
    assert (
        "the link no longer works"
        in client.post(reverse("withdraw_invitation", args=[invitation.pk]), follow=True).text.lower()
    )
    assert "There are no open invitations" in client.get(reverse("invitations")).text
    again = client.post(reverse("send_invitation_again", args=[invitation.pk]), follow=True).text
    assert "has been accepted or withdrawn" in again
    client.logout()
    assert client.get(reverse("account_invited", args=[secret]), follow=True).status_code == 410
    assert mail.outbox == []


def test_an_invitation_is_dead_once_the_person_who_sent_it_may_not_give_the_role_any_more(client, head, producer):
    _, secret = invited(head, producer)
    Membership.objects.filter(user=head).delete()
    assert client.get(reverse("account_invited", args=[secret]), follow=True).status_code == 410


def test_an_invitation_is_dead_once_the_person_who_sent_it_is_deactivated(client, head, producer):
    _, secret = invited(head, producer)
    User.objects.filter(pk=head.pk).update(is_active=False)
    assert client.get(reverse("account_invited", args=[secret]), follow=True).status_code == 410


def test_a_head_of_profession_or_deputy_invites_to_every_role_of_their_producer(producer, subtests):
    for lead, role in product(sorted(LEADS), Role):
        with subtests.test(lead, role=role), rolled_back():
            assert invited(create_member(lead, producer), producer, role)


def test_a_calendar_manager_gives_no_role_that_may_do_what_they_may_not(client, producer, subtests):
    manager = create_member(Role.CALENDAR_MANAGER, producer)
    client.force_login(manager)
    for role in set(Role) - {Role.CALENDAR_MANAGER}:
        with subtests.test(role):
            with pytest.raises(NotYours):
                invited(manager, producer, role)
            assert client.post(reverse("invite"), asked(producer, role)).status_code == 200
            assert not Invitation.objects.exists()
            assert mail.outbox == []


def test_a_calendar_manager_sees_no_invitation_to_a_role_that_they_do_not_give(client, head, producer):
    invited(head, producer, Role.AUDITOR)
    client.force_login(create_member(Role.CALENDAR_MANAGER, producer))
    assert ADDRESS not in client.get(reverse("invitations")).text


def test_a_calendar_manager_invites_another_one(client, producer):
    client.force_login(create_member(Role.CALENDAR_MANAGER, producer))
    assert client.post(reverse("invite"), asked(producer, Role.CALENDAR_MANAGER)).status_code == 302
    assert len(mail.outbox) == 1


def test_an_administrator_invites_without_a_role_and_to_any_role(client, producer):
    client.force_login(administrator())
    assert client.post(reverse("invite"), asked(None, "")).status_code == 302
    assert client.post(reverse("invite"), asked(producer, Role.HEAD_OF_PROFESSION)).status_code == 302
    assert len(mail.outbox) == 2


def test_a_role_without_a_producer_and_a_producer_without_a_role_are_refused(client, producer):
    client.force_login(administrator())
    for form in (asked(producer, ""), asked(None, Role.AUDITOR)):
        assert "Choose both a producer and a role" in client.post(reverse("invite"), form).text
    assert mail.outbox == []


def test_to_another_producer_no_one_invites_and_its_invitations_do_not_exist(client, head, producer):
    other = ProducerFactory()
    invitation, _ = invited(create_member(Role.DEPUTY, other), other)
    client.force_login(head)
    assert client.post(reverse("invite"), asked(other)).status_code == 200
    assert ADDRESS not in client.get(reverse("invitations")).text
    for page in ("send_invitation_again", "withdraw_invitation"):
        assert client.post(reverse(page, args=[invitation.pk])).status_code == 404
    assert Invitation.objects.get().withdrawn_at is None


@pytest.mark.parametrize("role", [Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.AUDITOR])
def test_for_the_person_who_invites_no_one_the_pages_do_not_exist(client, role, producer, head):
    invitation, _ = invited(head, producer, Role.AUDITOR)
    client.force_login(create_member(role, producer))
    assert client.get(reverse("invitations")).status_code == 404
    assert client.post(reverse("invite"), asked(producer, role)).status_code == 404
    assert client.post(reverse("withdraw_invitation", args=[invitation.pk])).status_code == 404


def test_an_account_that_there_is_signs_in_and_accepts_and_keeps_its_password(client, head, producer):
    user = UserFactory(email=ADDRESS)
    _, secret = invited(head, producer, Role.DEPUTY)
    answer = client.get(reverse("account_invited", args=[secret]), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert client.post(reverse("account_accept"), CHOSEN).status_code == 302
    assert not user.memberships.exists()
    client.post(reverse("account_login"), {"login": ADDRESS, "password": "correct horse battery"})
    assert "Invitation accepted" in client.post(reverse("account_accept"), follow=True).text
    user.refresh_from_db()
    assert user.memberships.get().role == Role.DEPUTY
    assert user.check_password("correct horse battery")


def person_with_address(*, verified=True):
    """An account with the invited address, as an earlier invitation leaves it."""
    user = UserFactory(email=ADDRESS)
    EmailAddress.objects.create(user=user, email=ADDRESS, verified=verified, primary=True)
    return user


def test_a_person_with_an_account_accepts_an_invitation_on_your_account_and_among_their_tasks(client, head, producer):
    user = person_with_address()
    invitation, _ = invited(head, producer, Role.DEPUTY)
    client.force_login(user)
    page = reverse("own_invitation", args=[invitation.pk])
    for name in ("your_account", "desk"):
        shown = client.get(reverse(name)).text
        assert "Helen Ward has invited you to join Office for Invented Numbers. Your role: Deputy" in shown
        assert page in shown
    assert "Accept invitation" in client.get(page).text
    assert "Invitation accepted." in client.post(page, follow=True).text
    assert user.memberships.get().role == Role.DEPUTY
    assert "has invited you" not in client.get(reverse("your_account")).text
    assert client.post(page).status_code == 410


@pytest.mark.parametrize("by_link", [True, False])
def test_a_person_with_an_account_refuses_an_invitation(client, head, producer, by_link):
    user = person_with_address()
    invitation, secret = invited(head, producer)
    client.force_login(user)
    page = reverse("own_invitation", args=[invitation.pk])
    if by_link:
        client.get(reverse("account_invited", args=[secret]))
        page = reverse("account_accept")
    assert "Refuse invitation" in client.get(page).text
    shown = client.post(page, {"refuse": ""}, follow=True).text
    assert "Invitation refused." in shown
    assert "has invited you" not in shown
    invitation.refresh_from_db()
    assert (invitation.withdrawn_by, invitation.accepted_at) == (user, None)
    assert not user.memberships.exists()
    client.get(reverse("account_invited", args=[secret]))
    assert client.post(reverse("account_accept")).status_code == 410


def test_an_invitation_that_was_accepted_at_the_same_time_is_not_refused(head, producer):
    user = person_with_address()
    invitation, _ = invited(head, producer)
    read_before = Invitation.objects.get(pk=invitation.pk)
    invitations.accept(invitation, password=None, at=timezone.now())
    with pytest.raises(InvitationRefused, match="accepted or withdrawn"):
        invitations.refuse(read_before, by=user, at=timezone.now())
    assert user.memberships.exists()


@pytest.mark.parametrize("why", ["another person", "not verified", "verified for another account", "address changed"])
def test_without_the_link_only_the_account_with_the_verified_address_finds_an_invitation(client, head, producer, why):
    user = UserFactory() if why == "another person" else person_with_address(verified=why != "not verified")
    invitation, _ = invited(head, producer)
    if why == "verified for another account":
        EmailAddress.objects.filter(user=user).update(user=head)
    elif why == "address changed":
        User.objects.filter(pk=user.pk).update(email=NEW_ADDRESS)
    client.force_login(user)
    for name in ("your_account", "desk"):
        assert "has invited you" not in client.get(reverse(name)).text
    page = reverse("own_invitation", args=[invitation.pk])
    assert (client.get(page).status_code, client.post(page, {"refuse": ""}).status_code) == (404, 404)
    assert client.post(page).status_code == 404
    invitation.refresh_from_db()
    assert (invitation.accepted_at, invitation.withdrawn_at) == (None, None)


@pytest.mark.parametrize("end", ["withdrawn", "expired", "sender lost the role"])
def test_the_page_of_an_own_invitation_says_that_it_is_over(client, head, producer, end):
    user = person_with_address()
    invitation, _ = invited(head, producer, at=timezone.now() - timedelta(days=8 if end == "expired" else 0))
    if end == "withdrawn":
        invitations.withdraw(invitation, by=head, at=timezone.now())
    elif end == "sender lost the role":
        head.memberships.all().delete()
    client.force_login(user)
    page = reverse("own_invitation", args=[invitation.pk])
    answer = client.get(page)
    assert (answer.status_code, OVER in answer.text) == (410, True)
    assert client.post(page).status_code == 410
    assert not user.memberships.exists()
    for name in ("your_account", "desk"):
        assert page not in client.get(reverse(name)).text


def test_lists_have_the_invitations_that_are_valid_and_make_no_query_for_each(django_assert_num_queries):
    user, now = person_with_address(), timezone.now()
    people_admin = UserFactory()
    for codename in ("add_user", "add_membership"):
        people_admin.user_permissions.add(Permission.objects.get(codename=codename))
    half_admin = UserFactory()
    half_admin.user_permissions.add(Permission.objects.get(codename="add_user"))
    senders = [
        people_admin,
        half_admin,
        administrator(),
        UserFactory(),
        UserFactory(is_superuser=True, is_active=False),
    ]
    for number, (sender, role) in enumerate(product([*senders, *Role], Role)):
        producer = ProducerFactory()
        by = create_member(sender, producer) if sender in set(Role) else sender
        make_invitation(user, by, producer, role, number, at=now)
    lead = create_member(Role.HEAD_OF_PROFESSION, ProducerFactory())
    make_invitation(user, lead, ProducerFactory(), Role.AUDITOR, "elsewhere", at=now)
    gone = create_member(Role.HEAD_OF_PROFESSION, ProducerFactory(), is_active=False)
    make_invitation(user, gone, gone.memberships.get().producer, Role.AUDITOR, "inactive", at=now)
    make_invitation(user, administrator(), None, "", "only an account", at=now)
    with django_assert_num_queries(1):
        listed = list(invitations.open_invitations_of(user, at=now))
    valid = [one for one in invitations.invitations_of(user) if invitations.is_valid(one, now) and one.producer]
    assert {one.pk for one in listed} == {one.pk for one in valid}
    assert len(listed) == len(valid) > 2 * len(Role)


def make_invitation(user, sender, producer, role, digest, *, at):
    fields = {"name": "Jo Lane", "invited_at": at, "expires_at": at + timedelta(days=7), "digest": str(digest)}
    Invitation.objects.create(email=user.email, invited_by=sender, producer=producer, role=role, **fields)


def test_the_person_who_is_signed_in_as_someone_else_accepts_nothing(client, head, producer):
    _, secret = invited(head, producer)
    client.force_login(head)
    answer = client.get(reverse("account_invited", args=[secret]), follow=True)
    assert (answer.status_code, "for someone else" in answer.text) == (409, True)
    assert client.post(reverse("account_accept"), CHOSEN).status_code == 409
    assert not User.objects.filter(email=ADDRESS).exists()


def test_a_closed_account_is_not_opened_by_an_invitation(head, producer):
    UserFactory(email=ADDRESS, is_active=False)
    invitation, _ = invited(head, producer)
    with pytest.raises(InvitationRefused, match="closed"):
        invitations.accept(invitation, password=None, at=timezone.now())
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_the_same_invitation_twice_and_a_role_that_is_held_are_refused(client, head, producer):
    invited(head, producer)
    held = create_member(Role.AUDITOR, producer)
    client.force_login(head)
    assert "You have already invited" in client.post(reverse("invite"), asked(producer)).text
    again = asked(producer, Role.AUDITOR, held.email)
    assert "already has this role" in client.post(reverse("invite"), again).text


def test_a_person_can_be_invited_to_a_second_role(head, producer):
    invited(head, producer)
    invited(head, producer, Role.AUDITOR)
    assert set(Invitation.objects.values_list("role", flat=True)) == {Role.STATISTICIAN, Role.AUDITOR}


def test_a_role_needs_a_producer_and_a_producer_a_role(head, producer):
    for there, role in ((None, Role.STATISTICIAN), (producer, None)):
        with pytest.raises(NotYours):
            invited(head, there, role)
    assert not Invitation.objects.exists()


def test_where_mail_fails_the_invitation_is_kept_and_the_page_says_so(client, head, producer, settings):
    nobody = {"host": "127.0.0.1", "port": free_port()}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": nobody}}
    client.force_login(head)
    page = client.post(reverse("invite"), asked(producer), follow=True).text
    assert "We saved the invitation, but could not send the email." in page
    assert Invitation.objects.get().email == ADDRESS


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short words", "at least 12 characters"),
        ("1qaz2wsx3edc", "too common"),
        ("jo.lane@example", "too similar to the email address"),
    ],
    ids=["short", "common", "like the address"],
)
def test_a_weak_password_is_refused_with_the_reason(client, head, producer, password, why):
    _, secret = invited(head, producer)
    client.get(reverse("account_invited", args=[secret]))
    page = client.post(reverse("account_accept"), {"new_password1": password, "new_password2": password}).text
    assert why in page
    assert not User.objects.filter(email=ADDRESS).exists()


@pytest.mark.parametrize("password", ["quiet herons wade", "000 grid 000 grid", "ěščřžýáíéúůň"], ids=str)
def test_no_rule_of_composition_is_in_the_way_of_a_long_password(client, head, producer, password):
    _, secret = invited(head, producer)
    client.get(reverse("account_invited", args=[secret]))
    client.post(reverse("account_accept"), {"new_password1": password, "new_password2": password})
    assert User.objects.get(email=ADDRESS).check_password(password)


def test_two_who_follow_one_link_at_once_make_one_account(head, producer):
    invitation, _ = invited(head, producer)
    seen_by_both = Invitation.objects.get(pk=invitation.pk)
    invitations.accept(invitation, password=PASSWORD, at=timezone.now())
    with pytest.raises(InvitationRefused):
        invitations.accept(seen_by_both, password="another three words", at=timezone.now())
    assert User.objects.get(email=ADDRESS).check_password(PASSWORD)


def two_open_invitations(head, producer):
    """An invitation that expired and was sent again after a newer one to the same role, and the newer one."""
    old, _ = invited(head, producer, at=timezone.now() - timedelta(days=8))
    new, _ = invited(head, producer)
    invitations.send_again(old, by=head, at=timezone.now())
    return old, new


@pytest.mark.parametrize("end", ["removed", "changed to another role"])
def test_a_second_open_invitation_does_not_give_a_removed_role_back(client, head, producer, end):
    old, new = two_open_invitations(head, producer)
    user = invitations.accept(new, password=PASSWORD, at=timezone.now())
    membership = user.memberships.get()
    if end == "removed":
        membership.delete()
    else:
        membership.role = Role.AUDITOR
        membership.save()
    roles = list(user.memberships.values_list("role", flat=True))
    with pytest.raises(InvitationRefused, match="This role was removed after the invitation was sent"):
        invitations.accept(old, password=None, at=timezone.now())
    assert list(user.memberships.values_list("role", flat=True)) == roles
    old.refresh_from_db()
    assert old.accepted_at is None
    secret = invitations.send_again(old, by=head, at=timezone.now())
    client.force_login(user)
    client.get(reverse("account_invited", args=[secret]))
    assert "Invitation accepted" in client.post(reverse("account_accept"), follow=True).text
    assert user.memberships.filter(role=Role.STATISTICIAN).exists()


def test_the_page_says_that_the_role_was_removed(client, head, producer):
    old, new = two_open_invitations(head, producer)
    secret = invitations.send_again(old, by=head, at=timezone.now())
    user = invitations.accept(new, password=PASSWORD, at=timezone.now())
    user.memberships.get().delete()
    client.force_login(user)
    client.get(reverse("account_invited", args=[secret]))
    answer = client.post(reverse("account_accept"))
    assert (answer.status_code, "This role was removed after the invitation was sent." in answer.text) == (409, True)
    assert not user.memberships.exists()


def test_a_second_open_invitation_changes_nothing_while_the_role_is_held(head, producer):
    old, new = two_open_invitations(head, producer)
    user = invitations.accept(new, password=PASSWORD, at=timezone.now())
    assert invitations.accept(old, password=None, at=timezone.now()) == user
    assert user.memberships.get().role == Role.STATISTICIAN


def test_a_role_that_was_removed_before_the_invitation_was_sent_is_given_again(head, producer):
    first, _ = invited(head, producer)
    user = invitations.accept(first, password=PASSWORD, at=timezone.now())
    user.memberships.get().delete()
    again, _ = invited(head, producer)
    invitations.accept(again, password=None, at=timezone.now())
    assert user.memberships.get().role == Role.STATISTICIAN


def test_the_admin_site_leads_to_the_page(client):
    client.force_login(administrator())
    assert reverse("invite") in client.get(reverse("admin:accounts_user_changelist")).text


@pytest.mark.parametrize("role", [Role.HEAD_OF_PROFESSION, Role.STATISTICIAN])
def test_no_one_invites_themselves(client, producer, role, subtests):
    people = [create_member(held, producer, email=f"{held}@example.gov.uk") for held in (*LEADS, Role.CALENDAR_MANAGER)]
    for person in (*people, administrator()):
        with subtests.test(str(person)):
            before = Membership.objects.filter(user=person).count()
            client.force_login(person)
            client.post(reverse("invite"), asked(producer, role, person.email.upper()))
            with pytest.raises((InvitationRefused, NotYours)):
                invited(person, producer, role, email=person.email)
            assert not Invitation.objects.exists()
            assert Membership.objects.filter(user=person).count() == before
    client.force_login(people[0])
    page = client.post(reverse("invite"), asked(producer, role, people[0].email)).text
    assert "You cannot give yourself a role" in page


def test_an_invitation_is_not_accepted_or_sent_again_by_the_account_that_sent_it(head, producer):
    invitation, _ = invited(head, producer, Role.DEPUTY)
    User.objects.filter(pk=head.pk).update(email=ADDRESS)
    invitation.refresh_from_db()
    with pytest.raises(InvitationRefused, match="yourself"):
        invitations.accept(invitation, password=None, at=timezone.now())
    with pytest.raises(InvitationRefused, match="yourself"):
        invitations.send_again(invitation, by=User.objects.get(pk=head.pk), at=timezone.now())
    assert [row.role for row in Membership.objects.filter(user=head)] == [Role.HEAD_OF_PROFESSION]


def an_account_whose_address_was_changed(head, producer, *, by_admin_site):
    """An account that was made by an invitation, and has another address since.

    :param by_admin_site: whether the address was changed in the admin site. If not, the old address is still stored as
        verified, because earlier versions did not remove it.
    """
    invitation, _ = invited(head, producer)
    user = invitations.accept(invitation, password=PASSWORD, at=timezone.now())
    if by_admin_site:
        form = {"email": NEW_ADDRESS, "name": user.name, "is_active": "on"}
        page = reverse("admin:accounts_user_change", args=[user.pk])
        assert signed_in(administrator()).post(page, form).status_code == 302
    else:
        User.objects.filter(pk=user.pk).update(email=NEW_ADDRESS)
    user.refresh_from_db()
    assert user.email == NEW_ADDRESS
    return user


def stored_addresses():
    return list(EmailAddress.objects.order_by("pk").values_list("user", "email", "verified", "primary"))


CHANGED = pytest.mark.parametrize("by_admin_site", [True, False], ids=["in the admin site", "in an earlier version"])


@CHANGED
def test_a_person_whose_address_was_changed_accepts_a_second_role(head, producer, by_admin_site):
    user = an_account_whose_address_was_changed(head, producer, by_admin_site=by_admin_site)
    second, _ = invited(head, producer, Role.AUDITOR, email=NEW_ADDRESS)
    assert invitations.accept(second, password=None, at=timezone.now()) == user
    assert {row.role for row in user.memberships.all()} == {Role.STATISTICIAN, Role.AUDITOR}
    assert stored_addresses() == [(user.pk, NEW_ADDRESS, True, True)]


@CHANGED
def test_a_new_colleague_who_gets_the_old_address_of_another_accepts_and_signs_in(
    client, head, producer, by_admin_site
):
    user = an_account_whose_address_was_changed(head, producer, by_admin_site=by_admin_site)
    invitation, _ = invited(head, producer, Role.AUDITOR)
    colleague = invitations.accept(invitation, password="four wooden umbrellas", at=timezone.now())
    assert colleague != user
    assert stored_addresses() == [(colleague.pk, ADDRESS, True, True)]
    old = client.post(reverse("account_login"), {"login": ADDRESS, "password": PASSWORD})
    assert old.status_code == 200, "the password of the person who had the address before"
    client.post(reverse("account_login"), {"login": ADDRESS, "password": "four wooden umbrellas"})
    assert client.session["_auth_user_id"] == str(colleague.pk)


def test_the_present_addresses_of_other_accounts_are_not_removed(head, producer):
    others = [UserFactory(email="Ann.Lee@example.gov.uk"), UserFactory(email="bo@example.gov.uk", is_active=False)]
    for other in others:
        EmailAddress.objects.create(user=other, email=other.email.lower(), verified=True, primary=True)
    invitation, _ = invited(head, producer)
    user = invitations.accept(invitation, password=PASSWORD, at=timezone.now())
    for person in (user, *others):
        invitations.remove_outdated_addresses(person)
    assert [address for _user, address, _verified, _primary in stored_addresses()] == [
        "ann.lee@example.gov.uk",
        "bo@example.gov.uk",
        ADDRESS,
    ]

"""Invitations. The link in an invitation works once, and expires after a week."""

import secrets
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.backends import ModelBackend
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from releases.models import Contact, Membership, Producer
from releases.models.event import lock_producer, record_rows
from releases.permissions import NotYours, Person
from releases.rules.lifecycle import LEADS, Role
from statsoffice.accounts import permissions
from statsoffice.accounts.models import Invitation, InvitationQuerySet, User
from statsoffice.accounts.permissions import (
    OF_ADMINISTRATORS,
    administers_people,
    inviting_roles,
    producers_invited_to,
)

VALID_FOR = timedelta(days=7)


class InvitationRefused(Exception):
    """An invitation cannot be sent or accepted. The message is one sentence for the user."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def may_grant(person: Person, role: Role, producer: Producer) -> bool:
    """Return whether a person may invite others to a role at a producer.

    Administrators, Heads of Profession and deputies may grant every role. Other people who may invite can grant a role
    only if their own role has all permissions of that role.
    """
    if administers_people(person):
        return True
    return not _roles_that_grant(role).isdisjoint(inviting_roles(person, producer))


@cache
def _roles_that_grant(role: Role) -> frozenset[Role]:
    return frozenset(
        held
        for held in permissions.TABLE[permissions.Action.INVITE]
        if held in LEADS or permissions.includes(held, role)
    )


def grantable_roles(person: Person) -> tuple[Role, ...]:
    """Return the roles that a person may grant at one or more producers, in the order of `Role`."""
    producers = list(producers_invited_to(person))
    return tuple(role for role in Role if any(may_grant(person, role, producer) for producer in producers))


def manageable_invitations(person: Person) -> QuerySet[Invitation]:
    """Return the invitations to roles that a person may grant. Redacted invitations are left out."""
    invitations = Invitation.objects.filter(erased_at=None)
    if administers_people(person):
        return invitations
    grantable = Q(pk__in=[])
    for producer in producers_invited_to(person):
        grantable |= Q(producer=producer, role__in=[role for role in Role if may_grant(person, role, producer)])
    return invitations.filter(grantable)


def invite(
    *, email: str, name: str, producer: Producer | None, role: Role | None, by: User, at: datetime
) -> tuple[Invitation, str]:
    """Create an invitation. Return the invitation and the secret for its link.

    Only a digest of the secret is stored. If there is no producer and no role, the invited person gets only an account.

    :raises NotYours: if `by` may not grant this role at this producer.
    :raises InvitationRefused: if the same invitation is still open, if the invited person already has this role, or if
        `email` is the address of `by`.
    """
    _check_may_grant(by, role, producer)
    address = email.strip().lower()
    refuse_own_role(address, by=by)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        _lock_invitations(producer, by=by)
        _check_is_new(address, role, producer, at=at)
        invitation = Invitation.objects.create(
            email=address,
            name=name.strip(),
            producer=producer,
            role=role or "",
            invited_by=by,
            invited_at=at,
            expires_at=at + VALID_FOR,
            digest=_digest(secret),
        )
    return invitation, secret


def _lock_invitations(producer: Producer | None, *, by: User) -> None:
    """Lock the invitations to a producer until the end of the transaction.

    The lock prevents two people, or one person who sends the form twice, from creating the same invitation. An
    invitation without a role has no producer, so only a second request of the same person waits.
    """
    if producer is not None:
        lock_producer(producer.pk)
    else:
        User.objects.select_for_update(no_key=True).get(pk=by.pk)


def _check_is_new(address: str, role: Role | None, producer: Producer | None, *, at: datetime) -> None:
    """:raises InvitationRefused: if the same invitation is still open, or if the person already has the role."""
    the_same = Q(email=address, producer=producer, role=role or "", accepted_at=None, withdrawn_at=None)
    if Invitation.objects.filter(the_same, expires_at__gt=at).exists():
        sentence = _("You have already invited %(email)s to this role. Send that invitation again.")
        raise InvitationRefused(sentence % {"email": address}, field="email")
    if role and Membership.objects.filter(user__email__iexact=address, producer=producer, role=role).exists():
        raise InvitationRefused(_("%(email)s already has this role.") % {"email": address}, field="email")


def send_again(invitation: Invitation, *, by: User, at: datetime) -> str:
    """Replace the link of an invitation with a new link that is valid for a week. Return the new secret.

    :raises NotYours: if `by` may not grant this role.
    :raises InvitationRefused: if the invitation was accepted or withdrawn, or if its address is the address of `by`.
    """
    _check_may_grant(by, invitation.role, invitation.producer)
    refuse_own_role(invitation.email, by=by)
    secret = secrets.token_urlsafe(32)
    renewed = _open_row(invitation).update(digest=_digest(secret), expires_at=at + VALID_FOR, invited_by=by)
    if not renewed:
        raise InvitationRefused(_("This invitation has been accepted or withdrawn."))
    invitation.refresh_from_db()
    return secret


def withdraw(invitation: Invitation, *, by: User, at: datetime) -> None:
    """Withdraw an invitation, so that its link no longer works.

    :raises NotYours: if `by` may not grant this role.
    :raises InvitationRefused: if the invitation was already accepted or withdrawn.
    """
    _check_may_grant(by, invitation.role, invitation.producer)
    _close(invitation, by=by, at=at)


def refuse(invitation: Invitation, *, by: User, at: datetime) -> None:
    """Withdraw an invitation for the invited person, who does not want it.

    :raises InvitationRefused: if the invitation was already accepted or withdrawn.
    """
    _close(invitation, by=by, at=at)


def _close(invitation: Invitation, *, by: User, at: datetime) -> None:
    if not _open_row(invitation).update(withdrawn_at=at, withdrawn_by=by):
        raise InvitationRefused(_("This invitation has been accepted or withdrawn."))


def invitations_of(person: User) -> InvitationQuerySet:
    """Return the invitations to the email address of an account, if this address is verified.

    A verified address shows that the person reads its mailbox, as the secret in the emailed link does. An address that
    an administrator entered or changed is not verified.
    """
    address = person.email.lower()
    stored = EmailAddress.objects.alias(address=Lower("email"))
    is_verified = Exists(stored.filter(user=person, address=address, verified=True))
    found = Invitation.objects.filter(is_verified, email=address, erased_at=None)
    return found.select_related("producer", "invited_by")


def open_invitations_of(person: User, *, at: datetime) -> QuerySet[Invitation]:
    """Return the invitations that a person can accept or refuse: those for which `is_valid` is true.

    An invitation without a role is left out, because it only creates an account.
    """
    return invitations_of(person).open_at(at).filter(_has_sender_with_role() | _has_sender_who_administers_people())


def _has_sender_with_role() -> Q:
    """Return the condition that the role of an invitation's sender at the producer still allows the invitation."""
    held = Membership.objects.filter(user=OuterRef("invited_by"), producer=OuterRef("producer"))
    allowed = Q(pk__in=[])
    for role in Role:
        allowed |= Q(Q(role=role) & Exists(held.filter(role__in=list(_roles_that_grant(role)))))
    return allowed & Q(invited_by__is_active=True)


def _has_sender_who_administers_people() -> Q:
    """Return the condition that an invitation's sender may still grant every role at the producer."""
    condition = Q(producer__isnull=False)
    for permission in OF_ADMINISTRATORS:
        condition &= Q(invited_by__in=ModelBackend().with_perm(permission).values("pk"))
    return condition


def find(secret: str, *, at: datetime) -> Invitation | None:
    """Return the invitation for the secret of a link, or None if the link is not valid."""
    found = Invitation.objects.select_related("producer", "invited_by").filter(digest=_digest(secret)).first()
    return found if found and is_valid(found, at) else None


def find_open(email: str, *, at: datetime) -> Invitation | None:
    open_ones = Invitation.objects.open_at(at).filter(email__iexact=email).select_related("producer", "invited_by")
    return next((found for found in open_ones if is_valid(found, at)), None)


def existing_account(invitation: Invitation) -> User | None:
    return User.objects.filter(email__iexact=invitation.email).first()


def accept(invitation: Invitation, *, password: str | None, at: datetime) -> User:
    """Accept an invitation: create the account if there is none, grant the role, and return the account.

    An invitation can be accepted only once. The email address is marked as verified, because the person has either
    opened the emailed link or signed in at the office's provider with this address.

    :param password: the validated password for a new account. None if the account exists, or if the person signs in
        with the office's provider.
    :raises InvitationRefused: if the invitation is no longer valid, if the account is closed, if the account belongs to
        the person who sent the invitation, if the role was removed since the invitation was sent, or if another request
        changed the account at the same time.
    """
    try:
        with transaction.atomic():
            return _accept(invitation, password=password, at=at)
    except IntegrityError as clash:
        sentence = _("Something else changed this account at the same time. Open the link again.")
        raise InvitationRefused(sentence) from clash


def _accept(invitation: Invitation, *, password: str | None, at: datetime) -> User:
    if not is_valid(invitation, at) or not _open_row(invitation).update(accepted_at=at):
        raise InvitationRefused(_("This invitation has been used or withdrawn, or it has expired."))
    user = existing_account(invitation)
    if user is None:
        user = User.objects.create_user(invitation.email, password, name=invitation.name)
    elif not user.is_active:
        raise InvitationRefused(_("Your account is closed. To reopen it, contact an administrator at your office."))
    refuse_own_role(user.email, by=invitation.invited_by)
    remove_outdated_addresses(user)
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    if invitation.producer is not None:
        _grant_role(user, invitation)
    return user


def remove_outdated_addresses(user: User) -> None:
    """Remove the addresses that allauth still stores for a user, although the user now has another address.

    Also remove the user's present address from other accounts, because it may have belonged to another person before.
    With an address that is no longer theirs, people could still sign in, and would get the link to choose a new
    password of the account. The present address of an account is never removed.
    """
    stored = EmailAddress.objects.alias(address=Lower("email"), present=Lower("user__email"))
    outdated = stored.exclude(address=F("present"))
    outdated.filter(Q(user=user) | Q(address=user.email.lower())).delete()


def _grant_role(user: User, invitation: Invitation) -> None:
    """Grant the role. Also link the account to the producer's contacts that have the same email address.

    :raises InvitationRefused: if the role was removed since the invitation was sent.
    """
    key = {"user": user, "producer": invitation.producer, "role": invitation.role}
    if not Membership.objects.filter(**key).exists():
        # A second open invitation, such as an expired one that was sent again, must not give back a removed role.
        if _has_held_role(key, since=invitation.expires_at - VALID_FOR):
            sentence = _("This role was removed after the invitation was sent. Ask for a new invitation.")
            raise InvitationRefused(sentence)
        membership = Membership(**key)
        # The history must name the person who granted the role, not the person who received the role.
        membership._history_user = invitation.invited_by  # type: ignore[attr-defined]  # django-simple-history's way
        membership.save()
        record_rows({Membership: [membership.pk]})
    for contact in Contact.objects.filter(producer=invitation.producer, email__iexact=user.email, user=None):
        contact.user = user
        contact._history_user = invitation.invited_by  # type: ignore[attr-defined]  # django-simple-history's way
        contact.save(update_fields=["user"])


def _has_held_role(key: dict[str, Any], *, since: datetime) -> bool:
    """Return whether a person held a role at an instant or at any time after it.

    :param key: the user, the producer and the role.
    """
    held = Membership.history.filter(**key)
    # Read the complete history of each membership, because an administrator can change the role of a row.
    rows = Membership.history.filter(id__in=held.values("id")).order_by("history_date", "history_id")
    in_force = {row.id: row.pk for row in rows.filter(history_date__lte=since)}
    return bool(held.filter(Q(history_date__gt=since) | Q(pk__in=in_force.values()) & ~Q(history_type="-")).exists())


def is_valid(invitation: Invitation, at: datetime) -> bool:
    """Return whether an invitation is open and its sender may still grant the role."""
    return invitation.is_open_at(at) and _may_grant(invitation.invited_by, invitation.role, invitation.producer)


def _open_row(invitation: Invitation) -> QuerySet[Invitation]:
    same = Invitation.objects.filter(pk=invitation.pk, digest=invitation.digest, erased_at=None)
    return same.filter(accepted_at=None, withdrawn_at=None)


def _may_grant(person: User, role: str | None, producer: Producer | None) -> bool:
    if not role or producer is None:
        return not role and producer is None and administers_people(person)
    return may_grant(person, Role(role), producer)


def _check_may_grant(person: User, role: str | None, producer: Producer | None) -> None:
    if not _may_grant(person, role, producer):
        raise NotYours(f"{person} may not invite anyone to be {role} of {producer}.")


def refuse_own_role(address: str, *, by: User) -> None:
    """Check that people, including administrators, do not grant a role to themselves.

    :raises InvitationRefused: if the address belongs to the person who grants the role.
    """
    if address.lower() == by.email.lower():
        sentence = _("You cannot give yourself a role. Ask a Head of Profession or another administrator.")
        raise InvitationRefused(sentence, field="email")


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()

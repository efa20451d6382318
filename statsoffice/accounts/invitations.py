"""Invitations, whose link works once and within a week."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from releases.models import Contact, Membership, Producer
from releases.models.event import record_rows
from releases.permissions import NotYours, Person
from releases.rules.lifecycle import LEADS, Role
from statsoffice.accounts import permissions
from statsoffice.accounts.models import Invitation, User
from statsoffice.accounts.permissions import administers_people, inviting_roles, producers_invited_to

VALID_FOR = timedelta(days=7)


class InvitationRefused(Exception):
    """An invitation that is not sent or not accepted; the message is one sentence for the person."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def may_grant(person: Person, role: Role, producer: Producer) -> bool:
    """Return whether a person may invite others to a role.

    Heads of Profession and deputies may invite to every role. Others may grant only roles with no more permissions than
    their own.
    """
    if administers_people(person):
        return True
    return any(held in LEADS or permissions.includes(held, role) for held in inviting_roles(person, producer))


def grantable_roles(person: Person) -> tuple[Role, ...]:
    """Return the roles to which a person may invite others for at least one producer, in order."""
    producers = list(producers_invited_to(person))
    return tuple(role for role in Role if any(may_grant(person, role, producer) for producer in producers))


def manageable_invitations(person: Person) -> QuerySet[Invitation]:
    """Return the invitations to roles that a person may grant, except redacted ones."""
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
    """Record an invitation, and return it with the secret of its link, which is not stored.

    Without a producer and role, the person gets only an account.

    :raises NotYours: if the person who invites may not grant this role there.
    :raises InvitationRefused: if the same invitation is open, or if the invited person already holds this role or is
        the person who invites.
    """
    _check_may_grant(by, role, producer)
    address = email.strip().lower()
    refuse_own_role(address, by=by)
    the_same = Q(email=address, producer=producer, role=role or "", accepted_at=None, withdrawn_at=None)
    if Invitation.objects.filter(the_same, expires_at__gt=at).exists():
        sentence = _("You have already invited %(email)s to this role. Send that invitation again.")
        raise InvitationRefused(sentence % {"email": address}, field="email")
    if role and Membership.objects.filter(user__email__iexact=address, producer=producer, role=role).exists():
        raise InvitationRefused(_("%(email)s already has this role.") % {"email": address}, field="email")
    secret = secrets.token_urlsafe(32)
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


def send_again(invitation: Invitation, *, by: User, at: datetime) -> str:
    """Make a new link for an invitation, valid for a week, and return its secret; the old link no longer works.

    :raises NotYours: if the person may not grant this role.
    :raises InvitationRefused: if the invitation was accepted or withdrawn, or is to the person's own address.
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
    """End an invitation, so that its link no longer works.

    :raises NotYours: if the person may not grant this role.
    :raises InvitationRefused: if it was accepted or withdrawn.
    """
    _check_may_grant(by, invitation.role, invitation.producer)
    if not _open_row(invitation).update(withdrawn_at=at, withdrawn_by=by):
        raise InvitationRefused(_("This invitation has been accepted or withdrawn."))


def find(secret: str, *, at: datetime) -> Invitation | None:
    """Return the invitation of a link, if the link is valid."""
    found = Invitation.objects.select_related("producer", "invited_by").filter(digest=_digest(secret)).first()
    return found if found and _is_valid(found, at) else None


def find_open(email: str, *, at: datetime) -> Invitation | None:
    open_ones = Invitation.objects.select_related("producer", "invited_by").filter(
        email__iexact=email, accepted_at=None, withdrawn_at=None, expires_at__gt=at
    )
    return next((found for found in open_ones if _is_valid(found, at)), None)


def existing_account(invitation: Invitation) -> User | None:
    return User.objects.filter(email__iexact=invitation.email).first()


def accept(invitation: Invitation, *, password: str | None, at: datetime) -> User:
    """Create the account or find the existing one, grant the role, and return the account. This works once.

    The person has shown that the address is theirs: they had its link, or signed in with it.

    :param password: the validated password of a new account; None if the account exists, or if the person signs in with
        the office's provider.
    :raises InvitationRefused: if the invitation is not valid any more.
    """
    try:
        with transaction.atomic():
            return _accept(invitation, password=password, at=at)
    except IntegrityError as clash:
        sentence = _("Something else changed this account at the same time. Open the link again.")
        raise InvitationRefused(sentence) from clash


def _accept(invitation: Invitation, *, password: str | None, at: datetime) -> User:
    if not _is_valid(invitation, at) or not _open_row(invitation).update(accepted_at=at):
        raise InvitationRefused(_("This invitation has been used or withdrawn, or it has expired."))
    user = existing_account(invitation)
    if user is None:
        user = User.objects.create_user(invitation.email, password, name=invitation.name)
    elif not user.is_active:
        raise InvitationRefused(_("Your account is closed. To reopen it, contact an administrator at your office."))
    refuse_own_role(user.email, by=invitation.invited_by)
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    if invitation.producer is not None:
        _grant_role(user, invitation)
    return user


def _grant_role(user: User, invitation: Invitation) -> None:
    """Grant the role, and link the producer's contacts with this address to the account."""
    key = {"user": user, "producer": invitation.producer, "role": invitation.role}
    if not Membership.objects.filter(**key).exists():
        membership = Membership(**key)
        # The contact's history names the person who granted the role, not the one who received it.
        membership._history_user = invitation.invited_by  # type: ignore[attr-defined]  # django-simple-history's way
        membership.save()
        record_rows({Membership: [membership.pk]})
    for contact in Contact.objects.filter(producer=invitation.producer, email__iexact=user.email, user=None):
        contact.user = user
        contact._history_user = invitation.invited_by  # type: ignore[attr-defined]  # django-simple-history's way
        contact.save(update_fields=["user"])


def _is_valid(invitation: Invitation, at: datetime) -> bool:
    """Return whether an invitation is open, and the person who sent it may still grant its role."""
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
    """Refuse a role that a person grants to themselves, whatever their other permissions.

    :raises InvitationRefused: if the address is that of the person who grants the role.
    """
    if address.lower() == by.email.lower():
        sentence = _("You cannot give yourself a role. Ask a Head of Profession or another administrator.")
        raise InvitationRefused(sentence, field="email")


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()

"""Invitations: a link that works once, within a week, and creates an account; and the emails about accounts."""

import secrets
import smtplib
from datetime import datetime, timedelta
from hashlib import sha256

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from releases.models import Contact, Membership, Producer
from releases.models.code_words import WORDS
from releases.models.event import record_rows
from releases.permissions import NotYours, Person
from releases.rules import london
from releases.rules.lifecycle import LEADS, Role
from statsoffice.accounts import permission_matrix
from statsoffice.accounts.models import Invitation, User
from statsoffice.accounts.permissions import administers_people, inviting_roles, producers_invited_to
from statsoffice.notifications import html

VALID_FOR = timedelta(days=7)


class InvitationRefused(Exception):
    """Why somebody is not invited, or an invitation not accepted; one sentence for people."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def may_give(person: Person, role: Role, producer: Producer) -> bool:
    """Tell whether a person may invite others to a role.

    Leads invite to every role, a deputy to that of the Head of Profession too, whose place they take; whoever else
    invites gives no role that may do what they may not.
    """
    if administers_people(person):
        return True
    return any(held in LEADS or permission_matrix.includes(held, role) for held in inviting_roles(person, producer))


def roles_given(person: Person) -> tuple[Role, ...]:
    """Return the roles to which a person may invite others for at least one producer, in the order of the roles."""
    producers = list(producers_invited_to(person))
    return tuple(role for role in Role if any(may_give(person, role, producer) for producer in producers))


def kept_by(person: Person) -> QuerySet[Invitation]:
    """Return the invitations that a person looks after: those to roles that they give themselves.

    Of whom nothing is kept any more, nobody can be invited again.
    """
    standing = Invitation.objects.filter(erased_at=None)
    if administers_people(person):
        return standing
    theirs = Q(pk__in=[])
    for producer in producers_invited_to(person):
        theirs |= Q(producer=producer, role__in=[role for role in Role if may_give(person, role, producer)])
    return standing.filter(theirs)


def invite(
    *, email: str, name: str, producer: Producer | None, role: Role | None, by: User, at: datetime
) -> tuple[Invitation, str]:
    """Record an invitation, and return it with the secret of its link, which is kept nowhere.

    :param producer: where they are to hold the role; without one they get an account and no role.
    :raises NotYours: if the person who invites may not give this role there.
    :raises InvitationRefused: if the same is open already, they hold this role, or they are the person who invites.
    """
    _check_may_give(by, role, producer)
    address = email.strip().lower()
    refuse_own_role(address, by=by)
    the_same = Q(email=address, producer=producer, role=role or "", accepted_at=None, withdrawn_at=None)
    if Invitation.objects.filter(the_same, expires_at__gt=at).exists():
        sentence = _("%(email)s has been invited to this already. Send that invitation again instead.")
        raise InvitationRefused(sentence % {"email": address}, field="email")
    if role and Membership.objects.filter(user__email__iexact=address, producer=producer, role=role).exists():
        raise InvitationRefused(_("%(email)s holds this role already.") % {"email": address}, field="email")
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
    """Give an invitation a new link and a new week, and return the new secret; the old link no longer works.

    :raises NotYours: if the person may not give this role.
    :raises InvitationRefused: if it was accepted or withdrawn, or is their own.
    """
    _check_may_give(by, _role_of(invitation), invitation.producer)
    refuse_own_role(invitation.email, by=by)
    secret = secrets.token_urlsafe(32)
    renewed = _not_ended(invitation).update(digest=_digest(secret), expires_at=at + VALID_FOR, invited_by=by)
    if not renewed:
        raise InvitationRefused(_("This invitation was accepted or withdrawn meanwhile."))
    invitation.refresh_from_db()
    return secret


def withdraw(invitation: Invitation, *, by: User, at: datetime) -> None:
    """End an invitation, so that its link no longer works.

    :raises NotYours: if the person may not give this role.
    :raises InvitationRefused: if it was accepted or withdrawn.
    """
    _check_may_give(by, _role_of(invitation), invitation.producer)
    if not _not_ended(invitation).update(withdrawn_at=at, withdrawn_by=by):
        raise InvitationRefused(_("This invitation was accepted or withdrawn meanwhile."))


def find(secret: str, *, at: datetime) -> Invitation | None:
    """Return the invitation to which a link leads, if the link still works."""
    found = Invitation.objects.select_related("producer", "invited_by").filter(digest=_digest(secret)).first()
    return found if found and _still_stands(found, at) else None


def open_for(email: str, *, at: datetime) -> Invitation | None:
    """Return the latest open invitation of an e-mail address."""
    open_ones = Invitation.objects.select_related("producer", "invited_by").filter(
        email__iexact=email, accepted_at=None, withdrawn_at=None, expires_at__gt=at
    )
    return next((found for found in open_ones if _still_stands(found, at)), None)


def account_of(invitation: Invitation) -> User | None:
    """Return the account that its address has already."""
    return User.objects.filter(email__iexact=invitation.email).first()


def accept(invitation: Invitation, *, password: str | None, at: datetime) -> User:
    """Make the account, or take the one that there is, give it the role, and return it; once only.

    Whoever comes here has shown that the address is theirs: they had its link, or signed in with it.

    :param password: of a new account, checked already; without one they sign in by the office's own provider.
    :raises InvitationRefused: if the invitation no longer stands.
    """
    try:
        with transaction.atomic():
            return _accept(invitation, password=password, at=at)
    except IntegrityError as clash:
        sentence = _("Something else was done with this address at the same moment. Open the link again.")
        raise InvitationRefused(sentence) from clash


def _accept(invitation: Invitation, *, password: str | None, at: datetime) -> User:
    if not _still_stands(invitation, at) or not _not_ended(invitation).update(accepted_at=at):
        raise InvitationRefused(_("This invitation has been used, withdrawn, or its time is over."))
    user = account_of(invitation)
    if user is None:
        user = User.objects.create_user(invitation.email, password, name=invitation.name)
    elif not user.is_active:
        raise InvitationRefused(_("This account is closed. Ask an administrator to open it again."))
    refuse_own_role(user.email, by=invitation.invited_by)
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    if invitation.producer is not None:
        _give_role(user, invitation)
        _know_as_contact(user, invitation)
    return user


def _give_role(user: User, invitation: Invitation) -> None:
    key = {"user": user, "producer": invitation.producer, "role": invitation.role}
    if not Membership.objects.filter(**key).exists():
        membership = Membership(**key)
        # Its history names who gave the role, and not who received it.
        membership._history_user = invitation.invited_by  # type: ignore[attr-defined]  # django-simple-history's way
        membership.save()
        record_rows({Membership: [membership.pk]})


def _know_as_contact(user: User, invitation: Invitation) -> None:
    """Let the producer's contact of this address be the person, so that what is theirs is told to their account."""
    for contact in Contact.objects.filter(producer=invitation.producer, email__iexact=user.email, user=None):
        contact.user = user
        contact._history_user = invitation.invited_by  # type: ignore[attr-defined]  # django-simple-history's way
        contact.save(update_fields=["user"])


def _still_stands(invitation: Invitation, at: datetime) -> bool:
    """Tell whether its time is not over, and whoever invited could still do so."""
    return invitation.is_open_at(at) and _may_give(invitation.invited_by, _role_of(invitation), invitation.producer)


def _not_ended(invitation: Invitation) -> QuerySet[Invitation]:
    same = Invitation.objects.filter(pk=invitation.pk, digest=invitation.digest, erased_at=None)
    return same.filter(accepted_at=None, withdrawn_at=None)


def _role_of(invitation: Invitation) -> Role | None:
    return Role(invitation.role) if invitation.role else None


def _may_give(person: User, role: Role | None, producer: Producer | None) -> bool:
    if role is None or producer is None:
        return role is None and producer is None and administers_people(person)
    return may_give(person, role, producer)


def _check_may_give(person: User, role: Role | None, producer: Producer | None) -> None:
    if not _may_give(person, role, producer):
        message = f"{person} may not invite anybody to be {role} of {producer}."
        raise NotYours(message)


def refuse_own_role(address: str, *, by: User) -> None:
    """Refuse to give a role to oneself, whatever else one may do.

    :raises InvitationRefused: if the address is that of the person who gives the role.
    """
    if address.lower() == by.email.lower():
        sentence = _("You cannot give a role to yourself. Ask a Head of Profession or another administrator.")
        raise InvitationRefused(sentence, field="email")


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


class NotSent(Exception):
    """The mail server did not take the mail; its message says what the server said."""


def send_invitation(invitation: Invitation, *, secret: str) -> None:
    """Hand the mail with an invitation's link to the mail server.

    It does not wait in the outbox: there the link would stand in the database for everybody who reads it.

    :raises NotSent: if the server cannot be reached or refuses.
    """
    subject = _("You are invited to %(office)s") % {"office": settings.OFFICE_NAME}
    text = invitation_text(invitation, secret=secret)
    mail = EmailMultiAlternatives(subject=subject, body=text, to=[invitation.email])
    mail.attach_alternative(html.written(subject=subject, text=text), "text/html")
    try:
        mailers.default.send_messages([mail])
    except (OSError, ValueError, smtplib.SMTPException) as fault:
        raise NotSent(str(fault)) from fault


def invitation_text(invitation: Invitation, *, secret: str) -> str:
    """Return the words of the mail."""
    facts = {
        "name": invitation.name,
        "by": invitation.invited_by,
        "office": settings.OFFICE_NAME,
        "role": WORDS.get(invitation.role, ""),
        "producer": invitation.producer,
        "until": london.format_moment(invitation.expires_at),
        "address": settings.ADDRESS + reverse("account_invited", args=[secret]),
    }
    invited = (
        _("%(by)s invites you to the release desk of %(office)s, as %(role)s of %(producer)s.")
        if invitation.producer
        else _("%(by)s invites you to the release desk of %(office)s.")
    )
    paragraphs = (
        _("Dear %(name)s,"),
        invited,
        _("Open this link to accept. It works once, until %(until)s:\n%(address)s"),
        _("If you do not know what this is about, delete this message: without the link nothing happens."),
    )
    return "\n\n".join(paragraph % facts for paragraph in paragraphs)


class NotTold(Exception):
    """The mail server did not take the mail; its message says what the server said."""


def notify_old_address(user: User, *, old_address: str, by: User) -> None:
    """Tell the old address of an account that the account has another one now, and who changed it.

    Whoever holds the address of an account can ask for a new password, and so sign in.

    :raises NotTold: if the mail server cannot be reached or refuses.
    """
    facts = {"name": user.name, "by": by, "office": settings.OFFICE_NAME, "old": old_address, "new": user.email}
    subject = _("The address of your account at %(office)s was changed") % facts
    paragraphs = (
        _("Dear %(name)s,"),
        _("%(by)s changed the e-mail address of your account at the release desk of %(office)s."),
        _("It was %(old)s and is now %(new)s. A link for a new password goes there from now on."),
        _("If you did not ask for this, tell your administrator and your Head of Profession at once."),
    )
    text = "\n\n".join(paragraph % facts for paragraph in paragraphs)
    mail = EmailMultiAlternatives(subject=subject, body=text, to=[old_address])
    mail.attach_alternative(html.written(subject=subject, text=text), "text/html")
    try:
        mailers.default.send_messages([mail])
    except (OSError, ValueError, smtplib.SMTPException) as fault:
        raise NotTold(str(fault)) from fault

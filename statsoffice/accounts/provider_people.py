"""Whom somebody is here who signed in with the office's own provider: a known person, an invited one, or nobody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from statsoffice.accounts import invitations
from statsoffice.accounts.invitations import InvitationRefused
from statsoffice.accounts.models import User

# The column that keeps it is no longer.
LONGEST_SUBJECT = 191


class NotLetIn(Exception):
    """Why somebody is not let in; one sentence for people."""

    def __init__(self, sentence: str, *, email: str) -> None:
        super().__init__(sentence)
        self.email = email


def let_in(claims: Mapping[str, Any], *, issuer: str, at: datetime) -> User:
    """Return whose account a person opens, and link it to them where it was not; nothing is kept of others.

    From the first sign-in on, an account is the one of the provider's `sub`, and no longer of whoever has its e-mail
    address there (decision 44).

    :param claims: what the provider says of them, verified.
    :raises NotLetIn: if they are not known, or the address is not verified, or the account is closed or another's.
    """
    email, subject = str(claims.get("email") or "").strip(), str(claims["sub"])
    if not email or claims.get("email_verified") is not True:
        raise NotLetIn(_("The provider does not say that your e-mail address is verified."), email="")
    # Databases fold the case of letters beyond ASCII, so that two addresses would be one.
    if not email.isascii() or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise NotLetIn(_("The provider names you in a way that cannot be kept here."), email=email)
    try:
        with transaction.atomic():
            return _linked(subject, issuer=issuer, email=email) or _link(subject, issuer=issuer, email=email, at=at)
    except InvitationRefused as refusal:
        raise NotLetIn(str(refusal), email=email) from refusal
    except IntegrityError as clash:
        sentence = _("Something else was done with your account at the same moment. Sign in again.")
        raise NotLetIn(sentence, email=email) from clash


def _linked(subject: str, *, issuer: str, email: str) -> User | None:
    link = SocialAccount.objects.filter(provider=issuer, uid=subject).select_related("user").first()
    if link is None:
        return None
    if not link.user.is_active:
        raise _closed(email)
    user: User = link.user
    return user


def _link(subject: str, *, issuer: str, email: str, at: datetime) -> User:
    user = User.objects.select_for_update().filter(email__iexact=email).first()
    if user is None:
        user = _invited(email, at=at)
    if not user.is_active:
        raise _closed(email)
    if SocialAccount.objects.filter(provider=issuer, user=user).exists():
        sentence = _(
            "This e-mail address belonged to somebody else at the provider when it was first used here. "
            "Ask an administrator to remove that link."
        )
        raise NotLetIn(sentence, email=email)
    SocialAccount.objects.create(provider=issuer, uid=subject, user=user, extra_data={})
    return user


def _invited(email: str, *, at: datetime) -> User:
    invitation = invitations.open_for(email, at=at)
    if invitation is None:
        sentence = _(
            "Nobody here has the e-mail address %(email)s, and it is not invited. "
            "Ask your Head of Profession or one of the office’s administrators for an invitation."
        )
        raise NotLetIn(sentence % {"email": email}, email=email)
    return invitations.accept(invitation, password=None, at=at)


def _closed(email: str) -> NotLetIn:
    return NotLetIn(_("This account is closed. Ask an administrator to open it again."), email=email)

"""Emails about accounts: invitations, links for a new password, and changes to an account.

These emails are not sent through the outbox, because the outbox stores emails in the database, where other people could
read the links.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from secrets import token_hex

from django.conf import settings
from django.core.mail import mailers
from django.urls import reverse

from releases.models.append_only import WORDS
from releases.rules import calendar
from statsoffice.accounts.invitations import existing_account
from statsoffice.accounts.models import Invitation, User
from statsoffice.notifications.html import compose_email, render_text
from statsoffice.notifications.notification import shorten


class NotSent(Exception):
    """An email could not be sent. The message gives the reason."""


def send_invitation(invitation: Invitation, *, secret: str) -> None:
    """Send the email with an invitation's link.

    :raises NotSent: if the mail server cannot be reached or refuses the email.
    """
    context = {
        "person": invitation.name,
        "by": invitation.invited_by,
        "role": WORDS.get(invitation.role, ""),
        "producer": invitation.producer,
        "has_account": existing_account(invitation) is not None,
        "until": calendar.format_moment(invitation.expires_at),
        "link": settings.ADDRESS + reverse("account_invited", args=[secret]),
    }
    _send("invitation", invitation.email, context)


def send_password_link(user: User, *, link: str, at: datetime) -> None:
    """Send a link to choose a new password.

    :raises NotSent: if the mail server cannot be reached or refuses the email.
    """
    until = calendar.format_moment(at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT))
    _send("new_password", user.email, {"person": user.name, "until": until, "link": link})


def notify_of_change(user: User, *, change: str, ip: str, user_agent: str, at: datetime) -> None:
    """Email a user about a change to the way they sign in.

    :param change: a sentence that describes the change, without a full stop.
    :raises NotSent: if the mail server cannot be reached or refuses the email.
    """
    moment = calendar.format_moment(at)
    context = {"person": user.name, "change": change, "moment": moment, "ip": ip, "user_agent": user_agent}
    _send("account_changed", user.email, context)


def notify_old_address(user: User, *, old_address: str, by: User) -> None:
    """Send a warning to the old address of an account after the address has been changed.

    The email says who changed the address, because the holder of the new address can request a new password and sign
    in.

    :raises NotSent: if the mail server cannot be reached or refuses the email.
    """
    context = {"person": user.name, "by": by, "old": old_address, "new": user.email}
    _send("address_changed", old_address, context)


def _send(template: str, address: str, context: Mapping[str, object]) -> None:
    subject, text = render_text(f"accounts/email/{template}.txt", context)
    mail = compose_email(name=token_hex(16), subject=shorten(subject), text=text, to=address)
    try:
        mailers.default.send_messages([mail])
    except (OSError, ValueError) as fault:  # OSError: any SMTP error. ValueError: a line break in a header.
        raise NotSent(str(fault)) from fault

"""The mail by which a person is invited; it alone carries the link."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.urls import reverse
from django.utils.translation import gettext as _

from releases.models.code_words import WORDS
from releases.rules import london
from statsoffice.accounts.models import Invitation
from statsoffice.messages import html


class NotSent(Exception):
    """The mail server did not take the mail; its message says what the server said."""


def send(invitation: Invitation, *, secret: str) -> None:
    """Hand the mail with an invitation's link to the mail server.

    It does not wait in the outbox: there the link would stand in the database for everybody who reads it.

    :raises NotSent: if the server cannot be reached or refuses.
    """
    subject = _("You are invited to %(office)s") % {"office": settings.OFFICE_NAME}
    text = written(invitation, secret=secret)
    mail = EmailMultiAlternatives(subject=subject, body=text, to=[invitation.email])
    mail.attach_alternative(html.written(subject=subject, text=text), "text/html")
    try:
        mailers.default.send_messages([mail])
    except (OSError, ValueError, smtplib.SMTPException) as fault:
        raise NotSent(str(fault)) from fault


def written(invitation: Invitation, *, secret: str) -> str:
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

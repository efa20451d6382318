"""The mail by which somebody learns at their old address that an administrator gave their account another one."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.utils.translation import gettext as _

from statsoffice.accounts.models import User
from statsoffice.messages import html


class NotTold(Exception):
    """The mail server did not take the mail; its message says what the server said."""


def tell(user: User, *, old_address: str, by: User) -> None:
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

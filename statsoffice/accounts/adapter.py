"""How people come to have an account: an administrator makes it; nobody signs up."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as lazy

logger = logging.getLogger(__name__)


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Closes the sign-up page, which django-allauth leaves open by default, and words its errors plainly."""

    error_messages = DefaultAccountAdapter.error_messages | {
        # The same words whether the address or the password is wrong: who has an account is nobody's business.
        "email_password_mismatch": lazy("The e-mail address or the password is wrong"),
        "too_many_login_attempts": lazy(
            "There were too many attempts to sign in. Wait five minutes and try again, or sign in with a passkey"
        ),
        "rate_limited": lazy("There were too many attempts. Wait five minutes and try again"),
        "incorrect_password": lazy("The password is wrong"),
        "enter_current_password": lazy("This is not your password now"),
    }

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Tell whether a password is the one of whoever is signed in; it counts as an attempt to sign in."""
        return bool(self.authenticate(context.request, email=user.email, password=password) == user)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell a person at their own address of what was changed of their account.

        The change is made already; where the mail server is away, it stays made, and the log says so.
        """
        try:
            super().send_notification_mail(template_prefix, user, context, email or user.email)
        except OSError:
            logger.exception("A person was not told by mail of a change of their account: %s", template_prefix)

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # allauth's signature
        """Refuse every sign-up."""
        return False

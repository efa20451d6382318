"""An adapter for django-allauth that closes the sign-up page and limits wrong passwords."""

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal.httpkit import HTTP_USER_AGENT_MAX_LENGTH
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as lazy

from statsoffice.accounts import emails
from statsoffice.middleware import client_of

logger = logging.getLogger(__name__)


KNOWN_SECONDS = 90 * 24 * 60 * 60

# Descriptions of account changes. The keys are the names of allauth's email templates.
CHANGES = {
    "account/email/password_changed": lazy("Your password has been changed"),
    "account/email/password_reset": lazy("Your password has been changed"),
    "account/email/password_set": lazy("A password has been added to your account"),
    "mfa/email/totp_activated": lazy("An authenticator app has been added to your account"),
    "mfa/email/totp_deactivated": lazy("The authenticator app has been removed from your account"),
    "mfa/email/recovery_codes_generated": lazy("New recovery codes have been created for your account"),
    "mfa/email/webauthn_added": lazy("A passkey has been added to your account"),
    "mfa/email/webauthn_removed": lazy("A passkey has been removed from your account"),
}
CHANGE = lazy("Your account has been changed")


def _network(request: HttpRequest, *, account: str) -> str:
    """Return a cache key for an account and the client's network. The key is a digest, so the network is not stored."""
    return f"known-network:{salted_hmac(__name__, f'{account} {client_of(request)}', algorithm='sha256').hexdigest()}"


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Close the sign-up page, which is open by default, and use our own error messages."""

    error_messages = DefaultAccountAdapter.error_messages | {
        # Use one message for a wrong address and a wrong password. Two messages would reveal who has an account.
        "email_password_mismatch": lazy("Your email address or password is incorrect"),
        "too_many_login_attempts": lazy(
            "You have tried to sign in too many times. Wait 5 minutes and try again, or sign in with a passkey"
        ),
        "rate_limited": lazy("You have tried too many times. Wait 5 minutes and try again"),
        "incorrect_password": lazy("Your password is incorrect"),
        "enter_current_password": lazy("Your current password is incorrect"),
    }

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return the cache key under which wrong passwords for an account are counted.

        Each network from which the account has signed in has its own count. All other networks share one count. So an
        attacker gets no more attempts by changing networks, and cannot lock out a person on a network from which the
        person has signed in before.
        """
        account = str(super()._get_login_attempts_cache_key(request, **credentials))
        network = _network(request, account=account)
        return network if cache.get(network) else account

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        account = super()._get_login_attempts_cache_key(request, email=user.email)
        cache.set(_network(request, account=account), "known", KNOWN_SECONDS)

    def reauthenticate(self, user: Any, password: str) -> bool:
        return bool(self.authenticate(context.request, email=user.email, password=password) == user)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return a link that uses `settings.ADDRESS`, because the host of the request could be forged."""
        return str(settings.ADDRESS + urlsplit(super().get_reset_password_from_key_url(key)).path)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Send the link to choose a new password.

        If the email cannot be sent, log the error. An error on the page would reveal that the account exists.
        """
        try:
            emails.send_password_link(user, link=context["password_reset_url"], at=timezone.now())
        except emails.NotSent:
            logger.exception("The email with the link for a new password could not be sent")

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Email a person about a change to their account. If the email cannot be sent, log the error."""
        try:
            emails.notify_of_change(
                user,
                change=str(CHANGES.get(template_prefix, CHANGE)),
                ip=self.get_client_ip(self.request),
                user_agent=self.get_http_user_agent(self.request)[:HTTP_USER_AGENT_MAX_LENGTH],
                at=timezone.now(),
            )
        except emails.NotSent:
            logger.exception("The email about a change to an account could not be sent: %s", template_prefix)

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # allauth's signature
        return False

"""The adapter of django-allauth: accounts by invitation only, and a limit of wrong passwords."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as lazy

from statsoffice.middleware import client_of

logger = logging.getLogger(__name__)


KNOWN_SECONDS = 90 * 24 * 60 * 60


def _network(request: HttpRequest, *, account: str) -> str:
    """Return a digest of an account and its network, so that the network is not stored."""
    return f"known-network:{salted_hmac(__name__, f'{account} {client_of(request)}', algorithm='sha256').hexdigest()}"


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Close the sign-up page, which is open by default, and use our own error messages."""

    error_messages = DefaultAccountAdapter.error_messages | {
        # One message for a wrong address and a wrong password, so that it does not reveal who has an account.
        "email_password_mismatch": lazy("Your email address or password is incorrect"),
        "too_many_login_attempts": lazy(
            "You have tried to sign in too many times. Wait 5 minutes and try again, or sign in with a passkey"
        ),
        "rate_limited": lazy("You have tried too many times. Wait 5 minutes and try again"),
        "incorrect_password": lazy("Your password is incorrect"),
        "enter_current_password": lazy("Your current password is incorrect"),
    }

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count wrong passwords by account, and separately where the account has signed in from this network before.

        All other networks share one count. An attacker elsewhere can try no more passwords than with one count, and
        cannot lock a person out of the office's own network.
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

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Notify a person of a change of their account. An error of the mail server is logged."""
        try:
            super().send_notification_mail(template_prefix, user, context, email or user.email)
        except OSError:
            logger.exception("A person was not notified by email of a change of their account: %s", template_prefix)

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # allauth's signature
        return False

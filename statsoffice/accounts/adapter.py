"""How people come to have an account: an administrator makes it; nobody signs up."""

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
    """Name the network of a request and an account by a digest: which people use which networks is not stored."""
    return f"known-network:{salted_hmac(__name__, f'{account} {client_of(request)}', algorithm='sha256').hexdigest()}"


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

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count wrong passwords by account, and separately where the account has signed in from this network before.

        All other networks share one count. Somebody elsewhere can therefore guess no more often than before, and can
        no longer keep a person out of the office's own network.
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
        """Tell a person at their own address of what was changed of their account.

        The change is made already; where the mail server is away, it stays made, and the log says so.
        """
        try:
            super().send_notification_mail(template_prefix, user, context, email or user.email)
        except OSError:
            logger.exception("A person was not told by mail of a change of their account: %s", template_prefix)

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # allauth's signature
        return False

"""How people come to have an account: an administrator makes it; nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as lazy


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Closes the sign-up page, which django-allauth leaves open by default, and words its errors plainly."""

    error_messages = DefaultAccountAdapter.error_messages | {
        # The same words whether the address or the password is wrong: who has an account is nobody's business.
        "email_password_mismatch": lazy("The e-mail address or the password is wrong"),
        "too_many_login_attempts": lazy("There were too many attempts to sign in. Wait some minutes and try again"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # allauth's signature
        """Refuse every sign-up."""
        return False

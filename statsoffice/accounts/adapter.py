"""How people come to have an account: an administrator makes it; nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Closes the sign-up page, which django-allauth leaves open by default."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # allauth's signature
        """Refuse every sign-up."""
        return False

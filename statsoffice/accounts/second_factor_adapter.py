"""How second factors are kept: secrets encrypted, the last one never given up by somebody who must have one."""

import base64
from hashlib import sha256

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes
from django.utils.translation import gettext_lazy as lazy

from statsoffice.accounts.second_factor import is_their_last


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Encrypts what the database keeps, and words the errors."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": lazy("This code is wrong, or it was used already. Enter the one that is shown now"),
        "cannot_delete_authenticator": lazy("Your role needs a second step. Set another one up before you remove this"),
    }

    def encrypt(self, text: str) -> str:
        """Return a secret as the database keeps it: who reads a backup has nobody's second factor."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret that was encrypted with SECRET_KEY or one of SECRET_KEY_FALLBACKS.

        :raises cryptography.fernet.InvalidToken: if it was encrypted with another key.
        """
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Refuse to leave somebody without the second factor that they must have."""
        return not is_their_last(authenticator)

    def build_totp_svg(self, url: str) -> str:
        """Return the code to be photographed as a drawing that can stand within a page."""
        drawing = super().build_totp_svg(url)
        return str(drawing[drawing.index("<svg") :])


def _cipher() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_key(secret))) for secret in keys])


def _key(secret: str | bytes) -> bytes:
    return sha256(b"statsoffice.accounts.second_factor:" + force_bytes(secret)).digest()

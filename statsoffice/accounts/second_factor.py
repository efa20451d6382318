"""Second factors: who must have one, who has one, and how their secrets are stored."""

from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as lazy

from releases.permissions import roles_anywhere
from statsoffice import encryption
from statsoffice.accounts.models import User

ADMINISTRATOR = "administrator"
# Do not change this text, even if the module is renamed, because stored secrets can only be decrypted with it.
PURPOSE = "statsoffice.accounts.second_factor"
# Recovery codes are not included. They help people who have lost a factor, but do not count as a factor themselves.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

# An app shows a code for one period. We also accept the code for TOTP_TOLERANCE periods before and after this period.
CODE_VALID_SECONDS = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)


def use_code(person: User, code: str) -> bool:
    """Mark a code from a person's authenticator app as used. Return False if the code was used before.

    This function is needed because allauth itself marks a code as used for one period only, and does not mark the code
    that activates the app.
    """
    digits = "".join(filter(str.isdigit, code))
    return cache.add(f"statsoffice.accounts.code?user={person.pk}&code={digits}", "used", CODE_VALID_SECONDS)


def requires_second_factor(person: User) -> bool:
    """Return whether the person must have a second factor, as an administrator or for one of their roles."""
    required: frozenset[str] = settings.SECOND_FACTOR
    if ADMINISTRATOR in required and (person.is_staff or person.is_superuser):
        return True
    return not required.isdisjoint(roles_anywhere(person))


def has_second_factor(person: User) -> bool:
    return bool(Authenticator.objects.filter(user=person, type__in=FACTORS).exists())


def lacks_second_factor(person: User) -> bool:
    return (
        bool(settings.SECOND_FACTOR - {"nobody"}) and not has_second_factor(person) and requires_second_factor(person)
    )


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Encrypt the stored secrets, and use our own error messages."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": lazy(
            "This code is incorrect or has already been used. Enter the code that the app shows now"
        ),
        "cannot_delete_authenticator": lazy(
            "Your role needs a second step. Set up another one before you remove this one"
        ),
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a secret, so that a backup reveals no second factor."""
        return encryption.encrypt(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret with SECRET_KEY or one of SECRET_KEY_FALLBACKS.

        :raises cryptography.fernet.InvalidToken: if the secret was encrypted with another key.
        """
        return encryption.decrypt(encrypted_text, purpose=PURPOSE)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return False if this is the last second factor of a person who must have a second factor."""
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS).exclude(pk=authenticator.pk)
        is_last = authenticator.type in FACTORS and not others.exists()
        return not (is_last and requires_second_factor(authenticator.user))

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code as an SVG element for a page."""
        drawing = super().build_totp_svg(url)
        return str(drawing[drawing.index("<svg") :])

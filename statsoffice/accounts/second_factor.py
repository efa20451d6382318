"""Who must have a second factor besides a password, and whether they have one."""

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache

from releases.permissions import roles_anywhere
from statsoffice.accounts.models import User

ADMINISTRATOR = "administrator"
# Recovery codes help out where one of these is lost, and are none by themselves.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

# An app shows a code for one period. It is accepted in as many periods before and after as the settings tolerate.
CODE_VALID_SECONDS = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)


def use_code(person: User, code: str) -> bool:
    """Mark a code of a person's authenticator app as used; gives False if it was used before.

    allauth marks a code for one period only, and not the code that activates the app.
    """
    digits = "".join(filter(str.isdigit, code))
    return cache.add(f"statsoffice.accounts.code?user={person.pk}&code={digits}", "used", CODE_VALID_SECONDS)


def must_have_one(person: User) -> bool:
    """Tell whether the settings require a second factor of a person, by one of their roles or by the admin site."""
    required: frozenset[str] = settings.SECOND_FACTOR
    if ADMINISTRATOR in required and (person.is_staff or person.is_superuser):
        return True
    return not required.isdisjoint(roles_anywhere(person))


def has_one(person: User) -> bool:
    """Tell whether a person has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user=person, type__in=FACTORS).exists())


def lacks_one(person: User) -> bool:
    """Tell whether a person must have a second factor and has none."""
    return bool(settings.SECOND_FACTOR - {"nobody"}) and not has_one(person) and must_have_one(person)


def is_their_last(authenticator: Authenticator) -> bool:
    """Tell whether a person would be without the second factor that they must have, if this one were taken away."""
    others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS).exclude(pk=authenticator.pk)
    return authenticator.type in FACTORS and not others.exists() and must_have_one(authenticator.user)

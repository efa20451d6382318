"""The key by which sessions, links and cookies are signed: one that can be guessed refuses to start."""

import math
from collections.abc import Iterable
from itertools import pairwise

from django.core.exceptions import ImproperlyConfigured

from statsoffice.configuration import environment

FEWEST_CHARACTERS = 50
# A key that anybody can work out is worth nothing; 128 bits are beyond any search (NIST SP 800-57).
FEWEST_BITS = 128
# Fewer than this among fifty random characters, even of hexadecimal digits, does not happen by chance.
FEWEST_KINDS = 10
# What people write in a file in place of a key, to be replaced later.
PLACEHOLDERS = (
    "insecure",
    "changeme",
    "replaceme",
    "secretkey",
    "yoursecret",
    "placeholder",
    "password",
    "development",
)
HOW = "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(64))'"


def read(name: str, default: str, *, strict: bool) -> str:
    """Read the key from the environment.

    :param default: the key of a machine on which nothing is kept.
    :param strict: whether a weak key is refused; the default is one.
    :raises ImproperlyConfigured: if it is weak; the message says why and never shows it.
    """
    key = environment.text(name, "" if strict else default)
    if strict and (key == default or (why := weakness(key))):
        message = f"{name} {'is the one of development machines' if key == default else why}. {HOW}"
        raise ImproperlyConfigured(message)
    return key


def weakness(key: str) -> str:
    """Return why a key can be guessed, as the end of a sentence, or "" if it looks random."""
    if len(key) < FEWEST_CHARACTERS:
        return f"must be set to at least {FEWEST_CHARACTERS} random characters; it has {len(key)}"
    letters = "".join(character for character in key.lower() if character.isalnum())
    if any(word in letters for word in PLACEHOLDERS):
        return "looks like a placeholder that was never replaced"
    steps = {ord(after) - ord(before) for before, after in pairwise(key)}
    if bits(key) < FEWEST_BITS or len(set(key)) < FEWEST_KINDS or len(steps) < FEWEST_KINDS:
        return "is not random: its characters are too few or follow a pattern"
    return ""


def bits(key: str) -> float:
    """Estimate how many bits a guesser must find, counting what repeats only once."""
    return math.log2(len(set(key)) or 1) * _different(pairwise(key))


def _different(pairs: Iterable[tuple[str, str]]) -> int:
    return len(set(pairs))

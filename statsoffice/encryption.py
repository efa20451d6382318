"""Encryption of stored secrets with SECRET_KEY, so that a copy of the database reveals none of them."""

import base64
from hashlib import sha256

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


def encrypt(text: str, *, purpose: str) -> str:
    """Encrypt a secret with a key that is derived from SECRET_KEY and `purpose`.

    :param purpose: the kind of secret.
    """
    return _cipher(purpose).encrypt(text.encode()).decode()


def decrypt(encrypted: str, *, purpose: str) -> str:
    """Decrypt a secret that was encrypted with SECRET_KEY or one of SECRET_KEY_FALLBACKS.

    :raises cryptography.fernet.InvalidToken: if the secret was encrypted with another key or for another purpose.
    """
    return _cipher(purpose).decrypt(encrypted.encode()).decode()


def _cipher(purpose: str) -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_key(purpose, secret))) for secret in keys])


def _key(purpose: str, secret: str | bytes) -> bytes:
    return sha256(f"{purpose}:".encode() + force_bytes(secret)).digest()

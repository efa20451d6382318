"""Signatures of webhooks as in the Standard Webhooks specification (https://www.standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

SECRET_PREFIX = "whsec_"  # noqa: S105  # the prefix of every secret, as the specification has it
SECRET_BYTES = 32
VERSION = "v1"
TOLERANCE = timedelta(minutes=5)
MOST_SIGNATURES = 10
LONGEST_ID = 200


class NotVerified(ValueError):
    """The message has no valid signature. The text of the exception is one sentence that the sender may read."""


def make_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def make_message_id() -> str:
    return f"msg_{secrets.token_hex(16)}"


def sign(body: bytes, *, message_id: str, at: datetime, secret: str) -> str:
    """Return the signature of a message: `v1,` followed by the base64 of an HMAC-SHA256 digest."""
    return _sign(body, message_id=message_id, seconds=str(int(at.timestamp())), secret=secret)


def signed_headers(body: bytes, *, message_id: str, at: datetime, with_secrets: Iterable[str]) -> dict[str, str]:
    """Return the three headers of a message.

    :param with_secrets: the secrets to sign with. For a day after a replacement, these are the new and the old secrets.
    """
    signatures = [sign(body, message_id=message_id, at=at, secret=secret) for secret in with_secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def verify(body: bytes, headers: Mapping[str, str], *, secret: str, now: datetime) -> str:
    """Verify the signature of a message, and return the identifier of the message.

    :param headers: the names must be in lower case, unless lookups ignore case.
    :raises NotVerified: if a header is missing or invalid, no signature is valid, or the time is too far from ours.
    """
    message_id = headers.get("webhook-id", "")
    seconds = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "")
    if not (message_id and seconds and signatures):
        raise NotVerified("Send the headers webhook-id, webhook-timestamp and webhook-signature.")
    if len(message_id) > LONGEST_ID or not message_id.isprintable():
        raise NotVerified(f"The header webhook-id must have at most {LONGEST_ID} printable characters.")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        raise NotVerified("The header webhook-timestamp must be the number of seconds since 1970.")
    # Check the signature before the time, so that only a sender who knows the secret learns about our clock.
    expected = _sign(body, message_id=message_id, seconds=seconds, secret=secret)
    given = signatures.split(" ")[:MOST_SIGNATURES]
    if not any([hmac.compare_digest(expected.encode(), one.encode()) for one in given]):  # noqa: C419  # each is compared
        raise NotVerified("The signature is not valid.")
    # Compare the times as numbers, because some numbers of twelve digits cannot be converted to a date.
    if abs(int(seconds) - now.timestamp()) > TOLERANCE.total_seconds():
        raise NotVerified("The time in webhook-timestamp must be within 5 minutes of the time now.")
    return message_id


def _sign(body: bytes, *, message_id: str, seconds: str, secret: str) -> str:
    content = f"{message_id}.{seconds}.".encode() + body
    digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
    return f"{VERSION},{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    """:raises ValueError: if the text is not a webhook secret."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("A webhook secret is base64.") from error
    if not key:
        raise ValueError("A webhook secret is not empty.")
    return key

"""The six digits that an authenticator app shows, by RFC 6238, and people who have such an app."""

import base64
import hmac
import struct
import time

from allauth.mfa.totp.internal.auth import TOTP

SECRET = base64.b32encode(b"twenty quiet letters").decode()


def code_of(secret=SECRET, *, at=None, step=30):
    """The code at an instant, in seconds since the epoch."""
    counter = int((time.time() if at is None else at) // step)
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), "sha1").digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def with_an_app(person):
    """Return a person an authenticator app that holds SECRET."""
    TOTP.activate(person, SECRET)
    return person

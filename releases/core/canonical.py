"""One way to write a value as bytes, so that its hash means the same on every machine."""

import hashlib
import json
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    message = f"A value of type {type(value).__name__} has no canonical form."
    raise TypeError(message)


def canonical_json(value: Any) -> bytes:
    """Write a JSON-able value (instants, dates, times and UUIDs too) with sorted keys and no spaces, in UTF-8.

    :raises TypeError: if the value holds something that has no canonical form.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return text.encode()


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()

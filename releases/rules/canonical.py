"""Canonical JSON for hashing, and conversion of dataclasses to JSON and back."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"A value of type {type(value).__name__} has no canonical form.")


def canonical_json(value: Any) -> bytes:
    """Serialise a value to JSON in UTF-8, with sorted keys and no spaces.

    In addition to JSON types, the value can contain datetimes, dates, times and UUIDs.

    :raises TypeError: if the value contains a type without a canonical form.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return text.encode()


def sha256_hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digest_json(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of a value, as 64 hexadecimal digits."""
    return sha256_hex(canonical_json(value))


class NotThisKind(ValueError):
    pass


def write_dataclass(value: Any) -> Any:
    """Convert a value to JSON types.

    Dataclasses become objects, dates and datetimes become ISO 8601 strings, and bytes become base64 strings.

    :raises TypeError: if the value contains a type that cannot be read back.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: write_dataclass(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):  # or a datetime, which is a subclass
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(name): write_dataclass(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [write_dataclass(each) for each in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON and read again")


def read_dataclass(kind: Any, plain: Any, *, strict: bool = False) -> Any:
    """Convert the result of `write_dataclass` back to a value of type `kind`. A missing field gets its default.

    :param kind: a dataclass, or the type of one of its fields.
    :param strict: whether to raise NotThisKind for unknown fields, instead of ignoring them.
    :raises NotThisKind: if the value is not of this type.
    """
    try:
        return _read(kind, plain, strict=strict)
    except NotThisKind:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise NotThisKind(f"{str(plain)[:80]} is not a valid {getattr(kind, '__name__', kind)}: {fault}") from fault


def _read(kind: Any, plain: Any, *, strict: bool) -> Any:
    if get_origin(kind) in {Union, UnionType}:
        inner = [each for each in get_args(kind) if each is not NoneType]
        return None if plain is None else _read(inner[0], plain, strict=strict)
    if get_origin(kind) is tuple:
        return _read_tuple(get_args(kind), plain, strict=strict)
    if get_origin(kind) in {Mapping, MappingProxyType}:
        return MappingProxyType({name: _read(get_args(kind)[1], each, strict=strict) for name, each in plain.items()})
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _types_of_fields(kind)
        if strict and (unknown := sorted(plain.keys() - hints.keys())):
            raise NotThisKind(f"{kind.__name__} has no {', '.join(unknown)}")
        return kind(
            **{name: read_dataclass(hints[name], each, strict=strict) for name, each in plain.items() if name in hints}
        )
    return _read_one(kind, plain)


@cache
def _types_of_fields(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _read_tuple(inner: tuple[Any, ...], plain: Any, *, strict: bool) -> tuple[Any, ...]:
    if not isinstance(plain, list):
        raise NotThisKind(f"{str(plain)[:80]} is not a list")
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(read_dataclass(inner[0], each, strict=strict) for each in plain)
    return tuple(read_dataclass(each_kind, each, strict=strict) for each_kind, each in zip(inner, plain, strict=True))


def _read_one(kind: Any, plain: Any) -> Any:
    if kind in {date, datetime}:
        return kind.fromisoformat(plain)
    if kind is bytes:
        return base64.b64decode(plain, validate=True)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(plain)
    if kind is float and isinstance(plain, int) and not isinstance(plain, bool):
        return float(plain)
    if not isinstance(plain, kind):
        raise NotThisKind(f"{str(plain)[:80]} is not a valid {kind.__name__}")
    return plain

"""The annex of a report: what the looks at each output show, as plain values that are part of the report's content.

It has no place for an address, for who answered, for where the check ran, or for anything that was on a page.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AnnexLook:
    """One look: when it was sent and answered (aware), and what it showed, in words."""

    sent_at: datetime
    answered_at: datetime
    showed: str


@dataclass(frozen=True, slots=True)
class AnnexPart:
    """What is on record of one address of an output: its page, or an attachment.

    It became visible after `last_not_live_at` and at or before `first_live_at`; `delay` is that in seconds after the
    announced time, negative before it, its second bound None while it still grows; None as a whole where the looks do
    not show it. `looks` are those around the change, in order, and
    `not_listed` is how many more there were.
    """

    name: str
    outcome: str
    last_not_live_at: datetime | None
    first_live_at: datetime | None
    delay: tuple[float, float | None] | None
    looks: tuple[AnnexLook, ...]
    not_listed: int


@dataclass(frozen=True, slots=True)
class AnnexOutput:
    """One output: when it was announced for, until when it was in time, and what the publisher's own system says.

    `publisher_at` is the publisher's figure and no observation; `publisher_source` says which of its figures. `notes`
    say what else the times have to be read with.
    """

    title: str
    due_at: datetime
    limit_at: datetime
    publisher_at: datetime | None
    publisher_source: str
    parts: tuple[AnnexPart, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annex:
    """What the looks at each output of a report show."""

    outputs: tuple[AnnexOutput, ...]


def to_json(annex: Annex) -> dict[str, Any]:
    """Write an annex as a JSON-able mapping, instants as ISO 8601 in UTC; `from_json` reads an equal value back."""
    written: dict[str, Any] = _plain(asdict(annex))
    return written


def from_json(value: Mapping[str, Any]) -> Annex:
    """Read an annex back from what `to_json` wrote.

    :raises KeyError: if a part is missing.
    :raises TypeError: if a part is unknown.
    """
    return Annex(outputs=tuple(_output(output) for output in value["outputs"]))


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case dict():
            return {key: _plain(part) for key, part in value.items()}
        case tuple() | list():
            return [_plain(part) for part in value]
        case _:
            return value


def _output(value: Mapping[str, Any]) -> AnnexOutput:
    parts = tuple(_part(part) for part in value["parts"])
    read = {**value, "parts": parts, "notes": tuple(value["notes"])}
    return AnnexOutput(**_with_instants(read, "due_at", "limit_at", "publisher_at"))


def _part(value: Mapping[str, Any]) -> AnnexPart:
    looks = tuple(AnnexLook(**_with_instants(look, "sent_at", "answered_at")) for look in value["looks"])
    delay = tuple(value["delay"]) if value["delay"] else None
    return AnnexPart(**_with_instants({**value, "looks": looks, "delay": delay}, "last_not_live_at", "first_live_at"))


def _with_instants(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    read = {name: datetime.fromisoformat(value[name]) if value[name] else None for name in names}
    return {**value, **read}

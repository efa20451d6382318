"""What a publisher's own system says of a release: a second clock, kept apart from what was seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

EARLIEST = timedelta(days=1)
"""A figure from longer than this before the due instant is taken for an earlier edition's: the watch begins then."""

MOST_CHARACTERS = 500
"""What is stored of a publisher's own words at most."""


class State(StrEnum):
    """What the publisher's system says that stands at an address."""

    ANNOUNCED = "announced"
    PUBLISHED = "published"
    EARLIER_EDITION = "earlier_edition"
    MOVED = "moved"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    GONE = "gone"
    REDIRECTED = "redirected"


class Source(StrEnum):
    """Which of the publisher's own figures a time of publication was taken from, the most telling first."""

    SCHEDULED_TIME_AND_DELAY = "scheduled_time_and_delay"
    CHANGE_HISTORY = "change_history"
    PUBLIC_UPDATED_AT = "public_updated_at"


@dataclass(frozen=True, slots=True)
class PublisherSays:
    """What was read from the publisher's system at one look. Nothing of it was seen by us; instants are aware.

    `published_at` with its `source` is when it says that this edition was published, None where it gives no figure
    that can be relied on. `announced_for` is the time that it announces, `announced_text` the words it uses for it,
    `change_note` its reason for a changed date, a cancellation or a withdrawal.
    """

    state: State
    published_at: datetime | None = None
    source: Source | None = None
    announced_for: datetime | None = None
    announced_text: str = ""
    change_note: str = ""

    def __post_init__(self) -> None:
        """Check what an adapter read, before anything is stored with it.

        :raises ValueError: if an instant carries no time zone, or a time comes without its source.
        """
        naive = [at for at in (self.published_at, self.announced_for) if at is not None and at.tzinfo is None]
        if naive:
            message = f"{naive[0].isoformat()} says nothing without its time zone."
            raise ValueError(message)
        if self.published_at is not None and self.source is None:
            message = "A publisher's time needs to say from which figure it was taken."
            raise ValueError(message)


def as_json(says: PublisherSays | None) -> dict[str, Any]:
    """Write what was read as it is stored with a look; nothing was read: an empty object."""
    if says is None:
        return {}
    written = {
        "state": says.state.value,
        "published_at": _written(says.published_at),
        "source": says.source.value if says.source else None,
        "announced_for": _written(says.announced_for),
        "announced_text": _storable(says.announced_text),
        "change_note": _storable(says.change_note),
    }
    return {name: value for name, value in written.items() if value}


def from_json(stored: Mapping[str, Any]) -> PublisherSays | None:
    """Read what `as_json` wrote.

    :raises ValueError: if something else was stored.
    :raises KeyError: if its state is missing.
    """
    if not stored:
        return None
    source = stored.get("source")
    return PublisherSays(
        state=State(stored["state"]),
        published_at=_read(stored.get("published_at")),
        source=Source(source) if source else None,
        announced_for=_read(stored.get("announced_for")),
        announced_text=stored.get("announced_text", ""),
        change_note=stored.get("change_note", ""),
    )


def publisher_time(says: Sequence[PublisherSays], *, due_at: datetime) -> tuple[datetime, Source] | None:
    """Return the publisher's own time of publication that the record relies on, with the figure it was taken from.

    The most telling figure goes first; of one kind the one that was read first, because some of them move with
    every later update of the page. What was published at all is said by no figure from long before.

    :param says: what was read at the looks at one address under one schedule, in the order in which they were sent.
    :param due_at: the aware instant at which the release was due.
    """
    for source in Source:
        for one in says:
            if one.source is source and one.published_at and one.published_at > due_at - EARLIEST:
                return one.published_at, source
    return None


def fills(published_at: datetime, source: Source, *, start: datetime, end: datetime) -> bool:
    """Tell whether the publisher's own time says what nobody observed between two aware instants.

    A figure that moves with every update only says that publication was not later, which fills no hole.
    """
    return source is not Source.PUBLIC_UPDATED_AT and start <= published_at <= end


def _storable(text: str) -> str:
    # Half of a surrogate pair cannot be hashed, PostgreSQL takes no NUL, and a hostile site has no end.
    return text[:MOST_CHARACTERS].encode(errors="replace").decode().replace("\0", "")


def _written(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

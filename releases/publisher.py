"""What a publisher's own system says of a release: a second clock, kept apart from what was seen."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """What the publisher's system says that stands at an address."""

    ANNOUNCED = "announced"
    PUBLISHED = "published"
    MOVED = "moved"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    GONE = "gone"
    REDIRECTED = "redirected"


class Source(StrEnum):
    """Which of the publisher's own figures a time of publication was taken from."""

    SCHEDULED_TIME_AND_DELAY = "scheduled_time_and_delay"
    CHANGE_HISTORY = "change_history"
    PUBLIC_UPDATED_AT = "public_updated_at"


@dataclass(frozen=True, slots=True)
class PublisherSays:
    """What was read from the publisher's system at one look. Nothing of it was seen by us; instants are aware.

    `published_at` with its `source` is when it says that this edition was published, None where it gives no figure
    that can be relied on. `announced_for` is the time that it announces, `announced_text` the words it uses for it,
    `change_note` its reason for a changed date or a cancellation.
    """

    state: State
    published_at: datetime | None = None
    source: Source | None = None
    announced_for: datetime | None = None
    announced_text: str = ""
    change_note: str = ""

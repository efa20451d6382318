"""What a list of pre-release access holds about one release: posts and organisations, periods and times, no names."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stands(StrEnum):
    """Where the access of a post stood when the list was read."""

    GRANTED = "granted"
    BEGUN = "begun"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class PostAccess:
    """The access of one post. Instants are aware; `period_begins_at` is None while the release has no exact date.

    `agreed` says that a Head of Profession or deputy agreed to it, as is needed within a day before the release.
    """

    post: str
    organisation: str
    period: str
    period_begins_at: datetime | None
    granted_at: datetime
    stands: Stands
    agreed: bool = False
    began_at: datetime | None = None
    ended_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A change that somebody asked for and that nobody had agreed to when the list was read."""

    what: str
    post: str
    organisation: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """A release's list as it was read at the aware instant `read_at`.

    `planned_for` says in words when the release is planned; `due_at` is None while that is vague.
    """

    release_title: str
    series_title: str
    planned_for: str
    due_at: datetime | None
    read_at: datetime
    posts: tuple[PostAccess, ...] = ()
    asked_for: tuple[AskedFor, ...] = ()

"""The drafted account of a pre-release access list: posts, organisations, periods and times, no names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from breaches.rules.narrative import ZONES
from releases.rules.london import format_moment, in_london


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


ASKED = {
    "add": "to grant access to",
    "change": "to change the entry of",
    "withdraw": "to withdraw the access of",
}
NO_MORE = (
    "The list shows to whom access was granted and what was recorded of it. It does not show what was sent, to whom, "
    "or who saw it."
)


def write_access_account(facts: AccessFacts) -> str:
    """Write what a list shows of one release, for the circumstances of a breach that a person will describe.

    Paragraphs are parted by blank lines, entries of the list by line ends. Times are London's. It names posts and
    organisations and no person, and says of nobody's access that it was wrong: only where a recorded time does not fit
    the period or the grant, that it does not.
    """
    paragraphs = [" ".join(_opening(facts)), "\n".join(_listed(facts))]
    if facts.asked_for:
        asked = [f"– {_asked(request)}." for request in facts.asked_for]
        paragraphs.append("\n".join(["These changes had been asked for, and nobody had agreed to them:", *asked]))
    return "\n\n".join([*paragraphs, NO_MORE])


def _opening(facts: AccessFacts) -> Iterator[str]:
    series = f", in the series ‘{facts.series_title}’," if facts.series_title else ""
    if facts.due_at is None:
        yield f"‘{facts.release_title}’{series} is planned for {facts.planned_for}."
        yield "All times given here are London time."
        return
    tense = "was due" if facts.due_at <= facts.read_at else "is due"
    zone = ZONES.get(in_london(facts.due_at).tzname() or "", "London time")
    yield f"‘{facts.release_title}’{series} {tense} to be released at {format_moment(facts.due_at)}."
    yield f"All times given here are London time ({zone} on that day)."


def _listed(facts: AccessFacts) -> Iterator[str]:
    read = f"The pre-release access list of this release was read at {format_moment(facts.read_at)}."
    if not facts.posts:
        yield f"{read} Nobody was on it."
        return
    yield f"{read} It held these posts; each period is the time before the release:"
    yield from (f"– {' '.join(_entry(post))}" for post in facts.posts)


def _entry(post: PostAccess) -> Iterator[str]:
    begins = f", from {format_moment(post.period_begins_at)}" if post.period_begins_at else ""
    agreed = ", by agreement of the Head of Profession for Statistics or a deputy" if post.agreed else ""
    granted_at = format_moment(post.granted_at)
    yield f"{post.post}, {post.organisation}: {post.period}{begins}; granted at {granted_at}{agreed}."
    if post.stands is Stands.WITHDRAWN and post.withdrawn_at:
        yield f"It was withdrawn at {format_moment(post.withdrawn_at)}; no access is recorded."
    elif post.began_at is None:
        yield "It is not recorded when access began."
    else:
        ended = f" and ended at {format_moment(post.ended_at)}" if post.ended_at else ""
        yield f"Access is recorded to have begun at {format_moment(post.began_at)}{ended}."
        yield from _odd(post)


def _odd(post: PostAccess) -> Iterator[str]:
    assert post.began_at is not None  # noqa: S101  # asked for such entries alone
    if post.began_at < post.granted_at:
        yield "That is before it was granted."
    if post.period_begins_at and post.began_at < post.period_begins_at:
        yield "That is before the period."


def _asked(request: AskedFor) -> str:
    return f"{ASKED[request.what]} {request.post}, {request.organisation} (asked at {format_moment(request.asked_at)})"

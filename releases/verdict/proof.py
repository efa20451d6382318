"""Which bodies prove a verdict: from a check and the bodies stored so far to the reason for storing its body."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from releases.detection.finding import AddressRole, CheckOutcome
from releases.verdict.address import Sighting


class Why(StrEnum):
    """Why a body is stored, in the order in which the reasons arise in a morning."""

    FIRST_SEEN = "first_seen"
    ANNOUNCEMENT = "announcement"
    LAST_BEFORE_DUE = "last_before_due"
    LAST_NOT_LIVE = "last_not_live"
    FIRST_PARTIAL = "first_partial"
    FIRST_LIVE = "first_live"
    FIRST_LIVE_FRESH = "first_live_fresh"


LAST = frozenset({Why.ANNOUNCEMENT, Why.LAST_BEFORE_DUE, Why.LAST_NOT_LIVE})
"""Stored from the last check of its kind; all others from the first."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place that the body of one check fills, for each address and schedule.

    The two sides of the due instant are judged apart, so that each has its own last "not live" and first "live".
    """

    why: Why
    since_due: bool = False


@dataclass(frozen=True, slots=True)
class BodyCheck:
    """The facts of a check with a body that decide why the body is stored.

    `fresh`: it went past the caches on the way, and is not judged.
    """

    role: AddressRole
    required: bool
    fresh: bool
    sighting: Sighting


def places_of(
    check: BodyCheck,
    *,
    due_at: datetime | None,
    held: Mapping[Place, datetime],
    page_live_at: datetime | None,
) -> list[Place]:
    """Return the places that a check's body now fills, whether they were empty or held that of another check.

    :param held: for each filled place of the same address and schedule, when its check was sent.
    """
    # As in judging: a check still under way at the due instant may have seen what went live in time.
    since_due = due_at is not None and not check.sighting.surely_before(due_at)
    if check.fresh:
        candidates = [Place(Why.FIRST_LIVE_FRESH, since_due)] if check.sighting.result is CheckOutcome.LIVE else []
    elif check.role is AddressRole.ANNOUNCEMENT:
        candidates = [Place(Why.FIRST_SEEN), *([] if since_due else [Place(Why.ANNOUNCEMENT)])]
    else:
        live_at = held.get(Place(Why.FIRST_LIVE, since_due))
        candidates = list(_judged(check, since_due=since_due, live_at=live_at, page_live_at=page_live_at))
    sent_at = check.sighting.sent_at
    return [
        place
        for place in candidates
        if place not in held or (sent_at >= held[place] if place.why in LAST else sent_at < held[place])
    ]


def _judged(
    check: BodyCheck, *, since_due: bool, live_at: datetime | None, page_live_at: datetime | None
) -> Iterator[Place]:
    """Yield the places that a judged check could fill."""
    result, sent_at = check.sighting.result, check.sighting.sent_at
    yield Place(Why.FIRST_SEEN)
    if not since_due:
        yield Place(Why.LAST_BEFORE_DUE)
    if result is CheckOutcome.LIVE:
        yield Place(Why.FIRST_LIVE, since_due)
    if result is CheckOutcome.NOT_LIVE:
        if live_at is None or sent_at < live_at:
            yield Place(Why.LAST_NOT_LIVE, since_due)
        # The page is out, and an attachment that belongs to it is not.
        is_missing = check.role is AddressRole.ATTACHMENT and check.required and since_due
        if is_missing and page_live_at is not None and sent_at >= page_live_at:
            yield Place(Why.FIRST_PARTIAL, since_due)

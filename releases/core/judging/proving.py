"""Which looks at an address prove anything: of the release's being there, and of its not being there."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from releases.core.judging.evidence import LookResult

if TYPE_CHECKING:
    from releases.core.judging.verdict import Sighting


def early_looks(sightings: "Iterable[Sighting]", *, due_at: datetime) -> "list[Sighting]":
    """Return the looks that prove that an address was live before it was due, in the order in which they were sent.

    :param sightings: every look at the address under one schedule, in any order.
    :param due_at: aware instant at which the release is due.
    """
    confirmed = {look for look in sightings if look.clock_confirmed}
    looks = sorted(confirmed, key=lambda look: (look.sent_at, look.completed_at, look.result))
    absent = [look for look in without_taken_away(looks, due_at=due_at) if look.result is LookResult.NOT_LIVE]
    proven, _ = parted([look for look in looks if look.result is LookResult.LIVE], absent, due_at=due_at)
    return [look for look in proven if look.surely_before(due_at)]


def parted(
    shown: "list[Sighting]", absent: "list[Sighting]", *, due_at: datetime
) -> "tuple[list[Sighting], list[Sighting]]":
    """Part the looks that showed the release into those that prove something and those that do not.

    Where the marker matched already before the first look that did not find it, it matches the last edition, and that
    may be edited before the release is due.

    :param shown: in the order in which they were sent, as `absent`, the looks that did not find it.
    """
    if not absent:
        return [], shown
    since = absent[0].sent_at
    all_along = {look.text_digest for look in shown if look.sent_at <= since} - {""}
    if all_along:
        all_along |= {look.text_digest for look in shown if look.surely_before(due_at)} - {""}
    proven: list[Sighting] = []
    unproven: list[Sighting] = []
    for look in shown:
        (proven if look.sent_at > since and look.text_digest not in all_along else unproven).append(look)
    return proven, unproven


def without_taken_away(looks: "list[Sighting]", *, due_at: datetime) -> "list[Sighting]":
    """Leave out the looks since due that saw that the page had been there, unless it was taken away before that."""
    if any(look.taken_away and look.surely_before(due_at) for look in looks):
        return looks
    return [look for look in looks if not look.taken_away or look.result is not LookResult.NOT_LIVE]

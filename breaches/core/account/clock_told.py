"""How far the clock of the check may have been off: told once, because every time in an account is that clock's."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from breaches.core.account.delay import duration
from breaches.core.account.facts import AddressFacts, Facts, Look, in_order, is_before
from releases.detection.finding import LookResult


def clock_told(facts: Facts) -> Iterator[str]:
    """Say how far the clock may have been off at any of the checks that tell, and where nothing confirmed it."""
    looks = [look for address in facts.addresses for look in _telling(address, facts.due_at)]
    largest = max((look.sighting.clock_bound for look in looks), default=timedelta(0))
    if largest:
        yield (
            f"The clock of the check may have been off by up to {_length(largest)}. The times are as it showed them; "
            "the bounds of each delay allow for that."
        )
    unconfirmed = [look for look in looks if not look.sighting.clock_confirmed]
    if unconfirmed:
        when = "Nothing" if len(unconfirmed) == len(looks) else "At some checks nothing"
        yield f"{when} confirmed the clock of the check: the times are as it showed them, and prove nothing."


def _telling(address: AddressFacts, due_at: datetime) -> list[Look]:
    """Return the looks on whose times an account rests: of those before due, the last that did not find the release.

    Where it was found before it was due, these are all that found it, and the last one before them that did not. Since
    it was due they end with the first that found it, but for those that did not find it any more, or found it again:
    looks go on for hours, and what the clock did in the afternoon says nothing of the morning.
    """
    looks = in_order(address)
    before = [look for look in looks if is_before(look, due_at)]
    shown = [look for look in before if look.sighting.result is LookResult.LIVE]
    until = shown[0].sighting.sent_at if shown else due_at
    absent = [look for look in before if look.sighting.result is LookResult.NOT_LIVE and look.sighting.sent_at < until]
    since = [look for look in looks if not is_before(look, due_at)]
    seen = next((at for at, look in enumerate(since) if look.sighting.result is LookResult.LIVE), len(since))
    away = address.verdict.away
    gone_at, back_at = {one.gone_at for one in away}, {one.back_at for one in away}
    turns = [
        look for look in since[seen + 1 :] if look.sighting.sent_at in gone_at or look.sighting.completed_at in back_at
    ]
    return [*absent[-1:], *shown, *since[: seen + 1], *turns]


def _length(bound: timedelta) -> str:
    """Write a bound rounded up: in tenths of a second where it is below one."""
    seconds = bound.total_seconds()
    if seconds >= 1:
        return duration(math.ceil(seconds))
    tenths = math.ceil(round(seconds * 10, 6))
    return "1 second" if tenths == 10 else f"0.{tenths} seconds"

"""How far the clock of the check may have been off: told once, because every time in an account is that clock's."""

import math
from collections.abc import Iterator
from datetime import timedelta

from breaches.delay import duration
from breaches.facts import Facts


def clock_told(facts: Facts) -> Iterator[str]:
    """Say how far the clock may have been off at any of the looks, and where nothing vouched for it."""
    looks = [look for address in facts.addresses for look in address.looks]
    largest = max((look.sighting.clock_bound for look in looks), default=timedelta(0))
    if largest:
        yield (
            f"The clock of the check may have been off by up to {_length(largest)}. The times are as it showed them; "
            "the bounds of each delay allow for that."
        )
    unvouched = [look for look in looks if not look.clock_vouched]
    if unvouched:
        when = "Nothing" if len(unvouched) == len(looks) else "At some looks nothing"
        yield f"{when} vouched for the clock of the check: the times are as it showed them."


def _length(bound: timedelta) -> str:
    """Write a bound rounded up: in tenths of a second where it is below one."""
    seconds = bound.total_seconds()
    if seconds >= 1:
        return duration(math.ceil(seconds))
    tenths = math.ceil(round(seconds * 10, 6))
    return "1 second" if tenths == 10 else f"0.{tenths} seconds"

"""What is told of one producer's suspicions, and comes close together, makes one message: which now, and to whom.

So it is when they are raised, and again when releases that were not seen in time have been seen live.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# The checks of one minute answer within seconds of each other; that long the first message waits for all of them.
SETTLING = timedelta(seconds=10)
# Whoever had a message within the window gets the next one once nothing more has come for a minute, or at its end.
QUIET = timedelta(minutes=1)
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Untold:
    """News of one suspicion that nobody was told: its key, with the aware instant from which there was the news."""

    key: int
    since: datetime
    recipients: frozenset[str]


def ready(untold: Collection[Untold], *, told_lately: Collection[str], now: datetime) -> list[Untold]:
    """Return the suspicions of one producer that are told now, in the order in which there was news of them.

    :param told_lately: who had such a message on another suspicion of the producer within the window.
    :param now: the aware instant of asking.
    """
    in_order = sorted((one for one in untold if one.recipients), key=lambda one: (one.since, one.key))
    news = [one for one in in_order if not one.recipients <= set(told_lately)]
    if news and now - news[0].since >= SETTLING:
        return in_order
    more = [one for one in in_order if one not in news]
    if more and (now - more[-1].since >= QUIET or now - more[0].since >= WINDOW):
        return more
    return []


def by_recipients(told: Sequence[Untold]) -> dict[tuple[int, ...], frozenset[str]]:
    """Say who is told of which suspicions in one message, by the suspicions' keys: each person gets one message."""
    concerned: dict[str, list[int]] = defaultdict(list)
    for one in told:
        for recipient in one.recipients:
            concerned[recipient].append(one.key)
    together: dict[tuple[int, ...], set[str]] = defaultdict(set)
    for recipient, keys in concerned.items():
        together[tuple(keys)].add(recipient)
    return {keys: frozenset(recipients) for keys, recipients in sorted(together.items())}

"""What one watcher can vouch for: up to when every look that was planned has been answered or has timed out."""

from datetime import datetime

from releases.core.looks.errand import LONGEST


def answered_until(*, unanswered: datetime | None, held_since: datetime | None, now: datetime) -> datetime:
    """Return the instant up to which (included) every look planned at an address is over.

    Of the looks that another watcher may have begun this one knows only that they are over after fifteen seconds:
    where it does not hold the address' host, and where it took the host over so lately.

    :param unanswered: when the earliest of one's own looks was planned that is not made or not answered; None if none.
    :param held_since: since when this watcher holds the host; None if it does not.
    :param now: the aware instant of asking.
    """
    own = now if unanswered is None else min(now, unanswered - datetime.resolution)
    if held_since is None:
        return min(own, now - LONGEST)
    return min(own, held_since - LONGEST) if now < held_since + LONGEST else own

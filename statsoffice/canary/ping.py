"""The dead man's switch: an address of the operator's choice is asked while all is well, and misses us otherwise."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from releases.errand import Errand
from releases.looker import Looker
from releases.web_address import place_of

LONGEST = timedelta(seconds=16)
"""Longer than the probe lets one errand take."""

logger = logging.getLogger(__name__)


def ping(url: str, *, look: Looker, now: Callable[[], datetime]) -> bool:
    """Ask the address once; a failure is logged, and changes nothing else.

    The address itself is often the only secret of such a switch, and stays out of the log.

    :return: whether it answered with a status of success.
    """
    begun = now()
    host = place_of(url)
    look.start(Errand(key="ping", url=url, allowed_hosts=frozenset({host}), planned_at=begun))
    answers = look.poll(LONGEST.total_seconds())
    for _, answer in answers:
        if answer.failure is None and answer.status is not None and 200 <= answer.status < 300:
            return True
        logger.warning("The ping to %s failed: %s", host, answer.failure or f"status {answer.status}")
        return False
    logger.warning("The ping to %s was not answered within %s seconds.", host, LONGEST.total_seconds())
    return False

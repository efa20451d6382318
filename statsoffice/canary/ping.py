"""The dead man's switch: an address of the operator's choice is asked while all is well, and misses us otherwise."""

import logging
from collections.abc import Callable
from datetime import datetime

from releases.leases import Looker
from releases.rules.response import Answer, Errand
from releases.rules.web_address import place_of

GLANCE_SECONDS = 0.5
"""How long a ping under way keeps whoever wants to end it waiting."""

logger = logging.getLogger(__name__)


def ping(url: str, *, look: Looker, now: Callable[[], datetime], stop: Callable[[], bool] = lambda: False) -> bool:
    """Ask the address once; a failure is logged, and changes nothing else.

    The address itself is often the only secret of such a switch, and stays out of the log.

    :param stop: asked twice a second whether to end.
    :return: whether it answered with a status of success.
    """
    host = place_of(url)
    look.start(Errand(key="ping", url=url, allowed_hosts=frozenset({host}), planned_at=now()))
    answers: list[tuple[Errand, Answer]] = []
    while not answers and not stop():
        answers = look.poll(GLANCE_SECONDS)
    for _, answer in answers:
        if answer.failure is None and answer.status is not None and 200 <= answer.status < 300:
            return True
        logger.warning("The ping to %s failed: %s", host, answer.failure or f"status {answer.status}")
    return False

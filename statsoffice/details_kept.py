"""How long it is kept who was told what: each at the end of its own time, by the worker and by a command."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from statsoffice.messages import erasing

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gone:
    """What one run came to: messages without recipient and words."""

    messages: int


def erase_old(*, now: datetime, dry_run: bool = False) -> Gone:
    """Remove the personal details of messages that were sent longer ago than MESSAGES_KEPT.

    Safe to call again and again: what is gone is not removed twice.

    :param now: the aware instant of removing.
    :param dry_run: count what would be removed, and remove nothing.
    """
    gone = Gone(messages=erasing.erase_old(now=now, kept_for=settings.MESSAGES_KEPT, dry_run=dry_run))
    if gone.messages and not dry_run:
        logger.info("messages at the end of their time: recipient and words of %s removed", gone.messages)
    return gone

"""How long it is kept who was logged in: until their session has expired."""

import logging
from datetime import datetime

from django.contrib.sessions.models import Session

logger = logging.getLogger(__name__)


def remove_expired(*, now: datetime) -> int:
    """Remove the sessions that have expired, which log nobody in any more, and return how many there were.

    :param now: the aware instant of removing.
    """
    removed, _ = Session.objects.filter(expire_date__lt=now).delete()
    if removed:
        logger.info("expired sessions removed: %s", removed)
    return removed

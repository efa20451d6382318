"""How long it is kept who was logged in, from which network address and by which browser: until the session ended."""

import logging
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction

logger = logging.getLogger(__name__)


def remove_expired(*, now: datetime) -> int:
    """Remove the sessions that have expired, which log nobody in any more, and return how many there were.

    With them, and with those that were ended before, goes from where somebody was signed in: network address and
    browser. That they signed in stays on record, without these.

    :param now: the aware instant of removing.
    """
    # A session and its row here are written one after the other, in the request that signs somebody in.
    ended = UserSession.objects.filter(last_seen_at__lt=now).exclude(session_key__in=Session.objects.values("pk"))
    with transaction.atomic():
        removed, _ = Session.objects.filter(expire_date__lt=now).delete()
        ended.delete()
    _forget_attempts(now=now)
    if removed:
        logger.info("expired sessions removed: %s", removed)
    return removed


def _forget_attempts(*, now: datetime) -> None:
    """Remove what was counted of attempts to sign in, by network address, and counts no more.

    Django's cache does that by itself only once it is full.
    """
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE expires < %s",  # noqa: S608  # the settings' own name
            [connection.ops.adapt_datetimefield_value(now)],
        )

"""The outbox: one message for each piece of news and each person concerned, whatever runs twice."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched, chain

from django.db import transaction

from statsoffice.messages import (
    access_requests,
    announced_otherwise,
    date_requests,
    live_at_last,
    preflight_problems,
    reports_due,
    reports_moved,
    reports_sent,
    roll_called,
    suspected,
    watcher_ill,
)
from statsoffice.messages.models import Message
from statsoffice.messages.owed import NEWS, Owed

# On the morning of a great fault a thousand suspicions are told at once.
AT_A_TIME = 100


def create_missing(*, now: datetime) -> int:
    """Write the messages that are owed and do not exist yet.

    :param now: the aware instant of writing; what happened in the last seven days is told.
    :return: the number of messages that were missing.
    """
    told = set(Message.objects.filter(created_at__gt=now - 2 * NEWS).values_list("event", flat=True))
    rooms = (
        suspected,
        live_at_last,
        reports_moved,
        preflight_problems,
        announced_otherwise,
        roll_called,
        date_requests,
        access_requests,
        watcher_ill,
        reports_sent,
        reports_due,
    )
    owed = chain.from_iterable(about.owed(told=told, now=now) for about in rooms)
    return sum(_write(news, now=now) for news in batched(owed, AT_A_TIME))


def _write(news: Sequence[Owed], *, now: datetime) -> int:
    """Write all messages of some news or, if that fails, none: an event that has one counts as told."""
    with transaction.atomic():
        events = [one.event for one in news]
        there = set(Message.objects.filter(event__in=events).values_list("event", "recipient"))
        missing = [
            Message(
                event=one.event,
                recipient=recipient,
                subject=one.subject,
                text=one.text,
                document_id=one.document,
                reply_to=one.reply_to,
                created_at=now,
                due_at=now,
            )
            for one in news
            for recipient in sorted(one.recipients)
            if (one.event, recipient) not in there
        ]
        Message.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)

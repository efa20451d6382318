"""The outbox: one message for each piece of news and each person concerned, whatever runs twice."""

from datetime import datetime
from itertools import chain

from django.db import transaction

from statsoffice.messages import announced_otherwise, preflight_problems, roll_called, suspected, watcher_ill
from statsoffice.messages.models import Message
from statsoffice.messages.owed import NEWS, Owed


def create_missing(*, now: datetime) -> int:
    """Write the messages that are owed and do not exist yet.

    :param now: the aware instant of writing; what happened in the last seven days is told.
    :return: the number of messages written.
    """
    told = set(Message.objects.filter(created_at__gt=now - 2 * NEWS).values_list("event", flat=True))
    rooms = (suspected, preflight_problems, announced_otherwise, roll_called, watcher_ill)
    owed = chain.from_iterable(about.owed(told=told, now=now) for about in rooms)
    return sum(_write(news, now=now) for news in owed)


def _write(news: Owed, *, now: datetime) -> int:
    written = 0
    with transaction.atomic():
        for recipient in sorted(news.recipients):
            _, created = Message.objects.get_or_create(
                event=news.event,
                recipient=recipient,
                defaults={"subject": news.subject, "text": news.text, "created_at": now, "due_at": now},
            )
            written += created
    return written

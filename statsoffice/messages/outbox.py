"""The outbox: one message for each piece of news, person concerned and channel, whatever runs twice."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from types import ModuleType

from django.db import transaction

from statsoffice.fault_isolation import run_each
from statsoffice.messages import (
    access_requests,
    anchors_made,
    announced_otherwise,
    channels,
    date_requests,
    live_at_last,
    needs_checking,
    overdue_actions,
    preflight_problems,
    reports_due,
    reports_moved,
    reports_sent,
    roll_called,
    suspected,
    unacknowledged,
    watcher_ill,
)
from statsoffice.messages.models import Message, MessageRowRecord, ToldSuspicion, ToldVerdict
from statsoffice.messages.owed import NEWS, Owed

KINDS = (
    suspected,
    needs_checking,
    live_at_last,
    reports_moved,
    unacknowledged,
    preflight_problems,
    announced_otherwise,
    roll_called,
    date_requests,
    access_requests,
    watcher_ill,
    reports_sent,
    reports_due,
    overdue_actions,
    anchors_made,
)

# On the morning of a great fault a thousand suspicions are told at once.
AT_A_TIME = 100


def create_missing(*, now: datetime) -> int:
    """Write the messages that are owed and do not exist yet, one kind of news after the other.

    :param now: the aware instant of writing; what happened in the last seven days is told.
    :return: the number of messages that were missing.
    :raises ExceptionGroup: after all other kinds were written, if some could not be.
    """
    told = set(Message.objects.filter(created_at__gt=now - 2 * NEWS).values_list("event", flat=True))

    def written(kind: ModuleType) -> int:
        return sum(_write(news, now=now) for news in _batches(kind.owed(told=told, now=now)))

    return sum(run_each(KINDS, written, failed="kinds of news could not be written"))


def _batches(owed: Iterable[Owed]) -> Iterator[list[Owed]]:
    """Part the news; what tells different people of the same suspicion stays together: it counts as told at once."""
    batch: list[Owed] = []
    for one in owed:
        if len(batch) >= AT_A_TIME and one.told_of.isdisjoint(row for news in batch for row in news.told_of):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _write(news: Sequence[Owed], *, now: datetime) -> int:
    """Write all messages of some news or, if that fails, none: an event that has one counts as told."""
    with transaction.atomic():
        events = [one.event for one in news]
        there = set(Message.objects.filter(event__in=events).values_list("event", "channel", "recipient"))
        missing = [
            Message(
                event=one.event,
                channel=way.channel,
                recipient=way.recipient,
                subject=way.subject,
                text=way.text,
                producer_id=one.about.producer,
                release_id=one.about.release,
                report_id=one.about.report,
                document_id=one.document,
                reply_to=one.reply_to,
                created_at=now,
                due_at=now,
            )
            for one, way in channels.ways(news)
            if (one.event, way.channel, way.recipient) not in there
        ]
        Message.objects.bulk_create(missing, ignore_conflicts=True)
        told = [one for one in news if one.recipients]
        suspicions = [
            ToldSuspicion(suspicion_id=key, event=one.event, at=now) for one in told for key in one.suspicions
        ]
        ToldSuspicion.objects.bulk_create(suspicions, ignore_conflicts=True)
        verdicts = [ToldVerdict(verdict_id=key, event=one.event, at=now) for one in told for key in one.verdicts]
        ToldVerdict.objects.bulk_create(verdicts, ignore_conflicts=True)
        if missing:
            written = Message.objects.filter(event__in=events, created_at=now).values_list("pk", flat=True)
            MessageRowRecord.record({Message: list(written)})
    return len(missing)

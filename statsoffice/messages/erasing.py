"""The end of a message's time: whom it was for and what it said go, and that somebody was told stays."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Cast, Concat

from releases.models.append_only import new_salt
from releases.models.row_record import RETENTION
from statsoffice.messages.models import Channel, Message, MessageRowRecord

AT_A_TIME = 500
"""So many messages lose their words in one statement, so that nobody who sends waits for long."""

# Each row keeps one of its own: an event has one message to each recipient. A webhook has a name, and names nobody.
_REMOVED = Concat(Value("removed-"), Cast("pk", CharField()), output_field=CharField())
_RECIPIENT = Case(When(channel=Channel.WEBHOOK, then=F("recipient")), default=_REMOVED)


def erase_old(
    *, now: datetime, kept_for: timedelta, dry_run: bool = False, stop: Callable[[], bool] = lambda: False
) -> int:
    """Remove recipient, subject and text of messages that were sent longer ago than they are kept.

    What stays is the kind of news, what it was about, the channel, when it was written and sent, and when the rest was
    removed. A message that was not sent is not touched: it is still due, or somebody has to see that nobody was told.

    :param now: the aware instant of removing, which stands in each row.
    :param dry_run: count what would be removed, and remove nothing.
    :param stop: asked before each few messages whether to leave the rest for another time.
    :return: of how many messages; a second call removes nothing more.
    """
    old = Message.objects.filter(erased_at__isnull=True, sent_at__lt=now - kept_for)
    if dry_run:
        return old.count()
    return sum(_erase(old, some, now=now) for some in _batches(old, stop))


def _erase(old: QuerySet[Message], keys: list[int], *, now: datetime) -> int:
    # One salt for all: it stands for nothing once the words are gone.
    removed = {"recipient": _RECIPIENT, "subject": "", "text": "", "reply_to": "", "last_error": "", "salt": new_salt()}
    with transaction.atomic():
        erased = old.filter(pk__in=keys).update(**removed, erased_at=now)
        MessageRowRecord.record({Message: keys}, why=RETENTION)
    return erased


def _batches(old: QuerySet[Message], stop: Callable[[], bool]) -> Iterator[list[int]]:
    while not stop() and (some := list(old.order_by("sent_at").values_list("pk", flat=True)[:AT_A_TIME])):
        yield some

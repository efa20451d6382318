"""Sending what the outbox holds: each message once, later if its channel is away, and never marked before."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from releases.rules.canonical import sha256_hex
from statsoffice.fault_isolation import run_each
from statsoffice.messages import by_mail, by_notify, by_webhook
from statsoffice.messages.fault import NotTaken, told
from statsoffice.messages.models import Channel, Message, MessageRowRecord

type Send = Callable[[Message], None]

SENDERS = {Channel.MAIL: by_mail.send, Channel.NOTIFY: by_notify.send, Channel.WEBHOOK: by_webhook.send}
MOST_AT_ONCE = 100
MOST_ATTEMPTS = 15
# Longer than a channel may take over one message; after that a message of a process that died is sent by another.
CLAIM = timedelta(minutes=5)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=4)

logger = logging.getLogger(__name__)


def hand_over(message: Message) -> None:
    """Hand one message to its channel and return once it was accepted.

    :raises NotTaken: if it was not.
    """
    name = sha256_hex(f"{message.event} {message.recipient}".encode())[:32]
    SENDERS[Channel(message.channel)](message, name=name)


def deliver(*, now: datetime, send: Send = hand_over) -> int:
    """Send the messages that are due, each claimed first so that two deliverers never send the same one.

    A message that is not accepted keeps the reason and is tried again after a growing wait; one that is refused for
    good, or that was tried fifteen times, is left with its reason. A channel that is away, or meets a fault of our own,
    ends its own round, and holds no other up.

    :param now: the aware instant at which the round begins.
    :return: the number of messages sent.
    :raises ExceptionGroup: after the rounds of all channels, if some met a fault of our own.
    """
    begun = time.monotonic()

    def at() -> datetime:
        return now + timedelta(seconds=time.monotonic() - begun)

    rounds = run_each(
        SENDERS, lambda channel: _round(channel, at=at, send=send), failed="channels met a fault of our own"
    )
    return sum(rounds)


def _round(channel: Channel, *, at: Callable[[], datetime], send: Send) -> int:
    sent = 0
    due = _waiting(at()).filter(channel=channel)
    for key in list(due.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        begun = at()
        message = _claim(key, at=begun)
        if message is None:
            continue
        try:
            send(message)
        except NotTaken as fault:
            _keep_fault(message, fault, at=begun)
            if not fault.only_this:
                break
        except Exception as fault:
            _keep_fault(message, NotTaken(told(fault)), at=begun)
            raise
        else:
            with transaction.atomic():
                Message.objects.filter(pk=key).update(sent_at=begun, claimed_until=None, last_error="")
                MessageRowRecord.record({Message: [key]})
            sent += 1
    return sent


def check_put_off(*, now: datetime) -> str | None:
    """Return one sentence on the first unsent message that is put off longer than any delivery puts it off, or None."""
    put_off = Message.objects.filter(sent_at__isnull=True, due_at__gt=now + LONGEST_WAIT + CLAIM)
    key = put_off.order_by("pk").values_list("pk", flat=True).first()
    return None if key is None else f"{Message._meta.label_lower} {key} was put off, so that it is not sent"


def _waiting(at: datetime) -> QuerySet[Message]:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=at)
    return Message.objects.filter(free, sent_at__isnull=True, due_at__lte=at, attempts__lt=MOST_ATTEMPTS).order_by(
        "due_at", "pk"
    )


def _claim(key: int, *, at: datetime) -> Message | None:
    claimed = _waiting(at).filter(pk=key).update(claimed_until=at + CLAIM, attempts=F("attempts") + 1)
    return Message.objects.select_related("document__report").get(pk=key) if claimed else None


def _keep_fault(message: Message, fault: NotTaken, *, at: datetime) -> None:
    attempts = MOST_ATTEMPTS if fault.for_good else message.attempts
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (message.attempts - 1))
    reason = str(fault)[:500]
    Message.objects.filter(pk=message.pk).update(
        attempts=attempts, last_error=reason, due_at=at + wait, claimed_until=None
    )
    level = logging.ERROR if attempts >= MOST_ATTEMPTS else logging.WARNING
    logger.log(level, "Message %s was not sent, attempt %s: %s", message.pk, message.attempts, reason)

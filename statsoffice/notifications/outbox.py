"""The outbox: one message for each notification, recipient and channel, written once however often this runs."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from statsoffice.fault_isolation import run_each
from statsoffice.notifications.models import (
    Channel,
    Message,
    MessageRowRecord,
    NotifiedSuspicion,
    NotifiedVerdict,
    Preference,
)
from statsoffice.notifications.notification import MAX_AGE, Notification
from statsoffice.notifications.rules import RULES, Rule

# The channels that each person has chosen for a producer, by address; "" has those for all others.
type Choices = dict[str, set[tuple[Channel, str]]]


def available_channels() -> list[Channel]:
    """Return the channels that the operator has set up. Mail always is."""
    notify = [Channel.NOTIFY] if settings.NOTIFY_KEY else []
    return [Channel.MAIL, *notify, *([Channel.WEBHOOK] if settings.WEBHOOKS else [])]


# After a large outage there may be notifications about a thousand suspicions at once.
BATCH_SIZE = 100


def create_missing(*, now: datetime) -> int:
    """Write the messages that are due and do not exist yet, one kind after the other.

    :return: the number of messages that were missing.
    :raises ExceptionGroup: after all other kinds were written, if some could not be.
    """
    known = set(Message.objects.filter(created_at__gt=now - 2 * MAX_AGE).values_list("event", flat=True))

    def write_kind(rule: Rule) -> int:
        return sum(_write(rule, batch, now=now) for batch in _batches(rule.query(known=known, now=now)))

    return sum(run_each(RULES, write_kind, failed="kinds of news could not be written"))


def _batches(notifications: Iterable[Notification]) -> Iterator[list[Notification]]:
    """Split notifications into batches, with all notifications about the same suspicion or verdict in one batch."""
    batch: list[Notification] = []
    for one in notifications:
        covered = (row for other in batch for row in (*other.suspicions, *other.verdicts))
        if len(batch) >= BATCH_SIZE and {*one.suspicions, *one.verdicts}.isdisjoint(covered):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _write(rule: Rule, notifications: Sequence[Notification], *, now: datetime) -> int:
    """Write all messages of some notifications or none, because an event with one message counts as written."""
    with transaction.atomic():
        events = [one.event for one in notifications]
        existing = set(Message.objects.filter(event__in=events).values_list("event", "channel", "recipient"))
        missing = [
            message
            for message in _make_messages(rule, notifications, now=now)
            if (message.event, message.channel, message.recipient) not in existing
        ]
        Message.objects.bulk_create(missing, ignore_conflicts=True)
        sent = [one for one in notifications if one.recipients]
        suspicions = [
            NotifiedSuspicion(suspicion=row, event=one.event, at=now) for one in sent for row in one.suspicions
        ]
        NotifiedSuspicion.objects.bulk_create(suspicions, ignore_conflicts=True)
        verdicts = [NotifiedVerdict(verdict=row, event=one.event, at=now) for one in sent for row in one.verdicts]
        NotifiedVerdict.objects.bulk_create(verdicts, ignore_conflicts=True)
        if missing:
            written = Message.objects.filter(event__in=events, created_at=now).values_list("pk", flat=True)
            MessageRowRecord.record({Message: list(written)})
    return len(missing)


def _make_messages(rule: Rule, notifications: Sequence[Notification], *, now: datetime) -> Iterator[Message]:
    """Return a message for each recipient and channel, and for each webhook that was chosen.

    A person without a choice gets the channels of their producer, or else email. Webhooks are additional, because they
    are not particular people. They get only the reference and a link, and nothing about rehearsals. Messages that a
    person sends, with a document or a reply address, always go by email.
    """
    choices_by_producer = _choices_of({one.producer for one in notifications})
    available = available_channels()
    for one in notifications:
        subject, text = rule.render(one)
        reference = one.about.reference if one.about else settings.OFFICE_NAME
        choices = choices_by_producer[one.producer]
        addressed: list[tuple[Channel, str]] = []
        webhooks: set[str] = set()
        for recipient in sorted(one.recipients):
            if one.document or one.reply_to:
                addressed.append((Channel.MAIL, recipient))
                continue
            own, general = choices.get(recipient.lower(), set()), choices.get("", set())
            personal = _personal_channels(own, available) or _personal_channels(general, available) or {Channel.MAIL}
            addressed += [(channel, recipient) for channel in sorted(personal)]
            webhooks |= {webhook for channel, webhook in own | general if channel == Channel.WEBHOOK}
        if not one.is_rehearsal:
            addressed += [(Channel.WEBHOOK, webhook) for webhook in sorted(webhooks) if webhook in settings.WEBHOOKS]
        for channel, recipient in addressed:
            is_webhook = channel == Channel.WEBHOOK
            yield Message(
                event=one.event,
                channel=channel,
                recipient=recipient,
                subject=reference if is_webhook else subject,
                text=_last_link(text) if is_webhook else text,
                producer_id=one.producer,
                release=one.release,
                report=one.report,
                document_id=one.document,
                reply_to=one.reply_to,
                created_at=now,
                due_at=now,
            )


def _personal_channels(choices: set[tuple[Channel, str]], available: list[Channel]) -> set[Channel]:
    return {channel for channel, _ in choices if channel != Channel.WEBHOOK and channel in available}


def _choices_of(producers: set[int | None]) -> dict[int | None, Choices]:
    found: dict[int | None, Choices] = defaultdict(dict)
    rows = Preference.objects.filter(producer__in=producers - {None}).values_list(
        "producer_id", "person__email", "channel", "webhook"
    )
    for producer, email, channel, webhook in rows:
        found[producer].setdefault((email or "").lower(), set()).add((Channel(channel), webhook))
    return found


def _last_link(text: str) -> str:
    """Return the last address of this service in a text, which leads to the details after signing in."""
    links = re.findall(rf"{re.escape(settings.ADDRESS)}(?=[/\s]|$)\S*", text)
    return links[-1] if links else settings.ADDRESS

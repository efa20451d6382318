"""Writing the outbox: one row for each notification, recipient and channel, whatever runs twice."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from statsoffice.fault_isolation import run_each
from statsoffice.notifications import office_rules, release_rules, report_rules
from statsoffice.notifications.base import NEWS, Notification
from statsoffice.notifications.models import Channel, Message, MessageRowRecord, Preference, ToldSuspicion, ToldVerdict

# For a producer: what each person has chosen, by address, and what holds for everybody else, under none.
type Choices = dict[str, set[tuple[Channel, str]]]


@dataclass(frozen=True, slots=True)
class ChosenChannel:
    """One message of a piece of news: by what, to whom or where, and in which words."""

    channel: Channel
    recipient: str
    subject: str
    text: str


def choose_channels(news: Sequence[Notification]) -> Iterator[tuple[Notification, ChosenChannel]]:
    """Give every message that some news makes, each once, in the order of the news.

    Whoever has chosen nothing gets what their producer has chosen, and without that mail. A webhook is told besides:
    it is nobody in particular, so that nobody is told by it instead of by mail or Notify. It is told the reference and
    a link alone, and of a rehearsal nothing, because a room takes no part in one. What a person sends, with a document
    or an address for answers, goes by mail.
    """
    chosen = _chosen({one.about.producer for one in news})
    for one in news:
        choices = chosen[one.about.producer]
        rooms: set[str] = set()
        for recipient in sorted(one.recipients):
            personal, posted = _wanted(one, recipient, choices)
            rooms |= posted
            for channel in sorted(personal):
                yield one, ChosenChannel(channel, recipient, one.subject, one.text)
        for room in sorted(rooms):
            yield one, ChosenChannel(Channel.WEBHOOK, room, *_reference_and_link(one))


def offered() -> list[Channel]:
    """Return the channels that the operator has set up; mail always is."""
    notify = [Channel.NOTIFY] if settings.NOTIFY_KEY else []
    return [Channel.MAIL, *notify, *([Channel.WEBHOOK] if settings.WEBHOOKS else [])]


def _wanted(one: Notification, recipient: str, choices: Choices) -> tuple[set[Channel], set[str]]:
    if one.document or one.reply_to:
        return {Channel.MAIL}, set()
    own, everybodys = choices.get(recipient.lower(), set()), choices.get("", set())
    available = offered()
    personal = _personal(own, available) or _personal(everybodys, available) or {Channel.MAIL}
    rooms = {room for channel, room in own | everybodys if channel == Channel.WEBHOOK and room in settings.WEBHOOKS}
    return personal, set() if one.about.rehearsal else rooms


def _personal(choices: set[tuple[Channel, str]], available: list[Channel]) -> set[Channel]:
    return {channel for channel, _ in choices if channel != Channel.WEBHOOK and channel in available}


def _chosen(producers: set[int | None]) -> dict[int | None, Choices]:
    chosen: dict[int | None, Choices] = defaultdict(dict)
    rows = Preference.objects.filter(producer__in=producers - {None}).values_list(
        "producer_id", "person__email", "channel", "webhook"
    )
    for producer, email, channel, webhook in rows:
        chosen[producer].setdefault((email or "").lower(), set()).add((Channel(channel), webhook))
    return chosen


def _reference_and_link(one: Notification) -> tuple[str, str]:
    """Return the only words that leave the house by a webhook: a reference, and where to read on after signing in."""
    links = re.findall(rf"{re.escape(settings.ADDRESS)}(?=[/\s]|$)\S*", one.text)
    return one.about.reference or settings.OFFICE_NAME, links[-1] if links else settings.ADDRESS


# Gives the notifications of one kind that are due, from the events that have one already and an aware instant.
type Rule = Callable[..., Iterator[Notification]]

RULES: tuple[Rule, ...] = (
    release_rules.find_suspected,
    release_rules.find_needing_checks,
    release_rules.find_live_at_last,
    report_rules.find_moved_reports,
    report_rules.find_unacknowledged,
    release_rules.find_preflight_problems,
    release_rules.find_announcement_differences,
    release_rules.find_morning_summaries,
    office_rules.find_date_requests,
    office_rules.find_access_requests,
    office_rules.find_incidents,
    report_rules.find_reports_to_send,
    report_rules.find_due_reports,
    report_rules.find_overdue_actions,
    office_rules.find_anchors,
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

    def written(find: Rule) -> int:
        return sum(_write(news, now=now) for news in _batches(find(told=told, now=now)))

    return sum(run_each(RULES, written, failed="kinds of news could not be written"))


def _batches(owed: Iterable[Notification]) -> Iterator[list[Notification]]:
    """Part the news; what tells different people of the same suspicion stays together: it counts as told at once."""
    batch: list[Notification] = []
    for one in owed:
        if len(batch) >= AT_A_TIME and one.told_of.isdisjoint(row for news in batch for row in news.told_of):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _write(news: Sequence[Notification], *, now: datetime) -> int:
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
            for one, way in choose_channels(news)
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

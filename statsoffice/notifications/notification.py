"""Notifications, and the grouping of suspicions and verdicts into one message for each person."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from breaches.models import Report, Suspicion
from releases.models import Release, Verification
from statsoffice.notifications.models import Message

# No one is notified of events that are older than this, such as events in a restored database.
MAX_AGE = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """An event, the people to notify of the event, and the context of the message's template.

    `event` must be the same each time that a query finds the event, so that no one is notified twice. When the
    notification is written to the outbox, the outbox also records that people were notified of the `suspicions` and
    `verdicts`.
    """

    event: str
    recipients: frozenset[str]
    not_to: frozenset[str] = frozenset()
    """The addresses of the people who caused the event. They are not notified, even if they cover for a recipient."""
    context: Mapping[str, object] = field(default_factory=dict)
    release: Release | None = None
    report: Report | None = None
    of_producer: int | None = None
    """The key of the producer, if the notification is about neither one release nor one report."""
    document: int | None = None
    """The key of the approved document to attach."""
    reply_to: str = ""
    is_confidential: bool = False
    """Whether only the recipients may see the notification. Webhooks get no confidential notifications."""
    is_for_operators: bool = False
    """Whether the notification is about monitoring itself. Every PagerDuty webhook gets it, whatever people chose."""
    rehearsal: bool = False
    """Whether the notification is about a rehearsal. Used only if it has neither a release nor a report."""
    of_training: int | None = None
    """The key of the training that the notification is about. Used only if it has neither a release nor a report."""
    has_text_message: bool = True
    """Whether the notification is also sent as a text message. Used only if its rule has text messages."""
    text_message: str = ""
    """The content of the text message. If it is empty, the text message has the subject and the last link."""
    suspicions: Sequence[Suspicion] = ()
    verdicts: Sequence[Verification] = ()

    @property
    def about(self) -> Report | Release | None:
        return self.report or self.release

    @property
    def producer(self) -> int | None:
        if self.report:
            return self.report.producer_id
        return self.release.series.producer_id if self.release else self.of_producer

    @property
    def is_rehearsal(self) -> bool:
        return self.about.rehearsal if self.about is not None else self.rehearsal

    @property
    def training(self) -> int | None:
        """The key of the training that the notification is about, if any."""
        return self.about.training_id if self.about is not None else self.of_training


def name_in_mail(release: Release) -> str:
    """Return the title of a release on one line, or the reference of the release if it is not public yet.

    For a rehearsal, return the title, although a rehearsal is never public. A rehearsal has no statistics, and only the
    people who take part get messages about it.
    """
    return one_line(release.title) if release.announced_at or release.rehearsal else release.reference


def one_line(words: object) -> str:
    """Replace all white space with single spaces, because a line end would end the subject of an email."""
    return " ".join(str(words).split())


# The longest text message that is sent in one part. Source: GSM 03.38, 160 characters of 7 bits.
LONGEST_TEXT_MESSAGE = 160


def write_text_message(words: str, link: str) -> str:
    """Write a text message that ends with a link.

    If the message is too long for one part, `words` is cut and ends in "...". The character "…" is not used, because it
    is not in the GSM alphabet.
    """
    room = LONGEST_TEXT_MESSAGE - len(f". {link}")
    fitting = words if len(words) <= room else f"{words[: max(0, room - 3)].rstrip()}..."
    return f"{fitting}. {link}"[-LONGEST_TEXT_MESSAGE:]


# Mail programs cut longer subjects. RFC 5322 (section 2.1.1) recommends lines of at most 78 characters.
LONGEST_SUBJECT = 78


def shorten(text: str, most: int = LONGEST_SUBJECT) -> str:
    """Cut a text to at most `most` characters. If a word ends near the limit, cut the text after this word."""
    if len(text) <= most:
        return text
    cut = text[: max(0, most - 1)]
    words, _space, rest = cut.rpartition(" ")
    return f"{words if words and len(rest) < most // 3 else cut}…"


# How long the first message waits for further news. The responses to the checks of one minute arrive within seconds of
# each other, so one message can cover all of them.
SETTLING = timedelta(seconds=10)
# If a person already had a message within `WINDOW`, the next message waits. It is sent when there was no news for
# `QUIET`, or when the oldest news has waited for `WINDOW`.
QUIET = timedelta(minutes=1)
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class PendingItem:
    """A suspicion or verdict of which no one was notified yet.

    `key` is the primary key of the suspicion or verdict. `since` is the aware instant at which it arose.
    """

    key: int
    since: datetime
    recipients: frozenset[str]


def combine[T: (Suspicion, Verification)](
    found: Iterable[T],
    *,
    since: Callable[[T], datetime],
    recipients: Callable[[T], frozenset[str]],
    earlier: Iterable[tuple[str, int]],
    now: datetime,
) -> Iterator[tuple[list[T], frozenset[str]]]:
    """Group the suspicions or verdicts that are ready to be sent, and yield each group and its recipients.

    Each person gets one message for each producer. For rehearsals, each suspicion or verdict has a separate message,
    which is sent without waiting.

    :param earlier: the messages of this kind that were written within `WINDOW`, without messages about rehearsals. Each
        item is a pair of the event of the message and the key of the producer.
    """
    by_producer: dict[int, dict[int, T]] = defaultdict(dict)
    for item in found:
        if item.release.rehearsal:
            yield [item], recipients(item)
        else:
            by_producer[item.release.series.producer_id][item.pk] = item
    notified: dict[int, set[str]] = defaultdict(set)
    if by_producer:
        producers = dict(earlier)
        messages = Message.objects.filter(event__in=list(producers), erased_at__isnull=True)
        for event, recipient in messages.values_list("event", "recipient"):
            notified[producers[event]].add(recipient)
    for producer, items in by_producer.items():
        pending = [PendingItem(item.pk, since(item), recipients(item)) for item in items.values()]
        ready = select_ready(pending, notified_lately=notified[producer], now=now)
        for keys, people in group_by_recipients(ready).items():
            yield [items[key] for key in keys], people


def select_ready(
    pending: Collection[PendingItem], *, notified_lately: Collection[str], now: datetime
) -> list[PendingItem]:
    """Return the items that are ready to be sent now, oldest first.

    :param pending: the items of one producer.
    :param notified_lately: the addresses that had a message of this kind about the producer within `WINDOW`.
    """
    in_order = sorted((item for item in pending if item.recipients), key=lambda item: (item.since, item.key))
    first = [item for item in in_order if not item.recipients <= set(notified_lately)]
    if first and now - first[0].since >= SETTLING:
        return in_order
    further = [item for item in in_order if item not in first]
    if further and (now - further[-1].since >= QUIET or now - further[0].since >= WINDOW):
        return further
    return []


def group_by_recipients(ready: Sequence[PendingItem]) -> dict[tuple[int, ...], frozenset[str]]:
    """Return a dict that maps the keys of the items in a message to the recipients of the message.

    Each person is a recipient of only one message.
    """
    keys_by_recipient: dict[str, list[int]] = defaultdict(list)
    for item in ready:
        for recipient in item.recipients:
            keys_by_recipient[recipient].append(item.key)
    groups: dict[tuple[int, ...], set[str]] = defaultdict(set)
    for recipient, keys in keys_by_recipient.items():
        groups[tuple(keys)].add(recipient)
    return {keys: frozenset(recipients) for keys, recipients in sorted(groups.items())}

"""Who has heard of a suspected breach, or of a release that was seen live, by whatever message told of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from releases.rules.canonical import sha256_hex
from statsoffice.messages.gathering import WINDOW
from statsoffice.messages.models import Channel, Message, ToldSuspicion


class News(StrEnum):
    """What is told of suspicions, of several in one message where they come together: how its events begin."""

    SUSPECTED = "suspected-breach"
    SEEN_LIVE = "live-at-last"


OF_SEVERAL = {News.SUSPECTED: "suspected-breaches", News.SEEN_LIVE: "live-at-last-together"}


def event_of(news: News, suspicions: Sequence[int]) -> str:
    """Name the event of a message on some suspicions, by their keys.

    Whoever gathers the same suspicions names the same event, so that nobody is told of them twice.
    """
    if len(suspicions) == 1:
        return f"{news}-{suspicions[0]}"
    return f"{OF_SEVERAL[news]}-{sha256_hex(' '.join(str(key) for key in suspicions).encode())[:32]}"


def lately(news: News, *, now: datetime) -> dict[int, set[str]]:
    """Return who had such a message within the window of gathering, by the key of their producer; no rehearsals."""
    told = ToldSuspicion.objects.filter(
        at__gt=now - WINDOW, event__startswith=news, suspicion__release__rehearsal=False
    )
    return recipients_of(dict(told.values_list("event", "suspicion__release__series__producer")))


def recipients_of(producers: Mapping[str, int]) -> dict[int, set[str]]:
    """Return who had a message on one of some events, by the key of the producer.

    :param producers: the producer's key by the event.
    """
    found: dict[int, set[str]] = defaultdict(set)
    told_of = Message.objects.filter(event__in=list(producers), erased_at__isnull=True)
    for event, recipient in told_of.values_list("event", "recipient"):
        found[producers[event]].add(recipient)
    return found


def of_suspicions(suspicions: Collection[int]) -> Mapping[int, set[str]]:
    """Return whom the outbox has told of some suspicions; those of which nobody was told are left out.

    :param suspicions: by key.
    :return: addresses by the suspicion's key.
    """
    told_by: dict[str, set[int]] = defaultdict(set)
    for key in suspicions:
        # Before messages named several suspicions, each had an event of its own.
        told_by[event_of(News.SUSPECTED, [key])].add(key)
    tellings = ToldSuspicion.objects.filter(suspicion__in=suspicions)
    for event, key in tellings.values_list("event", "suspicion"):
        told_by[event].add(key)
    heard: dict[int, set[str]] = defaultdict(set)
    kept = Message.objects.filter(event__in=list(told_by), erased_at__isnull=True)
    people = kept.exclude(channel=Channel.WEBHOOK)
    for event, recipient in people.values_list("event", "recipient"):
        for key in told_by[event]:
            heard[key].add(recipient)
    return heard

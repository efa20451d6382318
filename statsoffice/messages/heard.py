"""Who has heard of a suspected breach, by whatever message told of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from statsoffice.messages.models import Channel, Message, ToldSuspicion

# Before messages named several suspicions, each had an event of its own.
OF_ONE = "suspected-breach-"


def of_suspicions(suspicions: Collection[int]) -> Mapping[int, set[str]]:
    """Return whom the outbox has told of some suspicions; those of which nobody was told are left out.

    :param suspicions: by key.
    :return: addresses by the suspicion's key.
    """
    told_by: dict[str, set[int]] = defaultdict(set)
    for key in suspicions:
        told_by[f"{OF_ONE}{key}"].add(key)
    tellings = ToldSuspicion.objects.filter(suspicion__in=suspicions)
    for event, key in tellings.values_list("event", "suspicion"):
        told_by[event].add(key)
    heard: dict[int, set[str]] = defaultdict(set)
    people = Message.objects.filter(event__in=list(told_by)).exclude(channel=Channel.WEBHOOK)
    for event, recipient in people.values_list("event", "recipient"):
        for key in told_by[event]:
            heard[key].add(recipient)
    return heard

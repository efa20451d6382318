"""By which channels news goes out, and in which words: what people and producers have chosen, and else mail."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings

from statsoffice.messages.models import Channel, Preference
from statsoffice.messages.owed import Owed

# For a producer: what each person has chosen, by address, and what holds for everybody else, under none.
type Choices = dict[str, set[tuple[Channel, str]]]


@dataclass(frozen=True, slots=True)
class Way:
    """One message of a piece of news: by what, to whom or where, and in which words."""

    channel: Channel
    recipient: str
    subject: str
    text: str


def ways(news: Sequence[Owed]) -> Iterator[tuple[Owed, Way]]:
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
                yield one, Way(channel, recipient, one.subject, one.text)
        for room in sorted(rooms):
            yield one, Way(Channel.WEBHOOK, room, *_reference_and_link(one))


def offered() -> list[Channel]:
    """Return the channels that the operator has set up; mail always is."""
    notify = [Channel.NOTIFY] if settings.NOTIFY_KEY else []
    return [Channel.MAIL, *notify, *([Channel.WEBHOOK] if settings.WEBHOOKS else [])]


def _wanted(one: Owed, recipient: str, choices: Choices) -> tuple[set[Channel], set[str]]:
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


def _reference_and_link(one: Owed) -> tuple[str, str]:
    """Return the only words that leave the house by a webhook: a reference, and where to read on after signing in."""
    links = re.findall(rf"{re.escape(settings.ADDRESS)}(?=[/\s]|$)\S*", one.text)
    return one.about.reference or settings.OFFICE_NAME, links[-1] if links else settings.ADDRESS

"""Notifications that were sent, for the people whom they concern."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches import permissions as reports
from releases import permissions
from releases.rules import london
from releases.rules.lifecycle import LEADS
from statsoffice.notifications.delivery import MOST_ATTEMPTS
from statsoffice.notifications.models import Channel, Message

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class State(StrEnum):
    """What became of a message."""

    SENT = "sent"
    WAITING = "waiting"
    LEFT = "left"


STATES: dict[State, Promise] = {
    State.SENT: lazy("sent"),
    State.WAITING: lazy("not sent yet"),
    State.LEFT: lazy("not sent, and tried no more"),
}
CONDITIONS = {
    State.SENT: Q(sent_at__isnull=False),
    State.WAITING: Q(sent_at__isnull=True, attempts__lt=MOST_ATTEMPTS),
    State.LEFT: Q(sent_at__isnull=True, attempts__gte=MOST_ATTEMPTS),
}


@dataclass(frozen=True, slots=True)
class Line:
    """Some messages of one piece of news that have the same to tell: to whom, by what, and what became of them."""

    to: str
    channel: str
    what: str
    reason: str
    is_left: bool


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news: its subject, what it is about, and what was sent of it."""

    message: Message
    subject: str
    report: str
    release: str
    lines: tuple[Line, ...]


def visible_to(person: "User") -> QuerySet[Message]:
    """Return the messages of which a person may know: their own, and those of producers whose reports they may view.

    What tells of a report is shown to whoever may view that very report.
    """
    own = Q(recipient__iexact=person.email)
    about_reports = Q(report__in=reports.reports_where(person, reports.Action.VIEW))
    producers = permissions.producers_with(person, reports.TABLE[reports.Action.VIEW])
    return Message.objects.filter(own | about_reports | Q(report__isnull=True, producer__in=producers))


def narrowed(messages: QuerySet[Message], *, about: str, state: str) -> QuerySet[Message]:
    """Leave only the messages about one release or report, by its reference, and in one state; empty: all of them."""
    if about:
        messages = messages.filter(Q(report__reference=about) | Q(release__reference=about))
    return messages.filter(CONDITIONS[State(state)]) if state else messages


def events_of(messages: QuerySet[Message]) -> QuerySet[Message, str]:
    """Return the events that some messages tell of, the latest first."""
    events = messages.order_by().values("event").annotate(first=Min("created_at"))
    return events.order_by("-first", "event").values_list("event", flat=True)


def news_of(messages: QuerySet[Message], events: Collection[str], *, person: "User") -> Iterator[News]:
    """Give what some messages tell of some events, with addresses for the leads of their producer alone.

    :param messages: as the person may see them.
    :param person: who looks; their own address they see in any case.
    """
    found: dict[str, list[Message]] = defaultdict(list)
    related = messages.select_related("report", "release").defer("text")
    for message in related.filter(event__in=events).order_by("created_at", "pk"):
        found[message.event].append(message)
    leads = set(permissions.producers_with(person, LEADS).values_list("pk", flat=True))
    keys = {message.report_id for told in found.values() for message in told if message.report_id}
    viewed = reports.reports_where(person, reports.Action.VIEW).filter(pk__in=keys)
    readable = set(viewed.values_list("pk", flat=True))
    own = set(permissions.producers_where(person, permissions.Action.VIEW).values_list("pk", flat=True))
    for event in events:
        first = min(found[event], key=_says_little)
        about, release = first.report, first.release
        yield News(
            message=first,
            subject=first.told,
            report=about.reference if about and about.pk in readable else "",
            release=release.reference if release and first.producer_id in own else "",
            lines=tuple(_lines(found[event], person=person, leads=first.producer_id in leads)),
        )


def _says_little(message: Message) -> tuple[bool, bool]:
    """Tell whether other messages have a better subject: this one’s is gone, or a webhook’s, which is a reference."""
    return message.erased_at is not None, message.channel == Channel.WEBHOOK


def _lines(messages: Iterable[Message], *, person: "User", leads: bool) -> Iterator[Line]:
    alike: dict[tuple[Channel, str, str, bool, bool], list[str]] = defaultdict(list)
    for message in messages:
        own = message.recipient.lower() == person.email.lower()
        # What a server says of a refusal may hold the address.
        reason = message.last_error if leads or own else ""
        left = state_of(message) is State.LEFT
        named = message.channel == Channel.WEBHOOK or (leads and message.erased_at is None)
        alike[Channel(message.channel), _what(message), reason, left, named].append(message.recipient)
    for (channel, what, reason, left, named), recipients in alike.items():
        # A webhook has a name and no address; whose address was removed is counted, as for those who see none.
        to = _to(recipients, person=person, by_name=named)
        yield Line(to, str(channel.label), what, reason, left)


def state_of(message: Message) -> State:
    """Tell what became of a message."""
    if message.sent_at:
        return State.SENT
    return State.LEFT if message.attempts >= MOST_ATTEMPTS else State.WAITING


def _what(message: Message) -> str:
    if message.sent_at and message.erased_at:
        told = {"moment": london.format_moment(message.sent_at), "day": london.format_day(message.erased_at)}
        return _("sent at %(moment)s; recipients and words removed on %(day)s") % told
    if message.sent_at:
        return _("sent at %(moment)s") % {"moment": london.format_moment(message.sent_at)}
    if state_of(message) is State.LEFT:
        return _("not sent: it was refused or tried too often, and is tried no more")
    if not message.attempts:
        return _("not sent yet: it waits for the next round, within seconds")
    tried = ngettext("tried %(count)s time", "tried %(count)s times", message.attempts) % {"count": message.attempts}
    next_time = {"tried": tried, "moment": london.format_moment(message.due_at)}
    return _("not sent yet: %(tried)s, and next at %(moment)s") % next_time


def _to(recipients: list[str], *, person: "User", by_name: bool) -> str:
    if by_name:
        return ", ".join(recipients)
    others = [recipient for recipient in recipients if recipient.lower() != person.email.lower()]
    counted = ngettext("%(count)s person", "%(count)s people", len(others)) % {"count": len(others)}
    if len(others) == len(recipients):
        return counted
    return _("you and %(others)s") % {"others": counted} if others else _("you")

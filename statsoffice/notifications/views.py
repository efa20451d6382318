"""The page that shows sent notifications to the people whom they concern."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Coalesce, Lower
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches import permissions as reports
from breaches.models import Dispatch, Report
from breaches.rules.lifecycle import SEND
from breaches.rules.report_number import parse_number
from releases import permissions
from releases.models import Release
from releases.rules import calendar
from releases.rules.lifecycle import LEADS
from statsoffice.notifications.delivery import retry_dispatch
from statsoffice.notifications.models import CONDITIONS, MOST_ATTEMPTS, Channel, DeliveryState, Message
from statsoffice.notifications.recipients import FOR_LEADS_ALONE, about_hidden_trainings

if TYPE_CHECKING:
    from statsoffice.accounts.models import User
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.messages import INFO, SUCCESS
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from breaches.views.base import report_page, return_to_report
from releases.forms import FilterForm
from releases.views.base import SignedInRequest
from releases.views.list_order import Column, ListOrder

STATES: dict[DeliveryState, Promise] = {
    DeliveryState.SENT: lazy("sent"),
    DeliveryState.WAITING: lazy("not sent yet"),
    DeliveryState.LEFT: lazy("could not be delivered"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: the messages of a notification that have the same channel and delivery status."""

    to: str
    channel: str
    what: str
    reason: str
    is_left: bool


@dataclass(frozen=True, slots=True)
class SentNotification:
    """A notification in the list. `report` and `release` are None if the person may not view them."""

    message: Message
    subject: str
    report: Report | None
    release: Release | None
    lines: tuple[Line, ...]


def visible_messages(person: "User") -> QuerySet[Message]:
    """Return the messages that a person may see.

    People see the messages sent to them and the messages about reports that they may view. If they may view the reports
    of a producer, they also see the messages about the producer that concern no report. There are two exceptions for
    messages to other people. Messages about a training are visible only to its participants. The messages in
    `FOR_LEADS_ALONE` are visible only to people who may know of early findings.
    """
    own = Q(recipient__iexact=person.email)
    about_reports = Q(report__in=reports.reports_where(person, reports.Action.VIEW))
    producers = permissions.producers_with(person, reports.TABLE[reports.Action.VIEW])
    visible = Message.objects.filter(own | about_reports | Q(report__isnull=True, producer__in=producers))
    visible = visible.exclude(~own & about_hidden_trainings(person))
    led = permissions.producers_where(person, permissions.Action.KNOW_EARLY_FINDINGS)
    return visible.exclude(~own & ~Q(producer__in=led) & FOR_LEADS_ALONE)


def filter_messages(messages: QuerySet[Message], *, about: str, state: str) -> QuerySet[Message]:
    """Filter messages by what they are about and by delivery state. An empty string selects all messages.

    :param about: the number or reference of a report, or the reference of a release.
    :param state: the value of a `DeliveryState`.
    """
    if about and (number := parse_number(about)):
        messages = messages.filter(report__in=Report.objects.numbered(number))
    elif about:
        messages = messages.filter(Q(report__reference=about) | Q(release__reference=about))
    return messages.filter(CONDITIONS[DeliveryState(state)]) if state else messages


def list_event_keys(messages: QuerySet[Message]) -> QuerySet[Message, str]:
    """Return the events of messages, latest first.

    The queryset can be sorted by two annotations: `first`, the time of the first message, and `heading`, the subject in
    lower case. `heading` is None if all subjects were redacted.
    """
    kept = Q(erased_at=None)
    heading = Coalesce(
        Min(Lower("subject"), filter=kept & ~Q(channel=Channel.WEBHOOK)), Min(Lower("subject"), filter=kept)
    )
    events = messages.order_by().values("event").annotate(first=Min("created_at"), heading=heading)
    return events.order_by("-first", "event").values_list("event", flat=True)


def find_notifications(
    messages: QuerySet[Message], events: Collection[str], *, person: "User"
) -> Iterator[SentNotification]:
    """Return a notification for each event. Only leads of the producer see the addresses of other people."""
    found: dict[str, list[Message]] = defaultdict(list)
    related = messages.select_related("report", "release").defer("text")
    for message in related.filter(event__in=events).order_by("created_at", "pk"):
        found[message.event].append(message)
    leads = set(permissions.producers_with(person, LEADS).values_list("pk", flat=True))
    keys = {message.report_id for sent in found.values() for message in sent if message.report_id}
    viewed = reports.reports_where(person, reports.Action.VIEW).filter(pk__in=keys)
    readable = set(viewed.values_list("pk", flat=True))
    own = set(permissions.producers_where(person, permissions.Action.VIEW).values_list("pk", flat=True))
    for event in events:
        first = min(
            # Prefer a message that was not redacted, and then one that was not sent to a webhook. The subject of a
            # message to a webhook is only a reference.
            found[event],
            key=lambda message: (message.erased_at is not None, message.channel == Channel.WEBHOOK),
        )
        about, release = first.report, first.release
        yield SentNotification(
            message=first,
            subject=first.title,
            report=about if about and about.pk in readable else None,
            release=release if first.producer_id in own else None,
            lines=tuple(_lines(found[event], person=person, leads=first.producer_id in leads)),
        )


def _lines(messages: Iterable[Message], *, person: "User", leads: bool) -> Iterator[Line]:
    alike: dict[tuple[Channel, str, str, bool, bool], list[str]] = defaultdict(list)
    for message in messages:
        own = message.recipient.lower() == person.email.lower()
        # The server's error message may contain the recipient's address, which only leads and the recipient may see.
        reason = message.last_error if leads or own else ""
        left = _is_left(message)
        named = message.channel == Channel.WEBHOOK or (leads and message.erased_at is None)
        alike[Channel(message.channel), describe_delivery(message), reason, left, named].append(message.recipient)
    for (channel, what, reason, left, named), recipients in alike.items():
        # A webhook has a name and no address. Redacted addresses are only counted.
        to = _format_recipients(recipients, person=person, by_name=named)
        yield Line(to, str(channel.label), what, reason, left)


def _is_left(message: Message) -> bool:
    return message.sent_at is None and message.attempts >= MOST_ATTEMPTS


def describe_delivery(message: Message) -> str:
    if message.sent_at and message.erased_at:
        facts = {"moment": calendar.format_moment(message.sent_at), "day": calendar.format_day(message.erased_at)}
        return _("sent at %(moment)s (recipients and text deleted on %(day)s)") % facts
    if message.sent_at:
        return _("sent at %(moment)s") % {"moment": calendar.format_moment(message.sent_at)}
    if _is_left(message):
        return _("could not be delivered. We will not try again")
    if not message.attempts:
        return _("not sent yet. We have not tried to send it")
    tried = ngettext("tried %(count)s time", "tried %(count)s times", message.attempts) % {"count": message.attempts}
    next_time = {"tried": tried, "moment": calendar.format_moment(message.due_at)}
    return _("not sent yet. We have %(tried)s and will try again at %(moment)s") % next_time


def _format_recipients(recipients: list[str], *, person: "User", by_name: bool) -> str:
    if by_name:
        return ", ".join(recipients)
    others = [recipient for recipient in recipients if recipient.lower() != person.email.lower()]
    counted = ngettext("%(count)s person", "%(count)s people", len(others)) % {"count": len(others)}
    if len(others) == len(recipients):
        return counted
    return _("you and %(others)s") % {"others": counted} if others else _("you")


PAGE_SIZE = 30


class MessageFilter(FilterForm):
    about = forms.CharField(label=lazy("Report number or release reference"), required=False, max_length=200)
    state = forms.ChoiceField(
        label=lazy("Delivery status"),
        required=False,
        choices=[("", lazy("All")), *((state.value, words) for state, words in STATES.items())],
        error_messages={"invalid_choice": lazy("‘%(value)s’ is not a delivery status.")},
    )


@login_required
@require_safe
def list_notifications(request: SignedInRequest) -> HttpResponse:
    form = MessageFilter(request.GET)
    filters: dict[str, Any] = form.cleaned_data if form.is_valid() else {"about": "", "state": ""}
    visible = visible_messages(request.user)
    messages = filter_messages(visible, about=filters["about"].strip(), state=filters["state"])
    columns = {
        "created": Column(_("Created"), "first", descending_first=True),
        "notification": Column(_("Notification"), "heading"),
        "sent": Column(_("Sent to")),
    }
    order = ListOrder(request.GET, columns, default="-created")
    page = Paginator(order.sort(list_event_keys(messages)), PAGE_SIZE).get_page(request.GET.get("page"))
    news = list(find_notifications(messages, list(page), person=request.user)) if form.is_valid() else []
    context = {
        "form": form,
        "page": page,
        "order": order,
        "news": news,
        "about": filters["about"].strip(),
        "is_narrowed": any(filters.values()) or not form.is_valid(),
    }
    return render(request, "notifications/sent.html", context)


@report_page("POST", move=SEND)
def retry_dispatch_view(request: SignedInRequest, report: Report, dispatch: int) -> HttpResponse:
    dispatches = Dispatch.objects.by_mail().select_related("report__producer", "document").defer("document__pdf")
    found = get_object_or_404(dispatches, report=report, pk=dispatch)
    if retry_dispatch(found, by=request.user, at=timezone.now()):
        sentence = _("We will try to send the email again. Refresh this page for the result.")
        return return_to_report(request, report, sentence, SUCCESS)
    return return_to_report(request, report, _("You did not make any changes."), INFO)

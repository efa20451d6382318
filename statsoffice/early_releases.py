"""The pages of early releases, for Heads of Profession, deputies and incident contacts.

The addresses of these pages do not name the release, because notifications contain the addresses (decision 73).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Max, Prefetch, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from breaches import early_releases, permissions
from breaches.early_releases import Choice
from breaches.models import EarlyReleaseDecision, Report, Suspicion
from breaches.register import first_day_sent
from breaches.text import ROLES
from releases import check_history
from releases.check_history import AddressRecord
from releases.detection.finding import CheckOutcome
from releases.early_findings import current_contacts, name_contact, producers_known_to
from releases.forms import GovukForm, add_refusal
from releases.models import Address, IncidentContact, Release, ReleaseEvent
from releases.models.append_only import redaction_marker
from releases.permissions import TABLE, Action, may, producers_with_standing_role
from releases.rules.calendar import format_moment
from releases.rules.lifecycle import PUBLISH, TO_COME, ChangedMeanwhile, FieldRefused, MoveRefused, Role
from releases.text.release import describe_check
from releases.views.base import SignedInRequest, post_data
from releases.views.list_order import Column, ListOrder
from statsoffice.accounts.models import User
from statsoffice.accounts.text_numbers import find_without_texts
from statsoffice.notifications.models import Channel, Message
from statsoffice.notifications.recipients import REMINDER, SUSPECTED
from statsoffice.notifications.release_queries import event_of_early_release
from statsoffice.notifications.views import describe_delivery

NOTHING = "This person may not see any early releases."


class DecisionForm(GovukForm):
    """A form in which a person decides what to do about an early release.

    `seen` is the number of the last decision that the person read.
    """

    button, button_class = lazy("Record this decision"), "govuk-button--warning"
    options = {
        "choice": {
            "size": "m",
            "hints": {
                Choice.TAKE_DOWN.value: lazy(
                    "Ask the publishing team to remove the page and its files now, and to publish them again at the "
                    "due time. We do not notify them."
                ),
                Choice.PUBLISH_NOW.value: lazy(
                    "Everyone gets the release at the same time. The next page asks for the time and the public reason."
                ),
            },
        }
    }

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    choice = forms.ChoiceField(
        label=lazy("What do you want to do?"),
        choices=Choice.choices,
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose what to do about the early release")},
    )

    def __init__(self, *args: Any, choices: Iterable[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = [(one.value, one.label) for one in choices]  # type: ignore[attr-defined]  # declared above


class ContactForm(GovukForm):
    button = lazy("Save")

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    person = forms.ModelChoiceField(
        label=lazy("Incident contact"),
        help_text=lazy("A person with a role at this producer, for example in your security team."),
        queryset=User.objects.none(),
        required=False,
        empty_label=lazy("No incident contact"),
    )

    def __init__(self, *args: Any, people: "QuerySet[User]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]  # declared above


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """An address at which a release was found live early.

    `last_at` and `last_result` are the time and the result of the last check, if there is one.
    """

    label: str
    url: str
    first_live_at: datetime | None
    last_at: datetime | None = None
    last_result: str = ""

    @property
    def last_sentence(self) -> str:
        return describe_check(self.last_result, ()) if self.last_result else ""


@dataclass(frozen=True, slots=True)
class SentNotification:
    """The notifications of one person about an early release.

    `delivery` describes the delivery of the first message. `reminders` is the number of reminders that were sent.
    """

    recipient: str
    delivery: str
    reminders: int = 0
    last_reminder_at: datetime | None = None


@login_required
@require_safe
def list_early_releases(request: SignedInRequest) -> HttpResponse:
    """List the early releases that a person may know about, and the incident contacts of the producers that they lead.

    Some people may only read certain reports about early releases, because they started these reports or are assigned
    to them. For these people, the page lists only these reports.
    """
    found = early_releases.early_releases_known_to(request.user).select_related("release__series__producer")
    led = producers_with_standing_role(request.user, TABLE[Action.NAME_INCIDENT_CONTACT])
    known = producers_known_to(request.user)
    knows_of_all = known.exists()
    readable = permissions.unlisted_reports_of(request.user)
    own = readable.exclude(producer__in=known)
    if not knows_of_all and not own.exists():
        raise Http404(NOTHING)
    columns = {
        "found": Column(_("Found"), "raised_at", descending_first=True),
        "release": Column(_("Release"), Lower("release__title")),
    }
    order = ListOrder(request.GET, columns, default="-found")
    found = order.sort(found).prefetch_related("decisions__decided_by")
    page = Paginator(found.exclude(release__status__in=TO_COME), PER_PAGE).get_page(request.GET.get("page"))
    reported = early_releases.reported_early_releases().filter(producer__in=known)
    producers = list(led.order_by("name"))
    contacts, without_texts = current_contacts(producers), find_without_texts(producers)
    context = {
        "knows_of_all": knows_of_all,
        "own": own.select_related("producer").order_by("-drafted_at", "-pk"),
        "reported": reported.select_related("producer").order_by("-drafted_at", "-pk"),
        "readable": set(readable.values_list("pk", flat=True)),
        "open": [_row(one) for one in found.filter(release__status__in=TO_COME)],
        "order": order,
        "page": page,
        "over": [_row(one) for one in page],
        "contacts": [(one, contacts.get(one.pk), without_texts.get(one.pk, [])) for one in producers],
    }
    return render(request, "early_releases/list.html", context)


PER_PAGE = 100
"""The number of published or cancelled early releases on a page. Every page also lists all other early releases."""


def _row(suspicion: Suspicion) -> dict[str, Any]:
    decisions = list(suspicion.decisions.all())
    return {
        "suspicion": suspicion,
        "decision": decisions[-1] if decisions else None,
        "is_open": suspicion.release.status in TO_COME,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_early_release(request: SignedInRequest, key: int) -> HttpResponse:
    """Show an early release to the people who may know about it, and record their decisions."""
    known = early_releases.early_releases_known_to(request.user)
    reports = Prefetch("report", Report.objects.annotate(sent_on=first_day_sent()))
    known = known.select_related("release__series__producer", "verification").prefetch_related(reports)
    suspicion = get_object_or_404(known, pk=key)
    choices = early_releases.choices_open_to(request.user, suspicion)
    form = DecisionForm(post_data(request), choices=choices, initial={"seen": _number_of_decisions(suspicion)})
    status = 200
    if request.method == "POST":
        if not choices:
            messages.info(request, _("This release is published or cancelled, so there is nothing to decide."))
            return redirect("early_releases:early_release", key)
        if form.is_valid():
            try:
                early_releases.record_decision(
                    suspicion,
                    Choice(form.cleaned_data["choice"]),
                    by=request.user,
                    at=timezone.now(),
                    seen=form.cleaned_data["seen"],
                )
            except ChangedMeanwhile as refusal:
                form.reopen(name="seen", version=_number_of_decisions(suspicion), sentence=str(refusal))
                status = 409
            except MoveRefused as refusal:
                messages.info(request, str(refusal))
                return redirect("early_releases:early_release", key)
            else:
                messages.success(request, _("Your decision is recorded."))
                if form.cleaned_data["choice"] == Choice.PUBLISH_NOW and not _is_moved(suspicion):
                    return redirect(_page_to_publish(suspicion.release), suspicion.release.reference)
                return redirect("early_releases:early_release", key)
    return render(
        request, "early_releases/early_release.html", _context(request, suspicion, form, choices), status=status
    )


def _number_of_decisions(suspicion: Suspicion) -> int:
    return EarlyReleaseDecision.objects.filter(suspicion=suspicion).count()


def _is_moved(suspicion: Suspicion) -> bool:
    """Return whether the release was rescheduled after it was found early."""
    return suspicion.release.schedule_version != suspicion.schedule_version


def _page_to_publish(release: Release) -> str:
    """Return the name of the view in which a lead publishes a release now.

    For a rehearsal, this is the view that changes the date.
    """
    return "releases:change_date" if release.rehearsal else "releases:release_at_once"


class Step(StrEnum):
    """The next step after a decision on an early release. The template has the text of each step."""

    TAKE_DOWN = "take_down"
    PUBLISH_WHEN_DUE = "publish_when_due"
    PUBLISH_LATE = "publish_late"
    CHANGE_TIME = "change_time"
    LEAD_CHANGES_TIME = "lead_changes_time"
    STATE_TIME = "state_time"
    LEAD_STATES_TIME = "lead_states_time"


def _find_step(
    suspicion: Suspicion, last: EarlyReleaseDecision, *, is_gone: bool, is_lead: bool, now: datetime
) -> Step:
    due_at = suspicion.release.due_at
    is_due = due_at is not None and now >= due_at
    if last.choice == Choice.TAKE_DOWN:
        if not is_gone:
            return Step.TAKE_DOWN
        return Step.PUBLISH_LATE if is_due else Step.PUBLISH_WHEN_DUE
    if not _is_moved(suspicion):
        return Step.CHANGE_TIME if is_lead else Step.LEAD_CHANGES_TIME
    if not is_due:
        return Step.PUBLISH_WHEN_DUE
    # If the page was already live, checks cannot show when the release was published. So a lead states the time.
    return Step.STATE_TIME if is_lead else Step.LEAD_STATES_TIME


def _context(
    request: SignedInRequest, suspicion: Suspicion, form: DecisionForm, choices: tuple[Choice, ...]
) -> dict[str, Any]:
    release, report, now = suspicion.release, suspicion.report, timezone.now()
    decisions = list(EarlyReleaseDecision.objects.filter(suspicion=suspicion).select_related("decided_by"))
    record = check_history.release_record_of(release, by=request.user, now=now)
    addresses = list(_list_found(suspicion, record.addresses))
    is_gone = bool(addresses) and all(one.last_result == CheckOutcome.NOT_LIVE for one in addresses)
    is_lead = may(request.user, Action.RELEASE_AT_ONCE, release.series.producer)
    last = decisions[-1] if decisions and release.status in TO_COME else None
    may_read = report and permissions.may_act_on(request.user, permissions.Action.VIEW, report)
    return {
        "suspicion": suspicion,
        "release": release,
        "producer": release.series.producer,
        "is_open": release.status in TO_COME,
        "recorded_at": _published_since(release),
        "due_at": suspicion.verification.due_at,
        "first_live_at": suspicion.verification.occurred_at,
        "addresses": addresses,
        "decisions": [_event(decision) for decision in reversed(decisions)],
        "is_moved": _is_moved(suspicion),
        "step": _find_step(suspicion, last, is_gone=is_gone, is_lead=is_lead, now=now) if last else "",
        "publish_address": reverse(_page_to_publish(release), args=[release.reference]),
        "form": form if choices else None,
        "notified": list(_list_notified(suspicion)),
        # If this is true and `notified` is empty, the page says that no one was notified yet.
        "may_be_notified": release.status in TO_COME and now < suspicion.verification.due_at,
        "others_notified_at": _others_notified_at(suspicion),
        "report": report if may_read else None,
        "may_start": permissions.may_start(request.user, release.series.producer),
        "is_drafting": report is None,
    }


def _list_found(suspicion: Suspicion, records: Iterable[AddressRecord]) -> Iterator[FoundAddress]:
    """Yield the addresses that were found live before the due time."""
    last_runs = {record.address.pk: record.runs[-1] for record in records if record.runs}
    for result in suspicion.verification.results:
        if result.verdict.live_before_due_at is None:
            continue
        run = last_runs.get(result.address)
        yield FoundAddress(
            label=str(Address.Role(result.role).label),
            url=result.url,
            first_live_at=result.verdict.live_before_due_at,
            last_at=run.last_at if run else None,
            last_result=run.result if run else "",
        )


def _event(decision: EarlyReleaseDecision) -> dict[str, Any]:
    """Describe a decision as an entry of a timeline."""
    is_contact = decision.role == early_releases.INCIDENT_CONTACT
    role = _("incident contact") if is_contact else ROLES[Role(decision.role)]
    return {
        "title": decision.get_choice_display(),
        "by": f"{decision.decided_by}, {role}",
        "at": decision.decided_at,
    }


def _list_notified(suspicion: Suspicion) -> Iterator[SentNotification]:
    first = event_of_early_release(suspicion)
    # Text messages are left out, because the readers of this page are not allowed to see the recipients' mobile
    # numbers.
    written = Message.objects.exclude(channel__in=[Channel.WEBHOOK, Channel.TEXT])
    reminded = written.filter(event__startswith=f"{first}{REMINDER}", sent_at__isnull=False)
    reminders = {
        (recipient, channel): (number, last_at)
        for recipient, channel, number, last_at in reminded.order_by()
        .values_list("recipient", "channel")
        .annotate(Count("pk"), Max("sent_at"))
    }
    for message in written.filter(event=first).order_by("recipient", "channel"):
        recipient = redaction_marker(message.erased_at) if message.erased_at else message.recipient
        if message.sent_at:
            delivery = _("notified at %(moment)s") % {"moment": format_moment(message.sent_at)}
        else:
            delivery = describe_delivery(message)
        yield SentNotification(recipient, delivery, *reminders.get((message.recipient, message.channel), (0, None)))


def _published_since(release: Release) -> datetime | None:
    """Return when the publication of a release was recorded, or None. The release may have been published earlier."""
    events = ReleaseEvent.objects.filter(release=release, kind=PUBLISH)
    return events.order_by("-position").values_list("at", flat=True).first()


def _others_notified_at(suspicion: Suspicion) -> datetime | None:
    """Return when the contacts of the series were notified of the suspected breach, or None.

    The contacts are notified only after the release is published. If the release is cancelled, they are notified after
    its due time.
    """
    events = suspicion.notifications.filter(event__startswith=SUSPECTED).values("event")
    sent = Message.objects.filter(event__in=events, sent_at__isnull=False)
    return sent.order_by("sent_at").values_list("sent_at", flat=True).first()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def name_contact_view(request: SignedInRequest, producer: str) -> HttpResponse:
    """Name the incident contact of a producer that the person leads."""
    led = producers_with_standing_role(request.user, TABLE[Action.NAME_INCIDENT_CONTACT])
    owner = get_object_or_404(led, slug=producer)
    people = User.objects.filter(memberships__producer=owner, is_active=True).distinct().order_by("name", "email")
    rows = list(IncidentContact.objects.filter(producer=owner).select_related("person", "named_by").order_by("-number"))
    initial = {"seen": rows[0].number if rows else 0, "person": rows[0].person_id if rows else None}
    form = ContactForm(post_data(request), people=people, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        chosen: User | None = form.cleaned_data["person"]
        if (chosen.pk if chosen else None) == (rows[0].person_id if rows else None):
            messages.info(request, _("You did not make any changes."))
            return redirect("early_releases:early_releases")
        try:
            name_contact(owner, chosen, by=request.user, at=timezone.now(), seen=form.cleaned_data["seen"])
        except ChangedMeanwhile as refusal:
            form.reopen(name="seen", version=initial["seen"] or 0, sentence=str(refusal))
            status = 409
        except FieldRefused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Incident contact saved."))
            return redirect("early_releases:early_releases")
    context = {"producer": owner, "form": form, "rows": rows}
    return render(request, "early_releases/contact.html", context, status=status)

"""Pages about webhooks and publishing systems, for Heads of Profession and deputies."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Case, F, When
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from releases.forms import GovukForm
from releases.models import Producer
from releases.permissions import Action, producers_where
from releases.public.feeds import absolute_address
from releases.views.base import SignedInRequest, is_completed, post_data, post_view
from releases.views.list_order import Column, ListOrder, place_in
from statsoffice.webhooks import endpoints
from statsoffice.webhooks.endpoints import EndpointPlan, NotPossible, RowWithSecret
from statsoffice.webhooks.models import TEST_TYPE, EventType, PublicationSource, WebhookDelivery, WebhookEndpoint
from statsoffice.webhooks.text import describe_delivery_fault

NOTHING = "This person may not manage the webhooks of any producer."
DELIVERIES_ON_A_PAGE = 25
MOST_CHANGES = 25


class EndpointForm(GovukForm):
    button = lazy("Create the webhook")
    options = {"event_types": {"size": "s"}}

    name = forms.CharField(
        label=lazy("Purpose"),
        help_text=lazy("For example, the dashboard of the data team. Create one webhook for each purpose."),
        max_length=100,
        error_messages={"required": lazy("Enter a purpose")},
    )
    url = forms.CharField(
        label=lazy("Web address of your system"),
        help_text=lazy("It starts with https://"),
        max_length=1000,
        error_messages={"required": lazy("Enter the web address of your system")},
    )
    event_types = forms.MultipleChoiceField(
        label=lazy("Events"),
        help_text=lazy(
            "Results and reports are not public. Send them only to a system whose users are allowed to see them."
        ),
        choices=EventType.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": lazy("Select at least one event")},
    )
    with_rehearsals = forms.BooleanField(
        label=lazy("Send results and reports of rehearsals too"),
        help_text=lazy("Each event says if it is about a rehearsal. Training sessions are never sent."),
        required=False,
    )


class SystemForm(GovukForm):
    button = lazy("Add the system")

    name = forms.CharField(
        label=lazy("Name of the system"),
        help_text=lazy("For example, the content management system. Pages and reports show this name."),
        max_length=100,
        error_messages={"required": lazy("Enter the name of the system")},
    )


@login_required
@require_safe
def list_webhooks(request: SignedInRequest) -> HttpResponse:
    """Show the webhooks and publishing systems that the person may manage, grouped by producer."""
    own = list(producers_where(request.user, Action.MANAGE_WEBHOOKS).order_by("name"))
    if not own:
        raise Http404(NOTHING)
    webhooks, systems = list(endpoints.endpoints_of(request.user)), list(endpoints.sources_of(request.user))
    producers = [
        {
            "producer": producer,
            "only_covers": not endpoints.may_get_secret(request.user, producer),
            "webhooks": [one for one in webhooks if one.producer_id == producer.pk],
            "systems": [(one, _address_of(one)) for one in systems if one.producer_id == producer.pk],
        }
        for producer in own
    ]
    return render(request, "webhooks/list.html", {"producers": producers})


@login_required
@require_http_methods(["GET", "POST"])
def create_webhook_view(request: SignedInRequest, producer: str) -> HttpResponse:
    response: HttpResponse = _create_webhook(request, _find_producer(request, producer))
    return response


# People must authenticate again before they create a webhook (as for API tokens), so that a stolen session is not
# enough to create one. This is a separate function, so that only people who may create a webhook have to authenticate
# again.
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth ships no types
def _create_webhook(request: SignedInRequest, owner: Producer) -> HttpResponse:
    form = EndpointForm(post_data(request))
    made: list[RowWithSecret[WebhookEndpoint]] = []

    def act() -> None:
        plan = EndpointPlan(**form.cleaned_data)
        made.append(endpoints.create_endpoint(owner, plan, by=request.user, at=timezone.now()))

    if is_completed(form, act):
        return _show_secret(request, made[0].row, made[0].secret)
    return render(request, "webhooks/create.html", {"producer": owner, "form": form})


def _find_producer(request: SignedInRequest, slug: str) -> Producer:
    producer = get_object_or_404(producers_where(request.user, Action.MANAGE_WEBHOOKS), slug=slug)
    _check_may_get_secret(request, producer)
    return producer


def _check_may_get_secret(request: SignedInRequest, producer: Producer) -> None:
    if not endpoints.may_get_secret(request.user, producer):
        raise Http404("This person only covers for a Head of Profession.")


def _find_webhook(request: SignedInRequest, key: int) -> WebhookEndpoint:
    return get_object_or_404(endpoints.endpoints_of(request.user), pk=key)


def _show_secret(request: SignedInRequest, webhook: WebhookEndpoint, secret: str) -> HttpResponse:
    """Show a new secret in the response to the form.

    Do not redirect to a page that shows the secret, because people could open that page again.
    """
    response = render(request, "webhooks/secret.html", {"webhook": webhook, "secret": secret})
    response.headers["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def show_webhook(request: SignedInRequest, key: int) -> HttpResponse:
    """Show a webhook, its deliveries, and its latest changes."""
    webhook = _find_webhook(request, key)
    order = ListOrder(request.GET, _delivery_columns(), default="-queued")
    deliveries = order.sort(webhook.deliveries.all())
    page = Paginator(deliveries, DELIVERIES_ON_A_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "webhook": webhook,
        "only_covers": not endpoints.may_get_secret(request.user, webhook.producer),
        "order": order,
        "page": page,
        "deliveries": [(one, describe_delivery_fault(one.last_fault)) for one in page],
        "changes": [
            {"title": one.get_kind_display(), "by": one.actor and str(one.actor), "at": one.at}
            for one in webhook.changes.select_related("actor")[:MOST_CHANGES]
        ],
    }
    return render(request, "webhooks/webhook.html", context)


def _delivery_columns() -> dict[str, Column]:
    is_delivered, is_given_up = When(delivered_at__isnull=False, then=2), When(given_up_at__isnull=False, then=1)
    next_attempt = Case(When(delivered_at=None, given_up_at=None, then=F("due_at")))
    return {
        "event": Column(_("Event"), place_in([*EventType, TEST_TYPE], field="event_type")),
        "queued": Column(_("Queued"), "created_at", descending_first=True),
        "status": Column(_("Status"), Case(is_delivered, is_given_up, default=0)),
        "attempts": Column(_("Attempts"), "attempts", descending_first=True),
        "next": Column(_("Next attempt"), next_attempt),
    }


def _page_of_webhook(request: SignedInRequest, key: int) -> str:
    return resolve_url("webhooks:webhook", _find_webhook(request, key).pk)


@post_view(_page_of_webhook)
def send_test_view(request: SignedInRequest, key: int) -> HttpResponse:
    webhook = _find_webhook(request, key)
    try:
        endpoints.send_test(webhook, by=request.user, at=timezone.now())
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Test event queued. Refresh this page for the result, usually within 10 seconds."))
    return redirect("webhooks:webhook", key)


@login_required
@require_http_methods(["GET", "POST"])
def replace_secret_view(request: SignedInRequest, key: int) -> HttpResponse:
    webhook = _find_webhook(request, key)
    _check_may_get_secret(request, webhook.producer)
    response: HttpResponse = _replace_secret(request, webhook)
    return response


@reauthentication_required  # type: ignore[untyped-decorator]
def _replace_secret(request: SignedInRequest, webhook: WebhookEndpoint) -> HttpResponse:
    if request.method == "POST":
        return _show_secret(request, webhook, endpoints.replace_secret(webhook, by=request.user, at=timezone.now()))
    return render(request, "webhooks/replace_secret.html", {"webhook": webhook})


@login_required
@require_http_methods(["GET", "POST"])
def turn_off_view(request: SignedInRequest, key: int) -> HttpResponse:
    webhook = _find_webhook(request, key)
    if request.method == "POST":
        is_changed = endpoints.turn_endpoint_off(webhook, by=request.user, at=timezone.now())
        sentence = _("Webhook turned off. We no longer send events to this address.")
        return _return_to_webhook(request, webhook, sentence if is_changed else "")
    return render(request, "webhooks/turn_off.html", {"webhook": webhook})


@post_view(_page_of_webhook)
def leave_off_view(request: SignedInRequest, key: int) -> HttpResponse:
    webhook = _find_webhook(request, key)
    is_changed = endpoints.leave_endpoint_off(webhook, by=request.user, at=timezone.now())
    return _return_to_webhook(request, webhook, _("The webhook stays off.") if is_changed else "")


@post_view(_page_of_webhook)
def turn_on_view(request: SignedInRequest, key: int) -> HttpResponse:
    webhook = _find_webhook(request, key)
    is_changed = endpoints.turn_endpoint_on(webhook, by=request.user, at=timezone.now())
    return _return_to_webhook(
        request, webhook, _("Webhook turned on. We will send new events to it.") if is_changed else ""
    )


def _return_to_webhook(request: SignedInRequest, webhook: WebhookEndpoint, success: str) -> HttpResponse:
    """Redirect to the page of a webhook, with the success message, or "" if nothing was changed."""
    if success:
        messages.success(request, success)
    else:
        messages.info(request, _("You did not make any changes."))
    return redirect("webhooks:webhook", webhook.pk)


def _find_delivery(request: SignedInRequest, key: int) -> WebhookDelivery:
    own = WebhookDelivery.objects.filter(endpoint__in=endpoints.endpoints_of(request.user))
    return get_object_or_404(own.select_related("endpoint__producer"), pk=key)


def _page_of_delivery(request: SignedInRequest, key: int) -> str:
    return resolve_url("webhooks:webhook", _find_delivery(request, key).endpoint_id)


@post_view(_page_of_delivery)
def send_again_view(request: SignedInRequest, key: int) -> HttpResponse:
    delivery = _find_delivery(request, key)
    try:
        endpoints.send_again(delivery, by=request.user, at=timezone.now())
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Delivery queued again. Refresh this page for the result."))
    return redirect("webhooks:webhook", delivery.endpoint_id)


@login_required
@require_http_methods(["GET", "POST"])
def add_system_view(request: SignedInRequest, producer: str) -> HttpResponse:
    response: HttpResponse = _add_system(request, _find_producer(request, producer))
    return response


@reauthentication_required  # type: ignore[untyped-decorator]
def _add_system(request: SignedInRequest, owner: Producer) -> HttpResponse:
    form = SystemForm(post_data(request))
    made: list[RowWithSecret[PublicationSource]] = []

    def act() -> None:
        made.append(endpoints.add_source(owner, form.cleaned_data["name"], by=request.user, at=timezone.now()))

    if is_completed(form, act):
        context = {"system": made[0].row, "secret": made[0].secret, "address": _address_of(made[0].row)}
        response = render(request, "webhooks/system_secret.html", context)
        response.headers["Cache-Control"] = "private, no-store"
        return response
    return render(request, "webhooks/add_system.html", {"producer": owner, "form": form})


def _address_of(system: PublicationSource) -> str:
    return absolute_address("state_publication", str(system.key))


@login_required
@require_http_methods(["GET", "POST"])
def remove_system_view(request: SignedInRequest, key: int) -> HttpResponse:
    system = get_object_or_404(endpoints.sources_of(request.user), pk=key)
    if request.method == "POST":
        endpoints.revoke_source(system, by=request.user, at=timezone.now())
        messages.success(request, _("Publishing system removed."))
        return redirect("webhooks:webhooks")
    return render(request, "webhooks/remove_system.html", {"system": system, "address": _address_of(system)})

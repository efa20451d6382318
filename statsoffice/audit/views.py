"""The page of the audit trail."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from releases.forms import FilterForm, PickedDateField
from releases.models import Producer
from releases.rules import calendar
from releases.views.base import SignedInRequest
from releases.views.list_order import Column, ListOrder
from statsoffice.accounts.models import User
from statsoffice.audit import trail
from statsoffice.audit.trail import KINDS, Kind, Scope, producers_audited_by, scope_of

ON_A_PAGE = 50


class TrailFilter(FilterForm):
    person = forms.ModelChoiceField(
        label=lazy("Person"), queryset=User.objects.none(), required=False, empty_label=lazy("Anyone")
    )
    kind = forms.ChoiceField(
        label=lazy("Kind"),
        required=False,
        choices=[("", lazy("All entries")), *((kind.value, words) for kind, words in KINDS.items())],
    )
    producer = forms.ModelChoiceField(
        label=lazy("Producer"), queryset=Producer.objects.none(), required=False, empty_label=lazy("All your producers")
    )
    first = PickedDateField(label=lazy("From"), required=False)
    last = PickedDateField(label=lazy("To"), required=False)

    def __init__(self, filters: QueryDict, *, scope: Scope) -> None:
        super().__init__(filters)
        own: dict[str, Any] = {
            "person": User.objects.filter(pk__in=scope.people).order_by("name", "email"),
            "producer": Producer.objects.filter(pk__in=scope.producers).order_by("name"),
        }
        for name, choices in own.items():
            self.fields[name].queryset = choices  # type: ignore[attr-defined]  # both are fields of model choices


@login_required
@require_safe
def show_trail(request: SignedInRequest) -> HttpResponse:
    """Show sign-ins, downloads and changes for the producers that the person audits or leads."""
    producers = producers_audited_by(request.user)
    if not producers:
        raise Http404("Only Heads of Profession, deputies and auditors can see the audit trail.")
    scope = scope_of(request.user, producers, is_narrowed=False)
    form = TrailFilter(request.GET, scope=scope)
    filters = form.cleaned_data if form.is_valid() else {}
    if producer := filters.get("producer"):
        scope = scope_of(request.user, [producer], is_narrowed=True)
    columns = {
        "date": Column(_("Date and time"), "when", descending_first=True),
        "entry": Column(_("Entry")),
        "person": Column(_("Person"), "whose_name"),
        "kind": Column(_("Kind"), "kind_place"),
    }
    order = ListOrder(request.GET, columns, default="-date")
    found: Any = []
    if form.is_valid():
        places = trail.find_places(
            scope,
            kind=Kind(filters["kind"]) if filters["kind"] else None,
            person=filters["person"].pk if filters["person"] else None,
            first=_at(filters["first"], time.min),
            last=_at(filters["last"], time.max),
        )
        found = order.sort(places)
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    lines = [(entry, KINDS[entry.kind]) for entry in trail.find_entries(list(page), scope)]
    narrowed = any(filters.values()) or not form.is_valid()
    context = {"form": form, "page": page, "order": order, "lines": lines, "narrowed": narrowed}
    answer = render(request, "audit/trail.html", context)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _at(day: date | None, clock: time) -> datetime | None:
    return datetime.combine(day, clock, tzinfo=calendar.LONDON) if day else None

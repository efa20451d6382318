"""Pages to enter and end cover for a Head of Profession who is away."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from releases.cover import CoverPerson, end_cover, find_coverers, find_heads, name_cover
from releases.forms import GovukDateField, GovukForm, add_refusal
from releases.models import Cover, Producer
from releases.permissions import TABLE, Action, Person, producers_with_standing_role
from releases.rules.calendar import local_date
from releases.rules.lifecycle import FieldRefused
from releases.views.base import SignedInRequest, post_data, post_view
from statsoffice.accounts.models import User

ONE_DAY = timedelta(days=1)
# Maps the field names in a `FieldRefused` error to the fields of the form.
FIELDS = {
    "person_1": "person",
    "begins_1": "first",
    "ends_1": "until",
    "person_2": "second",
    "begins_2": "since",
    "ends_2": "last",
}


class CoverForm(GovukForm):
    """A form to enter the days of an absence, the person who covers, and optionally a person who takes over later."""

    button = lazy("Save cover")

    absent = forms.ModelChoiceField(
        label=lazy("Who is away?"),
        queryset=User.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select who is away")},
    )
    first = GovukDateField(
        label=lazy("First day away"), subject=lazy("First day away"), help_text=lazy("For example, 21 12 2026")
    )
    last = GovukDateField(label=lazy("Last day away"), subject=lazy("Last day away"))
    person = forms.ModelChoiceField(
        label=lazy("Who will cover?"),
        queryset=User.objects.none(),
        empty_label=lazy("Select a person"),
        error_messages={"required": lazy("Select who will cover")},
    )
    until = GovukDateField(
        label=lazy("Last day of this cover (optional)"),
        subject=lazy("Last day of this cover"),
        help_text=lazy("Enter a date only if another person takes over."),
        required=False,
    )
    second = forms.ModelChoiceField(
        label=lazy("Who takes over? (optional)"),
        queryset=User.objects.none(),
        required=False,
        empty_label=lazy("No one"),
    )
    since = GovukDateField(
        label=lazy("First day of the second person’s cover (optional)"),
        subject=lazy("First day of the second person’s cover"),
        required=False,
    )

    def __init__(self, *args: Any, producer: Producer, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["absent"].queryset = find_heads(producer)
        fields["person"].queryset = fields["second"].queryset = find_coverers(producer).exclude(pk=by.pk)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("second") and "since" in cleaned and not cleaned["since"] and not cleaned.get("until"):
            self.add_error("since", _("Enter the first day of the second person’s cover"))
        if cleaned.get("since") and "second" in cleaned and not cleaned["second"]:
            self.add_error("second", _("Select who takes over"))
        return cleaned

    @property
    def people(self) -> list[CoverPerson]:
        """The people who cover, each with a first and a last day.

        If a second person takes over, the first person's last day or the second person's first day can be left empty.
        The missing day is then calculated from the other.
        """
        given = self.cleaned_data
        first, last, until, since = (given[name] for name in ("first", "last", "until", "since"))
        if not given["second"]:
            return [CoverPerson(given["person"], first, until or last)]
        return [
            CoverPerson(given["person"], first, until or since - ONE_DAY),
            CoverPerson(given["second"], since or until + ONE_DAY, last),
        ]


def producers_covered_by(person: Person) -> "QuerySet[Producer]":
    """Return the producers for which a person may enter and end cover."""
    return producers_with_standing_role(person, TABLE[Action.NAME_COVER])


@login_required
@require_safe
def cover_list(request: SignedInRequest) -> HttpResponse:
    producers = list(producers_covered_by(request.user).order_by("name"))
    if not producers:
        raise Http404("This person may not enter cover.")
    now = timezone.now()
    today = local_date(now)
    rows = Cover.objects.filter(producer__in=producers).select_related("absent", "person", "named_by", "ended_by")
    found = {producer.pk: producer for producer in producers}
    current: dict[int, list[Cover]] = {key: [] for key in found}
    past: dict[int, list[Cover]] = {key: [] for key in found}
    for row in rows:
        (past if row.ended_at or row.ends_on < today else current)[row.producer_id].append(row)
    context = {"offices": [(found[key], current[key], past[key]) for key in found], "today": today}
    return render(request, "accounts/cover.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def name_cover_view(request: SignedInRequest, producer: str) -> HttpResponse:
    owner = get_object_or_404(producers_covered_by(request.user), slug=producer)
    heads = list(find_heads(owner))
    initial = {"absent": heads[0].pk} if len(heads) == 1 else {}
    form = CoverForm(post_data(request), producer=owner, by=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            name_cover(
                owner,
                given["absent"],
                first=given["first"],
                last=given["last"],
                people=form.people,
                by=request.user,
                at=timezone.now(),
            )
        except FieldRefused as refusal:
            add_refusal(form, refusal, FIELDS)
        else:
            messages.success(request, _("Cover saved."))
            return redirect("cover")
    context = {"producer": owner, "form": form, "has_heads": bool(heads)}
    return render(request, "accounts/name_cover.html", context)


def _find_cover(request: SignedInRequest, key: int) -> Cover:
    own = Cover.objects.filter(producer__in=producers_covered_by(request.user))
    return get_object_or_404(own.select_related("producer"), pk=key)


def _page_of_cover(request: SignedInRequest, key: int) -> str:
    _find_cover(request, key)
    return resolve_url("cover")


@post_view(_page_of_cover)
def end_cover_view(request: SignedInRequest, key: int) -> HttpResponse:
    if end_cover(_find_cover(request, key), by=request.user, at=timezone.now()):
        messages.success(request, _("Cover ended."))
    else:
        messages.info(request, _("This cover has already ended."))
    return redirect("cover")


def covers_about(person: Person, *, now: datetime) -> list[Cover]:
    """Return the covers now in force in which the person is away or covers for another person."""
    if not person.is_authenticated:
        return []
    about = Cover.objects.in_force(at=now).filter(Q(absent=person.pk) | Q(person=person.pk))
    return list(about.select_related("absent", "person", "producer"))

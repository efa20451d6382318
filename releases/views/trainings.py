"""Pages of trainings: rehearsals of which only their participants are notified."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from releases import trainings
from releases.forms import ClockTimeField, GovukDateField, GovukForm, clean_address
from releases.models import Producer, Series
from releases.models.append_only import WORDS
from releases.permissions import Action, User, may_anywhere, producers_where, roles_of
from releases.rules import calendar
from releases.rules.lifecycle import BY_WEIGHT, Role
from releases.views.base import SignedInRequest, is_completed, post_data

TRAININGS_ON_A_PAGE = 30


class ParticipantField(forms.ModelMultipleChoiceField[Any]):
    """People of one producer, each with their roles there."""

    widget = forms.CheckboxSelectMultiple
    producer: Producer

    def label_from_instance(self, obj: Any) -> str:
        held = roles_of(obj, self.producer)
        return f"{obj.name}, {', '.join(str(WORDS[role]) for role in BY_WEIGHT if role in held)}"


class TrainingForm(GovukForm):
    button = lazy("Plan the training")

    title = forms.CharField(
        label=lazy("Name of the training"),
        help_text=lazy("For example, Late release, autumn 2026"),
        required=False,
        max_length=200,
    )
    series = forms.ModelChoiceField(
        label=lazy("Series"),
        queryset=Series.objects.none(),
        empty_label=lazy("Choose one"),
        error_messages={"required": lazy("Select a series")},
    )
    due_on = GovukDateField(label=lazy("Date of the rehearsal"), help_text=lazy("For example, 30 6 2026"))
    due_time = ClockTimeField(label=lazy("Time in London"), help_text=lazy("For example, 9:30am"))
    url = forms.CharField(
        label=lazy("Web page to check"),
        help_text=lazy("A test page of your own. Publish it late to practise a breach report."),
        max_length=1000,
        error_messages={"required": lazy("Enter a web address")},
    )
    marker = forms.CharField(
        label=lazy("Text that identifies this edition"),
        help_text=lazy("Text that the page has only once it is published"),
        max_length=300,
        error_messages={"required": lazy("Enter the text that identifies this edition")},
    )
    participants = ParticipantField(
        label=lazy("Participants"),
        help_text=lazy("Only these people are notified. They act in the roles that they have."),
        queryset=Producer.objects.none(),
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, producer: Producer) -> None:
        local = calendar.in_london(timezone.now())
        super().__init__(data, initial={"due_on": local.date()})
        self.fields["series"].queryset = producer.series.order_by("title")  # type: ignore[attr-defined]  # declared above
        people: Any = self.fields["participants"]
        people.producer, people.queryset = producer, trainings.people_of(producer).prefetch_related("memberships")

    def clean_url(self) -> str:
        return clean_address(self.cleaned_data["url"])

    def clean_due_time(self) -> Any:
        return self.cleaned_data["due_time"].replace(second=0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.combine_instant(cleaned, on="due_on", at="due_time", to="due_at")
        return cleaned

    @property
    def plan(self) -> dict[str, Any]:
        names = ("series", "title", "due_at", "url", "marker", "participants")
        return {name: self.cleaned_data[name] for name in names}


@login_required
@require_safe
def list_trainings(request: SignedInRequest) -> HttpResponse:
    """List the trainings that a person manages or takes part in, the latest first."""
    if not may_anywhere(request.user, Action.VIEW):
        raise Http404("There are no trainings for this person.")
    found = trainings.trainings_visible_to(request.user).select_related("producer", "planned_by")
    context = {
        "page": Paginator(found, TRAININGS_ON_A_PAGE).get_page(request.GET.get("page")),
        "producers": producers_where(request.user, Action.PLAN_TRAINING).order_by("name"),
    }
    return render(request, "releases/trainings.html", context)


@login_required
@require_safe
def show_training(request: SignedInRequest, key: int) -> HttpResponse:
    found = trainings.trainings_visible_to(request.user).select_related("producer", "planned_by")
    training = get_object_or_404(found, pk=key)
    people = training.participants.order_by("name", "email").prefetch_related("memberships")
    context = {
        "training": training,
        "rehearsals": training.rehearsals.select_related("series").order_by("due_at", "pk"),
        "participants": [(person, _name_roles(person, training.producer)) for person in people],
    }
    return render(request, "releases/training.html", context)


def _name_roles(person: User, producer: Producer) -> str:
    held: frozenset[Role] = roles_of(person, producer)
    return ", ".join(str(WORDS[role]) for role in BY_WEIGHT if role in held) or _("no role")


@login_required
@require_http_methods(["GET", "POST"])
def plan_training_view(request: SignedInRequest, producer: str) -> HttpResponse:
    owner = get_object_or_404(producers_where(request.user, Action.PLAN_TRAINING), slug=producer)
    form = TrainingForm(post_data(request), producer=owner)
    planned = []

    def act() -> None:
        planned.append(trainings.plan_training(by=request.user, at=timezone.now(), **form.plan))

    if is_completed(form, act):
        messages.success(request, _("Training planned. Tell the participants when it begins."))
        return redirect("releases:training", planned[0].pk)
    return render(request, "releases/plan_training.html", {"producer": owner, "form": form})

"""Pages for trainings. Only the participants of a training are notified of its rehearsals."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, F, Max, Q
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from releases import trainings
from releases.forms import ClockTimeField, GovukDateField, GovukForm, clean_address
from releases.models import Producer, Series, Training
from releases.models.append_only import WORDS
from releases.permissions import Action, User, may, may_anywhere, people_with, producers_where, roles_of
from releases.rules import calendar
from releases.rules.lifecycle import BY_WEIGHT, EVERY_ROLE, ChangedMeanwhile, MoveRefused, Role
from releases.trainings import TrainingOver
from releases.views.base import SignedInRequest, is_completed, post_data
from releases.views.list_order import Column, ListOrder

TRAININGS_ON_A_PAGE = 30


class ParticipantField(forms.ModelMultipleChoiceField[Any]):
    """A field to select people of one producer. Each label shows the person's roles for this producer."""

    widget = forms.CheckboxSelectMultiple
    producer: Producer

    def __init__(self) -> None:
        super().__init__(
            label=lazy("Participants"),
            help_text=lazy("We notify only these people. Each person takes part in their own role."),
            queryset=get_user_model().objects.none(),
            error_messages={"required": lazy("Select at least one participant")},
        )

    def label_from_instance(self, obj: Any) -> str:
        return _("%(person)s, %(roles)s") % {"person": obj.name, "roles": _name_roles(obj, self.producer)}

    def offer(self, producer: Producer, *, taking_part: Iterable[int] = ()) -> None:
        """Offer the people who have a role for a producer.

        :param taking_part: the keys of the participants. They are offered even if they no longer have a role.
        """
        people = get_user_model().objects.filter(
            Q(pk__in=people_with(producer, EVERY_ROLE).values("pk")) | Q(pk__in=taking_part)
        )
        self.producer = producer
        self.queryset = people.order_by("name", "email").prefetch_related("memberships")


def _name_roles(person: User, producer: Producer) -> str:
    held: frozenset[Role] = roles_of(person, producer)
    return ", ".join(str(WORDS[role]) for role in BY_WEIGHT if role in held) or _("no role")


class TrainingForm(GovukForm):
    button = lazy("Plan the training session")

    title = forms.CharField(
        label=lazy("Name of the training session"),
        help_text=lazy("For example, Late release, autumn 2026"),
        max_length=200,
        error_messages={"required": lazy("Enter a name for the training session")},
    )
    series = forms.ModelChoiceField(
        label=lazy("Series"),
        queryset=Series.objects.none(),
        empty_label=lazy("Choose one"),
        error_messages={"required": lazy("Select a series")},
    )
    due_on = GovukDateField(label=lazy("Date of the rehearsal"), help_text=lazy("For example, 30 6 2026"))
    due_time = ClockTimeField(label=lazy("London time"), help_text=lazy("For example, 9:30am"))
    url = forms.CharField(
        label=lazy("Web page to check"),
        help_text=lazy("A test page of your own. Publish it late to practise a breach report."),
        max_length=1000,
        error_messages={"required": lazy("Enter a web address")},
    )
    marker = forms.CharField(
        label=lazy("Text that identifies this edition"),
        help_text=lazy("Text that appears only when the page is published"),
        max_length=300,
        error_messages={"required": lazy("Enter the text that identifies this edition")},
    )
    participants = ParticipantField()

    def __init__(self, data: QueryDict | None = None, *, producer: Producer) -> None:
        local = calendar.in_london(timezone.now())
        super().__init__(data, initial={"due_on": local.date()})
        self.fields["series"].queryset = producer.series.order_by("title")  # type: ignore[attr-defined]  # declared above
        self.fields["participants"].offer(producer)  # type: ignore[attr-defined]  # declared above

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


class ParticipantsForm(GovukForm):
    """The participants of a training. `seen` is the version of the list that the person read."""

    button = lazy("Save participants")

    seen = forms.IntegerField(widget=forms.HiddenInput)
    participants = ParticipantField()

    def __init__(self, data: QueryDict | None = None, *, training: Training) -> None:
        taking_part = list(training.participants.values_list("pk", flat=True))
        super().__init__(data, initial={"seen": training.version, "participants": taking_part})
        self.fields["participants"].offer(training.producer, taking_part=taking_part)  # type: ignore[attr-defined]  # declared above


@login_required
@require_safe
def list_trainings(request: SignedInRequest) -> HttpResponse:
    """List the trainings that a person manages or takes part in, the latest first."""
    if not may_anywhere(request.user, Action.VIEW):
        raise Http404("There are no trainings for this person.")
    found = trainings.trainings_visible_to(request.user).select_related("producer")
    found = found.annotate(due_at=Max("rehearsals__due_at"), people=Count("participants", distinct=True))
    found = found.order_by(F("due_at").desc(nulls_last=True), "-pk")
    columns = {
        "title": Column(_("Training session"), Lower("title")),
        "producer": Column(_("Producer"), Lower("producer__name")),
        "due": Column(_("Rehearsal due"), "due_at", descending_first=True),
        "participants": Column(_("Participants"), "people", descending_first=True),
    }
    order = ListOrder(request.GET, columns, default="-due")
    context = {
        "order": order,
        "page": Paginator(order.sort(found), TRAININGS_ON_A_PAGE).get_page(request.GET.get("page")),
        "producers": producers_where(request.user, Action.PLAN_TRAINING).order_by("name"),
    }
    return render(request, "releases/trainings.html", context)


@login_required
@require_safe
def show_training(request: SignedInRequest, key: int) -> HttpResponse:
    training = _find_training(request, key)
    people = training.participants.order_by("name", "email").prefetch_related("memberships")
    now = timezone.now()
    context = {
        "training": training,
        "rehearsals": training.rehearsals.prefetch_related("addresses").order_by("due_at", "pk"),
        "participants": [(person, _name_roles(person, training.producer)) for person in people],
        "may_plan": may(request.user, Action.PLAN_TRAINING, training.producer),
        "may_change": trainings.may_change_participants(training, at=now),
        "ends_at": trainings.ends_at(training),
    }
    return render(request, "releases/training.html", context)


def _find_training(request: SignedInRequest, key: int) -> Training:
    found = trainings.trainings_visible_to(request.user).select_related("producer", "planned_by")
    return get_object_or_404(found, pk=key)


@login_required
@require_http_methods(["GET", "POST"])
def plan_training_view(request: SignedInRequest, producer: str) -> HttpResponse:
    owner = get_object_or_404(producers_where(request.user, Action.PLAN_TRAINING), slug=producer)
    form = TrainingForm(post_data(request), producer=owner)
    planned = []

    def act() -> None:
        planned.append(trainings.plan_training(by=request.user, at=timezone.now(), **form.plan))

    try:
        if is_completed(form, act):
            messages.success(request, _("Training session planned. Send the participants the date and time."))
            return redirect("releases:training", planned[0].pk)
    except MoveRefused as refusal:
        form.add_error(None, str(refusal))
    context = {"producer": owner, "form": form, "has_series": owner.series.exists()}
    return render(request, "releases/plan_training.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def change_participants_view(request: SignedInRequest, key: int) -> HttpResponse:
    """Change the participants of a training. This is possible until the training ends."""
    training = _find_training(request, key)
    if not may(request.user, Action.PLAN_TRAINING, training.producer):
        raise Http404("This person may not plan training sessions for the producer.")
    form = ParticipantsForm(post_data(request), training=training)
    is_over = not trainings.may_change_participants(training, at=timezone.now())
    changed = []

    def act() -> None:
        given = form.cleaned_data
        now = timezone.now()
        changed.append(
            trainings.change_participants(training, given["participants"], by=request.user, at=now, seen=given["seen"])
        )

    try:
        if is_completed(form, act):
            if changed[0]:
                messages.success(request, _("Participants saved."))
            else:
                messages.info(request, _("You did not make any changes."))
            return redirect("releases:training", training.pk)
    except ChangedMeanwhile as refusal:
        training.refresh_from_db()
        form.reopen(name="seen", version=training.version, sentence=str(refusal))
    except TrainingOver:
        is_over = True
    context = {"training": training, "form": form, "is_over": is_over, "ends_at": trainings.ends_at(training)}
    status = 409 if is_over and form.is_bound else 200
    return render(request, "releases/change_participants.html", context, status=status)

"""Changes of date that wait for agreement: asked for, agreed to, refused and withdrawn."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from releases.calendar import date_requests
from releases.core.dates import calendar
from releases.core.lifecycle import MoveRefused, SomebodyWasFaster
from releases.forms.agreement_forms import AgreeForm, RefuseForm
from releases.forms.release import ChangeDateForm
from releases.models import DateChangeRequest
from releases.permissions import Action, Person
from releases.views.finding import SignedInRequest, release_of_theirs
from releases.views.refusals import is_made, refused, told_why
from releases.words import agreement_wording


@login_required
@require_http_methods(["GET", "POST"])
@told_why
def ask(request: SignedInRequest, reference: str) -> HttpResponse:
    """Ask for another date of a confirmed release."""
    release = release_of_theirs(request.user, reference, Action.ASK_DATE_CHANGE)
    date_requests.check_open(release)
    form = ChangeDateForm(request.POST if request.method == "POST" else None, release=release, asking=True)

    def act() -> None:
        date_requests.ask(release, by=request.user, at=timezone.now(), **form.change())

    try:
        if is_made(form, act, fields={"exact_date": "planned_on"}):
            messages.success(request, _("The change is asked for. The date stays until it is agreed to."))
            return redirect("releases:release", reference)
    except SomebodyWasFaster:
        release = release_of_theirs(request.user, reference, Action.ASK_DATE_CHANGE)
        form.see_again(release)
    return render(request, "releases/ask_date_change.html", {"release": release, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def waiting(request: SignedInRequest) -> HttpResponse:
    """Show the changes that wait for the person's agreement; those that they select are agreed to at once."""
    if not date_requests.leads_anything(request.user):
        message = "Nothing waits for the agreement of this person."
        raise Http404(message)
    form = AgreeForm(request.POST if request.method == "POST" else None, theirs=date_requests.theirs(request.user))
    if form.is_bound and form.names_others:
        message = "There is no such request, or it is not theirs to decide."
        raise Http404(message)
    if form.is_valid():
        _agree_to_each(request, list(form.cleaned_data["requests"]))
        return redirect("releases:changes_waiting")
    return render(request, "releases/changes_waiting.html", {"form": form, "rows": _rows(request.user)})


@login_required
@require_http_methods(["GET", "POST"])
def refuse(request: SignedInRequest, key: int) -> HttpResponse:
    """Refuse one change, with a reason for the person who asked."""
    asked = get_object_or_404(date_requests.theirs(request.user), pk=key)
    form = RefuseForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        date_requests.refuse(asked, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())

    try:
        date_requests.check_decidable(asked, by=request.user)
        if is_made(form, act):
            messages.success(request, _("The change is refused. The person who asked is told."))
            return redirect("releases:changes_waiting")
    except MoveRefused as refusal:
        return refused(request, asked.release.reference, refusal)
    return render(request, "releases/refuse_change.html", {"asked": asked, "release": asked.release, "form": form})


@login_required
@require_POST
def withdraw(request: SignedInRequest, key: int) -> HttpResponse:
    """Withdraw a change that the person asked for."""
    asked = get_object_or_404(DateChangeRequest.objects.select_related("release"), pk=key, requested_by=request.user)
    release = release_of_theirs(request.user, asked.release.reference, Action.ASK_DATE_CHANGE)
    try:
        date_requests.withdraw(asked, by=request.user, at=timezone.now())
    except MoveRefused as refusal:
        return refused(request, release.reference, refusal)
    messages.success(request, _("Your request is withdrawn."))
    return redirect("releases:release", release.reference)


def _agree_to_each(request: SignedInRequest, asked: list[DateChangeRequest]) -> None:
    """Agree to one after the other, each for itself, and say of each that could not be made why."""
    made = 0
    for one in asked:
        try:
            date_requests.agree(one, by=request.user, at=timezone.now())
        except MoveRefused as refusal:
            messages.error(request, f"{one.release.title}: {refusal}")
        else:
            made += 1
    if made:
        messages.success(request, agreement_wording.agreed_sentence(made))


def _rows(person: Person) -> list[dict[str, object]]:
    now = timezone.now()
    return [
        {
            "asked": asked,
            "tags": agreement_wording.tags_of_request(asked),
            "notice": calendar.days_of_notice(asked.to_on, given_at=now),
            "is_short": calendar.is_short_notice(asked.to_on, given_at=now),
        }
        for asked in date_requests.to_agree(person)
    ]

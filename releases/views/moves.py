"""The moves of the calendar, each a small page of its own: announce, confirm, change the date, cancel."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from releases.calendar import scheduling
from releases.core.lifecycle import SomebodyWasFaster
from releases.core.status import ANNOUNCE, CANCEL, CHANGE_DATE, CONFIRM
from releases.forms.release import CancelForm, ChangeDateForm, ConfirmForm
from releases.views import notice
from releases.views.finding import SignedInRequest, release_to_move
from releases.views.refusals import is_made, told_why


@login_required
@require_http_methods(["GET", "POST"])
@told_why
def announce(request: SignedInRequest, reference: str) -> HttpResponse:
    """Make a release public in the calendar."""
    release = release_to_move(request.user, reference, ANNOUNCE)
    if request.method == "POST":
        scheduling.announce(release, by=request.user, at=timezone.now())
        messages.success(request, _("The release is announced."))
        return redirect("releases:release", reference)
    return render(request, "releases/announce.html", {"release": release})


@login_required
@require_http_methods(["GET", "POST"])
@told_why
def confirm(request: SignedInRequest, reference: str) -> HttpResponse:
    """Confirm a provisional release for its date and time, with the reason where that gives short notice."""
    now = timezone.now()
    release = release_to_move(request.user, reference, CONFIRM)
    given = notice.to_be_given(release, now=now)
    form = ConfirmForm(request.POST if request.method == "POST" else None, is_short=given.is_short)

    def act() -> None:
        scheduling.confirm(release, by=request.user, at=now, reason=form.cleaned_data.get("reason", ""))

    if is_made(form, act):
        messages.success(request, _("The release is confirmed."))
        return redirect("releases:release", reference)
    return render(request, "releases/confirm.html", {"release": release, "form": form, "notice": given})


@login_required
@require_http_methods(["GET", "POST"])
@told_why
def change_date(request: SignedInRequest, reference: str) -> HttpResponse:
    """Move a release to another date or time, with the reason where the date was confirmed."""
    release = release_to_move(request.user, reference, CHANGE_DATE)
    form = ChangeDateForm(request.POST if request.method == "POST" else None, release=release)

    def act() -> None:
        scheduling.change_date(release, by=request.user, at=timezone.now(), **form.change())

    try:
        if is_made(form, act, fields={"exact_date": "planned_on"}):
            messages.success(request, _("The date is changed."))
            return redirect("releases:release", reference)
    except SomebodyWasFaster:
        release = release_to_move(request.user, reference, CHANGE_DATE)
        form.see_again(release)
    return render(request, "releases/change_date.html", {"release": release, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
@told_why
def cancel(request: SignedInRequest, reference: str) -> HttpResponse:
    """Cancel a release, with the reason that the public reads."""
    release = release_to_move(request.user, reference, CANCEL)
    scheduling.check_cancel(release, by=request.user, at=timezone.now())
    form = CancelForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        scheduling.cancel(release, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())

    if is_made(form, act):
        messages.success(request, _("The release is cancelled."))
        return redirect("releases:release", reference)
    return render(request, "releases/cancel.html", {"release": release, "form": form})

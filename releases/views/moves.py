"""The moves of the calendar, each a small page of its own: announce, confirm, change the date, cancel."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from releases import calendar, london, scheduling
from releases.forms import CancelForm, ChangeDateForm
from releases.lifecycle import MoveRefused, WrongRole, WrongState
from releases.moving import SomebodyWasFaster
from releases.status import ANNOUNCE, CANCEL, CHANGE_DATE, CONFIRM
from releases.views.finding import SignedInRequest, put_on_field, refused, release_to_move

# No other answer in the form would make these possible.
FINAL = (WrongState, WrongRole, SomebodyWasFaster)


@login_required
@require_http_methods(["GET", "POST"])
def announce(request: SignedInRequest, reference: str) -> HttpResponse:
    """Make a release public in the calendar."""
    try:
        release = release_to_move(request.user, reference, ANNOUNCE)
        if request.method == "POST":
            scheduling.announce(release, by=request.user, at=timezone.now())
            messages.success(request, "The release is announced.")
            return redirect("releases:release", reference)
    except MoveRefused as refusal:
        return refused(request, reference, refusal)
    return render(request, "releases/announce.html", {"release": release})


@login_required
@require_http_methods(["GET", "POST"])
def confirm(request: SignedInRequest, reference: str) -> HttpResponse:
    """Confirm a provisional release for its date and time."""
    now = timezone.now()
    try:
        release = release_to_move(request.user, reference, CONFIRM)
        if request.method == "POST":
            scheduling.confirm(release, by=request.user, at=now)
            messages.success(request, "The release is confirmed.")
            return redirect("releases:release", reference)
    except MoveRefused as refusal:
        return refused(request, reference, refusal)
    days = (release.planned_on - london.local_date(now)).days
    short = days if release.due_at and 0 <= days < calendar.NOTICE.days else None
    return render(request, "releases/confirm.html", {"release": release, "short_notice": short})


@login_required
@require_http_methods(["GET", "POST"])
def change_date(request: SignedInRequest, reference: str) -> HttpResponse:
    """Move a release to another date or time, with the reason where the date was confirmed."""
    try:
        release = release_to_move(request.user, reference, CHANGE_DATE)
        form = ChangeDateForm(request.POST if request.method == "POST" else None, release=release)
        if form.is_valid():
            try:
                scheduling.change_date(release, by=request.user, at=timezone.now(), **form.change())
            except SomebodyWasFaster:
                release = release_to_move(request.user, reference, CHANGE_DATE)
                form.see_again(release)
            except FINAL:
                raise
            except MoveRefused as refusal:
                put_on_field(form, refusal, {"exact_date": "planned_on"})
            else:
                messages.success(request, "The date is changed.")
                return redirect("releases:release", reference)
    except MoveRefused as refusal:
        return refused(request, reference, refusal)
    return render(request, "releases/change_date.html", {"release": release, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def cancel(request: SignedInRequest, reference: str) -> HttpResponse:
    """Cancel a release, with the reason that the public reads."""
    form = CancelForm(request.POST if request.method == "POST" else None)
    try:
        release = release_to_move(request.user, reference, CANCEL)
        if form.is_valid():
            try:
                reason = form.cleaned_data["reason"]
                scheduling.cancel(release, reason=reason, by=request.user, at=timezone.now())
            except FINAL:
                raise
            except MoveRefused as refusal:
                put_on_field(form, refusal)
            else:
                messages.success(request, "The release is cancelled.")
                return redirect("releases:release", reference)
    except MoveRefused as refusal:
        return refused(request, reference, refusal)
    return render(request, "releases/cancel.html", {"release": release, "form": form})

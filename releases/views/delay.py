"""Telling readers of a delay of a release, and withdrawing what was told."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from releases.calendar import delay_notices
from releases.calendar.delay_notices import NoticeRefused
from releases.core.lifecycle import MoveRefused
from releases.forms.delay_notice_form import DelayNoticeForm
from releases.models import DelayNotice, Release
from releases.permissions import Action
from releases.views.finding import SignedInRequest, put_on_field, refused, release_of_theirs


@login_required
@require_http_methods(["GET", "POST"])
def post(request: SignedInRequest, reference: str) -> HttpResponse:
    """Post a notice of a delay, or another one in its place."""
    release = release_of_theirs(request.user, reference, Action.POST_DELAY_NOTICE)
    rows = list(release.delay_notices.all())
    stands = delay_notices.standing(release, rows)
    initial = _initial(release, stands) | {"seen": len(rows)}
    form = DelayNoticeForm(request.POST if request.method == "POST" else None, initial=initial)
    try:
        delay_notices.check_postable(release, by=request.user)
        if form.is_valid():
            try:
                delay_notices.post(release, by=request.user, at=timezone.now(), **form.notice)
            except NoticeRefused as refusal:
                put_on_field(form, refusal)
            else:
                messages.success(request, _("The notice is posted. Readers see it on the page of the release."))
                return redirect("releases:release", reference)
    except MoveRefused as refusal:
        return refused(request, reference, refusal)
    return render(request, "releases/delay_notice.html", {"release": release, "form": form, "stands": stands})


@login_required
@require_POST
def withdraw(request: SignedInRequest, reference: str) -> HttpResponse:
    """Withdraw the notice that stands."""
    release = release_of_theirs(request.user, reference, Action.POST_DELAY_NOTICE)
    seen = request.POST.get("seen", "")
    if not (seen.isdecimal() and len(seen) < 6):
        message = "Which notice is withdrawn was not sent with the request."
        raise Http404(message)
    try:
        delay_notices.withdraw(release, by=request.user, at=timezone.now(), seen=int(seen))
    except MoveRefused as refusal:
        return refused(request, reference, refusal)
    messages.success(request, _("The notice is withdrawn."))
    return redirect("releases:release", reference)


def part_of(release: Release) -> dict[str, Any]:
    """Return what readers were told of a delay: the notice that stands, and the rows before it, the latest first."""
    rows = list(release.delay_notices.all())
    stands = delay_notices.standing(release, rows)
    return {"stands": stands, "earlier": [row for row in reversed(rows) if row is not stands]}


def _initial(release: Release, stands: DelayNotice | None) -> dict[str, Any]:
    """Offer the contact of the notice that stands, or of the series: nothing else is known before a person says it."""
    if stands:
        return {"contact_name": stands.contact_name, "contact_email": stands.contact_email}
    responsible = release.series.responsible
    return {"contact_name": responsible.name, "contact_email": responsible.email} if responsible else {}

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
from releases.forms.delay_notice_form import DelayNoticeForm
from releases.models import DelayNotice, Release
from releases.permissions import Action
from releases.views.finding import SignedInRequest, release_of_theirs
from releases.views.refusals import is_made, told_why


@login_required
@require_http_methods(["GET", "POST"])
@told_why
def post(request: SignedInRequest, reference: str) -> HttpResponse:
    """Post a notice of a delay, or another one in its place."""
    release = release_of_theirs(request.user, reference, Action.POST_DELAY_NOTICE)
    rows = list(release.delay_notices.all())
    stands = delay_notices.standing(release, rows)
    initial = _initial(release, stands) | {"seen": len(rows)}
    form = DelayNoticeForm(request.POST if request.method == "POST" else None, initial=initial)
    delay_notices.check_postable(release, by=request.user)
    if is_made(form, lambda: delay_notices.post(release, by=request.user, at=timezone.now(), **form.notice)):
        messages.success(request, _("The notice is posted. Readers see it on the page of the release."))
        return redirect("releases:release", reference)
    return render(request, "releases/delay_notice.html", {"release": release, "form": form, "stands": stands})


@login_required
@require_POST
@told_why
def withdraw(request: SignedInRequest, reference: str) -> HttpResponse:
    """Withdraw the notice that stands."""
    release = release_of_theirs(request.user, reference, Action.POST_DELAY_NOTICE)
    seen = request.POST.get("seen", "")
    if not (seen.isdecimal() and len(seen) < 6):
        message = "Which notice is withdrawn was not sent with the request."
        raise Http404(message)
    delay_notices.withdraw(release, by=request.user, at=timezone.now(), seen=int(seen))
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

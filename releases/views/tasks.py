"""Ticking off what is to be done at a release, for its producer's people."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from releases.calendar import tasks
from releases.models import ReleaseTask
from releases.permissions import Action, may
from releases.views.finding import SignedInRequest


@login_required
@require_POST
def tick(request: SignedInRequest, key: int) -> HttpResponse:
    """Tick a task off, or take the tick away, and lead back to the release at which it is to be done."""
    task = ReleaseTask.objects.select_related("series__producer").filter(pk=key).first()
    if task is None or not may(request.user, Action.KEEP_TASKS, task.series.producer):
        message = "There is no such task, or it is not yours."
        raise Http404(message)
    done = request.POST.get("done") == "yes"
    try:
        tasks.tick(task, done=done, by=request.user, at=timezone.now())
    except tasks.AlreadyTicked as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, _("The task is ticked off.") if done else _("The task is open again."))
    release = tasks.release_of(task)
    if release is None:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return redirect("releases:release", release.reference)

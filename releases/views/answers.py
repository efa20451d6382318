"""What people say of a release: "is this it?" and "it was live at"."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from releases.forms.release import SayForm, WasLiveForm
from releases.permissions import Action
from releases.verdicts import answering, asking
from releases.views.finding import SignedInRequest, release_of_theirs
from releases.views.refusals import is_made, told_why


@login_required
@require_http_methods(["GET", "POST"])
@told_why
def say(request: SignedInRequest, reference: str, address: int, digest: str) -> HttpResponse:
    """Ask what a text is that the checks saw at an address, and keep the answer."""
    release = release_of_theirs(request.user, reference, Action.ANSWER)
    asked_of = get_object_or_404(release.addresses, pk=address)
    question = next(
        (q for q in asking.open_questions([release]) if (q.address.pk, q.text_digest) == (address, digest)), None
    )
    form = SayForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        answering.say(
            release,
            asked_of,
            form.cleaned_data["kind"],
            text_digest=digest,
            words=form.cleaned_data["words"],
            by=request.user,
            at=timezone.now(),
        )

    if is_made(form, act):
        messages.success(request, _("Your answer is kept beside the looks."))
        return redirect("releases:release", reference)
    if question is None and request.method == "GET":
        message = _("This text was never seen there, or somebody has said what it is.")
        raise Http404(message)
    context = {"release": release, "question": question, "address": asked_of, "form": form}
    return render(request, "releases/say.html", context)


@login_required
@require_http_methods(["GET", "POST"])
@told_why
def was_live(request: SignedInRequest, reference: str) -> HttpResponse:
    """Ask when a release was live, and keep what the person says."""
    release = release_of_theirs(request.user, reference, Action.ANSWER)
    form = WasLiveForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        given = {name: form.cleaned_data[name] for name in ("live_at", "words")}
        answering.was_live(release, **given, by=request.user, at=timezone.now())

    if is_made(form, act):
        messages.success(request, _("Your statement is kept beside the looks."))
        return redirect("releases:release", reference)
    return render(request, "releases/was_live.html", {"release": release, "form": form})

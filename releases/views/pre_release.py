"""A release's list of pre-release access for its own people: the list, what waits, copying it, erasing its names."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releases.core.lifecycle import MoveRefused, WrongRole
from releases.core.pre_release_status import AGREE, REFUSE, REQUEST, TAKE_BACK, RequestStatus
from releases.models import Release
from releases.permissions import TABLE, Action, roles_of
from releases.pre_release import (
    pre_release_copy,
    pre_release_names,
    pre_release_published,
    pre_release_requests,
    pre_release_rows,
)
from releases.views.finding import SignedInRequest, release_of_theirs
from releases.words import pre_release_wording

ACTS = {
    AGREE: pre_release_requests.agree,
    REFUSE: pre_release_requests.refuse,
    TAKE_BACK: pre_release_requests.take_back,
}


@login_required
@require_safe
def kept(request: SignedInRequest, reference: str) -> HttpResponse:
    """Show a list: to those who keep it with persons and what can be done, to others the posts alone."""
    release, now = release_of_theirs(request.user, reference), timezone.now()
    roles = roles_of(request.user, release.series.producer)
    keeps = bool(TABLE[Action.KEEP_ACCESS_LIST] & roles)
    context: dict[str, Any] = {"release": release, "keeps": keeps}
    if keeps:
        context |= _for_keepers(release, request, now=now)
    else:
        context["entries"] = pre_release_published.on_list(release)
    return render(request, "releases/pre_release/list.html", context)


def _for_keepers(release: Release, request: SignedInRequest, *, now: Any) -> dict[str, Any]:
    roles = roles_of(request.user, release.series.producer)
    is_open = pre_release_rows.is_open(release, now=now)
    rows = pre_release_rows.rows_of(release, roles=roles, now=now)
    return {
        "rows": rows,
        "waiting": pre_release_rows.waiting_of(release),
        "decisions": REQUEST.available(source=RequestStatus.WAITING, roles=roles),
        "usual": release.series.producer.usual_pre_release(),
        "is_open": is_open,
        "shortly": pre_release_rows.is_shortly(release, now=now),
        "source": pre_release_copy.previous_with_list(release) if is_open else None,
        "may_erase": pre_release_names.may_be_erased(release, now=now) and any(row.entry.person for row in rows),
        "is_shown": pre_release_published.is_shown(release, now=now),
    }


@login_required
@require_http_methods(["GET", "POST"])
def copy(request: SignedInRequest, reference: str) -> HttpResponse:
    """Take the list over from the release before, after a look at what that means."""
    release, now = release_of_theirs(request.user, reference, Action.KEEP_ACCESS_LIST), timezone.now()
    source = pre_release_copy.previous_with_list(release)
    if source is None:
        message = "No earlier release of the series has a list."
        raise Http404(message)
    if request.method == "POST":
        try:
            seen = release.series.releases.filter(reference=request.POST.get("source", "")).first()
            copied = pre_release_copy.copy(release, source=seen or release, by=request.user, at=now)
        except MoveRefused as refusal:
            return refused(request, release, refusal)
        messages.success(request, pre_release_wording.copied_sentence(copied))
        return redirect("releases:pre_release_list", reference)
    context = {
        "release": release,
        "source": source,
        "entries": pre_release_published.on_list(source),
        "usual": release.series.producer.usual_pre_release(),
        "shortly": pre_release_rows.is_shortly(release, now=now),
    }
    return render(request, "releases/pre_release/copy.html", context)


@login_required
@require_POST
def decide(request: SignedInRequest, reference: str) -> HttpResponse:
    """Agree to changes that wait, refuse them or take them back: exactly those that the page showed."""
    release = release_of_theirs(request.user, reference, Action.KEEP_ACCESS_LIST)
    act = request.POST.get("act", "")
    keys = [int(key) for key in request.POST.getlist("request") if key.isdecimal() and len(key) < 16]
    requests = list(release.pre_release_requests.select_related("release").filter(pk__in=keys))
    if act not in ACTS or not requests:
        message = "There is no such request."
        raise Http404(message)
    done = 0
    for one in requests:
        try:
            ACTS[act](one, by=request.user, at=timezone.now())
        except WrongRole as refusal:
            raise Http404 from refusal
        except MoveRefused as refusal:
            messages.error(request, f"{one}: {refusal}")
        else:
            done += 1
    if done:
        messages.success(request, _decided(act, done))
    return redirect("releases:pre_release_list", reference)


def _decided(act: str, done: int) -> str:
    sentences = {
        AGREE: ngettext("%(n)d change is agreed.", "%(n)d changes are agreed.", done),
        REFUSE: ngettext("%(n)d change is refused.", "%(n)d changes are refused.", done),
        TAKE_BACK: ngettext("%(n)d request is taken back.", "%(n)d requests are taken back.", done),
    }
    return sentences[act] % {"n": done}


@login_required
@require_http_methods(["GET", "POST"])
def erase(request: SignedInRequest, reference: str) -> HttpResponse:
    """Erase every name on the list of a release that has been due."""
    release = release_of_theirs(request.user, reference, Action.KEEP_ACCESS_LIST)
    try:
        if request.method == "POST":
            erased = pre_release_names.erase(release, by=request.user, at=timezone.now())
            said = ngettext("%(n)d name is erased.", "%(n)d names are erased.", erased) % {"n": erased}
            messages.success(request, said if erased else _("No name was left to erase."))
            return redirect("releases:pre_release_list", reference)
        pre_release_names.check_erasable(release, now=timezone.now())
    except MoveRefused as refusal:
        return refused(request, release, refusal)
    return render(request, "releases/pre_release/erase.html", {"release": release})


def refused(request: SignedInRequest, release: Release, refusal: MoveRefused) -> HttpResponse:
    """Say in one sentence why nothing was changed, with the way back to the list."""
    context = {"release": release, "sentence": str(refusal)}
    return render(request, "releases/pre_release/refused.html", context, status=409)

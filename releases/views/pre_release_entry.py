"""One entry of a list, each act a page of its own: add, change, withdraw, began, ended, taken back, name erased."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from releases.core.lifecycle import MoveRefused, SomebodyWasFaster, WrongRole
from releases.core.pre_release_status import ACCESS, BEGIN, CHANGE, END, TAKE_BACK, WITHDRAW
from releases.forms.pre_release_forms import EntryForm, TimeForm, VersionForm
from releases.models import PreReleaseAccess, Release
from releases.permissions import Action, roles_of
from releases.pre_release import pre_release_list, pre_release_names, pre_release_record, pre_release_rows
from releases.pre_release.pre_release_entries import (
    ListRefused,
    Objected,
    check_open,
    only_words_are_open,
)
from releases.pre_release.pre_release_list import Outcome
from releases.views.finding import SignedInRequest, release_of_theirs
from releases.views.pre_release import refused


@sensitive_post_parameters("person", "email")
@login_required
@require_http_methods(["GET", "POST"])
def add(request: SignedInRequest, reference: str) -> HttpResponse:
    """Put somebody on a list, or ask for it."""
    release, now = release_of_theirs(request.user, reference, Action.KEEP_ACCESS_LIST), timezone.now()
    usual = release.series.producer.usual_pre_release()
    form = EntryForm(request.POST if request.method == "POST" else None, usual=usual, button=_("Add to the list"))
    try:
        check_open(release, at=now)
        if form.is_valid():
            try:
                outcome = pre_release_list.grant(release, form.details(), by=request.user, at=now)
            except ListRefused as refusal:
                _object(form, refusal)
            else:
                return _told(request, release, outcome, _("Access is granted."))
    except MoveRefused as refusal:
        return refused(request, release, refusal)
    context = {"release": release, "form": form, "shortly": pre_release_rows.is_shortly(release, now=now)}
    return render(request, "releases/pre_release/add.html", context)


@sensitive_post_parameters("person", "email")
@login_required
@require_http_methods(["GET", "POST"])
def change(request: SignedInRequest, reference: str, key: int) -> HttpResponse:
    """Change an entry, or ask for it; once access is a fact, put its words right."""
    release, entry = _theirs(request, reference, key)
    now = timezone.now()
    form = EntryForm(
        request.POST if request.method == "POST" else None,
        usual=release.series.producer.usual_pre_release(),
        button=_("Save the change"),
        entry=entry,
        only_words=only_words_are_open(entry, at=now),
    )
    try:
        _check(request, release, entry, CHANGE)
        if form.is_valid():
            try:
                outcome = pre_release_list.change(
                    entry, form.details(), by=request.user, at=now, expected_version=form.cleaned_data["version"] or 0
                )
            except SomebodyWasFaster:
                form.see_again(PreReleaseAccess.objects.get(pk=entry.pk))
            except ListRefused as refusal:
                _object(form, refusal)
            else:
                return _told(request, release, outcome, _("The entry is changed."))
    except MoveRefused as refusal:
        return refused(request, release, refusal)
    context = {
        "release": release,
        "entry": entry,
        "form": form,
        "shortly": pre_release_rows.is_shortly(release, now=now),
        "only_words": only_words_are_open(entry, at=now),
    }
    return render(request, "releases/pre_release/change.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: SignedInRequest, reference: str, key: int) -> HttpResponse:
    """Withdraw access that has not begun, or ask for it."""

    def act(entry: PreReleaseAccess, version: int, at: Any) -> HttpResponse:
        outcome = pre_release_list.withdraw(entry, by=request.user, at=at, expected_version=version)
        return _told(request, entry.release, outcome, _("Access is withdrawn."))

    return _confirmed(request, reference, key, move=WITHDRAW, act=act)


@login_required
@require_http_methods(["GET", "POST"])
def take_back(request: SignedInRequest, reference: str, key: int) -> HttpResponse:
    """Take back what was recorded last of an access."""

    def act(entry: PreReleaseAccess, version: int, at: Any) -> HttpResponse:
        pre_release_record.take_back(entry, by=request.user, at=at, expected_version=version)
        messages.success(request, _("What was recorded is taken back."))
        return redirect("releases:pre_release_list", reference)

    return _confirmed(request, reference, key, move=TAKE_BACK, act=act)


@login_required
@require_http_methods(["GET", "POST"])
def erase(request: SignedInRequest, reference: str, key: int) -> HttpResponse:
    """Erase one name on the list of a release that has been due."""

    def act(entry: PreReleaseAccess, version: int, at: Any) -> HttpResponse:
        erased = pre_release_names.erase(entry.release, entry=entry, by=request.user, at=at)
        messages.success(request, _("The name is erased.") if erased else _("No name was left to erase."))
        return redirect("releases:pre_release_list", reference)

    return _confirmed(request, reference, key, move="", act=act)


@login_required
@require_http_methods(["GET", "POST"])
def begin(request: SignedInRequest, reference: str, key: int) -> HttpResponse:
    """Record when access began."""

    def act(entry: PreReleaseAccess, **given: Any) -> None:
        pre_release_record.begin(entry, began_at=given.pop("instant"), by=request.user, **given)
        messages.success(request, _("It is recorded that access began."))

    return _timed(request, reference, key, move=BEGIN, act=act, button=_("Record that access began"))


@login_required
@require_http_methods(["GET", "POST"])
def end(request: SignedInRequest, reference: str, key: int) -> HttpResponse:
    """Record when access ended."""

    def act(entry: PreReleaseAccess, **given: Any) -> None:
        pre_release_record.end(entry, ended_at=given.pop("instant"), by=request.user, **given)
        messages.success(request, _("It is recorded that access ended."))

    return _timed(request, reference, key, move=END, act=act, button=_("Record that access ended"))


PAGES: dict[str, Callable[..., HttpResponse]] = {
    "change": change,
    "withdraw": withdraw,
    "begin": begin,
    "end": end,
    "take_back": take_back,
    "erase_name": erase,
}


def _theirs(request: SignedInRequest, reference: str, key: int) -> tuple[Release, PreReleaseAccess]:
    release = release_of_theirs(request.user, reference, Action.KEEP_ACCESS_LIST)
    entries = release.pre_release_access.select_related("release__series__producer", "granted_by", "agreed_by")
    return release, get_object_or_404(entries, pk=key)


def _check(request: SignedInRequest, release: Release, entry: PreReleaseAccess, move: str) -> None:
    """Require that a person may make a move; what they may never do does not exist for them."""
    roles = roles_of(request.user, release.series.producer)
    if not any(row.name == move and row.roles & roles for row in ACCESS.moves):
        message = "This is not yours to do."
        raise Http404(message)
    ACCESS.find(move, source=entry.status)


def _confirmed(
    request: SignedInRequest, reference: str, key: int, *, move: str, act: Callable[..., HttpResponse]
) -> HttpResponse:
    """Ask for confirmation, and act once it is given."""
    release, entry = _theirs(request, reference, key)
    now = timezone.now()
    try:
        if move:
            _check(request, release, entry, move)
        else:
            pre_release_names.check_erasable(release, now=now)
        form = VersionForm(request.POST if request.method == "POST" else None, initial={"version": entry.version})
        if form.is_valid():
            return act(entry, form.cleaned_data["version"], now)
    except WrongRole as refusal:
        raise Http404 from refusal
    except MoveRefused as refusal:
        return refused(request, release, refusal)
    context = {
        "release": release,
        "entry": entry,
        "form": form,
        "move": move or "erase",
        "shortly": pre_release_rows.is_shortly(release, now=now),
    }
    return render(request, "releases/pre_release/confirm.html", context)


def _timed(
    request: SignedInRequest, reference: str, key: int, *, move: str, act: Callable[..., None], button: str
) -> HttpResponse:
    """Ask for an instant, and record it."""
    release, entry = _theirs(request, reference, key)
    now = timezone.now()
    form = TimeForm(request.POST if request.method == "POST" else None, entry=entry, now=now, button=button)
    try:
        _check(request, release, entry, move)
        if form.is_valid():
            try:
                act(
                    entry,
                    instant=form.cleaned_data["instant"],
                    at=now,
                    expected_version=form.cleaned_data["version"],
                )
            except ListRefused as refusal:
                _object(form, refusal)
            else:
                return redirect("releases:pre_release_list", reference)
    except MoveRefused as refusal:
        return refused(request, release, refusal)
    return render(
        request, "releases/pre_release/time.html", {"release": release, "entry": entry, "form": form, "move": move}
    )


def _told(request: SignedInRequest, release: Release, outcome: Outcome, done: str) -> HttpResponse:
    if outcome.waits:
        messages.info(request, _("This waits for the Head of Profession or a deputy to agree."))
    else:
        messages.success(request, done)
    return redirect("releases:pre_release_list", release.reference)


def _object(form: forms.Form, refusal: ListRefused) -> None:
    """Put each objection on the field that it names, or on the form as a whole."""
    found = refusal.objections if isinstance(refusal, Objected) else [(refusal.field, str(refusal))]
    for field, sentence in found:
        form.add_error(field if field in form.fields else None, sentence)

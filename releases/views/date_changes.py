"""Announcing, confirming, moving and cancelling a release, agreeing to date changes, and their register."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releases import corrections, date_changes, overview, scheduling
from releases.forms.release import AgreeForm, CancelForm, ChangeDateForm, ConfirmForm, CorrectReasonForm, RefuseForm
from releases.models import DateChange, DateChangeRequest, Producer
from releases.permissions import Action, Person
from releases.public.export import dated_file_name, download_response, export_date_changes
from releases.rules import calendar as rules_calendar
from releases.rules.lifecycle import ANNOUNCE, CANCEL, CHANGE_DATE, CONFIRM, ChangedMeanwhile, MoveRefused
from releases.rules.tables import TableKind
from releases.text import calendar as text_calendar
from releases.views.base import (
    SignedInRequest,
    is_confirmed,
    refusal_reason,
    refused_page,
    release_of_theirs,
    release_to_move,
)
from releases.views.release import notice_to_give


@login_required
@require_http_methods(["GET", "POST"])
@refusal_reason
def announce(request: SignedInRequest, reference: str) -> HttpResponse:
    release = release_to_move(request.user, reference, ANNOUNCE)
    if request.method == "POST":
        scheduling.announce(release, by=request.user, at=timezone.now())
        messages.success(request, _("The release is announced."))
        return redirect("releases:release", reference)
    return render(request, "releases/announce.html", {"release": release})


@login_required
@require_http_methods(["GET", "POST"])
@refusal_reason
def confirm(request: SignedInRequest, reference: str) -> HttpResponse:
    now = timezone.now()
    release = release_to_move(request.user, reference, CONFIRM)
    given = notice_to_give(release, now=now)
    form = ConfirmForm(request.POST if request.method == "POST" else None, is_short=given.is_short)

    def act() -> None:
        scheduling.confirm(release, by=request.user, at=now, reason=form.cleaned_data.get("reason", ""))

    if is_confirmed(form, act):
        messages.success(request, _("The release is confirmed."))
        return redirect("releases:release", reference)
    return render(request, "releases/confirm.html", {"release": release, "form": form, "notice": given})


@login_required
@require_http_methods(["GET", "POST"])
@refusal_reason
def change_date(request: SignedInRequest, reference: str) -> HttpResponse:
    release = release_to_move(request.user, reference, CHANGE_DATE)
    form = ChangeDateForm(request.POST if request.method == "POST" else None, release=release)

    def act() -> None:
        scheduling.change_date(release, by=request.user, at=timezone.now(), **form.change())

    try:
        if is_confirmed(form, act, fields={"exact_date": "planned_on"}):
            messages.success(request, _("The date is changed."))
            return redirect("releases:release", reference)
    except ChangedMeanwhile:
        release = release_to_move(request.user, reference, CHANGE_DATE)
        form.see_again(release)
    return render(request, "releases/change_date.html", {"release": release, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
@refusal_reason
def cancel(request: SignedInRequest, reference: str) -> HttpResponse:
    release = release_to_move(request.user, reference, CANCEL)
    scheduling.check_cancel(release, by=request.user, at=timezone.now())
    form = CancelForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        scheduling.cancel(release, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())

    if is_confirmed(form, act):
        messages.success(request, _("The release is cancelled."))
        return redirect("releases:release", reference)
    return render(request, "releases/cancel.html", {"release": release, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
@refusal_reason
def request_date_change(request: SignedInRequest, reference: str) -> HttpResponse:
    release = release_of_theirs(request.user, reference, Action.ASK_DATE_CHANGE)
    date_changes.check_open(release)
    form = ChangeDateForm(request.POST if request.method == "POST" else None, release=release, asking=True)

    def act() -> None:
        date_changes.request_date_change(release, by=request.user, at=timezone.now(), **form.change())

    try:
        if is_confirmed(form, act, fields={"exact_date": "planned_on"}):
            messages.success(request, _("The change is asked for. The date stays until it is agreed to."))
            return redirect("releases:release", reference)
    except ChangedMeanwhile:
        release = release_of_theirs(request.user, reference, Action.ASK_DATE_CHANGE)
        form.see_again(release)
    return render(request, "releases/ask_date_change.html", {"release": release, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def waiting_changes(request: SignedInRequest) -> HttpResponse:
    """Show the changes that wait for the person's agreement; those that they select are agreed to at once."""
    if not date_changes.leads_anything(request.user):
        message = "Nothing waits for the agreement of this person."
        raise Http404(message)
    form = AgreeForm(request.POST if request.method == "POST" else None, theirs=date_changes.theirs(request.user))
    if form.is_bound and form.names_others:
        message = "There is no such request, or it is not theirs to decide."
        raise Http404(message)
    if form.is_valid():
        _agree_to_each(request, list(form.cleaned_data["requests"]))
        return redirect("releases:changes_waiting")
    return render(request, "releases/changes_waiting.html", {"form": form, "rows": _rows(request.user)})


@login_required
@require_http_methods(["GET", "POST"])
def refuse_change(request: SignedInRequest, key: int) -> HttpResponse:
    asked = get_object_or_404(date_changes.theirs(request.user), pk=key)
    form = RefuseForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        date_changes.refuse_date_change(asked, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())

    try:
        date_changes.check_decidable(asked, by=request.user)
        if is_confirmed(form, act):
            messages.success(request, _("The change is refused. The person who asked is told."))
            return redirect("releases:changes_waiting")
    except MoveRefused as refusal:
        return refused_page(request, asked.release.reference, refusal)
    return render(request, "releases/refuse_change.html", {"asked": asked, "release": asked.release, "form": form})


@login_required
@require_POST
def withdraw_change(request: SignedInRequest, key: int) -> HttpResponse:
    asked = get_object_or_404(DateChangeRequest.objects.select_related("release"), pk=key, requested_by=request.user)
    release = release_of_theirs(request.user, asked.release.reference, Action.ASK_DATE_CHANGE)
    try:
        date_changes.withdraw_date_change(asked, by=request.user, at=timezone.now())
    except MoveRefused as refusal:
        return refused_page(request, release.reference, refusal)
    messages.success(request, _("Your request is withdrawn."))
    return redirect("releases:release", release.reference)


def _agree_to_each(request: SignedInRequest, asked: list[DateChangeRequest]) -> None:
    made = 0
    for one in asked:
        try:
            date_changes.agree_to_date_change(one, by=request.user, at=timezone.now())
        except MoveRefused as refusal:
            messages.error(request, f"{one.release.title}: {refusal}")
        else:
            made += 1
    if made:
        messages.success(request, text_calendar.agreed_sentence(made))


def _rows(person: Person) -> list[dict[str, object]]:
    now = timezone.now()
    return [
        {
            "asked": asked,
            "tags": text_calendar.tags_of_request(asked),
            "notice": rules_calendar.days_of_notice(asked.to_on, given_at=now),
            "is_short": rules_calendar.is_short_notice(asked.to_on, given_at=now),
        }
        for asked in date_changes.to_agree(person)
    ]


CHANGES_ON_A_PAGE = 30
MOST_IN_A_FILE = 10_000


@login_required
@require_safe
def date_register(request: SignedInRequest) -> HttpResponse:
    """List the changes of date of the person's producers, of one of them or of the days of release alone."""
    producers, chosen = _producers(request)
    page = Paginator(_found(request, chosen), CHANGES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "producers": producers,
        "chosen": chosen,
        "on_the_day": _on_the_day(request),
        "kinds": list(TableKind),
        "too_many": page.paginator.count > MOST_IN_A_FILE,
        "most": MOST_IN_A_FILE,
        "page": page,
        "rows": [{"change": change, "tags": text_calendar.tags_of(change)} for change in page],
    }
    return render(request, "releases/changes.html", context)


@login_required
@require_safe
def export_changes(request: SignedInRequest, kind: str) -> HttpResponse:
    if kind not in set(TableKind):
        message = f"There is no kind of file {kind}."
        raise Http404(message)
    found = _found(request, _producers(request)[1])
    if found.count() > MOST_IN_A_FILE:
        most = _("A file holds %(most)s changes at most: choose fewer.") % {"most": f"{MOST_IN_A_FILE:,}"}
        messages.error(request, most)
        return redirect(f"{resolve_url('releases:changes')}?{request.GET.urlencode()}")
    written = export_date_changes(found, TableKind(kind), title=_("Register of changes"))
    return download_response(written, TableKind(kind), name=dated_file_name("date-changes", now=timezone.now()))


def _producers(request: SignedInRequest) -> tuple[list[Producer], Producer | None]:
    producers = list(overview.producers_of(request.user))
    if not producers:
        message = "There is no register for this person."
        raise Http404(message)
    wanted = request.GET.get("producer", "")
    chosen = next((producer for producer in producers if producer.slug == wanted), None)
    if wanted and chosen is None:
        message = "There is no such producer, or it is not theirs."
        raise Http404(message)
    return producers, chosen


def _on_the_day(request: SignedInRequest) -> bool:
    return request.GET.get("show") == "on-the-day"


def _found(request: SignedInRequest, chosen: Producer | None) -> QuerySet[DateChange]:
    slug = chosen.slug if chosen else ""
    return overview.changes_of(request.user, producer=slug, on_the_day=_on_the_day(request))


@login_required
@require_http_methods(["GET", "POST"])
@refusal_reason
def correct_reason(request: SignedInRequest, reference: str, version: int) -> HttpResponse:
    release = release_of_theirs(request.user, reference, Action.CORRECT_REASON)
    change = get_object_or_404(release.date_changes.prefetch_related("corrections"), schedule_version=version)
    initial = {"reason": corrections.current_reason(change), "seen": change.corrections.count()}
    form = CorrectReasonForm(request.POST if request.method == "POST" else None, initial=initial)
    corrections.check_correctable(change, by=request.user)
    if is_confirmed(
        form, lambda: corrections.correct_public_reason(change, by=request.user, at=timezone.now(), **form.cleaned_data)
    ):
        messages.success(request, _("The public reason is corrected."))
        return redirect("releases:release", reference)
    return render(request, "releases/correct_reason.html", {"release": release, "change": change, "form": form})

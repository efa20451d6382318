"""Announcing, confirming, moving and cancelling a release, agreeing to date changes, and their register."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releases import corrections, date_changes, overview, scheduling
from releases.forms.release import AgreeForm, CancelForm, ChangeDateForm, ConfirmForm, CorrectReasonForm, RefuseForm
from releases.models import DateChange, DateChangeRequest, Producer, Release
from releases.permissions import Action, producers_where, producers_with
from releases.public.export import dated_file_name, download_response, export_date_changes
from releases.rules import calendar as rules_calendar
from releases.rules.lifecycle import ANNOUNCE, CANCEL, CHANGE_DATE, CONFIRM, LEADS, ChangedMeanwhile, MoveRefused
from releases.rules.tables import TableKind
from releases.text import calendar as text_calendar
from releases.views.base import (
    SignedInRequest,
    complete_form,
    find_release,
    find_release_to_move,
    find_table_kind,
    form_view,
    is_completed,
    post_data,
    render_refused_move,
)


@form_view
def announce_view(request: SignedInRequest, reference: str) -> HttpResponse:
    release = find_release_to_move(request.user, reference, ANNOUNCE)
    if request.method == "POST":
        scheduling.announce_release(release, by=request.user, at=timezone.now())
        messages.success(request, _("The release is announced."))
        return redirect("releases:release", reference)
    return render(request, "releases/announce.html", {"release": release})


@form_view
def confirm_view(request: SignedInRequest, reference: str) -> HttpResponse:
    now = timezone.now()
    release = find_release_to_move(request.user, reference, CONFIRM)
    notice = scheduling.notice_of(release, given_at=now)
    form = ConfirmForm(post_data(request), is_short=notice.is_short)
    return complete_form(
        request,
        release,
        form,
        lambda: scheduling.confirm_release(
            release, by=request.user, at=now, reason=form.cleaned_data.get("reason", "")
        ),
        success=_("The release is confirmed."),
        template="releases/confirm.html",
        notice=notice,
    )


@form_view
def cancel_view(request: SignedInRequest, reference: str) -> HttpResponse:
    release = find_release_to_move(request.user, reference, CANCEL)
    scheduling.check_cancel(release, by=request.user, at=timezone.now())
    form = CancelForm(post_data(request))

    def act() -> None:
        scheduling.cancel_release(release, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())

    success = _("The release is cancelled.")
    return complete_form(request, release, form, act, success=success, template="releases/cancel.html")


@form_view
def change_date_view(request: SignedInRequest, reference: str) -> HttpResponse:
    return _change_page(
        request,
        lambda: find_release_to_move(request.user, reference, CHANGE_DATE),
        scheduling.change_date,
        success=_("The date is changed."),
        template="releases/change_date.html",
    )


@form_view
def request_date_change_view(request: SignedInRequest, reference: str) -> HttpResponse:
    return _change_page(
        request,
        lambda: find_release(request.user, reference, Action.ASK_DATE_CHANGE),
        date_changes.request_date_change,
        success=_("The change is asked for. The date stays until it is agreed to."),
        template="releases/ask_date_change.html",
        asking=True,
    )


def _change_page(
    request: SignedInRequest,
    find: Callable[[], Release],
    change: Callable[..., object],
    *,
    success: str,
    template: str,
    asking: bool = False,
) -> HttpResponse:
    release = find()
    if asking:
        date_changes.check_request_possible(release)
    form = ChangeDateForm(post_data(request), release=release, asking=asking)

    def act() -> None:
        change(release, by=request.user, at=timezone.now(), **form.change())

    try:
        fields = {"exact_date": "planned_on"}
        return complete_form(request, release, form, act, success=success, template=template, fields=fields)
    except ChangedMeanwhile:
        release = find()
        form.see_again(release)
    return render(request, template, {"release": release, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def waiting_changes(request: SignedInRequest) -> HttpResponse:
    """Show the changes that wait for the person's agreement; those that they select are agreed to at once."""
    if not producers_with(request.user, LEADS).exists():
        raise Http404("Nothing waits for the agreement of this person.")
    form = AgreeForm(post_data(request), theirs=date_changes.requests_to_decide(request.user))
    if form.is_bound and form.names_others:
        raise Http404("There is no such request, or it is not theirs to decide.")
    if form.is_valid():
        _agree_to_each(request, list(form.cleaned_data["requests"]))
        return redirect("releases:changes_waiting")
    now = timezone.now()
    rows = [
        {
            "asked": date_request,
            "tags": text_calendar.request_tags(date_request),
            "notice": rules_calendar.days_of_notice(date_request.to_on, given_at=now),
            "is_short": rules_calendar.is_short_notice(date_request.to_on, given_at=now),
        }
        for date_request in date_changes.open_requests_for(request.user)
    ]
    return render(request, "releases/changes_waiting.html", {"form": form, "rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def refuse_change(request: SignedInRequest, key: int) -> HttpResponse:
    date_request = get_object_or_404(date_changes.requests_to_decide(request.user), pk=key)
    form = RefuseForm(post_data(request))

    def act() -> None:
        date_changes.refuse_date_change(
            date_request, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
        )

    try:
        date_changes.check_decidable(date_request, by=request.user)
        if is_completed(form, act):
            messages.success(request, _("The change is refused. The person who asked is told."))
            return redirect("releases:changes_waiting")
    except MoveRefused as refusal:
        return render_refused_move(request, date_request.release.reference, refusal)
    return render(
        request, "releases/refuse_change.html", {"asked": date_request, "release": date_request.release, "form": form}
    )


@login_required
@require_POST
def withdraw_change(request: SignedInRequest, key: int) -> HttpResponse:
    date_request = get_object_or_404(
        DateChangeRequest.objects.select_related("release"), pk=key, requested_by=request.user
    )
    release = find_release(request.user, date_request.release.reference, Action.ASK_DATE_CHANGE)
    try:
        date_changes.withdraw_date_change(date_request, by=request.user, at=timezone.now())
    except MoveRefused as refusal:
        return render_refused_move(request, release.reference, refusal)
    messages.success(request, _("Your request is withdrawn."))
    return redirect("releases:release", release.reference)


def _agree_to_each(request: SignedInRequest, date_request: list[DateChangeRequest]) -> None:
    made = 0
    for one in date_request:
        try:
            date_changes.agree_to_date_change(one, by=request.user, at=timezone.now())
        except MoveRefused as refusal:
            messages.error(request, f"{one.release.title}: {refusal}")
        else:
            made += 1
    if made:
        sentence = ngettext(
            "%(count)s change is agreed to and made.", "%(count)s changes are agreed to and made.", made
        )
        messages.success(request, sentence % {"count": made})


CHANGES_ON_A_PAGE = 30
MOST_IN_A_FILE = 10_000


@login_required
@require_safe
def date_register(request: SignedInRequest) -> HttpResponse:
    producers, chosen = _choose_producer(request)
    page = Paginator(_find_changes(request, chosen), CHANGES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "producers": producers,
        "chosen": chosen,
        "on_the_day": _on_the_day(request),
        "kinds": list(TableKind),
        "too_many": page.paginator.count > MOST_IN_A_FILE,
        "most": MOST_IN_A_FILE,
        "page": page,
        "rows": [{"change": change, "tags": text_calendar.date_change_tags(change)} for change in page],
    }
    return render(request, "releases/changes.html", context)


@login_required
@require_safe
def export_changes(request: SignedInRequest, kind: str) -> HttpResponse:
    table_kind = find_table_kind(kind)
    found = _find_changes(request, _choose_producer(request)[1])
    if found.count() > MOST_IN_A_FILE:
        most = _("A file holds %(most)s changes at most: choose fewer.") % {"most": f"{MOST_IN_A_FILE:,}"}
        messages.error(request, most)
        return redirect(f"{resolve_url('releases:changes')}?{request.GET.urlencode()}")
    content = export_date_changes(found, table_kind, title=_("Register of changes"))
    return download_response(content, table_kind, name=dated_file_name("date-changes", now=timezone.now()))


def _choose_producer(request: SignedInRequest) -> tuple[list[Producer], Producer | None]:
    producers = list(producers_where(request.user, Action.VIEW))
    if not producers:
        raise Http404("There is no register for this person.")
    wanted = request.GET.get("producer", "")
    chosen = next((producer for producer in producers if producer.slug == wanted), None)
    if wanted and chosen is None:
        raise Http404("There is no such producer, or it is not theirs.")
    return producers, chosen


def _on_the_day(request: SignedInRequest) -> bool:
    return request.GET.get("show") == "on-the-day"


def _find_changes(request: SignedInRequest, chosen: Producer | None) -> QuerySet[DateChange]:
    slug = chosen.slug if chosen else ""
    return overview.date_changes_of(request.user, producer=slug, on_the_day=_on_the_day(request))


@form_view
def correct_reason(request: SignedInRequest, reference: str, version: int) -> HttpResponse:
    release = find_release(request.user, reference, Action.CORRECT_REASON)
    change = get_object_or_404(release.date_changes.prefetch_related("corrections"), schedule_version=version)
    initial = {"reason": corrections.current_reason(change), "seen": change.corrections.count()}
    form = CorrectReasonForm(post_data(request), initial=initial)
    corrections.check_correctable(change, by=request.user)
    return complete_form(
        request,
        release,
        form,
        lambda: corrections.correct_public_reason(change, by=request.user, at=timezone.now(), **form.cleaned_data),
        success=_("The public reason is corrected."),
        template="releases/correct_reason.html",
        change=change,
    )

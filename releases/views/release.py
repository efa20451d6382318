"""The page of one release, and the actions on it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releases import (
    announcements,
    check_history,
    date_changes,
    delay_notices,
    exemptions,
    pre_release_list,
    statements,
    tasks,
)
from releases import preflight as releases_preflight
from releases.announcements import ComparisonResult
from releases.detection.preflight import PreflightFinding
from releases.evidence import embargo
from releases.forms.release import DelayNoticeForm, SayForm, WasLiveForm
from releases.models import (
    DateChange,
    DateChangeRequest,
    DelayNotice,
    Exemption,
    PreflightRun,
    Release,
    ReleaseTask,
    Verification,
)
from releases.permissions import TABLE, Action, Person, may, roles_of
from releases.public import calendar as public_calendar
from releases.public import feeds
from releases.public.feeds import Followed
from releases.rules import calendar as rules_calendar
from releases.rules.announced import Named
from releases.rules.date_change import AGREE, REQUEST, WITHDRAW, RequestState, is_to_be_asked
from releases.rules.lifecycle import ANNOUNCE, CANCEL, CANCEL_ONCE_DUE, CHANGE_DATE, CONFIRM, RELEASE, Role, Status
from releases.scheduling import is_due
from releases.text import calendar as text_calendar
from releases.text import preflight as text_preflight
from releases.text import release as text_release
from releases.text.calendar import Tag
from releases.views.base import SignedInRequest, is_confirmed, refusal_reason, release_of_theirs


@dataclass(frozen=True, slots=True)
class Notice:
    """The days from the day on which a date was, or is to be, confirmed; negative where that was past already.

    `given_at` is that instant (aware). `is_short_for_markets` speaks of market-sensitive series alone.
    """

    days: int
    given_at: datetime
    is_short: bool
    is_short_for_markets: bool


def notice_to_give(release: Release, *, now: datetime) -> Notice:
    """Return the notice that confirming a release gives at an aware instant."""
    return _notice(release, given_at=now)


def notice_given(release: Release, changes: Sequence[DateChange]) -> Notice | None:
    """Return the notice that the present date of a release was given, or None if it was never confirmed.

    :param changes: its changes of date, in order; the last one that was agreed to gave the present date.
    """
    if release.confirmed_at is None or release.status not in {Status.CONFIRMED, Status.PUBLISHED}:
        return None
    agreed = [change.agreed_at for change in changes if change.agreed_at]
    return _notice(release, given_at=max([release.confirmed_at, *agreed]))


def _notice(release: Release, *, given_at: datetime) -> Notice:
    on = release.planned_on
    is_exact = release.due_at is not None
    return Notice(
        days=rules_calendar.days_of_notice(on, given_at=given_at),
        given_at=given_at,
        is_short=is_exact and not release.rehearsal and rules_calendar.is_short_notice(on, given_at=given_at),
        is_short_for_markets=is_exact
        and release.series.market_sensitive
        and rules_calendar.is_short_for_markets(on, given_at=given_at),
    )


@dataclass(frozen=True, slots=True)
class WaitingChange:
    asked: DateChangeRequest
    label: str
    colour: str
    sentence: str
    tags: list[Tag]
    waits: bool
    may_decide: bool
    may_withdraw: bool


def waiting_change_of(release: Release, *, person: Person, roles: frozenset[Role]) -> WaitingChange | None:
    """Gather what is to be shown of a release's last request; nothing if none was made."""
    asked = date_changes.latest_of(release)
    if asked is None:
        return None
    state = asked.state_beside(release)
    label, colour = text_calendar.state_tag(state)
    moves = REQUEST.available(source=state, roles=roles)
    return WaitingChange(
        asked=asked,
        label=label,
        colour=colour,
        sentence=text_calendar.state_sentence(asked, state),
        tags=text_calendar.tags_of_request(asked),
        waits=state == RequestState.WAITING,
        may_decide=AGREE in moves,
        may_withdraw=WITHDRAW in moves and asked.requested_by_id == person.pk,
    )


MOVES = {
    CONFIRM: (lazy("Confirm the date"), "releases:confirm"),
    ANNOUNCE: (lazy("Announce"), "releases:announce"),
    CHANGE_DATE: (lazy("Change the date"), "releases:change_date"),
    CANCEL: (lazy("Cancel this release"), "releases:cancel"),
}


def offered_moves(
    release: Release, *, roles: frozenset[Role], requested: WaitingChange | None, now: datetime
) -> list[tuple[str, str]]:
    """Return what the roles may do with a release as it stands, in words and as the name of a page.

    :param requested: the change of date that was asked for last, if any was.
    :param now: the aware instant of asking.
    """
    moves = [MOVES[move] for move in RELEASE.available(source=release.status, roles=roles) if move in MOVES]
    if release.announced_at or release.rehearsal:
        moves = [move for move in moves if move != MOVES[ANNOUNCE]]
    once_due = release.status == Status.CONFIRMED and is_due(release, at=now)
    if once_due and CANCEL_ONCE_DUE not in RELEASE.available(source=release.status, roles=roles):
        moves = [move for move in moves if move != MOVES[CANCEL]]
    return [
        *((str(text), page) for text, page in moves),
        *_ask(release, roles, requested),
        *_tell_of_delay(release, roles),
    ]


def _ask(release: Release, roles: frozenset[Role], requested: WaitingChange | None) -> Iterator[tuple[str, str]]:
    waits = requested is not None and requested.waits
    if is_to_be_asked(release.status, roles=roles, waits=waits):
        yield _("Ask to change the date"), "releases:ask_date_change"


def _tell_of_delay(release: Release, roles: frozenset[Role]) -> Iterator[tuple[str, str]]:
    if release.status == Status.CONFIRMED and release.announced_at and TABLE[Action.POST_DELAY_NOTICE] & roles:
        yield _("Tell readers of a delay"), "releases:delay_notice"


@dataclass(frozen=True, slots=True)
class ComparisonPart:
    """What the release's page shows of the last comparison: the differences, and why it could not be read since."""

    compared: ComparisonResult
    differences: list[str]
    problem: str


def comparison_of(release: Release, *, now: datetime) -> ComparisonPart | None:
    """Gather what the page of a release shows of its comparison; None where there was none, or it is past.

    :param now: the aware instant from which on releases are still to come.
    """
    found = announcements.latest_comparison(announcements.announcements_to_come(now=now).filter(release=release))
    if not found:
        return None
    (compared,) = found
    return ComparisonPart(
        compared,
        [text_calendar.difference_sentence(difference) for difference in compared.differences],
        str(text_calendar.PROBLEMS[compared.problem]) if compared.problem else "",
    )


@dataclass(frozen=True, slots=True)
class FoundLine:
    """One finding in words, and the address that it is about (empty: the release itself)."""

    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class PreflightPart:
    """What the release's page shows: the last check, what it found, and whether another may be asked for.

    `planned_at` is the aware instant of the plan, while that is to come.
    """

    run: PreflightRun | None
    problems: list[FoundLine]
    notes: list[FoundLine]
    earlier: list[PreflightRun]
    is_asked: bool
    may_ask: bool
    planned_at: datetime | None


def preflight_of(release: Release, *, roles: frozenset[Role], now: datetime) -> PreflightPart | None:
    """Gather what the page of a release shows of its checks; None where there was none and none can be.

    :param roles: those that the reader holds for its producer.
    :param now: the aware instant of reading.
    """
    runs = list(release.preflights.select_related("asked_by"))
    done = [run for run in runs if run.done_at and run.schedule_version == release.schedule_version]
    to_come = releases_preflight.may_be_checked(release, now=now)
    if not done and not to_come:
        return None
    urls = dict(release.addresses.values_list("pk", "url"))
    found = text_preflight.finding_codes(done[0].findings) if done else []
    planned_at = releases_preflight.preflight_planned_at(release, at=settings.PREFLIGHT_AT) if to_come else None
    return PreflightPart(
        run=done[0] if done else None,
        problems=[_found(each, urls, release) for each in found if each.is_problem],
        notes=[_found(each, urls, release) for each in found if not each.is_problem],
        earlier=done[1:],
        is_asked=any(run.done_at is None for run in runs),
        may_ask=to_come and bool(TABLE[Action.PREFLIGHT] & roles),
        planned_at=planned_at if planned_at and planned_at > now else None,
    )


def _found(finding: PreflightFinding, urls: Mapping[int, str], release: Release) -> FoundLine:
    url = urls.get(finding.address, "") if finding.address is not None else ""
    return FoundLine(text_preflight.finding_sentence(finding, planned=release.due_at), url)


@login_required
@require_POST
@refusal_reason
def ask_for_preflight(request: SignedInRequest, reference: str) -> HttpResponse:
    release = release_of_theirs(request.user, reference, Action.PREFLIGHT)
    releases_preflight.request_preflight(release, by=request.user, now=timezone.now())
    messages.success(request, _("The pre-flight is asked for. What it finds is shown here, as a rule within a minute."))
    return redirect("releases:release", reference)


@login_required
@require_http_methods(["GET", "POST"])
@refusal_reason
def post_delay_notice(request: SignedInRequest, reference: str) -> HttpResponse:
    release = release_of_theirs(request.user, reference, Action.POST_DELAY_NOTICE)
    rows = list(release.delay_notices.all())
    stands = delay_notices.current_notices(release, rows)
    initial = _initial(release, stands) | {"seen": len(rows)}
    form = DelayNoticeForm(request.POST if request.method == "POST" else None, initial=initial)
    delay_notices.check_postable(release, by=request.user)
    if is_confirmed(
        form, lambda: delay_notices.post_notice(release, by=request.user, at=timezone.now(), **form.notice)
    ):
        messages.success(request, _("The notice is posted. Readers see it on the page of the release."))
        return redirect("releases:release", reference)
    return render(request, "releases/delay_notice.html", {"release": release, "form": form, "stands": stands})


@login_required
@require_POST
@refusal_reason
def withdraw_delay_notice(request: SignedInRequest, reference: str) -> HttpResponse:
    release = release_of_theirs(request.user, reference, Action.POST_DELAY_NOTICE)
    seen = request.POST.get("seen", "")
    if not (seen.isdecimal() and len(seen) < 6):
        message = "Which notice is withdrawn was not sent with the request."
        raise Http404(message)
    delay_notices.withdraw_notice(release, by=request.user, at=timezone.now(), seen=int(seen))
    messages.success(request, _("The notice is withdrawn."))
    return redirect("releases:release", reference)


def delay_notice_of(release: Release) -> dict[str, Any]:
    """Return what readers were told of a delay: the notice that stands, and the rows before it, the latest first."""
    rows = list(release.delay_notices.all())
    stands = delay_notices.current_notices(release, rows)
    return {"stands": stands, "earlier": [row for row in reversed(rows) if row is not stands]}


def _initial(release: Release, stands: DelayNotice | None) -> dict[str, Any]:
    """Offer the contact of the notice that stands, or of the series: nothing else is known before a person says it."""
    if stands:
        return {"contact_name": stands.contact_name, "contact_email": stands.contact_email}
    responsible = release.series.responsible
    return {"contact_name": responsible.name, "contact_email": responsible.email} if responsible else {}


@login_required
@require_POST
def tick_task(request: SignedInRequest, key: int) -> HttpResponse:
    task = ReleaseTask.objects.select_related("series__producer").filter(pk=key).first()
    if task is None or not may(request.user, Action.KEEP_TASKS, task.series.producer):
        message = "There is no such task, or it is not yours."
        raise Http404(message)
    done = request.POST.get("done") == "yes"
    try:
        tasks.tick_task(task, done=done, by=request.user, at=timezone.now())
    except tasks.AlreadyTicked as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, _("The task is ticked off.") if done else _("The task is open again."))
    release = tasks.release_of_task(task)
    if release is None:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return redirect("releases:release", release.reference)


@login_required
@require_http_methods(["GET", "POST"])
@refusal_reason
def answer_question(request: SignedInRequest, reference: str, address: int, digest: str) -> HttpResponse:
    release = release_of_theirs(request.user, reference, Action.ANSWER)
    asked_of = get_object_or_404(release.addresses, pk=address)
    question = next(
        (q for q in statements.open_questions([release]) if (q.address.pk, q.text_digest) == (address, digest)), None
    )
    form = SayForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        statements.record_answer(
            release,
            asked_of,
            form.cleaned_data["kind"],
            text_digest=digest,
            words=form.cleaned_data["words"],
            by=request.user,
            at=timezone.now(),
        )

    if is_confirmed(form, act):
        messages.success(request, _("Your answer is kept beside the looks."))
        return redirect("releases:release", reference)
    if question is None and request.method == "GET":
        message = _("This text was never seen there, or somebody has said what it is.")
        raise Http404(message)
    context = {"release": release, "question": question, "address": asked_of, "form": form}
    return render(request, "releases/say.html", context)


@login_required
@require_http_methods(["GET", "POST"])
@refusal_reason
def state_live_time(request: SignedInRequest, reference: str) -> HttpResponse:
    release = release_of_theirs(request.user, reference, Action.ANSWER)
    form = WasLiveForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        given = {name: form.cleaned_data[name] for name in ("live_at", "words")}
        statements.record_live_time(release, **given, by=request.user, at=timezone.now())

    if is_confirmed(form, act):
        messages.success(request, _("Your statement is kept beside the looks."))
        return redirect("releases:release", reference)
    return render(request, "releases/was_live.html", {"release": release, "form": form})


@require_safe
def release_page(request: HttpRequest, reference: str) -> HttpResponse:
    now = timezone.now()
    found = public_calendar.announced_releases().filter(reference=reference).first()
    context: dict[str, Any] = {"now": now}
    try:
        theirs = release_of_theirs(request.user, reference)
    except Http404:
        if found is None:
            raise
    else:
        context |= _for_staff(request, theirs, now=now)
        found = found or _not_announced(theirs)
    changes = found.announced_changes  # type: ignore[attr-defined]  # of the prefetch
    context |= {
        "release": found,
        "status": public_calendar.status_of(found),
        "changes": changes,
        "delay": delay_notice_of(found),
        "page": public_calendar.page_of(found, now=now),
        "next_release": tasks.announced_after(found) if found.announced_at else None,
        "has_access_list": pre_release_list.is_shown(found, now=now),
        "follow": _follow(found) if found.announced_at else None,
    }
    return render(request, "releases/release.html", context)


def _follow(release: Release) -> dict[str, str]:
    series = release.series
    producer = Named(series.producer.slug, series.producer.name)
    return feeds.follow_addresses(Followed(producer, Named(series.slug, series.title)))


def _for_staff(request: HttpRequest, release: Release, *, now: datetime) -> dict[str, Any]:
    roles = roles_of(request.user, release.series.producer)
    return {
        "staff": True,
        **_what_is_planned(release, now=now),
        **_what_was_seen(release, person=request.user, now=now),
        **_what_may_be_done(release, person=request.user, roles=roles, now=now),
    }


def _what_is_planned(release: Release, *, now: datetime) -> dict[str, Any]:
    changes = list(release.date_changes.select_related("requested_by"))
    return {
        "all_changes": changes,
        "notice": notice_given(release, changes),
        "next_planned": tasks.planned_after(release),
        "left_provisional": release.status == Status.PROVISIONAL and release.slot.is_past(now=now),
        "tasks": list(tasks.tasks_of_release(release)),
        "on_access_list": pre_release_list.published_entries(release).count(),
    }


def _what_was_seen(release: Release, *, person: Person, now: datetime) -> dict[str, Any]:
    kept = check_history.release_record_of(release, now=now)
    return {
        "record": kept,
        "exempted": _exempted(kept.verdicts),
        "standing": text_release.status_of_release(release, kept.verification, now=now),
        "announced": comparison_of(release, now=now),
        "snapshots": announcements.snapshots_of(release),
        "kept_bodies": embargo.stored_bodies(release, by=person, now=now),
    }


def _what_may_be_done(release: Release, *, person: Person, roles: frozenset[Role], now: datetime) -> dict[str, Any]:
    date_request = waiting_change_of(release, person=person, roles=roles)
    return {
        "date_request": date_request,
        "moves": offered_moves(release, roles=roles, requested=date_request, now=now),
        "preflight": preflight_of(release, roles=roles, now=now),
        "may_answer": bool(TABLE[Action.ANSWER] & roles),
        "may_correct_reasons": bool(TABLE[Action.CORRECT_REASON] & roles),
        "may_export": bool(TABLE[Action.EXPORT_EVIDENCE] & roles),
        "may_keep_tasks": bool(TABLE[Action.KEEP_TASKS] & roles),
    }


def _exempted(verdicts: list[Verification]) -> list[tuple[Verification, list[Exemption]]]:
    """Return the verdicts that raised no suspicion because exemptions cover them, each with these."""
    covered = exemptions.find_covered(verdicts)
    return [(verdict, covered[verdict.pk]) for verdict in verdicts if verdict.pk in covered]


def _not_announced(release: Release) -> Release:
    nothing: list[DateChange] = []
    release.announced_changes = nothing  # type: ignore[attr-defined]  # as the prefetch of announced ones
    return release

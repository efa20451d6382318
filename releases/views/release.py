"""The page of a release, the actions on it, and the stored copies of its web pages."""

import logging
import tempfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from releases import (
    announcements,
    calls,
    check_history,
    corrections,
    date_changes,
    delay_notices,
    early_findings,
    exemptions,
    pre_release_access,
    published_corrections,
    scheduling,
    statements,
    tasks,
)
from releases import preflight as releases_preflight
from releases.announcements import Snapshot
from releases.detection.characters import decode
from releases.detection.files import FileType, found_type
from releases.detection.preflight import PreflightFinding
from releases.evidence import embargo, screenshots
from releases.evidence.embargo import How, NoSuchBody, OpenedBody
from releases.evidence.export import ExportFormat, export_evidence, export_file_name
from releases.forms import ClockTimeField, GovukDateField, GovukForm, LongTextField
from releases.models import BodyUnavailable, DateChange, DelayNotice, Release, ReleaseTask
from releases.permissions import TABLE, Action, Person, may, roles_of
from releases.public import calendar as public_calendar
from releases.public import feeds
from releases.public.feeds import Subscription
from releases.rules.date_change import AGREE, REQUEST, WITHDRAW, RequestState, must_request_date
from releases.rules.lifecycle import ANNOUNCE, CANCEL, CHANGE_DATE, CONFIRM, TO_COME, Role, Status
from releases.scheduling import Notice
from releases.statements import TEXT_KINDS
from releases.text import calendar as text_calendar
from releases.text import preflight as text_preflight
from releases.text import release as text_release
from releases.text.languages import is_welsh
from releases.text.minute_brief import UNKNOWN_TIME
from releases.views.base import (
    SignedInRequest,
    complete_form,
    explain_refusal,
    find_release,
    form_view,
    is_completed,
    post_data,
    post_view,
    release_page,
    sent_answers,
)

logger = logging.getLogger(__name__)

LONGEST_ANSWER = 2000
MOST_DIGITS = 12


class TextAnswerForm(GovukForm):
    """A form to say whether an unrecognised text is this edition, the previous edition or something else."""

    button = lazy("Save answer")
    options = {
        "kind": {
            "size": "m",
            "hints": {
                "this_is_it": lazy("The checks that found this page will count as live."),
                "previous_edition": lazy("The checks that found this page will count as not live."),
                "not_it": lazy(
                    "For example, an error page, sign-in page or announcement. We do not count it as the release."
                ),
            },
        }
    }

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(
        label=lazy("What is this page?"),
        choices=[(kind.value, kind.label) for kind in TEXT_KINDS],
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select what this page is")},
    )
    words = LongTextField(label=lazy("Notes (optional)"), required=False, max_length=LONGEST_ANSWER)


class LiveTimeForm(GovukForm):
    button = lazy("Save statement")

    live_on = GovukDateField(
        label=lazy("Date"), subject=lazy("Date on which the release was live"), help_text=lazy("For example, 30 6 2026")
    )
    live_time = ClockTimeField(
        label=lazy("London time"), help_text=lazy("For example, 9:30am, or 10:27:15 if you know it")
    )
    words = LongTextField(label=lazy("How do you know? (optional)"), required=False, max_length=LONGEST_ANSWER)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.combine_instant(cleaned, on="live_on", at="live_time", to="live_at")
        return cleaned


class DelayNoticeForm(GovukForm):
    """A notice of a delay, with a contact for readers. The expected time can be a date and time, or text."""

    button = lazy("Check the notice")

    seen = forms.IntegerField(widget=forms.HiddenInput)
    expected_on = GovukDateField(
        label=lazy("Expected date (optional)"),
        subject=lazy("Expected date"),
        help_text=lazy("Leave the date and time empty if you do not know them yet."),
        required=False,
    )
    expected_time = ClockTimeField(
        label=lazy("Expected London time (optional)"), help_text=lazy("For example, 11:30am"), required=False
    )
    expected_words = forms.CharField(
        label=lazy("Expected time, in words"),
        help_text=lazy("For example, later this morning. Required if you do not enter a date and time."),
        required=False,
        max_length=300,
    )
    contact_name = forms.CharField(label=lazy("Contact for readers"), required=False, max_length=200)
    contact_email = forms.EmailField(label=lazy("Email address for readers"), required=False)

    def clean_expected_time(self) -> Any:
        time = self.cleaned_data["expected_time"]
        return time and time.replace(second=0)

    def clean(self) -> dict[str, Any]:
        """Require both date and time, or neither."""
        cleaned = super().clean() or self.cleaned_data
        if {"expected_on", "expected_time"} <= cleaned.keys():
            on, at = cleaned["expected_on"], cleaned["expected_time"]
            if on and not at:
                self.add_error("expected_time", lazy("Enter the time as well, or describe it in words"))
            if at and not on:
                self.add_error("expected_on", lazy("Enter the date as well, or describe it in words"))
            self.combine_instant(cleaned, on="expected_on", at="expected_time", to="expected_at")
        return cleaned

    @property
    def notice(self) -> dict[str, Any]:
        given = self.cleaned_data
        names = ("expected_words", "contact_name", "contact_email", "seen")
        return {"expected_at": given.get("expected_at"), **{name: given[name] for name in names}}


def _describe_request(release: Release, *, person: Person, roles: frozenset[Role]) -> dict[str, Any] | None:
    """Describe the last date change request of a release, and the actions that the person may take.

    Return None if there was no request.
    """
    request = date_changes.latest_request(release)
    if request is None:
        return None
    state = request.current_state(release)
    label, colour = text_calendar.REQUEST_STATES[state]
    moves = REQUEST.available(source=state, roles=roles)
    return {
        "asked": request,
        "token": date_changes.tokens_of([request]).get(request.pk),
        "label": label,
        "colour": colour,
        "sentence": text_calendar.state_sentence(request, state),
        "tags": text_calendar.request_tags(request),
        "waits": state == RequestState.WAITING,
        "may_decide": AGREE in moves,
        "may_withdraw": WITHDRAW in moves and request.requested_by_id == person.pk,
    }


MOVES = {
    CONFIRM: (lazy("Confirm date"), "releases:confirm"),
    ANNOUNCE: (lazy("Announce"), "releases:announce"),
    CHANGE_DATE: (lazy("Change date"), "releases:change_date"),
    CANCEL: (lazy("Cancel release"), "releases:cancel"),
}


def _list_moves(release: Release, *, roles: frozenset[Role], waits: bool, now: datetime) -> list[tuple[str, str]]:
    """Return the label and the URL name of each move that the roles may make."""
    available = scheduling.available_moves(release, roles=roles, at=now)
    moves = [(str(text), page) for text, page in (MOVES[move] for move in available if move in MOVES)]
    if must_request_date(release.status, roles=roles, waits=waits):
        moves.append((_("Request a date change"), "releases:ask_date_change"))
    if release.status in TO_COME and not release.rehearsal and TABLE[Action.RELEASE_AT_ONCE] & roles:
        moves.append((_("Release at once after a leak"), "releases:release_at_once"))
    if delay_notices.is_postable(release, at=now) and TABLE[Action.POST_DELAY_NOTICE] & roles:
        moves.append((_("Tell readers about a delay"), "releases:delay_notice"))
    if release.status == Status.PUBLISHED and TABLE[Action.RECORD_CORRECTION] & roles:
        moves.append((_("Record a correction"), "releases:add_correction"))
    return moves


def _describe_comparison(release: Release, *, person: Person, now: datetime) -> dict[str, Any] | None:
    """Describe the last comparison with the publisher's announcement.

    Return None if there was no comparison, if the release is in the past, or if the comparison may show an early
    release to a person who may not know about it.
    """
    found = announcements.compare_with_latest(announcements.announcements_to_come(now=now).filter(release=release))
    if not found:
        return None
    (compared,) = found
    if compared.shows_publication and not early_findings.may_know(person, release.series.producer):
        return None
    return {
        "compared": compared,
        "differences": [text_calendar.difference_sentence(difference) for difference in compared.differences],
        "problem": str(text_calendar.PROBLEMS[compared.problem]) if compared.problem else "",
    }


def _list_snapshots(release: Release, *, person: Person) -> list[Snapshot]:
    """Return the snapshots of a release's announcement that a person may see.

    Before the release, a redirect may lead to the statistics that are still to be published.
    """
    snapshots = announcements.snapshots_of(release)
    redirected = [snapshot for snapshot in snapshots if snapshot.leads_to]
    if not redirected or release.status not in TO_COME or early_findings.may_know(person, release.series.producer):
        return snapshots
    return [snapshot for snapshot in snapshots if not snapshot.leads_to]


def _describe_preflight(
    release: Release, *, person: Person, roles: frozenset[Role], now: datetime
) -> dict[str, Any] | None:
    """Describe the preflights of a release.

    Return None if there was no preflight for the current date and no more preflights are possible. Preflights that may
    show an early release are left out if the person may not know about it.
    """
    found = release.preflights.all()
    if release.status in TO_COME and not early_findings.may_know(person, release.series.producer):
        found = early_findings.listed_preflights().filter(release=release)
    runs = list(found.select_related("asked_by"))
    done = [run for run in runs if run.done_at and run.schedule_version == release.schedule_version]
    open_run = next((run for run in runs if run.done_at is None), None)
    to_come = releases_preflight.may_be_checked(release, now=now)
    if not done and not to_come:
        return None
    urls = dict(release.addresses.values_list("pk", "url"))
    findings = text_preflight.read_findings(done[0].findings) if done else []
    planned_at = releases_preflight.preflight_planned_at(release, at=settings.PREFLIGHT_AT) if to_come else None
    return {
        "run": done[0] if done else None,
        "problems": [_describe_finding(each, urls, release) for each in findings if each.is_problem],
        "notes": [_describe_finding(each, urls, release) for each in findings if not each.is_problem],
        "earlier": done[1:],
        "open_run": open_run,
        "is_own_request": open_run is not None and open_run.asked_by == person,
        "may_ask": to_come and bool(TABLE[Action.PREFLIGHT] & roles),
        "planned_at": planned_at if planned_at and planned_at > now else None,
    }


def _describe_finding(finding: PreflightFinding, urls: Mapping[int, str], release: Release) -> dict[str, str]:
    url = urls.get(finding.address, "") if finding.address is not None else ""
    return {"sentence": text_preflight.finding_sentence(finding, planned=release.due_at), "url": url}


@post_view(release_page)
@explain_refusal
def request_preflight_view(request: SignedInRequest, reference: str) -> HttpResponse:
    release = find_release(request.user, reference, Action.PREFLIGHT)
    releases_preflight.request_preflight(release, by=request.user, now=timezone.now())
    sentence = _(
        "Check requested. Refresh this page for the result, usually within a minute. It is under ‘Checks before "
        "release’."
    )
    messages.success(request, sentence)
    return redirect(f"{reverse('releases:release', args=[reference])}#preflight")


@form_view
def post_delay_notice(request: SignedInRequest, reference: str) -> HttpResponse:
    release = find_release(request.user, reference, Action.POST_DELAY_NOTICE)
    rows = list(release.delay_notices.all())
    current = delay_notices.current_notice(release, rows)
    responsible = release.series.responsible
    initial: dict[str, Any] = {"seen": len(rows)}
    if current:
        initial |= {"contact_name": current.contact_name, "contact_email": current.contact_email}
    elif responsible:
        initial |= {"contact_name": responsible.name, "contact_email": responsible.email}
    if "brief" in request.GET and not current:
        # The link from the minute brief proposes this text. The person checks the notice here before it is posted.
        initial["expected_words"] = UNKNOWN_TIME
    form = DelayNoticeForm(post_data(request), initial=initial)
    now = timezone.now()
    delay_notices.check_postable(release, by=request.user, at=now)
    if "checked" in request.POST:
        return complete_form(
            request,
            release,
            form,
            lambda: delay_notices.post_notice(release, by=request.user, at=now, **form.notice),
            success=_("Notice posted. Readers see it on the page of the release."),
            template="releases/delay_notice.html",
            current_notice=current,
        )
    context = {"release": release, "form": form, "current_notice": current}
    if "change" in request.POST or not is_completed(form, lambda: _check_notice(release, form, at=now)):
        return render(request, "releases/delay_notice.html", context)
    said = {name: value for name, value in form.notice.items() if name != "seen"}
    context |= {"notice": DelayNotice(**said), "answers": sent_answers(request)}
    return render(request, "releases/delay_notice_check.html", context)


def _check_notice(release: Release, form: DelayNoticeForm, *, at: datetime) -> None:
    said = {name: value for name, value in form.notice.items() if name != "seen"}
    delay_notices.check_notice(release, at=at, **said)


@post_view(release_page)
@explain_refusal
def withdraw_delay_notice(request: SignedInRequest, reference: str) -> HttpResponse:
    release = find_release(request.user, reference, Action.POST_DELAY_NOTICE)
    number = request.POST.get("seen", "")
    if not (number.isdecimal() and len(number) < 6):
        raise Http404("The request does not say which notice to withdraw.")
    delay_notices.withdraw_notice(release, by=request.user, at=timezone.now(), seen=int(number))
    messages.success(request, _("Notice withdrawn."))
    return redirect("releases:release", reference)


@post_view(release_page)
@explain_refusal
def record_no_answer_view(request: SignedInRequest, reference: str) -> HttpResponse:
    release, contact = _find_call(request, reference)
    calls.record_no_answer(release, contact, by=request.user, at=timezone.now())
    return _return_to_calls(request, release)


@post_view(release_page)
@explain_refusal
def undo_no_answer_view(request: SignedInRequest, reference: str) -> HttpResponse:
    release, contact = _find_call(request, reference)
    calls.undo_no_answer(release, contact, by=request.user, at=timezone.now())
    return _return_to_calls(request, release)


def _find_call(request: SignedInRequest, reference: str) -> tuple[Release, int]:
    release = find_release(request.user, reference, Action.RECORD_CALL)
    contact = request.POST.get("contact", "")
    if not (contact.isdecimal() and len(contact) < MOST_DIGITS):
        raise Http404("The request does not say which contact was called.")
    return release, int(contact)


def _return_to_calls(request: SignedInRequest, release: Release) -> HttpResponse:
    """Redirect to the list of people to call now. Show no banner, because it would push the list down on a phone."""
    if "desk" in request.POST:
        return redirect(f"{resolve_url(settings.LOGIN_REDIRECT_URL)}#today-{release.pk}")
    return redirect(f"{reverse('releases:release', args=[release.reference])}#calls")


def _find_task(request: SignedInRequest, key: int) -> ReleaseTask:
    task = ReleaseTask.objects.select_related("series__producer").filter(pk=key).first()
    if task is None or not may(request.user, Action.KEEP_TASKS, task.series.producer):
        raise Http404("There is no such task, or it is not yours.")
    return task


def _page_of_task(task: ReleaseTask) -> str:
    release = tasks.release_of_task(task)
    return resolve_url("releases:release", release.reference) if release else resolve_url(settings.LOGIN_REDIRECT_URL)


@post_view(lambda request, key: _page_of_task(_find_task(request, key)))
def tick_task_view(request: SignedInRequest, key: int) -> HttpResponse:
    task = _find_task(request, key)
    done = request.POST.get("done") == "yes"
    try:
        tasks.tick_task(task, done=done, by=request.user, at=timezone.now())
    except tasks.AlreadyTicked as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, _("Task marked as done.") if done else _("Task marked as not done."))
    return redirect(_page_of_task(task))


@form_view
def answer_question(request: SignedInRequest, reference: str, address: int, digest: str) -> HttpResponse:
    release = find_release(request.user, reference, Action.ANSWER)
    if _is_hidden_from(request.user, release):
        raise Http404("Findings from before the due time are sealed until the release is published.")
    checked_address = get_object_or_404(release.addresses, pk=address)
    questions = statements.find_open_questions([release])
    question = next((q for q in questions if (q.address.pk, q.text_digest) == (address, digest)), None)
    if question is None and request.method == "GET":
        raise Http404(_("We did not find this page at this address, or someone has already answered."))
    form = TextAnswerForm(post_data(request))

    def act() -> None:
        statements.record_text_statement(
            release,
            checked_address,
            form.cleaned_data["kind"],
            text_digest=digest,
            seen=form.cleaned_data["seen"],
            words=form.cleaned_data["words"],
            by=request.user,
            at=timezone.now(),
        )

    context: dict[str, Any] = {
        "question": question,
        "address": checked_address,
        "without_links": early_findings.is_hidden(release, release.verifications.all()),
    }
    template = "releases/say.html"
    try:
        return complete_form(request, release, form, act, success=_("Answer saved."), template=template, **context)
    except statements.AnsweredMeanwhile as refusal:
        form.reopen(name="seen", version=refusal.answer.pk, sentence=str(refusal))
        return render(request, template, {"release": release, "form": form, **context}, status=409)


@form_view
def state_live_time(request: SignedInRequest, reference: str) -> HttpResponse:
    release = find_release(request.user, reference, Action.ANSWER)
    form = LiveTimeForm(post_data(request))

    def act() -> None:
        given = {name: form.cleaned_data[name] for name in ("live_at", "words")}
        statements.record_live_time(release, **given, by=request.user, at=timezone.now())

    success = _("Statement saved.")
    return complete_form(request, release, form, act, success=success, template="releases/was_live.html")


@require_safe
def show_release(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the announced facts of a release. People of its producer also see the complete record."""
    now = timezone.now()
    found = public_calendar.announced_releases().filter(reference=reference).first()
    context: dict[str, Any] = {"now": now}
    try:
        if is_welsh():
            raise Http404("The record of a release is in English.")
        theirs = find_release(request.user, reference)
    except Http404:
        if found is None:
            raise
    else:
        context |= _staff_context(theirs, person=request.user, now=now)
        if found is None:
            found = theirs
            found.announced_changes = []  # type: ignore[attr-defined]  # as the prefetch of announced ones
    notices = list(found.delay_notices.all())
    current = delay_notices.current_notice(found, notices)
    published = published_corrections.corrections_of(found) if found.status == Status.PUBLISHED else []
    context |= {
        "release": found,
        "status": public_calendar.calendar_status(found),
        "departures": scheduling.recorded_departures(found),
        "changes": found.announced_changes,  # type: ignore[attr-defined]  # of the prefetch
        "announced_notice": _notice_of(found, found.announced_changes),  # type: ignore[attr-defined]  # of the prefetch
        "corrections": published[::-1],
        "move_notice": public_calendar.move_notice_of(found) if found.announced_at else None,
        "delay": {"current": current, "earlier": [row for row in reversed(notices) if row is not current]},
        "page": public_calendar.live_page_of(found, now=now),
        "next_release": tasks.announced_after(found) if found.announced_at else None,
        "has_access_list": pre_release_access.has_published_list(found, now=now),
        "follow": feeds.follow_addresses(Subscription.to_series(found.series)) if found.announced_at else None,
    }
    return render(request, "releases/release.html", context)


def _staff_context(release: Release, *, person: Person, now: datetime) -> dict[str, Any]:
    roles = roles_of(person, release.series.producer)
    changes = list(release.date_changes.select_related("requested_by"))
    record = check_history.release_record_of(release, by=person, now=now)
    hidden = record.found_before_due is not None
    kept_bodies = embargo.stored_bodies(release, by=person, now=now)
    if hidden:
        kept_bodies = [entry for entry in kept_bodies if not entry.sealed]
    covered = exemptions.find_exemptions(record.verdicts)
    date_request = _describe_request(release, person=person, roles=roles)
    waits = date_request is not None and date_request["waits"]
    return {
        "staff": True,
        "all_changes": changes,
        "notice": _notice_of(release, changes),
        "next_planned": tasks.planned_after(release),
        "left_provisional": release.status == Status.PROVISIONAL and release.slot.is_past(now=now),
        "tasks": list(tasks.tasks_of_release(release)),
        "on_access_list": pre_release_access.published_entries(release).count(),
        "calls": calls.find_call_lists([release])[release.pk],
        "may_record_calls": bool(TABLE[Action.RECORD_CALL] & roles) and calls.may_be_called_about(release, at=now),
        "record": record,
        # The verdicts that raised no suspicion because of exemptions. Each is paired with the exemptions that cover it.
        "exempted": [(verdict, covered[verdict.pk]) for verdict in record.verdicts if verdict.pk in covered],
        "standing": text_release.status_of_release(release, record.verification, now=now),
        "announced": None if hidden else _describe_comparison(release, person=person, now=now),
        "snapshots": [] if hidden else _list_snapshots(release, person=person),
        "kept_bodies": kept_bodies,
        "screenshots": [] if hidden else screenshots.list_screenshots(release, by=person, now=now),
        "may_choose_screenshots": bool(TABLE[Action.EDIT] & roles) and not release.series.screenshots,
        # While a page is live early, do not show links to the page, because links would make the page easier to find.
        # This also applies if the release was cancelled afterwards.
        "without_links": early_findings.is_hidden(release, record.verdicts)
        or hidden
        or (record.is_live_before_due and release.status != Status.PUBLISHED),
        "date_request": date_request,
        "moves": _list_moves(release, roles=roles, waits=waits, now=now),
        "preflight": _describe_preflight(release, person=person, roles=roles, now=now),
        "may_answer": bool(TABLE[Action.ANSWER] & roles),
        "may_have_been_live": statements.may_have_been_live(release, changes, at=now),
        "may_correct_agreements": bool(TABLE[Action.EDIT] & roles),
        "may_correct_reasons": bool(TABLE[Action.CORRECT_REASON] & roles),
        "edit_address": reverse("admin:releases_release_change", args=[release.pk])
        if getattr(person, "is_staff", False) and TABLE[Action.EDIT] & roles
        else "",
        "may_export": bool(TABLE[Action.EXPORT_EVIDENCE] & roles) and not hidden,
        "may_keep_tasks": bool(TABLE[Action.KEEP_TASKS] & roles),
    }


def _notice_of(release: Release, changes: Iterable[DateChange]) -> Notice | None:
    agreed_at = max((change.agreed_at for change in changes if change.agreed_at), default=None)
    return scheduling.notice_of_present_date(release, agreed_at=agreed_at)


def _is_hidden_from(person: Person, release: Release) -> bool:
    """Return whether the early findings on a release must be hidden from a person."""
    hidden = early_findings.is_hidden(release, release.verifications.all())
    return hidden and not early_findings.may_know(person, release.series.producer)


MOST_CHARACTERS = 100_000
_SHOWN_AS_UNKNOWN = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord("\n"), ord("\t")}, "\ufffd")
# Stored pages may be hostile, so a browser must not allow them to run scripts, load resources or send data.
DOWNLOAD_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@login_required
@require_safe
def show_source(request: SignedInRequest, reference: str, sha256: str) -> HttpResponse:
    release = find_release(request.user, reference)
    opened = _open_body(request, release, sha256, How.SOURCE)
    if opened is None:
        return redirect("releases:release", reference)
    text = None
    if found_type(opened.content) in {FileType.HTML, FileType.TEXT, FileType.JSON}:
        charset = opened.body.media_type.partition("charset=")[2].strip(" \"'")
        text = decode(opened.content, charset=charset).replace("\r\n", "\n").translate(_SHOWN_AS_UNKNOWN)
    context = {
        "opened": opened,
        "release": release,
        "is_text": text is not None,
        "source": (text or "")[:MOST_CHARACTERS],
        "characters": len(text or ""),
        "most_characters": MOST_CHARACTERS,
    }
    answer = render(request, "releases/kept_body.html", context)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_safe
def download_body(request: SignedInRequest, reference: str, sha256: str) -> HttpResponse:
    opened = _open_body(request, find_release(request.user, reference), sha256, How.DOWNLOAD)
    if opened is None:
        return redirect("releases:release", reference)
    name = f"{reference}-{sha256[:12]}.body"
    headers = {**DOWNLOAD_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(opened.content, content_type="application/octet-stream", headers=headers)


_EXPORT_TYPES = {ExportFormat.BUNDLE: "application/zip", ExportFormat.WARC: "application/warc"}


@post_view(release_page)
def export_bundle(request: SignedInRequest, reference: str) -> FileResponse | HttpResponse:
    release = find_release(request.user, reference, Action.EXPORT_EVIDENCE)
    if _is_hidden_from(request.user, release):
        raise Http404("The evidence of this release is sealed until it is published.")
    form = ExportFormat.WARC if request.POST.get("format") == ExportFormat.WARC else ExportFormat.BUNDLE
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    withheld = early_findings.find_withheld(request.user, release)
    try:
        export_evidence(release, file, by=request.user, at=timezone.now(), export_format=form, withheld=withheld)
    except BodyUnavailable:
        file.close()
        _explain_unavailable_body(request, release)
        return redirect("releases:release", reference)
    file.seek(0)
    answer = FileResponse(
        file, as_attachment=True, filename=export_file_name(release, form), content_type=_EXPORT_TYPES[form]
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_safe
def show_screenshot(request: SignedInRequest, reference: str, key: int) -> HttpResponse:
    return _picture(request, reference, key, small=False)


@login_required
@require_safe
def small_screenshot(request: SignedInRequest, reference: str, key: int) -> HttpResponse:
    return _picture(request, reference, key, small=True)


def _picture(request: SignedInRequest, reference: str, key: int, *, small: bool) -> HttpResponse:
    release = find_release(request.user, reference)
    if _is_hidden_from(request.user, release):
        raise Http404("The screenshots of this release are sealed until it is published.")
    try:
        content = screenshots.open_screenshot(release, key, by=request.user, at=timezone.now(), small=small)
    except (NoSuchBody, BodyUnavailable) as fault:
        raise Http404(str(fault)) from fault
    name = f"{reference}-screenshot-{key}.png"
    headers = {**DOWNLOAD_HEADERS, "Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="image/png", headers=headers)


@post_view(release_page)
def choose_screenshots_view(request: SignedInRequest, reference: str) -> HttpResponse:
    release = find_release(request.user, reference, Action.EDIT)
    wanted = request.POST.get("wanted") == "yes"
    corrections.choose_screenshots(release, wanted=wanted, by=request.user, at=timezone.now())
    messages.success(
        request,
        _("We will take screenshots of this release.")
        if wanted
        else _("We will not take screenshots of this release."),
    )
    return redirect(f"{reverse('releases:release', args=[reference])}#setup")


def _open_body(request: SignedInRequest, release: Release, sha256: str, how: How) -> OpenedBody | None:
    """Return a stored body. If the storage cannot return the body, add an error message and return None.

    :raises Http404: if there is no such body.
    """
    try:
        return embargo.open_body(release, sha256, by=request.user, at=timezone.now(), how=how)
    except NoSuchBody as fault:
        raise Http404(str(fault)) from fault
    except BodyUnavailable:
        _explain_unavailable_body(request, release)
        return None


def _explain_unavailable_body(request: SignedInRequest, release: Release) -> None:
    logger.exception("a body could not be read", extra={"release": release.reference})
    messages.error(request, _("We could not read this copy from the storage. Try again later."))

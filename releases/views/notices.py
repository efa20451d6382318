"""Pages for notices about website outages, and for corrections of published statistics."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from releases import outages, published_corrections
from releases.forms import ClockTimeField, GovukDateField, GovukForm, LongTextField, list_typed_texts
from releases.models import DelayNotice, PublishedCorrection, Release
from releases.outages import Outage, OutageNotice
from releases.permissions import Action, may, may_anywhere, producers_where, roles_of
from releases.published_corrections import Correction, CorrectionFacts
from releases.rules import calendar as rules_calendar
from releases.rules.lifecycle import LEADS, ChangedMeanwhile
from releases.views.base import SignedInRequest, find_release, form_view, is_completed, post_data, sent_answers
from releases.views.list_order import Column, ListOrder
from releases.views.release import DelayNoticeForm

LONGEST_TEXT = 2000


class OutageNoticeForm(DelayNoticeForm):
    """A notice about a website outage, for all affected releases. The office can agree the wording in advance."""

    button = lazy("Check the notice")
    field_order = ("seen", "wording", "expected_on", "expected_time", "expected_words")
    seen = forms.CharField(widget=forms.HiddenInput)  # type: ignore[assignment]  # of several releases
    wording = LongTextField(label=lazy("Notice for readers"), required=False, max_length=1000)

    def __init__(self, data: QueryDict | None = None, *, outage: Outage, seen: str) -> None:
        producer = outage.producer
        initial: dict[str, Any] = {"seen": seen, "wording": producer.outage_wording}
        contacts = (release.series.responsible for release in outage.releases)
        if contact := next(filter(None, contacts), None):
            initial |= {"contact_name": contact.name, "contact_email": contact.email}
        super().__init__(data, initial=initial)
        self.fields["wording"].help_text = (
            _("Your office agreed this wording in advance. You can change it for this outage.")
            if producer.outage_wording
            else _("Your office has not agreed a wording. You can add one to the producer in the admin site.")
        )
        self.fields["expected_words"].help_text = _("For example, later today")
        self.fields["expected_words"].label = _("Expected time, in words (optional)")

    @property
    def outage_notice(self) -> OutageNotice:
        return OutageNotice(wording=self.cleaned_data["wording"], **self.said)

    @property
    def said(self) -> dict[str, Any]:
        """The content of the notice, except the wording."""
        return {name: value for name, value in self.notice.items() if name != "seen"}


@login_required
@require_http_methods(["GET", "POST"])
def post_outage_notice_view(request: SignedInRequest, producer: str, host: str, due: str) -> HttpResponse:
    """Let a person check a notice about a website outage, and post it for all affected releases.

    These are the releases of the producer that were due on the host at the given time.

    :param due: the due time of the releases in London time, such as "0930". The date is today.
    """
    now = timezone.now()
    owner = producers_where(request.user, Action.POST_OUTAGE_NOTICE).filter(slug=producer).first()
    if owner is None:
        raise Http404("There is no such outage, or it is not yours.")
    outage = outages.find_outage(request.user, owner, host=host, due_at=_due_today(due, now=now), now=now)
    if outage is None:
        status = 409 if request.method == "POST" else 200
        return render(
            request, "releases/outage_over.html", {"host": host, "typed": list_typed_texts(request.POST)}, status=status
        )
    counts = outages.count_notices(outage)
    form = OutageNoticeForm(post_data(request), outage=outage, seen=_write_seen(counts))
    context = {"outage": outage, "form": form, "noticed": any(counts.values())}
    try:
        if "change" in request.POST or not is_completed(form, lambda: _post_or_check(request, outage, form, now=now)):
            return render(request, "releases/outage.html", context)
    except ChangedMeanwhile as refusal:
        form.reopen(name="seen", version=_write_seen(counts), sentence=str(refusal))
        return render(request, "releases/outage.html", context, status=409)
    if "checked" not in request.POST:
        notice = DelayNotice(wording=form.cleaned_data["wording"], **form.said)
        return render(
            request, "releases/outage_check.html", {**context, "notice": notice, "answers": sent_answers(request)}
        )
    sentence = ngettext(
        "Notice posted for %(count)s release. Readers see it on its page.",
        "Notice posted for %(count)s releases. Readers see it on their pages.",
        len(outage.releases),
    )
    messages.success(request, sentence % {"count": len(outage.releases)})
    return redirect("desk")


def _post_or_check(request: SignedInRequest, outage: Outage, form: OutageNoticeForm, *, now: datetime) -> None:
    if "checked" in request.POST:
        seen = _read_seen(form.cleaned_data["seen"])
        outages.post_outage_notice(outage, form.outage_notice, by=request.user, at=now, seen=seen)
    else:
        outages.check_outage_notice(outage, form.outage_notice, at=now)


def _due_today(due: str, *, now: datetime) -> datetime:
    try:
        at = time(int(due[:2]), int(due[2:])) if len(due) == 4 and due.isdecimal() else None
    except ValueError:
        at = None
    if at is None:
        raise Http404("There is no such time.")
    return rules_calendar.from_london(datetime.combine(rules_calendar.local_date(now), at))


def _write_seen(counts: Mapping[int, int]) -> str:
    """Return the key and the number of notices of each release as text for a hidden field, such as "12:0 15:1"."""
    return " ".join(f"{key}:{count}" for key, count in sorted(counts.items()))


def _read_seen(written: str) -> dict[int, int]:
    pairs = (pair.partition(":") for pair in written.split())
    return {int(key): int(count) for key, _colon, count in pairs if key.isdecimal() and count.isdecimal()}


class CorrectionForm(GovukForm):
    """The details of a correction to published statistics, and the notice for readers."""

    button = lazy("Check the correction")

    seen = forms.IntegerField(widget=forms.HiddenInput)
    what_was_wrong = LongTextField(
        label=lazy("What was wrong?"),
        help_text=lazy("Only your office sees this. Do not name people."),
        required=False,
        max_length=LONGEST_TEXT,
    )
    found_on = GovukDateField(
        label=lazy("Date when the error was found"), help_text=lazy("For example, 30 6 2026"), required=False
    )
    found_time = ClockTimeField(
        label=lazy("Time when the error was found (London time)"),
        help_text=lazy("For example, 10:36am"),
        required=False,
    )
    corrected_on = GovukDateField(
        label=lazy("Date of the correction (optional)"),
        subject=lazy("Date of the correction"),
        help_text=lazy("Leave the date and time empty if it is not corrected yet."),
        required=False,
    )
    corrected_time = ClockTimeField(
        label=lazy("Time of the correction (London time, optional)"),
        help_text=lazy("For example, 11:15am"),
        required=False,
    )
    public_notice = LongTextField(
        label=lazy("Notice for readers (optional)"),
        help_text=lazy("Describe what was wrong, which figures are affected, and what you have corrected."),
        required=False,
        max_length=LONGEST_TEXT,
    )

    def clean(self) -> dict[str, Any]:
        """Require both the date and the time of an instant, or neither."""
        cleaned = super().clean() or self.cleaned_data
        for name in ("found", "corrected"):
            on, at = f"{name}_on", f"{name}_time"
            if {on, at} <= cleaned.keys():
                if cleaned[on] and not cleaned[at]:
                    self.add_error(at, lazy("Enter the time as well"))
                elif cleaned[at] and not cleaned[on]:
                    self.add_error(on, lazy("Enter the date as well"))
                self.combine_instant(cleaned, on=on, at=at, to=f"{name}_at")
        return cleaned

    @property
    def facts(self) -> CorrectionFacts:
        given = self.cleaned_data
        return CorrectionFacts(
            given.get("what_was_wrong", ""),
            given.get("found_at"),
            given.get("corrected_at"),
            given.get("public_notice", ""),
        )


_FIELDS_OF_FACTS = {"found_at": "found_time", "corrected_at": "corrected_time"}


def _add_refusals(form: CorrectionForm, release: Release, *, at: datetime) -> None:
    """Check the facts of a form that has other errors too, so that the person can correct all fields at once."""
    form.is_valid()
    try:
        published_corrections.check_facts(release, form.facts, at=at)
    except published_corrections.CorrectionRefused as refusal:
        for each in (refusal, *refusal.others):
            # A field with an error gives no fact, so a refusal of this fact would say that it is missing.
            fields = (each.field, each.field.replace("_at", "_on"), each.field.replace("_at", "_time"))
            if not any(map(form.has_error, fields)):
                form.add_error(_FIELDS_OF_FACTS.get(each.field, each.field), str(each))


class WithdrawCorrectionForm(GovukForm):
    button, button_class = lazy("Withdraw the correction"), "govuk-button--warning"

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = LongTextField(
        label=lazy("Why are you withdrawing the correction?"),
        help_text=lazy("Only your office sees this. Do not name people."),
        required=False,
        max_length=LONGEST_TEXT,
    )


CORRECTIONS_ON_A_PAGE = 30


@login_required
@require_safe
def list_corrections(request: SignedInRequest) -> HttpResponse:
    """List the corrections of the person's producers, the most recently found error first."""
    if not may_anywhere(request.user, Action.VIEW):
        raise Http404("There are no corrections for this person.")
    columns = {
        "release": Column(_("Release"), Lower("release__title")),
        "wrong": Column(_("What was wrong")),
        "found": Column(_("Found"), "found_at", descending_first=True),
        "corrected": Column(_("Corrected"), "corrected_at", descending_first=True),
        "notice": Column(_("Notice for readers")),
    }
    order = ListOrder(request.GET, columns, default="-found")
    rows = published_corrections.corrections_visible_to(request.user).select_related("release__series__producer")
    page = Paginator(order.sort(rows), CORRECTIONS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "releases/corrections.html", {"page": page, "order": order})


@login_required
@require_safe
def show_correction(request: SignedInRequest, reference: str, number: int) -> HttpResponse:
    """Show a correction with its revisions and the actions that the person may take."""
    release = find_release(request.user, reference)
    correction = _find_correction(release, number)
    roles = roles_of(request.user, release.series.producer)
    context = {
        "release": release,
        "correction": correction,
        "row": correction.current,
        "revisions": list(reversed(correction.revisions)),
        "may_change": may(request.user, Action.RECORD_CORRECTION, release.series.producer)
        and not correction.current.is_withdrawn,
        "may_decide": bool(LEADS & roles) and not correction.current.is_withdrawn,
    }
    return render(request, "releases/correction.html", context)


@form_view
def add_correction(request: SignedInRequest, reference: str) -> HttpResponse:
    release = find_release(request.user, reference, Action.RECORD_CORRECTION)
    published_corrections.check_recordable(release, by=request.user)
    number = len({row.number for row in release.published_corrections.all()})
    form = CorrectionForm(post_data(request), initial={"seen": number})
    return _complete_correction(request, release, form, None)


@form_view
def change_correction_view(request: SignedInRequest, reference: str, number: int) -> HttpResponse:
    release = find_release(request.user, reference, Action.RECORD_CORRECTION)
    correction = _find_correction(release, number)
    row = correction.current
    _check_changeable(row)
    form = CorrectionForm(post_data(request), initial={"seen": row.revision, **_initial_facts(row)})
    return _complete_correction(request, release, form, correction)


@form_view
def withdraw_correction_view(request: SignedInRequest, reference: str, number: int) -> HttpResponse:
    release = find_release(request.user, reference, Action.RECORD_CORRECTION)
    correction = _find_correction(release, number)
    _check_changeable(correction.current)
    form = WithdrawCorrectionForm(post_data(request), initial={"seen": correction.current.revision})

    def act() -> None:
        published_corrections.withdraw_correction(correction, by=request.user, at=timezone.now(), **form.cleaned_data)

    if is_completed(form, act):
        messages.success(request, _("Correction withdrawn."))
        return redirect("releases:correction", reference, number)
    context = {"release": release, "form": form, "correction": correction}
    return render(request, "releases/withdraw_correction.html", context)


def _find_correction(release: Release, number: int) -> Correction:
    """:raises Http404: if the release has no such correction."""
    found = next((one for one in published_corrections.corrections_of(release) if one.number == number), None)
    if found is None:
        raise Http404("There is no such correction.")
    return found


def _check_changeable(row: PublishedCorrection) -> None:
    if row.is_withdrawn:
        raise published_corrections.AlreadyWithdrawn(_("This correction was withdrawn. Record a new one."))


def _initial_facts(row: PublishedCorrection) -> dict[str, Any]:
    found: dict[str, Any] = {"what_was_wrong": row.what_was_wrong, "public_notice": row.public_notice}
    for name, instant in (("found", row.found_at), ("corrected", row.corrected_at)):
        if instant is not None:
            local = rules_calendar.in_london(instant)
            found |= {f"{name}_on": local.date(), f"{name}_time": local.time()}
    return found


def _complete_correction(
    request: SignedInRequest, release: Release, form: CorrectionForm, correction: Correction | None
) -> HttpResponse:
    """Show a new or changed correction for the person to check, and record it when the person confirms."""
    now, is_checked = timezone.now(), "checked" in request.POST
    recorded: list[PublishedCorrection] = []

    def act() -> None:
        facts = form.facts
        if not is_checked:
            published_corrections.check_facts(release, facts, at=now)
            return
        seen = form.cleaned_data["seen"]
        if correction is None:
            row = published_corrections.record_correction(release, facts, by=request.user, at=now, seen=seen)
        else:
            row = published_corrections.change_correction(correction, facts, by=request.user, at=now, seen=seen)
        recorded.append(row)

    context: dict[str, Any] = {"release": release, "form": form, "correction": correction}
    if "change" in request.POST or not is_completed(form, act, fields=_FIELDS_OF_FACTS):
        if form.is_bound:
            _add_refusals(form, release, at=now)
        return render(request, "releases/correction_form.html", context)
    if is_checked:
        messages.success(request, _("Correction saved."))
        return redirect("releases:correction", release.reference, recorded[0].number)
    facts = form.facts
    row = PublishedCorrection(
        release=release,
        what_was_wrong=facts.what_was_wrong,
        found_at=facts.found_at,
        corrected_at=facts.corrected_at,
        public_notice=facts.public_notice.strip(),
    )
    here = resolve_url("releases:add_correction", release.reference)
    if correction is not None:
        here = resolve_url("releases:change_correction", release.reference, correction.number)
    return render(
        request,
        "releases/correction_check.html",
        {**context, "row": row, "answers": sent_answers(request), "here": here},
    )

"""Pages to announce, confirm, move and cancel releases, and pages for date changes and their requests."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from releases import corrections, date_changes, delay_notices, overview, readiness, scheduling
from releases.early_findings import unpublished_early_releases
from releases.forms import (
    ClockTimeField,
    Disclosure,
    GovukDateField,
    GovukForm,
    LongTextField,
    PrecisionField,
    Question,
    add_refusal,
    build_slot,
    clean_reason_field,
)
from releases.models import DateChange, DateChangeRequest, Producer, Release
from releases.models.append_only import choices_of
from releases.permissions import Action, producers_where, producers_with, roles_of
from releases.public.export import dated_file_name, download_response, export_date_changes
from releases.rules import calendar as rules_calendar
from releases.rules.departure import DepartureKind, Grounds
from releases.rules.lifecycle import (
    ANNOUNCE,
    CANCEL,
    CANCEL_ONCE_DUE,
    CHANGE_DATE,
    CONFIRM,
    LEADS,
    RELEASE,
    ChangedMeanwhile,
    FieldRefused,
    MoveRefused,
    RefusalCollector,
    Status,
)
from releases.rules.public_calendar import MoveNotice
from releases.rules.tables import TableKind
from releases.scheduling import MissingGrounds
from releases.text import calendar as text_calendar
from releases.text import pre_release
from releases.views.base import (
    SignedInRequest,
    complete_form,
    find_release,
    find_release_to_move,
    find_table_kind,
    form_view,
    is_completed,
    post_data,
    post_view,
    render_refused_move,
    sent_answers,
)
from releases.views.list_order import Column, ListOrder

LONGEST_REASON = 2000


class GroundsForm(GovukForm):
    """The grounds for a release at an unusual time, at a weekend or on a bank holiday."""

    osr_reference = forms.CharField(
        label=lazy("Reference of OSR’s written agreement"),
        help_text=lazy(
            "You need OSR’s agreement if the release is at a weekend or is not at the usual time of the series."
        ),
        max_length=100,
        required=False,
    )
    osr_agreed_on = GovukDateField(
        label=lazy("Date of OSR’s agreement"), help_text=lazy("For example, 14 5 2026"), required=False
    )
    bank_holiday_reason = LongTextField(
        label=lazy("Reason for a release on a bank holiday"),
        help_text=lazy("We publish this in the release calendar."),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def grounds(self) -> Grounds:
        """Return the grounds from the form. If the form does not have a field, the value is empty."""
        given = self.cleaned_data
        return Grounds(
            osr_reference=given.get("osr_reference", ""),
            osr_agreed_on=given.get("osr_agreed_on"),
            bank_holiday_reason=given.get("bank_holiday_reason", ""),
        )


GROUNDS = ("osr_reference", "osr_agreed_on", "bank_holiday_reason")


class ChangeDateForm(GroundsForm):
    options = {
        "precision": {
            "hints": {
                "month": lazy("We do not show the day."),
                "two_months": lazy("We show the month of the date and the month after it."),
            }
        }
    }

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    seen_status = forms.TypedChoiceField(
        widget=forms.HiddenInput, choices=choices_of(Status), coerce=Status, empty_value=None, required=False
    )
    planned_on = GovukDateField(label=lazy("New date"), help_text=lazy("For example, 14 7 2026"))
    planned_at = ClockTimeField(label=lazy("London time"), help_text=lazy("For example, 9:30am"), required=False)
    precision = PrecisionField()
    reason = LongTextField(label=lazy("Reason for the change"), required=False, max_length=LONGEST_REASON)

    def __init__(self, data: QueryDict | None = None, *, release: Release, asking: bool = False) -> None:
        initial = {
            "seen_version": release.schedule_version,
            "seen_status": release.status,
            "planned_at": release.planned_at or release.series.release_time,
            "precision": release.precision,
        }
        super().__init__(data, initial=initial)
        self.zone = release.zone
        # The person checks a change to an announced release on a further page.
        self.button = (
            _("Request date change") if asking else _("Continue") if release.announced_at else _("Change date")
        )
        reason = self.fields["reason"]
        if release.rehearsal:
            for name in GROUNDS:
                del self.fields[name]
        elif on_mondays := pre_release.monday_sentence(release.series):
            self.fields["planned_on"].help_text = f"{self.fields['planned_on'].help_text}. {on_mondays}"
        if release.status == Status.PROVISIONAL:
            # The reason for a bank holiday is needed only when the date is confirmed.
            self.fields.pop("bank_holiday_reason", None)
            reason.label = _("Reason for the change (optional)")
            reason.help_text = _("We save the reason. We do not publish it, because the date is provisional.")
            return
        # A confirmed release has an exact date. The new date must be exact too, so the form does not ask for the
        # precision.
        del self.fields["precision"]
        read_once_agreed = _("We publish the reason when the change is agreed.")
        reason.help_text = read_once_agreed if asking else _("We publish this in the release calendar.")

    def questions(self) -> Iterable[Any]:
        names = ("seen_version", "seen_status", "precision", "planned_on", "planned_at", "reason")
        questions: list[Any] = [self.question(name) for name in names if name in self.fields]
        exceptions = [self.question(name) for name in GROUNDS if name in self.fields]
        if exceptions:
            # Open the section after an error, because a refused date may need one of these fields.
            is_open = self.is_bound and not self.is_valid()
            title = _("Exceptions: another time, a weekend or a bank holiday")
            questions.append(Disclosure(title, *exceptions, is_open=is_open))
        return questions

    def clean_reason(self) -> str:
        return clean_reason_field(self)

    def change(self) -> dict[str, Any]:
        return {
            "to": build_slot(self.cleaned_data, zone=self.zone),
            "reason": self.cleaned_data["reason"],
            "expected_version": self.cleaned_data["seen_version"],
            "expected_status": self.cleaned_data["seen_status"],
            "grounds": self.grounds(),
        }

    def see_again(self, release: Release) -> None:
        sentence = _("The date has changed to %(slot)s since you opened this page. Check your change and try again.")
        if self.cleaned_data["seen_status"] not in {None, release.status}:
            # Of the statuses that allow a change, a release can only become confirmed.
            sentence = _(
                "The date %(slot)s has been confirmed since you opened this page, so we would now publish your reason. "
                "Check your change and try again."
            )
        self.reopen(
            name="seen_version",
            version=release.schedule_version,
            seen_status=release.status,
            sentence=sentence % {"slot": release.slot},
        )


class AnnounceForm(GovukForm):
    button = lazy("Announce this release")

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ConfirmForm(GroundsForm):
    button = lazy("Confirm date")

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = LongTextField(
        label=lazy("Reason for short notice"),
        help_text=lazy("We save the reason but do not publish it."),
        required=False,
        max_length=LONGEST_REASON,
    )

    def __init__(
        self, data: QueryDict | None = None, *, release: Release, is_short: bool, missing: MissingGrounds
    ) -> None:
        super().__init__(data, initial={"seen_version": release.schedule_version})
        if not is_short:
            del self.fields["reason"]
        if not missing.agreement:
            del self.fields["osr_reference"], self.fields["osr_agreed_on"]
        if not missing.holiday_reason:
            del self.fields["bank_holiday_reason"]
        for name, hint in (
            ("osr_reference", ""),
            ("bank_holiday_reason", _("We publish this in the release calendar.")),
        ):
            if name in self.fields:
                self.fields[name].help_text = hint


class AtOnceForm(GovukForm):
    button = lazy("Release at once")

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    day = forms.ChoiceField(
        label=lazy("Release date"),
        help_text=lazy(
            "The release must be within 24 hours. For a later date, change the date of the release instead."
        ),
        widget=forms.RadioSelect,
        error_messages={
            "required": lazy("Select the release date"),
            "invalid_choice": lazy("Select the release date again, because it is after midnight"),
        },
    )
    planned_at = ClockTimeField(label=lazy("Release time (London time)"), help_text=lazy("For example, 2:15pm"))
    reason = LongTextField(
        label=lazy("Reason for releasing at once"),
        help_text=lazy("We publish this in the release calendar."),
        required=False,
        max_length=LONGEST_REASON,
    )
    osr_told_on = GovukDateField(label=lazy("Date on which you informed OSR"), help_text=lazy("For example, 14 7 2026"))
    osr_told_time = ClockTimeField(
        label=lazy("London time at which you informed OSR"), help_text=lazy("For example, 1:50pm")
    )

    def __init__(
        self, data: QueryDict | None = None, *, release: Release, was_found_early: bool, now: datetime
    ) -> None:
        local = rules_calendar.in_london(now)
        initial = {"seen_version": release.schedule_version, "osr_told_on": local.date()}
        if was_found_early:
            # Readers see this reason before the new release time. So the reason must not reveal that the release can
            # already be found.
            initial["reason"] = _("So that everyone gets the statistics at the same time.")
        super().__init__(data, initial=initial)
        today, tomorrow = local.date(), local.date() + timedelta(days=1)
        self.fields["day"].choices = [  # type: ignore[attr-defined]  # declared above
            (today.isoformat(), _("Today, %(day)s") % {"day": rules_calendar.format_day(today)}),
            (tomorrow.isoformat(), _("Tomorrow, %(day)s") % {"day": rules_calendar.format_day(tomorrow)}),
        ]

    def clean_day(self) -> date:
        return date.fromisoformat(self.cleaned_data["day"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.combine_instant(cleaned, on="osr_told_on", at="osr_told_time", to="osr_told_at")
        self.combine_instant(cleaned, on="day", at="planned_at", to="due_at")
        return cleaned

    def decision(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            **{name: given[name] for name in ("due_at", "reason", "osr_told_at")},
            "expected_version": given["seen_version"],
        }


class CancelForm(GovukForm):
    button, button_class = lazy("Cancel release"), "govuk-button--warning"

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = LongTextField(
        label=lazy("Reason for cancellation"),
        help_text=lazy(
            "If the release is announced, we publish the reason in the release calendar. You cannot undo this."
        ),
        required=False,
        max_length=LONGEST_REASON,
    )


MOST_DIGITS = 18


class AgreeForm(GovukForm):
    requests = forms.ModelMultipleChoiceField(
        queryset=DateChangeRequest.objects.none(),
        error_messages={"required": lazy("Select the changes that you agree to")},
    )

    def __init__(self, data: Any = None, *, theirs: QuerySet[DateChangeRequest]) -> None:
        super().__init__(data)
        self.fields["requests"].queryset = theirs  # type: ignore[attr-defined]  # a field of model choices

    @property
    def names_others(self) -> bool:
        """Whether the submitted data include a request that the person may not decide."""
        # Databases raise an error if a key is compared with a number that is larger than any possible key.
        keys = self.data.getlist("requests") if isinstance(self.data, QueryDict) else []
        if any(not key.isdecimal() or len(key) > MOST_DIGITS for key in keys):
            return True
        return any(error.code != "required" for error in self.errors.as_data().get("requests", ()))


class RefuseForm(GovukForm):
    button = lazy("Refuse date change")

    reason = LongTextField(
        label=lazy("Reason for refusal"),
        help_text=lazy("We show the reason to the person who made the request. We do not publish it."),
        required=False,
        max_length=LONGEST_REASON,
    )


class CorrectReasonForm(GovukForm):
    button = lazy("Correct reason")

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = LongTextField(
        label=lazy("Public reason"),
        help_text=lazy(
            "We publish the new reason and say that it was corrected. Readers can still see the first reason."
        ),
        required=False,
        max_length=LONGEST_REASON,
    )


class CorrectAgreementForm(GovukForm):
    button = lazy("Correct the agreement")

    seen = forms.IntegerField(widget=forms.HiddenInput)
    osr_reference = forms.CharField(
        label=lazy("Reference of OSR’s written agreement"),
        help_text=lazy("Readers of the release calendar see the reference, and that it was corrected."),
        max_length=100,
        required=False,
    )
    osr_agreed_on = GovukDateField(
        label=lazy("Date of OSR’s agreement"), help_text=lazy("For example, 14 5 2026"), required=False
    )


@form_view
def announce_view(request: SignedInRequest, reference: str) -> HttpResponse:
    now = timezone.now()
    release = find_release_to_move(request.user, reference, ANNOUNCE)
    form = AnnounceForm(post_data(request), initial={"seen_version": release.schedule_version})
    return complete_form(
        request,
        release,
        form,
        lambda: scheduling.announce_release(
            release, by=request.user, at=now, expected_version=form.cleaned_data["seen_version"]
        ),
        success=_("Release announced."),
        template="releases/announce.html",
        # The notice of a provisional date is counted only when the date is confirmed.
        notice=scheduling.notice_of(release, given_at=now) if release.status == Status.CONFIRMED else None,
        missing_people=[text_calendar.warning_sentence(each) for each in readiness.find_missing_people(release.series)],
    )


@form_view
def confirm_view(request: SignedInRequest, reference: str) -> HttpResponse:
    now = timezone.now()
    release = find_release_to_move(request.user, reference, CONFIRM)
    notice = scheduling.notice_of(release, given_at=now)
    missing = scheduling.find_missing_grounds(release)
    form = ConfirmForm(post_data(request), release=release, is_short=notice.is_short, missing=missing)
    return complete_form(
        request,
        release,
        form,
        lambda: scheduling.confirm_release(
            release,
            by=request.user,
            at=now,
            reason=form.cleaned_data.get("reason", ""),
            grounds=form.grounds(),
            expected_version=form.cleaned_data["seen_version"],
        ),
        success=_("Release confirmed."),
        fields={
            "planned_on": "osr_reference" if missing.agreement else "bank_holiday_reason",
            "planned_at": "osr_reference",
        },
        template="releases/confirm.html",
        notice=notice,
        departures=missing.departures,
        missing=missing,
        closed_day=release.series.producer.non_working_days.filter(on=release.planned_on).first(),
        missing_people=[text_calendar.warning_sentence(each) for each in readiness.find_missing_people(release.series)],
        is_lead=bool(LEADS & roles_of(request.user, release.series.producer)),
    )


@form_view
def release_at_once_view(request: SignedInRequest, reference: str) -> HttpResponse:
    """Let a Head of Profession or a deputy release statistics at once after a leak or a public statement about them."""
    now = timezone.now()
    release = find_release(request.user, reference, Action.RELEASE_AT_ONCE)
    scheduling.check_releasable_at_once(release)
    was_found_early = unpublished_early_releases().filter(pk=release.pk).exists()
    form = AtOnceForm(post_data(request), release=release, was_found_early=was_found_early, now=now)

    def act() -> None:
        scheduling.release_at_once(release, by=request.user, at=now, **form.decision())

    success = _("Release time changed. Publish the release at the new time. We will check the web page.")
    return complete_form(
        request,
        release,
        form,
        act,
        success=success,
        template="releases/at_once.html",
        was_found_early=was_found_early,
        fields={"osr_told_at": "osr_told_time", "exact_date": "planned_at", "planned_on": "day"},
    )


@form_view
def cancel_view(request: SignedInRequest, reference: str) -> HttpResponse:
    release = find_release_to_move(request.user, reference, CANCEL)
    scheduling.check_cancel(release, by=request.user, at=timezone.now())
    form = CancelForm(post_data(request), initial={"seen_version": release.schedule_version})
    if release.announced_at:
        form.button, form.button_class = lazy("Continue"), ""

    def decision() -> dict[str, Any]:
        given = form.cleaned_data
        seen = given["seen_version"]
        return {"reason": given["reason"], "expected_version": seen, "by": request.user, "at": timezone.now()}

    if release.announced_at and _is_unchecked(request):
        template = "releases/cancel.html"
        return _check_move(request, release, form, lambda: scheduling.prepare_cancel(release, **decision()), template)

    def act() -> None:
        scheduling.cancel_release(release, **decision())

    success = _("Release cancelled.")
    return complete_form(request, release, form, act, success=success, template="releases/cancel.html")


@form_view
def change_date_view(request: SignedInRequest, reference: str) -> HttpResponse:
    return _change_page(
        request,
        lambda: find_release_to_move(request.user, reference, CHANGE_DATE),
        scheduling.change_date,
        success=_("Date changed."),
        template="releases/change_date.html",
    )


@form_view
def request_date_change_view(request: SignedInRequest, reference: str) -> HttpResponse:
    return _change_page(
        request,
        lambda: find_release(request.user, reference, Action.ASK_DATE_CHANGE),
        date_changes.request_date_change,
        success=_("Date change requested. The date does not change until the Head of Profession or a deputy agrees."),
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
    _check_reason_without_slot(release, form)

    def act() -> None:
        change(release, by=request.user, at=timezone.now(), **form.change())

    def prepare() -> None:
        roles, now = roles_of(request.user, release.series.producer), timezone.now()
        # A lead decides on a request.
        scheduling.prepare_date_change(release, roles=LEADS if asking else roles, at=now, **form.change())
        if not asking:
            scheduling.refuse_during_judgement(release, at=now)

    try:
        fields = {"exact_date": "planned_on"}
        warnings = _warn_about_change(release, form)
        # A request changes nothing for readers yet, so the person checks it only if there are warnings.
        must_check = bool(warnings) or (release.announced_at is not None and not asking)
        if _is_unchecked(request) and (must_check or "change" in request.POST):
            return _check_move(
                request, release, form, prepare, template, fields=fields, warnings=warnings, asking=asking
            )
        return complete_form(request, release, form, act, success=success, template=template, fields=fields)
    except ChangedMeanwhile:
        release = find()
        # If the release was confirmed meanwhile, the form has other questions and says that we publish the reason.
        form = ChangeDateForm(post_data(request), release=release, asking=asking)
        form.full_clean()
        form.see_again(release)
    return render(request, template, {"release": release, "form": form})


def _check_reason_without_slot(release: Release, form: ChangeDateForm) -> None:
    """If the form gives no valid date and time, check the reason, so that the person sees both errors at once."""
    if not form.is_bound:
        return
    refusals = RefusalCollector()
    with refusals.collect():
        if form.is_valid():
            scheduling.normalise_slot(form.change()["to"])
            return
    with refusals.collect():
        if not form.has_error("reason"):
            scheduling.check_reason_for_change(release, reason=form.cleaned_data["reason"])
    try:
        refusals.raise_found()
    except FieldRefused as refusal:
        add_refusal(form, refusal)


def _warn_about_change(release: Release, form: ChangeDateForm) -> list[str]:
    """Return the warnings about a new date, or no warnings if the form or its date is not valid."""
    if not form.is_valid():
        return []
    try:
        to = scheduling.normalise_slot(form.change()["to"])
    except FieldRefused:
        return []
    (warnings,) = readiness.find_change_warnings([(release, to)])
    return [text_calendar.warning_sentence(each) for each in warnings]


def _is_unchecked(request: SignedInRequest) -> bool:
    """Return whether the person has submitted a change, but not checked it yet."""
    return request.method == "POST" and "checked" not in request.POST


def _check_move(
    request: SignedInRequest,
    release: Release,
    form: GovukForm,
    prepare: Callable[[], object],
    template: str,
    *,
    fields: Mapping[str, str] | None = None,
    warnings: Collection[str] = (),
    asking: bool = False,
) -> HttpResponse:
    """Show how readers will see a move of an announced release and the warnings, so that the person can check it.

    If the form has errors, or the person wants to change the answers, show the form instead.

    :param prepare: a function that checks whether the move can be made now.
    :param asking: whether the person only requests the move.
    """
    if "change" in request.POST or not is_completed(form, prepare, fields=fields):
        return render(request, template, {"release": release, "form": form})
    now = timezone.now()
    reason = form.cleaned_data["reason"]
    to = scheduling.normalise_slot(form.change()["to"]) if isinstance(form, ChangeDateForm) else None
    if to and release.status == Status.PROVISIONAL:
        reason = ""  # the reason is not published
    context = {
        "release": release,
        "notice": MoveNotice(release.slot, to, reason),
        "is_due": release.status == Status.CONFIRMED and scheduling.is_due(release, at=now),
        # The notice of a provisional date is counted only when the date is confirmed.
        "length": scheduling.notice_of(release, given_at=now, to=to) if release.status == Status.CONFIRMED else None,
        "warnings": warnings,
        "asking": asking,
        "answers": sent_answers(request),
    }
    return render(request, "releases/check_move.html", context)


class DecideForm(GovukForm):
    """The decision of a lead about a release that cannot be published as announced."""

    button = lazy("Continue")

    decision = forms.ChoiceField(
        label=lazy("What do you want to do?"),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select what you want to do")},
    )

    def __init__(self, data: QueryDict | None = None, *, choices: Iterable[str]) -> None:
        super().__init__(data)
        self.choices = list(choices)
        self.fields["decision"].choices = [(name, DECISIONS[name][0]) for name in self.choices]  # type: ignore[attr-defined]  # declared above

    def questions(self) -> Iterable[Any]:
        return [Question("decision", size="m", hints={name: str(DECISIONS[name][1]) for name in self.choices})]


# The decisions that the form can offer, each with a label and a hint. Each key is the name of the URL pattern of the
# page for this decision.
DECISIONS = {
    "delay_notice": (
        lazy("Keep the date and tell readers about a delay"),
        lazy("For a delay of minutes or hours. The announced date and time do not change."),
    ),
    "change_date": (
        lazy("Postpone the release"),
        lazy(
            "You need to give a new date and a reason for readers. A time other than the usual one "
            "needs OSR’s written agreement."
        ),
    ),
    "cancel": (lazy("Cancel the release"), lazy("You need to give a reason for readers. You cannot undo this.")),
}


@form_view
def decide_on_day(request: SignedInRequest, reference: str) -> HttpResponse:
    """Ask a lead what to do with a release that cannot be published as announced.

    Then redirect the lead to the page for the chosen action.
    """
    now = timezone.now()
    release = find_release(request.user, reference, Action.POSTPONE)
    RELEASE.find(CHANGE_DATE, source=release.status)
    moves = scheduling.available_moves(release, roles=roles_of(request.user, release.series.producer), at=now)
    possible = {"change_date": CHANGE_DATE in moves, "cancel": bool({CANCEL, CANCEL_ONCE_DUE} & set(moves))}
    possible["delay_notice"] = delay_notices.is_postable(release, at=now)
    form = DecideForm(post_data(request), choices=[name for name in DECISIONS if possible[name]])
    if form.is_valid():
        return redirect(f"releases:{form.cleaned_data['decision']}", reference)
    is_due = release.status == Status.CONFIRMED and scheduling.is_due(release, at=now)
    return render(request, "releases/decide_on_day.html", {"release": release, "form": form, "is_due": is_due})


REQUESTS_ON_A_PAGE = 30


@login_required
@require_http_methods(["GET", "POST"])
def waiting_changes(request: SignedInRequest) -> HttpResponse:
    """Show the date changes that need the person's agreement, and agree to the selected changes."""
    if not producers_with(request.user, LEADS).exists():
        raise Http404("There is no request on which this person may decide.")
    form = AgreeForm(post_data(request), theirs=date_changes.requests_to_decide(request.user))
    if form.is_bound and form.names_others:
        raise Http404("There is no such request, or this person may not decide on it.")
    if form.is_valid():
        _agree_to_each(request, list(form.cleaned_data["requests"]))
        # Redirect to the same page of the list. If the list has become shorter, the paginator shows the last page.
        return redirect(request.get_full_path())
    now = timezone.now()
    columns = {
        "due": Column(_("Current date"), "release__due_at"),
        "to": Column(_("New date"), "to_on"),
        "release": Column(_("Release"), Lower("release__title")),
        "requested": Column(_("Requested"), "requested_at", descending_first=True),
    }
    order = ListOrder(request.GET, columns, default="due")
    waiting = order.sort(date_changes.open_requests_for(request.user))
    page = Paginator(waiting, REQUESTS_ON_A_PAGE).get_page(request.GET.get("page"))
    tokens = date_changes.tokens_of(page)
    warnings = readiness.find_change_warnings([(date_request.release, date_request.to) for date_request in page])
    rows = [
        {
            "asked": date_request,
            "token": tokens.get(date_request.pk),
            "tags": text_calendar.request_tags(date_request),
            "notice": rules_calendar.days_of_notice(date_request.to_on, given_at=now),
            "is_short": rules_calendar.is_short_notice(date_request.to_on, given_at=now),
            "warnings": [text_calendar.warning_sentence(each) for each in found],
        }
        for date_request, found in zip(page, warnings, strict=True)
    ]
    context = {"form": form, "order": order, "page": page, "rows": rows}
    return render(request, "releases/changes_waiting.html", context)


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
            messages.success(request, _("Date change refused. We will notify the person who requested it."))
            return redirect("releases:changes_waiting")
    except MoveRefused as refusal:
        return render_refused_move(request, date_request.release.reference, refusal)
    context = {
        "asked": date_request,
        "token": date_changes.tokens_of([date_request]).get(date_request.pk),
        "release": date_request.release,
        "form": form,
    }
    return render(request, "releases/refuse_change.html", context)


def _find_own_request(request: SignedInRequest, key: int) -> DateChangeRequest:
    date_request = get_object_or_404(
        DateChangeRequest.objects.select_related("release"), pk=key, requested_by=request.user
    )
    find_release(request.user, date_request.release.reference, Action.ASK_DATE_CHANGE)
    return date_request


def _page_of_own_request(request: SignedInRequest, key: int) -> str:
    return resolve_url("releases:release", _find_own_request(request, key).release.reference)


@post_view(_page_of_own_request)
def withdraw_change(request: SignedInRequest, key: int) -> HttpResponse:
    date_request = _find_own_request(request, key)
    reference = date_request.release.reference
    try:
        date_changes.withdraw_date_change(date_request, by=request.user, at=timezone.now())
    except MoveRefused as refusal:
        return render_refused_move(request, reference, refusal)
    messages.success(request, _("Request withdrawn."))
    return redirect("releases:release", reference)


def _agree_to_each(request: SignedInRequest, date_requests: list[DateChangeRequest]) -> None:
    made = 0
    for one in date_requests:
        try:
            date_changes.agree_to_date_change(one, by=request.user, at=timezone.now())
        except MoveRefused as refusal:
            messages.error(request, f"{one.release.title}: {refusal}")
        else:
            made += 1
    if made:
        sentence = ngettext("%(count)s date changed.", "%(count)s dates changed.", made)
        messages.success(request, sentence % {"count": made})


CHANGES_ON_A_PAGE = 30
MOST_IN_A_FILE = 10_000


@login_required
@require_safe
def date_register(request: SignedInRequest) -> HttpResponse:
    producers, chosen = _choose_producer(request)
    order = _order(request)
    page = Paginator(order.sort(_find_changes(request, chosen)), CHANGES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "producers": producers,
        "chosen": chosen,
        "on_the_day": _on_the_day(request),
        "to_agree": date_changes.open_requests_for(request.user).count(),
        "kinds": list(TableKind),
        "too_many": page.paginator.count > MOST_IN_A_FILE,
        "most": MOST_IN_A_FILE,
        "order": order,
        "page": page,
        "rows": [{"change": change, "tags": text_calendar.date_change_tags(change)} for change in page],
    }
    return render(request, "releases/changes.html", context)


@login_required
@require_safe
def export_changes(request: SignedInRequest, kind: str) -> HttpResponse:
    table_kind = find_table_kind(kind)
    found = _order(request).sort(_find_changes(request, _choose_producer(request)[1]))
    if found.count() > MOST_IN_A_FILE:
        most = _("A file can contain up to %(most)s changes. Choose fewer.") % {"most": f"{MOST_IN_A_FILE:,}"}
        messages.error(request, most)
        return redirect(f"{resolve_url('releases:changes')}?{request.GET.urlencode()}")
    content = export_date_changes(found, table_kind, title=_("Date changes"))
    return download_response(content, table_kind, name=dated_file_name("date-changes", now=timezone.now()))


def _choose_producer(request: SignedInRequest) -> tuple[list[Producer], Producer | None]:
    producers = list(producers_where(request.user, Action.VIEW))
    if not producers:
        raise Http404("There is no register for this person.")
    wanted = request.GET.get("producer", "")
    chosen = next((producer for producer in producers if producer.slug == wanted), None)
    if wanted and chosen is None:
        raise Http404("There is no such producer, or this person has no role for it.")
    return producers, chosen


def _on_the_day(request: SignedInRequest) -> bool:
    return request.GET.get("show") == "on-the-day"


def _order(request: SignedInRequest) -> ListOrder:
    columns = {
        "release": Column(_("Release"), Lower("release__title")),
        "from": Column(_("From"), "was_on", descending_first=True),
        "to": Column(_("To"), "to_on", descending_first=True),
        "reason": Column(_("Public reason")),
        "requested": Column(_("Requested"), "requested_at", descending_first=True),
        "agreed": Column(_("Agreed"), "agreed_at", descending_first=True),
        "announced": Column(_("Announced"), "announced_at", descending_first=True),
    }
    return ListOrder(request.GET, columns)


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
        success=_("Public reason corrected."),
        template="releases/correct_reason.html",
        change=change,
    )


@form_view
def correct_agreement_view(request: SignedInRequest, reference: str, version: int) -> HttpResponse:
    release = find_release(request.user, reference, Action.EDIT)
    departure = get_object_or_404(
        release.departures.prefetch_related("corrections"),
        schedule_version=version,
        kind=DepartureKind.OSR_AGREEMENT,
    )
    current = departure.agreement
    initial = {
        "osr_reference": current.osr_reference,
        "osr_agreed_on": current.osr_agreed_on,
        "seen": departure.corrections.count(),
    }
    form = CorrectAgreementForm(post_data(request), initial=initial)

    def act() -> None:
        given = form.cleaned_data
        corrections.correct_agreement(
            departure,
            reference=given["osr_reference"],
            agreed_on=given["osr_agreed_on"],
            seen=given["seen"],
            by=request.user,
            at=timezone.now(),
        )

    return complete_form(
        request,
        release,
        form,
        act,
        success=_("OSR’s agreement corrected. The date of the release has not changed."),
        template="releases/correct_agreement.html",
        departure=departure,
    )

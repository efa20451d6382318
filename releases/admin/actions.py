"""Admin actions for releases: changes of status and date, checks, exports, next year's releases and web addresses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, ngettext_lazy

from releases import bulk_moves, corrections, date_changes, permissions, planner, preflight, readiness, scheduling
from releases.admin.access import PlainLabels, ProducerScopedAdmin
from releases.bulk_moves import Answers, BulkMove, BulkResult, PlannedMove
from releases.corrections import CorrectionRefused
from releases.models import Address, Release, Series
from releases.permissions import Action, NotYours
from releases.planner import AddressObjection, Pattern, Plan, PlanObjection, Proposal
from releases.probe.adapters import ADAPTERS
from releases.public.export import TooManyReleases, dated_file_name, download_response, export_calendar
from releases.readiness import ReleaseWarning
from releases.rules import calendar, web_address
from releases.rules.calendar import Precision, Rule, Slot
from releases.rules.canonical import sha256_hex
from releases.rules.date_change import must_request_date
from releases.rules.lifecycle import ANNOUNCE, CANCEL, CONFIRM, LEADS, TO_COME, Status
from releases.rules.public_calendar import PublicStatus
from releases.rules.tables import TableKind
from releases.rules.web_address import BadPattern, Fault
from releases.text import calendar as text_calendar
from releases.text import pre_release

type AdminAction = Callable[[Any, HttpRequest, QuerySet[Release]], HttpResponse | None]
# The page of a bulk action has up to three fields for each release. So DATA_UPLOAD_MAX_NUMBER_FIELDS (4,000) is enough
# for 1,000 releases.
MOST_AT_ONCE = 1000


def too_many(request: HttpRequest, queryset: QuerySet[Release]) -> bool:
    count = queryset.count()
    if count > MOST_AT_ONCE:
        sentence = _("You selected %(count)s releases. Select %(most)s or fewer.")
        messages.error(request, sentence % {"count": count, "most": MOST_AT_ONCE})
    return count > MOST_AT_ONCE


def render_question(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Release], action: str, context: dict[str, Any]
) -> HttpResponse:
    """Render the page of an admin action. The form on the page runs the action again with the same releases.

    The template is named after the action, unless `context` has the key `template`.
    """
    whole = {
        **model_admin.admin_site.each_context(request),
        "releases": queryset,
        "opts": model_admin.opts,
        "action": action,
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
        "media": model_admin.media,
        **context,
    }
    return TemplateResponse(request, f"admin/releases/release/{context.pop('template', action)}.html", whole)


class BulkForm(PlainLabels, forms.Form):
    """A form that a bulk action shows once for all selected releases. This base class has no questions."""

    def __init__(self, data: Any = None, *, planned: list[PlannedMove]) -> None:
        super().__init__(data)
        self.planned = planned

    @property
    def answers(self) -> Answers:
        """The answers in the form. If the form is not valid, the answers are empty."""
        return Answers(**self.cleaned_data) if self.is_bound and self.is_valid() else Answers()


class CancellationForm(BulkForm):
    reason = forms.CharField(
        label=lazy("Reason for cancellation"),
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=lazy("We publish the reason in the release calendar if the release is announced."),
        error_messages={"required": lazy("Enter the reason for cancellation")},
    )


class ConfirmationForm(BulkForm):
    """Asks for the reason for short notice, if any of the releases needs a reason."""

    reason = forms.CharField(
        label=lazy("Reason for less than 4 weeks’ notice"),
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=lazy("We save the reason but do not publish it."),
        error_messages={"required": lazy("Enter the reason for less than 4 weeks’ notice")},
    )

    def __init__(self, data: Any = None, *, planned: list[PlannedMove]) -> None:
        super().__init__(data, planned=planned)
        if not any(plan.needs_reason for plan in planned):
            del self.fields["reason"]


class NewDatesForm(BulkForm):
    """Asks how far to move the dates, and for the reason. If any of the dates is confirmed, the reason is required."""

    number = forms.IntegerField(
        label=lazy("How far?"),
        min_value=1,
        max_value=366,
        initial=1,
        error_messages={"required": lazy("Enter a number of weeks or days")},
    )
    unit = forms.ChoiceField(
        label=lazy("Weeks or days"), choices=[("7", lazy("weeks")), ("1", lazy("days"))], initial="7"
    )
    direction = forms.ChoiceField(
        label=lazy("Direction"), choices=[("1", lazy("later")), ("-1", lazy("earlier"))], initial="1"
    )
    reason = forms.CharField(
        label=lazy("Reason for the change"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=lazy("We publish the reason for a confirmed date. We do not publish it for a provisional date."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        confirmed = any(plan.release.status == Status.CONFIRMED for plan in self.planned)
        if confirmed and not str(cleaned.get("reason", "")).strip():
            self.add_error("reason", _("Enter the reason. We publish it for a confirmed date."))
        return cleaned

    @property
    def answers(self) -> Answers:
        if not (self.is_bound and self.is_valid()):
            return Answers()
        answers = self.cleaned_data
        days = answers["number"] * int(answers["unit"]) * int(answers["direction"])
        return Answers(reason=answers["reason"], days=days)


@dataclass(frozen=True, slots=True)
class BulkText:
    """The texts of one bulk action.

    :ivar title: the title of the confirmation page, with the number of selected releases.
    :ivar button: the text of the button on this page, with the number of releases for which the move is possible.
    :ivar result: the text of the tag next to each release for which the move is possible without agreement.
    """

    title: Any
    intro: Any
    button: Any
    result: Any
    done: Any
    refused: Any
    form: type[BulkForm] = BulkForm


BULK = {
    BulkMove.ANNOUNCE: BulkText(
        title=ngettext_lazy("Announce %(count)s release", "Announce %(count)s releases", "count"),
        intro=lazy("The release calendar will show these releases to everyone. You cannot undo this."),
        button=ngettext_lazy("Announce %(count)s release", "Announce %(count)s releases", "count"),
        result=lazy("Will be announced"),
        done=ngettext_lazy("%(count)s release announced.", "%(count)s releases announced.", "count"),
        refused=lazy("Not announced: %(references)s. %(why)s"),
    ),
    BulkMove.CONFIRM: BulkText(
        title=ngettext_lazy("Confirm %(count)s release", "Confirm %(count)s releases", "count"),
        intro=lazy(
            "We check a confirmed release at its release time. Once a date is confirmed, only the Head "
            "of Profession or a deputy can change it."
        ),
        button=ngettext_lazy("Confirm %(count)s release", "Confirm %(count)s releases", "count"),
        result=lazy("Will be confirmed"),
        done=ngettext_lazy("%(count)s release confirmed.", "%(count)s releases confirmed.", "count"),
        refused=lazy("Not confirmed: %(references)s. %(why)s"),
        form=ConfirmationForm,
    ),
    BulkMove.CANCEL: BulkText(
        title=ngettext_lazy("Cancel %(count)s release", "Cancel %(count)s releases", "count"),
        intro=lazy("An announced release stays in the calendar as cancelled, with the reason. You cannot undo this."),
        button=ngettext_lazy("Cancel %(count)s release", "Cancel %(count)s releases", "count"),
        result=lazy("Will be cancelled"),
        done=ngettext_lazy("%(count)s release cancelled.", "%(count)s releases cancelled.", "count"),
        refused=lazy("Not cancelled: %(references)s. %(why)s"),
        form=CancellationForm,
    ),
    BulkMove.PREFLIGHT: BulkText(
        title=ngettext_lazy("Check %(count)s release now", "Check %(count)s releases now", "count"),
        intro=lazy("We check the web pages and contacts of these releases, usually within a minute."),
        button=ngettext_lazy("Check %(count)s release", "Check %(count)s releases", "count"),
        result=lazy("Will be checked"),
        done=ngettext_lazy(
            "We are checking %(count)s release. The result will be on its page.",
            "We are checking %(count)s releases. The results will be on their pages.",
            "count",
        ),
        refused=lazy("Not checked: %(references)s. %(why)s"),
    ),
    BulkMove.MOVE_DATES: BulkText(
        title=ngettext_lazy("Move %(count)s release", "Move %(count)s releases", "count"),
        intro=lazy(
            "If a new date is at a weekend, on a bank holiday or on a day when your office is closed, we use the next "
            "working day."
        ),
        button=ngettext_lazy("Move %(count)s release", "Move %(count)s releases", "count"),
        result=lazy("Will be moved"),
        done=ngettext_lazy("%(count)s release moved.", "%(count)s releases moved.", "count"),
        refused=lazy("Not moved: %(references)s. %(why)s"),
        form=NewDatesForm,
    ),
}


def run_bulk_move(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Release], move: BulkMove
) -> HttpResponse | None:
    """Show what a move would do to each release. Make the move after the person has confirmed it.

    If the result of the move is no longer the same when the person confirms it, show the new result instead.
    """
    if too_many(request, queryset):
        return None
    text, user, at = BULK[move], _user(request), timezone.now()
    is_answered = "answered" in request.POST
    # The fields of the form depend on the plan. But a plan to move dates depends on the answers, which are not known at
    # first. So the first plan moves each date by one day.
    planned = bulk_moves.plan_moves(queryset, move, Answers(days=1), by=user, at=at)
    form = text.form(request.POST if is_answered else None, planned=planned)
    is_complete = form.is_valid() if is_answered else not form.fields
    if is_complete and form.fields:
        planned = bulk_moves.plan_moves(queryset, move, form.answers, by=user, at=at)
    shown = bulk_moves.digest_plans(planned)
    possible = sum(plan.is_possible for plan in planned)
    if possible and is_complete and is_answered and request.POST.get("shown") == shown:
        _report_moves(request, text, bulk_moves.make_moves(planned, move, form.answers, by=user, now=timezone.now))
        return None
    has_dates = move is not BulkMove.MOVE_DATES or is_complete
    context = {
        "template": "check",
        "title": text.title % {"count": len(planned)},
        "intro": text.intro,
        "form": form,
        "rows": [_bulk_row(plan, move, has_date=has_dates) for plan in planned],
        "has_results": has_dates,
        "is_stale": is_complete and request.POST.get("shown", shown) not in {"", shown},
        "missing_people": _list_series_without_people(planned),
        "button": text.button % {"count": possible} if has_dates and possible else "",
        "shown": shown if has_dates else "",
        "asks_first": not has_dates,
    }
    return render_question(model_admin, request, queryset, move, context)


def _bulk_row(plan: PlannedMove, move: BulkMove, *, has_date: bool) -> dict[str, Any]:
    label, colour = (BULK[move].result, "green") if plan.is_possible else (_("No change"), "grey")
    if plan.is_request:
        label, colour = _("Needs agreement"), "blue"
    to, release, series = plan.to if has_date else None, plan.release, plan.release.series
    notes = [_describe_day(to, skipped=plan.in_the_way, series=series)] if to else []
    settled = release.slot if move is BulkMove.CONFIRM else to
    if settled and plan.is_possible and not release.rehearsal:
        notes.append(pre_release.opening_sentence_before(settled.due_at, series=series))
    return {
        "release": release,
        "status": text_calendar.STATUSES[PublicStatus(release.status)],
        "to": to,
        "label": label,
        "colour": colour,
        "refusal": plan.refusal,
        "notes": [*filter(None, notes)],
        "warnings": [text_calendar.warning_sentence(each) for each in plan.warnings],
    }


def _describe_day(slot: Slot, *, skipped: Sequence[date], series: Series) -> str:
    """Return a note with the weekday of a suggested date, or "" if the exact day is not known.

    If non-working days were skipped, the note also says why the first of these days was skipped.
    """
    if slot.precision is not Precision.EXACT:
        return ""
    if not skipped:
        return f"{slot.on:%A}"
    why = calendar.no_release_day(skipped[0], nation=series.order_nation) or _("Your office is closed on %(day)s.") % {
        "day": calendar.format_weekday(skipped[0])
    }
    return _("%(why)s The next working day is %(day)s.") % {"why": why, "day": calendar.format_weekday(slot.on)}


def _list_series_without_people(planned: list[PlannedMove]) -> list[Series]:
    """Return the series that have no contact or no Head of Profession.

    Only the series of releases for which the move is possible are returned.
    """
    missing = {
        plan.release.series
        for plan in planned
        if plan.is_possible and any(each.kind in readiness.OF_SERIES for each in plan.warnings)
    }
    return sorted(missing, key=str)


def _report_moves(request: HttpRequest, text: BulkText, made: BulkResult) -> None:
    for why, references in made.refusals.items():
        messages.error(request, text.refused % {"references": ", ".join(references), "why": why})
    if made.moved:
        messages.success(request, text.done % {"count": len(made.moved)})
    if made.requested:
        sentence = ngettext(
            "%(count)s date change requested. The date does not change until the Head of Profession or a deputy "
            "agrees.",
            "%(count)s date changes requested. The dates do not change until the Head of Profession or a deputy "
            "agrees.",
            len(made.requested),
        )
        messages.success(request, sentence % {"count": len(made.requested)})


def _bulk_action(move: BulkMove, description: Any, permission: str) -> AdminAction:
    @admin.action(description=description, permissions=[permission])
    def action(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
        return run_bulk_move(model_admin, request, queryset, move)

    action.__name__ = move.value
    return action


confirm = _bulk_action(BulkMove.CONFIRM, lazy("Confirm dates"), "change")
announce = _bulk_action(BulkMove.ANNOUNCE, lazy("Announce in the release calendar"), "change")
move_dates = _bulk_action(BulkMove.MOVE_DATES, lazy("Move to other dates"), "change")
cancel = _bulk_action(BulkMove.CANCEL, lazy("Cancel releases"), "change")
ask_preflight = _bulk_action(BulkMove.PREFLIGHT, lazy("Check before release"), "preflight")


def objection_to_deletion(release: Release) -> str:
    """Return the reason why a release cannot be deleted, or "" if it can be deleted."""
    try:
        corrections.check_removable(release)
    except CorrectionRefused as refusal:
        return str(refusal)
    return ""


def _user(request: HttpRequest) -> Any:
    return request.user


PREFLIGHT = "preflight"


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that the page of a release offers.

    `page` is the URL name of the page outside the admin site that asks for confirmation. It is "" if there is no such
    page.
    """

    name: str
    label: Any
    needs_form: bool
    run: AdminAction
    page: str = ""


def _check_one(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> None:
    """Request the preflight of one release without a page for confirmation, because a preflight changes nothing."""
    planned = [PlannedMove(release) for release in queryset]
    made = bulk_moves.make_moves(planned, BulkMove.PREFLIGHT, Answers(), by=_user(request), now=timezone.now)
    _report_moves(request, BULK[BulkMove.PREFLIGHT], made)


OFFERS = (
    Offer(CONFIRM, lazy("Confirm the date"), needs_form=False, run=confirm, page="releases:confirm"),
    Offer(ANNOUNCE, lazy("Announce"), needs_form=False, run=announce, page="releases:announce"),
    Offer(PREFLIGHT, lazy("Check before release"), needs_form=False, run=_check_one),
    Offer(CANCEL, lazy("Cancel release"), needs_form=True, run=cancel),
)


class ReleaseMovesAdmin(ProducerScopedAdmin[Release]):
    """Adds buttons to the page of a release for the moves that the person may make."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.move_view)
        return [path("<path:object_id>/move/<slug:name>/", view, name="releases_release_move"), *super().get_urls()]

    def move_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        release = self.get_object(request, unquote(object_id))
        if release is None:
            raise Http404
        offer = next((offer for offer in list_offers(request, release) if offer.name == name), None)
        if offer is None:
            raise Http404
        if request.method not in ({"GET", "POST"} if offer.needs_form else {"POST"}):
            return HttpResponseNotAllowed(["POST"])
        try:
            answer = offer.run(self, request, Release.objects.filter(pk=release.pk))
        except NotYours as refusal:
            raise Http404 from refusal
        return answer or HttpResponseRedirect(reverse("admin:releases_release_change", args=[release.pk]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        release = kwargs.get("obj")
        if release is not None:
            context |= {"offers": list_offers(request, release), "show_delete": not objection_to_deletion(release)}
            # Show whether the person must request a new date, and any date change that is waiting for agreement.
            roles = permissions.roles_of(request.user, release.series.producer)
            waiting = date_changes.waiting_request(release)
            requests_date = must_request_date(release.status, roles=roles, waits=waiting is not None)
            context |= {"asks_for_date": requests_date, "waiting_change": waiting, "may_agree": bool(roles & LEADS)}
            found = readiness.find_warnings(release, at=timezone.now()) if release.status in TO_COME else ()
            context |= {
                "may_duplicate": self.may(request, Action.EDIT, release),
                "warnings": [
                    text_calendar.warning_sentence(each) for each in found if not _is_confirmed(each, release)
                ],
                "is_missing_people": any(each.kind in readiness.OF_SERIES for each in found),
            }
        return super().render_change_form(request, context, *args, **kwargs)


def _is_confirmed(warning: ReleaseWarning, release: Release) -> bool:
    """Return whether a warning is about the notice of a release whose date is already confirmed."""
    return release.status == Status.CONFIRMED and warning.kind in readiness.OF_NOTICE


def list_offers(request: HttpRequest, release: Release) -> list[Offer]:
    now = timezone.now()
    roles = permissions.roles_of(request.user, release.series.producer)
    names = {*scheduling.available_moves(release, roles=roles, at=now)}
    if permissions.TABLE[Action.PREFLIGHT] & roles and preflight.may_be_checked(release, now=now):
        names.add(PREFLIGHT)
    return [offer for offer in OFFERS if offer.name in names]


def _export_as(kind: TableKind) -> AdminAction:
    @admin.action(description=format_lazy(lazy("Export as {kind}"), kind=kind.upper()), permissions=["view"])
    def export(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
        try:
            content = export_calendar(queryset, kind, title=_("Releases"), by=request.user)
        except TooManyReleases as refusal:
            messages.error(request, str(refusal))
            return None
        return download_response(content, kind, name=dated_file_name("releases", now=timezone.now()))

    export.__name__ = f"export_{kind}"
    return export


EXPORTS = tuple(_export_as(kind) for kind in TableKind)


RULES = {
    Rule.SAME_WEEKDAY: lazy("The same weekday of the month, for example the second Tuesday"),
    Rule.SAME_DATE: lazy("The same date, for example 14 July"),
}

PLAN_OBJECTIONS = {
    PlanObjection.NOT_YOURS: lazy("You do not have permission to edit this release."),
    PlanObjection.REHEARSAL: lazy("This release is a rehearsal."),
    PlanObjection.CANCELLED: lazy("This release is cancelled."),
    PlanObjection.PLANNED_ALREADY: lazy("Next year’s release is already planned:"),
    PlanObjection.DAY_TAKEN: lazy("The series already has a release on that day:"),
    PlanObjection.REFERENCE_TAKEN: lazy("Another release has this reference. Enter a different one:"),
    PlanObjection.NOT_A_REFERENCE: lazy("Enter a reference with only letters, numbers and hyphens."),
    PlanObjection.PAST: lazy("That date is in the past."),
}
# Objections to the reference, which the person can correct on the page.
ABOUT_REFERENCE = frozenset({PlanObjection.REFERENCE_TAKEN, PlanObjection.NOT_A_REFERENCE})


class RuleForm(PlainLabels, forms.Form):
    rule = forms.ChoiceField(
        label=lazy("Which day next year?"),
        choices=[(rule.value, words) for rule, words in RULES.items()],
        widget=forms.RadioSelect,
        initial=Rule.SAME_WEEKDAY,
        help_text=lazy("If that day is not a working day, we use the next working day."),
    )


@admin.action(description=lazy("Plan next year’s releases"), permissions=["change"])
def plan_next_year(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    if too_many(request, queryset):
        return None
    now, user = timezone.now(), request.user
    assert user.is_authenticated  # noqa: S101  # the site admits no one else
    form = RuleForm(request.POST if {"preview", "apply"} & request.POST.keys() else None)
    plans: list[Plan] | None = None
    chosen: set[str] | None = None
    if form.is_valid():
        rule = Rule(form.cleaned_data["rule"])
        applies = "apply" in request.POST and request.POST.get("shown") == rule
        typed = _typed_references(request) if applies else {}
        plans = planner.plan_year(queryset, rule=rule, by=user, now=now, references=typed)
        if applies:
            chosen = set(request.POST.getlist("chosen"))
            wanted = [plan for plan in plans if str(plan.source.pk) in chosen]
            if not any(plan.objection in ABOUT_REFERENCE for plan in wanted if plan.source.pk in typed):
                _report_plan(request, len(chosen), *planner.record_plans(wanted, by=user, at=now))
                return None
            messages.error(request, _("Nothing was planned. Correct the references marked below."))
    context = {
        "title": _("Plan next year’s releases"),
        "form": form,
        "rows": None
        if plans is None
        else [
            {**_plan_row(plan), "is_chosen": chosen is None or str(plan.source.pk) in chosen}
            for plan in sorted(plans, key=lambda plan: not plan.may_be_made)
        ],
        "to_make": sum(plan.may_be_made or plan.objection in ABOUT_REFERENCE for plan in plans or ()),
        "unknown_holidays": sorted({plan.slot.on.year for plan in plans or () if not plan.holidays_known}),
    }
    return render_question(model_admin, request, queryset, "plan_next_year", context)


def _typed_references(request: HttpRequest) -> dict[int, str]:
    """Return the references in the form, which the person may have corrected.

    The keys are the primary keys of this year's releases.
    """
    prefix = "reference-"
    typed = {name.removeprefix(prefix): value for name, value in request.POST.items() if name.startswith(prefix)}
    return {int(key): str(value).strip() for key, value in typed.items() if key.isdecimal() and len(key) < 19}


def _plan_row(plan: Plan) -> dict[str, Any]:
    series = plan.source.series
    notes = [_describe_day(plan.slot, skipped=plan.in_the_way, series=series)]
    if plan.may_be_made:
        notes.append(pre_release.opening_sentence_before(plan.slot.due_at, series=series))
    objection = str(PLAN_OBJECTIONS[plan.objection]) if plan.objection else ""
    can_correct = plan.may_be_made or plan.objection in ABOUT_REFERENCE
    return {"plan": plan, "objection": objection, "notes": [*filter(None, notes)], "can_correct": can_correct}


def _report_plan(request: HttpRequest, chosen: int, made: list[Release], refusals: list[str]) -> None:
    for refusal in refusals:
        messages.error(request, refusal)
    if left := chosen - len(made) - len(refusals):
        sentence = ngettext(
            "%(count)s release was not planned, because the calendar has changed.",
            "%(count)s releases were not planned, because the calendar has changed.",
            left,
        )
        messages.warning(request, sentence % {"count": left})
    if made:
        years = sorted({release.planned_on.year for release in made})
        address = f"{reverse('admin:releases_release_changelist')}?planned_on__year={years[-1]}"
        counted = ngettext("%(count)s release planned.", "%(count)s releases planned.", len(made))
        link = format_html('<a href="{}">{}</a>', address, _("View the releases of %(year)s") % {"year": years[-1]})
        messages.success(request, format_html("{} {}", counted % {"count": len(made)}, link))
    elif not chosen:
        messages.warning(request, _("You did not select any releases, so nothing was planned."))


WEBSITES = {
    "page": lazy("Any website"),
    "govuk": lazy("GOV.UK"),
    "ons": lazy("Office for National Statistics"),
    "ees": lazy("Explore education statistics"),
    "browser": lazy("Website that needs scripts, such as a dashboard (needs the optional browser)"),
}
# If an office has added an adapter, WEBSITES has no label for it. The description of the adapter is used instead.
WEBSITE_CHOICES = [(name, WEBSITES.get(name, adapter.reads)) for name, adapter in ADAPTERS.items()]
CHECKED_ROLES = [choice for choice in Address.Role.choices if choice[0] != Address.Role.ANNOUNCEMENT]

ADDRESS_OBJECTIONS = {
    AddressObjection.NOT_YOURS: lazy("You do not have permission to edit this release."),
    AddressObjection.DUE: lazy("This release is already due, so its web pages and files cannot change."),
    AddressObjection.CANCELLED: lazy("This release is cancelled."),
    AddressObjection.NOTHING_TO_CHANGE: lazy("This release already has this web address."),
    AddressObjection.HAS_ONE: lazy(
        "This release already has a web page. To change the web page, select ‘Replace the current web page’."
    ),
    AddressObjection.NAMED_ALREADY: lazy(
        "This release already has this web address, with a different answer to ‘What is at this address?’"
    ),
    AddressObjection.LOOKED_AT: lazy(
        "The web page of this release has already been checked, so its web address cannot change."
    ),
    AddressObjection.NOT_TOLD_APART: lazy(
        "Another release has, or would have, the same web page and the same text that identifies the edition. Enter "
        "text that is only on the page of this edition."
    ),
    AddressObjection.NOT_AN_ADDRESS: lazy("This is not a web address."),
}

FAULTS = {
    Fault.BRACES: lazy("A brace is missing. Write names like this: {year}"),
    Fault.UNKNOWN_NAME: lazy("{%(name)s} is not a name that you can use. Choose from: %(names)s"),
    Fault.MORE_THAN_A_NAME: lazy("Write only the name between the braces: {%(name)s}"),
    Fault.MONTH_NOT_KNOWN: lazy("We cannot fill in {%(name)s}, because the exact month of this release is not known."),
    Fault.DAY_NOT_KNOWN: lazy("We cannot fill in {%(name)s}, because the exact day of this release is not known."),
}


def fault_sentence(fault: BadPattern) -> str:
    names = ", ".join(f"{{{name}}}" for name in web_address.NAMES)
    return str(FAULTS[fault.fault]) % {"name": fault.name, "names": names}


class PatternForm(PlainLabels, forms.Form):
    url = forms.CharField(
        label=lazy("Web address"),
        max_length=1000,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=lazy("For example, https://www.example.gov.uk/statistics/{slug}-{month_name}-{year}"),
    )
    marker = forms.CharField(
        label=lazy("Text that identifies this edition"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=lazy(
            "Text that is on the page of this edition and not on the last one. For example, {last_month_name} {year}"
        ),
    )
    role = forms.ChoiceField(
        label=lazy("What is at this address?"),
        choices=CHECKED_ROLES,
    )
    adapter = forms.ChoiceField(
        label=lazy("Type of website"),
        choices=WEBSITE_CHOICES,
        initial="page",
    )
    required = forms.BooleanField(label=lazy("Must be live on time"), required=False, initial=True)
    replaces = forms.BooleanField(
        label=lazy("Replace the current web page"),
        required=False,
        help_text=lazy("Releases that are already due do not change."),
    )

    def clean_url(self) -> str:
        return self._usable("url")

    def clean_marker(self) -> str:
        return self._usable("marker")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("role") == Address.Role.PAGE and "marker" in cleaned and not cleaned["marker"]:
            self.add_error("marker", _("Enter the text that identifies this edition"))
        return cleaned

    @property
    def pattern(self) -> Pattern:
        return Pattern(**{name: self.cleaned_data[name] for name in self.fields})

    @property
    def digest(self) -> str:
        """A digest of the answers.

        The preview has the digest in the hidden field `shown`. If the answers that are posted with "apply" have another
        digest, a new preview is shown and nothing is saved.
        """
        return sha256_hex(repr(self.pattern).encode())[:16]

    def _usable(self, name: str) -> str:
        typed = str(self.cleaned_data[name]).strip()
        try:
            web_address.pattern_names(typed)
        except BadPattern as fault:
            raise ValidationError(fault_sentence(fault)) from fault
        return typed


@admin.action(description=lazy("Add web addresses"), permissions=["change"])
def set_addresses(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    if too_many(request, queryset):
        return None
    now, user = timezone.now(), request.user
    assert user.is_authenticated  # noqa: S101  # the site admits no one else
    form = PatternForm(request.POST if {"preview", "apply"} & request.POST.keys() else None)
    proposals: list[Proposal] | None = None
    if form.is_valid():
        proposals = planner.propose_addresses(queryset, form.pattern, by=user, now=now)
        if "apply" in request.POST and request.POST.get("shown") == form.digest:
            _report_addresses(request, *planner.apply_addresses(proposals, by=user, at=now))
            return None
    context = {
        "title": _("Add web addresses"),
        "form": form,
        # List the releases that would change before the others.
        "rows": None
        if proposals is None
        else [
            {"proposal": proposal, "objection": _objection_to_address(proposal)}
            for proposal in sorted(proposals, key=lambda proposal: not proposal.may_be_set)
        ],
        "to_set": sum(proposal.may_be_set for proposal in proposals or ()),
        "names": list(web_address.NAMES),
    }
    return render_question(model_admin, request, queryset, "set_addresses", context)


def _objection_to_address(proposal: Proposal) -> str:
    if proposal.fault is not None:
        return fault_sentence(proposal.fault)
    return str(ADDRESS_OBJECTIONS[proposal.objection]) if proposal.objection else ""


def _report_addresses(request: HttpRequest, done: int, refusals: list[str]) -> None:
    for refusal in refusals:
        messages.error(request, refusal)
    if done:
        sentence = ngettext("%(count)s web address saved.", "%(count)s web addresses saved.", done)
        messages.success(request, sentence % {"count": done})
    elif not refusals:
        messages.warning(request, _("You did not make any changes."))

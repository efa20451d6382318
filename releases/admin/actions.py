"""Actions on releases in the admin site: moves, exports, next year's plan, and addresses."""

from collections.abc import Callable
from dataclasses import dataclass
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

from releases import corrections, date_changes, permissions, planner, preflight, scheduling
from releases.admin.access import ProducerScopedAdmin
from releases.corrections import CorrectionRefused
from releases.models import Address, Release
from releases.permissions import Action, NotYours
from releases.planner import AddressObjection, Pattern, Plan, PlanObjection, Proposal
from releases.probe.adapters import ADAPTERS
from releases.public.export import TooManyReleases, dated_file_name, download_response, export_calendar
from releases.rules import calendar, web_address
from releases.rules.calendar import Rule
from releases.rules.canonical import sha256_hex
from releases.rules.date_change import must_request_date
from releases.rules.lifecycle import ANNOUNCE, CANCEL, CONFIRM, LEADS, MoveRefused, Status
from releases.rules.tables import TableKind
from releases.rules.web_address import BadPattern, Fault
from releases.text import pre_release

type AdminAction = Callable[[Any, HttpRequest, QuerySet[Release]], HttpResponse | None]
# The page lists each release, possibly with a checkbox; DATA_UPLOAD_MAX_NUMBER_FIELDS allows as many fields.
MOST_AT_ONCE = 1000


def too_many(request: HttpRequest, queryset: QuerySet[Release]) -> bool:
    count = queryset.count()
    if count > MOST_AT_ONCE:
        sentence = _("You chose %(count)s releases; choose at most %(most)s at once. Nothing was changed.")
        messages.error(request, sentence % {"count": count, "most": MOST_AT_ONCE})
    return count > MOST_AT_ONCE


def render_question(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Release], action: str, context: dict[str, Any]
) -> HttpResponse:
    """Show the page of an action, named after it; its form calls the action again with the same releases."""
    whole = {
        **model_admin.admin_site.each_context(request),
        "releases": queryset,
        "opts": model_admin.opts,
        "action": action,
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
        "media": model_admin.media,
        **context,
    }
    return TemplateResponse(request, f"admin/releases/release/{action}.html", whole)


def _move_each(
    request: HttpRequest, queryset: QuerySet[Release], move: Callable[[Release], object], *, counted: Any, refused: Any
) -> list[Release]:
    """Move each release separately, and list the refused ones; each reason is shown once.

    :return: the moved releases, as they were before the move.
    """
    moved = []
    refusals: dict[str, list[str]] = {}
    for release in queryset:
        try:
            move(release)
        except MoveRefused as refusal:
            refusals.setdefault(str(refusal), []).append(release.reference)
        except NotYours:
            refusals.setdefault(_("This is not yours to do."), []).append(release.reference)
        else:
            moved.append(release)
    for why, references in refusals.items():
        messages.error(request, refused % {"references": ", ".join(references), "why": why})
    if moved:
        messages.success(request, counted % {"count": len(moved)})
    return moved


class CancellationForm(forms.Form):
    reason = forms.CharField(
        label=lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=lazy("The public reads it beside the release."),
    )


class ShortNoticeForm(forms.Form):
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=lazy("Kept in our own record; it is not published."),
    )


@admin.action(description=lazy("Announce: show in the public calendar"), permissions=["change"])
def announce(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> None:
    at, user = timezone.now(), _user(request)
    _move_each(
        request,
        queryset,
        lambda release: scheduling.announce_release(release, by=user, at=at),
        counted=ngettext_lazy("%(count)s release announced.", "%(count)s releases announced.", "count"),
        refused=lazy("Not announced: %(references)s. %(why)s"),
    )


@admin.action(description=lazy("Confirm the date and time"), permissions=["change"])
def confirm(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    """Confirm the selected releases; if the notice of some would be short, ask for the reason first."""
    at, user = timezone.now(), _user(request)
    short = [
        {"release": release, "days": notice.days}
        for release in queryset
        for notice in [scheduling.notice_of(release, given_at=at)]
        if release.status == Status.PROVISIONAL and notice.is_short
    ]
    form = ShortNoticeForm(request.POST if "confirming" in request.POST else None)
    if short and too_many(request, queryset):
        return None
    if short and not form.is_valid():
        context = {"title": _("Confirm releases"), "form": form, "short": short}
        return render_question(model_admin, request, queryset, "confirm", context)
    reason = form.cleaned_data["reason"] if short else ""
    confirmed = _move_each(
        request,
        queryset,
        lambda release: scheduling.confirm_release(release, by=user, at=at, reason=reason),
        counted=ngettext_lazy("%(count)s release confirmed.", "%(count)s releases confirmed.", "count"),
        refused=lazy("Not confirmed: %(references)s. %(why)s"),
    )
    # The dates of market-sensitive releases are best announced six months ahead.
    soon = [
        release.reference
        for release in confirmed
        if not release.rehearsal and scheduling.notice_of(release, given_at=at).is_short_for_markets
    ]
    if soon:
        sentence = _("Market sensitive, and best announced six months ahead: %(references)s.")
        messages.warning(request, sentence % {"references": ", ".join(soon)})
    return None


@admin.action(description=lazy("Cancel, with a reason"), permissions=["change"])
def cancel(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    if too_many(request, queryset):
        return None
    form = CancellationForm(request.POST if "cancelling" in request.POST else None)
    if not form.is_valid():
        return render_question(model_admin, request, queryset, "cancel", {"title": _("Cancel releases"), "form": form})
    at, user, reason = timezone.now(), _user(request), form.cleaned_data["reason"]
    _move_each(
        request,
        queryset,
        lambda release: scheduling.cancel_release(release, reason=reason, by=user, at=at),
        counted=ngettext_lazy("%(count)s release cancelled.", "%(count)s releases cancelled.", "count"),
        refused=lazy("Not cancelled: %(references)s. %(why)s"),
    )
    return None


@admin.action(description=lazy("Pre-flight: check before the day"), permissions=["preflight"])
def ask_preflight(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> None:
    at, user = timezone.now(), _user(request)
    _move_each(
        request,
        queryset,
        lambda release: preflight.request_preflight(release, by=user, now=at),
        counted=ngettext_lazy(
            "%(count)s release put up for pre-flight.", "%(count)s releases put up for pre-flight.", "count"
        ),
        refused=lazy("Not put up for pre-flight: %(references)s. %(why)s"),
    )


def objection_to_deletion(release: Release) -> str:
    """Return the reason why a release may not be deleted, or None."""
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
    """One action on a release.

    `page` is the page outside the admin site that asks for confirmation, if there is one.
    """

    name: str
    label: Any
    needs_form: bool
    run: AdminAction
    page: str = ""


OFFERS = (
    Offer(CONFIRM, lazy("Confirm"), needs_form=False, run=confirm, page="releases:confirm"),
    Offer(ANNOUNCE, lazy("Announce"), needs_form=False, run=announce, page="releases:announce"),
    Offer(PREFLIGHT, lazy("Check before the day"), needs_form=False, run=ask_preflight),
    Offer(CANCEL, lazy("Cancel this release"), needs_form=True, run=cancel),
)


class ReleaseMovesAdmin(ProducerScopedAdmin[Release]):
    """Adds the moves that the person may make to the page of a release."""

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
            # Whether the person must request another date, and the change that is waiting for agreement.
            roles = permissions.roles_of(request.user, release.series.producer)
            waiting = date_changes.waiting_request(release)
            requests_date = must_request_date(release.status, roles=roles, waits=waiting is not None)
            context |= {"asks_for_date": requests_date, "waiting_change": waiting, "may_agree": bool(roles & LEADS)}
        return super().render_change_form(request, context, *args, **kwargs)


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
    Rule.SAME_WEEKDAY: lazy("The same weekday of the month, such as the second Tuesday"),
    Rule.SAME_DATE: lazy("The same date, such as 14 July"),
}

PLAN_OBJECTIONS = {
    PlanObjection.NOT_YOURS: lazy("It is not yours to edit."),
    PlanObjection.REHEARSAL: lazy("It is a rehearsal."),
    PlanObjection.CANCELLED: lazy("It was cancelled."),
    PlanObjection.PLANNED_ALREADY: lazy("The next year’s was planned after it already:"),
    PlanObjection.DAY_TAKEN: lazy("Its series has a release on that day already:"),
    PlanObjection.REFERENCE_TAKEN: lazy("Another release would have the same reference:"),
    PlanObjection.PAST: lazy("That day is over."),
}


class RuleForm(forms.Form):
    rule = forms.ChoiceField(
        label=lazy("Which day of the next year?"),
        choices=[(rule.value, words) for rule, words in RULES.items()],
        widget=forms.RadioSelect,
        initial=Rule.SAME_WEEKDAY,
        help_text=lazy("From a weekend or a bank holiday of the producer’s nation it goes on to the next working day."),
    )


@admin.action(description=lazy("Plan next year’s releases from these"), permissions=["change"])
def plan_next_year(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    if too_many(request, queryset):
        return None
    now, user = timezone.now(), request.user
    assert user.is_authenticated  # noqa: S101  # the site admits no one else
    form = RuleForm(request.POST if {"preview", "apply"} & request.POST.keys() else None)
    plans: list[Plan] | None = None
    if form.is_valid():
        rule = Rule(form.cleaned_data["rule"])
        plans = planner.plan_year(queryset, rule=rule, by=user, now=now)
        if "apply" in request.POST and request.POST.get("shown") == rule:
            chosen = set(request.POST.getlist("chosen"))
            wanted = [plan for plan in plans if str(plan.source.pk) in chosen]
            _report_plan(request, len(chosen), *planner.record_plans(wanted, by=user, at=now))
            return None
    context = {
        "title": _("Plan next year’s releases"),
        "form": form,
        "rows": None
        if plans is None
        else [_plan_row(plan) for plan in sorted(plans, key=lambda plan: not plan.may_be_made)],
        "to_make": sum(plan.may_be_made for plan in plans or ()),
        "unknown_holidays": sorted({plan.slot.on.year for plan in plans or () if not plan.holidays_known}),
    }
    return render_question(model_admin, request, queryset, "plan_next_year", context)


def _plan_row(plan: Plan) -> dict[str, Any]:
    terms, opening = plan.source.series.pre_release_terms(), plan.opening
    notes = [calendar.no_release_day(day, nation=terms.nation) or "" for day in plan.in_the_way]
    if opening and terms.usual and plan.may_be_made:
        notes.append(pre_release.describe_opening_day(opening, period=terms.usual, nation=terms.nation))
    objection = str(PLAN_OBJECTIONS[plan.objection]) if plan.objection else ""
    return {"plan": plan, "objection": objection, "notes": notes}


def _report_plan(request: HttpRequest, chosen: int, made: list[Release], refusals: list[str]) -> None:
    for refusal in refusals:
        messages.error(request, refusal)
    if left := chosen - len(made) - len(refusals):
        sentence = ngettext(
            "%(count)s release was not planned: somebody else was faster.",
            "%(count)s releases were not planned: somebody else was faster.",
            left,
        )
        messages.warning(request, sentence % {"count": left})
    if made:
        years = sorted({release.planned_on.year for release in made})
        address = f"{reverse('admin:releases_release_changelist')}?planned_on__year={years[-1]}"
        counted = ngettext("%(count)s release planned.", "%(count)s releases planned.", len(made))
        link = format_html('<a href="{}">{}</a>', address, _("See %(year)s") % {"year": years[-1]})
        messages.success(request, format_html("{} {}", counted % {"count": len(made)}, link))
    elif not chosen:
        messages.warning(request, _("No release was chosen, and none was planned."))


CHECKED_ROLES = [choice for choice in Address.Role.choices if choice[0] != Address.Role.ANNOUNCEMENT]

ADDRESS_OBJECTIONS = {
    AddressObjection.NOT_YOURS: lazy("It is not yours to edit."),
    AddressObjection.DUE: lazy("It is due already, and its addresses stay as they are."),
    AddressObjection.CANCELLED: lazy("It is cancelled."),
    AddressObjection.NOTHING_TO_CHANGE: lazy("It has this address already."),
    AddressObjection.HAS_ONE: lazy("It has another one, which stays."),
    AddressObjection.NAMED_ALREADY: lazy("This address stands there already, in another role."),
    AddressObjection.LOOKED_AT: lazy("The one that it has was looked at already, and stays."),
    AddressObjection.NOT_TOLD_APART: lazy(
        "Another release would have the same page and the same marker, so that nobody could tell them apart. Choose "
        "words that only this one shows."
    ),
    AddressObjection.NOT_AN_ADDRESS: lazy("This is not a web address."),
}

FAULTS = {
    Fault.BRACES: lazy("A brace has no partner. Write names as {year}."),
    Fault.UNKNOWN_NAME: lazy("There is no {%(name)s}. There are: %(names)s."),
    Fault.MORE_THAN_A_NAME: lazy("Write the name alone between the braces: {%(name)s}."),
    Fault.MONTH_NOT_KNOWN: lazy("Its month is not known exactly, and the pattern names it."),
    Fault.DAY_NOT_KNOWN: lazy("Its day is not known, and the pattern names it."),
}


def fault_sentence(fault: BadPattern) -> str:
    names = ", ".join(f"{{{name}}}" for name in web_address.NAMES)
    return str(FAULTS[fault.fault]) % {"name": fault.name, "names": names}


class PatternForm(forms.Form):
    url = forms.CharField(
        label=lazy("Pattern of the address"),
        max_length=1000,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=lazy("Such as: https://www.example.gov.uk/statistics/{slug}-{month_name}-{year}"),
    )
    marker = forms.CharField(
        label=lazy("Marker"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=lazy(
            "Words that this edition’s page shows and the last edition’s does not: {last_month_name} {year}"
        ),
    )
    role = forms.ChoiceField(
        label=lazy("Role"),
        choices=CHECKED_ROLES,
    )
    adapter = forms.ChoiceField(
        label=lazy("How it is read"),
        choices=[(name, f"{name}: {adapter.reads}") for name, adapter in ADAPTERS.items()],
        initial="page",
    )
    required = forms.BooleanField(label=lazy("Required"), required=False, initial=True)
    replaces = forms.BooleanField(
        label=lazy("In the place of the page that a release has already"),
        required=False,
        help_text=lazy("Otherwise releases that have one keep it. What is due already keeps it in any case."),
    )

    def clean_url(self) -> str:
        return self._usable("url")

    def clean_marker(self) -> str:
        return self._usable("marker")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("role") == Address.Role.PAGE and "marker" in cleaned and not cleaned["marker"]:
            self.add_error("marker", _("A page needs a marker: words by which this edition is known."))
        return cleaned

    @property
    def pattern(self) -> Pattern:
        return Pattern(**{name: self.cleaned_data[name] for name in self.fields})

    @property
    def digest(self) -> str:
        """Return a digest of the answers, so that only the answers shown are applied."""
        return sha256_hex(repr(self.pattern).encode())[:16]

    def _usable(self, name: str) -> str:
        typed = str(self.cleaned_data[name]).strip()
        try:
            web_address.pattern_names(typed)
        except BadPattern as fault:
            raise ValidationError(fault_sentence(fault)) from fault
        return typed


@admin.action(description=lazy("Set addresses by a pattern"), permissions=["change"])
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
        "title": _("Set addresses by a pattern"),
        "form": form,
        # The changes are shown first.
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
        sentence = ngettext("%(count)s address set.", "%(count)s addresses set.", done)
        messages.success(request, sentence % {"count": done})
    elif not refusals:
        messages.warning(request, _("No address was set."))

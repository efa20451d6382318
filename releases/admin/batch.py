"""Actions on many releases: export, plan next year, and set addresses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases import planner
from releases.admin.moves import ask_first, too_many
from releases.models import Address, Release
from releases.planner import AddressObjection, Pattern, Plan, PlanObjection, Proposal
from releases.probe.adapters import ADAPTERS
from releases.public.export import TooManyReleases, dated_file_name, download_response, export_calendar
from releases.rules import calendar, web_address
from releases.rules.calendar import Nation, Rule
from releases.rules.canonical import sha256_hex
from releases.rules.tables import TableKind
from releases.rules.web_address import BadPattern, Fault

type AdminAction = Callable[[Any, HttpRequest, QuerySet[Release]], HttpResponse | None]


def _export_as(kind: TableKind) -> AdminAction:
    @admin.action(description=format_lazy(lazy("Export as {kind}"), kind=kind.upper()), permissions=["view"])
    def export(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
        """Give the selected releases as a file, without personal contacts."""
        try:
            content = export_calendar(queryset, kind, title=_("Releases"), by=request.user)
        except TooManyReleases as refusal:
            messages.error(request, str(refusal))
            return None
        return download_response(content, kind, name=dated_file_name("releases", now=timezone.now()))

    export.__name__ = f"export_{kind}"
    return export


ACTIONS = tuple(_export_as(kind) for kind in TableKind)


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


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One release on the page that says what would be made: the plan, and in words why it was moved or is not made."""

    plan: Plan
    objection: str
    moved: tuple[str, ...]


@admin.action(description=lazy("Plan next year’s releases from these"), permissions=["change"])
def plan_next_year(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    if too_many(request, queryset):
        return None
    now, user = timezone.now(), request.user
    assert user.is_authenticated  # noqa: S101  # the site lets nobody else in
    form = RuleForm(request.POST if {"preview", "apply"} & request.POST.keys() else None)
    rows: list[PlanRow] | None = None
    if form.is_valid():
        rule = Rule(form.cleaned_data["rule"])
        plans = planner.plan_year(queryset, rule=rule, by=user, now=now)
        if "apply" in request.POST and request.POST.get("shown") == rule:
            chosen = set(request.POST.getlist("chosen"))
            wanted = [plan for plan in plans if str(plan.source.pk) in chosen]
            _tell(request, len(chosen), *planner.make_plan(wanted, by=user, at=now))
            return None
        in_order = sorted(plans, key=lambda plan: not plan.may_be_made)
        rows = [_row(plan) for plan in in_order]
    context = {
        "title": _("Plan next year’s releases"),
        "form": form,
        "rows": rows,
        "to_make": sum(row.plan.may_be_made for row in rows or ()),
        "unknown_holidays": sorted({row.plan.slot.on.year for row in rows or () if not row.plan.holidays_known}),
    }
    return ask_first(model_admin, request, queryset, "plan_next_year", context)


def _row(plan: Plan) -> PlanRow:
    nation = Nation(plan.source.series.producer.nation)
    moved = tuple(calendar.no_release_day(day, nation=nation) or "" for day in plan.in_the_way)
    return PlanRow(plan, str(PLAN_OBJECTIONS[plan.objection]) if plan.objection else "", moved)


def _tell(request: HttpRequest, chosen: int, made: list[Release], refusals: list[str]) -> None:
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


WATCHED_ROLES = [choice for choice in Address.Role.choices if choice[0] != Address.Role.ANNOUNCEMENT]

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


@dataclass(frozen=True, slots=True)
class AddressRow:
    """One release on the page that says what would be done: the proposal, and the objection in words."""

    proposal: Proposal
    objection: str


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
        choices=WATCHED_ROLES,
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
        """Tell one set of answers from another, so that only what was shown is done."""
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
    assert user.is_authenticated  # noqa: S101  # the site lets nobody else in
    form = PatternForm(request.POST if {"preview", "apply"} & request.POST.keys() else None)
    rows: list[AddressRow] | None = None
    if form.is_valid():
        proposals = planner.propose_addresses(queryset, form.pattern, by=user, now=now)
        if "apply" in request.POST and request.POST.get("shown") == form.digest:
            _report_addresses(request, *planner.apply_addresses(proposals, by=user, at=now))
            return None
        # What is going to happen stands first; the rest is told below.
        in_order = sorted(proposals, key=lambda proposal: not proposal.may_be_set)
        rows = [AddressRow(proposal, _objection(proposal)) for proposal in in_order]
    context = {
        "title": _("Set addresses by a pattern"),
        "form": form,
        "rows": rows,
        "to_set": sum(row.proposal.may_be_set for row in rows or ()),
        "names": list(web_address.NAMES),
    }
    return ask_first(model_admin, request, queryset, "set_addresses", context)


def _objection(proposal: Proposal) -> str:
    if proposal.fault is not None:
        return fault_sentence(proposal.fault)
    return str(ADDRESS_OBJECTIONS[proposal.objection]) if proposal.objection else ""


def _report_addresses(request: HttpRequest, done: int, refusals: list[str]) -> None:
    for refusal in refusals:
        messages.error(request, refusal)
    if done:
        told = ngettext("%(count)s address set.", "%(count)s addresses set.", done)
        messages.success(request, told % {"count": done})
    elif not refusals:
        messages.warning(request, _("No address was set."))

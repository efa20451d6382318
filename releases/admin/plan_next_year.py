"""The action that plans next year's releases from this year's: a rule, what would be made, and then making it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.admin.asking import ask_first, too_many
from releases.core.dates import calendar
from releases.core.dates.calendar import Nation
from releases.core.dates.next_year import Rule
from releases.models import Release
from releases.planner import planning
from releases.planner.planning import Objection, Plan

RULES = {
    Rule.SAME_WEEKDAY: lazy("The same weekday of the month, such as the second Tuesday"),
    Rule.SAME_DATE: lazy("The same date, such as 14 July"),
}

OBJECTIONS = {
    Objection.NOT_YOURS: lazy("It is not yours to edit."),
    Objection.REHEARSAL: lazy("It is a rehearsal."),
    Objection.CANCELLED: lazy("It was cancelled."),
    Objection.PLANNED_ALREADY: lazy("The next year’s was planned after it already:"),
    Objection.DAY_TAKEN: lazy("Its series has a release on that day already:"),
    Objection.REFERENCE_TAKEN: lazy("Another release would have the same reference:"),
    Objection.PAST: lazy("That day is over."),
}


class RuleForm(forms.Form):
    """Asks which day of the next year stands for a day of this one."""

    rule = forms.ChoiceField(
        label=lazy("Which day of the next year?"),
        choices=[(rule.value, words) for rule, words in RULES.items()],
        widget=forms.RadioSelect,
        initial=Rule.SAME_WEEKDAY,
        help_text=lazy("From a weekend or a bank holiday of the producer’s nation it goes on to the next working day."),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One release on the page that says what would be made: the plan, and in words why it was moved or is not made."""

    plan: Plan
    objection: str
    moved: tuple[str, ...]


@admin.action(description=lazy("Plan next year’s releases from these"), permissions=["change"])
def plan_next_year(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    """Ask for the rule, show what would be made after each selected release, and then make what was chosen."""
    if too_many(request, queryset):
        return None
    now, user = timezone.now(), request.user
    assert user.is_authenticated  # noqa: S101  # the site lets nobody else in
    form = RuleForm(request.POST if {"preview", "apply"} & request.POST.keys() else None)
    rows: list[Row] | None = None
    if form.is_valid():
        rule = Rule(form.cleaned_data["rule"])
        plans = planning.plan(queryset, rule=rule, by=user, now=now)
        if "apply" in request.POST and request.POST.get("shown") == rule:
            chosen = set(request.POST.getlist("chosen"))
            wanted = [plan for plan in plans if str(plan.source.pk) in chosen]
            _tell(request, len(chosen), *planning.make(wanted, by=user, at=now))
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


def _row(plan: Plan) -> Row:
    nation = Nation(plan.source.series.producer.nation)
    moved = tuple(calendar.no_release_day(day, nation=nation) or "" for day in plan.in_the_way)
    return Row(plan, str(OBJECTIONS[plan.objection]) if plan.objection else "", moved)


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

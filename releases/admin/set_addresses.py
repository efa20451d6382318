"""The action that sets the addresses of many releases by one pattern: a form, what it would do, and then doing it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.admin.asking import ask_first, too_many
from releases.core.canonical import sha256_hex
from releases.core.dates import address_pattern
from releases.core.dates.address_pattern import BadPattern, Fault
from releases.models import Address, Release
from releases.planner import addressing
from releases.planner.addressing import Objection, Pattern, Proposal
from releases.probe.registry import ADAPTERS

WATCHED_ROLES = [choice for choice in Address.Role.choices if choice[0] != Address.Role.ANNOUNCEMENT]

OBJECTIONS = {
    Objection.NOT_YOURS: lazy("It is not yours to edit."),
    Objection.DUE: lazy("It is due already, and its addresses stay as they are."),
    Objection.CANCELLED: lazy("It is cancelled."),
    Objection.NOTHING_TO_CHANGE: lazy("It has this address already."),
    Objection.HAS_ONE: lazy("It has another one, which stays."),
    Objection.NAMED_ALREADY: lazy("This address stands there already, in another role."),
    Objection.LOOKED_AT: lazy("The one that it has was looked at already, and stays."),
    Objection.NOT_TOLD_APART: lazy(
        "Another release would have the same page and the same marker, so that nobody could tell them apart. Choose "
        "words that only this one shows."
    ),
    Objection.NOT_AN_ADDRESS: lazy("This is not a web address."),
}

FAULTS = {
    Fault.BRACES: lazy("A brace has no partner. Write names as {year}."),
    Fault.UNKNOWN_NAME: lazy("There is no {%(name)s}. There are: %(names)s."),
    Fault.MORE_THAN_A_NAME: lazy("Write the name alone between the braces: {%(name)s}."),
    Fault.MONTH_NOT_KNOWN: lazy("Its month is not known exactly, and the pattern names it."),
    Fault.DAY_NOT_KNOWN: lazy("Its day is not known, and the pattern names it."),
}


def in_words(fault: BadPattern) -> str:
    """Say what is wrong with a pattern."""
    names = ", ".join(f"{{{name}}}" for name in address_pattern.NAMES)
    return str(FAULTS[fault.fault]) % {"name": fault.name, "names": names}


@dataclass(frozen=True, slots=True)
class Row:
    """One release on the page that says what would be done: the proposal, and the objection in words."""

    proposal: Proposal
    objection: str


class PatternForm(forms.Form):
    """Asks for the pattern of an address, and of the words by which each edition is known."""

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
        """Require a pattern that can be used."""
        return self._usable("url")

    def clean_marker(self) -> str:
        """Require a pattern that can be used."""
        return self._usable("marker")

    def clean(self) -> dict[str, Any]:
        """Require words for a page, as every page needs them."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("role") == Address.Role.PAGE and "marker" in cleaned and not cleaned["marker"]:
            self.add_error("marker", _("A page needs a marker: words by which this edition is known."))
        return cleaned

    @property
    def pattern(self) -> Pattern:
        """The pattern that was asked for."""
        return Pattern(**{name: self.cleaned_data[name] for name in self.fields})

    @property
    def digest(self) -> str:
        """Tell one set of answers from another, so that only what was shown is done."""
        return sha256_hex(repr(self.pattern).encode())[:16]

    def _usable(self, name: str) -> str:
        typed = str(self.cleaned_data[name]).strip()
        try:
            address_pattern.names_in(typed)
        except BadPattern as fault:
            raise ValidationError(in_words(fault)) from fault
        return typed


@admin.action(description=lazy("Set addresses by a pattern"), permissions=["change"])
def set_addresses(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
    """Ask for a pattern, show what it makes of each of the selected releases, and then do what was shown."""
    if too_many(request, queryset):
        return None
    now, user = timezone.now(), request.user
    assert user.is_authenticated  # noqa: S101  # the site lets nobody else in
    form = PatternForm(request.POST if {"preview", "apply"} & request.POST.keys() else None)
    rows: list[Row] | None = None
    if form.is_valid():
        proposals = addressing.propose(queryset, form.pattern, by=user, now=now)
        if "apply" in request.POST and request.POST.get("shown") == form.digest:
            _tell(request, *addressing.apply(proposals, by=user, at=now))
            return None
        # What is going to happen stands first; the rest is told below.
        in_order = sorted(proposals, key=lambda proposal: not proposal.may_be_set)
        rows = [Row(proposal, _objection(proposal)) for proposal in in_order]
    context = {
        "title": _("Set addresses by a pattern"),
        "form": form,
        "rows": rows,
        "to_set": sum(row.proposal.may_be_set for row in rows or ()),
        "names": list(address_pattern.NAMES),
    }
    return ask_first(model_admin, request, queryset, "set_addresses", context)


def _objection(proposal: Proposal) -> str:
    if proposal.fault is not None:
        return in_words(proposal.fault)
    return str(OBJECTIONS[proposal.objection]) if proposal.objection else ""


def _tell(request: HttpRequest, done: int, refusals: list[str]) -> None:
    for refusal in refusals:
        messages.error(request, refusal)
    if done:
        told = ngettext("%(count)s address set.", "%(count)s addresses set.", done)
        messages.success(request, told % {"count": done})
    elif not refusals:
        messages.warning(request, _("No address was set."))

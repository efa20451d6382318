"""Section 2 as a form: the practices, the days, and what happened."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.core.content import CitedPractice, ReportContent
from breaches.core.remarks import Section
from breaches.forms.code_of_practice import notes_on, sources_of
from breaches.forms.rows import date_rows
from breaches.forms.section import SectionForm, narrative
from breaches.reports.practices import Offered
from releases.forms.base import LongTextField, Question, inside_the_form
from releases.rules.london import format_day


class CircumstancesForm(SectionForm):
    """Section 2: the practices, the days, and what happened."""

    section = Section.CIRCUMSTANCES

    practices = forms.MultipleChoiceField(
        label=lazy("Relevant principle(s) and practice(s)"),
        help_text=lazy(
            "Select all that apply. If one applies to one of several dates, save the dates first. You can then choose "
            "the date."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    other_practices = LongTextField(
        label=lazy("Other principles or practices, in your own words"),
        help_text=lazy("For example, from an edition that is not in the list."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    circumstances = narrative(
        lazy("Circumstances of breach"),
        lazy(
            "Tell what happened, with dates and times in London time. Say who noticed, whom they told and when, how "
            "it was put right, and the cause as far as it is known. Name roles, not people."
        ),
    )

    def asked(self, content: ReportContent) -> dict[str, Any]:
        """Return what the fields hold before anybody types."""
        return {
            "practices": [key_of(practice) for practice in content.practices],
            "other_practices": content.other_practices,
            "circumstances": content.circumstances,
        }

    def prepare(self, data: QueryDict | None, *, content: ReportContent, practices: Iterable[Offered]) -> None:
        """Offer the practices in force and those already cited, the likely ones first, and a row for each day."""
        listed = {key_of(one.cited): one for one in practices}
        self.sources = sources_of(listed.values())
        cited = {key_of(practice): practice for practice in content.practices}
        # A copy that is cited stays as it is, unless its wording has been settled since.
        kept = {key: practice for key, practice in cited.items() if practice.confirmed or key not in listed}
        self.offered = {key: one.cited for key, one in listed.items()} | kept
        self.notes = {key: " ".join(notes_on(one)) for key, one in listed.items()}
        field = self.fields["practices"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  # declared above
        field.choices = [(key, in_full(practice)) for key, practice in self.offered.items()]
        self.dated = {}
        if len(content.occurred_on) > 1:
            days = [("", _("All dates")), *((on.isoformat(), format_day(on)) for on in content.occurred_on)]
            self.dated = {f"day_of_{number}": key for number, key in enumerate(cited)}
            for name, key in self.dated.items():
                on = cited[key].on
                self.fields[name] = forms.ChoiceField(
                    label=_("Date of occurrence for %(practice)s") % {"practice": cited[key].name},
                    choices=days,
                    required=False,
                    initial=on.isoformat() if on else "",
                )
        self.rows = date_rows(data, content.occurred_on)

    def values(self) -> dict[str, Any]:
        """Return the section's fields of `ReportContent` as they were typed."""
        typed, rows = self.cleaned_data, self.rows.typed() if self.rows else []
        days: list[date] = list(dict.fromkeys(row["on"] for row in rows))
        cited_for = {key: date.fromisoformat(typed[name]) for name, key in self.dated.items() if typed[name]}
        return {
            "practices": tuple(
                # A date that is no longer one of several says nothing about a practice.
                replace(practice, on=on if (on := cited_for.get(key)) in days and len(days) > 1 else None)
                for key, practice in self.offered.items()
                if key in typed["practices"]
            ),
            "other_practices": typed["other_practices"],
            "occurred_on": tuple(days),
            "circumstances": typed["circumstances"],
        }

    @property
    def first(self) -> FormHelper:
        """The fields before the rows."""
        shown = [Question("practices", size="m", hints=self.notes)] if self.offered else []
        return inside_the_form("version", "facts_seen", *shown, *self.dated, Question("other_practices", threshold=75))

    @property
    def last(self) -> FormHelper:
        """The fields after the rows."""
        return inside_the_form(Question("circumstances", size="m", threshold=75))


def key_of(practice: CitedPractice) -> str:
    """Return the value by which a form names a practice."""
    return f"{practice.edition} {practice.code}"


def in_full(practice: CitedPractice) -> str:
    """Write a practice as a choice, as it is printed."""
    return f"{practice.citation} (edition {practice.edition})"

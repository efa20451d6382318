"""Section 2 as a form: the practices, the days, and what happened."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.core.content import CitedPractice, ReportContent
from breaches.core.remarks import Section
from breaches.forms.rows import date_rows
from breaches.forms.section import SectionForm, narrative
from releases.forms.form_fields import LongTextField
from releases.forms.form_layout import Question, inside_the_form


class CircumstancesForm(SectionForm):
    """Section 2: the practices, the days, and what happened."""

    section = Section.CIRCUMSTANCES

    practices = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    suggested = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    other_practices = LongTextField(
        label=lazy("Other principles or practices, in your own words"),
        help_text=lazy("Such as an older edition, or a principle without a practice."),
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
        cited = [key_of(practice) for practice in content.practices]
        return {
            "practices": cited,
            "suggested": cited,
            "other_practices": content.other_practices,
            "circumstances": content.circumstances,
        }

    def prepare(self, data: QueryDict | None, *, content: ReportContent, practices: Iterable[CitedPractice]) -> None:
        """Offer the practices in force and those already cited, the unconfirmed ones apart; a row for each day."""
        # A copy that is cited stays as it is, unless its wording has been confirmed since.
        offered = {key_of(practice): practice for practice in practices}
        cited = {key_of(practice): practice for practice in content.practices}
        kept = {key: practice for key, practice in cited.items() if practice.confirmed or key not in offered}
        self.offered = offered | kept
        for name, confirmed, label in (
            ("practices", True, _("Relevant principle(s) and practice(s)")),
            ("suggested", False, _("Suggested, wording not confirmed")),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  # declared above
            field.label = label
            field.choices = [
                (key, in_full(practice)) for key, practice in self.offered.items() if practice.confirmed is confirmed
            ]
        caution = _("Nobody has yet compared this wording with the Code itself. Read the Code before you choose one.")
        self.fields["suggested"].help_text = caution
        self.rows = date_rows(data, content.occurred_on)

    def values(self) -> dict[str, Any]:
        """Return the section's fields of `ReportContent` as they were typed."""
        typed, rows = self.cleaned_data, self.rows.typed() if self.rows else []
        chosen = {*typed["practices"], *typed["suggested"]}
        days: list[date] = [row["on"] for row in rows]
        return {
            "practices": tuple(practice for key, practice in self.offered.items() if key in chosen),
            "other_practices": typed["other_practices"],
            "occurred_on": tuple(dict.fromkeys(days)),
            "circumstances": typed["circumstances"],
        }

    @property
    def first(self) -> FormHelper:
        """The fields before the rows."""
        shown = [Question(name, size="m") for name in ("practices", "suggested") if self.fields[name].choices]  # type: ignore[attr-defined]  # both hold choices
        return inside_the_form("version", "facts_seen", *shown, Question("other_practices", threshold=75))

    @property
    def last(self) -> FormHelper:
        """The fields after the rows."""
        return inside_the_form(Question("circumstances", size="m", threshold=75))


def key_of(practice: CitedPractice) -> str:
    """Return the value by which a form names a practice."""
    return f"{practice.edition} {practice.code}"


def in_full(practice: CitedPractice) -> str:
    """Write a practice as a choice: its principle, code, text and edition."""
    return f"{practice.name} - {practice.text} (edition {practice.edition})"

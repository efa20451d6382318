"""Section 1 as a form: the outputs, who produces them, whom to reach."""

from collections.abc import Iterable, Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.core.content import Output, Person, ReportContent
from breaches.core.remarks import Section
from breaches.forms.rows import output_rows
from breaches.forms.section import SectionForm
from breaches.reports.practices import Offered
from breaches.words import wording
from releases.forms.base import Question, inside_the_form


class CoreInformationForm(SectionForm):
    """Section 1: the outputs, who produces them, whom to reach."""

    section = Section.CORE_INFORMATION

    producers = forms.CharField(
        label=lazy("Name of producer organisation"),
        help_text=lazy("One on each line, if there are several."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    dealing_name = forms.CharField(label=lazy("Name"), required=False, max_length=200)
    dealing_email = forms.EmailField(
        label=lazy("E-mail address"),
        required=False,
        error_messages={
            "invalid": lazy("The e-mail address of the person dealing with the report must be like name@example.gov.uk")
        },
    )
    dealing_telephone = forms.CharField(label=lazy("Telephone"), required=False, max_length=50)
    dealing_is_team = forms.BooleanField(label=lazy("This is a team, not a person"), required=False)
    hop_name = forms.CharField(label=lazy("Name"), required=False, max_length=200)
    hop_email = forms.EmailField(
        label=lazy("E-mail address"),
        required=False,
        error_messages={
            "invalid": lazy("The e-mail address of the Head of Profession must be like name@example.gov.uk")
        },
    )
    hop_telephone = forms.CharField(label=lazy("Telephone"), required=False, max_length=50)
    hop_is_team = forms.BooleanField(label=lazy("This is a team, not a person"), required=False)
    statement_url = forms.CharField(
        label=lazy("Link to published statement about the breach (if relevant)"),
        help_text=lazy("The whole address, beginning with https://"),
        required=False,
        max_length=1000,
        widget=forms.URLInput,
    )

    def asked(self, content: ReportContent) -> dict[str, Any]:
        """Return what the fields hold before anybody types."""
        return {
            "producers": "\n".join(content.producers),
            "statement_url": content.statement_url,
            **_asked_person("dealing", content.dealing),
            **_asked_person("hop", content.head_of_profession),
        }

    def prepare(self, data: QueryDict | None, *, content: ReportContent, practices: Iterable[Offered]) -> None:
        """Set up one row for each output."""
        self.rows = output_rows(data, content.outputs)

    def values(self) -> dict[str, Any]:
        """Return the section's fields of `ReportContent` as they were typed."""
        typed, rows = self.cleaned_data, self.rows.typed() if self.rows else []
        return {
            "outputs": tuple(Output(row["title"], row["url"]) for row in rows),
            "producers": tuple(line.strip() for line in typed["producers"].splitlines() if line.strip()),
            "dealing": _typed_person("dealing", typed),
            "head_of_profession": _typed_person("hop", typed),
            "statement_url": typed["statement_url"],
        }

    @property
    def last(self) -> FormHelper:
        """The fields after the rows."""
        return inside_the_form(
            Question("producers", threshold=75),
            Fieldset(_("Name and contact details of person dealing with report"), *_person_questions("dealing")),
            Fieldset(wording.HEAD_LABEL, *_person_questions("hop")),
            "statement_url",
        )


def _asked_person(prefix: str, person: Person | None) -> dict[str, Any]:
    if person is None:
        return {}
    return {
        f"{prefix}_name": person.name,
        f"{prefix}_email": person.email,
        f"{prefix}_telephone": person.telephone,
        f"{prefix}_is_team": person.is_team,
    }


def _typed_person(prefix: str, typed: Mapping[str, Any]) -> Person | None:
    name, email, telephone = (typed[f"{prefix}_{part}"] for part in ("name", "email", "telephone"))
    if not (name or email or telephone):
        return None
    return Person(name, email, telephone, is_team=typed[f"{prefix}_is_team"])


def _person_questions(prefix: str) -> list[Any]:
    widths = {"telephone": "govuk-input--width-20"}
    named = [Question(f"{prefix}_{part}", css_class=widths.get(part, "")) for part in ("name", "email", "telephone")]
    return [*named, Question(f"{prefix}_is_team", small=True)]

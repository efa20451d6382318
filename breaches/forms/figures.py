"""Whose figures are asked for, and of which year."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches import register
from releases.form_layout import Question, SubmitButton
from releases.models import Producer, Series
from releases.permissions import Person

YEARS = 10


class FiguresForm(forms.Form):
    """Producer, series and year; an empty field asks for all that are theirs, and for this year."""

    use_required_attribute = False

    producer = forms.ModelChoiceField(
        label=lazy("Producer"),
        queryset=Producer.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=lazy("All"),
    )
    series = forms.ModelChoiceField(
        label=lazy("Series"),
        queryset=Series.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=lazy("All"),
    )
    year = forms.TypedChoiceField(label=lazy("Year"), coerce=int, required=False)

    def __init__(self, asked: QueryDict, *, by: Person, this_year: int) -> None:
        """Make the form of what an address asks for.

        :param this_year: the year that is offered first, and shown where none is asked for.
        """
        super().__init__(asked)
        self.this_year = this_year
        self.producers = list(register.producers_of(by))
        self.of_one_producer = self.producers[0] if len(self.producers) == 1 else None
        slug = asked.get("producer") or (self.of_one_producer.slug if self.of_one_producer else "")
        own: dict[str, Any] = {
            "producer": register.producers_of(by),
            "series": Series.objects.filter(producer__in=register.producers_of(by), producer__slug=slug),
        }
        for name, choices in own.items():
            self.fields[name].queryset = choices  # type: ignore[attr-defined]  # both are fields of model choices
        years: Any = self.fields["year"]
        years.choices = [(year, str(year)) for year in range(this_year, this_year - YEARS, -1)]
        hidden = {name for name, shown in (("producer", not self.of_one_producer), ("series", slug)) if not shown}
        for name in hidden:
            self.fields[name].widget = forms.HiddenInput()
        self.helper = FormHelper()
        self.helper.form_method = "get"
        self.helper.layout = Layout(
            Div(*(Question(name, size="s") for name in self.fields if name not in hidden), css_class="office-filter"),
            SubmitButton(_("Show these"), css_class="govuk-button--secondary"),
        )

    @property
    def asked(self) -> dict[str, Any]:
        """What is asked for, with this year where no other is; nothing narrower than can be read."""
        self.is_valid()
        producer = self.cleaned_data.get("producer") or self.of_one_producer
        return {
            "producer": producer,
            "series": self.cleaned_data.get("series") if producer else None,
            "year": self.cleaned_data.get("year") or self.this_year,
        }

"""Whose figures are asked for, and of which year."""

from typing import Any

from crispy_forms.layout import Div
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.forms.of_producer import OfProducerForm
from releases.forms.base import Question, helper_of
from releases.permissions import Person

YEARS = 10


class FiguresForm(OfProducerForm):
    """Producer, series and year; an empty field asks for all that are theirs, and for this year."""

    year = forms.TypedChoiceField(label=lazy("Year"), coerce=int, required=False)

    def __init__(self, asked: QueryDict, *, by: Person, this_year: int) -> None:
        """Make the form of what an address asks for.

        :param this_year: the year that is offered first, and shown where none is asked for.
        """
        super().__init__(asked, by=by)
        self.this_year = this_year
        years: Any = self.fields["year"]
        years.choices = [(year, str(year)) for year in range(this_year, this_year - YEARS, -1)]
        if self.of_one_producer:
            self.hide("producer")
        asked_for = Div(*(Question(name, size="s") for name in self.questions), css_class="office-filter")
        self.helper = helper_of(asked_for, button=_("Show these"), css_class="govuk-button--secondary", method="get")

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

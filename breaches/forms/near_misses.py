"""The form that narrows the log of near misses: whose, of which series, in which period."""

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms.base import helper_of
from releases.models import Producer, Series

DAYS = ["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y"]
NO_DAY = {"invalid": lazy("Enter a day, such as 2026-06-30")}


class NearMissForm(forms.Form):
    """What is to be listed; an empty field asks for nothing."""

    use_required_attribute = False

    producer = forms.ModelChoiceField(
        label=lazy("Producer"),
        queryset=Producer.objects.none(),
        required=False,
        empty_label=lazy("All"),
        to_field_name="slug",
    )
    series = forms.ModelChoiceField(
        label=lazy("Series"), queryset=Series.objects.none(), required=False, empty_label=lazy("All")
    )
    first = forms.DateField(
        label=lazy("From"),
        input_formats=DAYS,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages=NO_DAY,
    )
    last = forms.DateField(
        label=lazy("To"),
        input_formats=DAYS,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages=NO_DAY,
    )

    def __init__(self, data: QueryDict, *, producers: QuerySet[Producer]) -> None:
        """Ask.

        :param producers: those of which the person may view reports.
        """
        super().__init__(data)
        own = {"producer": producers, "series": Series.objects.filter(producer__in=producers)}
        for name, choices in own.items():
            self.fields[name].queryset = choices  # type: ignore[attr-defined]  # both are fields of model choices
        if producers.count() < 2:  # nothing to choose from
            del self.fields["producer"]
        self.helper = helper_of(*self.fields, button=_("Show these"), css_class="govuk-button--secondary", method="get")

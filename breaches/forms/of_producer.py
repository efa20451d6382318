"""Whose reports a page is asked for: the two questions with which every such form begins."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as lazy

from breaches.registers import register
from releases.models import Producer, Series
from releases.permissions import Person


class OfProducerForm(forms.Form):
    """Producer and series; an empty field asks for all that are theirs.

    Series are offered once a producer is chosen, or where the person has one alone.
    """

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

    def __init__(self, asked: QueryDict, *, by: Person) -> None:
        """Make the form of what an address asks for.

        :param by: the person; what they may not read is not offered.
        """
        super().__init__(asked)
        own = register.producers_of(by)
        self.producers = list(own)
        self.of_one_producer = self.producers[0] if len(self.producers) == 1 else None
        chosen = asked.get("producer") or (self.of_one_producer.slug if self.of_one_producer else "")
        of_chosen = Series.objects.filter(producer__in=own, producer__slug=chosen) if chosen else Series.objects.none()
        self.series_offered = list(of_chosen)
        self._offer("producer", own, self.producers)
        self._offer("series", of_chosen, self.series_offered)
        if not chosen:
            self.hide("series")

    def _offer(self, name: str, found: "QuerySet[Any]", read: Sequence[Producer | Series]) -> None:
        """Offer what was read already: the field by itself would read it once more."""
        field: Any = self.fields[name]
        field.queryset = found
        field.choices = [("", field.empty_label), *((one.slug, str(one)) for one in read)]

    def hide(self, name: str) -> None:
        """Do not ask for what can be answered in one way only."""
        self.fields[name].widget = forms.HiddenInput()

    @property
    def questions(self) -> list[str]:
        """The fields that are asked for."""
        return [name for name, field in self.fields.items() if not field.widget.is_hidden]

"""The filters of the public calendar and of the year planner."""

from collections.abc import Iterable
from typing import Any

from crispy_forms.layout import Div
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms.base import FilterForm, GovukForm
from releases.models import Producer, Series
from releases.models.producer import Designation
from releases.public import calendar
from releases.public.calendar import CalendarQuery, CalendarView
from releases.public.feeds import Subscription
from releases.rules.public_calendar import SlugName

MOST_CHARACTERS = 200
QUESTIONS = ("words", "producer", "series", "designation")
NOT_THERE = {
    "show": lazy("There is no choice “%(value)s” of what is shown."),
    "producer": lazy("There is no producer “%(value)s” in this calendar."),
    "series": lazy("There is no series “%(value)s” of this producer in this calendar."),
    "designation": lazy("There is no designation “%(value)s”."),
}


class CalendarFilter(FilterForm):
    """Words, producer, series and designation. Series can be chosen for the chosen producer, or the only one."""

    show = forms.ChoiceField(choices=[(shown.value, shown.value) for shown in CalendarView], required=False)
    words = forms.CharField(label=lazy("Words in the title"), required=False, max_length=MOST_CHARACTERS)
    producer = forms.ChoiceField(label=lazy("Producer"), required=False)
    series = forms.ChoiceField(label=lazy("Series"), required=False)
    designation = forms.ChoiceField(
        label=lazy("Designation"), required=False, choices=[("", lazy("Any designation")), *Designation.choices]
    )

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        producers = list(calendar.public_producers())
        self.of_one_producer = producers[0].slug if len(producers) == 1 else ""
        chosen = query.get("producer", "") or self.of_one_producer
        series = list(calendar.public_series().filter(producer__slug=chosen)) if chosen else []
        # The key under which the rendered form is cached.
        self.cache_key = (
            query.urlencode(),
            tuple((one.slug, one.name) for one in producers),
            tuple((one.slug, one.title) for one in series),
        )
        self._offer("producer", [("", _("Any producer")), *((one.slug, one.name) for one in producers)])
        self._offer("series", [("", _("Any series")), *((one.slug, one.title) for one in series)])
        self.fields["show"].widget = forms.HiddenInput()
        for name, sentence in NOT_THERE.items():
            self.fields[name].error_messages["invalid_choice"] = sentence
        if self.of_one_producer:
            self.fields["producer"].widget = forms.HiddenInput()
        if not series:
            self.fields["series"].widget = forms.HiddenInput()

    def questions(self) -> Iterable[Any]:
        hidden = [name for name, field in self.fields.items() if field.widget.is_hidden]
        visible = Div(*(self.question(name) for name in self.fields if name not in hidden), css_class="office-filter")
        # Hidden fields remain in the address if they have a value.
        before, *after = [name if self.data.get(name) else None for name in hidden]
        return [name for name in (before, visible, *after) if name is not None]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    @staticmethod
    def tidy(query: QueryDict) -> QueryDict:
        """Return the filters of a query string without empty ones, and without a series of another producer.

        A form that is sent without JavaScript includes empty fields, and the series of the previous producer.
        """
        tidy = QueryDict(mutable=True)
        for name, values in query.lists():
            if values := [value for value in values if value.strip()]:
                tidy.setlist(name, values)
        producer, series = tidy.get("producer"), tidy.get("series")
        if producer and series:
            of_whom = set(calendar.public_series().filter(slug=series).values_list("producer__slug", flat=True))
            if of_whom and producer not in of_whom:
                del tidy["series"]
        return tidy

    def view(self, *, default: CalendarView) -> CalendarView:
        self.is_valid()
        return CalendarView(self.cleaned_data.get("show") or default)

    def query(self) -> CalendarQuery | None:
        """Return the query, or None if the query string has a value that does not exist."""
        if not self.is_valid():
            return None
        return CalendarQuery(**{name: self.cleaned_data[name] for name in QUESTIONS})

    @property
    def subscription(self) -> Subscription:
        """The subscription offered with the list: the selected producer or series, or everything."""
        slugs = {name: self.cleaned_data.get(name) or "" for name in ("producer", "series")} if self.is_valid() else {}
        slugs["producer"] = slugs.get("producer") or (self.of_one_producer if slugs.get("series") else "")
        named = {
            name: SlugName(slug, str(dict(self.fields[name].choices)[slug]))  # type: ignore[attr-defined]  # it has choices
            for name, slug in slugs.items()
            if slug
        }
        return Subscription(**named)

    @property
    def chosen(self) -> list[str]:
        found = []
        for name in QUESTIONS:
            value = self.cleaned_data.get(name) if self.is_valid() else ""
            if value:
                named = dict(getattr(self.fields[name], "choices", ())).get(value, f"“{value}”")
                found.append(str(named))
        return found


class PlannerForm(GovukForm):
    button, method = lazy("Show"), "get"

    producer = forms.ChoiceField(label=lazy("Producer"), required=False)
    series = forms.ChoiceField(label=lazy("Series"), required=False)

    def __init__(
        self, producer: Producer | None, one: Series | None, *, producers: Iterable[Producer], series: Iterable[Series]
    ) -> None:
        super().__init__(initial={"producer": producer and producer.pk, "series": one and one.pk})
        offered = [(each.pk, each.name) for each in producers]
        self.fields["producer"].choices = [("", lazy("All producers")), *offered]  # type: ignore[attr-defined]  # a field of choices
        named = [(each.pk, each.title) for each in series]
        self.fields["series"].choices = [("", lazy("All series")), *named]  # type: ignore[attr-defined]
        if len(offered) < 2:
            del self.fields["producer"]

    def questions(self) -> Iterable[Any]:
        return [Div(*super().questions(), css_class="office-planner-questions")]

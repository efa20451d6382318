"""The filters of the register, its figures, near misses and exports."""

from collections.abc import Sequence
from typing import Any

from crispy_forms.layout import Div
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches import register, text
from breaches.permissions import report_producers
from breaches.register import EDITION_BEFORE, REASON_AFTER, RegisterFilter
from breaches.rules.lifecycle import (
    MERGED_OR_SPLIT,
    Decision,
    DismissalReason,
    RecordingReason,
    ReportKind,
    ReportStatus,
)
from releases.forms import GovukForm
from releases.models import Producer, Series
from releases.permissions import Person
from releases.rules.tables import TableKind


def day_field(label: Any, *formats: str, invalid: Any = None) -> forms.DateField:
    """Make a field for a day in a query string; it accepts the browser's format and others."""
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d", *formats],
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={} if invalid is None else {"invalid": invalid},
    )


class ProducerForm(GovukForm):
    """Producer and series; an empty field selects all that the person may read.

    The field for series appears once a producer is chosen, or if the person has only one producer.
    """

    button = lazy("Show these")
    button_class = "govuk-button--secondary"
    method = "get"

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

    def __init__(self, data: QueryDict, *, by: Person) -> None:
        """Offer what the person may read; the data are those of the page's address."""
        super().__init__(data)
        own = report_producers(by)
        self.producers = list(own)
        self.of_one_producer = self.producers[0] if len(self.producers) == 1 else None
        slug = data.get("producer") or (self.of_one_producer.slug if self.of_one_producer else "")
        series = Series.objects.filter(producer__in=own, producer__slug=slug) if slug else Series.objects.none()
        self.all_series = list(series)
        self._set_choices("producer", own, self.producers)
        self._set_choices("series", series, self.all_series)
        if not slug:
            self.hide("series")

    def _set_choices(self, name: str, found: "QuerySet[Any]", rows: Sequence[Producer | Series]) -> None:
        """Set the choices from rows that were already read; the field would otherwise query them again."""
        field: Any = self.fields[name]
        field.queryset = found
        field.choices = [("", field.empty_label), *((one.slug, str(one)) for one in rows)]

    def hide(self, name: str) -> None:
        """Hide a field that has only one possible value."""
        self.fields[name].widget = forms.HiddenInput()

    def questions(self) -> list[Div]:
        visible = [name for name, field in self.fields.items() if not field.widget.is_hidden]
        return [Div(*map(self.question, visible), css_class="office-filter")]


KINDS = {
    TableKind.ODS: lazy("ODS, for spreadsheets"),
    TableKind.XLSX: lazy("XLSX, for Excel"),
    TableKind.CSV: lazy("CSV, for programs"),
}


class ExportForm(GovukForm):
    """The format of the file, and whether to include contacts; only those who lead a producer may include them."""

    button = lazy("Download")
    options = {"contacts": {"size": ""}}

    kind = forms.ChoiceField(
        label=lazy("Which kind of file?"),
        choices=[(kind.value, words) for kind, words in KINDS.items()],
        initial=TableKind.ODS.value,
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose a kind of file")},
    )
    contacts = forms.BooleanField(
        label=lazy("With the names, e-mail addresses and telephone numbers of the people whom the reports name"),
        required=False,
    )

    def __init__(self, *args: Any, may_have_contacts: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_have_contacts:
            del self.fields["contacts"]


YEARS = 10


class FiguresForm(ProducerForm):
    year = forms.TypedChoiceField(label=lazy("Year"), coerce=int, required=False)

    def __init__(self, data: QueryDict, *, by: Person, this_year: int) -> None:
        """:param this_year: the first choice, and the default."""
        super().__init__(data, by=by)
        self.this_year = this_year
        years: Any = self.fields["year"]
        years.choices = [(year, str(year)) for year in range(this_year, this_year - YEARS, -1)]
        if self.of_one_producer:
            self.hide("producer")

    def selection(self) -> tuple[Producer | None, Series | None, int]:
        """Return the producer, series and year to show, with this year as the default; invalid values are ignored."""
        self.is_valid()
        producer = self.cleaned_data.get("producer") or self.of_one_producer
        series = self.cleaned_data.get("series") if producer else None
        return producer, series, self.cleaned_data.get("year") or self.this_year


SLASHED, SPACED = "%d/%m/%Y", "%d %m %Y"
NO_DAY = lazy("Enter a day, such as 2026-06-30")


class NearMissForm(GovukForm):
    button = lazy("Show these")
    button_class = "govuk-button--secondary"
    method = "get"
    defaults = {}

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
    first = day_field(lazy("From"), SLASHED, SPACED, invalid=NO_DAY)
    last = day_field(lazy("To"), SLASHED, SPACED, invalid=NO_DAY)

    def __init__(self, data: QueryDict, *, producers: QuerySet[Producer]) -> None:
        """Offer the producers of which the person may view reports, and their series."""
        super().__init__(data)
        own = {"producer": producers, "series": Series.objects.filter(producer__in=producers)}
        for name, choices in own.items():
            self.fields[name].queryset = choices  # type: ignore[attr-defined]  # both are fields of model choices
        if producers.count() < 2:  # nothing to choose from
            del self.fields["producer"]


ANY = ("", lazy("All"))


class RegisterForm(ProducerForm):
    kind = forms.ChoiceField(label=lazy("Kind of breach"), required=False)
    cause = forms.ChoiceField(label=lazy("Cause"), required=False)
    state = forms.ChoiceField(label=lazy("Where it stands"), required=False)
    decision = forms.ChoiceField(label=lazy("Decision"), required=False)
    practice = forms.ChoiceField(label=lazy("Practice"), required=False)
    actions = forms.ChoiceField(label=lazy("Corrective actions"), required=False)
    first = day_field(lazy("Occurred from"), SLASHED, SPACED, "%d %B %Y")
    last = day_field(lazy("Occurred to"), SLASHED, SPACED, "%d %B %Y")

    def __init__(self, data: QueryDict, *, by: Person) -> None:
        super().__init__(data, by=by)
        choices_of: dict[str, Any] = {
            "kind": [ANY, *((kind, text.KINDS[kind]) for kind in ReportKind)],
            "cause": [ANY, *text.CAUSES.items()],
            "state": [
                ANY,
                *((state, text.STATUSES[state][0]) for state in ReportStatus if state not in MERGED_OR_SPLIT),
            ],
            "decision": [
                ANY,
                *((one, text.DECISIONS[one]) for one in (Decision.UNDECIDED, Decision.REPORTED, Decision.WITHDRAWN)),
                _reason_group(Decision.RECORDED, text.RECORDING_REASONS),
                _reason_group(Decision.DISMISSED, text.REASONS),
            ],
            "practice": [
                ANY,
                *(
                    (
                        f"{edition}{EDITION_BEFORE}{code}",
                        format_lazy(lazy("{code} (edition {edition})"), code=code, edition=edition),
                    )
                    for edition, code in register.list_cited_practices()
                ),
            ],
            "actions": [ANY, ("open", _("With some that are not done"))],
        }
        for name, choices in choices_of.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # all are fields of choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The period must end on or after the day on which it begins"))
        return cleaned

    def to_filter(self) -> RegisterFilter | None:
        """Return the filter, or None if the query string has an invalid value."""
        if not self.is_valid():
            return None
        return RegisterFilter(**{name: value for name, value in self.cleaned_data.items() if value})


def _reason_group[R: (DismissalReason, RecordingReason)](
    decision: Decision, reasons: dict[R, Any]
) -> tuple[Any, list[tuple[str, Any]]]:
    name = text.DECISIONS[decision]
    any_reason = (decision.value, format_lazy("{}: {}", name, lazy("for any reason")))
    return name, [any_reason, *((f"{decision}{REASON_AFTER}{reason}", words) for reason, words in reasons.items())]

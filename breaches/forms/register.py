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

from breaches import text
from breaches.register import search
from breaches.register.search import EDITION_BEFORE, REASON_AFTER, RegisterFilter
from breaches.rules.lifecycle import (
    TOLD_ELSEWHERE,
    Decision,
    DismissalReason,
    RecordingReason,
    ReportKind,
    ReportStatus,
)
from releases.forms.base import Question, helper_of
from releases.models import Producer, Series
from releases.permissions import Person
from releases.rules.tables import TableKind


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
        own = search.producers_of(by)
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


KINDS = {
    TableKind.ODS: lazy("ODS, for spreadsheets"),
    TableKind.XLSX: lazy("XLSX, for Excel"),
    TableKind.CSV: lazy("CSV, for programs"),
}


class ExportForm(forms.Form):
    """A kind of file; contacts only for those who lead, and only if they tick it."""

    use_required_attribute = False

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
        """Ask.

        :param may_have_contacts: whether the person leads any producer.
        """
        super().__init__(*args, **kwargs)
        if not may_have_contacts:
            del self.fields["contacts"]
        questions = [Question("contacts")] if may_have_contacts else []
        self.helper = helper_of(Question("kind", size="s"), *questions, button=_("Download"))


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


NEAR_MISS_DAYS = ["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y"]
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
        input_formats=NEAR_MISS_DAYS,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages=NO_DAY,
    )
    last = forms.DateField(
        label=lazy("To"),
        input_formats=NEAR_MISS_DAYS,
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


DAYS = ["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y", "%d %B %Y"]
ANY = ("", lazy("All"))


class RegisterForm(OfProducerForm):
    """Producer, series, kind, cause, state, decision, practice, actions and period; an empty field asks for nothing."""

    kind = forms.ChoiceField(label=lazy("ReportKind of breach"), required=False)
    cause = forms.ChoiceField(label=lazy("Cause"), required=False)
    state = forms.ChoiceField(label=lazy("Where it stands"), required=False)
    decision = forms.ChoiceField(label=lazy("Decision"), required=False)
    practice = forms.ChoiceField(label=lazy("Practice"), required=False)
    actions = forms.ChoiceField(label=lazy("Corrective actions"), required=False)
    first = forms.DateField(
        label=lazy("Occurred from"), input_formats=DAYS, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label=lazy("Occurred to"), input_formats=DAYS, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, asked: QueryDict, *, by: Person) -> None:
        """Make the form of what an address asks for.

        :param by: the person; what they may not read is not offered.
        """
        super().__init__(asked, by=by)
        offered: dict[str, Any] = {
            "kind": [ANY, *((kind, text.KINDS[kind]) for kind in ReportKind)],
            "cause": [ANY, *text.CAUSES.items()],
            "state": [
                ANY,
                *((state, text.STATUSES[state][0]) for state in ReportStatus if state not in TOLD_ELSEWHERE),
            ],
            "decision": [ANY, *_decisions()],
            "practice": [ANY, *_practices()],
            "actions": [ANY, ("open", _("With some that are not done"))],
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # all are fields of choices
        asked_for = Div(*(Question(name, size="s") for name in self.questions), css_class="office-filter")
        self.helper = helper_of(asked_for, button=_("Show these"), css_class="govuk-button--secondary", method="get")

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The period must end on or after the day on which it begins"))
        return cleaned

    def wanted(self) -> RegisterFilter | None:
        """Return what is asked for, or None if the address asks for what there is not."""
        if not self.is_valid():
            return None
        return RegisterFilter(**{name: value for name, value in self.cleaned_data.items() if value})


def _decisions() -> list[tuple[Any, Any]]:
    plain = [(one, text.DECISIONS[one]) for one in (Decision.UNDECIDED, Decision.REPORTED, Decision.WITHDRAWN)]
    return [
        *plain,
        (text.DECISIONS[Decision.RECORDED], _by_reason(Decision.RECORDED, text.RECORDING_REASONS)),
        (text.DECISIONS[Decision.DISMISSED], _by_reason(Decision.DISMISSED, text.REASONS)),
    ]


def _by_reason[R: (DismissalReason, RecordingReason)](decision: Decision, words: dict[R, Any]) -> list[tuple[str, Any]]:
    whole = (decision.value, format_lazy("{}: {}", text.DECISIONS[decision], lazy("for any reason")))
    return [whole, *((f"{decision}{REASON_AFTER}{reason}", said) for reason, said in words.items())]


def _practices() -> list[tuple[str, Any]]:
    return [
        (
            f"{edition}{EDITION_BEFORE}{code}",
            format_lazy(lazy("{code} (edition {edition})"), code=code, edition=edition),
        )
        for edition, code in search.practices_cited()
    ]

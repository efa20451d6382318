"""The forms that start a report, and those of its cause, assignment, actions and timeline."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any
from uuid import uuid4

from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.corrective_actions import Plan
from breaches.drafting import ReportSubject
from breaches.editing import ChosenCause
from breaches.forms.sections import date_rows
from breaches.rules.content import TimelineEntry
from breaches.rules.document import exact_time
from breaches.rules.lifecycle import RESTRICTED, ReportKind, ReportTerm
from breaches.text import CAUSES, KIND_HINTS, KINDS, TERMS
from releases.forms import ClockTimeField, GovukDateField, GovukForm, LongTextField, Question, inside_the_form
from releases.models import Producer, Series
from releases.permissions import User


class StartAboutListForm(GovukForm):
    """The day of occurrence; the report cites the edition of the Code that was in force on it."""

    button = lazy("Start the report")

    occurred_on = GovukDateField(
        label=lazy("On which day did it happen?"),
        subject=lazy("Day on which it happened"),
        help_text=lazy("For example, 29 6 2026. The report cites the edition of the Code in force on that day."),
    )


class StartForm(forms.Form):
    """The kind of breach, its days, and the statistics if the address of the page does not name them.

    `form_key` is created with the empty form, so that the same form sent twice starts one report.
    """

    use_required_attribute = False

    form_key = forms.UUIDField(widget=forms.HiddenInput)
    about = forms.ChoiceField(
        label=lazy("What is it about?"),
        help_text=lazy("What is on record about a series is filled in. Of anything else you write the title yourself."),
        error_messages={"required": lazy("Choose what the report is about")},
    )
    kind = forms.ChoiceField(
        label=lazy("What happened?"),
        choices=list(KINDS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose what happened")},
    )

    def __init__(self, data: QueryDict | None = None, *, choices: Iterable[Series | Producer] = ()) -> None:
        """Set the choices.

        :param choices: the producers for which the person writes reports, each after its series; empty if the subject
            of the report is known.
        """
        super().__init__(data, initial={"form_key": uuid4()})
        self.rows = date_rows(data, ())
        self.choices = {_choice_key(choice): choice for choice in choices}
        if not self.choices:
            del self.fields["about"]
            return
        groups = groupby(self.choices.items(), key=lambda item: _producer_of(item[1]))
        self.fields["about"].choices = [  # type: ignore[attr-defined]  # declared above
            ("", _("Choose one")),
            *((str(producer), [(key, _choice_title(choice)) for key, choice in group]) for producer, group in groups),
        ]

    def is_valid(self) -> bool:
        readable = all([super().is_valid(), self.rows.is_valid()])
        if readable and not self.rows.typed():
            self.rows.forms[0].add_error("on", _("Give the day on which it happened"))
            return False
        return readable

    def object_to(self, sentence: str) -> None:
        if not self.rows.object_to(sentence):
            self.add_error(None, sentence)

    @property
    def subject(self) -> ReportSubject:
        """The chosen release, series or producer. The form must be valid."""
        choice = self.choices[self.cleaned_data["about"]]
        return ReportSubject(_producer_of(choice), series=choice if isinstance(choice, Series) else None)

    @property
    def first(self) -> FormHelper:
        """The fields before the days, inside the page's own form element."""
        about = [Question("about", size="s")] if "about" in self.fields else []
        hints = {kind.value: hint for kind in ReportKind if (hint := _kind_hint(kind))}
        return inside_the_form("form_key", *about, Question("kind", size="s", hints=hints))

    @property
    def days(self) -> FormHelper:
        return inside_the_form(Question("on", size="s"))


def initial_start_data(kind: ReportKind, on: date) -> dict[str, str]:
    """Return the fields that `StartForm` would send for a kind and a day, for use as hidden fields."""
    rows = date_rows(None, [on])
    management = {
        rows.management_form.add_prefix(name): str(value) for name, value in rows.management_form.initial.items()
    }
    first = rows.forms[0].add_prefix("on")
    day = {f"{first}-{part}": str(getattr(on, part)) for part in ("day", "month", "year")}
    return {"form_key": str(uuid4()), "kind": kind.value, **management, **day}


def _producer_of(choice: Series | Producer) -> Producer:
    return choice if isinstance(choice, Producer) else choice.producer


def _choice_key(choice: Series | Producer) -> str:
    return choice.slug if isinstance(choice, Producer) else f"{choice.producer.slug}/{choice.slug}"


def _choice_title(choice: Series | Producer) -> str:
    return _("Something else of this producer") if isinstance(choice, Producer) else choice.title


def _kind_hint(kind: ReportKind) -> str:
    readers = _("Read by the Head of Profession, deputies and you alone.") if kind in RESTRICTED else ""
    return f"{KIND_HINTS.get(kind, '')} {readers}".strip()


class CauseForm(GovukForm):
    """The cause, with a description; for a late release, when it was made available, or why that is unknown."""

    button = lazy("Save")
    options = {
        "cause": {"size": "m", "dividers": {"not_known": lazy("or")}},
        "cause_words": {"threshold": 75},
        "available_on": {"size": "m"},
        "available_unknown": {"threshold": 75},
    }

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    cause = forms.ChoiceField(
        label=lazy("What was the cause?"),
        choices=list(CAUSES.items()),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose the cause, or say that it is not known yet")},
    )
    cause_words = LongTextField(
        label=lazy("In words (needed for another cause)"),
        help_text=lazy("Kept beside the report for the register. What is printed stands in the circumstances."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    available_on = GovukDateField(
        label=lazy("On which day was it made available?"),
        subject=lazy("Date on which it was made available"),
        help_text=lazy("For example, 30 6 2026"),
        required=False,
    )
    available_time = ClockTimeField(
        label=lazy("At what time in London?"), help_text=lazy("For example, 10:27am"), required=False
    )
    available_unknown = LongTextField(
        label=lazy("If that is not known, why not?"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, with_time: bool, **kwargs: Any) -> None:
        """:param with_time: whether to ask when the output was made available."""
        super().__init__(*args, **kwargs)
        if not with_time:
            for name in ("available_on", "available_time", "available_unknown"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        on, clock = cleaned.get("available_on"), cleaned.get("available_time")
        if on and not clock and "available_time" in cleaned:
            self.add_error("available_time", _("Give the time as well"))
        if clock and not on and "available_on" in cleaned:
            self.add_error("available_on", _("Give the date as well"))
        self.combine_instant(cleaned, on="available_on", at="available_time", to="available_at")
        return cleaned

    def chosen_cause(self) -> ChosenCause:
        typed = self.cleaned_data
        return ChosenCause(
            typed["cause"], typed["cause_words"], typed.get("available_at"), typed.get("available_unknown", "")
        )


class AssignmentForm(GovukForm):
    """The new assignee, one of the producer's people; `was` is the assignee when the page was read."""

    button = lazy("Save")
    defaults = {"size": "m"}

    was = forms.CharField(required=False, widget=forms.HiddenInput)
    person: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        label=lazy("Who is dealing with it?"),
        queryset=None,
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose who is dealing with it")},
    )

    def __init__(self, *args: Any, people: "QuerySet[User]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]  # declared above


class ActionForm(GovukForm):
    button = lazy("Save")
    options = {"text": {"threshold": 75}, "term": {"inline": True}}

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    text = LongTextField(
        label=lazy("What is done?"),
        help_text=lazy("For example, “manual check at the next release”. Name posts and not people."),
        max_length=2000,
        error_messages={"required": lazy("Say what is done")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    term = forms.ChoiceField(
        label=lazy("Is it for the short or the long term?"),
        choices=list(TERMS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose the short or the long term")},
    )
    owner = forms.CharField(
        label=lazy("Which post sees to it?"),
        help_text=lazy("Such as: head of dissemination"),
        max_length=200,
        error_messages={"required": lazy("Say which post sees to it")},
    )
    due = GovukDateField(
        label=lazy("By when? (optional)"),
        subject=lazy("Date by which it is done"),
        help_text=lazy("For example, 30 9 2026. Once this day has passed, the producer’s people are reminded, once."),
        required=False,
    )
    next_release_of = forms.ModelChoiceField(
        label=lazy("Is it to be done at a next release?"),
        help_text=lazy("Then it is a task there, read by whoever sees that release, and ticked off where it stands."),
        queryset=Series.objects.none(),
        required=False,
        blank=True,
        empty_label=lazy("No"),
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, series: QuerySet[Series] | None, **kwargs: Any) -> None:
        """:param series: the action can become a task of the next release of one of these; None if it cannot."""
        super().__init__(*args, **kwargs)
        if series is None:
            del self.fields["next_release_of"]
        else:
            self.fields["next_release_of"].queryset = series  # type: ignore[attr-defined]  # declared above

    def plan(self) -> Plan:
        typed = self.cleaned_data
        return Plan(typed["text"], ReportTerm(typed["term"]), typed["owner"], typed["due"])


class NoteForm(GovukForm):
    options = {"text": {"threshold": 75}, "printed": {"size": "", "small": True}}

    happened_on = GovukDateField(
        label=lazy("Date"), subject=lazy("Date on which it happened"), help_text=lazy("For example, 30 6 2026")
    )
    happened_time = ClockTimeField(
        label=lazy("Time in London"), help_text=lazy("For example, 9:35am, or 9:35:20 if you know it")
    )
    text = LongTextField(
        label=lazy("What happened?"),
        help_text=lazy(
            "For example, “told the digital team by phone”. Name posts, such as the duty editor, and not people: a "
            "note may be printed in a report that is published."
        ),
        max_length=2000,
        error_messages={"required": lazy("Write what happened")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    printed = forms.BooleanField(label=lazy("Print this note in the report"), required=False)

    def __init__(self, *args: Any, may_print: bool, button: str, **kwargs: Any) -> None:
        """:param may_print: whether the person may choose which entries are printed."""
        super().__init__(*args, **kwargs)
        if not may_print:
            del self.fields["printed"]
        self.button = button

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.combine_instant(cleaned, on="happened_on", at="happened_time", to="happened_at")
        return cleaned

    def note(self) -> dict[str, Any]:
        typed = self.cleaned_data
        return {"text": typed["text"], "happened_at": typed["happened_at"], "printed": typed.get("printed", False)}


class TimelineForm(GovukForm):
    button = lazy("Save")
    defaults = {"size": "m"}

    version = forms.IntegerField(widget=forms.HiddenInput)
    sources = forms.MultipleChoiceField(
        label=lazy("Which entries does the report print?"),
        help_text=lazy("They are printed below the account, in the order in which things happened."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, entries: Iterable[TimelineEntry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(entry.source, f"{exact_time(entry.at)}: {entry.text}") for entry in entries]
        self.fields["sources"].choices = choices  # type: ignore[attr-defined]  # declared above

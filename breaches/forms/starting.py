"""The forms by which a person starts a report: what the record cannot know."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.core.status import RESTRICTED, Kind
from breaches.forms.rows import date_rows
from breaches.words.wording import KIND_HINTS, KINDS
from releases.forms.base import GovukDateField, Question, helper_of, inside_the_form
from releases.models import Producer, Series


class StartAboutListForm(forms.Form):
    """On which day it happened: the edition of the Code that was in force then is cited."""

    use_required_attribute = False

    occurred_on = GovukDateField(
        label=lazy("On which day did it happen?"),
        subject=lazy("Day on which it happened"),
        help_text=lazy("For example, 29 6 2026. The report cites the edition of the Code in force on that day."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of(Question("occurred_on", size="s"), button=_("Start the report"))


class StartForm(forms.Form):
    """What happened, on which days, and about which statistics where the page does not say so already.

    `form_key` is made with the empty form: whoever sends the same form twice starts one report.
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
        """Ask.

        :param choices: the producers of which the person writes reports, each before its series; none where it is
            known what the report is about.
        """
        super().__init__(data, initial={"form_key": uuid4()})
        self.rows = date_rows(data, ())
        self.choices = {_key(choice): choice for choice in choices}
        about = self.fields["about"]
        assert isinstance(about, forms.ChoiceField)  # noqa: S101  # declared above
        if not self.choices:
            del self.fields["about"]
        else:
            about.choices = [("", _("Choose one")), *_grouped(self.choices.values())]

    def is_valid(self) -> bool:
        """Tell whether everything typed can be read, and whether there is a day."""
        readable = all([super().is_valid(), self.rows.is_valid()])
        if readable and not self.rows.typed():
            self.rows.forms[0].add_error("on", _("Give the day on which it happened"))
            return False
        return readable

    def object_to(self, sentence: str) -> None:
        """Show a sentence at the day that it names, or above the form."""
        if not self.rows.object_to(sentence):
            self.add_error(None, sentence)

    @property
    def key(self) -> UUID:
        """The form's own key, once it is valid."""
        key: UUID = self.cleaned_data["form_key"]
        return key

    @property
    def chosen(self) -> Series | Producer:
        """What the person chose, once it is valid."""
        return self.choices[self.cleaned_data["about"]]

    @property
    def first(self) -> FormHelper:
        """What comes before the days, inside the page's own form element."""
        names = ["about"] if "about" in self.fields else []
        kind = Question("kind", size="s", hints={kind.value: _hint(kind) for kind in Kind if _hint(kind)})
        return inside_the_form("form_key", *(Question(name, size="s") for name in names), kind)

    @property
    def days(self) -> FormHelper:
        """The days, as questions like the others."""
        return inside_the_form(Question("on", size="s"))


def prefilled(kind: Kind, on: date) -> dict[str, str]:
    """Return what the form would send for a kind and a day, as hidden fields by name."""
    rows = date_rows(None, [on])
    management = {
        rows.management_form.add_prefix(name): str(value) for name, value in rows.management_form.initial.items()
    }
    first = rows.forms[0].add_prefix("on")
    day = {f"{first}-{part}": str(getattr(on, part)) for part in ("day", "month", "year")}
    return {"form_key": str(uuid4()), "kind": kind.value, **management, **day}


def _key(choice: Series | Producer) -> str:
    return choice.slug if isinstance(choice, Producer) else f"{choice.producer.slug}/{choice.slug}"


def _grouped(choices: Iterable[Series | Producer]) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    def producer_of(choice: Series | Producer) -> Producer:
        return choice if isinstance(choice, Producer) else choice.producer

    for producer, listed in groupby(choices, key=producer_of):
        yield (
            str(producer),
            [
                (_key(choice), _("Something else of this producer") if isinstance(choice, Producer) else choice.title)
                for choice in listed
            ],
        )


def _hint(kind: Kind) -> str:
    closed = _("Read by the Head of Profession, deputies and you alone.") if kind in RESTRICTED else ""
    return " ".join(part for part in (str(KIND_HINTS.get(kind, "")), closed) if part)

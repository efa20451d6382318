"""The forms of a report's timeline: a note, and what is printed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.core.content import TimelineEntry
from breaches.core.printed.document import exactly
from releases.forms.base import ClockTimeField, GovukDateField, LongTextField, Question, helper_of
from releases.rules import london

LONGEST_NOTE = 2000


class NoteForm(forms.Form):
    """What happened and when; whether it is printed is asked of those who may edit the report's text."""

    use_required_attribute = False

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
        max_length=LONGEST_NOTE,
        error_messages={"required": lazy("Write what happened")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    printed = forms.BooleanField(label=lazy("Print this note in the report"), required=False)

    def __init__(self, *args: Any, may_print: bool, button: str, **kwargs: Any) -> None:
        """Ask for a note.

        :param may_print: whether the person may choose what is printed.
        """
        super().__init__(*args, **kwargs)
        if not may_print:
            del self.fields["printed"]
        self.helper = helper_of(
            Question("happened_on", size="s"),
            Question("happened_time", size="s", css_class="govuk-input--width-5"),
            Question("text", size="s", threshold=75),
            *([Question("printed", small=True)] if may_print else []),
            button=button,
        )

    def clean(self) -> dict[str, Any]:
        """Put date and time together into one instant."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("happened_on") and cleaned.get("happened_time"):
            wall = datetime.combine(cleaned["happened_on"], cleaned["happened_time"])
            try:
                cleaned["happened_at"] = london.from_london(wall)
            except ValueError as error:
                self.add_error("happened_time", str(error))
        return cleaned

    def note(self) -> dict[str, Any]:
        """Return the note as it was typed."""
        return {
            "text": self.cleaned_data["text"],
            "happened_at": self.cleaned_data["happened_at"],
            "printed": self.cleaned_data.get("printed", False),
        }


class PrintedForm(forms.Form):
    """What of the timeline is printed: nothing unless it is ticked."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput)
    sources = forms.MultipleChoiceField(
        label=lazy("Which entries does the report print?"),
        help_text=lazy("They are printed below the account, in the order in which things happened."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, entries: Iterable[TimelineEntry], **kwargs: Any) -> None:
        """Ask which of some entries are printed."""
        super().__init__(*args, **kwargs)
        field = self.fields["sources"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  # declared above
        field.choices = [(entry.source, f"{exactly(entry.at)}: {entry.text}") for entry in entries]
        self.helper = helper_of("version", Question("sources", size="m"), button=_("Save"))

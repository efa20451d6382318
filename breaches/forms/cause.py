"""The form that asks for the cause, and when what was late was made available."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.completing.cause import Found
from breaches.words.wording import CAUSES
from releases.forms.base import ClockTimeField, GovukDateField, LongTextField, Question, helper_of
from releases.rules import london

AVAILABLE = ("available_on", "available_time", "available_unknown")


class CauseForm(forms.Form):
    """The cause of a list, with words; of a late release when it was made available, or why nobody knows."""

    use_required_attribute = False

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

    def __init__(self, *args: Any, asks_when: bool, **kwargs: Any) -> None:
        """Ask for the cause.

        :param asks_when: whether it is asked when something was made available.
        """
        super().__init__(*args, **kwargs)
        if not asks_when:
            for name in AVAILABLE:
                del self.fields[name]
        self.helper = helper_of(
            "seen",
            Question("cause", size="m", dividers={"not_known": str(_("or"))}),
            Question("cause_words", size="s", threshold=75),
            *(
                [
                    Question("available_on", size="m"),
                    Question("available_time", size="s", css_class="govuk-input--width-5"),
                    Question("available_unknown", size="s", threshold=75),
                ]
                if asks_when
                else []
            ),
            button=_("Save"),
        )

    def clean(self) -> dict[str, Any]:
        """Put date and time together into one instant; one of them alone says too little."""
        cleaned = super().clean() or self.cleaned_data
        on, time = cleaned.get("available_on"), cleaned.get("available_time")
        if on and time:
            try:
                cleaned["available_at"] = london.from_london(datetime.combine(on, time))
            except ValueError as error:
                self.add_error("available_time", str(error))
        elif on and "available_time" in cleaned:
            self.add_error("available_time", _("Give the time as well"))
        elif time and "available_on" in cleaned:
            self.add_error("available_on", _("Give the date as well"))
        return cleaned

    def found(self) -> Found:
        """Return what was typed."""
        typed = self.cleaned_data
        return Found(
            typed["cause"], typed["cause_words"], typed.get("available_at"), typed.get("available_unknown", "")
        )

"""The form by which readers are told of a delay."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from releases.core.dates import london
from releases.forms.form_fields import ClockTimeField, GovukDateField
from releases.forms.form_layout import Question, helper_of


class DelayNoticeForm(forms.Form):
    """When a release is expected instead, as a time or in words, and whom readers can ask."""

    use_required_attribute = False

    seen = forms.IntegerField(widget=forms.HiddenInput)
    expected_on = GovukDateField(
        label=_("Expected date (optional)"),
        subject=_("Expected date"),
        help_text=_("Leave date and time empty where nobody knows yet."),
        required=False,
    )
    expected_time = ClockTimeField(
        label=_("Expected time in London (optional)"), help_text=_("For example, 11:30am"), required=False
    )
    expected_words = forms.CharField(
        label=_("When it is expected, in words"),
        help_text=_("For example, later this morning. Needed where there is no date and time."),
        required=False,
        max_length=300,
    )
    contact_name = forms.CharField(label=_("Whom can readers ask?"), required=False, max_length=200)
    contact_email = forms.EmailField(label=_("E-mail address for readers"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of(
            "seen",
            Question("expected_on", size="s"),
            Question("expected_time", size="s", css_class="govuk-input--width-5"),
            Question("expected_words", size="s"),
            Question("contact_name", size="s"),
            Question("contact_email", size="s"),
            button=str(_("Post this notice")),
        )

    def clean(self) -> dict[str, Any]:
        """Put date and time together into one instant; one of them alone says too little."""
        cleaned = super().clean() or self.cleaned_data
        if {"expected_on", "expected_time"} <= cleaned.keys():
            on, at = cleaned["expected_on"], cleaned["expected_time"]
            if on and not at:
                self.add_error("expected_time", _("Give the time as well, or say it in words"))
            if at and not on:
                self.add_error("expected_on", _("Give the date as well, or say it in words"))
            if on and at:
                try:
                    cleaned["expected_at"] = london.from_london(datetime.combine(on, at.replace(second=0)))
                except ValueError as error:
                    self.add_error("expected_time", str(error))
        return cleaned

    @property
    def notice(self) -> dict[str, Any]:
        """The notice as it was typed, from the notices that the person has seen."""
        given = self.cleaned_data
        names = ("expected_words", "contact_name", "contact_email", "seen")
        return {"expected_at": given.get("expected_at"), **{name: given[name] for name in names}}

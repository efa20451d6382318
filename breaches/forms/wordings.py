"""The form by which a lead confirms the wording of the practices that a report cites, or leaves them out."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.completing.wordings import key_of
from breaches.core.content import CitedPractice
from releases.forms.form_fields import LongTextField
from releases.forms.form_layout import Question, helper_of

CONFIRM, LEAVE_OUT = "confirm", "leave_out"
CHOICES = [(CONFIRM, lazy("I have read it in the Code: cite it in this wording")), (LEAVE_OUT, lazy("Leave it out"))]


class WordingsForm(forms.Form):
    """For each unconfirmed practice its wording, and what is to become of it."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, practices: Iterable[CitedPractice], **kwargs: Any) -> None:
        """Ask of each practice."""
        super().__init__(*args, **kwargs)
        self.practices = list(practices)
        questions: list[Any] = ["version"]
        for number, practice in enumerate(self.practices):
            name = {"code": practice.code, "edition": practice.edition}
            self.fields[f"text_{number}"] = LongTextField(
                label=_("Wording of %(code)s in edition %(edition)s") % name,
                initial=practice.text,
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 3}),
            )
            self.fields[f"choice_{number}"] = forms.ChoiceField(
                label=_("What becomes of %(code)s?") % name,
                choices=CHOICES,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose what becomes of %(code)s") % name},
            )
            questions += [Question(f"text_{number}", size="m", threshold=75), Question(f"choice_{number}", size="s")]
        self.helper = helper_of(*questions, button=_("Save"))

    def clean(self) -> dict[str, Any]:
        """Need a wording where one is confirmed."""
        cleaned = super().clean() or self.cleaned_data
        for number, practice in enumerate(self.practices):
            if cleaned.get(f"choice_{number}") == CONFIRM and not cleaned.get(f"text_{number}", "").strip():
                sentence = _("Write %(code)s as the Code has it") % {"code": practice.code}
                self.add_error(f"text_{number}", sentence)
        return cleaned

    def wordings(self) -> dict[str, str | None]:
        """Return the wording of each practice as it was confirmed, None where it is left out."""
        typed = self.cleaned_data
        return {
            key_of(practice): typed[f"text_{number}"] if typed[f"choice_{number}"] == CONFIRM else None
            for number, practice in enumerate(self.practices)
        }

"""The forms of the moves: each carries the number of the last change that was read, and what the move needs."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.words.wording import REASONS, RECORDING_REASONS, SECTIONS
from releases.forms.base import LongTextField, Question, inside_the_form

LONGEST_REMARK = 4000


class MoveForm(forms.Form):
    """A move that needs nothing but the number of the last change that was read."""

    use_required_attribute = False
    last_change = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    @property
    def helper(self) -> FormHelper:
        """The fields in their order, inside the page's own form element."""
        return inside_the_form(*(Question(name, size="s", threshold=75) for name in self.fields))

    def details(self) -> dict[str, Any]:
        """Return what the move is given besides who and when."""
        return {name: value for name, value in self.cleaned_data.items() if name != "last_change"}


class ApproveForm(MoveForm):
    """An approval carries the hash of the content that was read, and whether it was read with its annex."""

    annex = forms.BooleanField(required=False, widget=forms.HiddenInput)
    content_sha256 = forms.CharField(widget=forms.HiddenInput)


class TakeBackForm(MoveForm):
    """A submission that is taken back may say why."""

    reason = LongTextField(
        label=lazy("Why do you take it back? (optional)"),
        help_text=lazy("The Head of Profession reads this, and it stays in the history."),
        max_length=LONGEST_REMARK,
        required=False,
    )


class ReturnForm(MoveForm):
    """A return says what is to be done, as a whole or section by section."""

    comment = LongTextField(
        label=lazy("What has to be done?"),
        help_text=lazy("Those who write the report read this, and it stays in the history."),
        max_length=LONGEST_REMARK,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for section, title in SECTIONS.items():
            self.fields[section] = LongTextField(
                label=_("On ‘%(section)s’ (optional)") % {"section": title}, max_length=LONGEST_REMARK, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Ask for at least one comment."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned[name].strip() for name in ("comment", *SECTIONS)):
            self.add_error("comment", _("Say what has to be done"))
        return cleaned

    def details(self) -> dict[str, Any]:
        """Return the comment as a whole, and those on single sections."""
        return {
            "comment": self.cleaned_data["comment"],
            "sections": {section: self.cleaned_data[section] for section in SECTIONS},
        }


class RecordForm(MoveForm):
    """What is kept in the office's own log has a reason of the list, and words."""

    reason = forms.ChoiceField(
        label=lazy("Why is it not reported?"),
        choices=list(RECORDING_REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose why it is not reported")},
    )
    words = LongTextField(
        label=lazy("Explain in words"),
        help_text=lazy("The reason is counted in the register; the words stay in the history and in the note."),
        max_length=LONGEST_REMARK,
        error_messages={"required": lazy("Explain why this is kept in your own log only")},
    )


class DismissForm(MoveForm):
    """A dismissal has a reason of the list, and words."""

    reason = forms.ChoiceField(
        label=lazy("Why is this no breach?"),
        choices=list(REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose why this is no breach")},
    )
    words = LongTextField(
        label=lazy("Explain in words"),
        help_text=lazy("The reason is counted in the register; the words stay in the history."),
        max_length=LONGEST_REMARK,
        error_messages={"required": lazy("Explain why this is no breach")},
    )


class ReopenForm(MoveForm):
    """A reopening says why."""

    reason = LongTextField(
        label=lazy("Why is it reopened?"),
        help_text=lazy("It stays in the history."),
        max_length=LONGEST_REMARK,
        error_messages={"required": lazy("Say why the report is reopened")},
    )

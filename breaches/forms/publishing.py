"""The forms by which a report is made public and taken back."""

from django import forms
from django.utils.translation import gettext_lazy as lazy

from breaches.forms.decisions import LONGEST_REMARK, MoveForm
from releases.forms.base import LongTextField


class PublishForm(MoveForm):
    """That it be public in the very words that were read."""

    seen = forms.CharField(widget=forms.HiddenInput)
    read = forms.BooleanField(
        label=lazy("I have read it as it is shown here, and it names nobody"),
        error_messages={"required": lazy("Confirm that you have read it and that it names nobody")},
    )


class TakeBackForm(MoveForm):
    """That it be public no more, and why."""

    words = LongTextField(
        label=lazy("Why is it no longer public? (optional)"),
        help_text=lazy("It stays in the history."),
        max_length=LONGEST_REMARK,
        required=False,
    )

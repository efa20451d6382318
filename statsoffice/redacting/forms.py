"""The forms of a redaction: what is to go and why; and that it goes for good."""

from typing import Any
from uuid import uuid4

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as lazy

from breaches.forms.decisions import LONGEST_REMARK
from releases.forms.base import LongTextField, Question, inside_the_form

LONGEST_WORDS = 500


class RedactForm(forms.Form):
    """The words to remove, and the reason."""

    use_required_attribute = False

    words = forms.CharField(
        label=lazy("Words to remove"),
        help_text=lazy(
            "Exactly as they stand there, such as a name: capital and small letters count. What stands there in "
            "another spelling stays, and can be removed afterwards."
        ),
        max_length=LONGEST_WORDS,
        error_messages={"required": lazy("Give the words to remove: at least three letters, as they stand there.")},
        # The browser would offer them again to whoever sits there next.
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    why = LongTextField(
        label=lazy("Why are they removed?"),
        help_text=lazy("The reason stays in the report’s history. It must not hold the words."),
        max_length=LONGEST_REMARK,
        error_messages={"required": lazy("Say why the words are removed; the reason is kept.")},
    )

    @property
    def helper(self) -> FormHelper:
        """The questions, inside the page's own form element."""
        return inside_the_form(Question("words", size="s"), Question("why", size="s", threshold=75))


class ConfirmForm(RedactForm):
    """The same once more, unseen, and that the person knows that it cannot be undone.

    `form_key` is made with the empty form: whoever sends the same form twice is led to what it did.
    """

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    sure = forms.BooleanField(
        label=lazy("I have read this. I know that it cannot be undone"),
        error_messages={"required": lazy("Confirm that you have read this and know that it cannot be undone")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Hide what was given before."""
        super().__init__(*args, **kwargs)
        for name in ("words", "why"):
            self.fields[name].widget = forms.HiddenInput()

    @property
    def helper(self) -> FormHelper:
        """What was given before, and the one question."""
        return inside_the_form("form_key", "words", "why", "sure")

"""The form by which somebody declares that a report is about their own act."""

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as lazy

from breaches.forms.decisions import LONGEST_REMARK
from releases.forms.base import LongTextField, Question, inside_the_form


class OwnActForm(forms.Form):
    """A few words about it, if the person wants to say more."""

    use_required_attribute = False

    words = LongTextField(
        label=lazy("Do you want to say more? (optional)"),
        help_text=lazy("It stays in the history, where everybody who works on the report can read it."),
        max_length=LONGEST_REMARK,
        required=False,
    )

    @property
    def helper(self) -> FormHelper:
        """The one field, inside the page's own form element."""
        return inside_the_form(Question("words", size="s", threshold=75))

"""The form by which a person starts a report: the one thing that the record cannot know."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.form_fields import GovukDateField
from releases.form_layout import Question, SubmitButton


class StartForm(forms.Form):
    """On which day it happened: the edition of the Code that was in force then is cited."""

    use_required_attribute = False

    occurred_on = GovukDateField(
        label=lazy("On which day did it happen?"),
        subject=lazy("Day on which it happened"),
        help_text=lazy("For example, 29 6 2026. The report cites the edition of the Code in force on that day."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.layout = Layout(Question("occurred_on", size="s"), SubmitButton(_("Start the report")))

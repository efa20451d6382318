"""The forms by which a change of date is agreed to or refused, and its public reason put right."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from releases.forms.form_fields import LongTextField
from releases.forms.form_layout import Question, helper_of
from releases.models import DateChangeRequest

MOST_WORDS = 2000
MOST_DIGITS = 18


class AgreeForm(forms.Form):
    """The requests, of those that a person may decide, to which they agree."""

    use_required_attribute = False

    requests = forms.ModelMultipleChoiceField(
        queryset=DateChangeRequest.objects.none(),
        error_messages={"required": _("Select the changes to which you agree")},
    )

    def __init__(self, data: Any = None, *, theirs: QuerySet[DateChangeRequest]) -> None:
        super().__init__(data)
        self.fields["requests"].queryset = theirs  # type: ignore[attr-defined]  # a field of model choices

    @property
    def names_others(self) -> bool:
        """Whether something was sent that is no request of theirs."""
        # Databases refuse to compare a key with a greater number than any key can be.
        keys = self.data.getlist("requests") if isinstance(self.data, QueryDict) else []
        if any(not key.isdecimal() or len(key) > MOST_DIGITS for key in keys):
            return True
        return any(error.code != "required" for error in self.errors.as_data().get("requests", ()))


class RefuseForm(forms.Form):
    """Why a change is refused."""

    use_required_attribute = False

    reason = LongTextField(
        label=_("Reason for refusing"),
        help_text=_("The person who asked reads it. It is not published."),
        required=False,
        max_length=MOST_WORDS,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of(Question("reason", size="s"), button=str(_("Refuse this change")))


class CorrectReasonForm(forms.Form):
    """The public reason of a change of date as readers are to see it."""

    use_required_attribute = False

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = LongTextField(
        label=_("Public reason"),
        help_text=_("Readers see it from now on, and that it was corrected. The first one stays for them to read."),
        required=False,
        max_length=MOST_WORDS,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of("seen", Question("reason", size="s"), button=str(_("Correct the public reason")))

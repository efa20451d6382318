"""The form that asks who is dealing with a suspected breach."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms.base import Question, helper_of

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class DealingForm(forms.Form):
    """One of the producer's people; `was` is who was put down when the page was read."""

    use_required_attribute = False

    was = forms.CharField(required=False, widget=forms.HiddenInput)
    person: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        label=lazy("Who is dealing with it?"),
        queryset=None,
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose who is dealing with it")},
    )

    def __init__(self, *args: Any, people: "QuerySet[User]", **kwargs: Any) -> None:
        """Offer some people."""
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # declared above
        field.queryset = people
        self.helper = helper_of("was", Question("person", size="m"), button=_("Save"))

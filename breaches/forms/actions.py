"""The form of one corrective action."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.completing.actions import Plan
from breaches.core.status import Term
from breaches.words.wording import TERMS
from releases.forms.base import GovukDateField, LongTextField, Question, helper_of
from releases.models import Series


class ActionForm(forms.Form):
    """What is done, for how long, by which post, by when; and whether it is a task at the next release."""

    use_required_attribute = False

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    text = LongTextField(
        label=lazy("What is done?"),
        help_text=lazy("For example, “manual check at the next release”. Name posts and not people."),
        max_length=2000,
        error_messages={"required": lazy("Say what is done")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    term = forms.ChoiceField(
        label=lazy("Is it for the short or the long term?"),
        choices=list(TERMS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose the short or the long term")},
    )
    owner = forms.CharField(
        label=lazy("Which post sees to it?"),
        help_text=lazy("Such as: head of dissemination"),
        max_length=200,
        error_messages={"required": lazy("Say which post sees to it")},
    )
    due = GovukDateField(
        label=lazy("By when? (optional)"),
        subject=lazy("Date by which it is done"),
        help_text=lazy("For example, 30 9 2026. Once this day has passed, the producer’s people are reminded, once."),
        required=False,
    )
    next_release_of = forms.ModelChoiceField(
        label=lazy("Is it to be done at a next release?"),
        help_text=lazy("Then it is a task there, read by whoever sees that release, and ticked off where it stands."),
        queryset=Series.objects.none(),
        required=False,
        blank=True,
        empty_label=lazy("No"),
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, series: QuerySet[Series] | None, **kwargs: Any) -> None:
        """Ask for an action.

        :param series: those at whose next release it may be a task; None where that is settled.
        """
        super().__init__(*args, **kwargs)
        choice = self.fields["next_release_of"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101  # declared above
        if series is None:
            del self.fields["next_release_of"]
        else:
            choice.queryset = series
        self.helper = helper_of(
            "seen",
            Question("text", size="s", threshold=75),
            Question("term", size="s", inline=True),
            Question("owner", size="s"),
            Question("due", size="s"),
            *([] if series is None else [Question("next_release_of", size="s")]),
            button=_("Save"),
        )

    def plan(self) -> Plan:
        """Return the action as it was typed."""
        typed = self.cleaned_data
        return Plan(typed["text"], Term(typed["term"]), typed["owner"], typed["due"])

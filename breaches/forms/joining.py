"""The form by which the drafts of one morning are chosen that become one report."""

from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.models import Report
from breaches.words.wording import suspected_as
from releases.forms.base import Question, inside_the_form
from releases.rules.london import format_time


class JoinForm(forms.Form):
    """Which drafts; at first all of them are chosen."""

    use_required_attribute = False

    last_change = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    drafts = forms.MultipleChoiceField(
        label=lazy("Which drafts become one report?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": lazy("Choose at least two drafts"),
            "invalid_choice": lazy("One of these drafts cannot be joined any more: look at what is left"),
        },
    )

    def __init__(self, data: QueryDict | None = None, *, drafts: Sequence[Report]) -> None:
        """Ask.

        :param drafts: read with their suspicions, the verification and the release of each.
        """
        super().__init__(data, initial={"drafts": [draft.reference for draft in drafts]})
        # Events have one order for all reports. What happens to any of the drafts later has a higher number.
        self.initial["last_change"] = max((draft.last_change for draft in drafts), default=0)
        self.by_reference = {draft.reference: draft for draft in drafts}
        field = self.fields["drafts"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  # declared above
        field.choices = [(draft.reference, _titles(draft)) for draft in drafts]

    def clean_drafts(self) -> list[str]:
        """Ask for two at least."""
        chosen: list[str] = self.cleaned_data["drafts"]
        if len(chosen) < 2:  # one draft is a report of its own
            raise forms.ValidationError(_("Choose at least two drafts"))
        return chosen

    def renewed(self) -> "JoinForm":
        """Return the form as it was sent, with the number of the last change by now."""
        sent = QueryDict(mutable=True)
        sent.setlist("drafts", self.cleaned_data["drafts"])
        sent["last_change"] = str(self.initial["last_change"])
        return JoinForm(sent, drafts=list(self.by_reference.values()))

    @property
    def outdated(self) -> list[Report]:
        """The chosen drafts that have changed since the form, which is valid, was opened."""
        return [draft for draft in self.chosen if draft.last_change > self.cleaned_data["last_change"]]

    @property
    def chosen(self) -> list[Report]:
        """The chosen drafts, once the form is valid."""
        return [self.by_reference[reference] for reference in self.cleaned_data["drafts"]]

    @property
    def helper(self) -> FormHelper:
        """The one field, inside the page's own form element."""
        hints = {reference: _hint(draft) for reference, draft in self.by_reference.items()}
        return inside_the_form("last_change", Question("drafts", size="m", hints=hints))


def _titles(draft: Report) -> str:
    return "; ".join(dict.fromkeys(suspicion.release.title for suspicion in draft.suspicions.all()))


def _hint(draft: Report) -> str:
    suspicions = draft.suspicions.all()
    due = " and ".join(dict.fromkeys(format_time(suspicion.verification.due_at) for suspicion in suspicions))
    kinds = " and ".join(dict.fromkeys(suspected_as(suspicion) for suspicion in suspicions))
    told: dict[str, Any] = {"kinds": kinds, "due": due, "reference": draft.reference}
    return _("suspected %(kinds)s, due at %(due)s. Report %(reference)s") % told

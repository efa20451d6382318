"""What of the register is asked for; each choice stands in the page's address."""

from typing import Any

from crispy_forms.layout import Div
from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.core.decision import Decision
from breaches.core.status import TOLD_ELSEWHERE, DismissalReason, Kind, RecordingReason, ReportStatus
from breaches.forms.of_producer import OfProducerForm
from breaches.registers import register
from breaches.registers.register import EDITION_BEFORE, REASON_AFTER, Wanted
from breaches.words import wording
from releases.forms.base import Question, helper_of
from releases.permissions import Person

DAYS = ["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y", "%d %B %Y"]
ANY = ("", lazy("All"))


class RegisterForm(OfProducerForm):
    """Producer, series, kind, cause, state, decision, practice, actions and period; an empty field asks for nothing."""

    kind = forms.ChoiceField(label=lazy("Kind of breach"), required=False)
    cause = forms.ChoiceField(label=lazy("Cause"), required=False)
    state = forms.ChoiceField(label=lazy("Where it stands"), required=False)
    decision = forms.ChoiceField(label=lazy("Decision"), required=False)
    practice = forms.ChoiceField(label=lazy("Practice"), required=False)
    actions = forms.ChoiceField(label=lazy("Corrective actions"), required=False)
    first = forms.DateField(
        label=lazy("Occurred from"), input_formats=DAYS, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label=lazy("Occurred to"), input_formats=DAYS, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, asked: QueryDict, *, by: Person) -> None:
        """Make the form of what an address asks for.

        :param by: the person; what they may not read is not offered.
        """
        super().__init__(asked, by=by)
        offered: dict[str, Any] = {
            "kind": [ANY, *((kind, wording.KINDS[kind]) for kind in Kind)],
            "cause": [ANY, *wording.CAUSES.items()],
            "state": [
                ANY,
                *((state, wording.STATUSES[state][0]) for state in ReportStatus if state not in TOLD_ELSEWHERE),
            ],
            "decision": [ANY, *_decisions()],
            "practice": [ANY, *_practices()],
            "actions": [ANY, ("open", _("With some that are not done"))],
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # all are fields of choices
        asked_for = Div(*(Question(name, size="s") for name in self.questions), css_class="office-filter")
        self.helper = helper_of(asked_for, button=_("Show these"), css_class="govuk-button--secondary", method="get")

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The period must end on or after the day on which it begins"))
        return cleaned

    def wanted(self) -> Wanted | None:
        """Return what is asked for, or None if the address asks for what there is not."""
        if not self.is_valid():
            return None
        return Wanted(**{name: value for name, value in self.cleaned_data.items() if value})


def _decisions() -> list[tuple[Any, Any]]:
    plain = [(one, wording.DECISIONS[one]) for one in (Decision.UNDECIDED, Decision.REPORTED, Decision.WITHDRAWN)]
    return [
        *plain,
        (wording.DECISIONS[Decision.RECORDED], _by_reason(Decision.RECORDED, wording.RECORDING_REASONS)),
        (wording.DECISIONS[Decision.DISMISSED], _by_reason(Decision.DISMISSED, wording.REASONS)),
    ]


def _by_reason[R: (DismissalReason, RecordingReason)](decision: Decision, words: dict[R, Any]) -> list[tuple[str, Any]]:
    whole = (decision.value, format_lazy("{}: {}", wording.DECISIONS[decision], lazy("for any reason")))
    return [whole, *((f"{decision}{REASON_AFTER}{reason}", said) for reason, said in words.items())]


def _practices() -> list[tuple[str, Any]]:
    return [
        (
            f"{edition}{EDITION_BEFORE}{code}",
            format_lazy(lazy("{code} (edition {edition})"), code=code, edition=edition),
        )
        for edition, code in register.practices_cited()
    ]

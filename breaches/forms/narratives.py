"""Sections 3 and 4 as forms: each is one text that only people write."""

from typing import Any

from crispy_forms.helper import FormHelper
from django.utils.translation import gettext_lazy as lazy

from breaches.core.content import ReportContent
from breaches.core.remarks import Section
from breaches.forms.section import SectionForm, narrative
from releases.forms.base import Question, inside_the_form


class ImpactForm(SectionForm):
    """Section 3: what the breach meant."""

    section = Section.IMPACT

    impact = narrative(
        lazy("Impact of the breach"),
        lazy(
            "Tell of four things. Internal: what it meant inside the organisation. External: what it meant for users. "
            "Reaction: who wrote or rang, and what they said. Media: what was reported or asked. Write only what "
            "somebody knows; where there was none, say so."
        ),
    )

    def asked(self, content: ReportContent) -> dict[str, Any]:
        """Return what the fields hold before anybody types."""
        return {"impact": content.impact}

    def values(self) -> dict[str, Any]:
        """Return the section's fields of `ReportContent` as they were typed."""
        return {"impact": self.cleaned_data["impact"]}

    @property
    def last(self) -> FormHelper:
        """The fields after the rows."""
        return inside_the_form(Question("impact", size="m", threshold=75))


class CorrectiveActionsForm(SectionForm):
    """Section 4: what is done so that it does not happen again."""

    section = Section.CORRECTIVE_ACTIONS

    corrective_actions = narrative(
        lazy("Corrective actions (taken or planned) to prevent re-occurrence"),
        lazy("Short-term: what was done to put things right. Long-term: what changes, who sees to it, and by when."),
    )

    def asked(self, content: ReportContent) -> dict[str, Any]:
        """Return what the fields hold before anybody types."""
        return {"corrective_actions": content.corrective_actions}

    def values(self) -> dict[str, Any]:
        """Return the section's fields of `ReportContent` as they were typed."""
        return {"corrective_actions": self.cleaned_data["corrective_actions"]}

    @property
    def last(self) -> FormHelper:
        """The fields after the rows."""
        return inside_the_form(Question("corrective_actions", size="m", threshold=75))

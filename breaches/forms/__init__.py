"""Forms for the four sections of a report, with the labels of the published form."""

from collections.abc import Mapping

from breaches.forms.sections import (
    CircumstancesForm,
    CoreInformationForm,
    CorrectiveActionsForm,
    ImpactForm,
    SectionForm,
)
from breaches.rules.validation import ReportSection

SECTION_FORMS: Mapping[ReportSection, type[SectionForm]] = {
    form.section: form for form in (CoreInformationForm, CircumstancesForm, ImpactForm, CorrectiveActionsForm)
}

__all__ = ["SECTION_FORMS", "SectionForm"]

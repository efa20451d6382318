"""The four sections of a report as forms: the labels are the published form's own."""

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

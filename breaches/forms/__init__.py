"""The four sections of a report as forms: the labels are the published form's own."""

from collections.abc import Mapping

from breaches.core.remarks import Section
from breaches.forms.circumstances import CircumstancesForm
from breaches.forms.core_information import CoreInformationForm
from breaches.forms.narratives import CorrectiveActionsForm, ImpactForm
from breaches.forms.section import SectionForm

SECTION_FORMS: Mapping[Section, type[SectionForm]] = {
    form.section: form for form in (CoreInformationForm, CircumstancesForm, ImpactForm, CorrectiveActionsForm)
}

__all__ = ["SECTION_FORMS", "SectionForm"]

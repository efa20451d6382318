"""What the forms of the four sections share: nothing is required while a report is written."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as lazy

from breaches.core.content import ReportContent
from breaches.core.remarks import Remark, Section
from breaches.forms.rows import Rows
from breaches.reports.practices import Offered
from releases.forms.base import LongTextField, inside_the_form

# Long enough for the longest published report several times over.
LONGEST_TEXT = 20_000


def narrative(label: Any, hint: Any) -> LongTextField:
    """Make the field of a section's narrative; its counter is shown only near the limit."""
    return LongTextField(
        label=label,
        help_text=format_lazy(
            "{} {}",
            hint,
            lazy("Leave an empty line between paragraphs. You need not finish now: what you save stays."),
        ),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 14}),
    )


def name_the_field_that_is_too_long(form: forms.BaseForm) -> None:
    """Let the error of a text that is too long begin with its field's label; Django's own names no field."""
    for field in form.fields.values():
        if isinstance(field, forms.CharField):
            field.error_messages["max_length"] = format_lazy(
                lazy("{label} must be %(limit_value)d characters or less"), label=field.label
            )


class SectionForm(forms.Form):
    """One section. Nothing is required while a report is written; what is missing is said before it is submitted.

    `version` is the version that was read before writing, `facts_seen` the newer facts shown with it.
    """

    use_required_attribute = False
    section: ClassVar[Section]
    rows: Rows | None = None
    # The pages that have the words of the practices on offer: by source and address, the codes.
    sources: Mapping[tuple[str, str], Sequence[str]] = MappingProxyType({})

    version = forms.IntegerField(widget=forms.HiddenInput)
    facts_seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        content: ReportContent,
        version: int,
        facts_seen: str = "",
        practices: Iterable[Offered] = (),
    ) -> None:
        """Ask for one section.

        :param content: what the report says.
        :param practices: what may be cited on the day of occurrence.
        """
        initial = self.asked(content) | {"version": version, "facts_seen": facts_seen}
        super().__init__(data, initial=initial)
        name_the_field_that_is_too_long(self)
        self.prepare(data, content=content, practices=practices)

    def asked(self, content: ReportContent) -> dict[str, Any]:
        """Return what the fields hold before anybody types."""
        raise NotImplementedError

    def prepare(self, data: QueryDict | None, *, content: ReportContent, practices: Iterable[Offered]) -> None:
        """Set up what depends on the report: rows and choices."""

    def values(self) -> dict[str, Any]:
        """Return the section's fields of `ReportContent` as they were typed."""
        raise NotImplementedError

    def is_valid(self) -> bool:
        """Tell whether everything typed can be read, in the rows as well."""
        return all([super().is_valid(), self.rows is None or self.rows.is_valid()])

    def object_to(self, remark: Remark) -> None:
        """Show a remark at the field that it is about."""
        if not (self.rows and self.rows.object_to(remark.sentence)):
            self.add_error(remark.field if remark.field in self.fields else None, remark.sentence)

    @property
    def first(self) -> FormHelper:
        """The fields before the rows."""
        return inside_the_form("version", "facts_seen")

    @property
    def last(self) -> FormHelper:
        """The fields after the rows."""
        raise NotImplementedError

"""Rows of a form of which there may be several: outputs, and days of occurrence."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar, cast

from crispy_forms.helper import FormHelper
from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.core.content import Output
from releases.forms.base import GovukDateField, Question, inside_the_form
from releases.rules.london import format_day

MOST_ROWS = 50


class OutputRow(forms.Form):
    """One statistical output."""

    use_required_attribute = False
    title = forms.CharField(
        label=lazy("Title of statistical output"),
        required=False,
        max_length=500,
        error_messages={"max_length": lazy("Title of statistical output must be %(limit_value)d characters or less")},
    )
    url = forms.CharField(
        label=lazy("Link to statistical output"),
        required=False,
        max_length=1000,
        error_messages={"max_length": lazy("Link to statistical output must be %(limit_value)d characters or less")},
        widget=forms.URLInput,
    )


class DateRow(forms.Form):
    """One day of occurrence."""

    use_required_attribute = False
    on = GovukDateField(
        label=lazy("Date of occurrence of breach"),
        help_text=lazy("For example, 30 6 2020"),
        required=False,
    )


class _RowSet(BaseFormSet):  # type: ignore[type-arg]  # the factory below names each set's form
    """Rows of which empty ones are left out; there is always at least one to type into."""

    prefix: str
    fields: ClassVar[tuple[str, ...]]
    another: ClassVar[Any]

    def typed(self) -> list[dict[str, Any]]:
        """Return the rows in which something was typed."""
        return [row for form in self.forms if any((row := form.cleaned_data).get(name) for name in self.fields)]

    def object_to(self, sentence: str) -> bool:
        """Show a sentence at the row that it speaks of; tell whether there is one."""
        for form in self.forms:
            if self.is_meant(form.cleaned_data, sentence):
                form.add_error(self.fields[0], sentence)
                return True
        return False

    def is_meant(self, row: dict[str, Any], sentence: str) -> bool:
        """Tell whether a sentence speaks of a row."""
        return False

    @property
    def helper(self) -> FormHelper:
        """The rows' layout, inside the page's own form element."""
        return inside_the_form(*(Question(name) for name in self.fields))


class _Outputs(_RowSet):
    prefix = "outputs"
    fields = ("title", "url")
    another = lazy("Add another output")

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        """Number the outputs where there are several."""
        super().add_fields(form, index)
        if self.total_form_count() > 1 and index is not None:
            for field in form.fields.values():
                field.label = f"{field.label} {index + 1}"


class _Dates(_RowSet):
    prefix = "dates"
    fields = ("on",)
    another = lazy("Add another date")

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        """Call the later days by a name of their own."""
        super().add_fields(form, index)
        if index:
            form.fields["on"].label = _("Date of occurrence of breach %(number)s") % {"number": index + 1}

    def is_meant(self, row: dict[str, Any], sentence: str) -> bool:
        """Tell whether a sentence names the row's day."""
        return bool(row.get("on")) and format_day(row["on"]) in sentence


type Rows = _RowSet

_OutputRows = formset_factory(OutputRow, formset=_Outputs, extra=0, min_num=1, max_num=MOST_ROWS)
_DateRows = formset_factory(DateRow, formset=_Dates, extra=0, min_num=1, max_num=MOST_ROWS)


def output_rows(data: QueryDict | None, outputs: Iterable[Output]) -> Rows:
    """Ask for the outputs, one row for each."""
    asked = [{"title": output.title, "url": output.url} for output in outputs]
    return cast("Rows", _OutputRows(data, initial=asked, prefix=_Outputs.prefix))


def date_rows(data: QueryDict | None, days: Iterable[date]) -> Rows:
    """Ask for the days of occurrence, one row for each."""
    return cast("Rows", _DateRows(data, initial=[{"on": on} for on in days], prefix=_Dates.prefix))


def with_another_row(data: QueryDict, prefix: str) -> QueryDict:
    """Return what was typed with one more empty row, for the button that adds one without a script."""
    longer = data.copy()
    counter = f"{prefix}-TOTAL_FORMS"
    given = longer.get(counter, "")
    longer[counter] = str(min(int(given) + 1, MOST_ROWS)) if given and given.isdecimal() else "1"
    return longer

"""The forms of what comes into the calendar and goes out of it; what may be is decided by the functions behind them."""

from typing import Any

from django import forms
from django.core.files.base import File
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.core.status import Status
from releases.core.tables import files
from releases.core.tables.table import MOST_BYTES, MOST_ROWS, NotATableError
from releases.forms.form_layout import Question, helper_of
from releases.models import Producer, Series
from releases.overview.selection import Selection

DAYS = ["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y"]


class UploadForm(forms.Form):
    """A calendar file."""

    use_required_attribute = False

    file = forms.FileField(
        label=lazy("File"),
        help_text=format_lazy(
            lazy("CSV, ODS or XLSX, of at most {size} MB and {rows} rows."),
            size=MOST_BYTES // 1024**2,
            rows=f"{MOST_ROWS:,}",
        ),
        error_messages={
            "required": lazy("Choose a file"),
            "empty": lazy("The file is empty: choose another one"),
            "invalid": lazy("The file did not arrive: choose it again"),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.ods,.xlsx"}),
    )
    create_missing = forms.BooleanField(
        label=lazy("Make series and contacts that are not known yet; without this, rows that name one are refused"),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of(Question("file", size="s"), Question("create_missing"), button=_("Check this file"))

    def clean_file(self) -> File[bytes]:
        """Refuse a file that is too large before anybody reads it."""
        file: File[bytes] = self.cleaned_data["file"]
        try:
            files.check_size(file.size or 0, name=file.name or "")
        except NotATableError as error:
            raise forms.ValidationError(str(error)) from error
        return file


class ConfirmForm(forms.Form):
    """That what was shown be done, and what becomes of the rows that are refused."""

    use_required_attribute = False

    skip_refused = forms.BooleanField(label=lazy("Leave out the rows that are refused"), required=False)

    def __init__(self, *args: Any, any_refused: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not any_refused:
            del self.fields["skip_refused"]
        questions = [Question("skip_refused")] if any_refused else []
        self.helper = helper_of(*questions, button=_("Confirm and import"))


class SelectionForm(forms.Form):
    """Which releases are to be listed; an empty field asks for nothing."""

    use_required_attribute = False

    words = forms.CharField(label=lazy("Words"), required=False, max_length=200)
    producer = forms.ModelChoiceField(
        label=lazy("Producer"), queryset=Producer.objects.none(), required=False, empty_label=lazy("All")
    )
    series = forms.ModelChoiceField(
        label=lazy("Series"), queryset=Series.objects.none(), required=False, empty_label=lazy("All")
    )
    status = forms.ChoiceField(
        label=lazy("Status"),
        choices=[("", lazy("All")), *((status.value, status.value.capitalize()) for status in Status)],
        required=False,
    )
    first = forms.DateField(
        label=lazy("From"), input_formats=DAYS, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label=lazy("To"), input_formats=DAYS, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: QueryDict, *, producers: QuerySet[Producer]) -> None:
        """Ask.

        :param producers: those whose releases the person may see.
        """
        super().__init__(data)
        own = {"producer": producers, "series": Series.objects.filter(producer__in=producers)}
        for name, choices in own.items():
            self.fields[name].queryset = choices  # type: ignore[attr-defined]  # both are fields of model choices
        self.helper = helper_of(*self.fields, button=_("Show these"), css_class="govuk-button--secondary", method="get")

    def selection(self) -> Selection:
        """Return what is asked for, as far as it can be read."""
        self.is_valid()
        return Selection(**{name: value for name, value in self.cleaned_data.items() if value})

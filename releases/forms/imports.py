"""The forms of imports, from files and from GOV.UK, and of exports."""

from typing import Any

from django import forms
from django.core.files.base import File
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as lazy

from releases.detection.announcement import Announcement, AnnouncementState
from releases.forms.base import (
    ClockTimeField,
    GovukDateField,
    GovukForm,
    LongTextField,
    PrecisionField,
    clean_address,
)
from releases.imports import govuk
from releases.models import Producer, Series
from releases.overview import Selection
from releases.rules import tables
from releases.rules.calendar import Precision
from releases.rules.lifecycle import Status
from releases.rules.tables import MOST_BYTES, MOST_ROWS, NotATableError

DAYS = ["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y"]


class UploadForm(GovukForm):
    button = lazy("Check this file")
    options = {"create_missing": {"size": ""}}

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

    def clean_file(self) -> File[bytes]:
        file: File[bytes] = self.cleaned_data["file"]
        try:
            tables.check_table_size(file.size or 0, name=file.name or "")
        except NotATableError as error:
            raise forms.ValidationError(str(error)) from error
        return file


class ConfirmForm(GovukForm):
    button = lazy("Confirm and import")
    options = {"skip_refused": {"size": ""}}

    skip_refused = forms.BooleanField(label=lazy("Leave out the rows that are refused"), required=False)

    def __init__(self, *args: Any, any_refused: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not any_refused:
            del self.fields["skip_refused"]


class SelectionForm(GovukForm):
    """The filters of a list of releases; an empty field means no filter."""

    button, button_class, method = lazy("Show these"), "govuk-button--secondary", "get"
    defaults = {}

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
        super().__init__(data)
        own = {"producer": producers, "series": Series.objects.filter(producer__in=producers)}
        for name, choices in own.items():
            self.fields[name].queryset = choices  # type: ignore[attr-defined]  # both are fields of model choices

    def selection(self) -> Selection:
        self.is_valid()
        return Selection(**{name: value for name, value in self.cleaned_data.items() if value})


class AnnouncementForm(GovukForm):
    button = lazy("Read the announcement")

    url = forms.CharField(
        label=lazy("Address of the announcement"),
        help_text=lazy("For example, https://www.gov.uk/government/statistics/announcements/rain-june-2026"),
        max_length=1000,
        error_messages={"required": lazy("Paste the address of the announcement")},
        widget=forms.URLInput,
    )

    def clean_url(self) -> str:
        """Return the pasted address with a scheme and without a query, as browsers display it."""
        pasted = str(self.cleaned_data["url"]).partition("?")[0]
        return clean_address(pasted if "://" in pasted else f"https://{pasted}")


class AnnouncedReleaseForm(GovukForm):
    button = lazy("Record this release")
    options = {
        "precision": {
            "hints": {
                "month": lazy("The day is not shown."),
                "two_months": lazy("The month of the date, and the one after it."),
            }
        }
    }

    seen = forms.CharField(widget=forms.HiddenInput)
    series = forms.ModelChoiceField(
        label=lazy("Series"),
        queryset=Series.objects.none(),
        empty_label=lazy("Choose"),
        error_messages={"required": lazy("Choose the series")},
    )
    title = forms.CharField(label=lazy("Title"), max_length=300)
    reference = forms.SlugField(
        label=lazy("Reference"),
        help_text=lazy("Letters, digits and hyphens. It becomes part of the address of its page here."),
        max_length=100,
    )
    precision = PrecisionField()
    planned_on = GovukDateField(label=lazy("Date"), help_text=lazy("For example, 14 7 2026"))
    planned_at = ClockTimeField(label=lazy("Time in London"), help_text=lazy("For example, 9:30am"), required=False)
    status = forms.ChoiceField(
        label=lazy("Record it as"),
        choices=[
            (AnnouncementState.PROVISIONAL, lazy("Provisional: nobody outside sees it here")),
            (AnnouncementState.CONFIRMED, lazy("Confirmed, and announced in the public calendar at once")),
        ],
        widget=forms.RadioSelect,
    )
    reason = LongTextField(
        label=lazy("Reason for short notice (optional)"),
        help_text=lazy(
            "Needed where it is confirmed less than four weeks ahead. Kept in our own record; it is not published."
        ),
        required=False,
        max_length=2000,
    )
    page = forms.CharField(
        label=lazy("Address of its page (optional)"),
        help_text=lazy("Where it will stand. Without it the release is not watched yet."),
        max_length=1000,
        required=False,
        widget=forms.URLInput,
    )
    marker = forms.CharField(
        label=lazy("Words by which its page is known (optional)"),
        help_text=lazy("Words that this edition shows and the last one does not, such as: June 2026."),
        max_length=300,
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, series: QuerySet[Series], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["series"].queryset = series  # type: ignore[attr-defined]  # a field of model choices

    def clean_page(self) -> str:
        url = str(self.cleaned_data["page"])
        return clean_address(url) if url else ""


def initial_release(announced: Announcement, *, series: Series | None) -> dict[str, Any]:
    """Return initial values from an announcement; fields that it does not state stay empty."""
    slot = announced.slot
    day = slot.on if slot else announced.when.on
    return {
        "series": series,
        "title": announced.title[:300],
        "reference": govuk.suggest_reference(announced),
        "precision": slot.precision if slot else Precision.EXACT,
        "planned_on": day,
        "planned_at": slot.at if slot else None,
        "status": announced.state,
    }

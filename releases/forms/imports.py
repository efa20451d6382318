"""The forms of imports, from files and from GOV.UK, and of exports."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.detection.announcement import Announced, Announcing
from releases.forms.base import ClockTimeField, GovukDateField, LongTextField, PrecisionField, Question, helper_of
from releases.imports import govuk
from releases.models import Producer, Series
from releases.overview import Selection
from releases.rules import tables, web_address
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Status
from releases.rules.table import MOST_BYTES, MOST_ROWS, NotATableError

DAYS = ["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y"]


class UploadForm(forms.Form):
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
        file: File[bytes] = self.cleaned_data["file"]
        try:
            tables.check_table_size(file.size or 0, name=file.name or "")
        except NotATableError as error:
            raise forms.ValidationError(str(error)) from error
        return file


class ConfirmForm(forms.Form):
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
        self.is_valid()
        return Selection(**{name: value for name, value in self.cleaned_data.items() if value})


MOST_WORDS = 2000


class AnnouncementForm(forms.Form):
    use_required_attribute = False

    url = forms.CharField(
        label=lazy("Address of the announcement"),
        help_text=lazy("For example, https://www.gov.uk/government/statistics/announcements/rain-june-2026"),
        max_length=1000,
        error_messages={"required": lazy("Paste the address of the announcement")},
        widget=forms.URLInput,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of(Question("url", size="s"), button=_("Read the announcement"))

    def clean_url(self) -> str:
        """Return the address as browsers show it, without what people copy with it: no query, and a scheme."""
        pasted = str(self.cleaned_data["url"]).partition("?")[0]
        try:
            return web_address.parse_address(pasted if "://" in pasted else f"https://{pasted}").url
        except web_address.NotAWebAddressError as error:
            raise ValidationError(f"{error}.") from error


class ReleaseToCheckForm(forms.Form):
    use_required_attribute = False

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
            (Announcing.PROVISIONAL, lazy("Provisional: nobody outside sees it here")),
            (Announcing.CONFIRMED, lazy("Confirmed, and announced in the public calendar at once")),
        ],
        widget=forms.RadioSelect,
    )
    reason = LongTextField(
        label=lazy("Reason for short notice (optional)"),
        help_text=lazy(
            "Needed where it is confirmed less than four weeks ahead. Kept in our own record; it is not published."
        ),
        required=False,
        max_length=MOST_WORDS,
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
        """Ask.

        :param series: those of which the person keeps the calendar.
        """
        super().__init__(data, **kwargs)
        self.fields["series"].queryset = series  # type: ignore[attr-defined]  # a field of model choices
        hints = {"month": _("The day is not shown."), "two_months": _("The month of the date, and the one after it.")}
        self.helper = helper_of(
            "seen",
            Question("series", size="s"),
            Question("title", size="s"),
            Question("reference", size="s"),
            Question("precision", size="s", hints=hints),
            Question("planned_on", size="s"),
            Question("planned_at", size="s", css_class="govuk-input--width-5"),
            Question("status", size="s"),
            Question("reason", size="s"),
            Question("page", size="s"),
            Question("marker", size="s"),
            button=_("Record this release"),
        )

    def clean_page(self) -> str:
        """Require an address that may be fetched, if any."""
        url = str(self.cleaned_data["page"])
        try:
            return web_address.parse_address(url).url if url else ""
        except web_address.NotAWebAddressError as error:
            raise ValidationError(f"{error}.") from error

    def slot(self) -> Slot:
        """Return the date as typed; a vague one has no time."""
        precision = Precision(self.cleaned_data["precision"])
        at = self.cleaned_data["planned_at"] if precision is Precision.EXACT else None
        return Slot(on=self.cleaned_data["planned_on"], at=at, precision=precision)


def initial_release(announced: Announced, *, series: Series | None) -> dict[str, Any]:
    """Fill the release in as it is announced; what the announcement leaves open stays open.

    :param series: the one whose release it seems to be.
    """
    slot = announced.slot
    day = slot.on if slot else announced.when.on
    return {
        "series": series,
        "title": announced.title[:300],
        "reference": govuk.reference_for(announced),
        "precision": slot.precision if slot else Precision.EXACT,
        "planned_on": day,
        "planned_at": slot.at if slot else None,
        "status": announced.state,
    }

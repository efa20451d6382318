"""Releases in the admin site: the list with its filters, and a release with its addresses."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Exists, OrderBy, OuterRef, Q, QuerySet, Subquery, When
from django.http import HttpRequest, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases import corrections, overview, permissions, planner, readiness, scheduling
from releases.admin import actions
from releases.admin.access import (
    CLOCK_INPUT,
    HistoryAdmin,
    PlainLabels,
    RefusalMessagesAdmin,
    SearchSelect,
    UnlabelledInput,
)
from releases.early_findings import mask_present_verdicts
from releases.forms import ClockTimeField, add_refusal, build_slot, clean_address, clean_reason_field
from releases.models import Address, Contact, DateChange, DateChangeRequest, Release, Series
from releases.models.release import ReleaseQuerySet, is_over
from releases.overview import Concern
from releases.permissions import Action, roles_of
from releases.planner import Suggestion
from releases.probe.adapters import ADAPTERS
from releases.readiness import ReleaseWarning
from releases.rules import calendar as rules_calendar
from releases.rules.calendar import STANDARD_RELEASE_TIME, Precision, Slot
from releases.rules.departure import NO_GROUNDS, Grounds
from releases.rules.lifecycle import CHANGE_DATE, RELEASE, TO_COME, ChangedMeanwhile, MoveRefused, Status
from releases.rules.parts import LONGEST_FOLLOW_MINUTES
from releases.rules.public_calendar import PublicStatus
from releases.scheduling import PlannedAddress
from releases.text import calendar as text_calendar
from releases.text.pre_release import ON_MONDAYS, monday_sentence
from releases.text.release import OUTCOMES, name_outcome
from releases.verdict.address import Outcome

# The label, the first day and the last day of each period. Days are counted from today in London.
SPANS = {
    "yesterday": (lazy("Yesterday"), -1, -1),
    "today": (lazy("Today"), 0, 0),
    "tomorrow": (lazy("Tomorrow"), 1, 1),
    "past-week": (lazy("Past 7 days"), -7, -1),
    "next-week": (lazy("Next 7 days"), 0, 6),
    "next-four-weeks": (lazy("Next 4 weeks"), 0, 27),
}
LACKS = {
    "page": (lazy("No web page"), Q(has_page=False)),
    "contact": (lazy("No contact"), Q(series__responsible=None)),
    "head": (lazy("No Head of Profession"), Q(series__head_of_profession=None)),
}
NOT_CHECKED = "none"

type Choices = list[tuple[str, Any]]


def find_suggestion(request: HttpRequest) -> Suggestion | None:
    """Return the suggestion that fills in the form for a new release, or None if there is no suggestion.

    If the query string has the primary key of a release as `like`, suggest a release that follows this release. If the
    query string has the primary key of a series as `series`, suggest the next release of this series. Ignore a release
    or series that the person may not edit.
    """
    known: dict[str, Suggestion | None] = request.META.setdefault("releases.admin.suggestion", {})
    if "suggestion" not in known:
        own = permissions.producers_where(request.user, Action.EDIT)
        series = Series.objects.filter(pk=_key(request.GET.get("series")) or 0, producer__in=own)
        source = Release.objects.filter(pk=_key(request.GET.get("like")) or 0, series__producer__in=own)
        found = None
        if release := source.select_related("series__producer").first():
            found = planner.suggest_like(release)
        elif one := series.select_related("producer", "responsible", "head_of_profession").first():
            found = planner.suggest_next(one, now=timezone.now())
        known["suggestion"] = found
    return known["suggestion"]


class AttentionFilter(admin.SimpleListFilter):
    """Filters releases by a reason for attention. The warnings on the index page and the dashboard use this filter."""

    title = lazy("needs attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(concern.value, text_calendar.TITLES[concern]) for concern in Concern]

    def queryset(self, request: HttpRequest, queryset: ReleaseQuerySet) -> QuerySet[Release]:  # type: ignore[override]  # releases only
        chosen = self.value()
        if chosen not in set(Concern):
            return queryset
        return overview.releases_of_concern(queryset, Concern(chosen), now=timezone.now())


class LacksFilter(admin.SimpleListFilter):
    title = lazy("missing")
    parameter_name = "lacks"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(name, words) for name, (words, _) in LACKS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        chosen = self.value()
        return queryset.filter(LACKS[chosen][1], status__in=TO_COME) if chosen in LACKS else queryset


class DayFilter(admin.SimpleListFilter):
    """Filters releases by day in London. If a day is selected, releases without an exact date are left out."""

    title = lazy("day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(name, words) for name, (words, _, _) in SPANS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        if self.value() not in SPANS:
            return queryset
        today = rules_calendar.local_date(timezone.now())
        _, first, last = SPANS[self.value() or ""]
        days = (today + timedelta(days=first), today + timedelta(days=last))
        return queryset.filter(due_at__isnull=False, planned_on__range=days)


class StatusFilter(admin.SimpleListFilter):
    title = lazy("status")
    parameter_name = "status__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(status.value, text_calendar.STATUSES[PublicStatus(status)][0]) for status in Status]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class RehearsalFilter(admin.SimpleListFilter):
    title = lazy("rehearsals")
    parameter_name = "rehearsal__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("0", lazy("Hide rehearsals")), ("1", lazy("Rehearsals only"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        return queryset.filter(rehearsal=self.value() == "1") if self.value() in {"0", "1"} else queryset


class VerdictFilter(admin.SimpleListFilter):
    title = lazy("release check")
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        outcomes: Choices = [(outcome.value, name_outcome(outcome)) for outcome in Outcome]
        return [*outcomes, (NOT_CHECKED, lazy("Not checked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        chosen = self.value()
        if chosen == NOT_CHECKED:
            return queryset.filter(~Exists(mask_present_verdicts()))
        return queryset.filter(Exists(mask_present_verdicts().filter(shown=chosen))) if chosen else queryset


class MonthFilter(admin.SimpleListFilter):
    title = lazy("month")
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        planned = overview.visible_releases(request.user).order_by("planned_on").values_list("planned_on", flat=True)
        first, last = planned.first(), planned.last()
        if first is None or last is None:
            return []
        numbers = range(last.year * 12 + last.month - 1, first.year * 12 + first.month - 2, -1)
        months = [date(number // 12, number % 12 + 1, 1) for number in numbers]
        return [(f"{month:%Y-%m}", rules_calendar.format_month(month)) for month in months]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        try:
            first = date.fromisoformat(f"{self.value()}-01")
        except ValueError:
            return queryset
        return queryset.filter(planned_on__year=first.year, planned_on__month=first.month)


class ProducerFilter(admin.SimpleListFilter):
    title = lazy("producer")
    parameter_name = "producer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        own = permissions.producers_where(request.user, Action.VIEW)
        return [(str(key), name) for key, name in own.values_list("pk", "name")]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1 or bool(self.value())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        chosen = _key(self.value())
        return queryset if chosen is None else queryset.filter(series__producer=chosen)


class SeriesFilter(admin.SimpleListFilter):
    title = lazy("series")
    parameter_name = "series"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        own = Series.objects.filter(producer__in=permissions.producers_where(request.user, Action.VIEW))
        producer = _key(request.GET.get(ProducerFilter.parameter_name))
        if producer is not None:
            own = own.filter(producer=producer)
        return [(str(key), title) for key, title in own.values_list("pk", "title")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        chosen = _key(self.value())
        return queryset if chosen is None else queryset.filter(series=chosen)


def _key(value: str | None) -> int | None:
    # Ignore numbers of 19 digits or more, because they may not fit in a primary key column.
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 19 else None


EMPTY = SafeString('<span class="office-nothing">–</span>')


class ReleaseList(ChangeList):
    @property
    def preserved_params(self) -> list[tuple[str, str]]:
        """The query parameters that do not belong to a filter or the search, such as the order.

        The form with the filters sends these parameters again.
        """
        own_names = {
            SEARCH_VAR,
            *(name for spec in self.filter_specs for name in spec.expected_parameters() if name),
        }
        return [
            (name, value) for name, values in self.filter_params.items() if name not in own_names for value in values
        ]


def _tags(tags: list[tuple[str, Any]]) -> SafeString:
    return format_html_join(" ", '<span class="office-tag office-tag--{}">{}</span>', tags)


# Maps the field names in refusals to the field names of the form.
FIELDS_OF_A_CHANGE = {"planned_on": "new_on", "planned_at": "new_at", "exact_date": "new_on", "reason": "reason"}


class DatedForm(forms.ModelForm[Release]):
    """A form with a date. It warns once if the date is unusual, and has fields for OSR's agreement."""

    osr_reference = forms.CharField(
        label=lazy("Reference of OSR’s agreement"),
        required=False,
        max_length=100,
        help_text=lazy(
            "You need OSR’s agreement if the release is at a weekend or is not at the usual time of the series."
        ),
    )
    osr_agreed_on = forms.DateField(label=lazy("Date of OSR’s agreement"), required=False, widget=AdminDateWidget)
    # The day that the person wants to use despite the warning.
    use_day = forms.CharField(required=False, widget=UnlabelledInput, label=lazy("Use this date anyway"))

    class Meta:
        model = Release
        fields = ()

    @property
    def grounds(self) -> Grounds:
        given = self.cleaned_data
        return Grounds(given["osr_reference"], given["osr_agreed_on"], given.get("bank_holiday_reason", ""))

    def warn_about_day(
        self, slot: Slot, series: Series, *, field: str, change_warnings: Iterable[ReleaseWarning] = ()
    ) -> None:
        """Add an error if the date is unusual, unless the person has already seen and accepted the warning.

        There is no warning about the day of the week if the person gives grounds for an exception.

        :param change_warnings: the warnings about a new date of a release.
        """
        warnings = [*change_warnings]
        if self.grounds == NO_GROUNDS:
            warnings += readiness.find_day_warnings(slot, series)
        found = [text_calendar.warning_sentence(each) for each in warnings]
        day = slot.on.isoformat()
        if not found or self.cleaned_data.get("use_day") == day:
            return
        advice = _("Choose another date, or select ‘Use this date anyway’.")
        self.add_error(field, f"{'. '.join(found)}. {advice}")
        self.fields["use_day"].widget = forms.CheckboxInput(attrs={"value": day}, check_test=lambda value: False)


class SeriesSelect(SearchSelect):
    """A select box for a series, with a button that fills in the form from the selected series."""

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        button = render_to_string("admin/releases/release/fill_in.html")
        return format_html("{}{}", super().render(*args, **kwargs), button)


AGREEMENT = ("osr_reference", "osr_agreed_on")
PEOPLE = ("responsible", "head_of_profession")


class NewReleaseForm(DatedForm):
    """The form for a new release.

    If the series has no contact or no Head of Profession, the form asks for them.
    """

    responsible = forms.ModelChoiceField(
        label=lazy("Contact"),
        queryset=Contact.objects.none(),
        required=False,
        help_text=lazy("This series has no contact. Your choice applies to all releases of the series."),
    )
    head_of_profession = forms.ModelChoiceField(
        label=lazy("Head of Profession"),
        queryset=Contact.objects.none(),
        required=False,
        help_text=lazy("This series has no Head of Profession. Your choice applies to all releases of the series."),
    )

    class Meta:
        model = Release
        fields = (
            "series",
            "title",
            "welsh_title",
            "reference",
            "planned_on",
            "planned_at",
            "precision",
            "rehearsal",
            "screenshots",
        )
        labels = {
            "series": lazy("Series"),
            "title": lazy("Title"),
            "welsh_title": lazy("Title in Welsh (optional)"),
            "planned_on": lazy("Date"),
            "planned_at": lazy("Time (London)"),
            "precision": lazy("What do you know about the date?"),
            "rehearsal": lazy("This is a rehearsal"),
            "screenshots": lazy("Take screenshots"),
        }
        help_texts = {
            "reference": lazy("Use letters, numbers and hyphens. It becomes part of the web address of this release."),
            "planned_on": ON_MONDAYS,
            "planned_at": lazy("For example, 9:30am"),
            "rehearsal": lazy("We check a rehearsal like any other release. Readers never see it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["precision"].choices = PRECISIONS  # type: ignore[attr-defined]  # a field of choices
        series = self._chosen_series()
        for name in PEOPLE:
            if series is None or getattr(series, f"{name}_id"):
                self.fields[name].widget = UnlabelledInput()
                self.initial.pop(name, None)  # the value was typed for another series
            else:
                field: Any = self.fields[name]
                field.queryset = series.producer.contacts.all()

    def _chosen_series(self) -> Series | None:
        key = _key(str(self["series"].value() or ""))
        field: Any = self.fields["series"]
        return field.queryset.filter(pk=key).select_related("producer").first() if key else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {"series", "planned_on", "planned_at", "precision", *AGREEMENT} <= cleaned.keys():
            try:
                scheduling.check_new_slot(
                    cleaned["series"],
                    slot=self.slot,
                    at=timezone.now(),
                    rehearsal=cleaned["rehearsal"],
                    grounds=self.grounds,
                )
            except MoveRefused as refusal:
                add_refusal(self, refusal)
            else:
                if not cleaned["rehearsal"]:
                    self.warn_about_day(self.slot, cleaned["series"], field="planned_on")
        return cleaned

    @property
    def slot(self) -> Slot:
        return build_slot(self.cleaned_data)

    @property
    def people(self) -> dict[str, Contact]:
        """The contact and the Head of Profession to save for the series, if the person was asked for them."""
        return {name: self.cleaned_data[name] for name in PEOPLE if self.cleaned_data.get(name)}


TYPED = (*NewReleaseForm.Meta.fields[1:], *AGREEMENT, *PEOPLE)
"""Fields of the form for a new release.

If the form is filled in from a series, the values that a person typed in these fields are not overwritten.
"""


PRECISIONS = [
    (Precision.EXACT.value, lazy("The day and the time")),
    (Precision.MONTH.value, lazy("The month")),
    (Precision.TWO_MONTHS.value, lazy("2 months: the month of the date and the month after it")),
]


class ReleaseForm(DatedForm):
    user: Any = None
    new_slot: Slot | None = None

    new_on = forms.DateField(label=lazy("New date"), required=False, widget=AdminDateWidget)
    new_at = ClockTimeField(
        label=lazy("New time (London)"),
        required=False,
        widget=CLOCK_INPUT,
        help_text=lazy("For example, 9:30am"),
    )
    new_precision = forms.ChoiceField(
        label=lazy("What do you know about the date?"), required=False, choices=PRECISIONS
    )
    reason = forms.CharField(
        label=lazy("Reason for the change"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=lazy("Required for a confirmed date. We publish the reason for a confirmed date only."),
    )
    bank_holiday_reason = forms.CharField(
        label=lazy("Reason for a release on a bank holiday"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=lazy("Only the Head of Profession or a deputy can give this reason. We publish it."),
    )
    seen_version = forms.IntegerField(required=False, widget=UnlabelledInput)
    # The digest of the details that the page shows.
    seen_details = forms.CharField(required=False, widget=UnlabelledInput)

    class Meta:
        model = Release
        fields = ("title", "welsh_title", "reference", "screenshots")
        labels = {
            "title": lazy("Title"),
            "welsh_title": lazy("Title in Welsh (optional)"),
            "reference": lazy("Reference"),
            "screenshots": lazy("Take screenshots"),
        }
        help_texts = {"reference": lazy("You cannot change it once the release is announced.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen_version"] = self.instance.schedule_version
        self.initial["seen_details"] = corrections.digest_details(self.instance)
        self.initial["new_precision"] = self.instance.precision
        if "new_on" in self.fields and not self.instance.rehearsal:
            self.fields["new_on"].help_text = monday_sentence(self.instance.series)

    def clean_reason(self) -> str:
        return clean_reason_field(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        try:
            corrections.check_details(self.instance, seen=cleaned.get("seen_details", ""))
        except ChangedMeanwhile as refusal:
            add_refusal(self, refusal)
            return cleaned
        needed = {"new_on", "new_at", "new_precision", "reason", "seen_version", *AGREEMENT, "bank_holiday_reason"}
        if needed <= cleaned.keys():
            try:
                self._check_change()
            except MoveRefused as refusal:
                add_refusal(self, refusal, FIELDS_OF_A_CHANGE)
        return cleaned

    def _check_change(self) -> None:
        given = self.cleaned_data
        self.new_slot = scheduling.choose_slot(
            self.instance.slot,
            on=given["new_on"],
            at=given["new_at"],
            precision=Precision(given["new_precision"] or self.instance.precision),
            usual_time=self.instance.series.release_time,
        )
        if self.new_slot or given["reason"] or self.grounds != NO_GROUNDS:
            roles = roles_of(self.user, self.instance.series.producer)
            scheduling.prepare_date_change(self.instance, roles=roles, at=timezone.now(), **self.change)
        if self.new_slot and not self.instance.rehearsal:
            (warnings,) = readiness.find_change_warnings([(self.instance, self.new_slot)])
            self.warn_about_day(self.new_slot, self.instance.series, field="new_on", change_warnings=warnings)

    @property
    def change(self) -> dict[str, Any]:
        return {
            "to": self.new_slot or self.instance.slot,
            "reason": self.cleaned_data["reason"],
            "expected_version": self.cleaned_data["seen_version"] or 0,
            "grounds": self.grounds,
        }


class AddressForm(PlainLabels, forms.ModelForm[Address]):
    adapter = forms.ChoiceField(
        label=lazy("Type of website"),
        choices=actions.WEBSITE_CHOICES,
        initial="page",
        error_messages={
            "invalid_choice": format_lazy(
                lazy("Select one of these types of website: {names}"), names=", ".join(sorted(ADAPTERS))
            )
        },
    )

    may_follow_minutes = forms.IntegerField(
        label=lazy("May follow within (minutes)"),
        required=False,
        initial=0,
        min_value=0,
        max_value=LONGEST_FOLLOW_MINUTES,
        help_text=lazy(
            "This part may be published up to this many minutes after the release time. Enter 0 if it is due at the "
            "release time."
        ),
        error_messages={"max_value": lazy("Enter up to 1440 minutes (24 hours).")},
    )

    class Meta:
        model = Address
        fields = scheduling.ADDRESS_COLUMNS
        widgets = {
            "url": forms.URLInput(attrs={"size": 40}),
            "marker": forms.TextInput(attrs={"size": 22}),
        }

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        clean_address(url)
        return url

    def clean(self) -> dict[str, Any]:
        """Make announcements optional, because they are only evidence and no verdict depends on them."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("role") == Address.Role.ANNOUNCEMENT:
            cleaned["required"] = False
        valid = {name: cleaned[name] for name in self.Meta.fields if name in cleaned}
        for refusal in PlannedAddress(**{"url": "", **valid}).find_part_faults():
            add_refusal(self, refusal)
        return cleaned

    def clean_may_follow_minutes(self) -> int:
        """Return 0 if the field is empty. The part is then due at the release time."""
        return self.cleaned_data["may_follow_minutes"] or 0

    @property
    def planned(self) -> PlannedAddress:
        return PlannedAddress(**{name: self.cleaned_data[name] for name in self.Meta.fields})


def read_rows(data: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Return a dict that maps row numbers to the address rows in a form or a query string."""
    numbers = [int(found[1]) for name in data if (found := re.fullmatch(r"addresses-([0-9]{1,2})-url", name))]
    return {
        number: {name: data.get(f"addresses-{number}-{name}", "") for name in AddressForm.Meta.fields}
        for number in numbers
    }


def suggest_rows(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the addresses of the suggested release, as initial rows of the form."""
    suggestion = find_suggestion(request)
    return [asdict(planned) for planned in suggestion.addresses] if suggestion else []


def initial_rows(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the initial address rows for a new release: the typed rows and the suggested rows, pages first.

    A typed row replaces a suggested row with the same address. A typed page replaces a suggested page of the same part.
    """
    typed = [row for row in read_rows(request.GET).values() if row["url"].strip()]
    urls = {row["url"] for row in typed}
    pages = {row["part"] for row in typed if row["role"] == Address.Role.PAGE}
    suggested = [
        row
        for row in suggest_rows(request)
        if row["url"] not in urls and not (row["role"] == Address.Role.PAGE and row["part"] in pages)
    ]
    return sorted([*suggested, *typed], key=lambda row: row["role"] != Address.Role.PAGE)


class AddressFormSet(forms.BaseInlineFormSet[Address, Release, forms.ModelForm[Address]]):
    def clean(self) -> None:
        super().clean()
        remaining = [form for form in self.forms if form not in self.deleted_forms and form.is_valid()]
        roles = [form.cleaned_data.get("role") for form in remaining]
        if roles.count(Address.Role.ANNOUNCEMENT) > 1:
            raise ValidationError(_("A release can have only one announcement."))
        required = [form.cleaned_data for form in remaining if form.cleaned_data.get("required")]
        if required and all(one.get("may_follow_minutes") for one in required):
            raise ValidationError(_("At least one part must be live at the release time. Enter 0 minutes for it."))


CHANGE = {
    "fields": (
        ("new_on", "new_at", "new_precision"),
        "use_day",
        "reason",
        AGREEMENT,
        "bank_holiday_reason",
        "seen_version",
    ),
    "description": lazy("Leave this empty if the date does not change. We record each change and its reason."),
}
FACTS = ("status_tag", "verdict_tag", "planned_for", "milestones")


class AddressInline(admin.StackedInline[Address, Release]):
    """The addresses of a release.

    Once the release is due, its addresses cannot change, because the verdict depends on them. Rehearsals are an
    exception.
    """

    model = Address
    form = AddressForm
    formset = AddressFormSet
    fields = ("url", ("marker", "role"), ("adapter", "required"), ("part", "may_follow_minutes"))

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj else max(1, len(initial_rows(request)))

    def _open(self, request: HttpRequest, release: Any) -> bool:
        if release is None:
            return True
        mine = permissions.may(request.user, Action.EDIT, release.series.producer)
        return mine and not corrections.are_addresses_fixed(release, now=timezone.now())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open(request, obj)


@admin.register(Release)
class ReleaseAdmin(actions.ReleaseMovesAdmin, HistoryAdmin[Release], RefusalMessagesAdmin[Release]):
    producer_path = "series__producer"
    autocomplete_fields = ("series",)
    inlines = (AddressInline,)
    actions = (
        actions.confirm,
        actions.announce,
        actions.move_dates,
        actions.cancel,
        actions.set_addresses,
        actions.plan_next_year,
        actions.ask_preflight,
        *actions.EXPORTS,
    )
    list_display = ("release", "planned_for", "status_tag", "verdict_tag", "notice", "lacks", "producer")
    list_display_links = ("release",)
    # Without it, the header of the column *date* would say that the list is sorted by it. See `get_ordering`.
    ordering = ("reference",)
    list_filter = (
        AttentionFilter,
        LacksFilter,
        StatusFilter,
        DayFilter,
        MonthFilter,
        ProducerFilter,
        SeriesFilter,
        VerdictFilter,
        RehearsalFilter,
    )
    list_select_related = ("series__producer",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    date_hierarchy = "planned_on"
    search_fields = ("reference", "title", "series__title", "series__producer__name")

    def get_ordering(self, request: HttpRequest) -> tuple[OrderBy | str, ...]:
        """Sort the releases of today and later first, the earliest of them first, and then the others, latest first."""
        over = is_over(rules_calendar.local_date(timezone.now()))
        to_come, past = Case(When(over, then=None), default="planned_on"), Case(When(over, then="planned_on"))
        return to_come.asc(nulls_last=True), past.desc(nulls_last=True), "reference"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ReleaseList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        page = Address.objects.filter(release=OuterRef("pk"), role=Address.Role.PAGE)
        # Use a subquery instead of a join, so that counting all rows reads no verdicts.
        verdict = Subquery(mask_present_verdicts().values("shown")[:1])
        agreed = DateChange.objects.filter(release=OuterRef("pk"), agreed_at__isnull=False).order_by("-agreed_at")
        mine = super().get_queryset(request).select_related("series__producer")
        return mine.annotate(
            verdict=verdict, has_page=Exists(page), last_agreed_at=Subquery(agreed.values("agreed_at")[:1])
        )

    @admin.display(description=lazy("release"), ordering="title")
    def release(self, release: Release) -> SafeString:
        return format_html('{}<br><span class="office-quiet">{}</span>', release.title, release.reference)

    @admin.display(description=lazy("producer"), ordering="series__producer__name")
    def producer(self, release: Release) -> str:
        return release.series.producer.name

    @admin.display(description=lazy("date"), ordering="planned_on")
    def planned_for(self, release: Release) -> str:
        return str(release.slot)

    @admin.display(description=lazy("status"), ordering="status")
    def status_tag(self, release: Release) -> SafeString:
        label, colour = text_calendar.STATUSES[PublicStatus(release.status)]
        tags = [(colour, label)]
        if release.rehearsal:
            tags.append(("teal", lazy("Rehearsal")))
        elif release.announced_at is None:
            tags.append(("grey", lazy("Not announced")))
        return _tags(tags)

    @admin.display(description=lazy("release check"), ordering="verdict")
    def verdict_tag(self, release: Any) -> str:
        if not release.verdict or release.verdict == Outcome.PENDING:
            return EMPTY
        label, colour = OUTCOMES[Outcome(release.verdict)]
        return _tags([(colour, label)])

    @admin.display(description=lazy("notice"))
    def notice(self, release: Any) -> str:
        """Show how many days of notice readers got of the present date of a release.

        If the release is not confirmed, count from today. Show no notice for rehearsals, cancelled releases and
        releases without an exact date.
        """
        if release.due_at is None or release.status == Status.CANCELLED or release.rehearsal:
            return EMPTY
        given = scheduling.notice_of_present_date(release, agreed_at=release.last_agreed_at)
        notice = given or scheduling.notice_of(release, given_at=timezone.now())
        if notice.days < 0:
            return EMPTY
        counted = ngettext("%(days)s day’s notice", "%(days)s days’ notice", notice.days) % {"days": notice.days}
        return _tags([("orange", counted)]) if notice.is_short else counted

    @admin.display(description=lazy("missing"))
    def lacks(self, release: Any) -> str:
        if release.status not in TO_COME:
            return EMPTY
        missing = (
            (release.has_page, _("No web page")),
            (release.series.responsible_id, _("No contact")),
            (release.series.head_of_profession_id, _("No Head of Profession")),
        )
        return _tags([("orange", name) for there, name in missing if not there]) or EMPTY

    @admin.display(description=lazy("progress"))
    def milestones(self, release: Release) -> str:
        dated = (
            (_("announced"), release.announced_at),
            (_("confirmed"), release.confirmed_at),
            (_("published"), release.published_at),
            (_("cancelled"), release.cancelled_at),
        )
        reached = sorted((at, words) for words, at in dated if at)
        lines = [(words.capitalize(), rules_calendar.format_moment(at)) for at, words in reached]
        if release.cancellation_reason:
            lines.append((_("Reason"), release.cancellation_reason))
        return format_html_join("", "<div>{}: {}</div>", lines) or EMPTY

    def has_preflight_permission(self, request: HttpRequest) -> bool:
        return self.may(request, Action.PREFLIGHT)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            exception = (_("Exceptions: another time or a weekend"), {"fields": (AGREEMENT,), "classes": ("collapse",)})
            what = (
                "series",
                "title",
                "welsh_title",
                "reference",
                ("planned_on", "planned_at", "precision"),
                "use_day",
                *PEOPLE,
            )
            return ((None, {"fields": (*what, "rehearsal", "screenshots")}), exception)
        current = (None, {"fields": (FACTS[:3], *FACTS[3:])})
        rehearsal = ("rehearsal",) if obj.rehearsal else ()
        seen = ("seen_details",) if self.has_change_permission(request, obj) else ()
        details = ("series", "title", "welsh_title", "reference", *rehearsal, "screenshots", *seen)
        facts = (_("Details"), {"fields": details})
        roles = permissions.roles_of(request.user, obj.series.producer)
        if CHANGE_DATE in RELEASE.available(source=obj.status, roles=roles):
            return (current, facts, (_("Change the date"), CHANGE))
        return (current, facts)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("series", "rehearsal", *FACTS, *(("reference",) if obj.announced_at else ()))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        form = super().get_form(request, obj, change, **kwargs, form=ReleaseForm if obj else NewReleaseForm)
        form.user = request.user  # ReleaseForm checks whether this person may change the date
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the suggested values for a new release. Values that the person typed replace suggested values."""
        return self._suggest_fields(request) | {name: request.GET[name] for name in TYPED if request.GET.get(name)}

    def _suggest_fields(self, request: HttpRequest) -> dict[str, Any]:
        suggestion = find_suggestion(request)
        if suggestion is None:
            return {"planned_at": STANDARD_RELEASE_TIME}
        return {
            "series": suggestion.series.pk,
            "title": suggestion.title,
            "reference": suggestion.reference,
            "planned_on": suggestion.slot.on,
            "planned_at": suggestion.slot.at or suggestion.series.release_time,
            "precision": suggestion.slot.precision,
        }

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        # Set no initial rows for a posted form. Django saves only rows that differ from their initial values, so it
        # would not save unchanged suggestions.
        if request.method == "GET" and not obj.pk:
            kwargs["initial"] = initial_rows(request)
        return kwargs

    def _find_typed(self, request: HttpRequest) -> dict[str, str]:
        """Return the values that the person typed, without values that the page filled in.

        The keys are the names of the fields in the form. If the person changed a field of an address row, all fields of
        the row are returned. Empty fields of the release are left out, so that the suggestion fills them in.
        """
        form = self.get_form(request)(request.POST, initial=self._suggest_fields(request))
        typed = {name: request.POST.get(name, "") for name in TYPED if name in form.changed_data}
        typed = {name: value for name, value in typed.items() if value.strip()}
        suggested = dict(enumerate(suggest_rows(request)))
        for number, row in read_rows(request.POST).items():
            prefix = f"addresses-{number}"
            if AddressForm(request.POST, prefix=prefix, initial=suggested.get(number)).has_changed():
                typed |= {f"{prefix}-{name}": value for name, value in row.items()}
        return typed

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "POST" and "_fill" in request.POST:
            query = {"series": request.POST.get("series", ""), **self._find_typed(request)}
            return HttpResponseRedirect(f"{request.path}?{urlencode(query)}")
        return super().add_view(
            request,
            form_url,
            {"suggestion": find_suggestion(request), "title": _("Add a release"), **(extra_context or {})},
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["widget"] = SeriesSelect(db_field, self.admin_site)
        own = permissions.producers_where(request.user, Action.EDIT)
        kwargs["queryset"] = Series.objects.filter(producer__in=own)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Release, form: Any, change: bool) -> None:  # noqa: FBT001
        user: Any = request.user
        now = timezone.now()
        if not change:
            new = {name: form.cleaned_data[name] for name in ("reference", "title", "welsh_title", "rehearsal")}
            permissions.check_may(user, Action.EDIT, obj.series.producer)
            obj.pk = scheduling.record_release(
                obj.series, slot=form.slot, by=user, at=now, grounds=form.grounds, **new
            ).pk
            corrections.name_people(obj.series, by=user, **form.people)
            corrections.choose_screenshots(obj, wanted=form.cleaned_data["screenshots"], by=user, at=now)
        else:
            corrections.choose_screenshots(obj, wanted=form.cleaned_data["screenshots"], by=user, at=now)
            names = {name: getattr(obj, name) for name in ("title", "welsh_title", "reference")}
            corrections.correct_release(obj, by=user, at=now, **names)
            if form.new_slot:
                scheduling.change_date(obj, by=user, at=now, **form.change)
        obj.refresh_from_db()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001
        user: Any = request.user
        now = timezone.now()
        formset.save(commit=False)
        for row in formset.forms:
            if row.instance in formset.deleted_objects:
                corrections.remove_address(row.instance, by=user, at=now)
            elif row.instance.pk is not None and row.has_changed():
                corrections.change_address(row.instance, row.planned, by=user, at=now)
            elif row.instance in formset.new_objects and change:
                corrections.correct_missing_address(form.instance, row.planned, by=user, at=now)
            elif row.instance in formset.new_objects:
                scheduling.add_address(form.instance, row.planned, at=now)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        to_delete, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        # Do not require permission to delete requests for a date change. They are only deleted together with a release
        # that was never public.
        forbidden -= {DateChangeRequest._meta.verbose_name}
        refusals = [sentence for release in objs if (sentence := actions.objection_to_deletion(release))]
        return to_delete, counts, forbidden, refusals or protected

    def delete_model(self, request: HttpRequest, obj: Release) -> None:
        user: Any = request.user
        corrections.remove_release(obj, by=user, at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> None:
        with transaction.atomic():
            for release in queryset:
                self.delete_model(request, release)

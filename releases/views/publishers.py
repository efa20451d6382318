"""Pages to import releases from GOV.UK or from the ONS release calendar."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from releases.detection.publisher_calendar import CalendarUnreadableError
from releases.forms import GovukForm, LongTextField, PickedDateField, add_refusal
from releases.imports import govuk, publishers, uploads
from releases.imports.publishers import CalendarChoices, PublisherCalendar
from releases.models import Producer
from releases.permissions import Action, producers_where
from releases.probe.adapters import ADAPTERS
from releases.probe.probe import open_adhoc_means
from releases.rules.calendar import local_date
from releases.rules.imports import ImportSource
from releases.rules.lifecycle import FieldRefused, MoveRefused
from releases.rules.tables import NotATableError
from releases.text import imports as text
from releases.views.base import SignedInRequest, post_data

# This time is short, because a person is waiting for the response, and the request occupies a thread of the web server.
# A calendar has up to ten pages.
LONGEST_SECONDS = 20.0
CONFIRM, RECORD = "confirm", "record"


class CalendarForm(GovukForm):
    button = lazy("Read the calendar")
    options = {
        "confirmed": {
            "hints": {
                RECORD: lazy("Readers do not see them until you announce them."),
                CONFIRM: lazy("Readers see them immediately."),
            }
        },
        "create_missing": {"size": ""},
    }

    producer = forms.ModelChoiceField(
        label=lazy("Calendar to add the releases to"),
        queryset=Producer.objects.none(),
        empty_label=lazy("Choose"),
        error_messages={"required": lazy("Select the producer")},
    )
    confirmed = forms.ChoiceField(
        label=lazy("Confirmed releases"),
        choices=[
            (RECORD, lazy("Add as provisional")),
            (CONFIRM, lazy("Confirm and announce in our public calendar")),
        ],
        error_messages={"required": lazy("Select what to do with confirmed releases")},
        widget=forms.RadioSelect,
    )
    reason = LongTextField(
        label=lazy("Reason for short notice (optional)"),
        help_text=lazy(
            "You need a reason if you confirm dates less than 4 weeks ahead. We save it with each of these releases "
            "but do not publish it."
        ),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    create_missing = forms.BooleanField(
        label=lazy("Create a series for each title that does not match an existing series"),
        help_text=lazy(
            "Otherwise we leave out releases that have no series. You can check the new series before you confirm."
        ),
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, producers: QuerySet[Producer]) -> None:
        # If there is only one producer, select it.
        only = producers.first() if producers.count() == 1 else None
        super().__init__(data, initial={"producer": only})
        self.fields["producer"].queryset = producers  # type: ignore[attr-defined]  # a field of model choices

    def find_calendar(self, *, today: date) -> PublisherCalendar:
        """:raises FieldRefused: if the fields do not identify a part of a calendar."""
        raise NotImplementedError


class OrganisationField(forms.CharField):
    """An organisation on GOV.UK. `publishers.find_organisation` parses the value."""

    def __init__(self) -> None:
        super().__init__(
            label=lazy("Organisation on GOV.UK"),
            help_text=lazy(
                "Enter the last part of the organisation’s GOV.UK web address, for example office-for-rain, or the "
                "whole address."
            ),
            max_length=1000,
            error_messages={"required": lazy("Enter the organisation")},
        )


class GovukCalendarForm(CalendarForm):
    organisation = OrganisationField()
    field_order = ("organisation",)

    def find_calendar(self, *, today: date) -> PublisherCalendar:
        return publishers.find_govuk_calendar(self.cleaned_data["organisation"], hosts=govuk.govuk_hosts(), today=today)


class OnsCalendarForm(CalendarForm):
    words = forms.CharField(
        label=lazy("Search words (optional)"),
        help_text=lazy(
            "For example, labour market. You can also enter the web address of a search in the ONS release calendar. "
            "If you enter no dates below, we use the dates of that search."
        ),
        max_length=1000,
        required=False,
    )
    first = PickedDateField(label=lazy("From (optional)"), required=False)
    last = PickedDateField(label=lazy("To (optional)"), required=False)
    field_order = ("words", "first", "last")

    def find_calendar(self, *, today: date) -> PublisherCalendar:
        given = {name: self.cleaned_data[name] for name in ("first", "last")}
        return publishers.find_ons_calendar(
            self.cleaned_data["words"], **given, hosts=publishers.ons_hosts(), today=today
        )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("first") and given.get("last") and given["first"] > given["last"]:
            self.add_error("last", _("The last day must be the same as or after the first day"))
        return given


_FORMS: Mapping[str, type[CalendarForm]] = {ImportSource.GOVUK: GovukCalendarForm, ImportSource.ONS: OnsCalendarForm}


@login_required
@require_http_methods(["GET", "POST"])
def import_publisher_calendar(request: SignedInRequest, source: str) -> HttpResponse:
    """Create an import from a publisher's calendar. A person must confirm the import before our calendar changes."""
    producers = producers_where(request.user, Action.EDIT)
    if source not in _FORMS or not producers:
        raise Http404("There is no such calendar, or this person does not manage one.")
    form = _FORMS[source](post_data(request), producers=producers)
    first_field = next(iter(form.fields))
    if form.is_valid():
        now = timezone.now()
        try:
            calendar = form.find_calendar(today=local_date(now))
            with open_adhoc_means(seconds=LONGEST_SECONDS) as means:
                listed = publishers.fetch_releases(calendar, means=means, now=now)
            choices = CalendarChoices(
                producer=form.cleaned_data["producer"],
                confirms=form.cleaned_data["confirmed"] == CONFIRM,
                short_notice_reason=form.cleaned_data["reason"],
            )
            rows = publishers.make_rows(listed, calendar, choices, by=request.user, adapters=ADAPTERS, now=now)
            new = uploads.upload_file(
                rows,
                name=calendar.name,
                source=calendar.source,
                create_missing=form.cleaned_data["create_missing"],
                by=request.user,
                at=now,
            )
        except CalendarUnreadableError as problem:
            publisher = publishers.PUBLISHERS[ImportSource(source)]
            form.add_error(first_field, text.describe_calendar_problem(problem.problem, publisher=publisher))
        except NotATableError as refusal:
            form.add_error(first_field, str(refusal))
        except FieldRefused as refusal:
            add_refusal(form, refusal)
        except MoveRefused as refusal:
            form.add_error(first_field, str(refusal))
        else:
            return redirect("exchange:import", new.public_id)
    return render(request, "imports/publisher_calendar.html", {"form": form, "source": source})

"""Texts about the columns of a calendar file and the steps of an import."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from releases.detection.publisher_calendar import CalendarProblem
from releases.imports.apply import Creation, CreationKind, ImportOutcome, RowResult, Step, StepKind
from releases.rules.imports import COLUMNS, REQUIRED, ImportSource
from releases.rules.written_dates import DateOrder, OpenDateOrder, describe_date

# The meaning of each column, and an example.
_MEANINGS: dict[str, tuple[Promise, str]] = {
    "reference": (
        lazy(
            "Identifies the release. Use letters, numbers, hyphens and underscores. The reference is part of the web "
            "address of the release’s page. If the reference already exists, the row changes that release. We ignore "
            "rows with the reference “example”."
        ),
        "rain-june-2026",
    ),
    "producer": (lazy("The name of the producer, as in this service."), "Office for Rain"),
    "series": (
        lazy("The title of the series. To add a new series, select ‘Create any new series and contacts in this file’."),
        "Monthly rain",
    ),
    "title": (lazy("The title of the release, as readers will see it."), "Rain in June 2026"),
    "scheduled_for": (
        lazy(
            "Date and London time. Use a spreadsheet date and time, text as in the example, 01/07/2026 09:30, or ISO "
            "8601 with an offset. Write the year in full. If we cannot tell whether the day or the month comes "
            "first, we ask you. If you only know the month, enter any day of it or the year and month, and set "
            "precision."
        ),
        "2026-07-01 09:30",
    ),
    "zone": (lazy("Always Europe/London."), "Europe/London"),
    "precision": (
        lazy(
            "Enter ‘exact’ or leave this empty, or enter ‘month’, or ‘two_months’ for a month and the month after it."
        ),
        "month",
    ),
    "status": (
        lazy(
            "provisional (or empty): readers do not see a new release. confirmed: we confirm the release "
            "and announce it in the public calendar. cancelled: we cancel an existing release, with its "
            "reason, and you cannot undo this. You cannot change a release back to provisional. Exports "
            "can also contain the status ‘published’, which you cannot import."
        ),
        "confirmed",
    ),
    "url": (
        lazy(
            "The web address where you will publish the release. We do not show it to readers until the release "
            "is live."
        ),
        "https://www.example.gov.uk/statistics/rain-june-2026",
    ),
    "marker": (
        lazy("Text on this edition’s page that is not on the last edition’s page. If empty, we use the title."),
        "June 2026",
    ),
    "adapter": (
        lazy(
            "The type of website: page (or empty), govuk for GOV.UK, ons for the ONS, or ees for Explore "
            "education statistics."
        ),
        "govuk",
    ),
    "attachments": (
        lazy("The web addresses of the files, separated by spaces."),
        "https://www.example.gov.uk/rain.ods https://www.example.gov.uk/rain.csv",
    ),
    "announcement": (
        lazy("The web address of the announcement. We save copies as evidence and compare them with this calendar."),
        "https://www.gov.uk/government/statistics/announcements/rain-june-2026",
    ),
    "announcement_adapter": (
        lazy("The type of website of the announcement. If empty, we use the type in the column adapter."),
        "govuk",
    ),
    "responsible_email": (
        lazy("The email address of the contact. If the series already has a contact, it must be the same."),
        "jo.lane@example.gov.uk",
    ),
    "tolerance_seconds": (
        lazy(
            "The tolerance of the series, in seconds. It must match the current value. You cannot change it by import."
        ),
        "120",
    ),
    "rehearsal": (lazy("Enter yes for a rehearsal, which readers do not see. Otherwise leave empty."), "yes"),
    "short_notice_reason": (
        lazy("Why you are confirming a date less than 4 weeks ahead. We save the reason but do not publish it."),
        "The survey was added after a change in the law.",
    ),
    "date_change_reason": (
        lazy(
            "Why the date is changing. Required for a confirmed date. We ask the Head of Profession or a "
            "deputy to agree. Until they do, the date does not change. We then publish the reason. We do "
            "not publish reasons for provisional dates."
        ),
        "The survey data arrived late.",
    ),
    "cancellation_reason": (
        lazy(
            "Why you are cancelling the release. Required with the status cancelled. We publish it if the release is "
            "announced."
        ),
        "The survey was stopped.",
    ),
    "osr_reference": (
        lazy(
            "The reference of OSR’s written agreement, for a weekend or if the time differs from the usual time of "
            "the series. We publish it."
        ),
        "OSR-2026-12",
    ),
    "osr_agreed_on": (lazy("The date of OSR’s written agreement."), "2026-05-11"),
    "bank_holiday_reason": (
        lazy(
            "Why you are confirming a release on a bank holiday. Only the Head of Profession or a deputy "
            "can import this reason. We publish it."
        ),
        "The results are published with those of other countries.",
    ),
}


def column_guide() -> list[dict[str, Any]]:
    """Describe every column. The columns are in the same order as in templates and exports."""
    return [
        {"column": column, "required": column in REQUIRED, "meaning": meaning, "example": example}
        for column in COLUMNS
        for meaning, example in [_MEANINGS[column]]
    ]


OUTCOMES: dict[ImportOutcome, Promise] = {
    ImportOutcome.ADDED: lazy("Added"),
    ImportOutcome.CHANGED: lazy("Changed"),
    ImportOutcome.UNCHANGED: lazy("Unchanged"),
    ImportOutcome.LEFT_OUT: lazy("Not imported"),
    ImportOutcome.REFUSED: lazy("Error"),
}
COLOURS = {
    ImportOutcome.ADDED: "green",
    ImportOutcome.CHANGED: "blue",
    ImportOutcome.UNCHANGED: "grey",
    ImportOutcome.LEFT_OUT: "yellow",
    ImportOutcome.REFUSED: "red",
}

_CALENDAR_PROBLEMS: dict[CalendarProblem, Promise] = {
    CalendarProblem.UNREACHABLE: lazy("We could not read the calendar of %(publisher)s. Try again in a minute."),
    CalendarProblem.ASKED_TO_WAIT: lazy("%(publisher)s is busy. Try again in a few minutes."),
    CalendarProblem.LED_ELSEWHERE: lazy("%(publisher)s redirects to another website, which we do not read."),
    CalendarProblem.UNKNOWN_SHAPE: lazy(
        "We cannot read the calendar of %(publisher)s. Import a file instead, and tell your administrator."
    ),
    CalendarProblem.CHANGED_MEANWHILE: lazy("The calendar of %(publisher)s changed while we read it. Try again."),
}


# Column names in messages about a publisher's calendar. This kind of import has no file, so people have not seen the
# column names of a file.
_COLUMN_NAMES: dict[str, Promise] = {
    "reference": lazy("Reference"),
    "producer": lazy("Producer"),
    "series": lazy("Series"),
    "title": lazy("Title"),
    "scheduled_for": lazy("Date"),
    "status": lazy("Status"),
    "url": lazy("Web page"),
    "announcement": lazy("Announcement"),
    "short_notice_reason": lazy("Reason for short notice"),
    "date_change_reason": lazy("Reason for the date change"),
    "cancellation_reason": lazy("Reason for the cancellation"),
}


def describe_column(column: str, *, source: str) -> str:
    """Return the name of a column for messages about an import.

    If the source is a file, return the column name in the file. A publisher's calendar has no file, so in this case
    return a name in words.
    """
    return column if source == ImportSource.FILE else str(_COLUMN_NAMES.get(column, column))


def describe_calendar_problem(problem: CalendarProblem, *, publisher: str) -> str:
    return str(_CALENDAR_PROBLEMS[problem]) % {"publisher": publisher}


def describe_date_order(question: OpenDateOrder, order: DateOrder) -> str:
    """Describe a date order with an example from the file: "Day first: 03/04/2027 is 3 April 2027"."""
    name = _("Day first") if order is DateOrder.DAY_FIRST else _("Month first")
    example = question.example(order)
    words = {"order": name, "written": example, "day": describe_date(example, order)}
    return _("%(order)s: %(written)s is %(day)s") % words


_STEPS: dict[StepKind, Promise] = {
    StepKind.RECORDED: lazy("added for %(to)s"),
    StepKind.AS_REHEARSAL: lazy("as a rehearsal"),
    StepKind.TITLE_CORRECTED: lazy("title corrected from “%(was)s” to “%(to)s”"),
    StepKind.PAGE_ADDED: lazy("web page %(to)s added"),
    StepKind.PAGE_CORRECTED: lazy("web page corrected from %(was)s to %(to)s"),
    StepKind.ATTACHMENT_ADDED: lazy("attachment %(to)s added"),
    StepKind.ANNOUNCEMENT_ADDED: lazy("announcement %(to)s added"),
    StepKind.ANNOUNCEMENT_CORRECTED: lazy("announcement corrected from %(was)s to %(to)s"),
    StepKind.MOVED: lazy("date changed from %(was)s to %(to)s"),
    StepKind.CHANGE_ASKED: lazy("date change from %(was)s to %(to)s requested"),
    StepKind.CONFIRMED: lazy("confirmed"),
    StepKind.ANNOUNCED: lazy("announced"),
    StepKind.CANCELLED: lazy("cancelled, with the public reason: %(to)s"),
    StepKind.NO_CONTACT: lazy("without a contact"),
    StepKind.NO_HEAD: lazy("without a Head of Profession"),
    StepKind.NOT_A_WORKING_DAY: lazy("not on a working day"),
    StepKind.ACCESS_ON_REST_DAY: lazy("pre-release access opens on %(to)s"),
    StepKind.IMPROBABLE_YEAR: lazy("more than 2 years later, so check the year"),
    StepKind.PASSES_EDITION: lazy("passes another edition of its series, ‘%(to)s’, so check the date"),
}
_CREATIONS: dict[CreationKind, Promise] = {
    CreationKind.PRODUCER: lazy("producer “%(name)s”"),
    CreationKind.SERIES: lazy("series “%(name)s” of %(of)s"),
    CreationKind.CONTACT: lazy("contact %(name)s"),
    CreationKind.RESPONSIBLE: lazy("%(name)s as the responsible contact of %(of)s"),
}


def describe_warning(kind: StepKind, count: int) -> str:
    """Describe a warning about one or more releases of an import, such as "3 releases have no contact."."""
    sentences = {
        StepKind.NO_CONTACT: ngettext(
            "%(count)s release has no contact.", "%(count)s releases have no contact.", count
        ),
        StepKind.NO_HEAD: ngettext(
            "%(count)s release has no Head of Profession.", "%(count)s releases have no Head of Profession.", count
        ),
        StepKind.NOT_A_WORKING_DAY: ngettext(
            "%(count)s release is not on a working day.", "%(count)s releases are not on a working day.", count
        ),
        StepKind.ACCESS_ON_REST_DAY: ngettext(
            "Pre-release access to %(count)s release opens at a weekend or on a bank holiday. Some producers avoid "
            "such dates.",
            "Pre-release access to %(count)s releases opens at a weekend or on a bank holiday. Some producers avoid "
            "such dates.",
            count,
        ),
        StepKind.IMPROBABLE_YEAR: ngettext(
            "%(count)s release would get a date more than 2 years later. Check its year.",
            "%(count)s releases would get dates more than 2 years later. Check their years.",
            count,
        ),
        StepKind.PASSES_EDITION: ngettext(
            "%(count)s release would pass another edition of its series. Check its date.",
            "%(count)s releases would pass other editions of their series. Check their dates.",
            count,
        ),
    }
    return sentences[kind] % {"count": count}


def describe_step(step: Step) -> str:
    return str(_STEPS[step.kind]) % {"was": step.was, "to": step.to}


def describe_creation(creation: Creation) -> str:
    """Describe a new producer, series or contact that an import adds, or the new responsible contact of a series.

    For example: "series “Monthly rain” of Office for Rain".
    """
    return str(_CREATIONS[creation.kind]) % {"name": creation.name, "of": creation.of}


def describe_row(row: RowResult) -> str:
    done = ", ".join(describe_step(step) for step in row.steps) or _("unchanged")
    return f"{row.reference}: {done}"

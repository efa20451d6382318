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
            "What the release is called by: letters, digits, hyphens and underscores. It becomes part of the address "
            "of its page. A row whose reference is there already follows that release; “example” is left out."
        ),
        "rain-june-2026",
    ),
    "producer": (lazy("The name of the organisation, as it is written here."), "Office for Rain"),
    "series": (
        lazy("The title of the series. One that is not known is refused, unless you tick that it be made."),
        "Monthly rain",
    ),
    "title": (lazy("The title of the release, as readers will see it."), "Rain in June 2026"),
    "scheduled_for": (
        lazy(
            "Date and time in London: a cell that holds both, or the text as in the example, or 01/07/2026 09:30, or "
            "an instant of ISO 8601 with its offset. Write the year in full. If the dates of a file can be read with "
            "the day or the month first, we ask you. Where only the month is known, any day of it, or year and month; "
            "say so in precision."
        ),
        "2026-07-01 09:30",
    ),
    "zone": (lazy("Always Europe/London; it is there so that nobody need guess."), "Europe/London"),
    "precision": (
        lazy("How exactly the date is known: exact (or empty), month, or two_months for a month and the one after it."),
        "month",
    ),
    "status": (
        lazy(
            "provisional (or empty): nobody outside sees a new release. confirmed: it is confirmed, and announced in "
            "the public calendar at once. cancelled: a release that is there is cancelled for good, with its reason. A "
            "release never goes back to provisional. Published stands in exports; a file cannot make a release that."
        ),
        "confirmed",
    ),
    "url": (
        lazy("The address of the page where it will stand. It is private until the release is live."),
        "https://www.example.gov.uk/statistics/rain-june-2026",
    ),
    "marker": (
        lazy("Words that this edition’s page shows and the last one’s does not. The title is taken, if this is empty."),
        "June 2026",
    ),
    "adapter": (
        lazy("How the page is read: page (or empty); govuk for GOV.UK, ons for the ONS, ees for the DfE’s statistics."),
        "govuk",
    ),
    "attachments": (
        lazy("The addresses of its files, with spaces between them."),
        "https://www.example.gov.uk/rain.ods https://www.example.gov.uk/rain.csv",
    ),
    "announcement": (
        lazy("The address where it is announced. It is kept as evidence and compared with this calendar."),
        "https://www.gov.uk/government/statistics/announcements/rain-june-2026",
    ),
    "announcement_adapter": (lazy("How the announcement is read; if empty, as the page is."), "govuk"),
    "responsible_email": (
        lazy("The e-mail address of the responsible statistician of the series, if it has none yet."),
        "jo.lane@example.gov.uk",
    ),
    "tolerance_seconds": (
        lazy("The tolerance of the series. It must be the one that it has; a file changes no tolerance."),
        "120",
    ),
    "rehearsal": (lazy("yes for a rehearsal, which nobody outside sees; else empty."), "yes"),
    "short_notice_reason": (
        lazy("Why a date is confirmed less than four weeks ahead. It is kept in our own record and not published."),
        "The survey was added after a change of the law.",
    ),
    "date_change_reason": (
        lazy(
            "Why a date changes. A confirmed date needs it: the Head of Profession or a deputy is asked to agree, the "
            "date stays until then, and readers see the reason afterwards. Of a provisional date it is not published."
        ),
        "The survey came in late.",
    ),
    "cancellation_reason": (
        lazy("Why a release is cancelled, beside the status cancelled. Readers see it."),
        "The survey was stopped.",
    ),
    "osr_reference": (
        lazy(
            "The reference of OSR’s written agreement to this release, if it is at another time than its series or at "
            "a weekend. Readers see it."
        ),
        "OSR-2026-12",
    ),
    "osr_agreed_on": (lazy("The date of that agreement."), "2026-05-11"),
    "bank_holiday_reason": (
        lazy(
            "Why a confirmed release is on a bank holiday. Only the Head of Profession or a deputy can import it. "
            "Readers see it."
        ),
        "The results are published with those of other countries.",
    ),
}


def column_guide() -> list[dict[str, Any]]:
    """Describe every column in the order of templates and exports."""
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
    ImportOutcome.REFUSED: lazy("Refused"),
}
COLOURS = {
    ImportOutcome.ADDED: "green",
    ImportOutcome.CHANGED: "blue",
    ImportOutcome.UNCHANGED: "grey",
    ImportOutcome.LEFT_OUT: "yellow",
    ImportOutcome.REFUSED: "red",
}

_CALENDAR_PROBLEMS: dict[CalendarProblem, Promise] = {
    CalendarProblem.UNREACHABLE: lazy(
        "%(publisher)s did not answer, or answered with an error. Try again in a minute."
    ),
    CalendarProblem.ASKED_TO_WAIT: lazy("%(publisher)s has asked us to wait. Try again in a few minutes."),
    CalendarProblem.LED_ELSEWHERE: lazy("%(publisher)s redirects to another website, which we do not read."),
    CalendarProblem.UNKNOWN_SHAPE: lazy("%(publisher)s answered in a form that we do not know."),
    CalendarProblem.CHANGED_MEANWHILE: lazy("The calendar of %(publisher)s changed while we read it. Try again."),
}


# The columns of a file mean nothing to a person who has not written one.
_COLUMN_NAMES: dict[str, Promise] = {
    "reference": lazy("Reference"),
    "producer": lazy("Producer"),
    "series": lazy("Series"),
    "title": lazy("Title"),
    "scheduled_for": lazy("Date"),
    "status": lazy("State"),
    "url": lazy("Page"),
    "announcement": lazy("Announcement"),
    "short_notice_reason": lazy("Reason for short notice"),
    "date_change_reason": lazy("Reason for the change of date"),
    "cancellation_reason": lazy("Reason for the cancellation"),
}


def describe_column(column: str, *, source: str) -> str:
    """Return the name of a column in a file, or what it means for the calendar of a publisher."""
    return column if source == ImportSource.FILE else str(_COLUMN_NAMES.get(column, column))


def describe_calendar_problem(problem: CalendarProblem, *, publisher: str) -> str:
    return str(_CALENDAR_PROBLEMS[problem]) % {"publisher": publisher}


def describe_date_order(question: OpenDateOrder, order: DateOrder) -> str:
    """Describe an order by a date of the file: "Day first: 03/04/2027 is 3 April 2027"."""
    name = _("Day first") if order is DateOrder.DAY_FIRST else _("Month first")
    example = question.example(order)
    words = {"order": name, "written": example, "day": describe_date(example, order)}
    return _("%(order)s: %(written)s is %(day)s") % words


_STEPS: dict[StepKind, Promise] = {
    StepKind.RECORDED: lazy("recorded for %(to)s"),
    StepKind.AS_REHEARSAL: lazy("as a rehearsal"),
    StepKind.TITLE_CORRECTED: lazy("title corrected from “%(was)s” to “%(to)s”"),
    StepKind.PAGE_ADDED: lazy("page %(to)s added"),
    StepKind.PAGE_CORRECTED: lazy("page corrected from %(was)s to %(to)s"),
    StepKind.ATTACHMENT_ADDED: lazy("attachment %(to)s added"),
    StepKind.ANNOUNCEMENT_ADDED: lazy("announcement %(to)s added"),
    StepKind.ANNOUNCEMENT_CORRECTED: lazy("announcement corrected from %(was)s to %(to)s"),
    StepKind.MOVED: lazy("moved from %(was)s to %(to)s"),
    StepKind.CHANGE_ASKED: lazy("asked to be moved from %(was)s to %(to)s; it stays until that is agreed to"),
    StepKind.CONFIRMED: lazy("confirmed"),
    StepKind.ANNOUNCED: lazy("announced"),
    StepKind.CANCELLED: lazy("cancelled, with the public reason: %(to)s"),
    StepKind.NO_CONTACT: lazy("without a contact"),
    StepKind.NO_HEAD: lazy("without a Head of Profession"),
    StepKind.NOT_A_WORKING_DAY: lazy("not on a working day"),
}
_CREATIONS: dict[CreationKind, Promise] = {
    CreationKind.PRODUCER: lazy("producer %(name)s"),
    CreationKind.SERIES: lazy("series %(name)s of %(of)s"),
    CreationKind.CONTACT: lazy("contact %(name)s"),
    CreationKind.RESPONSIBLE: lazy("%(name)s as the responsible contact of %(of)s"),
}


def describe_warning(kind: StepKind, count: int) -> str:
    """Describe a warning about several releases of an import: "3 releases have no contact."."""
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
    }
    return sentences[kind] % {"count": count}


def describe_step(step: Step) -> str:
    return str(_STEPS[step.kind]) % {"was": step.was, "to": step.to}


def describe_creation(creation: Creation) -> str:
    """Describe the rows created in addition to releases: "series Monthly rain of Office for Rain"."""
    return str(_CREATIONS[creation.kind]) % {"name": creation.name, "of": creation.of}


def describe_row(row: RowResult) -> str:
    done = ", ".join(describe_step(step) for step in row.steps) or _("unchanged")
    return f"{row.reference}: {done}"

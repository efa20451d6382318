"""Texts about a past year on GOV.UK.

The texts repeat the statements of GOV.UK. They never say whether a release was on time.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.detection.publisher_calendar import CalendarProblem
from releases.detection.year_review import Figure, PageKind, PageOutcome, StatedFigure
from releases.imports.year_review import NOTHING_LISTED, TOO_MANY_LISTED
from releases.models import YearReview
from releases.rules.calendar import format_day
from releases.rules.year_review import ReviewStatus
from releases.text.dates import write_exact_moment, write_moment
from releases.text.release import describe_seconds

KINDS = {PageKind.ANNOUNCEMENT: lazy("Announcement"), PageKind.PUBLICATION: lazy("Publication")}

STATUSES = {
    ReviewStatus.READING: (lazy("Reading"), "blue"),
    ReviewStatus.STOPPED: (lazy("Stopped"), "yellow"),
    ReviewStatus.COMPLETE: (lazy("Complete"), "green"),
}

FIGURES = {
    Figure.ANNOUNCED_FOR: lazy("Announced for"),
    Figure.STATE: lazy("Status of the announcement"),
    Figure.DATE_BEFORE: lazy("Announced date before the last change"),
    Figure.DATE_CHANGE_NOTE: lazy("Reason for the last change of date"),
    Figure.CANCELLED_AT: lazy("Cancelled"),
    Figure.CANCELLATION_REASON: lazy("Reason for the cancellation"),
    Figure.SCHEDULED_FOR: lazy("Scheduled for"),
    Figure.DELAY: lazy("Delay"),
    Figure.FIRST_PUBLISHED: lazy("First published"),
    Figure.CHANGED: lazy("Public change"),
    Figure.LAST_UPDATED: lazy("Last public update"),
    Figure.WITHDRAWN: lazy("Withdrawn"),
    Figure.MOVED_TO: lazy("Replaced by"),
}

_STATES = {
    "provisional": lazy("Provisional"),
    "confirmed": lazy("Confirmed"),
    "cancelled": lazy("Cancelled"),
}

OUTCOMES = {
    PageOutcome.LISTED: lazy("We have not read this page yet."),
    PageOutcome.READ: "",
    PageOutcome.REDIRECTED: lazy("GOV.UK has replaced this page with another one."),
    PageOutcome.REMOVED: lazy("GOV.UK has removed this page."),
    PageOutcome.UNREADABLE: lazy("We could not read what GOV.UK has at this address."),
}

_PROBLEMS = {
    CalendarProblem.UNREACHABLE: lazy("GOV.UK did not respond."),
    CalendarProblem.ASKED_TO_WAIT: lazy("GOV.UK asked us to wait."),
    CalendarProblem.CHANGED_MEANWHILE: lazy("The list of pages on GOV.UK changed while we read it."),
    CalendarProblem.LED_ELSEWHERE: lazy("GOV.UK’s search led to another website."),
    CalendarProblem.UNKNOWN_SHAPE: lazy("We could not read the response of GOV.UK’s search."),
    NOTHING_LISTED: lazy("GOV.UK lists no statistics of this organisation for this year. Check its name."),
    TOO_MANY_LISTED: lazy("GOV.UK lists more than 10,000 pages, which is more than we read."),
}


def describe_review_problem(review: YearReview) -> str:
    """Say why the review is waiting or has stopped. Return an empty string if nothing failed."""
    return str(_PROBLEMS.get(review.problem, ""))


def describe_figure(figure: StatedFigure) -> str:
    """Write one figure as the publisher states it.

    Instants are in London time. The announced time is written to the minute, and all others to the second.
    """
    if figure.seconds is not None:
        return describe_seconds(figure.seconds)
    if figure.name is Figure.STATE:
        return str(_STATES.get(figure.text, figure.text))
    if figure.name is Figure.ANNOUNCED_FOR:
        return write_moment(figure.at) if figure.at else figure.text
    if figure.at:
        moment = write_exact_moment(figure.at)
    elif figure.on:
        moment = _("%(day)s, time not given") % {"day": format_day(figure.on)}
    else:
        return figure.text
    return f"{moment}: {figure.text}" if figure.text else moment

"""The figures that GOV.UK states about one page in a past year, each with its source address and JSON field.

All figures are the publisher's own. They do not come from our checks, and no verdict is based on them.

The formats are defined in alphagov/search-api (docs/using-the-search-api.md, config/schema/field_definitions.json),
alphagov/publishing-api (content_schemas), and alphagov/whitehall (app/models/statistics_announcement.rb). When
statistics are published, GOV.UK removes their announcement from the search and redirects its address.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum
from operator import itemgetter
from typing import Any

from releases.detection import govuk
from releases.detection.govuk import GovukDocument, NotADocumentError, parse_instant, plain_line
from releases.detection.publisher_calendar import CalendarProblem, ListedRelease
from releases.rules.calendar import in_london, local_date, months_after
from releases.rules.response import Answer, Failure

DOCUMENT_TYPES = ("official_statistics", "national_statistics", "statistical_data_set")
"""The document types of publications in GOV.UK's search.

HTML bulletins are left out, because they are parts of these publications.
"""

_LONGEST_NOTE = 500
_MOST_CHANGES = 400


class PageKind(StrEnum):
    ANNOUNCEMENT = "announcement"
    PUBLICATION = "publication"


class PageOutcome(StrEnum):
    """The result of requesting a page from the content API.

    LISTED means that we have not requested the page yet.
    """

    LISTED = "listed"
    READ = "read"
    REDIRECTED = "redirected"
    REMOVED = "removed"
    UNREADABLE = "unreadable"


class Figure(StrEnum):
    """The kinds of figures that a page can have.

    A page can have several figures of the kind CHANGED, but at most one of each other kind.
    """

    ANNOUNCED_FOR = "announced_for"
    STATE = "state"
    DATE_BEFORE = "date_before"
    DATE_CHANGE_NOTE = "date_change_note"
    CANCELLED_AT = "cancelled_at"
    CANCELLATION_REASON = "cancellation_reason"
    SCHEDULED_FOR = "scheduled_for"
    DELAY = "delay"
    FIRST_PUBLISHED = "first_published"
    CHANGED = "changed"
    LAST_UPDATED = "last_updated"
    WITHDRAWN = "withdrawn"
    MOVED_TO = "moved_to"


@dataclass(frozen=True, slots=True)
class StatedFigure:
    """One figure as the publisher states it, with the address and the JSON field from which it was read.

    :param text: a text of the publisher, such as a displayed date, a note or a path.
    :param at: an aware instant, or None if the publisher states only a day, or no time at all.
    :param on: the London day of `at`, or the stated day if `at` is None.
    :param seconds: the length of a publishing delay (`Figure.DELAY`).
    """

    name: Figure
    address: str
    field: str
    text: str = ""
    at: datetime | None = None
    on: date | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class PageStatement:
    """Everything that the publisher states about one page. If a figure is missing, it is unknown."""

    outcome: PageOutcome = PageOutcome.LISTED
    title: str = ""
    figures: tuple[StatedFigure, ...] = ()
    has_history: bool = False
    """Whether the page has a public history of its changes.

    `figures` contains the entries of this history for the year of the review.
    """

    def find(self, name: Figure) -> StatedFigure | None:
        return next((figure for figure in self.figures if figure.name is name), None)

    def find_all(self, name: Figure) -> tuple[StatedFigure, ...]:
        return tuple(figure for figure in self.figures if figure.name is name)


def find_problem(answer: Answer) -> CalendarProblem | None:
    """Return why a request has to be retried, or None if no retry is needed."""
    if answer.failure is Failure.ASKED_TO_WAIT or answer.status == 429:
        return CalendarProblem.ASKED_TO_WAIT
    if answer.failure in _PERMANENT:
        return None
    if answer.failure is not None or answer.status is None or answer.status >= 500 or answer.status in {401, 403, 408}:
        return CalendarProblem.UNREACHABLE
    return None


# Failures that a retry would not change.
_PERMANENT = frozenset({Failure.TOO_MANY_REDIRECTS, Failure.ADDRESS_REFUSED, Failure.TOO_LARGE})


def state_from_search(listed: ListedRelease, *, kind: PageKind, address: str) -> PageStatement:
    """Return the statement about a page from a search result.

    For an announcement, it contains the title, date, state and notes. For a publication, it contains only the title.

    :param address: the address of the page of search results.
    """
    announced = listed.announced
    if kind is PageKind.PUBLICATION or announced is None:
        return PageStatement(title=listed.title)
    note, note_field = Figure.DATE_CHANGE_NOTE, "metadata.change_note"
    if announced.state is govuk.AnnouncementState.CANCELLED:
        note, note_field = Figure.CANCELLATION_REASON, "metadata.cancellation_reason"
    when = announced.when
    stamped = when.at is not None and announced.state is govuk.AnnouncementState.CONFIRMED
    field = "release_timestamp" if stamped else "display_date"
    on = when.on or _day_of(when.at)
    figures = (
        StatedFigure(Figure.ANNOUNCED_FOR, address, field, announced.displayed, when.at, on),
        StatedFigure(Figure.STATE, address, "statistics_announcement_state", announced.state.value),
        StatedFigure(Figure.DATE_BEFORE, address, "metadata.previous_display_date", announced.previous),
        StatedFigure(note, address, note_field, announced.note[:_LONGEST_NOTE]),
    )
    return PageStatement(title=listed.title, figures=tuple(figure for figure in figures if figure.text))


def state_from_content(answer: Answer, *, year: int) -> PageStatement:
    """Return the statement about a page from a response of the content API.

    Public changes are included only if they were made in the year (London time).

    :param answer: a response for which `find_problem` returned None.
    """
    if answer.status in {404, 410}:
        return PageStatement(PageOutcome.REMOVED)
    if answer.failure is not None or answer.left_allowed_hosts or answer.status != 200:
        return PageStatement(PageOutcome.UNREADABLE)
    try:
        document = govuk.read_document(answer.body)
    except NotADocumentError:
        return PageStatement(PageOutcome.UNREADABLE)
    address = answer.final_url
    if document.schema == govuk.GONE:
        return PageStatement(PageOutcome.REMOVED)
    if document.schema == govuk.REDIRECT:
        destination = plain_line(govuk.redirect_destination(document))
        moved = StatedFigure(Figure.MOVED_TO, address, "redirects", destination)
        return PageStatement(PageOutcome.REDIRECTED, figures=(moved,) if destination else ())
    if document.schema == govuk.ANNOUNCEMENT:
        figures = tuple(_read_announcement(document, address))
        return PageStatement(PageOutcome.READ, plain_line(document.title), figures)
    figures = tuple(_read_publication(document, json.loads(answer.body), address, year=year))
    has_history = bool(_objects(document.details.get("change_history")))
    return PageStatement(PageOutcome.READ, plain_line(document.title), figures, has_history)


def merge_statements(earlier: PageStatement, later: PageStatement) -> PageStatement:
    """Return the later of two statements about a page, with figures from the earlier one added.

    If the later response was read, its figures replace all earlier figures with the same address or the same name. An
    earlier MOVED_TO figure is always removed. All other earlier figures are kept. For example, the date from the search
    is kept, because an announcement loses its date when its statistics are published.
    """
    addresses, names = set[str](), {Figure.MOVED_TO}
    if later.outcome is PageOutcome.READ:
        addresses = {figure.address for figure in later.figures}
        names = {figure.name for figure in later.figures}
    remaining = tuple(one for one in earlier.figures if one.address not in addresses and one.name not in names)
    return replace(later, title=later.title or earlier.title, figures=remaining + later.figures)


def concerns_year(statement: PageStatement, year: int) -> bool:
    """Return whether a page belongs to a year (London time), according to the dates that the publisher states.

    - If one of the dates is in the year, return True.
    - Otherwise, if the page was first published after the year, return False.
    - Otherwise, if the page has a public history, return False, because it was not changed in the year.
    - Otherwise return True, because the page may have been changed in the year.
    """
    days = {day for figure in statement.figures for day in _days_of(figure)}
    if any(day.year == year for day in days):
        return True
    first = statement.find(Figure.FIRST_PUBLISHED)
    if first and first.on and first.on.year > year:
        return False
    return not statement.has_history


def _days_of(figure: StatedFigure) -> Iterator[date]:
    if figure.on:
        yield figure.on
    elif figure.name is Figure.ANNOUNCED_FOR:
        when = govuk.read_display_date(figure.text)
        if when.month:
            yield when.month
        elif when.two_months:
            yield from (when.two_months, months_after(when.two_months, 1))


def _read_announcement(document: GovukDocument, address: str) -> Iterator[StatedFigure]:
    details = document.details
    when = govuk.announced_time(document)
    texts = (
        (Figure.STATE, "state"),
        (Figure.DATE_BEFORE, "previous_display_date"),
        (Figure.DATE_CHANGE_NOTE, "latest_change_note"),
        (Figure.CANCELLATION_REASON, "cancellation_reason"),
    )
    if displayed := plain_line(details.get("display_date")):
        # `announced_time` uses the time stamp only if the date is confirmed.
        stamped = when.at is not None and parse_instant(details.get("release_timestamp")) == when.at
        field = "details.release_timestamp" if stamped else "details.display_date"
        on = when.on or _day_of(when.at)
        yield StatedFigure(Figure.ANNOUNCED_FOR, address, field, displayed, when.at, on)
    for name, field in texts:
        if text := plain_line(details.get(field))[:_LONGEST_NOTE]:
            yield StatedFigure(name, address, f"details.{field}", text)
    if at := parse_instant(details.get("cancelled_at")):
        yield StatedFigure(Figure.CANCELLED_AT, address, "details.cancelled_at", at=at, on=local_date(at))


def _read_publication(
    document: GovukDocument, written: Mapping[str, Any], address: str, *, year: int
) -> Iterator[StatedFigure]:
    """:param written: the whole JSON document. Unlike `document`, it contains dates without a time."""
    if at := document.scheduled_at:
        yield StatedFigure(Figure.SCHEDULED_FOR, address, "publishing_scheduled_at", at=at, on=local_date(at))
    if document.delay_seconds is not None:
        field = "scheduled_publishing_delay_seconds"
        yield StatedFigure(Figure.DELAY, address, field, seconds=document.delay_seconds)
    for name, field in ((Figure.FIRST_PUBLISHED, "first_published_at"), (Figure.LAST_UPDATED, "public_updated_at")):
        if on := _day_written(written.get(field)):
            yield StatedFigure(name, address, field, at=_time_written(written.get(field)), on=on)
    changes = [
        (parse_instant(one.get("public_timestamp")), one) for one in _objects(document.details.get("change_history"))
    ]
    of_year = [(at, one) for at, one in changes if at and local_date(at).year == year]
    for at, change in sorted(of_year, key=itemgetter(0))[:_MOST_CHANGES]:
        note, stamp = plain_line(change.get("note"))[:_LONGEST_NOTE], change["public_timestamp"]
        field = "details.change_history"
        yield StatedFigure(Figure.CHANGED, address, field, note, _time_written(stamp), local_date(at))
    if document.is_withdrawn:
        at = document.withdrawn_at
        note = plain_line(document.withdrawal_note)[:_LONGEST_NOTE]
        yield StatedFigure(Figure.WITHDRAWN, address, "withdrawn_notice", note, at, _day_of(at))


def _day_written(written: object) -> date | None:
    read = parse_instant(written)
    return local_date(read) if read else None


def _time_written(written: object) -> datetime | None:
    """Parse an instant. Return None if it is midnight in UTC or in London.

    Older documents contain midnight if only the day is known.
    """
    read = parse_instant(written)
    if read is None or time(0) in {read.astimezone(UTC).time(), in_london(read).time()}:
        return None
    return read


def _day_of(at: datetime | None) -> date | None:
    return local_date(at) if at else None


def _objects(written: object) -> list[Mapping[str, Any]]:
    return [one for one in written if isinstance(one, dict)] if isinstance(written, list) else []

"""Read publishers' calendars from GOV.UK's search of statistics and the ONS's search of releases.

The formats of the responses are defined in alphagov/search-api (config/schema/field_definitions.json),
alphagov/whitehall (the indexed fields of a statistics announcement) and ONSdigital/dp-search-api
(transformer/releasetransformer.go).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from releases.detection.govuk import (
    AnnouncedTime,
    Announcement,
    AnnouncementState,
    parse_instant,
    plain_line,
    read_display_date,
)
from releases.rules.response import Answer, Failure
from releases.rules.web_address import NotAWebAddressError, parse_address

# The limit for one page of results. A page of 200 results has a few hundred thousand bytes.
MOST_BYTES = 2_000_000
_MOST_CHARACTERS_OF_A_DATE = 100


class CalendarProblem(StrEnum):
    UNREACHABLE = "unreachable"
    ASKED_TO_WAIT = "asked_to_wait"
    LED_ELSEWHERE = "led_elsewhere"
    UNKNOWN_SHAPE = "unknown_shape"
    CHANGED_MEANWHILE = "changed_meanwhile"


class CalendarUnreadableError(Exception):
    def __init__(self, problem: CalendarProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ListedRelease:
    """One release in a publisher's calendar.

    :param path: the path of the release's page on the publisher's site, or an empty string if the publisher gives no
        usable path.
    :param announced: the announcement, or None if the release is published or its state is unknown.
    """

    path: str
    title: str
    announced: Announcement | None
    is_published: bool = False


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """One page of the results of a query. `total` is the number of results on all pages."""

    total: int
    releases: tuple[ListedRelease, ...]


def read_govuk_page(answer: Answer) -> CalendarPage:
    """Read a page of results from GOV.UK's search.

    :raises CalendarUnreadableError: if the response is not a page of results.
    """
    return _read_page(answer, lambda said: said.get("total"), "results", _read_announcement)


def read_ons_page(answer: Answer) -> CalendarPage:
    """Read a page of results from the ONS's search of releases.

    :raises CalendarUnreadableError: if the response is not a page of results.
    """

    def total(said: Mapping[str, Any]) -> object:
        return _object(said.get("breakdown")).get("total")

    return _read_page(answer, total, "releases", _read_ons_release)


def _read_page(
    answer: Answer,
    find_total: Callable[[Mapping[str, Any]], object],
    name: str,
    read: Callable[[Mapping[str, Any]], ListedRelease],
) -> CalendarPage:
    if answer.failure is not None:
        waits = answer.failure is Failure.ASKED_TO_WAIT
        raise CalendarUnreadableError(CalendarProblem.ASKED_TO_WAIT if waits else CalendarProblem.UNREACHABLE)
    if answer.left_allowed_hosts:
        raise CalendarUnreadableError(CalendarProblem.LED_ELSEWHERE)
    if answer.status != 200:
        waits = answer.status == 429
        raise CalendarUnreadableError(CalendarProblem.ASKED_TO_WAIT if waits else CalendarProblem.UNREACHABLE)
    if len(answer.body) > MOST_BYTES:
        raise CalendarUnreadableError(CalendarProblem.UNKNOWN_SHAPE)
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise CalendarUnreadableError(CalendarProblem.UNKNOWN_SHAPE) from error
    total, found = find_total(_object(said)), _object(said).get(name)
    # If there are no results, the ONS sends null instead of a list.
    found = [] if found is None and total == 0 else found
    if not isinstance(total, int) or isinstance(total, bool) or total < 0 or not isinstance(found, list):
        raise CalendarUnreadableError(CalendarProblem.UNKNOWN_SHAPE)
    return CalendarPage(total, tuple(read(_object(one)) for one in found))


def _read_announcement(said: Mapping[str, Any]) -> ListedRelease:
    more, title = _object(said.get("metadata")), plain_line(said.get("title"))
    displayed = plain_line(said.get("display_date") or more.get("display_date"))[:_MOST_CHARACTERS_OF_A_DATE]
    state = _state(said.get("statistics_announcement_state"))
    if state is None:
        is_published = said.get("statistics_announcement_state") == "statistics_published"
        return ListedRelease(_path(said.get("link")), title, None, is_published)
    stamp = parse_instant(said.get("release_timestamp"))
    # The timestamp of a provisional release may be any instant of its month, so only the displayed date is read.
    is_exact = stamp and state is AnnouncementState.CONFIRMED
    announced = Announcement(
        title=title,
        state=state,
        when=AnnouncedTime(at=stamp) if is_exact else read_display_date(displayed),
        displayed=displayed,
        note=plain_line(more.get("cancellation_reason") or more.get("change_note")),
        previous=plain_line(more.get("previous_display_date")),
    )
    return ListedRelease(_path(said.get("link")), title, announced)


def _read_ons_release(said: Mapping[str, Any]) -> ListedRelease:
    more, path = _object(said.get("description")), _path(said.get("uri"))
    title, vague = plain_line(more.get("title")), plain_line(more.get("provisional_date"))[:_MOST_CHARACTERS_OF_A_DATE]
    stamp = parse_instant(more.get("release_date"))
    published, cancelled, finalised = (more.get(name, False) for name in ("published", "cancelled", "finalised"))
    if not all(isinstance(flag, bool) for flag in (published, cancelled, finalised)):
        return ListedRelease(path, title, None)
    if published and not cancelled:
        return ListedRelease(path, title, None, is_published=True)
    if cancelled:
        state = AnnouncementState.CANCELLED
    elif finalised and not vague:
        state = AnnouncementState.CONFIRMED
    else:
        # Newer ONS pages also call a provisional release "finalised", but only provisional releases have a vague date.
        state = AnnouncementState.PROVISIONAL
    changes = said.get("date_changes")
    change = _object(changes[-1]) if isinstance(changes, list) and changes else {}
    notices = more.get("cancellation_notice")
    notice = " ".join(map(plain_line, notices)) if isinstance(notices, list) else plain_line(notices)
    announced = Announcement(
        title=title,
        state=state,
        when=read_display_date(vague) if vague else AnnouncedTime(at=stamp),
        displayed=vague or plain_line(more.get("release_date"))[:_MOST_CHARACTERS_OF_A_DATE],
        note=notice if state is AnnouncementState.CANCELLED else plain_line(change.get("change_notice")),
        previous=plain_line(change.get("previous_date")),
    )
    return ListedRelease(path, title, announced)


_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
)
_YEAR = r"(?:19|20)\d\d(?:[-/–]\d{2,4})?"
_PART = rf"(?:(?:\d{{1,2}} )?(?:{_MONTHS})|Q[1-4]|quarter [1-4])"
_DATE = rf"(?:{_PART} {_YEAR}|{_YEAR}(?: Q[1-4])?)"
_LEAD = r"(?:mid[- ]|(?:the )?(?:year|quarter|month|week|years|months|weeks)(?: ending| ended| to)? )?"
_PERIOD = re.compile(
    rf"(?:\s*[,:(–-]\s*|\s+(?:in|for|to)\s+|\s+){_LEAD}(?:(?:{_PART}|{_DATE})(?: (?:to|and|-|–) |[-–]))?{_DATE}\)?$",
    re.IGNORECASE,
)


def remove_period(title: str) -> str:
    """Remove the reference period from the end of a title.

    For example, "Rain in Wales: April to June 2027" becomes "Rain in Wales". The result is a proposal for the name of
    the series, and a person sees it before it is used. A title that does not end with a period, or that is only a
    period, is returned unchanged.
    """
    rest = _PERIOD.sub("", title)
    return rest if any(character.isalpha() for character in rest) and not re.fullmatch(_MONTHS, rest) else title


def _state(written: object) -> AnnouncementState | None:
    return AnnouncementState(written) if isinstance(written, str) and written in set(AnnouncementState) else None


def _path(written: object) -> str:
    """Return the path of a page on the publisher's site, or an empty string if the value is not a usable path.

    The query and the fragment are removed.
    """
    path = re.split("[?#]", written.strip(), maxsplit=1)[0].rstrip("/") if isinstance(written, str) else ""
    if not path.startswith("/") or path.startswith("//"):
        return ""
    try:
        parse_address(f"https://www.example.org{path}")
    except NotAWebAddressError:
        return ""
    return path


def _object(written: object) -> Mapping[str, Any]:
    return written if isinstance(written, dict) else {}

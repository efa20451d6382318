"""Announced releases as an iCalendar file (RFC 5545), the same bytes for the same facts.

An exact date is an instant in UTC, which every calendar shows in its reader's own time, on both sides of both changes
of the clocks; it has no end, because a release has none. A vague date takes up all days of its months. A publication's
own time is nowhere: when a release was seen is no announced fact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import lru_cache

from django.utils.translation import get_language
from icalendar import Calendar, Event, vDuration, vText

from releases.core.announced import AnnouncedRelease, PublicStatus, days_of
from releases.readers.public_words import STATUSES, designation, move_in_words, readable, standing

MEDIA_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//statsoffice//Release calendar//EN"
ASK_AGAIN_AFTER = timedelta(hours=1)
STATUS_CODES = {PublicStatus.PROVISIONAL: "TENTATIVE", PublicStatus.CANCELLED: "CANCELLED"}
# The same facts are written once by each process: what a calendar of thousands costs is writing its events.
REMEMBERED_EVENTS = 8192
END = b"END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True)
class Titled:
    """What a calendar is called and what it holds, in words, and the address of the page that shows the same."""

    name: str
    description: str
    page: str


def calendar_file(releases: Iterable[AnnouncedRelease], *, titled: Titled, releases_at: str) -> bytes:
    """Return an iCalendar file of releases; with none it is a well-formed empty calendar.

    :param releases_at: the address below which each release has its page, ending with a slash.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    # As text, which the library would not escape in properties that it does not know. What is old reads the second.
    for name in ("name", "x-wr-calname"):
        calendar.add(name, vText(readable(titled.name)))
    for name in ("description", "x-wr-caldesc"):
        calendar.add(name, vText(readable(titled.description)))
    calendar.add("url", titled.page)
    calendar.add("refresh-interval", vDuration(ASK_AGAIN_AFTER, params={"VALUE": "DURATION"}))
    calendar.add("x-published-ttl", "PT1H")
    head = calendar.to_ical().removesuffix(END)
    language = get_language() or ""
    return b"".join([head, *(_event(each, releases_at, language) for each in releases), END])


@lru_cache(maxsize=REMEMBERED_EVENTS)
def _event(release: AnnouncedRelease, releases_at: str, language: str) -> bytes:  # words depend on it
    event = Event()
    title = readable(release.title)
    # Some calendars show a cancelled event like any other: its title says so as well.
    cancelled = release.status is PublicStatus.CANCELLED
    event.add("summary", f"{STATUSES[release.status]}: {title}" if cancelled else title)
    event.add("uid", str(release.public_id))
    event.add("sequence", release.sequence)
    event.add("dtstamp", release.changed_at.astimezone(UTC))
    event.add("last-modified", release.changed_at.astimezone(UTC))
    event.add("created", release.announced_at.astimezone(UTC))
    if release.due_at:
        event.add("dtstart", release.due_at.astimezone(UTC))
    else:
        first, last = days_of(release.slot)
        event.add("dtstart", first)
        event.add("dtend", last + timedelta(days=1))
    event.add("status", STATUS_CODES.get(release.status, "CONFIRMED"))
    event.add("transp", "TRANSPARENT")
    event.add("url", f"{releases_at}{release.reference}/")
    event.add("categories", [readable(release.series.name)])
    event.add("description", "\n".join(_description(release)))
    return bytes(event.to_ical())


def _description(release: AnnouncedRelease) -> list[str]:
    moves = (move_in_words(move.was, move.to, move.reason) for move in release.moves)
    whose = (release.producer.name, release.series.name, designation(release))
    return [standing(release), *moves, *map(readable, whose)]

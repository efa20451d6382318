"""Which public announcements differ from our calendar, for the person at the desk."""

from dataclasses import dataclass
from datetime import datetime

from releases import announcements
from releases.announcements import ComparisonResult
from releases.models import Release
from releases.permissions import Action, Person, producers_where
from releases.text import calendar

MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One release whose announcement differs, and in what, in sentences."""

    release: Release
    sentences: list[str]
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Announced:
    """The releases whose announcements differ; `left_out` counts those beyond the longest list."""

    lines: list[Line]
    left_out: int

    def __bool__(self) -> bool:
        return bool(self.lines)


def of(person: Person, *, now: datetime) -> Announced:
    """Gather the differences of releases to come that a person may see, as the calendar is now.

    :param now: the aware instant from which on releases are still to come.
    """
    theirs = producers_where(person, Action.VIEW)
    found = announcements.find_differing(
        announcements.announcements_to_come(now=now).filter(release__series__producer__in=theirs)
    )
    return Announced([_line(each) for each in found[:MOST_LINES]], max(0, len(found) - MOST_LINES))


def _line(compared: ComparisonResult) -> Line:
    sentences = [calendar.difference_sentence(difference) for difference in compared.differences]
    return Line(compared.release, sentences, compared.read_at)

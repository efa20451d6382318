"""What the dates in a GOV.UK document say: for when it is announced, and when this edition was published."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from releases.core.dates.london import from_london, local_date
from releases.core.judging.publisher import EARLIEST, Source
from releases.core.judging.reading.govuk_document import GovukDocument, instant

STOOD_BEFORE = timedelta(days=27)
"""A page older than this when a release is due held an earlier edition: dates are given four weeks ahead."""

_DISPLAYED = re.compile(
    r"(?:(?P<day>\d{1,2}) )?(?P<month>[A-Z][a-z]+) (?P<year>\d{4})"
    r"(?:,? (?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))? ?(?P<half>[ap])m)?"
)

_TWO_MONTHS = re.compile(
    r"(?P<first>[A-Z][a-z]+)(?: (?P<first_year>\d{4}))? to (?P<second>[A-Z][a-z]+) (?P<year>\d{4})"
)


@dataclass(frozen=True, slots=True)
class AnnouncedTime:
    """For when an announcement announces, as exactly as it says: an aware instant, or a day, or a month's first day.

    Where it says one of two months, `two_months` is the first day of the first.
    """

    at: datetime | None = None
    on: date | None = None
    month: date | None = None
    two_months: date | None = None

    def differs_from(self, due_at: datetime) -> bool:
        """Tell whether a release due at an aware instant would not be what is announced."""
        if self.at:
            return self.at != due_at
        due_on = local_date(due_at)
        if self.on:
            return self.on != due_on
        due_in = due_on.replace(day=1)
        if self.two_months:
            return due_in not in {self.two_months, _next_month(self.two_months)}
        return self.month is not None and self.month != due_in


def announced_time(document: GovukDocument) -> AnnouncedTime:
    """Return for when an announcement announces its release; its timestamp goes before the words shown to readers."""
    stamp = instant(document.details.get("release_timestamp"))
    if stamp and document.details.get("state") == "confirmed":
        return AnnouncedTime(at=stamp)
    return read_displayed(str(document.details.get("display_date") or ""))


def read_displayed(text: str) -> AnnouncedTime:
    """Read a date as it is displayed: "11 January 2018 9:30am", "11 January 2018" or "January 2018", London's time.

    Two months are "January to February 2018"; across New Year only the second names its year.
    """
    written = " ".join(text.split())
    if two := _TWO_MONTHS.fullmatch(written):
        return _read_two_months(two)
    found = _DISPLAYED.fullmatch(written)
    if not found:
        return AnnouncedTime()
    try:
        first = _month(found["month"], int(found["year"]))
        if not found["day"]:
            return AnnouncedTime(month=first)
        on = first.replace(day=int(found["day"]))
        if not found["hour"]:
            return AnnouncedTime(on=on)
        hour = int(found["hour"]) % 12 + (12 if found["half"] == "p" else 0)
        return AnnouncedTime(at=from_london(datetime.combine(on, time(hour, int(found["minute"] or 0)))))
    except (ValueError, OverflowError):
        return AnnouncedTime()


def _read_two_months(found: re.Match[str]) -> AnnouncedTime:
    try:
        second = _month(found["second"], int(found["year"]))
        first = _month(found["first"], int(found["first_year"] or second.year - (second.month == 1)))
    except (ValueError, OverflowError):
        return AnnouncedTime()
    return AnnouncedTime(two_months=first) if _next_month(first) == second else AnnouncedTime()


def _month(name: str, year: int) -> date:
    return datetime.strptime(f"1 {name} {year}", "%d %B %Y").date()  # noqa: DTZ007  # a day


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def newest_date(document: GovukDocument) -> datetime | None:
    """Return the last instant at which, by its own dates, a page was published or publicly updated."""
    return max(_public_dates(document), default=None)


def stood_before(document: GovukDocument, *, due_at: datetime) -> bool:
    """Tell whether, by its own dates, a page was there long before the release was due, so is updated in place."""
    return min(_public_dates(document), default=due_at) < due_at - STOOD_BEFORE


def is_new(document: GovukDocument, *, due_at: datetime) -> bool:
    """Tell whether, by its own dates, a page came into being with the release, at most a day before it was due."""
    return min(_public_dates(document), default=due_at - EARLIEST) > due_at - EARLIEST


def published_by(document: GovukDocument, *, due_at: datetime) -> tuple[datetime, Source] | None:
    """Return when the publisher's own figures say that the edition due at an aware instant was published.

    The scheduled time with its delay counts only where that time is the announced one: an earlier edition's is
    copied forward, and an early publication writes none. On a page updated in place nothing from before the due
    instant counts, because it may be any small change of the earlier edition.
    """
    if document.scheduled_at == due_at and document.delay_seconds is not None:
        return due_at + timedelta(seconds=document.delay_seconds), Source.SCHEDULED_TIME_AND_DELAY
    new = is_new(document, due_at=due_at)
    for change in document.changes:
        if new or change.at >= due_at:
            return change.at, Source.CHANGE_HISTORY
    updated_at = document.public_updated_at
    if updated_at and (new or updated_at >= due_at):
        return updated_at, Source.PUBLIC_UPDATED_AT
    return None


def _public_dates(document: GovukDocument) -> list[datetime]:
    dates = [document.first_published_at, document.public_updated_at, *(change.at for change in document.changes)]
    return [one for one in dates if one]

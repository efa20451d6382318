"""Documents of GOV.UK's content API, and the dates in them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from html import escape, unescape
from typing import Any

from releases.detection.finding import EARLIEST, Source
from releases.rules.calendar import from_london, in_london, local_date, months_after

API = "/api/content"
ANNOUNCEMENT = "statistics_announcement"
REDIRECT = "redirect"
GONE = "gone"
STATISTICS = frozenset({"official_statistics", "national_statistics", "statistical_data_set", "html_publication"})
"""The document types under which statistics, their data sets and their bulletins in HTML are published."""

_YEARS = range(1970, 2200)
_NO_CHARACTER = re.compile(r"&#0*[1-9][0-9]{7,};?")
_LONGEST_DELAY = 366 * 24 * 60 * 60


class NotADocumentError(ValueError):
    """The body is not a document of the content API; the message says why."""


@dataclass(frozen=True, slots=True)
class GovukDocument:
    """One document. Instants are aware; `changes` are those of its public history, the oldest first.

    Times of exactly midnight are ignored, because older documents know only the day and write it in this way.
    """

    schema: str
    kind: str
    base_path: str
    title: str
    description: str
    details: Mapping[str, Any]
    redirects: tuple[Mapping[str, Any], ...]
    first_published_at: datetime | None
    public_updated_at: datetime | None
    scheduled_at: datetime | None
    delay_seconds: int | None
    changes: tuple[datetime, ...]
    is_withdrawn: bool
    withdrawn_at: datetime | None
    withdrawal_note: str
    organisations: tuple[str, ...] = ()


def read_document(body: bytes) -> GovukDocument:
    """:raises NotADocumentError: if it is not JSON, or does not have the structure of every document."""
    try:
        written = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotADocumentError(f"it is not JSON: {error}") from error
    if not isinstance(written, dict):
        raise NotADocumentError("it is not an object")
    for name in ("schema_name", "document_type", "base_path"):
        if not isinstance(written.get(name), str):
            raise NotADocumentError(f'it has no "{name}"')
    details = written.get("details")
    details = details if isinstance(details, dict) else {}
    # Every page that is not withdrawn has an empty notice.
    notice = written.get("withdrawn_notice")
    notice = notice if isinstance(notice, dict) else {}
    changes = (_moment(one.get("public_timestamp")) for one in _objects(details.get("change_history")))
    return GovukDocument(
        schema=written["schema_name"],
        kind=written["document_type"],
        base_path=written["base_path"],
        title=_text(written.get("title")),
        description=_text(written.get("description")),
        details=details,
        redirects=tuple(_objects(written.get("redirects"))),
        first_published_at=_moment(written.get("first_published_at")),
        public_updated_at=_moment(written.get("public_updated_at")),
        scheduled_at=parse_instant(written.get("publishing_scheduled_at")),
        delay_seconds=_whole_seconds(written.get("scheduled_publishing_delay_seconds")),
        changes=tuple(sorted(filter(None, changes))),
        is_withdrawn=bool(notice),
        withdrawn_at=parse_instant(notice.get("withdrawn_at")),
        withdrawal_note=_text(notice.get("explanation")),
        organisations=_organisations(written.get("links")),
    )


def strip_markup(html: str) -> str:
    # After the last ">" there is no tag, and searching for its end from each "<" would take quadratic time.
    tagged, end, rest = html[:10_000].rpartition(">")
    text = re.sub(r"<[^>]*>", " ", tagged + end) + rest
    # Python refuses to parse a number of more than 4,300 digits; no character reference needs more than seven.
    return " ".join(unescape(_NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)).split())


def parse_instant(written: object) -> datetime | None:
    if not isinstance(written, str):
        return None
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        return None
    return read if read.tzinfo and read.year in _YEARS else None


def as_page(document: GovukDocument) -> bytes:
    """Write a document's text as the HTML page that readers see, so that it is examined like any page.

    The public notes of its history are omitted, because they are often about other editions.
    """
    title = escape(document.title)
    attachments = "".join(f"<li>{escape(_text(one.get('title')))}</li>" for one in attachments_of(document))
    documents = document.details.get("documents")
    listed = "".join(one for one in documents if isinstance(one, str)) if isinstance(documents, list) else ""
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head><body><main><h1>{title}</h1>'
        f"<p>{escape(document.description)}</p>{_body(document.details.get('body'))}<ul>{attachments}</ul>{listed}"
        "</main></body></html>"
    ).encode(errors="replace")


def attachments_of(document: GovukDocument) -> list[Mapping[str, Any]]:
    return _objects(document.details.get("attachments"))


def redirect_destination(document: GovukDocument) -> str:
    """Return the target of a redirect document for its path, as written, or an empty text."""
    for exact in (True, False):
        for one in document.redirects:
            path, target = _text(one.get("path")), _text(one.get("destination"))
            if not target or (one.get("type") == "exact") is not exact:
                continue
            rest = document.base_path.removeprefix(path)
            if not rest:
                return target
            if not exact and rest.startswith("/") and rest != document.base_path:
                return f"{target.rstrip('/')}{rest}" if one.get("segments_mode") == "preserve" else target
    return ""


def _organisations(links: object) -> tuple[str, ...]:
    linked = _objects(links.get("organisations")) if isinstance(links, dict) else []
    return tuple(title for one in linked if (title := _text(one.get("title")).strip()))


def _text(written: object) -> str:
    return written if isinstance(written, str) else ""


def _objects(written: object) -> list[Mapping[str, Any]]:
    return [one for one in written if isinstance(one, dict)] if isinstance(written, list) else []


def _body(written: object) -> str:
    """A body is HTML, or a list of renderings, one of which is HTML."""
    for one in _objects(written):
        if one.get("content_type") == "text/html":
            return _text(one.get("content"))
    return _text(written)


def _moment(written: object) -> datetime | None:
    read = parse_instant(written)
    midnight = time(0)
    return None if read is None or midnight in {read.astimezone(UTC).time(), in_london(read).time()} else read


def _whole_seconds(written: object) -> int | None:
    if not isinstance(written, int) or isinstance(written, bool):
        return None
    return written if 0 <= written <= _LONGEST_DELAY else None


LONG_BEFORE = timedelta(days=27)
"""A page older than this when a release is due had an earlier edition, because dates are announced four weeks ahead."""

_DISPLAYED = re.compile(
    r"(?:(?P<day>\d{1,2}) )?(?P<month>[A-Z][a-z]+) (?P<year>\d{4})"
    r"(?:,? (?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))? ?(?P<half>[ap])m)?"
)

_TWO_MONTHS = re.compile(
    r"(?P<first>[A-Z][a-z]+)(?: (?P<first_year>\d{4}))? to (?P<second>[A-Z][a-z]+) (?P<year>\d{4})"
)


@dataclass(frozen=True, slots=True)
class AnnouncedTime:
    """The announced time, as precise as the announcement: an aware instant, a day, or the first day of a month.

    If it names two months, `two_months` is the first day of the first one.
    """

    at: datetime | None = None
    on: date | None = None
    month: date | None = None
    two_months: date | None = None

    def differs_from(self, due_at: datetime) -> bool:
        if self.at:
            return self.at != due_at
        due_on = local_date(due_at)
        if self.on:
            return self.on != due_on
        due_in = due_on.replace(day=1)
        if self.two_months:
            return due_in not in {self.two_months, months_after(self.two_months, 1)}
        return self.month is not None and self.month != due_in


def announced_time(document: GovukDocument) -> AnnouncedTime:
    stamp = parse_instant(document.details.get("release_timestamp"))
    if stamp and document.details.get("state") == "confirmed":
        return AnnouncedTime(at=stamp)
    return read_display_date(str(document.details.get("display_date") or ""))


def read_display_date(text: str) -> AnnouncedTime:
    """Read a displayed date, in London time: "11 January 2018 9:30am", "11 January 2018" or "January 2018".

    Two months are written "January to February 2018"; across New Year too, only the second has a year.
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
    return AnnouncedTime(two_months=first) if months_after(first, 1) == second else AnnouncedTime()


def _month(name: str, year: int) -> date:
    return datetime.strptime(f"1 {name} {year}", "%d %B %Y").date()  # noqa: DTZ007  # a day


def newest_date(document: GovukDocument) -> datetime | None:
    return max(_public_dates(document), default=None)


def was_public_before(document: GovukDocument, *, due_at: datetime) -> bool:
    """Return whether a page, by its own dates, existed long before the release was due, and so is updated in place."""
    return min(_public_dates(document), default=due_at) < due_at - LONG_BEFORE


def is_new(document: GovukDocument, *, due_at: datetime) -> bool:
    """Return whether a page, by its own dates, was created for the release, at most a day before it was due."""
    return min(_public_dates(document), default=due_at - EARLIEST) > due_at - EARLIEST


def published_by(document: GovukDocument, *, due_at: datetime) -> tuple[datetime, Source] | None:
    """Return the time of publication of the edition due at an aware instant, by the publisher's own figures.

    The scheduled time with its delay counts only if it is the announced time, because it is copied from earlier
    editions, and missing after an early publication. On a page that is updated in place nothing before the due instant
    counts, because it may be a small change of the earlier edition.
    """
    if document.scheduled_at == due_at and document.delay_seconds is not None:
        return due_at + timedelta(seconds=document.delay_seconds), Source.SCHEDULED_TIME_AND_DELAY
    new = is_new(document, due_at=due_at)
    for change in document.changes:
        if new or change >= due_at:
            return change, Source.CHANGE_HISTORY
    updated_at = document.public_updated_at
    if updated_at and (new or updated_at >= due_at):
        return updated_at, Source.PUBLIC_UPDATED_AT
    return None


def _public_dates(document: GovukDocument) -> list[datetime]:
    dates = [document.first_published_at, document.public_updated_at, *document.changes]
    return [one for one in dates if one]

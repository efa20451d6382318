"""Read documents of GOV.UK's content API, and compare announcements with our calendar."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from html import escape, unescape
from typing import Any

from releases.detection.characters import fold
from releases.detection.finding import EARLIEST, Source, make_storable
from releases.rules import canonical
from releases.rules.calendar import Precision, Slot, from_london, in_london, local_date, months_after, slot_at
from releases.rules.lifecycle import Status
from releases.rules.response import Answer, Failure

API = "/api/content"
ANNOUNCEMENT = "statistics_announcement"
REDIRECT = "redirect"
GONE = "gone"
STATISTICS = frozenset({"official_statistics", "national_statistics", "statistical_data_set", "html_publication"})
"""The document types of published statistics, including data sets and HTML bulletins."""

_YEARS = range(1970, 2200)
_NO_CHARACTER = re.compile(r"&#0*[1-9][0-9]{7,};?")
_LONGEST_DELAY = 366 * 24 * 60 * 60


class NotADocumentError(ValueError):
    """The body is not a document of the content API. The message says why."""


@dataclass(frozen=True, slots=True)
class GovukDocument:
    """A document of the content API. All instants are aware.

    `changes` contains the instants in the document's public change history, oldest first. Times of exactly midnight are
    left out of `first_published_at`, `public_updated_at` and `changes`, because older documents use midnight if only
    the day is known.
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
    """Read a document from the body of a response.

    :raises NotADocumentError: if the body is not a JSON object, or if a required field is missing.
    """
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
    # If a page is not withdrawn, its notice is empty.
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
    # There is no tag after the last ">". If the regular expression also searched the text after it, each "<" there
    # would start a search to the end of the text, which takes quadratic time.
    tagged, end, rest = html[:10_000].rpartition(">")
    text = re.sub(r"<[^>]*>", " ", tagged + end) + rest
    # Python refuses to parse numbers of more than 4,300 digits. Valid character references have at most seven digits,
    # so longer references are replaced.
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
    """Return the text of a document as an HTML page, so that it can be examined like any other page.

    The public notes in the change history are left out, because they are often about other editions.
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
    """Return the target to which a redirect document redirects its own path, or an empty string.

    The target may be a path. Exact redirects take precedence over prefix redirects.
    """
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
    """Return the body of a document as HTML.

    The API gives the body either as an HTML string or as a list of renderings in several content types.
    """
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
"""If a page was public longer than this before its release was due, the page had an earlier edition. Dates are
announced 4 weeks ahead, so the page was already public at about the time when the date of the release was announced."""

_DISPLAYED = re.compile(
    r"(?:(?P<day>\d{1,2}) )?(?P<month>[A-Z][a-z]+) (?P<year>\d{4})"
    r"(?:,? (?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))? ?(?P<half>[ap])m)?"
)

_TWO_MONTHS = re.compile(
    r"(?P<first>[A-Z][a-z]+)(?: (?P<first_year>\d{4}))? to (?P<second>[A-Z][a-z]+) (?P<year>\d{4})"
)


@dataclass(frozen=True, slots=True)
class AnnouncedTime:
    """The announced time of a release, as precisely as the announcement states it.

    At most one field is set. `at` is an aware instant, `on` is a day, and `month` is the first day of a month. If the
    announcement names two months, `two_months` is the first day of the first month.
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
    """Read a displayed date, such as "11 January 2018 9:30am", "11 January 2018" or "January 2018".

    Times are in London time. A date may also name two months, such as "January to February 2018". The first month may
    have no year, even if it is in the year before. If the text is not a date, no field of the result is set.
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
        if not 1 <= int(found["hour"]) <= 12:
            return AnnouncedTime()
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
    """:raises ValueError: if there is no such month, or the year is not in `_YEARS`."""
    if year not in _YEARS:
        raise ValueError(f"{year} is not a year for a release.")
    return datetime.strptime(f"1 {name} {year}", "%d %B %Y").date()  # noqa: DTZ007  # a day


def newest_date(document: GovukDocument) -> datetime | None:
    return max(_public_dates(document), default=None)


def was_public_before(document: GovukDocument, *, due_at: datetime) -> bool:
    """Return whether a page's own dates show that it was public long before the release was due (`LONG_BEFORE`).

    If so, the page is updated in place for each edition.
    """
    return min(_public_dates(document), default=due_at) < due_at - LONG_BEFORE


def is_new(document: GovukDocument, *, due_at: datetime) -> bool:
    """Return whether a page's own dates show that it was created for the release.

    A page is new if its first date is less than one day (`EARLIEST`) before the due instant, or after it. A page
    without dates is not new.
    """
    return min(_public_dates(document), default=due_at - EARLIEST) > due_at - EARLIEST


def published_by(document: GovukDocument, *, due_at: datetime) -> tuple[datetime, Source] | None:
    """Return the publisher's own time of publication of the edition due at `due_at`, and the source of this time.

    The result is None if there is no such time. The scheduled time and its delay count only if the scheduled time is
    `due_at`. A different scheduled time may be copied from an earlier edition, and a page that was published early has
    no scheduled time. If the page is not new (see `is_new`), times before `due_at` are ignored, because they may belong
    to a small change of the earlier edition.
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


class AnnouncementState(StrEnum):
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Problem(StrEnum):
    """Reasons why a response is not a readable announcement."""

    UNREACHABLE = "unreachable"
    ASKED_TO_WAIT = "asked_to_wait"
    UNKNOWN_SHAPE = "unknown_shape"
    NOT_FOUND = "not_found"
    GONE = "gone"
    PUBLISHED = "published"
    LED_ELSEWHERE = "led_elsewhere"
    OTHER_KIND = "other_kind"


CANNOT_TELL = frozenset({Problem.UNREACHABLE, Problem.ASKED_TO_WAIT, Problem.UNKNOWN_SHAPE})
"""After these problems, nothing is known about the announcement."""


class NoAnnouncementError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Announcement:
    """The content of an announcement. Each string is a single line of plain text.

    `displayed` is the announced date as readers see it, and `previous` is the date before the last change. `note` is
    the reason for a changed date or a cancellation.
    """

    title: str
    state: AnnouncementState
    when: AnnouncedTime
    displayed: str = ""
    organisations: tuple[str, ...] = ()
    note: str = ""
    previous: str = ""

    @property
    def slot(self) -> Slot | None:
        when = self.when
        if when.at:
            return slot_at(when.at)
        if when.month:
            return Slot(on=when.month, at=None, precision=Precision.MONTH)
        if when.two_months:
            return Slot(on=when.two_months, at=None, precision=Precision.TWO_MONTHS)
        return None


def read_announcement(answer: Answer) -> Announcement:
    """Read an announcement from a response of the content API.

    :raises NoAnnouncementError: if the response is not a readable announcement.
    """
    if answer.failure is not None:
        waits = answer.failure is Failure.ASKED_TO_WAIT
        raise NoAnnouncementError(Problem.ASKED_TO_WAIT if waits else Problem.UNREACHABLE)
    if answer.left_allowed_hosts:
        raise NoAnnouncementError(Problem.LED_ELSEWHERE)
    if answer.status in _BY_STATUS:
        raise NoAnnouncementError(_BY_STATUS[answer.status])
    if answer.status != 200:
        raise NoAnnouncementError(Problem.ASKED_TO_WAIT if answer.status == 429 else Problem.UNREACHABLE)
    try:
        document = read_document(answer.body)
    except NotADocumentError as error:
        raise NoAnnouncementError(Problem.UNKNOWN_SHAPE) from error
    return _read_announcement_document(document)


def announced_to_json(announced: Announcement) -> dict[str, Any]:
    when = announced.when
    written = {
        "title": announced.title,
        "state": announced.state.value,
        "at": when.at.isoformat() if when.at else "",
        "on": when.on.isoformat() if when.on else "",
        "month": when.month.isoformat() if when.month else "",
        "two_months": when.two_months.isoformat() if when.two_months else "",
        "displayed": announced.displayed,
        "organisations": list(announced.organisations),
        "note": announced.note,
        "previous": announced.previous,
    }
    return {name: value for name, value in written.items() if value}


def announced_from_json(written: Mapping[str, Any]) -> Announcement:
    """Read a value written by `announced_to_json`.

    :raises ValueError: if the value does not have the structure that `announced_to_json` writes.
    """
    # The fields of `when` are stored at the same level as the fields of the announcement.
    announced: Announcement = canonical.read_dataclass(Announcement, {**written, "when": written})
    return announced


_BY_STATUS = {404: Problem.NOT_FOUND, 410: Problem.GONE}
_BY_SCHEMA = {GONE: Problem.GONE, REDIRECT: Problem.UNKNOWN_SHAPE}


def _read_announcement_document(document: GovukDocument) -> Announcement:
    if document.schema != ANNOUNCEMENT:
        published = Problem.PUBLISHED if document.kind in STATISTICS else Problem.OTHER_KIND
        raise NoAnnouncementError(_BY_SCHEMA.get(document.schema, published))
    details, state = document.details, document.details.get("state")
    if state not in set(AnnouncementState) or not document.title.strip():
        raise NoAnnouncementError(Problem.UNKNOWN_SHAPE)
    return Announcement(
        title=plain_line(document.title),
        state=AnnouncementState(state),
        when=announced_time(document),
        displayed=plain_line(details.get("display_date")),
        organisations=tuple(plain_line(each) for each in document.organisations[:20]),
        note=plain_line(details.get("cancellation_reason") or details.get("latest_change_note")),
        previous=plain_line(details.get("previous_display_date")),
    )


def plain_line(written: object) -> str:
    """Return a text of the publisher as one line without markup, or an empty string if the value is not a string."""
    return make_storable(strip_markup(written)) if isinstance(written, str) else ""


class DifferenceKind(StrEnum):
    DATE = "date"
    TIME = "time"
    PRECISION = "precision"
    STATE = "state"
    TITLE = "title"
    NOT_FOUND = "not_found"
    GONE = "gone"
    PUBLISHED = "published"
    LED_ELSEWHERE = "led_elsewhere"
    OTHER_KIND = "other_kind"


@dataclass(frozen=True, slots=True)
class Ours:
    title: str
    slot: Slot
    status: Status


@dataclass(frozen=True, slots=True)
class Difference:
    kind: DifferenceKind
    theirs: str = ""
    ours: str = ""


def compare_announcement(ours: Ours, said: Announcement) -> list[Difference]:
    """Return the differences between a future release and its announcement.

    If the announcement does not state a fact, this fact is not compared. If the release or the announcement is
    cancelled, only the states and the titles are compared.
    """
    theirs, is_cancelled = Status(said.state.value), ours.status is Status.CANCELLED
    found = [Difference(DifferenceKind.STATE, theirs, ours.status)] if theirs is not ours.status else []
    if not is_cancelled and said.state is not AnnouncementState.CANCELLED:
        kind = _of_dates(ours.slot, said.when)
        found += [Difference(kind, said.displayed or str(said.slot), str(ours.slot))] if kind else []
    if fold(said.title) != fold(ours.title):
        found.append(Difference(DifferenceKind.TITLE, said.title, ours.title))
    return found


def compare_problem(ours: Ours, problem: Problem) -> list[Difference]:
    """Return the differences for a future release whose address has no readable announcement.

    The list is empty if nothing is known about the announcement, or if the release is cancelled and its announcement
    was removed.
    """
    if problem in CANNOT_TELL or (ours.status is Status.CANCELLED and problem in {Problem.GONE, Problem.NOT_FOUND}):
        return []
    return [Difference(DifferenceKind(problem.value))]


def _of_dates(slot: Slot, when: AnnouncedTime) -> DifferenceKind | None:
    theirs = list(_months_of(when))
    if not theirs:
        return None
    if slot.due_at is None or when.month or when.two_months:
        if slot.due_at is None and (slot.precision, _months(slot)) == (_precision(when), theirs):
            return None
        return DifferenceKind.PRECISION if set(theirs) & set(_months(slot)) else DifferenceKind.DATE
    day = local_date(when.at) if when.at else when.on
    if day != local_date(slot.due_at):
        return DifferenceKind.DATE
    return DifferenceKind.TIME if when.at and when.at != slot.due_at else None


def _precision(when: AnnouncedTime) -> Precision:
    if when.two_months:
        return Precision.TWO_MONTHS
    return Precision.MONTH if when.month else Precision.EXACT


def _months(slot: Slot) -> list[date]:
    first = slot.on.replace(day=1)
    return [first, months_after(first, 1)] if slot.precision is Precision.TWO_MONTHS else [first]


def _months_of(when: AnnouncedTime) -> Iterator[date]:
    if when.two_months:
        yield from (when.two_months, months_after(when.two_months, 1))
    elif when.month:
        yield when.month
    elif day := local_date(when.at) if when.at else when.on:
        yield day.replace(day=1)

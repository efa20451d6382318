"""What GOV.UK's content API answers for one page: the documents of which release day knows, and nothing guessed.

Source: the public schemas and examples of alphagov/publishing-api (content_schemas, the "frontend" variant).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from html import escape, unescape
from typing import Any

from releases.core.dates.london import in_london

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
    """The body is no document of the content API; the message says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a page's public history: an aware instant and its note."""

    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What marks a page as withdrawn; `at` is an aware instant, if the notice gives one."""

    at: datetime | None
    explanation: str


@dataclass(frozen=True, slots=True)
class GovukDocument:
    """One document. Instants are aware; `changes` come oldest first.

    A figure of exactly midnight is left out wherever it stands: older records know the day only, and write it so.
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
    changes: tuple[Change, ...]
    withdrawal: Withdrawal | None
    organisations: tuple[str, ...] = ()


def read_document(body: bytes) -> GovukDocument:
    """Read what the content API answered.

    :raises NotADocumentError: if it is not JSON, or not of the shape that every document has.
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
        scheduled_at=instant(written.get("publishing_scheduled_at")),
        delay_seconds=_whole_seconds(written.get("scheduled_publishing_delay_seconds")),
        changes=_changes(details.get("change_history")),
        withdrawal=_withdrawal(written.get("withdrawn_notice")),
        organisations=_organisations(written.get("links")),
    )


def one_line(html: str) -> str:
    """Write a publisher's own words, HTML or not, as one line of plain text."""
    # After the last ">" nothing is a tag, and searching for its end from each "<" would take quadratic time.
    tagged, end, rest = html[:10_000].rpartition(">")
    text = re.sub(r"<[^>]*>", " ", tagged + end) + rest
    # Python refuses to read a number of more than 4,300 digits; no character has more than seven.
    return " ".join(unescape(_NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)).split())


def instant(written: object) -> datetime | None:
    """Read an ISO 8601 instant that carries its offset, in years in which a page can have been published."""
    if not isinstance(written, str):
        return None
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        return None
    return read if read.tzinfo and read.year in _YEARS else None


def as_page(document: GovukDocument) -> bytes:
    """Write a document's words as a page, the way readers are shown them, so that they are read like any page.

    The public notes of its history are left out: they speak of other editions as often as of this one.
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
    """Return what a document says of each of its attachments."""
    return _objects(document.details.get("attachments"))


def destination(document: GovukDocument) -> str:
    """Return where a redirect document sends the readers of its own path, as written, or an empty text."""
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
    """A body is HTML, or a list that holds it beside the text that it was made from."""
    for one in _objects(written):
        if one.get("content_type") == "text/html":
            return _text(one.get("content"))
    return _text(written)


def _moment(written: object) -> datetime | None:
    read = instant(written)
    midnight = time(0)
    return None if read is None or midnight in {read.astimezone(UTC).time(), in_london(read).time()} else read


def _whole_seconds(written: object) -> int | None:
    if not isinstance(written, int) or isinstance(written, bool):
        return None
    return written if 0 <= written <= _LONGEST_DELAY else None


def _changes(written: object) -> tuple[Change, ...]:
    read = [(_moment(one.get("public_timestamp")), _text(one.get("note"))) for one in _objects(written)]
    return tuple(sorted((Change(at, note) for at, note in read if at), key=lambda change: change.at))


def _withdrawal(written: object) -> Withdrawal | None:
    """An empty notice stands on every page that is not withdrawn."""
    if not isinstance(written, dict) or not written:
        return None
    return Withdrawal(instant(written.get("withdrawn_at")), _text(written.get("explanation")))

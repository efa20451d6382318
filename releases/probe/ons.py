"""The adapter for release pages of the ONS, which reads the JSON data that the site provides for each page.

The sources of the addresses and data structures are ONSdigital/dp-frontend-release-calendar (routes, handlers,
deprecation, publication state) and its API client, ONSdigital/dp-api-clients-go (releasecalendar). The successor of
the ONS release calendar, ONSdigital/dis-wagtail, provides no JSON data, so its pages are read as readers see them.

In the data, `release_date` is the announced time, which people enter by hand. The data do not contain the time of
publication.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any
from urllib.parse import urlsplit

from releases.detection import rules
from releases.detection.finding import CheckOutcome, Expectation, Finding, PublisherSays, PublisherState, Reason
from releases.detection.govuk import AnnouncedTime, parse_instant, read_display_date, strip_markup
from releases.rules.response import Answer, as_response_of_page
from releases.rules.web_address import parse_address

_RELEASE = re.compile(r"(?P<page>(?:/cy)?/releases/[^/]+)(?P<data>/data)?/?")
_NO_SUCH_DATA = frozenset({404, 410})
# The data of a release are a few thousand bytes long. `leads_to` does not parse data above this limit, because other
# responses have to wait while it runs.
_MOST_BYTES = 500_000
_BY_PERSON = frozenset({Reason.CONFIRMED_BY_PERSON, Reason.PREVIOUS_EDITION})


class Ons:
    """Reads the data of a release page of the ONS, or the page itself if it has no data."""

    name = "ons"
    reads = "a release page of the ONS, read from its JSON data"

    def address(self, url: str) -> str:
        """Return the address of the data of a release page. Return any other address unchanged.

        :raises NotAWebAddressError: if the address may not be requested.
        """
        parts = urlsplit(parse_address(url).url)
        release = _RELEASE.fullmatch(parts.path)
        return parts._replace(path=f"{release['page']}/data").geturl() if release else url

    def leads_to(self, body: bytes, *, url: str) -> str:
        """Return the address of the page to which a release was migrated, or an empty string if it was not migrated.

        If the data have an unknown form or are too large, return the address of the release page itself.
        """
        if not _is_data(url):
            return ""
        release = _read(body) if len(body) <= _MOST_BYTES else None
        return release.migrated_to if release else _page_of(url)

    def fallback(self, url: str) -> str:
        """Return the address of a release page, if `url` is the address of its data. Otherwise, return an empty string.

        The site may switch off the data. It then responds with 404 to every request for data, even if the release is
        published.
        """
        return _page_of(url) if _is_data(url) else ""

    def examine(self, answer: Answer, expectation: Expectation) -> Finding:
        if answer.failure or answer.left_allowed_hosts or not _is_data(answer.final_url or answer.requested_url):
            return rules.examine(as_response_of_page(answer, _page_of), expectation)
        if answer.status in _NO_SUCH_DATA:
            return Finding(CheckOutcome.UNREACHABLE, (Reason.NOT_FOUND,))
        if answer.status != 200:
            return rules.examine(as_response_of_page(answer, _page_of), expectation)
        release = _read(answer.body)
        if release is None:
            return Finding(CheckOutcome.UNREACHABLE, (Reason.UNKNOWN_SHAPE,))
        if release.path != _path_of_page(answer):
            return Finding(CheckOutcome.UNRECOGNISED, (Reason.OTHER_PAGE,), title=release.title)
        if release.is_cancelled:
            return _cancelled(release)
        return _published(release, answer, expectation) if release.is_published else _announced(release, expectation)


@dataclass(frozen=True, slots=True)
class OnsRelease:
    """The data of one release page.

    `path` is the path of the page. `displayed` is the text of the provisional date, or empty if there is none. If there
    is a provisional date, `announced_for` is read from this text. Otherwise, `announced_for` is the final date, or
    empty if the date is not final. `change_note` is the reason for the last date change.
    """

    title: str
    summary: str
    documents: tuple[str, ...]
    path: str
    migrated_to: str
    is_published: bool
    is_cancelled: bool
    announced_for: AnnouncedTime
    displayed: str
    change_note: str
    cancellation_note: str


def _read(body: bytes) -> OnsRelease | None:
    """Parse the data of a release. Return None if their form is unknown.

    The site's own code replaces missing values with false and empty strings. So if the title or the path is empty, a
    false `published` does not prove that the release is not published, and the form counts as unknown.
    """
    try:
        written = json.loads(body)
    except (ValueError, RecursionError):
        return None
    data = _mapping(written)
    description = _mapping(data.get("description"))
    title, path = _line(description.get("title")), _text(data.get("uri")).rstrip("/").lower()
    flags = [description.get(name) for name in ("published", "cancelled", "finalised")]
    if not title or not path or not all(isinstance(flag, bool) for flag in flags):
        return None
    published, cancelled, finalised = map(bool, flags)
    # If there is a provisional date, the page shows it even if `finalised` is true.
    displayed = _line(description.get("provisional_date"))
    is_final = finalised and not displayed
    final = AnnouncedTime(at=parse_instant(description.get("release_date"))) if is_final else AnnouncedTime()
    changes = _mappings(data.get("date_changes"))
    notice = description.get("cancellation_notice")
    return OnsRelease(
        title=title,
        summary=_line(description.get("summary")),
        documents=tuple(
            _line(one.get("title"))
            for kind in ("related_documents", "related_datasets", "related_api_datasets")
            for one in _mappings(data.get(kind))
        ),
        path=path,
        migrated_to=_text(description.get("migration_link")),
        is_published=published,
        is_cancelled=cancelled,
        announced_for=read_display_date(displayed) if displayed else final,
        displayed=displayed,
        change_note=_line(changes[-1].get("change_notice")) if changes else "",
        cancellation_note=" ".join(_line(one) for one in notice) if isinstance(notice, list) else "",
    )


def _cancelled(release: OnsRelease) -> Finding:
    says = PublisherSays(PublisherState.CANCELLED, change_note=release.cancellation_note)
    # If the data mark the release as both published and cancelled, it may have been published before it was cancelled,
    # perhaps on time.
    result = CheckOutcome.UNRECOGNISED if release.is_published else CheckOutcome.NOT_LIVE
    return Finding(result, (Reason.CANCELLED,), title=release.title, publisher=says)


def _announced(release: OnsRelease, expectation: Expectation) -> Finding:
    """Return the finding for a release that is not published yet.

    The finding has no digest. A digest would be misleading, because the text stays the same when the release is
    published.
    """
    is_moved = expectation.due_at is not None and release.announced_for.differs_from(expectation.due_at)
    says = PublisherSays(
        PublisherState.MOVED if is_moved else PublisherState.ANNOUNCED,
        announced_for=release.announced_for.at,
        announced_text=release.displayed,
        change_note=release.change_note,
    )
    reason = Reason.MOVED if is_moved else Reason.ANNOUNCEMENT
    return Finding(CheckOutcome.NOT_LIVE, (reason,), title=release.title, publisher=says)


def _published(release: OnsRelease, answer: Answer, expectation: Expectation) -> Finding:
    finding = rules.examine(as_response_of_page(answer, _page_of, body=_as_page(release)), expectation)
    # Each release has its own page. So an unchanged text does not mean that the page shows an earlier edition.
    if finding.result is CheckOutcome.NOT_LIVE and not _BY_PERSON & set(finding.reasons):
        finding = replace(finding, result=CheckOutcome.UNRECOGNISED)
    return replace(finding, publisher=PublisherSays(PublisherState.PUBLISHED))


def _as_page(release: OnsRelease) -> bytes:
    title, documents = escape(release.title), "".join(f"<li>{escape(each)}</li>" for each in release.documents)
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head><body><main><h1>{title}</h1>'
        f"<p>{escape(release.summary)}</p><ul>{documents}</ul></main></body></html>"
    ).encode(errors="replace")


def _is_data(url: str) -> bool:
    release = _RELEASE.fullmatch(urlsplit(url).path)
    return bool(release and release["data"])


def _page_of(url: str) -> str:
    parts = urlsplit(url)
    release = _RELEASE.fullmatch(parts.path)
    return parts._replace(path=release["page"]).geturl() if release else url


def _path_of_page(answer: Answer) -> str:
    path = urlsplit(_page_of(answer.final_url or answer.requested_url)).path
    return path.removeprefix("/cy").lower()


def _mapping(written: object) -> Mapping[str, Any]:
    return written if isinstance(written, dict) else {}


def _mappings(written: object) -> list[Mapping[str, Any]]:
    return [one for one in written if isinstance(one, dict)] if isinstance(written, list) else []


def _text(written: object) -> str:
    return written if isinstance(written, str) else ""


def _line(written: object) -> str:
    return strip_markup(_text(written))

"""The adapter for release pages of the DfE's Explore education statistics, and for their version summaries.

The source of the addresses and data structures is dfe-analytical-services/explore-education-statistics. The release
page of its frontend (PublicationReleasePage, ReleasePageTitle) contains a version summary for the scripts of the page.
Its content API returns the same summary (`version-summary`, ReleaseVersionSummaryDto).

In a version summary, `published` is the date of the first entry in the public history of the release. Later versions
inherit this date, and a few people at the DfE can change it. `lastUpdated` is the time at which the current version was
published.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlsplit

from releases.detection import rules
from releases.detection.characters import decode, holds, words
from releases.detection.finding import (
    EARLIEST,
    CheckOutcome,
    Expectation,
    Finding,
    PublisherSays,
    PublisherState,
    Reason,
    Source,
)
from releases.detection.govuk import parse_instant
from releases.rules.response import Answer

_PAGE = re.compile(r"/find-statistics/(?P<publication>[^/]+)/(?P<release>[^/]+)(?:/[^/]+)?/?")
_SUMMARY = re.compile(r"(?:/[^/]+)?/publications/(?P<publication>[^/]+)/releases/(?P<release>[^/]+)/version-summary/?")
_DATA = re.compile(r'<script id="__NEXT_DATA__" type="application/json"[^<>]{0,200}>')
_END = "</script>"


class Ees:
    """Reads a release page as readers see it, and reads the publication times from its version summary."""

    name = "ees"
    reads = "a release page of Explore education statistics, with its publication times"

    def address(self, url: str) -> str:
        return url

    def leads_to(self, body: bytes, *, url: str) -> str:  # `Adapter` requires these parameters
        return ""

    def fallback(self, url: str) -> str:  # `Adapter` requires these parameters
        return ""

    def examine(self, answer: Answer, expectation: Expectation) -> Finding:
        is_readable = not answer.failure and not answer.left_allowed_hosts
        path = urlsplit(answer.final_url or answer.requested_url).path
        if is_readable and _SUMMARY.fullmatch(path):
            return _of_summary(answer, expectation)
        finding = rules.examine(answer, expectation)
        if not is_readable or answer.status != 200:
            return finding
        summary = _in_page(decode(answer.body, charset=answer.charset))
        if summary is None or not summary.is_of(_PAGE.fullmatch(path)):
            return finding
        return _with_summary(finding, summary, expectation)


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """The summary of the current version of a release.

    `publication` and `release` are slugs. Instants are aware.
    """

    publication: str
    publication_title: str
    release: str
    title: str
    is_latest: bool
    published_at: datetime | None
    updated_at: datetime | None

    def is_of(self, named: re.Match[str] | None) -> bool:
        """Return whether this is the summary of the release in an address.

        :param named: the match of the address's path with `_PAGE` or `_SUMMARY`, or None if the path does not match.
        """
        return named is not None and (self.publication, self.release) == (named["publication"], named["release"])


def _of_summary(answer: Answer, expectation: Expectation) -> Finding:
    """Return the finding for a response of the content API.

    If there is no summary (404 or 410), the result is UNREACHABLE, because the release may still have a page.
    """
    if answer.status in {404, 410}:
        return Finding(CheckOutcome.UNREACHABLE, (Reason.NOT_FOUND,))
    if answer.status != 200:
        return rules.examine(answer, expectation)
    try:
        summary = _read(json.loads(answer.body))
    except (ValueError, RecursionError):
        summary = None
    if summary is None:
        return Finding(CheckOutcome.UNREACHABLE, (Reason.UNKNOWN_SHAPE,))
    if not summary.is_of(_SUMMARY.fullmatch(urlsplit(answer.final_url or answer.requested_url).path)):
        return Finding(CheckOutcome.UNRECOGNISED, (Reason.OTHER_PAGE,), title=summary.title)
    title = escape(f"{summary.publication_title}: {summary.title}")
    page = f"<!doctype html><html><head><title>{title}</title></head><body><main><h1>{title}</h1></main></body></html>"
    html = (("content-type", "text/html; charset=utf-8"),)
    finding = rules.examine(replace(answer, body=page.encode(errors="replace"), headers=html), expectation)
    if finding.result is CheckOutcome.NOT_LIVE:  # a summary cannot prove an earlier edition
        finding = replace(finding, result=CheckOutcome.UNRECOGNISED)
    return _with_summary(finding, summary, expectation)


def _with_summary(finding: Finding, summary: VersionSummary, expectation: Expectation) -> Finding:
    """Add the publisher's statement to a finding, and correct the finding if the page is about an earlier release.

    The page of an earlier release may contain the marker because it links to a later release. So the result changes
    from LIVE to UNRECOGNISED if the marker is only in the text and not in the title of the summary, and if the summary
    is not about the latest release.
    """
    is_named = holds(words(summary.title), words(expectation.marker))
    in_text = finding.result is CheckOutcome.LIVE and Reason.MARKER_IN_TEXT in finding.reasons
    if in_text and not summary.is_latest and not is_named:
        doubtful = (*finding.reasons, Reason.OTHER_EDITION)
        finding = replace(finding, result=CheckOutcome.UNRECOGNISED, reasons=doubtful)
    due_at = expectation.due_at
    if due_at is None:
        return replace(finding, publisher=PublisherSays(PublisherState.PUBLISHED))
    is_live = finding.result is CheckOutcome.LIVE
    return replace(finding, publisher=_says(summary, due_at=due_at, is_live=is_live))


def _says(summary: VersionSummary, *, due_at: datetime, is_live: bool) -> PublisherSays:
    earliest = due_at - EARLIEST
    if is_live and summary.published_at and summary.published_at > earliest:
        return PublisherSays(PublisherState.PUBLISHED, published_at=summary.published_at, source=Source.CHANGE_HISTORY)
    # A release that was first published long ago may be updated in place. Only an update at or after the due time can
    # belong to this edition.
    if is_live and summary.updated_at and summary.updated_at >= due_at:
        return PublisherSays(PublisherState.PUBLISHED, published_at=summary.updated_at, source=Source.PUBLIC_UPDATED_AT)
    is_old = summary.updated_at is not None and summary.updated_at <= earliest
    return PublisherSays(PublisherState.EARLIER_EDITION if is_old else PublisherState.PUBLISHED)


def _in_page(html: str) -> VersionSummary | None:
    """Return the version summary that a release page contains for its scripts, or None if it cannot be read."""
    start = _DATA.search(html)
    if start is None:
        return None
    try:
        written = json.loads(html[start.end() : html.find(_END, start.end())])
    except (ValueError, RecursionError):
        return None
    properties = _mapping(_mapping(_mapping(written).get("props")).get("pageProps"))
    return _read(properties.get("releaseVersionSummary"))


def _read(written: object) -> VersionSummary | None:
    summary = _mapping(written)
    publication = _mapping(summary.get("publication"))
    texts = (publication.get("slug"), publication.get("title"), summary.get("slug"), summary.get("title"))
    if not all(isinstance(text, str) and text for text in texts):
        return None
    publication_slug, publication_title, slug, title = map(str, texts)
    return VersionSummary(
        publication=publication_slug,
        publication_title=publication_title,
        release=slug,
        title=title,
        is_latest=summary.get("isLatestRelease") is not False,
        published_at=parse_instant(summary.get("published")),
        updated_at=parse_instant(summary.get("lastUpdated")),
    )


def _mapping(written: object) -> Mapping[str, Any]:
    return written if isinstance(written, dict) else {}

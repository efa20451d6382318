"""Adapters, which determine from a response whether a release is live."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol
from urllib.parse import unquote, urlsplit

from releases.detection import govuk, rules
from releases.detection.characters import has_words, holds, words
from releases.detection.finding import (
    EARLIEST,
    CheckOutcome,
    Expectation,
    Finding,
    PublisherSays,
    PublisherState,
    Reason,
)
from releases.detection.govuk import (
    ANNOUNCEMENT,
    API,
    GONE,
    REDIRECT,
    STATISTICS,
    GovukDocument,
    NotADocumentError,
    as_page,
    read_document,
    redirect_destination,
    strip_markup,
)
from releases.probe.ees import Ees
from releases.probe.ons import Ons
from releases.rules.response import Answer, as_response_of_page
from releases.rules.web_address import parse_address, parse_target


class Adapter(Protocol):
    """An adapter decides what to request for an address and how to read the response. It makes no requests itself."""

    @property
    def name(self) -> str:
        """The name of the adapter, which is stored with each address."""

    @property
    def reads(self) -> str:
        """A short description of the pages that the adapter reads, for the person who records an address."""

    def address(self, url: str) -> str: ...

    def leads_to(self, body: bytes, *, url: str) -> str:
        """Return the address to which a decoded body redirects, or an empty string.

        This method is called for every response with status 200. The returned address is requested under the same rules
        as the target of an HTTP redirect. Both addresses are stored with the check.
        """

    def fallback(self, url: str) -> str:
        """Return the address to request instead if `url` is missing (status 404 or 410), or an empty string.

        This is for adapters that request data about a page. The data may be missing although the page exists.
        """

    def examine(self, answer: Answer, expectation: Expectation) -> Finding: ...


class Page:
    """Reads the page at an address as any reader sees it."""

    name = "page"
    reads = "any web page or file, as readers see it"

    def address(self, url: str) -> str:
        return url

    def leads_to(self, body: bytes, *, url: str) -> str:  # `Adapter` requires these parameters
        return ""

    def fallback(self, url: str) -> str:  # `Adapter` requires these parameters
        return ""

    def examine(self, answer: Answer, expectation: Expectation) -> Finding:
        return rules.examine(answer, expectation)


class InBrowser(Page):
    """Reads a page that is empty without scripts, such as a dashboard.

    The probe loads the page in a browser (`releases.probe.browser`). The body of the response is the document after its
    scripts have run.
    """

    name = "browser"
    reads = "a page that needs scripts, loaded in a browser"


_BY_PERSON = {Reason.CONFIRMED_BY_PERSON, Reason.PREVIOUS_EDITION}
_WITHOUT_MARKER = {Reason.NO_MARKER, Reason.UNCHANGED, Reason.COMMON_MARKER}
_IN_HEADING = {Reason.MARKER_IN_TITLE, Reason.MARKER_IN_HEADING}


class Govuk:
    """Reads a page through the content API of GOV.UK, or of a site that has the same API."""

    name = "govuk"
    reads = "a page on GOV.UK, read through the GOV.UK content API"

    def address(self, url: str) -> str:
        """Return the address of the page's document in the content API.

        :raises NotAWebAddressError: if the address may not be requested.
        """
        address = parse_address(url)
        path = urlsplit(address.url).path.rstrip("/") or "/"
        known = path == API or path.startswith(f"{API}/")
        return f"{address.scheme}://{address.place}{'' if known else API}{path}"

    def leads_to(self, body: bytes, *, url: str) -> str:
        """Return the target of a redirect document, or an empty string if the document is not a redirect.

        When a release is published, its announcement becomes a redirect document.

        :raises NotAWebAddressError: if the target may not be requested.
        """
        if b'"redirect"' not in body:
            return ""
        try:
            document = read_document(body)
        except NotADocumentError:
            return ""
        target = redirect_destination(document) if document.schema == REDIRECT else ""
        if not target:
            return ""
        here, there = parse_address(url), parse_target(parse_address(url), target)
        # If the target is on another host, request the page itself, because the host may not have a content API.
        return self.address(there.url) if there.place == here.place else there.url

    def fallback(self, url: str) -> str:  # `Adapter` requires these parameters
        return ""

    def examine(self, answer: Answer, expectation: Expectation) -> Finding:
        requested, came_from = urlsplit(answer.requested_url), urlsplit(answer.final_url or answer.requested_url)
        if answer.failure or answer.status != 200 or answer.left_allowed_hosts or came_from.netloc != requested.netloc:
            found = rules.examine(as_response_of_page(answer, _page_of), expectation)
            return replace(found, publisher=PublisherSays(PublisherState.GONE)) if answer.status == 410 else found
        try:
            document = read_document(answer.body)
        except NotADocumentError:
            return Finding(CheckOutcome.UNREACHABLE, (Reason.UNKNOWN_SHAPE,))
        if document.schema == GONE:
            return Finding(CheckOutcome.NOT_LIVE, (Reason.GONE,), publisher=PublisherSays(PublisherState.GONE))
        if document.schema == REDIRECT:
            # This document has no target, because a redirect with a target would have been followed.
            return Finding(
                CheckOutcome.UNREACHABLE, (Reason.UNKNOWN_SHAPE,), publisher=PublisherSays(PublisherState.REDIRECTED)
            )
        if document.schema == ANNOUNCEMENT:
            return _announced(document, expectation)
        return _published(answer, document, expectation)


def _announced(document: GovukDocument, expectation: Expectation) -> Finding:
    details, announced = document.details, govuk.announced_time(document)
    note = details.get("cancellation_reason") or details.get("latest_change_note") or ""
    state, reason = PublisherState.ANNOUNCED, Reason.ANNOUNCEMENT
    if details.get("state") == "cancelled":
        state, reason = PublisherState.CANCELLED, Reason.CANCELLED
    elif expectation.due_at and announced.differs_from(expectation.due_at):
        state, reason = PublisherState.MOVED, Reason.MOVED
    says = PublisherSays(
        state,
        announced_for=announced.at,
        announced_text=strip_markup(str(details.get("display_date") or "")),
        change_note=strip_markup(str(note)),
    )
    return Finding(CheckOutcome.NOT_LIVE, (reason,), title=document.title, publisher=says)


def _published(answer: Answer, document: GovukDocument, expectation: Expectation) -> Finding:
    finding = rules.examine(as_response_of_page(answer, _page_of, body=as_page(document)), expectation)
    if document.kind not in STATISTICS:
        shown = CheckOutcome.UNRECOGNISED if finding.result is CheckOutcome.LIVE else finding.result
        return replace(finding, result=shown, reasons=(*finding.reasons, Reason.OTHER_KIND))
    if document.base_path not in _paths(answer):
        return replace(finding, result=CheckOutcome.UNRECOGNISED, reasons=(*finding.reasons, Reason.OTHER_PAGE))
    due_at = expectation.due_at
    if due_at is None:
        return replace(finding, publisher=PublisherSays(PublisherState.PUBLISHED))
    marker = words(expectation.marker)
    if _BY_PERSON & set(finding.reasons):
        found = finding
    elif not has_words(marker) or holds(words(expectation.series_title), marker):
        # There is no marker, or the marker is in every edition because the title of the series contains it.
        found = _by_dates(answer, document, finding, expectation, due_at=due_at)
    else:
        found = _by_marker(document, finding, due_at=due_at)
    if document.is_withdrawn:
        found = _withdrawn(document, found, due_at=due_at)
    return replace(found, publisher=_says(document, due_at=due_at))


def _by_marker(document: GovukDocument, finding: Finding, *, due_at: datetime) -> Finding:
    """Return the finding for a page that has a useful marker.

    If a page is updated in place, its earlier edition may already mention the marker of the next edition. So the result
    is UNRECOGNISED if the marker is only in the text, the page was public long before the due time, and the page has
    not been updated since the due time.
    """
    if finding.result is not CheckOutcome.LIVE or _IN_HEADING & set(finding.reasons):
        return finding
    newest = govuk.newest_date(document)
    if govuk.was_public_before(document, due_at=due_at) and not (newest and newest >= due_at):
        return replace(finding, result=CheckOutcome.UNRECOGNISED, reasons=(*finding.reasons, Reason.NOT_UPDATED))
    return finding


def _by_dates(
    answer: Answer, document: GovukDocument, finding: Finding, expectation: Expectation, *, due_at: datetime
) -> Finding:
    """Return the finding for a page that has no useful marker. The dates of the page show which edition it is."""
    of_series = holds(words(document.title), words(expectation.series_title))
    undecided = finding.result is CheckOutcome.LIVE or _WITHOUT_MARKER & set(finding.reasons)
    if not of_series or not undecided or Reason.NEGATIVE_MARKER in finding.reasons:
        is_live = finding.result is CheckOutcome.LIVE
        return replace(finding, result=CheckOutcome.UNRECOGNISED) if is_live else finding
    newest = govuk.newest_date(document)
    if newest and (newest >= due_at or govuk.is_new(document, due_at=due_at)):
        return replace(finding, result=CheckOutcome.LIVE, reasons=(Reason.UPDATED,))
    old = newest and newest < due_at - EARLIEST and govuk.was_public_before(document, due_at=due_at)
    # After the due instant, a changed text may be a new edition that was published as a minor update.
    if old and (answer.completed_at < due_at or finding.text_digest in expectation.texts_not_live):
        return replace(finding, result=CheckOutcome.NOT_LIVE, reasons=(Reason.EARLIER_EDITION,))
    return replace(finding, result=CheckOutcome.UNRECOGNISED, reasons=(Reason.NOT_UPDATED,))


def _withdrawn(document: GovukDocument, found: Finding, *, due_at: datetime) -> Finding:
    """Return the finding for a page that is marked as withdrawn.

    If the page was withdrawn before the due instant, the release is not live. If the page was withdrawn later, or does
    not say when, the release may have been published on time, so the result is UNRECOGNISED. This finding has no digest
    of the text, so no one is asked to identify the text. A person may still state that the release was live.

    A finding that is already NOT_LIVE keeps its result.
    """
    withdrawn_at = document.withdrawn_at
    if found.result is CheckOutcome.NOT_LIVE:
        return replace(found, reasons=(Reason.WITHDRAWN, *found.reasons))
    if withdrawn_at is not None and withdrawn_at < due_at:
        return replace(found, result=CheckOutcome.NOT_LIVE, reasons=(Reason.WITHDRAWN,))
    return replace(found, result=CheckOutcome.UNRECOGNISED, reasons=(Reason.WITHDRAWN,), text_digest="")


def _says(document: GovukDocument, *, due_at: datetime) -> PublisherSays:
    figure = govuk.published_by(document, due_at=due_at)
    newest = govuk.newest_date(document)
    state = (
        PublisherState.EARLIER_EDITION
        if figure is None and newest and newest < due_at - EARLIEST
        else PublisherState.PUBLISHED
    )
    note = ""
    if document.is_withdrawn:
        state, note = PublisherState.WITHDRAWN, document.withdrawal_note
    return PublisherSays(
        state,
        published_at=figure[0] if figure else None,
        source=figure[1] if figure else None,
        change_note=strip_markup(note),
    )


def _page_of(url: str) -> str:
    return url.replace(f"{API}/", "/", 1)


def _paths(answer: Answer) -> set[str]:
    """Return the paths of all requested pages, including those that redirected.

    Each path is returned as requested and also unquoted, because either may be the `base_path` of a document.
    """
    urls = [answer.requested_url, answer.final_url, *(hop.url for hop in answer.hops)]
    return {form for url in urls for form in (_path(url), unquote(_path(url)))}


def _path(url: str) -> str:
    return urlsplit(_page_of(url)).path.rstrip("/") or "/"


_ALL: tuple[Adapter, ...] = (Page(), Govuk(), Ons(), Ees(), InBrowser())
ADAPTERS: Mapping[str, Adapter] = MappingProxyType({adapter.name: adapter for adapter in _ALL})


class NoSuchAdapterError(LookupError):
    """An address names an adapter that is not registered."""


def get_adapter(name: str) -> Adapter:
    try:
        return ADAPTERS[name]
    except KeyError:
        raise NoSuchAdapterError(f'There is no adapter "{name}"; there are: {", ".join(sorted(ADAPTERS))}.') from None

"""Import of a publisher's calendar from GOV.UK or from the ONS release calendar.

We request all pages of the publisher's search, and make one row for each release. After that, these rows are treated
like the rows of a file. They are checked, shown to the person, confirmed and applied (releases/imports/uploads.py).
"""

import json
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from django.utils.text import slugify
from django.utils.translation import gettext as _

from releases.detection import publisher_calendar as detection
from releases.detection.govuk import AnnouncementState
from releases.detection.publisher_calendar import CalendarPage, CalendarProblem, CalendarUnreadableError, ListedRelease
from releases.imports import govuk
from releases.models import Address, Producer, Release, Series
from releases.permissions import Action, User, producers_where
from releases.rules.calendar import Slot, format_day, is_short_notice, months_after
from releases.rules.canonical import canonical_json, sha256_hex
from releases.rules.imports import LONGEST, ImportSource
from releases.rules.lifecycle import FieldRefused, MoveRefused, Status
from releases.rules.response import Answer
from releases.rules.tables import MOST_ROWS, Cell
from releases.rules.web_address import NotAWebAddressError, is_allowed, parse_address

if TYPE_CHECKING:
    from releases.monitoring.adhoc_checks import AdhocMeans

GOVUK_SITE = "https://www.gov.uk"
ONS_SITE, ONS_API = "https://www.ons.gov.uk", "https://api.beta.ons.gov.uk"
PUBLISHERS = {ImportSource.GOVUK: "GOV.UK", ImportSource.ONS: "ONS"}
# Both APIs allow 1,000 results or more in one response. With fewer results, a response stays far below our size limit.
PAGE_SIZE = 200
# Fields of GOV.UK's search API, which refuses unknown fields.
GOVUK_FIELDS = "title,link,display_date,release_timestamp,statistics_announcement_state,metadata"
_ORGANISATION = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ORGANISATION_PAGE = re.compile(r"/government/organisations/(?P<slug>[^/]+)")
_ADDRESS = re.compile(r"https?:|www\.|.*/releasecalendar", re.IGNORECASE)


class TooManyListed(MoveRefused):
    """The publisher lists more releases than one import may have."""


class NothingListed(MoveRefused):
    """The publisher lists no release that is still to come."""


@dataclass(frozen=True, slots=True)
class PublisherCalendar:
    """The part of a publisher's calendar that a person wants to import.

    :param name: the name that people see, such as "GOV.UK calendar of office-for-rain".
    :param site: the origin of the addresses of releases, such as "https://www.gov.uk".
    :param queries: addresses of searches, without the parameters that select a page of results.
    """

    source: ImportSource
    name: str
    site: str
    queries: tuple[str, ...]

    @property
    def publisher(self) -> str:
        return PUBLISHERS[self.source]

    def read_page(self, answer: Answer) -> CalendarPage:
        """:raises CalendarUnreadableError: if the response is not a page of this calendar."""
        reads_govuk = self.source is ImportSource.GOVUK
        return detection.read_govuk_page(answer) if reads_govuk else detection.read_ons_page(answer)


@dataclass(frozen=True, slots=True)
class CalendarChoices:
    """A person's choices for the import of a calendar.

    :param confirms: whether to confirm and announce releases here if the publisher has confirmed them.
    :param short_notice_reason: the reason for confirming releases less than four weeks ahead.
    """

    producer: Producer
    confirms: bool = False
    short_notice_reason: str = ""


def ons_hosts() -> frozenset[str]:
    """Return the hosts of the ONS release calendar. In development, they include the host of the practice site."""
    return frozenset({"www.ons.gov.uk"}) | govuk.practice_hosts()


def find_govuk_calendar(organisation: str, *, hosts: Collection[str], today: date) -> PublisherCalendar:
    """Return the calendar of an organisation on GOV.UK.

    :param organisation: the organisation's name in GOV.UK addresses, the address of its page, or the address of a
        search for its releases.
    :param hosts: the hosts that have GOV.UK's search, each as "host" or "host:port".
    :raises FieldRefused: if `organisation` does not name exactly one organisation.
    """
    site, slug = find_organisation(organisation, hosts=hosts)
    asked_for = {
        "filter_format": "statistics_announcement",
        "filter_organisations": slug,
        "filter_release_timestamp": f"from:{_earliest(today)}",
        "order": "release_timestamp",
        "fields": GOVUK_FIELDS,
    }
    query = f"{site}/api/search.json?{urlencode(asked_for)}"
    return PublisherCalendar(ImportSource.GOVUK, _("GOV.UK calendar of %(name)s") % {"name": slug}, site, (query,))


def find_organisation(organisation: str, *, hosts: Collection[str]) -> tuple[str, str]:
    """Return the origin of the site of an organisation, and the name of the organisation in the site's addresses.

    For example, return "https://www.gov.uk" and "office-for-rain".

    :param organisation: as for `find_govuk_calendar`.
    :raises FieldRefused: if `organisation` does not name exactly one organisation.
    """
    site, slug = GOVUK_SITE, slugify(organisation)
    if "/" in organisation:
        refused = FieldRefused("organisation", _("Enter the web address of an organisation’s page on www.gov.uk."))
        site, path, asked = _split_address(organisation, hosts=hosts, refusal=refused)
        page = _ORGANISATION_PAGE.match(path)
        named = asked.get("organisations[]") or asked.get("organisations") or ([page["slug"]] if page else [])
        if len(named) != 1:
            raise refused
        slug = named[0].partition(".")[0]
    if not _ORGANISATION.fullmatch(slug):
        sentence = _("Enter the name of one organisation as in the address of its page, such as office-for-rain.")
        raise FieldRefused("organisation", sentence)
    return site, slug


def find_ons_calendar(
    words: str, *, first: date | None = None, last: date | None = None, hosts: Collection[str], today: date
) -> PublisherCalendar:
    """Return the part of the ONS release calendar that matches some search words and a period.

    :param words: search words, or the address of a search in the calendar. May be empty.
    :param first: the first day of the period. If it is None, the first day in the address is used, if there is one.
    :param last: the last day of the period. If it is None, the last day in the address is used, if there is one.
    :raises FieldRefused: if the address is not in the calendar, or its dates are not valid.
    """
    site, api = ONS_SITE, ONS_API
    if _ADDRESS.match(words):
        refused = FieldRefused(
            "words", _("Enter the web address of a search in the release calendar of www.ons.gov.uk.")
        )
        site, path, asked = _split_address(words, hosts=hosts, refusal=refused)
        if not path.startswith("/releasecalendar"):
            raise refused
        # On a practice site, the search has the same origin as the calendar.
        api = ONS_API if site == ONS_SITE else site
        words = (asked.get("keywords") or asked.get("query") or [""])[0]
        first, last = first or _asked_day(asked, "after"), last or _asked_day(asked, "before")
        if first and last and first > last:
            raise FieldRefused("words", _("The last date in this web address is before the first date."))
    common = {"query": words, "sort": "release_date_asc", "highlight": "false"}
    dates = {"fromDate": first, "toDate": last}
    written = {name: day.isoformat() for name, day in dates.items() if day}
    cancelled = {"fromDate": _earliest(today).isoformat(), **written}
    queries = (
        {**common, **written, "release-type": "type-upcoming"},
        {**common, **cancelled, "release-type": "type-cancelled"},
    )
    what = [_("“%(words)s”") % {"words": words}] if words else []
    what += [_("from %(day)s") % {"day": format_day(first)}] if first else []
    what += [_("to %(day)s") % {"day": format_day(last)}] if last else []
    name = ", ".join([_("ONS release calendar"), *what])
    addresses = tuple(f"{api}/v1/search/releases?{urlencode(query)}" for query in queries)
    return PublisherCalendar(ImportSource.ONS, name, site, addresses)


def _asked_day(asked: Mapping[str, list[str]], name: str) -> date | None:
    """Return the first day ("after") or the last day ("before") of an ONS search, or None if the date is incomplete.

    Source of the parameter names: queryparams/params.go of ONSdigital/dp-frontend-release-calendar.
    """
    parts = [(asked.get(f"{name}-{part}") or [""])[0] for part in ("year", "month", "day")]
    if not all(parts):
        return None
    try:
        year, month, day = map(int, parts)
        return date(year, month, day)
    except ValueError as error:
        raise FieldRefused(
            "words", _("This web address has a date that does not exist. Correct or remove the date.")
        ) from error


def _split_address(
    written: str, *, hosts: Collection[str], refusal: FieldRefused
) -> tuple[str, str, Mapping[str, list[str]]]:
    """Split a pasted address into its origin, path and query."""
    try:
        address = parse_address(written if "://" in written else f"https://{written}")
    except NotAWebAddressError as error:
        raise refusal from error
    if not is_allowed(address, frozenset(hosts)):
        raise refusal
    parts = urlsplit(address.url)
    return f"{address.scheme}://{address.place}", parts.path, parse_qs(parts.query)


def _earliest(today: date) -> date:
    """Return the first day of the previous month.

    If a release is announced for two months, its timestamp is in the first of them. So this timestamp may be in the
    previous month although the release is still to come.
    """
    return months_after(today.replace(day=1), -1)


def _last_part(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def fetch_releases(calendar: PublisherCalendar, *, means: "AdhocMeans", now: datetime) -> list[ListedRelease]:
    """Request all pages of a calendar one after the other, and return the listed releases.

    The requests stay within the budget of the host.

    :param now: the aware instant at which the requests begin.
    :raises TooManyListed: if the calendar has more releases than one import may have.
    :raises HostBusy: if no response came in time.
    :raises CalendarUnreadableError: if a response cannot be read, or the calendar changed between two pages.
    """
    begun = time.monotonic()
    found: dict[str, ListedRelease] = {}

    def read_page(address: str) -> CalendarPage:
        at = now + timedelta(seconds=time.monotonic() - begun)
        answer = govuk.request_patiently(address, adapter="page", means=means, now=at, publisher=calendar.publisher)
        page = calendar.read_page(answer)
        if page.total > MOST_ROWS:
            sentence = _("%(name)s has %(total)s releases. You can import up to %(most)s. Choose fewer.")
            numbers = {"name": calendar.name, "total": f"{page.total:,}", "most": f"{MOST_ROWS:,}"}
            raise TooManyListed(sentence % numbers)
        return page

    for query in calendar.queries:
        for number, (_address, listed) in enumerate(read_all_pages(query, calendar.source, read_page)):
            found[listed.path or f"{query} {number}"] = listed
    return list(found.values())


def read_all_pages(
    query: str, source: ImportSource, read_page: Callable[[str], CalendarPage]
) -> list[tuple[str, ListedRelease]]:
    """Read all pages of results of a query, and return each release with the address of the page that lists it.

    :param read_page: a function that requests and reads the page of results at an address.
    :raises CalendarUnreadableError: if the results changed between two pages.
    """
    start_name, count_name = ("start", "count") if source is ImportSource.GOVUK else ("offset", "limit")
    found, start, total = list[tuple[str, ListedRelease]](), 0, None
    while total is None or start < total:
        address = f"{query}&{urlencode({start_name: start, count_name: PAGE_SIZE})}"
        page = read_page(address)
        if total not in {None, page.total}:
            raise CalendarUnreadableError(CalendarProblem.CHANGED_MEANWHILE)
        total, start = page.total, start + PAGE_SIZE
        found += [(address, listed) for listed in page.releases]
    paths = {listed.path or str(number) for number, (_address, listed) in enumerate(found)}
    if len(paths) != total:
        # If a release was added or moved while we read the pages, a release may be on two pages or on none.
        raise CalendarUnreadableError(CalendarProblem.CHANGED_MEANWHILE)
    return found


def make_rows(
    listed: Iterable[ListedRelease],
    calendar: PublisherCalendar,
    choices: CalendarChoices,
    *,
    by: User | None,
    adapters: Collection[str],
    now: datetime,
) -> bytes:
    """Make the rows of an import from the releases of a publisher's calendar, and return them as JSON.

    If our calendar has a release with the same address or reference, the row gets its reference, series and producer
    from our release. Otherwise the series is the one whose title is part of the listed title. If there is no such
    series, the row names a new series. Its title is the listed title without the period.

    Published releases are left out. Past releases are left out if they are not in our calendar.

    :param by: the person who imports; None for an operator.
    :raises NothingListed: if there is no release to import.
    """
    maker = _RowMaker(list(listed), calendar, choices, by=by, adapters=adapters, now=now)
    rows = maker.make()
    if not rows:
        raise NothingListed(_("%(name)s has no upcoming releases.") % {"name": calendar.name})
    return canonical_json(rows)


def cells_from_json(content: bytes) -> list[dict[str, Cell]]:
    """Parse the JSON of `make_rows`. Each row is a dict of cells that is keyed by column."""
    rows = json.loads(content)
    return [
        {column: Cell(text=text) for column, text in row["cells"].items()}
        | {column: Cell(fault=why) for column, why in row["faults"].items()}
        for row in rows
    ]


class _RowMaker:
    def __init__(
        self,
        listed: Sequence[ListedRelease],
        calendar: PublisherCalendar,
        choices: CalendarChoices,
        *,
        by: User | None,
        adapters: Collection[str],
        now: datetime,
    ) -> None:
        producers = Producer.objects.all() if by is None else producers_where(by, Action.EDIT)
        releases = Release.objects.official().filter(series__producer__in=producers).select_related("series__producer")
        urls = [f"{calendar.site}{each.path}" for each in listed if each.path]
        addresses = Address.objects.filter(url__in=urls, release__in=releases).order_by("-role", "pk")
        by_key = releases.in_bulk(addresses.values_list("release", flat=True))
        references = [_reference(each) for each in listed]
        self._by_address = {address.url: by_key[address.release_id] for address in addresses}
        self._by_reference = releases.in_bulk([each for each in references if each], field_name="reference")
        self._series = list(Series.objects.filter(producer=choices.producer))
        self._listed, self._calendar, self._choices = listed, calendar, choices
        self._adapters, self._now = adapters, now

    def make(self) -> list[dict[str, dict[str, str]]]:
        written = [(each, self._known(each)) for each in self._listed]
        return [self._make_row(each, known) for each, known in written if self._is_wanted(each, known)]

    def _known(self, listed: ListedRelease) -> Release | None:
        url = f"{self._calendar.site}{listed.path}"
        return self._by_address.get(url) or self._by_reference.get(_reference(listed))

    def _is_wanted(self, listed: ListedRelease, known: Release | None) -> bool:
        if listed.is_published or (known and known.status == Status.PUBLISHED):
            return False
        slot = _find_slot(listed)
        return known is not None or slot is None or not slot.is_past(now=self._now)

    def _make_row(self, listed: ListedRelease, known: Release | None) -> dict[str, dict[str, str]]:
        slot = _find_slot(listed)
        if known and listed.announced and listed.announced.state is AnnouncementState.CANCELLED:
            slot = known.slot
        cells = {
            "reference": known.reference if known else _reference(listed),
            "producer": known.series.producer.name if known else self._choices.producer.name,
            "series": known.series.title if known else self._series_title(listed),
            "title": listed.title[: LONGEST["title"]],
            **(_date_cells(slot) if slot else {}),
            **self._address_cells(listed),
            **self._status_cells(listed, known, slot),
        }
        return {"cells": {column: text for column, text in cells.items() if text}, "faults": _find_faults(listed, slot)}

    def _series_title(self, listed: ListedRelease) -> str:
        series = govuk.suggest_series(listed.title, self._series)
        return series.title if series else detection.remove_period(listed.title)[: LONGEST["series"]]

    def _address_cells(self, listed: ListedRelease) -> dict[str, str]:
        if not listed.path:
            return {}
        url, name = f"{self._calendar.site}{listed.path}", self._calendar.source.value
        if self._calendar.source is ImportSource.ONS and name in self._adapters:
            # The ONS has one page for both the announcement and the release. The data of this page say when the
            # release is published.
            return {"url": url, "adapter": name}
        return {"announcement": url, "announcement_adapter": name if name in self._adapters else "page"}

    def _status_cells(self, listed: ListedRelease, known: Release | None, slot: Slot | None) -> dict[str, str]:
        announced = listed.announced
        if announced is None:
            return {}
        if announced.state is AnnouncementState.CANCELLED:
            reason = announced.note[: LONGEST["cancellation_reason"]]
            return {"status": Status.CANCELLED.value, "cancellation_reason": reason}
        cells: dict[str, str] = {}
        if announced.state is AnnouncementState.CONFIRMED and self._choices.confirms:
            cells["status"] = Status.CONFIRMED
            is_new = known is None or known.status == Status.PROVISIONAL
            if is_new and slot and is_short_notice(slot.on, given_at=self._now):
                cells["short_notice_reason"] = self._choices.short_notice_reason
        # Give a reason only for a change of a confirmed date, because reasons for provisional dates are not public.
        if known and known.status == Status.CONFIRMED and slot and slot.due_at != known.due_at:
            cells["date_change_reason"] = announced.note[: LONGEST["date_change_reason"]]
        return cells


def _reference(listed: ListedRelease) -> str:
    """Return the last part of the release's address. If it is too long, cut it and append a hash to keep it unique."""
    slug, longest = slugify(_last_part(listed.path)), LONGEST["reference"]
    return slug if len(slug) <= longest else f"{slug[: longest - 9].rstrip('-')}-{sha256_hex(slug.encode())[:8]}"


def _find_slot(listed: ListedRelease) -> Slot | None:
    """Return the announced date.

    Return None if there is no date, or if its time does not exist or happens twice because of a clock change.
    """
    slot = listed.announced.slot if listed.announced else None
    try:
        return slot if slot is None or slot.at is None or slot.due_at else None
    except ValueError:
        return None


def _date_cells(slot: Slot) -> dict[str, str]:
    if slot.due_at:
        return {"scheduled_for": slot.due_at.isoformat()}
    return {"scheduled_for": slot.on.isoformat(), "precision": slot.precision}


def _find_faults(listed: ListedRelease, slot: Slot | None) -> dict[str, str]:
    faults = {}
    if not listed.path:
        faults["reference"] = "The publisher gives no web address for this release."
    if not listed.title:
        faults["title"] = "The publisher gives no title."
    if listed.announced is None:
        faults["status"] = "We cannot read the publisher’s status. We can read provisional, confirmed or cancelled."
    elif slot is None:
        displayed = listed.announced.displayed
        faults["scheduled_for"] = (
            f"We cannot read the publisher’s date “{displayed}”. We can read a day and time, a month, or 2 months."
            if displayed
            else "The publisher gives no date."
        )
    return faults

"""Search results and content API documents for a past year of an invented office on GOV.UK.

The year has publications of each kind: scheduled, published by hand, updated in place, withdrawn, removed, and old
publications without some fields. It also has announcements of each kind: cancelled, with a changed date, provisional,
and redirected because the statistics have been published.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from releases.rules.calendar import format_month, months_after
from statsoffice.fake_publisher import govuk

ANNOUNCEMENTS, PUBLICATIONS = "/government/statistics/announcements/", "/government/statistics/"
# The delays in seconds between the scheduled time and publication, one for each month of the series "Bus fares".
DELAYS = (36, 22, 110, 48, 31, 27, 64, 190, 41, 29, 33, 1260)

type Document = dict[str, Any]
type Said = dict[str, Any]


def list_announcements(year: int) -> list[Said]:
    """Return the search results for announcements that are due in this year.

    One of the announcements is still listed, although its statistics have just been published.
    """
    return [_announcement_result(each) for each in _documents(year)[0]]


def list_publications(year: int) -> list[Said]:
    """Return the search results for publications that were last updated in this year or later."""
    found = [{"title": each["title"], "link": each["base_path"]} for each in _documents(year)[1]]
    removed = {"title": f"Tram journeys: {year}", "link": f"{PUBLICATIONS}tram-journeys-{year}"}
    return [*found, removed]


def find_document(path: str, *, now: datetime) -> Document | None:
    """Return the document at a path, or None if there is no document at this path."""
    ending = path.rpartition("-")[2]
    # The year in a path is the year that the statistics are about. They may be published in the next year, so the
    # documents of both years are searched. The page "Cycle counts" is updated every year and has no year in its path,
    # so the documents of the current year are searched.
    years = (int(ending), int(ending) + 1) if ending.isdecimal() and len(ending) == 4 else (now.year,)
    for year in years:
        for document in (*_documents(year)[0], *_documents(year)[1]):
            if document["base_path"] == path:
                return document
    return None


def entity_tag(document: Mapping[str, Any]) -> str:
    return f'"{sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]}"'


@lru_cache(maxsize=8)
def _documents(year: int) -> tuple[Sequence[Document], Sequence[Document]]:
    """Return the announcements and the publications of a year."""
    return list(_announcements(year)), list(_publications(year))


def _announcements(year: int) -> Iterator[Document]:
    due_at = govuk.due_on(date(year, 6, 12))
    yield _announcement(
        f"parking-{year}",
        f"Parking: {year}",
        due_at=due_at,
        state="cancelled",
        cancelled_at=govuk.in_utc(due_at - timedelta(days=40)),
        cancellation_reason="The survey was not run this year.",
    )
    due_at = govuk.due_on(date(year, 9, 18))
    yield _announcement(
        f"taxi-licences-{year}",
        f"Taxi licences: {year}",
        due_at=due_at,
        previous_display_date=govuk.format_display_date(due_at - timedelta(days=7)),
        latest_change_note="More time is needed to check the data.",
    )
    yield _announcement(
        f"ferry-traffic-{year}", f"Ferry traffic: {year}", display_date=f"November {year}", state="provisional"
    )
    published = f"{ANNOUNCEMENTS}canal-traffic-{year}"
    yield govuk.redirect(published, f"{PUBLICATIONS}canal-traffic-{year}") | {"title": f"Canal traffic: {year}"}


def _announcement(slug: str, title: str, *, due_at: datetime | None = None, **details: str) -> Document:
    return govuk.announcement(f"{ANNOUNCEMENTS}{slug}", title, due_at=due_at, **details)


def _announcement_result(document: Document) -> Said:
    details = document["details"]
    displayed, stamp = details.get("display_date"), details.get("release_timestamp")
    if document["schema_name"] == "redirect":
        # The search may still list an announcement some minutes after its statistics were published.
        due_at = govuk.due_on(date(int(document["base_path"].rpartition("-")[2]), 12, 3))
        displayed, stamp = govuk.format_display_date(due_at), govuk.in_utc(due_at)
    return {
        "title": document["title"],
        "link": document["base_path"],
        "display_date": displayed,
        "release_timestamp": stamp,
        "statistics_announcement_state": details.get("state", "confirmed"),
        "metadata": {
            "previous_display_date": details.get("previous_display_date"),
            "change_note": details.get("latest_change_note"),
            "cancelled_at": details.get("cancelled_at"),
            "cancellation_reason": details.get("cancellation_reason"),
        },
    }


def _publications(year: int) -> Iterator[Document]:
    for month, delay in enumerate(DELAYS, start=1):
        due_at = govuk.due_on(date(year, month, 10))
        period = months_after(due_at.date().replace(day=1), -1)
        yield _publication(
            f"bus-fares-{period:%B}-{period:%Y}".lower() if period.year == year else f"bus-fares-december-{year - 1}",
            f"Bus fares: {format_month(period)}",
            published_at=due_at + timedelta(seconds=delay),
            scheduled_at=due_at,
            delay_seconds=delay,
        )
    for quarter, month in enumerate((2, 5, 8, 11), start=1):
        # Published by hand, so GOV.UK has neither a scheduled time nor a delay.
        published_at = govuk.due_on(date(year, month, 20)) + timedelta(seconds=14 + quarter)
        yield _publication(
            f"rail-journeys-q{quarter}-{year}", f"Rail journeys: quarter {quarter} {year}", published_at=published_at
        )
    begun = datetime(2019, 3, 7, 9, 30, 12, tzinfo=UTC)
    updates = [
        govuk.due_on(date(each, month, 5)) + timedelta(seconds=20 + month)
        for each in range(begun.year + 1, year + 1)
        for month in (3, 6, 9, 12)
    ]
    changes = [*((at, "Added the latest quarter.") for at in reversed(updates)), (begun, "First published.")]
    yield _publication(
        "cycle-counts",
        "Cycle counts",
        kind="statistical_data_set",
        published_at=changes[0][0],
        first_published_at=begun,
        changes=changes,
    )
    withdrawn_at = govuk.due_on(date(year, 10, 2)) + timedelta(hours=3)
    yield _publication(
        f"road-works-{year}",
        f"Road works: {year}",
        published_at=govuk.due_on(date(year, 4, 3)) + timedelta(seconds=25),
        withdrawn=(withdrawn_at, "The figures for two regions were wrong."),
    )
    old = _publication(f"footpaths-{year}", f"Footpaths: {year}", published_at=datetime(year, 7, 1, 12, tzinfo=UTC))
    # Documents from GOV.UK's first years have no first publication and no history. Their last update is given as a day,
    # without a time.
    del old["first_published_at"], old["details"]["change_history"]
    yield old | {"public_updated_at": f"{year}-07-01T00:00:00.000+00:00"}
    # The search lists all pages that were last updated in this year or later. So the results also include a page that
    # was published in the next year.
    yield _publication(f"bridges-{year}", f"Bridges: {year}", published_at=govuk.due_on(date(year + 1, 1, 15)))


def _publication(slug: str, title: str, **fields: Any) -> Document:
    return govuk.publication(f"{PUBLICATIONS}{slug}", title, **fields)

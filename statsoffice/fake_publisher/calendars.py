"""Simulated searches of the GOV.UK and ONS release calendars, with invented releases.

The results have the shapes of alphagov/search-api and ONSdigital/dp-search-api (see
releases/detection/publisher_calendar.py).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from releases.rules.calendar import (
    Precision,
    Slot,
    format_month,
    in_london,
    months_after,
)
from statsoffice.fake_publisher import past_year
from statsoffice.fake_publisher.govuk import due_on, format_display_date, in_utc

GOVUK_SEARCH, ONS_SEARCH = "/api/search.json", "/v1/search/releases"
ORGANISATION = "department-for-practice"

_YEAR = re.compile(r"from:(?P<year>20\d\d)-01-01")

type Said = dict[str, Any]


def announcement_result(
    slug: str, title: str, *, at: datetime | None = None, date: str = "", state: str = "confirmed", **metadata: str
) -> Said:
    """Return one result of the GOV.UK search.

    If `at` is given, the displayed date is this instant. Otherwise, it is the text `date`.
    """
    shown = format_display_date(at) if at else date
    return {
        "title": title,
        "link": f"/government/statistics/announcements/{slug}",
        "display_date": shown,
        "release_timestamp": in_utc(at or datetime(2098, 7, 1, 8, 30, tzinfo=UTC)),
        "statistics_announcement_state": state,
        "metadata": {"display_date": shown, "confirmed": state == "confirmed", **metadata},
        "index": "government",
        "_id": f"/government/statistics/announcements/{slug}",
    }


def ons_result(
    slug: str,
    title: str,
    *,
    at: datetime | None = None,
    vague: str = "",
    finalised: bool = True,
    cancelled: bool = False,
    changes: list[Said] | None = None,
    **description: object,
) -> Said:
    """Return one result of the ONS search."""
    said: Said = {
        "title": title,
        "summary": "Figures by region.",
        "release_date": (at or datetime(2098, 7, 1, 8, 30, tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "published": False,
        "cancelled": cancelled,
        "finalised": finalised,
        "postponed": bool(changes),
        "census": False,
    }
    if vague:
        said["provisional_date"] = vague
    return {"uri": f"/releases/{slug}", "date_changes": changes, "description": said | description}


def read_query(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}


def answer_govuk(found: Sequence[Said], asked: Mapping[str, str]) -> Said:
    """Return one page of results of the GOV.UK search. The parameters `start` and `count` select the page."""
    start, count = _read_number(asked, "start", 0), _read_number(asked, "count", 10)
    return {"results": found[start : start + count], "total": len(found), "start": start}


def answer_ons(upcoming: Sequence[Said], cancelled: Sequence[Said], asked: Mapping[str, str]) -> Said:
    """Return one page of the ONS search results that match `release-type` and `query`.

    The parameters `offset` and `limit` select the page. If the page is empty, `releases` is None, because the ONS also
    sends null instead of an empty list.
    """
    found = upcoming if asked.get("release-type") == "type-upcoming" else cancelled
    words = asked.get("query", "").lower().split()
    found = [one for one in found if all(word in one["description"]["title"].lower() for word in words)]
    start, count = _read_number(asked, "offset", 0), _read_number(asked, "limit", 10)
    return {"took": 4, "breakdown": {"total": len(found)}, "releases": found[start : start + count] or None}


def _read_number(asked: Mapping[str, str], name: str, default: int) -> int:
    written = asked.get(name, "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 7 else default


def find_search_results(path: str, query: str, *, now: datetime) -> Said | None:
    """Return the response to a calendar search, or None if the path is not the path of a search.

    :param now: the aware instant of the search.
    """
    asked = read_query(query)
    if path == GOVUK_SEARCH:
        known = asked.get("filter_organisations") == ORGANISATION
        return answer_govuk(_find_govuk_results(asked, now=now) if known else [], asked)
    if path == ONS_SEARCH:
        return answer_ons(list(_ons_calendar(now)), [_cancelled_by_ons(now)], asked)
    return None


def _find_govuk_results(asked: Mapping[str, str], *, now: datetime) -> Sequence[Said]:
    """Return the results for a past year if the search filters by a year. Otherwise, return upcoming releases."""
    if updated := _YEAR.match(asked.get("filter_public_timestamp", "")):
        return past_year.list_publications(int(updated["year"]))
    due = _YEAR.match(asked.get("filter_release_timestamp", ""))
    if due and ",to:" in asked["filter_release_timestamp"]:
        return past_year.list_announcements(int(due["year"]))
    return list(_govuk_calendar(now))


def _due(now: datetime, *, days: int) -> datetime:
    """Return the aware instant of 9:30am in London on the first working day at least `days` days after `now`."""
    return due_on(in_london(now).date() + timedelta(days=days))


def _slug(name: str, due_at: datetime) -> str:
    """Return a slug such as "bus-fares-2026-11-30-0930". The practice site has pages for slugs of this form."""
    return f"{name}-{in_london(due_at):%Y-%m-%d-%H%M}"


def _month(now: datetime, months: int) -> str:
    return format_month(months_after(in_london(now).date().replace(day=1), months))


def _period(due_at: datetime) -> str:
    return format_month(months_after(in_london(due_at).date().replace(day=1), -1))


def _govuk_calendar(now: datetime) -> Iterator[Said]:
    """Yield announcements of each kind.

    Some are confirmed, and one of these is at short notice. Others are provisional, for one month, two months or a
    season. One is cancelled, and one is already published.
    """
    for name, days in (("bus-fares", 10), ("bus-fares", 45), ("rail-journeys", 52)):
        due_at = _due(now, days=days)
        title = f"{name.replace('-', ' ').capitalize()}: {_period(due_at)}"
        yield announcement_result(_slug(name, due_at), title, at=due_at)
    yield announcement_result(
        "cycle-traffic", f"Cycle traffic: {_month(now, 3)}", date=_month(now, 4), state="provisional"
    )
    first = months_after(in_london(now).date().replace(day=1), 5)
    months = str(Slot(first, None, Precision.TWO_MONTHS))
    yield announcement_result("ferry-traffic", f"Ferry traffic: {_month(now, 4)}", date=months, state="provisional")
    vague = f"Autumn {now.year + 1}"
    yield announcement_result("walking", f"Walking: {now.year}", date=vague, state="provisional")
    due_at, reason = _due(now, days=60), "The survey was not run this year."
    yield announcement_result(
        "parking", f"Parking: {now.year}", at=due_at, state="cancelled", cancellation_reason=reason
    )
    yield announcement_result("taxi-licences", f"Taxi licences: {now.year}", at=due_at, state="statistics_published")


def _ons_calendar(now: datetime) -> Iterator[Said]:
    for name, days in (("shop-prices", 12), ("shop-prices", 47), ("hours-worked", 54)):
        due_at = _due(now, days=days)
        title = f"{name.replace('-', ' ').capitalize()}: {_period(due_at)}"
        yield ons_result(_slug(name, due_at), title, at=due_at)
    yield ons_result("rents", f"Rents: {_month(now, 3)}", vague=_month(now, 4), finalised=False)


def _cancelled_by_ons(now: datetime) -> Said:
    reason = ["The survey was not run this year."]
    return ons_result(
        "savings", f"Savings: {now.year}", at=_due(now, days=60), cancelled=True, cancellation_notice=reason
    )

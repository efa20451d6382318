"""Past years of GOV.UK as they are stored, from documents in its shapes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from releases.detection.year_review import PageKind, concerns_year, state_from_content
from releases.models import Producer, YearReview, YearReviewPage
from releases.rules.response import Answer
from statsoffice.fake_publisher import govuk

SITE = "https://www.gov.uk"
READ_AT = datetime(2026, 2, 3, 14, tzinfo=UTC)


def create_review(producer: Producer, **changes: Any) -> YearReview:
    """Store a year, complete unless something else is given."""
    given = {"year": 2025, "status": "complete", "started_at": READ_AT, "listed_at": READ_AT, "ended_at": READ_AT}
    return YearReview.objects.create(producer=producer, site=SITE, organisation="office-for-rain", **given | changes)


def add_page(review: YearReview, document: dict[str, Any], kind: PageKind = PageKind.PUBLICATION) -> YearReviewPage:
    """Store a page with what its document states."""
    address = f"{SITE}/api/content{document['base_path']}"
    body = json.dumps(document).encode()
    answer = Answer(address, READ_AT, READ_AT, READ_AT, status=200, body=body, final_url=address)
    page = YearReviewPage(review=review, kind=kind, path=document["base_path"], read_at=READ_AT)
    page.set_statement(state_from_content(answer, year=review.year))
    page.in_year = concerns_year(page.read_statement(), review.year)
    page.save()
    return page


def publication(
    month: int, *, year: int = 2025, delay: int | None = None, title: str = "", **fields: Any
) -> dict[str, Any]:
    """Return the document of a publication of a month, with a scheduled time if it has a delay in seconds."""
    at = datetime(year, month, 11, 9, 30, tzinfo=UTC)
    if delay is not None:
        fields |= {"scheduled_at": at, "delay_seconds": delay}
    published_at = fields.pop("published_at", at + timedelta(seconds=delay or 36))
    path = f"/government/statistics/rain-{month}"
    return govuk.publication(path, title or f"Rain {month:02}", published_at=published_at, **fields)


def postponed(year: int = 2025) -> dict[str, Any]:
    """Return the document of an announcement whose date was changed."""
    return govuk.announcement(
        "/government/statistics/announcements/dew",
        "Dew",
        due_at=datetime(year, 9, 18, 8, 30, tzinfo=UTC),
        previous_display_date=f"11 September {year} 9:30am",
        latest_change_note="More checks.",
    )

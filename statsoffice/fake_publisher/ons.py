"""Responses of a site like that of the ONS: the data and the page of invented releases.

The shapes are those of ONSdigital/dp-api-clients-go (releasecalendar/data.go) and of the page's templates in
ONSdigital/dp-frontend-release-calendar; every text is our own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from statsoffice.fake_publisher.govuk import in_utc

JSON = "application/json"


def data(
    path: str,
    title: str,
    *,
    due_at: datetime | None = None,
    date_changes: Sequence[tuple[datetime, str]] = (),
    summary: str = "How prices at filling stations have changed.",
    documents: Sequence[str] = (),
    **description: object,
) -> dict[str, Any]:
    """Return the data of a release page; by default its date is final, and it is neither published nor cancelled.

    :param date_changes: earlier dates with the reason for their change, oldest first.
    :param documents: the titles of its publications.
    :param description: other fields, such as published, cancelled, cancellation_notice or provisional_date.
    """
    links = [{"title": each, "uri": f"{path}/{place}", "summary": ""} for place, each in enumerate(documents)]
    return {
        "date_changes": [{"previous_date": in_utc(at), "change_notice": note} for at, note in date_changes],
        "description": {
            "cancellation_notice": None,
            "cancelled": False,
            "contact": {"email": "prices@example.gov.uk", "name": "Prices team", "telephone": ""},
            "finalised": True,
            "migration_link": "",
            "national_statistic": True,
            "next_release": "To be announced",
            "provisional_date": "",
            "published": False,
            "release_date": in_utc(due_at) if due_at else "",
            "summary": summary,
            "survey": "",
            "title": title,
            "welsh_statistic": False,
        }
        | description,
        "links": [],
        "markdown": [],
        "related_api_datasets": [],
        "related_datasets": [],
        "related_documents": links,
        "related_methodology": [],
        "related_methodology_article": [],
        "uri": path,
    }


def page(title: str, *, note: str = "", main: str = "", lang: str = "en") -> str:
    """Return a release page as readers see it, with a note about its state or with what was published."""
    panel = f'<div class="ons-panel"><div class="ons-panel__body"><p>{note}</p></div></div>' if note else ""
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title} - Figures</title></head>'
        f'<body><div class="ons-page__container release"><div class="release__document-type">Release</div>'
        f"<h1><span>{title}</span></h1>{panel}<main>{main}</main></div></body></html>"
    )

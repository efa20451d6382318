"""Release pages and their data as on the ONS website.

The shape of the data comes from ONSdigital/dp-api-clients-go (releasecalendar/data.go). The shape of the page comes
from the templates in ONSdigital/dp-frontend-release-calendar. All texts are our own.
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
    """Return the data of a release page.

    By default, the date of the release is final, and the release is neither published nor cancelled.

    :param date_changes: the earlier dates, oldest first, each with the reason why it was changed.
    :param documents: the titles of the publications of the release.
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
    """Return the HTML of a release page.

    :param note: a note about the state of the release, for example that it is not yet published.
    :param main: the HTML of the published content.
    """
    panel = f'<div class="ons-panel"><div class="ons-panel__body"><p>{note}</p></div></div>' if note else ""
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title} - Figures</title></head>'
        f'<body><div class="ons-page__container release"><div class="release__document-type">Release</div>'
        f"<h1><span>{title}</span></h1>{panel}<main>{main}</main></div></body></html>"
    )

"""Release pages and version summaries as on the website Explore education statistics.

The shapes come from the code of dfe-analytical-services/explore-education-statistics (ReleasePageTitle,
ReleasePageIntro, ReleaseVersionSummaryDto). All texts are our own.
"""

import json
from datetime import datetime
from typing import Any

from statsoffice.fake_publisher.govuk import in_utc

JSON = "application/json; charset=utf-8"


def summary(
    publication: tuple[str, str],
    release: tuple[str, str],
    *,
    published: datetime,
    updated: datetime | None = None,
    is_latest: bool = True,
    **fields: object,
) -> dict[str, Any]:
    """Return the summary of a release version.

    :param publication: the slug and the title of the publication.
    :param release: the slug and the title of the release.
    :param updated: the time at which the current version was published, or None if the first version is current.
    """
    return {
        "id": "5f0c1f8e-0000-4000-8000-000000000001",
        "releaseId": "5f0c1f8e-0000-4000-8000-000000000002",
        "isLatestRelease": is_latest,
        "label": None,
        "lastUpdated": in_utc(updated or published),
        "published": in_utc(published),
        "publishingOrganisations": [],
        "slug": release[0],
        "title": release[1],
        "coverageTitle": "",
        "yearTitle": "",
        "type": "OfficialStatistics",
        "preReleaseAccessList": None,
        "updateCount": 2 if updated else 1,
        "publication": {
            "id": "5f0c1f8e-0000-4000-8000-000000000003",
            "slug": publication[0],
            "title": publication[1],
        },
    } | fields


def page(version: dict[str, Any] | None, *, title: str = "", heading: str = "", intro: str = "", main: str = "") -> str:
    """Return the HTML of a release page.

    If `version` is given, the page contains the version summary as JSON. On the real site, scripts read this JSON.
    """
    heading = heading or (version["publication"]["title"] if version else "")
    title = title or (version["title"] if version else "")
    properties = json.dumps({"props": {"pageProps": {"releaseVersionSummary": version, "page": "home"}}, "page": "/x"})
    script = f'<script id="__NEXT_DATA__" type="application/json">{properties}</script>' if version else ""
    tag = "Latest release" if version and version["isLatestRelease"] else "Not the latest release"
    return (
        f'<!DOCTYPE html><html lang="en" class="govuk-template"><head><meta charset="utf-8"><title>Release home - '
        f'{heading} - Explore figures</title></head><body class="govuk-template__body"><div id="__next">'
        '<nav aria-label="Breadcrumb"><ol><li>Home</li><li>Find figures</li></ol></nav><main id="main-content">'
        f'<span class="govuk-caption-xl" data-testid="page-title-caption">{title}</span>'
        f'<h1 class="govuk-heading-xl" data-testid="page-title">{heading}</h1>'
        f"<p>How often pupils missed sessions.</p><div><strong>{tag}</strong>{intro}</div>"
        f"<section><h2>Headline facts and figures</h2>{main}</section></main></div>{script}</body></html>"
    )

"""Simulated publishing platforms with practice releases, which appear at the time in the path of their page.

A path ends with a release time in London, such as /releases/bus-fares-2026-11-30-0930. The page appears three seconds
after the release time. If the path ends with "-late", the page appears three minutes after the release time. If the
path ends with "-early", the page appears half a minute before the release time. These pages need no script.

The HTML has the structure of public code: NHS-digital-website/hippo for NHS England Digital,
scottishgovernment/gov-scot for gov.scot, govwales/component-library for gov.wales, and dof-dss/nicsdru_origins_theme
for NISRA. Public Health Scotland does not publish its templates, so we used its public pages. All texts and names are
invented.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from string import Template

from releases.rules.calendar import (
    format_day,
    format_moment,
    format_month,
    from_london,
    in_london,
    months_after,
)
from statsoffice.fake_publisher import ees, govuk, ons, pages
from statsoffice.fake_publisher.scenes import HTML, Scene

_SHAPES = {file.stem: Template(file.read_text().rstrip()) for file in (Path(__file__).parent / "shapes").glob("*.html")}
WELSH_SITE = {
    "en": {
        "site": "EXAMPLE.WALES", "other": "cy", "switch": "Cymraeg", "search": "Search", "home": "Home",
        "contact": "Contact us",
    },
    "cy": {
        "site": "ENGHRAIFFT.CYMRU", "other": "en", "switch": "English", "search": "Chwilio", "home": "Hafan",
        "contact": "Cysylltwch â ni",
    },
}  # fmt: skip
_WELSH_MONTHS = (
    "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin", "Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd",
    "Rhagfyr",
)  # fmt: skip

_NAME = r"(?P<name>[a-z]+(?:-[a-z]+)*)"
_WHEN = r"(?P<on>20\d{2}-\d{2}-\d{2})-(?P<at>\d{4})(?:-(?P<how>late|early))?"
_APPEARS_AFTER = {None: timedelta(seconds=3), "late": timedelta(minutes=3), "early": timedelta(seconds=-30)}


def fill_shape(shape: str, title: str, *, heading: str = "", head: str = "", cookies: str = "", **parts: str) -> str:
    """Return a page with the HTML structure of a platform.

    :param shape: "nhs", "govscot", "govwales", "nicsdru" (for NISRA) or "phs".
    :param cookies: the HTML of the cookie banner.
    :param parts: the HTML for the other placeholders in the template file of the platform.
    """
    texts = {"title": escape(title), "heading": escape(heading or title)}
    return _SHAPES[shape].substitute(texts, head=head, cookies=cookies, **parts)


@dataclass(frozen=True, slots=True)
class PracticeRelease:
    """A release that is described by the path of its page.

    :ivar slug: the last part of the path, such as "bus-fares-2026-11-30-0930".
    :ivar due_at: the aware instant of the release time in the path.
    :ivar appears_at: the aware instant at which the release appears.
    :ivar is_out: whether the release has appeared.
    """

    slug: str
    name: str
    due_at: datetime
    appears_at: datetime
    is_out: bool

    @property
    def series(self) -> str:
        return self.name.replace("-", " ").capitalize()

    @property
    def month(self) -> date:
        """The first day of the month before the release. The statistics are about this month."""
        return months_after(in_london(self.due_at).date().replace(day=1), -1)

    @property
    def period(self) -> str:
        return format_month(self.month)

    @property
    def title(self) -> str:
        return f"{self.series}: {self.period}"

    @property
    def day(self) -> str:
        return format_day(self.due_at)

    @property
    def summary(self) -> str:
        """The first sentence of the release. It contains a number that is different for each due time."""
        return f"Figures up to {self.period}, from {self.due_at.timestamp() // 60:,.0f} daily values."

    @property
    def figures(self) -> str:
        """The text of the release as HTML. The text is different for every release of a series."""
        sentences = (
            f"{self.summary} The index rose by {self.due_at.minute / 10} per cent on the month before. Two of three "
            "regions show a rise on the year before. Figures are the mean of daily values that sellers report. Missing "
            "days are filled with the value of the day before."
        )
        return f"<h2>Main points</h2><p>{sentences}</p>"


type Play = Callable[[PracticeRelease], Scene]
"""A function that returns the response for a release."""


def _scene(body: str, *, status: int = 200, content_type: str = HTML) -> Scene:
    return Scene(None, status, body.encode(), ((b"content-type", content_type.encode()),), 0)


def _as_json(said: object, *, status: int = 200) -> Scene:
    return _scene(json.dumps(said), status=status, content_type=ons.JSON)


def _not_found(shape: str, **parts: str) -> Scene:
    main = "<p>Check the address, or use the search.</p>"
    return _scene(fill_shape(shape, "Page not found", main=main, **parts), status=404)


def _play_govuk_page(release: PracticeRelease) -> Scene:
    if not release.is_out:
        return _scene(pages.not_found_page(), status=404)
    return _scene(pages.release_page(release.title, published=release.day, summary=f"Figures for {release.period}."))


def _play_govuk_document(release: PracticeRelease) -> Scene:
    path = f"{_GOVUK}{release.slug}"
    if not release.is_out:
        return _as_json({"base_path": path, "schema_name": "placeholder"}, status=404)
    late_by = int((release.appears_at - release.due_at).total_seconds())
    document = govuk.publication(
        path,
        release.title,
        published_at=release.appears_at,
        body=release.figures,
        scheduled_at=release.due_at if late_by > 0 else None,
        delay_seconds=late_by,
    )
    return _as_json(document)


def _play_govuk_announcement(release: PracticeRelease) -> Scene:
    if release.is_out:
        return _play_govuk_page(release)
    return _scene(pages.coming_soon_page(release.title, expected=format_moment(release.due_at)))


def _play_govuk_announcement_document(release: PracticeRelease) -> Scene:
    path = f"{_GOVUK}announcements/{release.slug}"
    if release.is_out:
        return _as_json(govuk.redirect(path, f"{_GOVUK}{release.slug}"))
    return _as_json(govuk.announcement(path, release.title, due_at=release.due_at, organisations=[pages.PRODUCER]))


def _play_ons_page(release: PracticeRelease) -> Scene:
    if release.is_out:
        return _scene(ons.page(release.title, main=release.figures))
    return _scene(ons.page(release.title, note=f"This release is not yet published. It is due on {release.day}."))


def _play_ons_data(release: PracticeRelease) -> Scene:
    return _as_json(
        ons.data(
            f"/releases/{release.slug}",
            release.title,
            due_at=release.due_at,
            summary=release.summary,
            documents=(release.title,) if release.is_out else (),
            published=release.is_out,
        )
    )


def _summary_of(release: PracticeRelease) -> dict[str, object]:
    slug = release.slug.removeprefix(f"{release.name}-")
    return ees.summary((release.name, release.series), (slug, release.period), published=release.appears_at)


def _play_ees_page(release: PracticeRelease) -> Scene:
    if release.is_out:
        return _scene(ees.page(_summary_of(release), main=release.figures))
    return _scene(ees.page(None, heading="Page not found"), status=404)


def _play_ees_summary(release: PracticeRelease) -> Scene:
    return (
        _as_json(_summary_of(release))
        if release.is_out
        else _as_json({"status": 404, "title": "Not Found"}, status=404)
    )


def _play_nhs(release: PracticeRelease) -> Scene:
    main = (
        release.figures
        if release.is_out
        else '<p class="strong" itemprop="description">(Upcoming, not yet published)</p>'
    )
    title = f"{release.series}, {release.period}"
    published = f"{in_london(release.due_at):%-d %b %Y}"
    return _scene(fill_shape("nhs", title, main=main, published=published, details="", series=release.series))


def _play_govscot(release: PracticeRelease) -> Scene:
    label = "Publication - Statistics"
    if not release.is_out:
        return _not_found("govscot", label=label, metadata="")
    metadata = f'<div class="ds_metadata__item"><dt>Published</dt><dd><strong>{release.day}</strong></dd></div>'
    return _scene(fill_shape("govscot", release.title, main=release.figures, label=label, metadata=metadata))


def _play_govwales(release: PracticeRelease) -> Scene:
    if not release.is_out:
        return _not_found("govwales", lang="en", **WELSH_SITE["en"])
    dates = f'<dl class="gw-metadata"><dt>First published:</dt><dd>{release.day}</dd></dl>'
    return _scene(fill_shape("govwales", release.title, main=dates + release.figures, lang="en", **WELSH_SITE["en"]))


def _play_govwales_in_welsh(release: PracticeRelease) -> Scene:
    if not release.is_out:
        heading, main = "Tudalen heb ei chanfod", "<p>Ni allwn ddod o hyd i’r dudalen.</p>"
        return _scene(fill_shape("govwales", heading, main=main, lang="cy", **WELSH_SITE["cy"]), status=404)
    month = f"{_WELSH_MONTHS[release.month.month - 1]} {release.month.year}"
    local = in_london(release.due_at)
    published = f"{local.day} {_WELSH_MONTHS[local.month - 1]} {local.year}"
    text = f"<h2>Prif bwyntiau</h2><p>Cododd y mynegai {local.minute % 10} y cant am {local:%H:%M}.</p>"
    dates = f'<dl class="gw-metadata"><dt>Cyhoeddwyd gyntaf:</dt><dd>{published}</dd></dl>'
    title = f"Prisiau bysiau: {month}"
    return _scene(fill_shape("govwales", title, main=dates + text, lang="cy", **WELSH_SITE["cy"]))


def _play_nisra(release: PracticeRelease) -> Scene:
    if not release.is_out:
        return _not_found("nicsdru")
    published = f'<p class="published">Date published: {release.day}</p>'
    return _scene(fill_shape("nicsdru", release.title, main=published + release.figures))


def _play_phs(release: PracticeRelease) -> Scene:
    if not release.is_out:
        return _not_found("phs", edition="")
    edition = f"Figures for {release.period}"
    title = f"{release.series} - {edition}"
    return _scene(fill_shape("phs", title, heading=release.series, edition=edition, main=release.figures))


_GOVUK = "/government/statistics/"
# Each pair has the part of a path before the name and time of the release, and the function that returns the response
# for the whole path.
_PLAYED: tuple[tuple[str, Play], ...] = (
    (_GOVUK, _play_govuk_page),
    (f"{govuk.API}{_GOVUK}", _play_govuk_document),
    (f"{_GOVUK}announcements/", _play_govuk_announcement),
    (f"{govuk.API}{_GOVUK}announcements/", _play_govuk_announcement_document),
    ("/releases/", _play_ons_page),
    ("/nhs/", _play_nhs),
    ("/govscot/", _play_govscot),
    ("/govwales/", _play_govwales),
    ("/govwales/cy/", _play_govwales_in_welsh),
    ("/nisra/", _play_nisra),
    ("/phs/", _play_phs),
)
_PATHS: tuple[tuple[re.Pattern[str], Play], ...] = (
    *((re.compile(rf"{re.escape(start)}(?P<slug>{_NAME}-{_WHEN})/?"), play) for start, play in _PLAYED),
    (re.compile(rf"/releases/(?P<slug>{_NAME}-{_WHEN})/data/?"), _play_ons_data),
    (re.compile(rf"/find-statistics/{_NAME}/{_WHEN}/?"), _play_ees_page),
    (re.compile(rf"/api/publications/{_NAME}/releases/{_WHEN}/version-summary/?"), _play_ees_summary),
)


def find_platform_scene(path: str, *, now: datetime) -> Scene | None:
    """Return the response for the release in a path, or None if the path is not the path of a release.

    :param now: the aware instant of the request.
    """
    for pattern, play in _PATHS:
        if found := pattern.fullmatch(path):
            release = _read_release(found, now=now)
            return play(release) if release else None
    return None


def _read_release(found: re.Match[str], *, now: datetime) -> PracticeRelease | None:
    """Return the release in a matched path, or None if the path has a day or time that does not exist."""
    try:
        due_at = from_london(datetime.strptime(f"{found['on']} {found['at']}", "%Y-%m-%d %H%M"))  # noqa: DTZ007  # London
    except ValueError:
        return None
    how = f"-{found['how']}" if found["how"] else ""
    slug = f"{found['name']}-{found['on']}-{found['at']}{how}"
    appears_at = due_at + _APPEARS_AFTER[found["how"]]
    return PracticeRelease(slug, found["name"], due_at, appears_at, is_out=now >= appears_at)


@dataclass(frozen=True, slots=True)
class TryOut:
    """A page with which users can try an adapter. The path contains the release time."""

    platform: str
    adapter: str
    path: str
    marker: str


_TRIED = (
    ("GOV.UK", "govuk", f"{_GOVUK}bus-fares-{{}}"),
    ("ONS", "ons", "/releases/bus-fares-{}"),
    ("DfE Explore education statistics", "ees", "/find-statistics/bus-fares/{}"),
    ("NHS England Digital", "page", "/nhs/bus-fares-{}"),
    ("gov.scot", "page", "/govscot/bus-fares-{}"),
    ("gov.wales", "page", "/govwales/bus-fares-{}"),
    ("gov.wales in Welsh", "page", "/govwales/cy/bus-fares-{}"),
    ("NISRA", "page", "/nisra/bus-fares-{}"),
    ("Public Health Scotland", "page", "/phs/bus-fares-{}"),
)
_AHEAD, _STEP = timedelta(minutes=8), 5


def next_try_out(*, now: datetime) -> datetime:
    """Return the release time of the pages to try, which is 7 to 12 minutes ahead on a multiple of five minutes."""
    later = now.astimezone(UTC).replace(second=0, microsecond=0) + _AHEAD
    return later + timedelta(minutes=-later.minute % _STEP)


def find_try_outs(due_at: datetime) -> Iterator[TryOut]:
    local = in_london(due_at)
    marker = format_month(months_after(local.date().replace(day=1), -1))
    for platform, adapter, path in _TRIED:
        yield TryOut(platform, adapter, path.format(f"{local:%Y-%m-%d-%H%M}"), marker)

"""The scripted truth: what each page of the morning shows from when on, and what must be said of its release."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from breaches.rules.lifecycle import ReportKind
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.faults import hostile_site
from tests.support import practice_pages
from tests.support.practice_pages import PDF, pdf_file

TOLERANCE = timedelta(seconds=20)
SERIES = "Inspections of invented schools"
TITLE = f"{SERIES} as at 31 March 2026"
MARKER = "31 March 2026"
COMING_SOON = pages.coming_soon_page(TITLE, expected="this minute")
LIVE = pages.release_page(TITLE, published="this minute")

RECIPIENTS = frozenset({"statistician@example.gov.uk", "head@example.gov.uk"})


@dataclass(frozen=True, slots=True)
class Story:
    """One release: when its page, and its file if it has one, are published, in seconds after it is due.

    :param taken_down: when its page goes away again.
    :param retry_after: the seconds for which its page asks its readers to wait, by 429, whenever it is asked.
    :param asks_from: since when it does.
    """

    slug: str
    published: float | None
    outcome: Outcome
    kind: ReportKind | None
    host: str = "127.0.0.1"
    file_published: float | None = None
    in_trouble: bool = False
    taken_down: float | None = None
    retry_after: int | None = None
    asks_from: float = -3600
    hostile: bool = False

    @property
    def decided_by(self) -> float | None:
        """When what decides the verdict was published: the file of a release that lacked one, else the page."""
        return self.published if self.file_published is None else self.file_published


STORIES = (
    Story("on-time", 2, Outcome.ON_TIME, None),
    Story("late", 32, Outcome.LATE, ReportKind.LATE, host="localhost"),
    Story("never", None, Outcome.NOT_SEEN, ReportKind.LATE),
    Story("early", -25, Outcome.EARLY, ReportKind.EARLY, host="localhost"),
    Story("late-file", 1, Outcome.PARTIAL, ReportKind.PARTIAL, file_published=30),
    Story("in-trouble", None, Outcome.CANNOT_TELL, None, host="localhost", in_trouble=True),
)
HOSTILE = tuple(
    Story(deed, None, Outcome.CANNOT_TELL, None, hostile=True) for deed in (*hostile_site.DEEDS, hostile_site.REBINDING)
)
COSTLY = tuple(Story(page, None, Outcome.CANNOT_TELL, None, hostile=True) for page in hostile_site.COSTLY)
GOOD = tuple(Story(f"good-{number}", 2, Outcome.ON_TIME, None) for number in range(20))


def scripts(
    office: str, stories: Sequence[Story], *, instant: Callable[[float], datetime], padding: int = 0
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Yield every page of one office's morning with its scenes.

    :param instant: returns the site's aware instant for a number of seconds after the releases are due.
    :param padding: the bytes by which each page is longer than it need be, none of which can be compressed.
    """
    longer = f"<!-- {secrets.token_hex(padding // 2)} -->" if padding else ""
    for story in stories:
        if story.hostile:
            continue
        path = f"/{office}/{story.slug}"
        if story.in_trouble:
            yield (
                path,
                [scene(COMING_SOON + longer), scene(practice_pages.error_page(), status=503, starts=instant(-2))],
            )
            continue
        if story.retry_after is not None:
            headers = {"Retry-After": str(story.retry_after)}
            asks = scene("Slow down.", status=429, headers=headers, starts=instant(story.asks_from))
            yield path, [scene(COMING_SOON + longer), asks]
            continue
        appears = [] if story.published is None else [scene(LIVE + longer, starts=instant(story.published))]
        goes = [] if story.taken_down is None else [scene(COMING_SOON + longer, starts=instant(story.taken_down))]
        yield path, [scene(COMING_SOON + longer), *appears, *goes]
        if story.file_published is not None:
            file = scene(pdf_file("Tables"), starts=instant(story.file_published), content_type=PDF)
            yield f"{path}/tables.pdf", [scene(status=404), file]

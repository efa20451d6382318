"""Stories of a release morning in small: what each page shows when, and what must come of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from breaches.rules.lifecycle import ReportKind
from releases.models import Release, Series
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import RehearsalSite
from statsoffice.fake_publisher.scenes import scene
from tests.support import practice_pages
from tests.support.factories import ContactFactory, ProducerFactory, ReleaseFactory, SeriesFactory, UserFactory
from tests.support.practice_pages import PDF, pdf_file

TOLERANCE = timedelta(seconds=5)
SERIES = "Inspections of invented schools"
TITLE = f"{SERIES} as at 31 March 2026"
MARKER = "31 March 2026"

COMING_SOON = pages.coming_soon_page(TITLE, expected="this minute")
LIVE = pages.release_page(TITLE, published="this minute")
LAST_EDITION = pages.release_page(f"{SERIES} as at 31 December 2025", published="2 January 2026")
WITHOUT_MARKER = pages.release_page(f"{SERIES}: the latest figures", published="this minute", summary="All new.")
GONE_WRONG = {"body": practice_pages.error_page(), "status": 503}


@dataclass(frozen=True, slots=True)
class Story:
    """One rehearsal: what its page shows from the start, and what from when on, in seconds after it is due."""

    slug: str
    first: Mapping[str, Any]
    then: Mapping[str, Any] | None
    after: float
    outcome: Outcome
    kind: ReportKind | None
    host: str = "127.0.0.1"
    attachment_after: float | None = None


def page(body: str) -> Mapping[str, Any]:
    """Show a page with status 200."""
    return {"body": body}


NOT_FOUND = {"status": 404}
STORIES = (
    Story("on-time", page(COMING_SOON), page(LIVE), 2, Outcome.ON_TIME, None),
    Story("late", page(COMING_SOON), page(LIVE), 15, Outcome.LATE, ReportKind.LATE, host="localhost"),
    Story("never", NOT_FOUND, None, 0, Outcome.NOT_SEEN, ReportKind.LATE),
    Story("early", page(COMING_SOON), page(LIVE), -25, Outcome.EARLY, ReportKind.EARLY, host="localhost"),
    Story("soft-404", page(pages.not_found_page()), None, 0, Outcome.NOT_SEEN, ReportKind.LATE),
    Story("last-edition", page(LAST_EDITION), None, 0, Outcome.NOT_SEEN, ReportKind.LATE, host="localhost"),
    Story("no-marker", page(LAST_EDITION), page(WITHOUT_MARKER), 0, Outcome.CANNOT_TELL, None),
    Story("server-error", page(COMING_SOON), GONE_WRONG, -2, Outcome.CANNOT_TELL, None, host="localhost"),
    Story("late-file", page(COMING_SOON), page(LIVE), 1, Outcome.PARTIAL, ReportKind.PARTIAL, attachment_after=12),
)


def a_series_with_people() -> Series:
    """A series with two contacts who have an account, a team that has none, and a deputy whose account is closed."""
    producer = ProducerFactory()

    def contact(name: str, *, active: bool = True) -> Any:
        email = f"{name}@example.gov.uk"
        user = UserFactory(name=name.capitalize(), email=email, is_active=active)
        return ContactFactory(producer=producer, name=name.capitalize(), email=email, user=user)

    series = SeriesFactory(
        producer=producer,
        title=SERIES,
        tolerance_seconds=TOLERANCE.seconds,
        responsible=contact("statistician"),
        head_of_profession=contact("head"),
    )
    series.publishing_contacts.add(ContactFactory(producer=producer, name="Web team", email="web@example.gov.uk"))
    series.deputies.add(contact("former.deputy", active=False))
    return series


REACHED = {"statistician@example.gov.uk", "head@example.gov.uk"}


def prepare(story: Story, *, series: Series, due_at: datetime, now: datetime, site: RehearsalSite) -> Release:
    """Publish a story's script and record its rehearsal.

    :param due_at: the aware instant at which it is due, a whole minute.
    """
    path = f"/morning/{story.slug}"
    site.publish(path, scenes(story.first, story.then, starts=due_at + timedelta(seconds=story.after)))
    files: tuple[str, ...] = ()
    if story.attachment_after is not None:
        starts = due_at + timedelta(seconds=story.attachment_after)
        pdf = {"body": pdf_file("Tables"), "content_type": PDF}
        site.publish(f"{path}/tables.pdf", scenes(NOT_FOUND, pdf, starts=starts))
        # On another host than the page: two monitoring processes may hold one each.
        files = (address(f"{path}/tables.pdf", host="localhost", site=site),)
    return ReleaseFactory(
        confirmed=True,
        series=series,
        reference=story.slug,
        title=f"{story.slug}: {TITLE}",
        url=address(path, host=story.host, site=site),
        marker=MARKER,
        due_at=due_at,
        recorded_at=now,
        rehearsal=True,
        attachments=files,
    )


def address(path: str, *, host: str, site: RehearsalSite) -> str:
    """Return a page's whole address under one of the names of the site's machine."""
    return site.url(path).replace("127.0.0.1", host)


def scenes(
    first: Mapping[str, Any], then: Mapping[str, Any] | None, *, starts: datetime
) -> Sequence[Mapping[str, Any]]:
    """Return a script of one scene, or of two of which the second starts at an instant."""
    return [scene(**first)] if then is None else [scene(**first), scene(**then, starts=starts)]

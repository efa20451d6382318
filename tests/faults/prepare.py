"""The database that every office of the morning begins with."""

from datetime import UTC, datetime

from django.core.management import call_command

from releases.models import Series
from tests.faults import hostile_site
from tests.faults.truth import COSTLY, GOOD, HOSTILE, MARKER, SERIES, STORIES, TITLE, TOLERANCE, Story
from tests.support.factories import ContactFactory, ProducerFactory, ReleaseFactory, SeriesFactory, UserFactory


def prepare(due: str, site: str) -> None:
    """Create every table, the people and the morning's releases in the database of this process.

    :param due: the ISO instant at which all releases are due, a whole minute.
    :param site: the rehearsal site's address; the office's name in each release's address is still "office".
    """
    due_at = datetime.fromisoformat(due)
    call_command("migrate", verbosity=0)
    producer = ProducerFactory()
    people = {
        name: ContactFactory(
            producer=producer,
            name=name.capitalize(),
            email=f"{name}@example.gov.uk",
            user=UserFactory(name=name.capitalize(), email=f"{name}@example.gov.uk", password="!"),
        )
        for name in ("statistician", "head")
    }
    series = SeriesFactory(
        producer=producer,
        title=SERIES,
        tolerance_seconds=TOLERANCE.seconds,
        responsible=people["statistician"],
        head_of_profession=people["head"],
    )
    for story in STORIES:
        url = f"{site.replace('127.0.0.1', story.host)}/office/{story.slug}"
        other_host = f"{site.replace('127.0.0.1', 'localhost')}/office/{story.slug}"
        # On another host than the page: two monitoring processes may hold one each.
        files = (f"{other_host}/tables.pdf",) if story.file_published is not None else ()
        _record(story, url, series=series, due_at=due_at, files=files)


def prepare_hostile(due: str, site: str) -> None:
    """Add the releases of a hostile site to those that are there.

    :param due: the ISO instant at which they are due.
    :param site: the hostile site's address.
    """
    series = Series.objects.get()
    for story in HOSTILE:
        host = "name-of-a-publisher.localhost" if story.slug == hostile_site.REBINDING else "127.0.0.1"
        url = f"{site.replace('127.0.0.1', host)}/hostile/{story.slug}"
        _record(story, url, series=series, due_at=datetime.fromisoformat(due))


def prepare_costly(due: str, hostile: str, site: str, office: str) -> None:
    """Add twenty good releases, and those of pages whose examination costs much.

    :param due: the ISO instant at which they are due.
    :param hostile: the hostile site's address.
    :param site: the rehearsal site's address.
    :param office: the name of the office in the addresses of the good releases.
    """
    series, due_at = Series.objects.get(), datetime.fromisoformat(due)
    for story in COSTLY:
        _record(story, f"{hostile}/costly/{story.slug}", series=series, due_at=due_at)
    for story in GOOD:
        _record(story, f"{site}/{office}/{story.slug}", series=series, due_at=due_at)


def _record(story: Story, url: str, *, series: Series, due_at: datetime, files: tuple[str, ...] = ()) -> None:
    ReleaseFactory(
        confirmed=True,
        series=series,
        reference=story.slug,
        title=f"{story.slug}: {TITLE}",
        url=url,
        marker=MARKER,
        due_at=due_at,
        recorded_at=datetime.now(UTC),
        rehearsal=True,
        attachments=files,
    )

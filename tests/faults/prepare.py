"""The database that every office of the morning begins with."""

from datetime import UTC, datetime

from django.core.management import call_command

from tests.factories import ContactFactory, ProducerFactory, SeriesFactory, UserFactory, a_confirmed_release
from tests.faults.truth import MARKER, SERIES, STORIES, TITLE, TOLERANCE


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
        a_confirmed_release(
            series=series,
            reference=story.slug,
            title=TITLE,
            url=url,
            marker=MARKER,
            due_at=due_at,
            recorded_at=datetime.now(UTC),
            rehearsal=True,
            # On another host than the page: two watchers may hold one each.
            attachments=(f"{other_host}/tables.pdf",) if story.file_published is not None else (),
        )

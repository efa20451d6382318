"""The releases of the next month, which several lists of the dashboard share."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Subquery

from releases.models import Address, PreflightRun
from releases.overview import visible_releases
from releases.permissions import Person
from releases.preflight import AHEAD
from releases.rules.lifecycle import TO_COME, Status


class UpcomingRelease(NamedTuple):
    """The columns of an upcoming release that the lists need.

    `key`, `producer`, `responsible` and `head` are primary keys, and `slug` is the slug of the producer. `page` is the
    primary key of the address of a web page to check, or None if the release has none. `is_requested` is whether a
    preflight is requested and not made yet.
    """

    key: int
    reference: str
    title: str
    due_at: datetime
    status: str
    rehearsal: bool
    producer: int
    slug: str
    responsible: int | None
    head: int | None
    page: int | None
    is_requested: bool

    @property
    def is_to_come(self) -> bool:
        """Whether the release is neither published nor cancelled. A release can be published before it is due."""
        return self.status in TO_COME


def read_upcoming_releases(person: Person, *, now: datetime) -> list[UpcomingRelease]:
    """Read the releases that a person may view and that are due within the next month, except cancelled ones.

    They are sorted by due time, then by title.
    """
    ahead = visible_releases(person).filter(due_at__gt=now, due_at__lte=now + AHEAD).exclude(status=Status.CANCELLED)
    # For `Exists`, PostgreSQL reads the addresses of all releases. For the first row of a subquery, it uses an index.
    pages = Address.objects.filter(release=OuterRef("pk"), role=Address.Role.PAGE).order_by().values("pk")
    requests = PreflightRun.objects.open().filter(release=OuterRef("pk"))
    rows: Iterable[tuple[Any, ...]] = ahead.order_by("due_at", "title", "pk").values_list(
        "pk",
        "reference",
        "title",
        "due_at",
        "status",
        "rehearsal",
        "series__producer_id",
        "series__producer__slug",
        "series__responsible_id",
        "series__head_of_profession_id",
        Subquery(pages[:1]),
        Exists(requests),
    )
    return [UpcomingRelease(*row) for row in rows]

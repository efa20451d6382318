"""Lists that go on after the last one that was read, so that no list is counted and a late page costs no more."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import islice
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from releases.api.questions import AskedList
from releases.core.announced import AnnouncedRelease
from releases.models import Producer, Release, Series


def part[One](
    found: Iterable[One], *, of: Callable[[One], str], asked: AskedList, request: HttpRequest
) -> tuple[Sequence[One], str | None]:
    """Return as many as were asked for, and the address at which the list goes on, if it does.

    :param found: one more than was asked for, if there is one.
    :param of: says of the last one where the list goes on.
    """
    shown = list(islice(found, asked.per_page + 1))
    if len(shown) <= asked.per_page:
        return shown, None
    shown.pop()
    question = request.GET.copy()
    question["after"] = of(shown[-1])
    return shown, f"{settings.ADDRESS}{request.path}?{question.urlencode(safe='/')}"


def place_of(release: AnnouncedRelease) -> str:
    """Return the place of a release in a list: its day, and its identifier among those of that day."""
    return f"{release.slot.on.toordinal():06}.{release.public_id.hex}"


def by_place(found: QuerySet[Release], *, after: str) -> QuerySet[Release]:
    """Return releases by their places, from the one after a place on."""
    if after:
        day, identifier = after.split(".")
        on, last = date.fromordinal(max(1, int(day))), UUID(identifier)
        found = found.filter(Q(planned_on__gt=on) | Q(public_id__gt=last), planned_on__gte=on)
    return found.order_by("planned_on", "public_id")


def by_slug(found: QuerySet[Producer], *, after: str) -> QuerySet[Producer]:
    """Return producers by their slugs, from the one after a slug on."""
    return found.filter(slug__gt=after).order_by("slug")


def slugs_of(series: Series) -> str:
    """Return the place of a series in a list: the slug of its producer and its own."""
    return f"{series.producer.slug}/{series.slug}"


def by_slugs(found: QuerySet[Series], *, after: str) -> QuerySet[Series]:
    """Return series by the slugs of their producers and their own, from the one after both on."""
    if after:
        producer, series = after.split("/")
        found = found.filter(Q(producer__slug__gt=producer) | Q(producer__slug=producer, slug__gt=series))
    return found.order_by("producer__slug", "slug")

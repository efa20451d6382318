"""Which releases share a host and a minute, as the calendar stands."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q, QuerySet

from releases.core.looks.pacing import Budget, Crowd, Due, crowding
from releases.core.status import OPEN, Status
from releases.core.web_address import NotAWebAddressError, place_of
from releases.models import Address, Release


def between(start: datetime, end: datetime, *, budgets: Mapping[str, Budget]) -> list[Crowd]:
    """Find the crowds of the confirmed releases, rehearsals among them, due from one aware instant up to another.

    :param budgets: the whole budget of each host for which the operator set one.
    :return: the crowds; each holds the keys of its releases.
    """
    return _crowds(Q(release__due_at__gte=start, release__due_at__lt=end), budgets)


def of_releases(releases: Iterable[Release], *, budgets: Mapping[str, Budget]) -> dict[int, list[Crowd]]:
    """Find the crowds in which some releases are, by the release's key; whoever else is in them counts too."""
    instants = {release.due_at for release in releases}
    found: dict[int, list[Crowd]] = {}
    for crowd in _crowds(Q(release__due_at__in=instants), budgets):
        for release in crowd.releases:
            found.setdefault(release, []).append(crowd)  # type: ignore[arg-type]  # keys, as they were given
    return found


def among(releases: QuerySet[Release]) -> list[Crowd]:
    """Find the crowds among some open releases, confirmed or still provisional, however much wider each gets."""
    which = Q(release__in=releases, release__due_at__isnull=False, release__status__in=OPEN)
    return crowding(_due(Address.objects.filter(which)), {})


def _crowds(which: Q, budgets: Mapping[str, Budget]) -> list[Crowd]:
    return crowding(_due(Address.objects.filter(which, release__status=Status.CONFIRMED)), budgets)


def _due(addresses: QuerySet[Address]) -> list[Due]:
    looked_at = addresses.exclude(role=Address.Role.ANNOUNCEMENT)
    due: list[Due] = []
    for release, due_at, url in looked_at.order_by("pk").values_list("release_id", "release__due_at", "url"):
        assert due_at is not None  # noqa: S101  # the question asks for exact times only
        try:
            due.append(Due(release=release, place=place_of(url), due_at=due_at))
        except NotAWebAddressError:
            continue  # it is never asked, so nobody shares anything with it; the check before the release names it
    return due

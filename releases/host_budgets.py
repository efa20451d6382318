"""Request budgets from the settings, and releases that share a host and a minute."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Left, StrIndex, Substr

from releases.models import Address, Release
from releases.rules.host_budget import Budget, Crowd, Due, budget_of, find_crowds, longest_gap
from releases.rules.lifecycle import OPEN, Status
from releases.rules.web_address import NotAWebAddressError, place_if_any, place_of


def crowds_between(start: datetime, end: datetime, *, budgets: Mapping[str, Budget]) -> list[Crowd]:
    """Find the crowds of confirmed releases and rehearsals due from one aware instant up to, not including, another.

    :param budgets: the complete budget of each host for which the operator set one.
    """
    return _crowds(Q(release__due_at__gte=start, release__due_at__lt=end), budgets)


def crowds_of_releases(releases: Iterable[Release], *, budgets: Mapping[str, Budget]) -> dict[int, list[Crowd]]:
    """Return the crowds that each of some releases is in, by its key; other releases in them count too."""
    instants = {release.due_at for release in releases}
    found: dict[int, list[Crowd]] = {}
    for crowd in _crowds(Q(release__due_at__in=instants), budgets):
        for release in crowd.releases:
            found.setdefault(release, []).append(crowd)  # type: ignore[arg-type]  # keys, as they were given
    return found


def crowds_among(releases: QuerySet[Release]) -> list[Crowd]:
    """Find the crowds among some open releases, confirmed or still provisional, whatever others join them."""
    which = Q(release__in=releases, release__due_at__isnull=False, release__status__in=OPEN)
    return find_crowds(_due(Address.objects.filter(which)), {})


def _crowds(which: Q, budgets: Mapping[str, Budget]) -> list[Crowd]:
    return find_crowds(_due(Address.objects.filter(which, release__status=Status.CONFIRMED)), budgets)


def _due(addresses: QuerySet[Address]) -> list[Due]:
    checked = addresses.exclude(role=Address.Role.ANNOUNCEMENT)
    due: list[Due] = []
    for release, due_at, url in checked.order_by("pk").values_list("release_id", "release__due_at", "url"):
        assert due_at is not None  # noqa: S101  # the question asks for exact times only
        try:
            due.append(Due(release=release, place=place_of(url), due_at=due_at))
        except NotAWebAddressError:
            continue  # it is never asked, so nothing shares its budget; the check before the release names it
    return due


def budgets_from_settings() -> dict[str, Budget]:
    """Return the complete budget of each host for which STATSOFFICE_PROBE_BUDGETS has one."""
    return {
        host: Budget(connections=connections, per_second=per_second)
        for host, (connections, per_second) in settings.PROBE_BUDGETS.items()
    }


def longest_gaps(due_ats: Collection[datetime]) -> Callable[[datetime, str], timedelta]:
    """Return a function for the longest gap that counts as monitored, of a due instant and the address of a page.

    It counts the addresses that are due at the instants at each host.
    """

    @cache
    def count() -> Counter[tuple[datetime | None, str]]:
        addresses = Address.objects.filter(
            release__due_at__in=due_ats, release__status__in=[Status.CONFIRMED, Status.PUBLISHED]
        ).exclude(role=Address.Role.ANNOUNCEMENT)
        # Of ten thousand addresses on one host the database returns one row: all up to the slash after the host.
        slash = StrIndex(Substr("url", len("https://") + 1), Value("/"))
        origin = Case(When(slash=0, then="url"), default=Left("url", F("slash") + len("https://")))
        numbers: Counter[tuple[datetime | None, str]] = Counter()
        origins = addresses.annotate(slash=slash, origin=origin).order_by().values("release__due_at", "origin")
        for at, url, number in origins.annotate(number=Count("pk")).values_list("release__due_at", "origin", "number"):
            numbers[at, place_if_any(url)] += number
        return numbers

    budgets = budgets_from_settings()

    def longest(due_at: datetime, url: str) -> timedelta:
        place = place_if_any(url)
        # Counted when first asked for: releases that were judged before keep the gap of that time.
        return longest_gap(count()[due_at, place], budget_of(place, budgets).monitoring_share)

    return longest

"""How hard each host may be asked, and how long a gap between two checks may therefore be."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings

from releases.core.looks.pacing import Budget, budget_of, longest_gap
from releases.core.status import Status
from releases.core.web_address import place_if_any
from releases.models import Address


def budgets_from_settings() -> dict[str, Budget]:
    """Return the complete budget of each host for which STATSOFFICE_PROBE_BUDGETS has one."""
    return {
        host: Budget(connections=connections, per_second=per_second)
        for host, (connections, per_second) in settings.PROBE_BUDGETS.items()
    }


def longest_gaps(due_ats: Collection[datetime]) -> Callable[[datetime, str], timedelta]:
    """Count the addresses that are due at some instants at each host.

    :param due_ats: aware.
    :return: gives the longest gap that counts as monitored, from a due instant and the address of a page.
    """

    @cache
    def count() -> Counter[tuple[datetime | None, str]]:
        addresses = Address.objects.filter(
            release__due_at__in=due_ats, release__status__in=[Status.CONFIRMED, Status.PUBLISHED]
        ).exclude(role=Address.Role.ANNOUNCEMENT)
        return Counter((at, place_if_any(url)) for at, url in addresses.values_list("release__due_at", "url"))

    budgets = budgets_from_settings()

    def longest(due_at: datetime, url: str) -> timedelta:
        place = place_if_any(url)
        # Counted when first asked for: releases that were judged before keep the gap of that time.
        return longest_gap(count()[due_at, place], budget_of(place, budgets).for_the_watch)

    return longest

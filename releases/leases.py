"""Which watcher looks at a host: a lease that runs out by itself if its holder dies."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from releases.models import HostLease

# A dead holder is missed after this long; the sweep renews every two seconds.
DURATION = timedelta(seconds=8)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def claim(hosts: Collection[str], *, holder: str, now: datetime) -> frozenset[str]:
    """Take, or renew, the lease of every host that is free, run out or already held by this holder.

    :param now: the aware instant from which the lease runs.
    :return: the hosts that this holder now holds.
    """
    until = now + DURATION
    held = set()
    for host in sorted(hosts):
        rows = HostLease.objects.filter(host=host)
        taken = rows.filter(holder=holder).update(until=until) or rows.filter(
            Q(until__lte=now) | Q(until__gt=now + 2 * DURATION)
        ).update(holder=holder, until=until, fence=F("fence") + 1)
        if taken or _first_lease(host, holder=holder, until=until):
            held.add(host)
    return frozenset(held)


def release_all(holder: str) -> None:
    """Give back every lease of a holder, so that the next sweep need not wait for them to run out.

    The rows stay, because a fence only ever grows.
    """
    HostLease.objects.filter(holder=holder).update(holder="", until=LONG_AGO)


def _first_lease(host: str, *, holder: str, until: datetime) -> bool:
    if HostLease.objects.filter(host=host).exists():
        return False
    try:
        with transaction.atomic():
            HostLease.objects.create(host=host, holder=holder, until=until)
    except IntegrityError:
        # Another watcher was faster by a moment: the host is its own now.
        return False
    return True

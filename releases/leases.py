"""Leases of hosts, so that only one monitoring process checks a host at a time."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from releases.detection.finding import Expectation, Finding
from releases.models import HostLease
from releases.rules.host_budget import LONGEST_OF_ALL
from releases.rules.response import Answer, Errand


class Looker(Protocol):
    """What the sweep needs of the outside world: requests made, and answers examined."""

    def start(self, errand: Errand) -> None:
        """Begin one request as soon as the host's budget allows."""

    def waits(self, key: Hashable) -> bool:
        """Tell whether the errand of a key waits for the host's budget, so that nothing of it was sent."""

    def hand_turn(self, key: Hashable, errand: Errand) -> None:
        """Let an errand for the same address take the turn of one that waits, which is never made then."""

    def poll(self, timeout_seconds: float) -> list[tuple[Errand, Answer]]:
        """Return what was answered, waiting up to a number of seconds for the first answer."""

    @property
    def in_flight(self) -> int:
        """How many requests have no answer yet."""

    @property
    def held_until(self) -> datetime | None:
        """When the first request goes on, if each that has no answer yet waits for the end of a pause; else None."""

    @property
    def pauses(self) -> Mapping[str, datetime]:
        """Until when which host or page is left alone, because it asked for that."""

    def pause(self, name: str, *, until: datetime) -> None:
        """Leave a host or page alone until an aware instant; only decisive errands wait for the end of that."""

    def give_up_waits(self) -> None:
        """End what waits for the end of a pause, because this process has to end."""

    def rest(self, place: str, *, seconds: float) -> None:
        """Begin nothing at a host for so many seconds; what comes for it waits."""

    def fetched_address(self, adapter: str, url: str) -> str:
        """Return the address that an adapter fetches for an announced one."""

    def examine(self, adapter: str, answer: Answer, expectation: Expectation) -> Finding:
        """Return what an answer shows, and wait for it."""

    def begin_examination(
        self, key: Hashable, adapter: str, answer: Answer, expectation: Expectation
    ) -> Finding | None:
        """Return what an answer shows if that is known at once; else `examined` will return it under the same key."""

    def begin_text_of(self, key: Hashable, answer: Answer) -> str | None:
        """Return the text of a site's own page of absence if that is known at once; else `examined` will return it."""

    def examined(self, timeout_seconds: float) -> list[tuple[Hashable, Finding | str | Exception]]:
        """Return what is examined by now, waiting for the first of it at most so long; a fault of ours as such."""

    def give_up_examinations(self, *, after_seconds: float | None) -> None:
        """Report as not examined what is not examined by then, because a sweep has to end; None to go on as usual."""


# A dead holder is missed after this long; the sweep renews every two seconds.
DURATION = timedelta(seconds=8)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# A budget counts the requests of any one second; a new holder cannot know those of the one before.
HAND_OVER = timedelta(seconds=1)
# Under this name looks beside the watch lease their part of a host's budget.
_BESIDE = "beside "
_LONGEST_NAME = 255


def claim_hosts(hosts: Collection[str], *, holder: str, now: datetime, look: Looker | None = None) -> frozenset[str]:
    """Take, or renew, the lease of every host that is free, run out or already held by this holder.

    A host that another holder had within the last second rests until that second is over, so that its budget holds
    across both; one that asked any process to be left alone is left alone by this one too.

    :param now: the aware instant from which the lease runs.
    :param look: what the holder looks through; it is told which hosts rest and which are to be left alone.
    :return: the hosts that this holder now holds.
    """
    until = now + DURATION
    before = {row.host: row for row in HostLease.objects.filter(host__in=hosts)}
    free = Q(holder="") | Q(until__lte=now) | Q(until__gt=now + 2 * DURATION)
    held = set()
    for host in sorted(hosts):
        rows = HostLease.objects.filter(host=host)
        taken = rows.filter(holder=holder).update(until=until) or rows.filter(free).update(
            holder=holder, until=until, fence=F("fence") + 1
        )
        if taken or (host not in before and _first_lease(host, holder=holder, until=until)):
            held.add(host)
    if look:
        store_pauses(look, now=now)
        _share_pauses(look, now=now)
        _let_rest(look, (row for row in before.values() if row.host in held and row.holder != holder), now=now)
    return frozenset(held)


def claim_spare(host: str) -> str:
    """Return the name of the lease under which one process at a time makes looks beside the watch at a host.

    It covers the part of the host's budget that the watch leaves to such looks.
    """
    return f"{_BESIDE}{host}"[:_LONGEST_NAME]


def release_hosts(holder: str, *, now: datetime, look: Looker | None = None) -> None:
    """Give back every lease of a holder, so that the next sweep need not wait for them to run out.

    The rows stay, because a fence only ever grows.

    :param now: the aware instant up to which the holder may have looked.
    :param look: what the holder looked through; the pauses that it was asked for are kept for those who come next.
    """
    if look:
        store_pauses(look, now=now)
    HostLease.objects.filter(holder=holder).update(holder="", until=now)


def store_pauses(look: Looker, *, now: datetime) -> None:
    """Write down until when which host asked to be left alone, for the other processes and for later."""
    asked = look.pauses
    if not asked:
        return
    rows = HostLease.objects.filter(host__in=asked)
    known = dict(rows.values_list("host", "paused_until"))
    for host, until in asked.items():
        if host not in known:
            _first_lease(host, holder="", until=LONG_AGO)
        kept = known.get(host)
        if kept is None or kept < until or kept > now + LONGEST_OF_ALL:
            HostLease.objects.filter(host=host).update(paused_until=until)


def _share_pauses(look: Looker, *, now: datetime) -> None:
    # A pause beyond the longest was asked for under a clock that was set back since, or in a replayed past.
    paused = HostLease.objects.filter(paused_until__gt=now, paused_until__lte=now + LONGEST_OF_ALL)
    for host, until in paused.values_list("host", "paused_until"):
        if until and look.pauses.get(host) != until:
            look.pause(host, until=until)


def _let_rest(look: Looker, taken_over: Iterable[HostLease], *, now: datetime) -> None:
    for row in taken_over:
        rest = min(HAND_OVER, row.until + HAND_OVER - now)
        if rest > timedelta(0):
            look.rest(row.host.removeprefix(_BESIDE), seconds=rest.total_seconds())


def _first_lease(host: str, *, holder: str, until: datetime) -> bool:
    try:
        with transaction.atomic():
            HostLease.objects.create(host=host, holder=holder, until=until)
    except IntegrityError:
        # Another watcher was faster by a moment: the host is its own now.
        return False
    return True

"""Request budgets and leases of hosts, and releases that are due at the same host and time."""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from releases.detection.finding import Expectation, Finding
from releases.models import Address, HostLease, Release
from releases.models.claim import latest_end
from releases.rules.host_budget import (
    LONGEST_FOR_HOST,
    LONGEST_OF_ALL,
    Budget,
    Crowd,
    Due,
    budget_of,
    find_crowds,
    find_owner,
    is_screenshot_name,
    longest_gap,
    page_name,
    requested_pause,
    screenshot_name,
)
from releases.rules.lifecycle import TO_COME, Status
from releases.rules.page_view import PageView
from releases.rules.response import Answer, CheckRequest
from releases.rules.web_address import NotAWebAddressError, place_if_any, place_of


def crowds_between(start: datetime, end: datetime, *, budgets: Mapping[str, Budget]) -> list[Crowd]:
    """Find the crowds of confirmed releases and rehearsals that are due in a period.

    :param start: the aware instant at which the period begins.
    :param end: the aware instant at which the period ends. It is not part of the period.
    :param budgets: the complete budgets that the operator has set, keyed by host.
    """
    return _crowds(Q(release__due_at__gte=start, release__due_at__lt=end), budgets)


def crowds_of_releases(releases: Iterable[Release], *, budgets: Mapping[str, Budget]) -> dict[int, list[Crowd]]:
    """Find the crowds of releases, keyed by the primary key of the release.

    The crowds also contain other releases that are due at the same host and instant.
    """
    instants = {release.due_at for release in releases}
    found: dict[int, list[Crowd]] = {}
    for crowd in _crowds(Q(release__due_at__in=instants), budgets):
        for release in crowd.releases:
            found.setdefault(release, []).append(crowd)  # type: ignore[arg-type]  # keys, as they were given
    return found


def crowds_among(releases: QuerySet[Release]) -> list[Crowd]:
    """Find the crowds among the confirmed and provisional releases of a queryset. Ignore all other releases."""
    which = Q(release__in=releases, release__due_at__isnull=False, release__status__in=TO_COME)
    return find_crowds(_due(Address.objects.filter(which)), {})


def _crowds(which: Q, budgets: Mapping[str, Budget]) -> list[Crowd]:
    return find_crowds(_due(Address.objects.filter(which, release__status=Status.CONFIRMED)), budgets)


def _due(addresses: QuerySet[Address]) -> list[Due]:
    checked = addresses.exclude(role=Address.Role.ANNOUNCEMENT)
    due: list[Due] = []
    for release, due_at, url in checked.order_by("pk").values_list("release_id", "release__due_at", "url"):
        assert due_at is not None  # noqa: S101  # the query finds exact times only
        try:
            due.append(Due(release=release, place=place_of(url), due_at=due_at))
        except NotAWebAddressError:
            continue  # such an address is never requested; the preflight reports it
    return due


def budgets_from_settings() -> dict[str, Budget]:
    """Return the complete budgets in STATSOFFICE_PROBE_BUDGETS, keyed by host."""
    return {
        host: Budget(connections=connections, per_second=per_second)
        for host, (connections, per_second) in settings.PROBE_BUDGETS.items()
    }


def longest_gaps(due_ats: Collection[datetime], urls: Collection[str]) -> Callable[[datetime, str], timedelta]:
    """Return a function that returns the longest time between checks for which a page counts as monitored.

    The function takes the due instant and the address of the page. The result depends on the number of monitored
    addresses that are due at the same host and instant.
    """

    @cache
    def count() -> Mapping[tuple[datetime | None, str], int]:
        addresses = Address.objects.filter(
            schedule__host__in={place_if_any(url) for url in urls},
            release__due_at__in=due_ats,
            release__status__in=[Status.CONFIRMED, Status.PUBLISHED],
        ).exclude(role=Address.Role.ANNOUNCEMENT)
        columns = ("release__due_at", "schedule__host")
        counted = addresses.order_by().values(*columns).annotate(number=Count("pk"))
        return {(due_at, host): number for due_at, host, number in counted.values_list(*columns, "number")}

    budgets = budgets_from_settings()

    def longest(due_at: datetime, url: str) -> timedelta:
        place = place_if_any(url)
        # Count the addresses only if a gap is needed. If a release was already judged, its verdict contains the gap.
        return longest_gap(count().get((due_at, place), 0), budget_of(place, budgets).monitoring_share)

    return longest


class ProbeInterface(Protocol):
    """The interface of the probe for the code that makes checks.

    The probe sends requests and starts examinations of responses.
    """

    def start(self, request: CheckRequest) -> None:
        """Begin a request as soon as the host's budget allows."""

    def waits(self, key: Hashable) -> bool:
        """Return whether the request with this key was not sent yet, because it is waiting for the host's budget."""

    def hand_turn(self, key: Hashable, request: CheckRequest) -> None:
        """Replace a waiting request with another request for the same address. The waiting request is never sent.

        :param key: the key of the waiting request.
        """

    def poll(self, timeout_seconds: float) -> list[tuple[CheckRequest, Answer]]:
        """Return the complete responses, waiting at most this long for the first."""

    @property
    def in_flight(self) -> int:
        """The number of requests without a response."""

    @property
    def held_until(self) -> datetime | None:
        """The aware instant at which the first request can continue, if all open requests are paused. Otherwise
        None."""

    @property
    def pauses(self) -> Mapping[str, datetime]:
        """The ends of the pauses that hosts and pages asked for. Keyed by the name of the host or page."""

    def pause(self, name: str, *, until: datetime) -> None:
        """Request nothing from a host or page until an aware instant.

        Decisive requests wait for the end of the pause. Other requests end at once with a failure.
        """

    def give_up_waits(self) -> None:
        """End all paused requests with a failure. This is used when the process has to end."""

    def rest(self, place: str, *, seconds: float) -> None:
        """Send nothing to a host for this many seconds. Requests to the host wait."""

    def fetched_address(self, adapter: str, url: str) -> str:
        """Return the address that an adapter requests in place of an announced address."""

    def examine(self, adapter: str, answer: Answer, expectation: Expectation) -> Finding:
        """Examine a response, wait for the result, and return the finding."""

    def begin_examination(
        self, key: Hashable, adapter: str, answer: Answer, expectation: Expectation
    ) -> Finding | None:
        """Begin to examine a response, and return the finding if it is known at once.

        Otherwise return None. In this case, `examined` returns the finding later, with the same key.
        """

    def begin_text_of(self, key: Hashable, answer: Answer) -> str | None:
        """Begin to read the text of a host's "not found" page, and return the text if it is known at once.

        Otherwise return None. In this case, `examined` returns the text later, with the same key.
        """

    def examined(self, timeout_seconds: float) -> list[tuple[Hashable, Finding | str | Exception]]:
        """Return the available results, each with its key. Wait at most this long for the first result.

        If our own code failed, the result is the exception.
        """

    def give_up_examinations(self, *, after_seconds: float | None) -> None:
        """Set a time limit for all examinations. This is used when a sweep has to end.

        Pages that have no result at the limit are reported as not examined.

        :param after_seconds: the time from now. None removes the limit that an earlier call set.
        """


# A lease of ad hoc checks expires after this long if its holder has died.
DURATION = timedelta(seconds=8)
# A sweep renews its leases every second, except for two seconds around checks that decide a verdict. If its process
# dies, other processes can take its hosts within five seconds.
SWEEP_DURATION = timedelta(seconds=3.5)
RENEWED_EVERY = timedelta(seconds=1)
# A busy sweep may renew its leases up to this long after they have expired.
LATEST_RENEWAL = timedelta(seconds=5)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# A budget limits the requests within any second. A new holder does not know the requests of the previous holder, so it
# waits this long.
HAND_OVER = timedelta(seconds=1)
# The prefix of lease names for ad hoc checks, which have a separate part of a host's budget.
_ADHOC_PREFIX = "beside "
# The prefix of lease names for further vantage points.
_VANTAGE_PREFIX = "vantage "
# Each sweep also leases a row whose name is this prefix and the name of the sweep. From this row, other sweeps know
# that the sweep is running.
_SWEEP_PREFIX = "sweep "
_LONGEST_NAME = 255
# The rows of sweeps whose process died are deleted after this long.
_SWEEP_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Share:
    """The hosts of a sweep.

    `held` are the hosts that the sweep has leased. `expected` are other hosts of its share, which another running sweep
    still has to release.
    """

    held: frozenset[str]
    expected: frozenset[str]


def claim_hosts(
    hosts: Collection[str], *, holder: str, now: datetime, probe: ProbeInterface | None = None
) -> frozenset[str]:
    """Take or renew the leases of hosts that are free, have an expired lease, or belong to this holder.

    If another holder had a host within the last second, requests to the host wait for the rest of the second, so that
    both holders together stay within the budget. If a host asked another process for a pause, the pause applies to this
    process too. The number of SQL statements does not depend on the number of hosts.

    :param probe: the holder's probe, which applies these waits and pauses.
    :return: the hosts that the holder has leased now.
    """
    with _locked_leases(hosts) as leases:
        held = frozenset(host for host, lease in leases.items() if lease.holder == holder or _is_free(lease, now=now))
        _hold(held, leases, holder=holder, until=now + DURATION)
    if probe:
        _prepare_probe(probe, held, leases, holder=holder, now=now)
    return held


def claim_share(
    hosts: Collection[str], *, holder: str, now: datetime, probe: ProbeInterface, staying: Collection[str]
) -> Share:
    """Lease a sweep's share of some hosts, as `claim_hosts` does, and release its other hosts.

    Each host belongs to one of the running sweeps (see `find_owner`). If a sweep begins or ends, only the hosts that
    it gains or loses move to another sweep.

    :param staying: hosts that must not be released now, because their checks are open or will soon decide a verdict.
    """
    if not hosts:
        return Share(frozenset(), frozenset())
    own_name = f"{_SWEEP_PREFIX}{holder}"[:_LONGEST_NAME]
    holders = find_running_sweeps(holder, now=now)
    own = frozenset(host for host in hosts if find_owner(host, holders) == holder)
    with _locked_leases([*hosts, own_name]) as leases:
        mine = {host for host, lease in leases.items() if lease.holder == holder}
        free = {host for host, lease in leases.items() if _is_free(lease, now=now)}
        remaining = mine & {own_name, *own, *staying}
        held = frozenset(remaining | (free - mine) & {own_name, *own})
        _hold(held, leases, holder=holder, until=now + SWEEP_DURATION)
        if to_release := mine - remaining:
            HostLease.objects.filter(host__in=to_release).update(holder="", until=now)
    if own_name not in mine:
        _sweep_leases().filter(until__lt=now - _SWEEP_FORGOTTEN_AFTER).delete()
    _prepare_probe(probe, held, leases, holder=holder, now=now)
    expected = frozenset(host for host in own - held if leases[host].holder in holders)
    return Share(held - {own_name}, expected)


def find_running_sweeps(holder: str, *, now: datetime) -> frozenset[str]:
    """Return the names of the running sweeps, which have a lease at the aware instant `now`.

    The name of this sweep, `holder`, is always included.
    """
    running = _sweep_leases().filter(until__gt=now, until__lte=latest_end(DURATION, now=now)).exclude(holder="")
    return frozenset({holder, *running.values_list("holder", flat=True)})


def _sweep_leases() -> QuerySet[HostLease]:
    return HostLease.objects.filter(host__startswith=_SWEEP_PREFIX)


@contextmanager
def _locked_leases(hosts: Collection[str]) -> Iterator[dict[str, HostLease]]:
    """Lock the leases of some hosts. Missing leases are created first.

    All processes lock leases in the same order, so that they cannot deadlock.
    """
    names = sorted(hosts)
    wanted = HostLease.objects.filter(host__in=names)
    if wanted.count() < len(names):
        missing = set(names) - set(wanted.values_list("host", flat=True))
        rows = [HostLease(host=host, holder="", until=LONG_AGO, fence=0) for host in sorted(missing)]
        HostLease.objects.bulk_create(rows, ignore_conflicts=True)
    with transaction.atomic():
        yield {lease.host: lease for lease in wanted.select_for_update().order_by("host")}


def _is_free(lease: HostLease, *, now: datetime) -> bool:
    return not lease.holder or not now < lease.until <= latest_end(DURATION, now=now)


def _hold(hosts: Collection[str], leases: Mapping[str, HostLease], *, holder: str, until: datetime) -> None:
    renewed = {host for host in hosts if leases[host].holder == holder}
    HostLease.objects.filter(host__in=renewed).update(until=until)
    if taken := set(hosts) - renewed:
        HostLease.objects.filter(host__in=taken).update(holder=holder, until=until, fence=F("fence") + 1)


def _prepare_probe(
    probe: ProbeInterface, held: Collection[str], leases: Mapping[str, HostLease], *, holder: str, now: datetime
) -> None:
    """Exchange pauses with other processes, and delay requests to hosts that another holder had in the last second."""
    store_pauses(probe, now=now)
    _share_pauses(probe, now=now)
    for host in sorted(held):
        rest = min(HAND_OVER, leases[host].until + HAND_OVER - now)
        if leases[host].holder != holder and rest > timedelta(0):
            # The name of a lease ends with the host.
            probe.rest(host.rpartition(" ")[2], seconds=rest.total_seconds())


def claim_spare(host: str) -> str:
    """Return the name of the lease with which ad hoc checks use their part of a host's budget."""
    return f"{_ADHOC_PREFIX}{host}"[:_LONGEST_NAME]


def claim_from(vantage_point: str, host: str) -> str:
    """Return the name of the lease with which a further vantage point uses a host."""
    return f"{_VANTAGE_PREFIX}{vantage_point} {host}"[:_LONGEST_NAME]


def release_hosts(holder: str, *, now: datetime, probe: ProbeInterface | None = None) -> None:
    """Release all leases of a holder, so that the next sweep does not have to wait until they expire.

    The rows of hosts are not deleted, because the fence of a host must never decrease.

    :param now: the aware instant up to which the holder may have sent requests.
    :param probe: the holder's probe. Its pauses are stored for the next holder.
    """
    if probe:
        store_pauses(probe, now=now)
    leases = HostLease.objects.filter(holder=holder)
    _sweep_leases().filter(holder=holder).delete()
    leases.update(holder="", until=now)


def store_pauses(probe: ProbeInterface, *, now: datetime) -> None:
    """Store the pauses that hosts asked for, so that they apply to other and later processes too."""
    if pauses := probe.pauses:
        _store_pauses(pauses, now=now)


def store_pause_of_screenshot(url: str, view: PageView, *, now: datetime) -> None:
    """Store the pause that a page asked for when it was loaded for a screenshot.

    It applies to screenshots of all processes. Checks do not wait, because no verdict depends on screenshots: a site
    can refuse browsers and answer other programs. As for checks, the host is paused for at most a minute, and not again
    if the same page asks again soon.

    :param url: the address of the page. A redirect may have led to another host, which is then the paused host.
    """
    wait = requested_pause(view.status, view.headers)
    if not wait:
        return
    pauses = {screenshot_name(url): now + wait}
    has_asked = HostLease.objects.filter(host=screenshot_name(url), paused_until__gt=now - LONGEST_OF_ALL).exists()
    place = place_if_any(view.hops[-1].url if view.hops else url)
    if place and not has_asked:
        pauses[screenshot_name(place)] = now + min(wait, LONGEST_FOR_HOST)
    _store_pauses(pauses, now=now)


def _store_pauses(pauses: Mapping[str, datetime], *, now: datetime) -> None:
    rows = HostLease.objects.filter(host__in=pauses)
    known = dict(rows.values_list("host", "paused_until"))
    HostLease.objects.bulk_create(
        [HostLease(host=host, holder="", until=LONG_AGO) for host in pauses if host not in known], ignore_conflicts=True
    )
    for host, until in pauses.items():
        paused_until = known.get(host)
        if paused_until is None or paused_until < until or paused_until > now + LONGEST_OF_ALL:
            HostLease.objects.filter(host=host).update(paused_until=until)


def _share_pauses(probe: ProbeInterface, *, now: datetime) -> None:
    for host, until in _paused(now).values_list("host", "paused_until"):
        if until and not is_screenshot_name(host) and probe.pauses.get(host) != until:
            probe.pause(host, until=until)


def find_screenshot_wait_end(url: str, *, now: datetime) -> datetime | None:
    """Return until when screenshots of a page wait, or None.

    The page or its host can have asked for this in response to a check or to another screenshot.
    """
    place = place_if_any(url)
    names = {place, page_name(url), screenshot_name(url), screenshot_name(place or "")}
    paused = _paused(now).filter(host__in=names)
    return max(filter(None, paused.values_list("paused_until", flat=True)), default=None)


def _paused(now: datetime) -> QuerySet[HostLease]:
    # Ignore pauses that are longer than the longest allowed pause. They occur if the clock was set back, and in replays
    # of the past.
    return HostLease.objects.filter(paused_until__gt=now, paused_until__lte=now + LONGEST_OF_ALL)

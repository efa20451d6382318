"""Checks outside the sweep, for previews and preflights, within the spare part of a host's budget."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from releases import leases
from releases.detection.finding import Finding, LookResult, Reason
from releases.evidence import store
from releases.evidence.store import CheckResult
from releases.leases import Looker
from releases.models import Address, NotFoundPage, Observation, Watch
from releases.models.observation import Purpose
from releases.monitoring import examination
from releases.monitoring.examination import Controls, ExaminationQueue, Examined, Response
from releases.monitoring.targets import CheckKey, Target, split_askable, targets_of
from releases.rules.clock_error import ClockError
from releases.rules.host_budget import Budget, budget_of
from releases.rules.response import Answer, Errand
from releases.rules.web_address import place_if_any, place_of

logger = logging.getLogger(__name__)

_RENEWED_EVERY_SECONDS = 2.0
# A host whose budget cannot be parted is not taken from a watch that needs it within this time.
_LEFT_TO_THE_WATCH = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class AdhocMeans:
    """With what looks are made beside the watch: the probe, the holder's name, every host's whole budget, the clock.

    A look made while the clock is off by more than `clock_largest_error` is kept, and proves nothing. `stop` is asked
    whether to end before every look has come back. `watcher_ill` says that people were told that the watcher is not
    well, and not yet that it is well again.
    """

    look: Looker
    holder: str
    budgets: Mapping[str, Budget]
    clock_error: ClockError
    clock_largest_error: timedelta
    stop: Callable[[], bool] = lambda: False
    watcher_ill: bool = False


@dataclass(frozen=True, slots=True)
class AdhocCheck:
    """One look that was made and kept: the row, and what came back."""

    row: Observation
    answer: Answer
    finding: Finding


def check_addresses(addresses: Sequence[Address], *, means: AdhocMeans, now: datetime) -> list[AdhocCheck]:
    """Look once at some addresses of releases with an exact time, and keep what was seen.

    At an announcement is looked as at one. An address whose host's part for such looks is held by another process
    is left out, and can be tried again later.

    :param now: the aware instant at which the looks begin.
    """
    begun = time.monotonic()
    asked, _ = split_askable(addresses)
    mine = _claim({place_of(address.url) for address in asked}, means, now=now)
    try:
        looks = _ask([address for address in asked if place_of(address.url) in mine], means, now=now, begun=begun)
        at = _later(now, begun)
        rows = store.store_checks(looks, watcher=means.holder, at=at) if looks else []
    finally:
        leases.release_hosts(means.holder, now=_later(now, begun), look=means.look)
    return [AdhocCheck(row, look.answer, look.finding) for row, look in zip(rows, looks, strict=True)]


def request_addresses(url: str, *, adapter: str, means: AdhocMeans, now: datetime) -> Answer | None:
    """Ask once for an address that belongs to no release, and keep nothing; redirects may not leave its host.

    :param now: the aware instant of asking.
    :return: what came back; None if its host's part for such looks is held by another process, or we were stopped.
    :raises NotAWebAddressError: if it is not an address that may be fetched.
    """
    begun, place = time.monotonic(), place_of(url)
    fetched = means.look.fetched_address(adapter, url)
    mine = _claim({place}, means, now=now)
    try:
        if not mine:
            return None
        errand = Errand(url, fetched, allowed_hosts=frozenset({place}), planned_at=now, adapter=adapter)
        means.look.start(errand)
        while means.look.in_flight and not means.stop():
            for asked, answer in means.look.poll(0.2):
                if asked is errand:
                    return answer
        return None
    finally:
        leases.release_hosts(means.holder, now=_later(now, begun), look=means.look)


def _claim(places: Collection[str], means: AdhocMeans, *, now: datetime) -> set[str]:
    """Take what is free of the part for such looks of some hosts; return those of which we have it."""
    names = {_lease_name(place, means.budgets): place for place in places}
    names = {name: place for name, place in names.items() if name != place or not _is_needed(place, now=now)}
    return {names[name] for name in leases.claim_hosts(list(names), holder=means.holder, now=now, look=means.look)}


def _lease_name(place: str, budgets: Mapping[str, Budget]) -> str:
    return leases.claim_spare(place) if budget_of(place, budgets).beside else place


def _is_needed(place: str, *, now: datetime) -> bool:
    """Tell whether the watch has looks at a host before it that it could not make while we hold it."""
    soon = Watch.objects.filter(next_look_at__lte=now + _LEFT_TO_THE_WATCH).values_list("address__url", flat=True)
    return any(place_if_any(url) == place for url in soon)


def _ask(addresses: Collection[Address], means: AdhocMeans, *, now: datetime, begun: float) -> list[CheckResult]:
    targets: dict[CheckKey, Target] = {}
    for target in targets_of(addresses):
        address, planned_at = target.address, _later(now, begun)
        key = CheckKey(address.pk, planned_at, _purpose_of(address))
        targets[key] = target
        means.look.start(
            Errand(
                key=key,
                url=means.look.fetched_address(address.adapter, address.url),
                allowed_hosts=target.allowed_hosts,
                planned_at=planned_at,
                adapter=address.adapter,
            )
        )
    pages = {page.host: page for page in NotFoundPage.objects.filter(host__in={t.host for t in targets.values()})}
    queue = ExaminationQueue(means.look, Controls(urls=()), pages.get)
    looks: list[CheckResult] = []
    renewed = time.monotonic()
    while (means.look.in_flight or queue) and not means.stop():
        looks += (_as_look(examined, means) for examined in _examine(queue, targets, means.look, now=now))
        if time.monotonic() - renewed > _RENEWED_EVERY_SECONDS:
            names = {_lease_name(target.host, means.budgets) for target in targets.values()}
            leases.claim_hosts(names, holder=means.holder, now=_later(now, begun))
            renewed = time.monotonic()
    return looks


def _examine(
    queue: ExaminationQueue, targets: Mapping[CheckKey, Target], probe: Looker, *, now: datetime
) -> Iterator[Examined]:
    """Examine the responses that have come, waiting for the first of them or of their results at most half a second."""
    for errand, answer in probe.poll(0.5) if probe.in_flight else []:
        if isinstance(errand.key, CheckKey) and errand.key in targets:
            queue.add(Response(errand.key, targets[errand.key], answer))
    yield from queue.examine(now=now)
    for key, found in probe.examined(0.0 if probe.in_flight else 0.5):
        # What an earlier call did not wait for is not known here.
        if examined := queue.take_result(key, found):
            yield examined


def _as_look(examined: Examined, means: AdhocMeans) -> CheckResult:
    target, finding = examined.response.target, examined.finding
    purpose = _purpose_of(target.address)
    if purpose is Purpose.ANNOUNCEMENT and finding.publisher is None:
        finding = _as_announcement(finding)
    answer, error, largest = examined.response.answer, means.clock_error, means.clock_largest_error
    return examination.as_check(target, answer, finding, purpose=purpose, error=error, largest=largest)


def _purpose_of(address: Address) -> Purpose:
    return Purpose.ANNOUNCEMENT if address.role == Address.Role.ANNOUNCEMENT else Purpose.PLAIN


def _as_announcement(finding: Finding) -> Finding:
    """An announcement is no release, whatever words stand in it; that it was reached is all that a look shows."""
    if finding.result in {LookResult.OBSERVER_FAULT, LookResult.UNREACHABLE}:
        return finding
    return replace(finding, result=LookResult.NOT_LIVE, reasons=(Reason.ANNOUNCEMENT,))


def _later(now: datetime, begun: float) -> datetime:
    return now + timedelta(seconds=time.monotonic() - begun)

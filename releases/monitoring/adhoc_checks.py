"""Checks outside the sweep, for previews and preflights, within the spare part of a host's budget."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from django.db.models import F

from releases import host_budgets
from releases.detection.finding import Finding
from releases.evidence import store
from releases.evidence.store import CheckResult
from releases.host_budgets import ProbeInterface
from releases.models import Address, CheckSchedule, NotFoundPage, Observation
from releases.models.observation import Purpose
from releases.monitoring.examination import Controls, ExaminationQueue, Response
from releases.monitoring.targets import (
    COMPARED_AT_A_TIME,
    CheckKey,
    Target,
    load_targets,
    monitored_addresses,
    split_valid_addresses,
)
from releases.rules.clock_error import ClockError
from releases.rules.host_budget import Budget, budget_of
from releases.rules.page_view import BrowserState
from releases.rules.response import Answer, CheckRequest
from releases.rules.web_address import place_if_any, place_of

_RENEWED_EVERY_SECONDS = 2.0
# If the budget of a host is too small to be divided, the host is not leased for ad hoc checks while a sweep has to
# check it within this time.
_LEFT_TO_THE_SWEEP = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class AdhocCheck:
    """One check that was made and stored."""

    row: Observation
    answer: Answer
    finding: Finding


@dataclass(frozen=True, slots=True)
class AdhocMeans:
    """The probe and the settings that ad hoc checks need.

    `holder` is the name under which hosts are leased. `budgets` maps hosts to their complete budgets. If the clock is
    off by more than `clock_largest_error`, checks are stored but prove nothing. `stop` returns whether to end before
    all responses have arrived. `monitoring_unwell` is true if people have been notified that monitoring does not work,
    and have not yet been notified that it works again. Calling `browser_state` may start the browser.
    """

    probe: ProbeInterface
    holder: str
    budgets: Mapping[str, Budget]
    clock_error: ClockError
    clock_largest_error: timedelta
    stop: Callable[[], bool] = lambda: False
    monitoring_unwell: bool = False
    browser_state: Callable[[], BrowserState] = lambda: BrowserState.NOT_INSTALLED

    def check_addresses(self, addresses: Sequence[Address], *, now: datetime) -> list[AdhocCheck]:
        """Check each address once, and store the checks.

        The release of each address must have an exact time. If another process holds the lease for ad hoc checks of a
        host, addresses at the host are skipped and can be retried later.

        :param now: the aware instant at which the checks begin.
        """
        clock = _clock_from(now)
        valid, _ = split_valid_addresses(addresses)
        held = self._claim_hosts({place_of(address.url) for address in valid}, now=now)
        try:
            checks = self._make_checks([address for address in valid if place_of(address.url) in held], clock=clock)
            rows = store.store_checks(checks, process=self.holder, at=clock()) if checks else []
        finally:
            host_budgets.release_hosts(self.holder, now=clock(), probe=self.probe)
        # The check of an address that was removed meanwhile is not stored.
        made = {check.address.pk: check for check in checks}
        return [AdhocCheck(row, made[row.address_id].answer, made[row.address_id].finding) for row in rows]

    def request_address(
        self, url: str, *, adapter: str, now: datetime, conditions: tuple[str, ...] = ()
    ) -> Answer | None:
        """Request an address and return the response, without storing a check.

        Redirects to other hosts are not followed.

        :param conditions: header lines of a conditional request.
        :return: the response. None if another process holds the lease for ad hoc checks of the host, or if `stop`
            returned true.
        :raises NotAWebAddressError: if the address may not be requested.
        """
        clock, place, probe = _clock_from(now), place_of(url), self.probe
        fetched = probe.fetched_address(adapter, url)
        held = self._claim_hosts({place}, now=now)
        try:
            if not held:
                return None
            request = CheckRequest(
                url,
                fetched,
                allowed_hosts=frozenset({place}),
                planned_at=now,
                adapter=adapter,
                conditions=conditions,
            )
            probe.start(request)
            while probe.in_flight and not self.stop():
                for answered, answer in probe.poll(0.2):
                    if answered is request:
                        return answer
            return None
        finally:
            host_budgets.release_hosts(self.holder, now=clock(), probe=probe)

    def _claim_hosts(self, places: Collection[str], *, now: datetime) -> set[str]:
        """Lease hosts for ad hoc checks, and return the hosts whose lease we hold now.

        If the budget of a host cannot be divided, the whole budget is leased, unless the sweep needs the host soon.
        """
        names = {self._lease_name(place): place for place in places}
        names = {name: place for name, place in names.items() if name != place or not _is_needed(place, now=now)}
        held = host_budgets.claim_hosts(list(names), holder=self.holder, now=now, probe=self.probe)
        return {names[name] for name in held}

    def _lease_name(self, place: str) -> str:
        return host_budgets.claim_spare(place) if budget_of(place, self.budgets).adhoc_share else place

    def _make_checks(self, addresses: Collection[Address], *, clock: Callable[[], datetime]) -> list[CheckResult]:
        probe = self.probe
        targets: dict[CheckKey, Target] = {}
        for target in load_targets(addresses):
            address, planned_at = target.address, clock()
            purpose = Purpose.ANNOUNCEMENT if address.role == Address.Role.ANNOUNCEMENT else Purpose.PLAIN
            key = CheckKey(address.pk, planned_at, purpose)
            targets[key] = target
            probe.start(
                CheckRequest(
                    key=key,
                    url=probe.fetched_address(address.adapter, address.url),
                    allowed_hosts=target.allowed_hosts,
                    planned_at=planned_at,
                    adapter=address.adapter,
                )
            )
        pages = {page.host: page for page in NotFoundPage.objects.filter(host__in={t.host for t in targets.values()})}
        queue = ExaminationQueue(
            probe,
            Controls(urls=()),
            pages.get,
            clock_error=lambda: self.clock_error,
            clock_largest_error=self.clock_largest_error,
        )
        checks: list[CheckResult] = []
        renewed = time.monotonic()
        while (probe.in_flight or queue) and not self.stop():
            checks += _examine(queue, targets, probe, now=clock())
            if time.monotonic() - renewed > _RENEWED_EVERY_SECONDS:
                names = {self._lease_name(target.host) for target in targets.values()}
                host_budgets.claim_hosts(names, holder=self.holder, now=clock())
                renewed = time.monotonic()
        return checks


def _clock_from(now: datetime) -> Callable[[], datetime]:
    begun = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - begun)


def _is_needed(place: str, *, now: datetime) -> bool:
    """Return whether the sweep has to check a host soon. While we hold the lease, the sweep cannot check the host."""
    # The host of a schedule is empty until a sweep has read the schedule. This query does not have the conditions of
    # `monitored_addresses`, for the reason that `find_falling_due` gives.
    soon = CheckSchedule.objects.filter(host__in=[place, ""], next_check_at__lte=now + _LEFT_TO_THE_SWEEP)
    # If a release was cancelled or moved, its old schedule still has a next check, but this check is not made.
    present = monitored_addresses(now=now).filter(schedule__schedule_version=F("release__schedule_version"))
    return any(
        place_if_any(url) == place
        for some in batched(list(soon.values_list("address_id", flat=True)), COMPARED_AT_A_TIME)
        for url in present.filter(pk__in=some).values_list("url", flat=True)
    )


def _examine(
    queue: ExaminationQueue, targets: Mapping[CheckKey, Target], probe: ProbeInterface, *, now: datetime
) -> Iterator[CheckResult]:
    """Receive and examine responses, and yield the results. Wait at most half a second for a response or result."""
    for request, answer in probe.poll(0.5) if probe.in_flight else []:
        if isinstance(request.key, CheckKey) and request.key in targets:
            queue.add(Response(request.key, targets[request.key], answer))
    yield from queue.examine(now=now)
    for key, found in probe.examined(0.0 if probe.in_flight else 0.5):
        # The result may belong to an earlier call of `check_addresses` that ended before the result was ready. If so,
        # `take_result` returns None.
        if check := queue.take_result(key, found):
            yield check

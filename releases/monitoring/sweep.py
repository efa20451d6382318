"""The sweep checks every release at the second it is due, stores the results, and judges the releases."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import batched
from pathlib import Path

from django.db import close_old_connections
from django.db.models import QuerySet

from releases import host_budgets, judge, verdict_queue
from releases.detection.finding import CheckOutcome
from releases.evidence import coverage, repository, store
from releases.evidence.store import CheckResult
from releases.host_budgets import LONG_AGO, RENEWED_EVERY, SWEEP_DURATION, ProbeInterface, budgets_from_settings
from releases.judge import AnsweredUntil
from releases.models import Address, Observation, Release, Verification
from releases.models.observation import Purpose
from releases.monitoring.clock import Clock
from releases.monitoring.examination import Controls, ExaminationQueue, NotFoundPages, Response
from releases.monitoring.spool import DATABASE_AWAY, Spool, store_left_behind
from releases.monitoring.targets import (
    CheckKey,
    Target,
    enrol_addresses,
    find_changed_targets,
    find_due_hosts,
    find_falling_due,
    find_near_due,
    load_targets,
    monitored_addresses,
    monitored_rehearsals,
    restart_checks,
    save_targets,
    split_valid_addresses,
)
from releases.rules import cadence, host_budget
from releases.rules.clock_error import Voucher, response_time
from releases.rules.host_budget import budget_of
from releases.rules.response import LONGEST, CheckRequest
from releases.rules.web_address import place_if_any, place_of
from releases.verdict.address import Outcome

logger = logging.getLogger(__name__)

# Checks are planned in memory this far ahead. In the hour before the due time, a release is checked at least every
# minute. So the sweep has the release in memory at the due time, even if the database becomes unavailable in that hour.
HORIZON = timedelta(minutes=2)
# The plan of a further vantage point begins this long before the due time of a release, so its first check is the last
# planned check before the due time. Its checks end `VANTAGE_CHECKS_FOR` after the due time.
VANTAGE_BEGINS = cadence.LAST_BEFORE_DUE + timedelta(seconds=1)
VANTAGE_CHECKS_FOR = timedelta(hours=1)
NO_FRESH_CHECKS = 1_000_000
# The plan in memory is compared with the database every `CLAIM_EVERY` if a check is due soon, and every
# `CLAIM_AT_LEAST_EVERY` at other times, and while many responses are waiting to be examined.
CLAIM_EVERY = timedelta(seconds=2)
CLAIM_AT_LEAST_EVERY = timedelta(seconds=5)
# `find_owner` takes this name instead of a host, and returns the sweep that enrols new addresses.
_ENROLMENT = "enrolment"
SLOW_ENROLMENT = timedelta(seconds=1)
# After a slow search for new addresses, a sweep waits this many times the duration of the search before it searches
# again.
ENROLMENT_SHARE = 10
# From this long before a release is due until this long after its limit, its host is not handed over to another sweep,
# because a new lease holder can judge a release only fifteen seconds after it has taken over the host.
STAYS = timedelta(seconds=30)
# A sweep does no other work around a check at a due instant or a limit, so that the check is not delayed. The quiet
# time begins `QUIET_BEFORE` before the check, and ends `QUIET_AFTER` after it.
QUIET_BEFORE = timedelta(seconds=1)
QUIET_AFTER = timedelta(seconds=1)
# If our own code has failed, a sweep continues only if a check is due within this time.
SOON = timedelta(seconds=10)
# How often new faults of our own code are reported while a sweep runs.
FAULTS_REPORTED_EVERY = timedelta(seconds=10)
SET_BACK = timedelta(seconds=1)
# By default, checks prove nothing while the clock is off by more than this.
LARGEST_ERROR = timedelta(seconds=1)
CLOCKS_COMPARED_EVERY = timedelta(minutes=5)

# How often the verdicts of other processes are read.
VERDICTS_READ_EVERY = timedelta(seconds=1)
# From the limit of an address, its verdict can wait this long for a check of a further vantage point. Meanwhile, the
# stored checks of further vantage points are counted every `VERDICTS_READ_EVERY`.
LONGEST_WAIT_FOR_VANTAGE = cadence.CONFIRMING + LONGEST
# Judging a release takes about a millisecond. Due checks must not wait until a thousand releases are judged.
JUDGED_AT_A_TIME = 200
STORED_AT_A_TIME = 500
# Planning a check takes some hundredths of a millisecond. Responses to the sent checks are received meanwhile.
PLANNED_AT_A_TIME = 250
# A batch of a few results takes as many database statements as a batch of hundreds. So while responses are still being
# examined, results wait at most this long for a full batch.
LONGEST_WAIT_FOR_BATCH = timedelta(seconds=0.5)
# While many responses are waiting to be examined, even the last one waits for seconds. Larger batches then give all
# verdicts sooner.
LONGEST_WAIT_IN_BACKLOG = timedelta(seconds=2)
# If more responses than this are waiting to be examined, they are a backlog, and addresses are checked less often. The
# number is the size of one batch to store, so a check that decides a verdict waits for at most one batch.
MOST_UNEXAMINED = STORED_AT_A_TIME
EXAMINATION_AWAITED_SECONDS = 0.02
# How long examinations may still take once a sweep has to end.
ENDS_WITHIN_SECONDS = 4.0

RETRY_DATABASE_AFTER = timedelta(seconds=2)
# If the database does not respond at all, an attempt to use it takes at most this long. While the database is
# unavailable, no attempt begins if a check that decides a verdict is due within this time.
LONGEST_ATTEMPT = timedelta(seconds=6)
# How long to wait for another running process to store its spool. That process retries every two seconds, except in the
# seconds before a check that decides a verdict.
LONGEST_WAIT_FOR_OTHERS = timedelta(seconds=12)


class SweepFaults(ExceptionGroup[Exception]):
    """Our own code failed on some checks or releases. The sweep has reported this by `on_fault`."""


class Sweep:
    """Makes the checks of the next minutes at their planned instants, stores the results, and judges the releases.

    Each step claims targets, sends due checks, examines responses, stores results, and judges releases. The targets are
    in memory, so that no check waits for the database. Results wait in memory until there is time to store them. While
    the database is unavailable, results are in the spool.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        probe: ProbeInterface,
        name: str,
        controls: Sequence[str] = (),
        replayed: bool = False,
        clock_largest_error: timedelta = LARGEST_ERROR,
        spool: Path | None = None,
        vantage_point: str = "",
        judges: bool = True,
        on_fault: Callable[[], object] = lambda: None,
    ) -> None:
        """Create a sweep without targets.

        :param name: the name under which checks, coverage and leases are stored; unique per process.
        :param controls: addresses on unrelated hosts. If a check gets no response, these addresses are requested to
            find out whether the fault is our own.
        :param replayed: whether the clock replays a past morning. If so, only rehearsals are checked, and their checks
            are marked as replayed.
        :param clock_largest_error: while the clock is known to be off by more than this, checks prove nothing.
        :param spool: the folder in which results are saved while the database is unavailable, so that the results
            outlive this process. Results that ended processes have left in the folder are stored too.
        :param vantage_point: the name of a further vantage point; empty for the main vantage point. The sweep of a
            further vantage point has its own leases and plans, and judges only releases that the main vantage point has
            judged.
        :param judges: whether this sweep judges the releases that it checks. If not, it requests the verdicts from
            other processes. The sweep of a further vantage point always judges.
        :param on_fault: called soon after our own code has failed on a release, and at most every ten seconds. The
            sweep raises the fault only at its end, which can be hours later.
        """
        self._vantage_point = vantage_point
        self._judges = judges or bool(vantage_point)
        self.targets: dict[int, Target] = {}
        self._faults: list[Exception] = []
        self._on_fault, self._faults_reported, self._report_faults_at = on_fault, 0, LONG_AGO
        self._clock, self._probe, self._name, self._replayed = clock, probe, name, replayed
        self._spool_folder = spool
        self._controls = Controls(urls=controls)
        self._not_found = NotFoundPages(probe)
        self._queue = ExaminationQueue(
            probe,
            self._controls,
            self._not_found.get,
            clock_error=clock.error,
            clock_largest_error=clock_largest_error,
            on_fault=self._faults.append,
        )
        self._spool = Spool(spool, process=name, replayed=replayed)
        # `_open` maps each check that was started but not examined yet to its target. `_newest` maps the key of each
        # address to the newest plain check of the address.
        self._open: dict[CheckKey, Target] = {}
        self._newest: dict[int, CheckKey] = {}
        self._left_out = 0
        # `_unstored` contains the checks that were examined but not stored yet. `_unjudged` maps primary keys to the
        # releases that are waiting to be judged from stored checks.
        self._unstored: list[CheckResult] = []
        self._unjudged: dict[int, Release] = {}
        # The keys of the releases whose verdict this sweep has requested from other processes.
        self._requested: set[int] = set()
        self._read_verdicts_at = LONG_AGO
        # The addresses whose verdict may wait for a check of a further vantage point. Each is mapped to the number of
        # such checks that were stored when they were last counted.
        self._awaiting: dict[int, int] = {}
        self._count_vantage_at = LONG_AGO
        # The keys of releases that are due but not live yet. Their checks are counted when there is no other work. This
        # saves time when the releases are judged at the limit.
        self._uncounted: set[int] = set()
        self._stored = 0
        self._batch_until = LONG_AGO
        # `_wanted` contains the hosts of targets that are due now or soon. `_held_since` maps each leased host to the
        # instant at which this sweep leased it. `_expects_hosts` is true if other sweeps still have to hand over hosts
        # to this sweep.
        self._wanted: set[str] = set()
        self._held_since: dict[str, datetime] = {}
        self._expects_hosts = False
        self._renew_at = self._leased_until = LONG_AGO
        self._others_awaited_since: datetime | None = None
        self._enrol_at, self._enrolment_is_slow = LONG_AGO, False
        self._claim_at = self._quiet_until = self._last_turn_at = self._retry_database_at = LONG_AGO
        self._database_away_since: datetime | None = None

    def run(self, *, stop: Callable[[], bool] = lambda: False) -> int:
        """Run as long as a check falls due within two minutes, so that no check waits for the next sweep.

        Return at once if no check falls due, or if other processes have the leases of the hosts. Continue while the
        database is unavailable, and until the spool is stored.

        :param stop: called at every step; returns whether to end. If so, no more checks begin, and the sweep ends once
            all open checks are stored or saved in the spool.
        :return: the number of checks stored.
        :raises ExceptionGroup: at the end, if our own code failed on some releases. The checks of other releases are
            not delayed.
        """
        try:
            while not self._step(ending=stop()):
                pass
            return self._result()
        finally:
            try:
                self._examine_rest()
            finally:
                self._spool.put(self._unstored)
                self._spool.close()
                self._release_leases()

    @classmethod
    def check_rehearsals_once(cls, *, clock: Clock, probe: ProbeInterface, name: str) -> int:
        """Check every monitored rehearsal once at the time of the clock, and store the checks with this time.

        This is used to replay a past morning by hand. The checks are marked as replayed, because their time is not the
        real time.

        :return: the number of checks stored.
        :raises ExceptionGroup: at the end, if our own code failed on some rehearsals. All others are checked first.
        """
        sweep = cls(clock=clock, probe=probe, name=name, replayed=True)
        rehearsals, faults = split_valid_addresses(monitored_rehearsals(now=clock.now()))
        sweep._faults += faults
        for target in load_targets(rehearsals):
            sweep.targets[target.address.pk] = target
            sweep._start(target, CheckKey(target.address.pk, clock.now(), Purpose.PLAIN))
        while probe.in_flight or sweep._unexamined:
            probe.give_up_waits()
            sweep._receive(wait_seconds=1.0)
            sweep._examine()
        sweep.targets.clear()  # a replay by hand has no plan to save
        while sweep._unstored:
            sweep._store()
        sweep._judge(most=len(sweep._unjudged))
        return sweep._result()

    # The loop

    def _step(self, *, ending: bool) -> bool:
        """Do one round of work and wait for the next event; return whether the sweep is over."""
        clock = self._clock
        self._replan_if_clock_set_back()
        quiet_until = self._find_quiet_until(ending=ending)

        # Claim
        self._update_claims(quiet=quiet_until is not None, ending=ending)

        # Send
        if ending:
            self._probe.give_up_waits()
            self._probe.give_up_examinations(after_seconds=ENDS_WITHIN_SECONDS)
        else:
            self._send_due()
        # In a quiet time, the next claim can only begin when the quiet time is over.
        claim_at = max(self._claim_at, quiet_until or self._claim_at)
        upcoming = None if ending else self._next_check_at(claim_at=claim_at)
        work_at = quiet_until or (min(self._claim_at, self._renew_at) if self._shares_hosts else self._claim_at)
        wake_at = min(work_at, upcoming or work_at)

        # Examine
        held_until = self._probe.held_until
        # In a quiet time, responses are received but not examined.
        busy = quiet_until is None and self._is_work_left
        self._receive(wait_seconds=0.0 if busy or held_until else (wake_at - clock.now()).total_seconds())
        if quiet_until is None:
            self._examine()

        # Store and judge
        quiet = self._find_quiet_until(ending=ending) is not None
        if not quiet:
            self._attempt(self._store_and_judge)
            self._report_faults()

        # Wait
        held_until = self._probe.held_until
        if (held_until or not self._probe.in_flight) and (quiet or not self._is_work_left):
            if not held_until and upcoming is None and self._may_end(ending=ending):
                return True
            clock.sleep_until(min(wake_at, held_until or wake_at))
        return False

    @property
    def _unexamined(self) -> int:
        """The number of responses that are waiting to be examined or are being examined."""
        return len(self._queue) + len(self._not_found)

    @property
    def _has_backlog(self) -> bool:
        return self._unexamined > MOST_UNEXAMINED

    @property
    def _is_work_left(self) -> bool:
        """Whether there are responses to examine, or results to store or judge.

        While the database is unavailable, only the responses count.
        """
        is_to_store = self._database_away_since is None and (self._unstored or self._unjudged or self._uncounted)
        return bool(self._unexamined or is_to_store)

    def _may_end(self, *, ending: bool) -> bool:
        """Return whether all responses are examined and all results are stored.

        If the sweep has to end, results may also be in the spool on disk.
        """
        is_stored = not (self._unstored or self._spool)
        return not self._unexamined and (is_stored or (ending and self._spool.outlives))

    def _result(self) -> int:
        if self._faults:
            if len(self._faults) > self._faults_reported:
                self._on_fault()
            message = f"our own code failed on {len(self._faults)} checks or releases"
            raise SweepFaults(message, self._faults)
        return self._stored

    def _report_faults(self) -> None:
        now = self._clock.now()
        is_new = len(self._faults) > self._faults_reported
        if is_new and now >= self._report_faults_at and self._database_away_since is None:
            self._on_fault()
            self._faults_reported, self._report_faults_at = len(self._faults), now + FAULTS_REPORTED_EVERY

    def _find_quiet_until(self, *, ending: bool) -> datetime | None:
        """Return the instant until which only checks may be made, or None if other work may be done now.

        In a quiet time, a check that decides a verdict begins now or soon, and no other work may delay this check.
        """
        now = self._clock.now()
        if self._probe.in_flight and now < self._quiet_until:
            return self._quiet_until
        targets, soon = [] if ending else self.targets.values(), now + QUIET_BEFORE
        due_soon = (t for t in targets if t.next_check_at and t.next_check_at <= soon)
        return min((t.next_check_at for t in due_soon if t.next_check_at and t.next_decides), default=None)

    def _is_check_due_by(self, at: datetime, *, decisive: bool = False) -> bool:
        """Return whether a check is due by an instant.

        :param decisive: whether to count only checks that decide a verdict.
        """
        targets = self.targets.values()
        return any(t.next_check_at and t.next_check_at <= at and (t.next_decides or not decisive) for t in targets)

    def _next_check_at(self, *, claim_at: datetime) -> datetime | None:
        """Return when this sweep has to make its next check, or None if it may end.

        If this sweep is waiting for other processes or vantage points, its next claim counts like a check.

        :param claim_at: when the next claim can begin.
        """
        now = self._clock.now()
        # After a fault, a sweep ends early to report the fault. However, a sweep must not end near a due instant,
        # because it would lose its plan in memory.
        near_due = any(t.is_near_decision(now, within=HORIZON) for t in self.targets.values())
        horizon = now + (SOON if self._faults and not near_due else HORIZON)
        instants = [t.next_check_at for t in self.targets.values() if t.next_check_at and t.next_check_at <= horizon]
        if self._is_waiting_for_others(now=now) or self._expects_hosts or self._awaiting:
            instants.append(claim_at)
        return min(instants, default=None)

    # Claim the addresses that this process checks

    def _update_claims(self, *, quiet: bool, ending: bool) -> None:
        """Claim targets every few seconds, and renew the leases every second.

        In a quiet time, no targets are claimed. An expired lease is still renewed, because no request may be sent
        without a lease.
        """
        now = self._clock.now()
        if not quiet and now >= self._claim_at:
            if not ending:
                self._attempt(self.claim)
            awaits = self._expects_hosts or self._others_awaited_since or self._awaiting
            soon = awaits or (not self._has_backlog and self._is_check_due_by(self._clock.now() + SOON))
            self._claim_at = self._clock.now() + (CLAIM_EVERY if soon else CLAIM_AT_LEAST_EVERY)
        elif self._shares_hosts and now >= (self._leased_until if quiet else self._renew_at):
            if not ending:
                self._attempt(self._renew_leases)
            self._renew_at = max(self._renew_at, now + RENEWED_EVERY)

    def claim(self) -> None:
        """Remove outdated targets from memory, and add the addresses that fall due soon."""
        now = self._clock.now()
        if self._vantage_point:
            self._claim_for_vantage_point(now=now)
            return
        if not self._replayed:
            # A replay must not record coverage, because this process did not run at the replayed time.
            coverage.mark_alive(self._name, at=now)
            self._take_rows(store_left_behind(self._spool_folder, at=now))
        # Build this query set once for three queries. A sweep makes these queries every two seconds.
        monitored = monitored_addresses(now=now)
        sweeps = frozenset({self._name}) if self._replayed else host_budgets.find_running_sweeps(self._name, now=now)
        # Only one of the running sweeps enrols new addresses, because the search covers all releases of a week.
        if host_budget.find_owner(_ENROLMENT, sweeps) == self._name:
            self._enrol(monitored, now=now)
        for key in find_changed_targets(self.targets, monitored):
            del self.targets[key]
        hosts = self._choose_hosts(find_due_hosts(until=now + HORIZON), sweeps)
        due = find_falling_due(monitored, until=now + HORIZON, hosts=hosts, without=self.targets.keys())
        due = [address for address in due if address.release.rehearsal or not self._replayed]
        due, faults = split_valid_addresses(due)
        self._faults += faults
        if self._is_to_wait_for_others(now=now):
            due = []
        self._wanted = {place_of(address.url) for address in due} | {target.host for target in self.targets.values()}
        held = self._lease_hosts(now=now)
        mine = [address for address in due if place_of(address.url) in held]
        for target in load_targets(mine):
            schedule = target.address.schedule
            target.next_check_at, target.live_since = schedule.next_check_at, schedule.live_since
            target.fresh_checks = cadence.count_fresh_checks(now, due_at=target.due_at)
            self.targets[target.address.pk] = target
        self._space_checks()
        # A host that does not respond may hold its connection for fifteen seconds, so leave it to decisive checks.
        again = not self._is_check_due_by(now + LONGEST, decisive=True)
        self._not_found.request_missing(self.targets.values(), now=now, again=again)
        self._request_controls(now=now)

    def _claim_for_vantage_point(self, *, now: datetime) -> None:
        """Add the addresses of releases that are due within two minutes or were due in the last hour.

        Checks of a further vantage point are planned only in memory. The first check of a release is the last planned
        check before the due time. If this check finds that the release is not live, and a later check finds it live,
        the release was published between these checks.
        """
        self._take_rows(store_left_behind(self._spool_folder, at=now))
        monitored = monitored_addresses(now=now)
        for key in find_changed_targets(self.targets, monitored, judged=False):
            del self.targets[key]
        over_before = now - VANTAGE_CHECKS_FOR
        for key in [key for key, target in self.targets.items() if target.due_at < over_before]:
            del self.targets[key]
        due = find_near_due(monitored, begin=over_before, end=now + HORIZON, without=self.targets.keys())
        due = split_valid_addresses(due)[0]
        self._wanted = {place_of(address.url) for address in due} | {target.host for target in self.targets.values()}
        held = self._lease_hosts(now=now)
        for target in load_targets(address for address in due if place_of(address.url) in held):
            target.fresh_checks = NO_FRESH_CHECKS
            target.last_planned_at = target.due_at - VANTAGE_BEGINS
            target.plan_next(now=now)
            self.targets[target.address.pk] = target
        self._space_checks()

    def _enrol(self, monitored: QuerySet[Address], *, now: datetime) -> None:
        """Plan the first check of new addresses.

        With a million releases in a week, the search takes some seconds. A slow search is repeated less often, and not
        near a due time.
        """
        if now < self._enrol_at or (self._enrolment_is_slow and self._is_check_due_by(now + SOON, decisive=True)):
            return
        began = time.monotonic()
        enrol_addresses(monitored, now=now)
        took = timedelta(seconds=time.monotonic() - began)
        self._enrolment_is_slow = took > SLOW_ENROLMENT
        self._enrol_at = now + ENROLMENT_SHARE * took if self._enrolment_is_slow else now

    def _choose_hosts(self, hosts: Collection[str], sweeps: frozenset[str]) -> set[str]:
        """Return the hosts that this sweep owns or has leased, and "" for addresses whose host is not stored yet."""
        own = {host for host in hosts if host_budget.find_owner(host, sweeps) == self._name}
        return {"", *own, *self._held_since}

    def _lease_hosts(self, *, now: datetime) -> frozenset[str]:
        """Lease this sweep's share of the wanted hosts, drop all other targets, and return the leased hosts."""
        if self._vantage_point:
            # Each vantage point has its own lease and its own budget for each host.
            names = {host_budgets.claim_from(self._vantage_point, host): host for host in self._wanted}
            held = frozenset(
                names[name] for name in host_budgets.claim_hosts(names, holder=self._name, now=now, probe=self._probe)
            )
        elif self._replayed:
            held = host_budgets.claim_hosts(self._wanted, holder=self._name, now=now, probe=self._probe)
        else:
            share = host_budgets.claim_share(
                self._wanted, holder=self._name, now=now, probe=self._probe, staying=self._staying_hosts(now=now)
            )
            held, self._expects_hosts = share.held, bool(share.expected)
        self._renew_at, self._leased_until = now + RENEWED_EVERY, now + SWEEP_DURATION
        self._held_since = dict.fromkeys(held, now) | {
            host: since for host, since in self._held_since.items() if host in held or host not in self._wanted
        }
        for key in [key for key, target in self.targets.items() if target.host not in held]:
            del self.targets[key]
        return held

    def _staying_hosts(self, *, now: datetime) -> set[str]:
        """Return the hosts that must not be released now.

        A host must not be released while its checks are open or not stored yet, or while one of its releases is near a
        decision.
        """
        near_due = {t.host for t in self.targets.values() if t.is_near_decision(now, within=STAYS)}
        unstored = {place_of(check.address.url) for check in self._unstored}
        return near_due | unstored | {target.host for target in self._open.values()}

    @property
    def _shares_hosts(self) -> bool:
        """Whether this sweep has targets, or another sweep will hand over hosts to this sweep."""
        return bool(self.targets) or self._expects_hosts

    def _renew_leases(self) -> None:
        held_before = set(self._held_since)
        if self._lease_hosts(now=self._clock.now()) - held_before:
            self._claim_at = self._clock.now()  # the addresses of the new hosts become targets at once

    def _space_checks(self) -> None:
        """Set the shortest interval between checks for each address that is not live yet.

        The interval is longer if many of these addresses have the same host and due time, or if this process has many
        of these addresses.
        """
        missing = [target for target in self.targets.values() if not target.is_live]
        at_host = Counter((target.host, target.due_at) for target in missing)
        budgets = budgets_from_settings()
        closest = {
            (host, due_at): host_budget.closest_checks(
                number, budget_of(host, budgets).monitoring_share, of_process=len(missing)
            )
            for (host, due_at), number in at_host.items()
        }
        for target in missing:
            target.closest = closest[target.host, target.due_at]

    def _is_to_wait_for_others(self, *, now: datetime) -> bool:
        """Return whether no targets may be added yet, because another running process still has checks to store.

        While the database is unavailable, no lease can be renewed, and the lease holder continues with its plan in
        memory. If this process took over the hosts before the other process has stored its checks, it would make the
        same checks again.
        """
        if not self._spool.is_another_waiting:
            self._others_awaited_since = None
            return False
        self._others_awaited_since = self._others_awaited_since or now
        return self._is_waiting_for_others(now=now)

    def _is_waiting_for_others(self, *, now: datetime) -> bool:
        # After `LONGEST_WAIT_FOR_OTHERS` the other process is assumed to hang.
        return self._others_awaited_since is not None and now - self._others_awaited_since < LONGEST_WAIT_FOR_OTHERS

    def _request_controls(self, *, now: datetime) -> None:
        """Request the control addresses, to compare the clock with the time in their responses.

        Do nothing if this sweep has no targets, if the clock is scripted, or if the clock was compared or the addresses
        were requested in the last five minutes. If the clock was set back since, request them again.
        """
        if not self.targets:
            return
        error = self._clock.error()
        last = filter(None, (error.compared_at, self._controls.requested_at))
        if error.voucher is Voucher.SCRIPT or any(timedelta(0) <= now - at < CLOCKS_COMPARED_EVERY for at in last):
            return
        for control in self._controls.requests(now=now):
            self._probe.start(control)

    def _release_leases(self) -> None:
        """Release the leases of all hosts. If the database is unavailable, the leases expire instead."""
        try:
            host_budgets.release_hosts(self._name, now=self._clock.now(), probe=self._probe)
        except DATABASE_AWAY as fault:
            close_old_connections()
            logger.warning("the leases were not released: %s", _first_line(fault))

    # Send the due checks

    def _send_due(self) -> None:
        now = self._clock.now()
        due = [(t.next_check_at, t) for t in self.targets.values() if t.next_check_at and t.next_check_at <= now]
        left_out = 0
        for planned_at, target in sorted(due, key=lambda pair: pair[0]):
            target.last_planned_at = planned_at
            if target.next_decides:
                self._quiet_until = max(self._quiet_until, planned_at + QUIET_AFTER)
            if self._is_left_out(target):
                left_out += 1
            else:
                self._start_plain(target, planned_at=planned_at)
                # Until the release is found live, some plain checks are accompanied by a check that bypasses caches.
                number_due = cadence.count_fresh_checks(planned_at, due_at=target.due_at)
                if number_due > target.fresh_checks and not target.is_live:
                    self._start(target, CheckKey(target.address.pk, planned_at, Purpose.FRESH))
                target.fresh_checks = max(number_due, target.fresh_checks)
        # Send all checks before planning the next ones, so that no check waits for the plans of other checks.
        for planned in batched(due, PLANNED_AT_A_TIME):
            for _, target in planned:
                target.plan_next(now=now)
            self._receive(wait_seconds=0.0)
        self._count_left_out(left_out)

    def _is_left_out(self, target: Target) -> bool:
        """Return whether to skip the next check of an address because its last response is not examined yet.

        Checks are skipped only while more than `MOST_UNEXAMINED` responses are waiting. More responses would only take
        memory and delay verdicts. A check at the due instant or at a limit is never skipped.
        """
        if target.next_decides or not self._has_backlog:
            return False
        return self._newest.get(target.address.pk) in self._open

    def _count_left_out(self, number: int) -> None:
        """Count the skipped checks, and log when skipping begins and ends."""
        if number and not self._left_out:
            logger.warning(
                "more than %d responses are waiting to be examined; addresses with a waiting response are checked "
                "less often",
                MOST_UNEXAMINED,
            )
        self._left_out += number
        if self._left_out and not self._unexamined:
            logger.warning(
                "all waiting responses have been examined; %d checks were skipped while they waited", self._left_out
            )
            self._left_out = 0

    def _start_plain(self, target: Target, *, planned_at: datetime) -> None:
        """Start a plain check, unless the previous check of the address is still waiting for the host's budget.

        If every check sent a request, and a host had more checks than its budget allows, its requests would be minutes
        late at the due time. If the new check decides a verdict, it replaces the waiting check. The request then counts
        for the due instant or limit if it begins in time.
        """
        key = CheckKey(target.address.pk, planned_at, Purpose.PLAIN)
        before = self._newest.get(target.address.pk)
        if before is None or self._open.get(before) is not target or not self._probe.waits(before):
            self._start(target, key)
        elif target.next_decides:
            self._probe.hand_turn(before, self._errand(target, key))
            self._open[key] = self._open.pop(before)
            self._newest[target.address.pk] = key

    def _start(self, target: Target, key: CheckKey) -> None:
        # If a target was dropped and loaded again, its next planned check may already be open.
        if key in self._open:
            return
        try:
            request = self._errand(target, key)
        except Exception as fault:
            # If our own code cannot request one address, all other addresses must still be checked.
            reference = target.address.release.reference
            logger.exception("cannot check an address of %s", reference, extra={"release": reference})
            self._faults.append(fault)
            return
        self._open[key] = target
        if key.purpose is Purpose.PLAIN:
            self._newest[key.address] = key
        self._probe.start(request)

    def _errand(self, target: Target, key: CheckKey) -> CheckRequest:
        address = target.address
        return CheckRequest(
            key=key,
            url=self._probe.fetched_address(address.adapter, address.url),
            allowed_hosts=target.allowed_hosts,
            planned_at=key.planned_at,
            fresh=key.purpose is Purpose.FRESH,
            adapter=address.adapter,
            decisive=key.purpose is Purpose.PLAIN and target.decides(key.planned_at),
        )

    # Examine the responses

    def _receive(self, *, wait_seconds: float) -> None:
        """Receive the complete responses, and wait at most `wait_seconds` for the first response.

        If checks are waiting for the budget of a host, they begin now if the budget allows it.
        """
        responses = self._probe.poll(max(0.0, wait_seconds)) if self._probe.in_flight else []
        for request, answer in responses:
            key = request.key
            if isinstance(key, CheckKey) and key in self._open:
                self._queue.add(Response(key, self._open[key], answer))
            elif self._not_found.is_requested(key):
                self._not_found.take_response(request, answer, now=self._clock.now())
            elif self._controls.is_current(request):
                self._controls.take(request.url, answer)
                date = response_time(answer)
                if date is not None and answer.failure is None:  # a host need not send the time
                    host, sent_at, completed_at = place_of(request.url), answer.sent_at, answer.completed_at
                    self._clock.compare_with_host(host, sent_at=sent_at, completed_at=completed_at, date=date)
            else:
                logger.warning("a response is not stored, because the sweep that sent the request has failed")

    def _examine(self) -> None:
        """Examine some responses, and take the available results."""
        for check in self._queue.examine(now=self._clock.now()):
            self._take(check)
        # Wait for results only if there is no other work, and only briefly, because new responses may arrive.
        idle = self._queue.is_examining and not self._is_batch_ready
        self._take_results(wait_seconds=EXAMINATION_AWAITED_SECONDS if idle else 0.0)

    def _examine_rest(self) -> None:
        """Examine the remaining responses within a few seconds, because the sweep has to end."""
        self._probe.give_up_examinations(after_seconds=ENDS_WITHIN_SECONDS)
        try:
            while True:
                for check in self._queue.examine(now=self._clock.now(), most=len(self._queue)):
                    self._take(check)
                if not (self._queue.is_examining or self._not_found):
                    return
                self._take_results(wait_seconds=EXAMINATION_AWAITED_SECONDS)
        finally:
            self._probe.give_up_examinations(after_seconds=None)

    def _take_results(self, *, wait_seconds: float) -> None:
        for key, found in self._probe.examined(wait_seconds):
            if self._not_found.is_examining(key):
                self._not_found.take_text(key, found if isinstance(found, str) else "", now=self._clock.now())
            elif check := self._queue.take_result(key, found):
                self._take(check)

    def _take(self, check: CheckResult) -> None:
        target = self._open.pop(CheckKey(check.address.pk, check.answer.planned_at, check.purpose))
        if check.purpose is Purpose.PLAIN:
            target.note(check.answer, check.finding, now=self._clock.now())
        if self._vantage_point:
            check = replace(check, purpose=Purpose.VANTAGE)
        self._unstored.append(check)

    # Store the examined checks, and plan the next checks

    def _store_and_judge(self) -> None:
        is_over = self._is_batch_over
        if is_over or len(self._unstored) >= STORED_AT_A_TIME:
            self._store()
            self._receive(wait_seconds=0.0)
        self._collect_awaited()
        if is_over or len(self._unjudged) >= JUDGED_AT_A_TIME:
            self._judge()
        self._read_verdicts()
        if not (self._unstored or self._unjudged):
            self._count_checks()
        if is_over:
            longest = LONGEST_WAIT_IN_BACKLOG if self._has_backlog else LONGEST_WAIT_FOR_BATCH
            self._batch_until = self._clock.now() + longest

    @property
    def _is_batch_over(self) -> bool:
        """Whether to store and judge results now, even if there are few of them.

        This is so if no responses are left to examine, or if the results have waited too long for a full batch.
        """
        return not self._unexamined or self._clock.now() >= self._batch_until

    @property
    def _is_batch_ready(self) -> bool:
        if self._is_batch_over:
            return bool(self._unstored or self._unjudged)
        return len(self._unstored) >= STORED_AT_A_TIME or len(self._unjudged) >= JUDGED_AT_A_TIME

    def _store(self) -> None:
        """Store the oldest results as one batch, and save the times of the next checks of their addresses.

        Also collect the releases whose verdicts may change. The next call stores the next batch. Storing thousands of
        rows at once would delay due checks and take too much memory.
        """
        now = self._clock.now()
        if self._spool:
            self._take_rows(self._spool.store(at=now))
        self._not_found.save()
        checks = self._unstored[:STORED_AT_A_TIME]
        if not checks:
            return
        # The checks stay in memory until they are stored, because the database may be unavailable.
        rows = store.store_checks(checks, process=self._name, at=now, replayed=self._replayed)
        del self._unstored[: len(checks)]
        self._stored += len(rows)
        # A person may have removed an address whose first check was under way. Its next check must not be saved.
        for key in {check.address.pk for check in checks} - {row.address_id for row in rows}:
            self.targets.pop(key, None)
        # If the schedule was changed or cancelled meanwhile, the check is stored but never judged.
        current = {row.release_id for row in rows if not row.superseded}
        # `_answered_until` goes through all targets, so call it only if a check after a limit needs the result.
        read_answers = cache(partial(self._answered_until, now=now))
        changed = (check.address.release for check in checks if self._may_change_verdict(check, read_answers, now=now))
        self._unjudged |= {release.pk: release for release in changed if release.pk in current}
        for check in checks:
            self._note_uncounted(check, now=now)
        self._write_next_checks({check.address.pk for check in checks})

    def _note_uncounted(self, check: CheckResult, *, now: datetime) -> None:
        target = self.targets.get(check.address.pk)
        # The counts are cached in this process, so they are useful only if this process judges.
        if target is None or target.is_counted or self._vantage_point or not self._judges:
            return
        is_not_live_yet = not target.is_live and check.finding.result is not CheckOutcome.LIVE
        if target.due_at <= check.answer.sent_at and now < target.limit_at and is_not_live_yet:
            target.is_counted = True
            self._uncounted.add(check.address.release_id)

    def _count_checks(self) -> None:
        """Count the checks of some releases before the limit, to save time when the releases are judged."""
        if self._uncounted:
            repository.count_checks([self._uncounted.pop() for _ in range(min(JUDGED_AT_A_TIME, len(self._uncounted)))])

    def _take_rows(self, rows: Sequence[Observation]) -> None:
        """Process checks that were stored from a spool.

        Collect the releases to judge, and save the times of the next checks of the addresses.

        :param rows: the stored checks of this process or of ended processes, with their addresses and releases.
        """
        self._stored += len(rows)
        judged = [row for row in rows if not row.superseded and row.purpose in {Purpose.PLAIN, Purpose.VANTAGE}]
        releases = (row.address.release for row in judged)
        self._unjudged |= {release.pk: release for release in releases if release.due_at is not None}
        self._write_next_checks({row.address_id for row in rows})
        made_up_to: dict[int, datetime] = {}
        for row in judged:
            if row.purpose == Purpose.PLAIN and row.address_id not in self.targets:
                made_up_to[row.address_id] = max(row.planned_at, made_up_to.get(row.address_id, row.planned_at))
        restart_checks(made_up_to, now=self._clock.now())

    def _may_change_verdict(
        self, check: CheckResult, read_answers: Callable[[], AnsweredUntil], *, now: datetime
    ) -> bool:
        # Before the limit, a check changes the verdict only if it finds the page live, or if the page was live and has
        # disappeared. A check that bypasses caches is not enough to change the verdict.
        if check.purpose is Purpose.VANTAGE:
            target = self.targets.get(check.address.pk)
            was_live = target is not None and target.found_live_at != check.answer.completed_at
            is_first_live = check.finding.result is CheckOutcome.LIVE and not was_live
            return is_first_live or check.answer.planned_at == check.address.limit_at
        if check.purpose is not Purpose.PLAIN:
            return False
        target = self.targets.get(check.address.pk)
        was_live = target is not None and target.is_live
        if was_live or check.finding.result is CheckOutcome.LIVE:
            return True
        if now < check.address.limit_at:
            return False
        # If the clock may be off, the check one second after the limit must be stored before the verdict is decided.
        settles_at = check.address.limit_at + cadence.CONFIRMING
        return not check.clock_bound_seconds or read_answers()(check.address) >= settles_at

    def _write_next_checks(self, keys: set[int]) -> None:
        if self._vantage_point:
            return
        save_targets([self.targets[key] for key in sorted(keys & self.targets.keys())])

    # Judge the releases whose verdicts may change

    def _judge(self, *, most: int = JUDGED_AT_A_TIME) -> None:
        """Judge the releases that have waited longest, and check live releases less often."""
        if not self._unjudged:
            return
        now = self._clock.now()
        # A further vantage point does not know which checks of the main vantage point are still open.
        answered_until = judge.assume_answers(now=now) if self._vantage_point else self._answered_until(now=now)
        # They stay in `_unjudged` until this step has succeeded, because the database may become unavailable.
        waiting = chosen = [self._unjudged[key] for key in list(self._unjudged)[:most]]
        if self._vantage_point:
            # Judge only releases that the main vantage point has judged. The new verdict then lists the further vantage
            # points that found a different result.
            decided = judge.find_releases_with_verdict(waiting)
            waiting = [release for release in waiting if release.pk in decided]
        if self._judges:
            self._judge_here(waiting, answered_until=answered_until, now=now)
        else:
            verdict_queue.request_verdicts(waiting, answered_until=answered_until, now=now)
            self._requested |= {release.pk for release in waiting}
        for release in chosen:
            del self._unjudged[release.pk]

    def _judge_here(self, releases: Sequence[Release], *, answered_until: AnsweredUntil, now: datetime) -> None:
        judged, faults = judge.judge_all(releases, now=now, answered_until=answered_until)
        for _, fault in faults:
            if isinstance(fault, DATABASE_AWAY):
                raise fault
        for release, fault in faults:
            logger.error("cannot judge %s", release.reference, exc_info=fault, extra={"release": release.reference})
            self._faults.append(fault)
        if not self._vantage_point:
            self._plan_all_again({release.pk for release in releases}, judged, now=now)

    def _read_verdicts(self) -> None:
        """Read the verdicts that other processes gave at our request, and check live releases less often."""
        now = self._clock.now()
        if not self._requested or now < self._read_verdicts_at:
            return
        self._read_verdicts_at = now + VERDICTS_READ_EVERY
        for some in batched(list(self._requested), STORED_AT_A_TIME):
            judged = set(some) - verdict_queue.find_open_requests(some)
            self._plan_all_again(judged, verdict_queue.find_verdicts(judged), now=now)
            self._requested -= judged

    def _collect_awaited(self) -> None:
        """Collect the releases to judge again, because a further vantage point has stored a check that was awaited.

        This sweep also judges them when it no longer waits. Its own next check of a page may be minutes later.
        """
        now = self._clock.now()
        if not self._awaiting or now < self._count_vantage_at:
            return
        self._count_vantage_at = now + VERDICTS_READ_EVERY
        targets = {key: self.targets[key] for key in self._awaiting if key in self.targets}
        stored = repository.count_vantage_checks({target.address.release_id for target in targets.values()})
        before, self._awaiting = self._awaiting, {}
        for key, target in targets.items():
            number, is_over = stored.get(key, 0), now >= target.last_limit_at + LONGEST_WAIT_FOR_VANTAGE
            if number and (is_over or number != before[key]):
                self._unjudged[target.address.release_id] = target.address.release
            if number and not is_over:
                self._awaiting[key] = number

    def _plan_all_again(self, releases: set[int], verifications: Iterable[Verification], *, now: datetime) -> None:
        """Plan the next checks of the pages of some releases again if their verdicts require it.

        :param releases: the keys of the releases that were judged, or could not be judged.
        """
        planned_again = {key for verification in verifications for key in self._plan_again(verification, now=now)}
        # A page without a result is judged after its next check, so this check must come soon.
        for key, target in self.targets.items():
            if target.found_live_at and target.address.release_id in releases:
                target.take_verdict(live_since=None, now=now)
                planned_again.add(key)
        self._write_next_checks(planned_again)
        for key in planned_again:
            if self.targets[key].next_check_at is None:
                del self.targets[key]

    def _answered_until(self, *, now: datetime) -> AnsweredUntil:
        """Return a function that returns, for an address, the instant up to which all planned checks are stored."""
        checks = ((key.address, key.planned_at) for key in self._open if key.purpose is Purpose.PLAIN)
        unstored = ((c.address.pk, c.answer.planned_at) for c in self._unstored if c.purpose is Purpose.PLAIN)
        earliest: dict[int, datetime] = {}
        for key, at in (*checks, *unstored, *((key, target.next_check_at) for key, target in self.targets.items())):
            if at is not None:
                earliest[key] = min(at, earliest.get(key, at))

        def answered_until(address: Address) -> datetime:
            # In a replay, there are no checks of other processes to wait for. Use `place_if_any`, because a release is
            # judged even if an address is invalid and cannot be checked.
            held_since = LONG_AGO if self._replayed else self._held_since.get(place_if_any(address.url))
            return find_answered_until(unanswered=earliest.get(address.pk), held_since=held_since, now=now)

        return answered_until

    def _plan_again(self, verification: Verification, *, now: datetime) -> Iterator[int]:
        """Plan fewer checks if an address is judged live, and frequent checks if it is no longer judged live.

        Also note which addresses are still pending after their limit. Yield the keys of the addresses whose next check
        has changed.
        """
        for result in verification.results:
            target, live_since = self.targets.get(result.address), result.verdict.live_since(verification.due_at)
            if target is None or target.schedule_version != verification.schedule_version:
                continue
            waited = now - target.last_limit_at
            if result.verdict.outcome is Outcome.PENDING and timedelta(0) <= waited < LONGEST_WAIT_FOR_VANTAGE:
                if not self._awaiting:
                    # The own checks of other pages of the release may still be open. They are stored by then.
                    self._count_vantage_at = now + VERDICTS_READ_EVERY
                self._awaiting.setdefault(result.address, 0)
            else:
                self._awaiting.pop(result.address, None)
            if target.take_verdict(live_since=live_since, now=now):
                yield result.address

    # Handle a clock that was set back, and an unavailable database

    def _replan_if_clock_set_back(self) -> None:
        """Plan every check again if the clock was set back.

        Otherwise no check would be made until the clock has reached the planned instants again.
        """
        before, self._last_turn_at = self._last_turn_at, self._clock.now()
        if self._last_turn_at >= before - SET_BACK:
            return
        logger.error("the clock was set back by %s; every check is planned again", before - self._last_turn_at)
        self._claim_at = self._enrol_at = self._quiet_until = self._retry_database_at = self._last_turn_at
        self._read_verdicts_at = self._count_vantage_at = self._report_faults_at = self._last_turn_at
        for target in self.targets.values():
            target.found_live_at = None
            if target.next_check_at:
                target.last_planned_at = self._last_turn_at
                target.plan_next(now=self._last_turn_at)

    def _attempt(self, step: Callable[[], None]) -> None:
        """Run a step that needs the database. If the database is unavailable, spool the results and retry later.

        While the database is unavailable, no process can renew its leases, so this sweep continues with the hosts that
        it has. Nothing is judged. The step is not retried shortly before a check that decides a verdict.

        :raises django.db.OperationalError: or another exception of `DATABASE_AWAY`, if this sweep has no targets, no
            open checks and no spooled checks.
        """
        now = self._clock.now()
        if self._database_away_since and now < self._retry_database_at:
            return
        if self._database_away_since and self._is_check_due_by(now + LONGEST_ATTEMPT, decisive=True):
            self._spool_unstored()
            self._retry_database_at = now + RETRY_DATABASE_AFTER
            return
        # If the database is slow, the step takes a while. So first begin the checks that were waiting for the budget of
        # their host.
        self._receive(wait_seconds=0.0)
        try:
            step()
        except DATABASE_AWAY as fault:
            close_old_connections()
            self._spool_unstored()
            if not (self.targets or self._open or self._spool):
                raise
            if self._database_away_since is None:
                self._database_away_since = now
                logger.error("the database is unavailable; checks go on from memory: %s", _first_line(fault))
            self._retry_database_at = self._clock.now() + RETRY_DATABASE_AFTER
        else:
            if self._database_away_since is not None:
                away = now - self._database_away_since
                logger.warning("the database is available again; it was unavailable for %s", away)
            self._database_away_since = None

    def _spool_unstored(self) -> None:
        checks, self._unstored = self._unstored, []
        self._spool.put(checks)


def find_answered_until(*, unanswered: datetime | None, held_since: datetime | None, now: datetime) -> datetime:
    """Return the instant up to which all planned checks of an address are over.

    A check planned for exactly this instant is over too. If this process does not have the lease of the host, or got
    the lease less than fifteen seconds ago, another process may still have open checks. Each of these checks is over
    fifteen seconds after its planned instant.

    :param unanswered: the planned instant of the earliest check of this process that is not made or not stored yet;
        None if there is no such check.
    :param held_since: since when this process has the lease of the host; None if it does not have the lease.
    """
    own = now if unanswered is None else min(now, unanswered - datetime.resolution)
    if held_since is None:
        return min(own, now - LONGEST)
    return min(own, held_since - LONGEST) if now < held_since + LONGEST else own


def _first_line(fault: Exception) -> str:
    return (str(fault).strip() or type(fault).__name__).splitlines()[0]

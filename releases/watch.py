"""The sweep: looks at every release in the second it is due, keeps what was seen, and judges it."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from releases import companions, leases, watch_answers, watch_claim, watch_list, watch_round
from releases.clock import Clock
from releases.controls import Controls
from releases.errand import Errand
from releases.looker import Looker
from releases.models.observation import Purpose
from releases.watch_claim import HORIZON
from releases.watch_list import Target
from releases.watch_round import LARGEST_ERROR, LookKey, Round

logger = logging.getLogger(__name__)

# The plan in memory is compared with the database this often.
CLAIM_EVERY = timedelta(seconds=2)
# So long before and after the looks at a due instant or a limit nothing else is done: they would wait for it.
QUIET_BEFORE = timedelta(seconds=1)
QUIET_AFTER = timedelta(seconds=1)


def sweep(
    *,
    clock: Clock,
    look: Looker,
    watcher: str,
    controls: Sequence[str] = (),
    replayed: bool = False,
    clock_largest_error: timedelta = LARGEST_ERROR,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Make every look that falls due in the next seconds at its instant, keep it, and judge its release.

    The sweep goes on as long as anything falls due within ten seconds, so that no look waits for a tick; it
    returns at once where nothing does, or where another watcher holds the hosts concerned.

    :param clock: the watcher's clock, real or of a rehearsed morning.
    :param look: the probe.
    :param watcher: the name under which looks, coverage and leases are kept; unique per process.
    :param controls: addresses of unrelated hosts, asked when an answer stays away.
    :param replayed: whether the clock plays a past morning; then only rehearsals are looked at, and marked so.
    :param clock_largest_error: what is seen while the clock is known to be off by more is kept, and proves nothing.
    :param stop: asked at every step whether to end; then no more looks begin, and those under way are kept first.
    :return: the number of looks kept.
    :raises ExceptionGroup: at the end, if our own code failed on one of the releases; the others were not held up.
    """
    going = Round(clock=clock, look=look, watcher=watcher, controls=Controls(urls=controls), replayed=replayed)
    going.clock_largest_error = clock_largest_error
    claim_at = clock.now()
    try:
        while True:
            ending = stop()
            quiet_until = _quiet_until(going, ending=ending)
            if quiet_until is None and clock.now() >= claim_at:
                if not ending:
                    watch_claim.claim(going)
                claim_at = clock.now() + CLAIM_EVERY
            if not ending:
                _start_due(going)
            upcoming = None if ending else _next_look_at(going)
            wake_at = min(quiet_until or claim_at, upcoming or quiet_until or claim_at)
            wait = timedelta(0) if going.unjudged and quiet_until is None else wake_at - clock.now()
            watch_answers.take(going, wait_seconds=wait.total_seconds())
            if _quiet_until(going, ending=ending) is None:
                watch_round.keep(going)
                watch_round.judge_some(going)
            if not look.in_flight and not going.unjudged:
                if upcoming is None and not going.looks:
                    return _end(going)
                clock.sleep_until(wake_at)
    finally:
        leases.release_all(watcher, now=clock.now(), look=look)


def look_once(*, clock: Clock, look: Looker, watcher: str) -> int:
    """Look once at every rehearsal that is watched by the clock's time, and record the looks at that time.

    This is for replaying a past morning by hand; it puts the clock's time into evidence, and says so in each row.

    :return: the number of looks kept.
    """
    going = Round(clock=clock, look=look, watcher=watcher, controls=Controls(urls=()), replayed=True)
    for target in watch_list.targets_of(watch_list.watched_rehearsals(now=clock.now())):
        going.targets[target.address.pk] = target
        _start(going, target, LookKey(target.address.pk, clock.now(), Purpose.PLAIN))
    while look.in_flight:
        watch_answers.take(going, wait_seconds=1.0)
    going.targets.clear()  # a replay by hand follows no plan, so none is written
    watch_round.keep(going)
    watch_round.judge_some(going, most=len(going.unjudged))
    return _end(going)


def _end(going: Round) -> int:
    if going.faults:
        message = f"our own code failed on {len(going.faults)} looks or releases"
        raise ExceptionGroup(message, going.faults)
    return going.kept


def _quiet_until(going: Round, *, ending: bool) -> datetime | None:
    """Return until when nothing may be done but looking, because looks that decide a verdict are at hand or going out.

    None if something else may be done now.
    """
    now = going.clock.now()
    if going.look.in_flight and now < going.quiet_until:
        return going.quiet_until
    decisive = [] if ending else [t.next_look_at for t in going.targets.values() if t.next_look_at and t.next_decides]
    return min((at for at in decisive if at <= now + QUIET_BEFORE), default=None)


def _next_look_at(going: Round) -> datetime | None:
    horizon = going.clock.now() + HORIZON
    instants = [t.next_look_at for t in going.targets.values() if t.next_look_at and t.next_look_at <= horizon]
    return min(instants, default=None)


def _start_due(going: Round) -> None:
    now = going.clock.now()
    due = [(t.next_look_at, t) for t in going.targets.values() if t.next_look_at and t.next_look_at <= now]
    for planned_at, target in sorted(due, key=lambda pair: pair[0]):
        target.last_planned_at = planned_at
        if target.next_decides:
            going.quiet_until = max(going.quiet_until, planned_at + QUIET_AFTER)
        _start(going, target, LookKey(target.address.pk, planned_at, Purpose.PLAIN))
        _start_fresh(going, target, planned_at=planned_at)
        target.plan_next(now=now)


def _start_fresh(going: Round, target: Target, *, planned_at: datetime) -> None:
    """Ask past the caches beside a plain look, when one is due and nothing was seen live yet."""
    due = companions.fresh_looks_by(planned_at, due_at=target.due_at)
    if due > target.fresh_looks and target.live_since is None:
        _start(going, target, LookKey(target.address.pk, planned_at, Purpose.FRESH))
    target.fresh_looks = max(due, target.fresh_looks)


def _start(going: Round, target: Target, key: LookKey) -> None:
    # A target that was dropped and read again may name a look that is under way already.
    if key in going.flying:
        return
    address = target.address
    try:
        url = going.look.fetched_address(address.adapter, address.url)
    except Exception as fault:
        # An address that our own code cannot ask for must not keep the others from being looked at.
        logger.exception("cannot look at an address of %s", address.release.reference)
        going.faults.append(fault)
        return
    going.flying[key] = target
    going.look.start(
        Errand(
            key=key,
            url=url,
            allowed_hosts=target.allowed_hosts,
            planned_at=key.planned_at,
            fresh=key.purpose is Purpose.FRESH,
        )
    )

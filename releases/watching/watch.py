"""The sweep: looks at every release in the second it is due, keeps what was seen, and judges it."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from releases.core.judging.looker import Looker
from releases.core.looks import companions
from releases.core.looks.controls import Controls
from releases.core.looks.errand import Errand
from releases.models.observation import Purpose
from releases.watching import askable, backlog, outage, watch_answers, watch_claim, watch_list, watch_round
from releases.watching.clock import Clock
from releases.watching.watch_claim import HORIZON
from releases.watching.watch_list import Target
from releases.watching.watch_round import LARGEST_ERROR, LookKey, Round

logger = logging.getLogger(__name__)

# The plan in memory is compared with the database this often: soon before a look, and otherwise.
CLAIM_EVERY = timedelta(seconds=2)
CLAIM_AT_LEAST_EVERY = timedelta(seconds=5)
# So long before and after the looks at a due instant or a limit nothing else is done: they would wait for it.
QUIET_BEFORE = timedelta(seconds=1)
QUIET_AFTER = timedelta(seconds=1)
# What falls due by then keeps even a sweep going in which our own code failed.
SOON = timedelta(seconds=10)
SET_BACK = timedelta(seconds=1)


def sweep(
    *,
    clock: Clock,
    look: Looker,
    watcher: str,
    controls: Sequence[str] = (),
    replayed: bool = False,
    clock_largest_error: timedelta = LARGEST_ERROR,
    unstored: Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Make every look that falls due in the next seconds at its instant, keep it, and judge its release.

    The sweep goes on as long as anything falls due within two minutes, so that no look waits for a tick; it
    returns at once where nothing does, or where another watcher holds the hosts concerned. It goes on too while the
    database is away, and until what was seen meanwhile is stored.

    :param clock: the watcher's clock, real or of a rehearsed morning.
    :param look: the probe.
    :param watcher: the name under which looks, coverage and leases are kept; unique per process.
    :param controls: addresses of unrelated hosts, asked when an answer stays away.
    :param replayed: whether the clock plays a past morning; then only rehearsals are looked at, and marked so.
    :param clock_largest_error: what is seen while the clock is known to be off by more is kept, and proves nothing.
    :param unstored: the folder for what was seen while the database is away, so that it outlives this process; what
        others that died have left there is stored.
    :param stop: asked at every step whether to end; then no more looks begin, and those under way are kept first.
    :return: the number of looks kept.
    :raises ExceptionGroup: at the end, if our own code failed on one of the releases; the others were not held up.
    """
    going = Round(
        clock=clock,
        look=look,
        watcher=watcher,
        controls=Controls(urls=controls),
        replayed=replayed,
        unstored=unstored,
        clock_largest_error=clock_largest_error,
    )
    try:
        while not _step(going, ending=stop()):
            pass
        return _end(going)
    finally:
        watch_answers.finish(going)
        going.shelf.put(going.looks)
        going.shelf.close()
        outage.release_all(going)


def _step(going: Round, *, ending: bool) -> bool:
    """Do what can be done now, and wait for what comes next; tells whether the sweep is over."""
    clock = going.clock
    _see_to_clock(going)
    quiet_until = _quiet_until(going, ending=ending)
    if quiet_until is None and clock.now() >= going.claim_at:
        if not ending:
            outage.attempt(going, watch_claim.claim)
        soon = _falls_soon(going) or going.others_awaited_since
        going.claim_at = clock.now() + (CLAIM_EVERY if soon else CLAIM_AT_LEAST_EVERY)
    if ending:
        going.look.give_up_waits()
        going.look.give_up_examinations(after_seconds=watch_answers.ENDS_WITHIN_SECONDS)
    else:
        _start_due(going)
    upcoming = None if ending else _next_look_at(going)
    wake_at = min(quiet_until or going.claim_at, upcoming or quiet_until or going.claim_at)
    held_until = going.look.held_until
    # Before and while looks go out that decide a verdict, what was answered only waits.
    busy = quiet_until is None and _is_work_left(going)
    wait_seconds = 0.0 if busy or held_until else (wake_at - clock.now()).total_seconds()
    watch_answers.take(going, wait_seconds=wait_seconds, examine=quiet_until is None)
    quiet = _quiet_until(going, ending=ending) is not None
    if not quiet:
        outage.attempt(going, _keep_and_judge)
    held_until = going.look.held_until
    if (held_until or not going.look.in_flight) and (quiet or not _is_work_left(going)):
        if not held_until and upcoming is None and _may_end(going, ending=ending):
            return True
        clock.sleep_until(min(wake_at, held_until or wake_at))
    return False


def _is_work_left(going: Round) -> bool:
    """Tell whether something waits to be examined or, while the database is there, to be stored or judged."""
    return bool(going.unread or (going.away_since is None and (going.looks or going.unjudged)))


def look_once(*, clock: Clock, look: Looker, watcher: str) -> int:
    """Look once at every rehearsal that is watched by the clock's time, and record the looks at that time.

    This is for replaying a past morning by hand; it puts the clock's time into evidence, and says so in each row.

    :return: the number of looks kept.
    :raises ExceptionGroup: at the end, if our own code failed on one of them; the others were looked at.
    """
    going = Round(clock=clock, look=look, watcher=watcher, controls=Controls(urls=()), replayed=True)
    rehearsals, faults = askable.parted(watch_list.watched_rehearsals(now=clock.now()))
    going.faults += faults
    for target in watch_list.targets_of(rehearsals):
        going.targets[target.address.pk] = target
        _start(going, target, LookKey(target.address.pk, clock.now(), Purpose.PLAIN))
    while look.in_flight or going.unread:
        look.give_up_waits()
        watch_answers.take(going, wait_seconds=1.0)
    going.targets.clear()  # a replay by hand follows no plan, so none is written
    while going.looks:
        watch_round.keep(going)
    watch_round.judge_some(going, most=len(going.unjudged))
    return _end(going)


def _keep_and_judge(going: Round) -> None:
    watch_round.keep(going)
    watch_round.judge_some(going)


def _may_end(going: Round, *, ending: bool) -> bool:
    """Tell whether everything is stored or, for a sweep that is told to end, at least outlives the process."""
    return not going.unread and (not (going.looks or going.shelf) or (ending and going.shelf.outlives))


def _see_to_clock(going: Round) -> None:
    """Plan every look anew if the clock was set back: what was planned before would wait for its instant again."""
    before, going.seen_at = going.seen_at, going.clock.now()
    if going.seen_at >= before - SET_BACK:
        return
    logger.error("the clock was set back by %s; every look is planned anew", before - going.seen_at)
    going.claim_at = going.quiet_until = going.try_again_at = going.seen_at
    for target in going.targets.values():
        if target.next_look_at:
            target.last_planned_at = going.seen_at
            target.plan_next(now=going.seen_at)


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
    """Return when the next look falls for which this sweep stays; None if it may end."""
    now = going.clock.now()
    # The end of a sweep tells of its faults; around a due instant nothing is worth losing the plan in memory.
    near_due = any(t.due_at - HORIZON <= now <= t.limit_at + HORIZON for t in going.targets.values())
    horizon = now + (SOON if going.faults and not near_due else HORIZON)
    instants = [t.next_look_at for t in going.targets.values() if t.next_look_at and t.next_look_at <= horizon]
    if watch_claim.is_waiting(going, now=now):
        instants.append(going.claim_at)
    return min(instants, default=None)


def _falls_soon(going: Round) -> bool:
    soon = going.clock.now() + SOON
    return any(target.next_look_at and target.next_look_at <= soon for target in going.targets.values())


def _start_due(going: Round) -> None:
    now = going.clock.now()
    due = [(t.next_look_at, t) for t in going.targets.values() if t.next_look_at and t.next_look_at <= now]
    left_out = 0
    for planned_at, target in sorted(due, key=lambda pair: pair[0]):
        target.last_planned_at = planned_at
        if target.next_decides:
            going.quiet_until = max(going.quiet_until, planned_at + QUIET_AFTER)
        if backlog.stands_for_next(going, target):
            left_out += 1
        else:
            _start_plain(going, target, planned_at=planned_at)
            _start_fresh(going, target, planned_at=planned_at)
        target.plan_next(now=now)
    backlog.count_left_out(going, left_out)


def _start_plain(going: Round, target: Target, *, planned_at: datetime) -> None:
    """Make a plain look, unless the one before it still waits for its turn at the host: that one stands for both.

    A host that is asked for more than its budget allows would otherwise be minutes behind when it matters. A look
    that decides the verdict takes over the turn, so that it counts for its own instant if it still leaves in time.
    """
    key = LookKey(target.address.pk, planned_at, Purpose.PLAIN)
    before = going.newest.get(target.address.pk)
    if before is None or going.flying.get(before) is not target or not going.look.waits(before):
        _start(going, target, key)
    elif target.next_decides:
        going.look.hand_turn(before, _errand(going, target, key))
        going.flying[key] = going.flying.pop(before)
        going.newest[target.address.pk] = key


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
    try:
        errand = _errand(going, target, key)
    except Exception as fault:
        # An address that our own code cannot ask for must not keep the others from being looked at.
        reference = target.address.release.reference
        logger.exception("cannot look at an address of %s", reference, extra={"release": reference})
        going.faults.append(fault)
        return
    going.flying[key] = target
    if key.purpose is Purpose.PLAIN:
        going.newest[key.address] = key
    going.look.start(errand)


def _errand(going: Round, target: Target, key: LookKey) -> Errand:
    address = target.address
    return Errand(
        key=key,
        url=going.look.fetched_address(address.adapter, address.url),
        allowed_hosts=target.allowed_hosts,
        planned_at=key.planned_at,
        fresh=key.purpose is Purpose.FRESH,
        adapter=address.adapter,
        decisive=key.purpose is Purpose.PLAIN and target.decides(key.planned_at),
    )

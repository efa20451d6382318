"""The sweep: looks at every release in the second it is due, keeps what was seen, and judges it."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from releases import coverage, leases, watch_list, watch_round
from releases.answer import NO_ANSWER, Answer
from releases.clock import Clock
from releases.controls import Controls
from releases.errand import Errand
from releases.evidence import Finding, LookResult, Reason
from releases.looker import Looker
from releases.models import Address, Release
from releases.recording import Look
from releases.watch_list import Target
from releases.watch_round import Round
from releases.web_address import NotAWebAddressError, place_of

logger = logging.getLogger(__name__)

# Looks are planned in memory this far ahead, and the plan is compared with the database this often.
HORIZON = timedelta(seconds=10)
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
    :param stop: asked at every step whether to end; then no more looks begin, and those under way are kept first.
    :return: the number of looks kept.
    :raises ExceptionGroup: at the end, if our own code failed on one of the releases; the others were not held up.
    """
    going = Round(clock=clock, look=look, watcher=watcher, controls=Controls(urls=controls), replayed=replayed)
    claim_at = clock.now()
    try:
        while True:
            ending = stop()
            quiet_until = _quiet_until(going, ending=ending)
            if quiet_until is None and clock.now() >= claim_at:
                if not ending:
                    _claim(going)
                claim_at = clock.now() + CLAIM_EVERY
            if not ending:
                _start_due(going)
            upcoming = None if ending else _next_look_at(going)
            wake_at = min(quiet_until or claim_at, upcoming or quiet_until or claim_at)
            wait = timedelta(0) if going.unjudged and quiet_until is None else wake_at - clock.now()
            _take_answers(going, wait_seconds=wait.total_seconds())
            if _quiet_until(going, ending=ending) is None:
                watch_round.keep(going)
                watch_round.judge_some(going)
            if not look.in_flight and not going.unjudged:
                if upcoming is None and not going.looks:
                    return _end(going)
                clock.sleep_until(wake_at)
    finally:
        leases.release_all(watcher)


def look_once(releases: Sequence[Release], *, clock: Clock, look: Looker, watcher: str) -> int:
    """Look once, now, at every address of some rehearsals, and record the looks at the clock's time.

    This is for replaying a past morning by hand; it puts the clock's time into evidence, and says so in each row.

    :param releases: rehearsals alone.
    :return: the number of looks kept.
    :raises ValueError: if one of the releases is no rehearsal.
    """
    if not all(release.rehearsal for release in releases):
        message = "Only rehearsals can be looked at with another time than the real one."
        raise ValueError(message)
    going = Round(clock=clock, look=look, watcher=watcher, controls=Controls(urls=()), replayed=True)
    addresses = [address for release in releases for address in release.addresses.all()]
    for target in watch_list.targets_of(addresses):
        going.targets[target.address.pk] = target
        _start(going, target, planned_at=clock.now())
    while look.in_flight:
        _take_answers(going, wait_seconds=1.0)
    going.targets.clear()  # a replay by hand follows no plan, so none is written
    watch_round.keep(going)
    watch_round.judge_some(going, most=len(going.unjudged))
    return _end(going)


def _end(going: Round) -> int:
    if going.faults:
        message = f"our own code failed on {len(going.faults)} looks or releases"
        raise ExceptionGroup(message, going.faults)
    return going.kept


def _claim(going: Round) -> None:
    """Compare the plan in memory with the database, and take in what falls due within the horizon."""
    now = going.clock.now()
    if not going.replayed:
        # The watcher was not alive in a replayed past, and must not seem to have watched anything real then.
        coverage.mark_alive(going.watcher, at=now)
    watch_list.enrol(now=now)
    _forget_what_changed(going, now=now)
    due = watch_list.falling_due(until=now + HORIZON, now=now, without=list(going.targets))
    due = [address for address in due if address.release.rehearsal or not going.replayed]
    due = [address for address in due if _can_be_asked(going, address)]
    wanted = {place_of(address.url) for address in due} | {t.host for t in going.targets.values()}
    held = leases.claim(wanted, holder=going.watcher, now=now)
    going.held_since = {host: since for host, since in going.held_since.items() if host in held or host not in wanted}
    going.held_since |= {host: now for host in held if host not in going.held_since}
    for key in [key for key, target in going.targets.items() if target.host not in held]:
        del going.targets[key]
    mine = [address for address in due if place_of(address.url) in held]
    for target in watch_list.targets_of(mine):
        target.next_look_at = target.address.watch.next_look_at
        going.targets[target.address.pk] = target


def _can_be_asked(going: Round, address: Address) -> bool:
    try:
        place_of(address.url)
    except NotAWebAddressError as fault:
        # One address that is none must not keep all the others from being looked at.
        logger.error("%s has an address that cannot be looked at: %s", address.release.reference, fault)
        going.faults.append(fault)
        return False
    return True


def _forget_what_changed(going: Round, *, now: datetime) -> None:
    """Drop targets whose release was moved or cancelled, or which were made from what has changed since."""
    still = {
        address.pk: address for address in watch_list.watched_addresses(now=now).filter(pk__in=list(going.targets))
    }
    for key, target in list(going.targets.items()):
        address = still.get(key)
        if address is None or not target.agrees_with(address):
            del going.targets[key]


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
        # A target that was dropped and read again may name a look that is under way already.
        if (target.address.pk, planned_at) not in going.flying:
            _start(going, target, planned_at=planned_at)
        target.plan_next(now=now)


def _start(going: Round, target: Target, *, planned_at: datetime) -> None:
    address = target.address
    try:
        url = going.look.fetched_address(address.adapter, address.url)
    except Exception as fault:
        # An address that our own code cannot ask for must not keep the others from being looked at.
        logger.exception("cannot look at an address of %s", address.release.reference)
        going.faults.append(fault)
        return
    going.flying[(address.pk, planned_at)] = target
    going.look.start(
        Errand(key=(address.pk, planned_at), url=url, allowed_hosts=target.allowed_hosts, planned_at=planned_at)
    )


def _take_answers(going: Round, *, wait_seconds: float) -> None:
    """Take in what was answered; an answer that stayed away waits for the control looks."""
    answers = going.look.poll(max(0.0, wait_seconds)) if going.look.in_flight else []
    for errand, answer in answers:
        if errand.key in going.flying:
            target = going.flying[errand.key]
            if answer.failure in NO_ANSWER:
                going.unanswered.append((target, answer))
                for control in going.controls.errands(now=going.clock.now()):
                    going.look.start(control)
            else:
                _examine(going, target, answer)
        elif going.controls.asked_for(errand):
            going.controls.take(errand.url, answer)
        else:
            logger.warning("an answer came after the sweep that asked for it had failed, and is not kept")
    if going.unanswered and not going.controls.pending:
        for target, answer in going.unanswered:
            _examine(going, target, answer)
        going.unanswered.clear()


def _examine(going: Round, target: Target, answer: Answer) -> None:
    expectation = target.expectation(controls_fail=going.controls.fail)
    try:
        finding = going.look.examine(target.address.adapter, answer, expectation)
    except Exception as fault:
        # A fault of our own on one page must neither stop the others nor count for or against the release.
        logger.exception("cannot examine a look at %s", target.address.release.reference)
        going.faults.append(fault)
        finding = Finding(result=LookResult.OBSERVER_FAULT, reasons=(Reason.OUR_ERROR,), text_digest="", title="")
    before_due = answer.completed_at < target.due_at
    if before_due and finding.text_digest and finding.result is not LookResult.LIVE:
        target.texts_not_live.add(finding.text_digest)
    del going.flying[(target.address.pk, answer.planned_at)]
    going.looks.append(
        Look(address=target.address, schedule_version=target.schedule_version, answer=answer, finding=finding)
    )

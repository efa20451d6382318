"""The sweep: looks at every release in the second it is due, keeps what was seen, and judges it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from releases import coverage, judging, leases, recording, vouching, watch_list
from releases.answer import NO_ANSWER, Answer
from releases.clock import Clock
from releases.controls import Controls
from releases.errand import Errand
from releases.evidence import Finding, LookResult, Reason
from releases.leases import LONG_AGO
from releases.looker import Looker
from releases.models import Address, Release, Watch
from releases.recording import Look
from releases.watch_list import Target
from releases.web_address import place_of

logger = logging.getLogger(__name__)

# Looks are planned in memory this far ahead, and the plan is compared with the database this often.
HORIZON = timedelta(seconds=10)
CLAIM_EVERY = timedelta(seconds=2)


@dataclass(slots=True)
class Round:
    """One sweep at work: what it watches in memory, and what it has not stored yet."""

    clock: Clock
    look: Looker
    watcher: str
    controls: Controls
    replayed: bool = False
    targets: dict[int, Target] = field(default_factory=dict)
    flying: dict[tuple[int, datetime], Target] = field(default_factory=dict)
    unanswered: list[tuple[Target, Answer]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    kept: int = 0
    held_since: dict[str, datetime] = field(default_factory=dict)


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
            if clock.now() >= claim_at:
                if not ending:
                    _claim(going)
                claim_at = clock.now() + CLAIM_EVERY
            if not ending:
                _start_due(going)
            upcoming = None if ending else _next_look_at(going)
            wake_at = min(claim_at, upcoming or claim_at)
            _take_answers(going, wait_seconds=(wake_at - clock.now()).total_seconds())
            _keep_judge_and_go_on(going)
            if not look.in_flight:
                if upcoming is None:
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
    _keep_and_judge(going)
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


def _forget_what_changed(going: Round, *, now: datetime) -> None:
    """Drop targets whose release was moved or cancelled, or which were made from what has changed since."""
    still = {
        address.pk: address for address in watch_list.watched_addresses(now=now).filter(pk__in=list(going.targets))
    }
    for key, target in list(going.targets.items()):
        address = still.get(key)
        if address is None or not target.agrees_with(address):
            del going.targets[key]


def _next_look_at(going: Round) -> datetime | None:
    horizon = going.clock.now() + HORIZON
    instants = [t.next_look_at for t in going.targets.values() if t.next_look_at and t.next_look_at <= horizon]
    return min(instants, default=None)


def _start_due(going: Round) -> None:
    now = going.clock.now()
    due = [(t.next_look_at, t) for t in going.targets.values() if t.next_look_at and t.next_look_at <= now]
    for planned_at, target in sorted(due, key=lambda pair: pair[0]):
        target.last_planned_at = planned_at
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


def _keep_and_judge(going: Round) -> frozenset[int]:
    """Store what was seen and judge the releases that it may change; gives the addresses that need no more looks."""
    now = going.clock.now()
    looks, going.looks = going.looks, []
    kept = recording.keep(looks, watcher=going.watcher, at=now, replayed=going.replayed)
    going.kept += len(looks)
    # A look for a schedule that was changed or cancelled meanwhile is kept and never judged.
    standing = {row.release_id for row in kept if not row.superseded}
    releases = {look.address.release_id: look.address.release for look in looks if _may_change(look, now=now)}
    releases = {key: release for key, release in releases.items() if key in standing}
    answered_until = _answered_until(going, now=now)
    finished: set[int] = set()
    for release in releases.values():
        try:
            finished |= judging.judge(release, now=now, answered_until=answered_until).seen_live_since_due
        except Exception as fault:
            logger.exception("cannot judge %s", release.reference)
            going.faults.append(fault)
    return frozenset(finished)


def _keep_judge_and_go_on(going: Round) -> None:
    """Store and judge what was seen, and write down in the same step when each address is looked at next."""
    if not going.looks:
        return
    seen = {look.address.pk for look in going.looks} & going.targets.keys()
    finished = _keep_and_judge(going) & going.targets.keys()
    for key in finished:
        going.targets[key].next_look_at = None
    Watch.objects.bulk_update([going.targets[key].as_watch() for key in sorted(seen)], ["next_look_at"], batch_size=500)
    for key in finished:
        del going.targets[key]


def _may_change(look: Look, *, now: datetime) -> bool:
    due_at = look.address.release.due_at
    return look.finding.result is LookResult.LIVE or (due_at is not None and now >= due_at)


def _answered_until(going: Round, *, now: datetime) -> Callable[[Address], datetime]:
    """Return a function that says of an address up to when every look planned at it is over."""
    planned = [*going.flying, *((key, target.next_look_at) for key, target in going.targets.items())]
    earliest: dict[int, datetime] = {}
    for key, at in planned:
        if at is not None:
            earliest[key] = min(at, earliest.get(key, at))

    def answered_until(address: Address) -> datetime:
        # Nobody else replays this past, so there is nothing of others to wait for.
        held_since = LONG_AGO if going.replayed else going.held_since.get(place_of(address.url))
        return vouching.answered_until(unanswered=earliest.get(address.pk), held_since=held_since, now=now)

    return answered_until

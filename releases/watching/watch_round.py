"""One sweep at work: what it watches, and how what it saw is stored and judged in small steps."""

import logging
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from releases.core.judging.evidence import LookResult
from releases.core.judging.looker import Looker
from releases.core.looks import vouching
from releases.core.looks.answer import Answer
from releases.core.looks.controls import Controls
from releases.core.looks.errand import Errand
from releases.core.web_address import place_if_any
from releases.models import Address, NotFoundPage, Observation, Release
from releases.models.observation import Purpose
from releases.record import recording
from releases.record.leases import LONG_AGO
from releases.record.recording import Look
from releases.verdicts import judging
from releases.verdicts.judging import Judged
from releases.watching import watch_list
from releases.watching.clock import Clock
from releases.watching.unstored import Shelf
from releases.watching.watch_list import Target

logger = logging.getLogger(__name__)

# Judging takes about a millisecond for each release; no look may wait for a thousand of them.
JUDGED_AT_A_TIME = 100
KEPT_AT_A_TIME = 500

# What a clock may be off by, unless the operator says otherwise, so that its looks can still accuse somebody.
LARGEST_ERROR = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class LookKey:
    """Names one look under way: at which address, planned for which aware instant, made for what."""

    address: int
    planned_at: datetime
    purpose: Purpose


@dataclass(slots=True)
class Round:
    """One sweep at work: what it watches in memory, and what it has not stored yet."""

    clock: Clock
    look: Looker
    watcher: str
    controls: Controls
    replayed: bool = False
    unstored: Path | None = None
    clock_largest_error: timedelta = LARGEST_ERROR
    targets: dict[int, Target] = field(default_factory=dict)
    flying: dict[LookKey, Target] = field(default_factory=dict)
    newest: dict[int, LookKey] = field(default_factory=dict)
    answered: deque[tuple[LookKey, Answer]] = field(default_factory=deque)
    unanswered: list[tuple[LookKey, Answer]] = field(default_factory=list)
    examining: dict[LookKey, Answer] = field(default_factory=dict)
    not_found_reading: dict[Hashable, tuple[Errand, Answer]] = field(default_factory=dict)
    not_found_asked: dict[Hashable, str] = field(default_factory=dict)
    not_found_known: dict[str, NotFoundPage | None] = field(default_factory=dict)
    not_found_unstored: list[NotFoundPage] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    shelf: Shelf = field(init=False)
    away_since: datetime | None = None
    try_again_at: datetime = LONG_AGO
    claim_at: datetime = LONG_AGO
    others_awaited_since: datetime | None = None
    seen_at: datetime = LONG_AGO
    unjudged: dict[int, Release] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    kept: int = 0
    left_out: int = 0
    held_since: dict[str, datetime] = field(default_factory=dict)
    quiet_until: datetime = LONG_AGO

    def __post_init__(self) -> None:
        """Begin with a shelf on which nothing waits."""
        self.shelf = Shelf(self.unstored, watcher=self.watcher, replayed=self.replayed)

    @property
    def unread(self) -> int:
        """How many answers wait to be examined, or are under examination."""
        return len(self.answered) + len(self.examining) + len(self.not_found_reading)

    def is_decided_by(self, at: datetime) -> bool:
        """Tell whether a look that decides a verdict falls due by an aware instant."""
        return any(t.next_decides and t.next_look_at and t.next_look_at <= at for t in self.targets.values())


def keep(going: Round) -> None:
    """Store the oldest of what was seen, and when each address is looked at next; note which releases it may change.

    What one call leaves is for the next: neither may a look that falls due wait for thousands of rows, nor take they
    more memory at once than the looks themselves.
    """
    now = going.clock.now()
    if going.shelf:
        take_in(going, going.shelf.store(at=now))
    for page in going.not_found_unstored:
        page.save()
    going.not_found_unstored.clear()
    looks = going.looks[:KEPT_AT_A_TIME]
    if not looks:
        return
    # They stay in memory until they are stored: the database may be away just now.
    kept = recording.keep(looks, watcher=going.watcher, at=now, replayed=going.replayed)
    del going.looks[: len(looks)]
    going.kept += len(looks)
    # A look for a schedule that was changed or cancelled meanwhile is kept and never judged.
    standing = {row.release_id for row in kept if not row.superseded}
    changed = (look.address.release for look in looks if _may_change(going, look, now=now))
    going.unjudged |= {release.pk: release for release in changed if release.pk in standing}
    _write_next_looks(going, {look.address.pk for look in looks})


def take_in(going: Round, rows: Sequence[Observation]) -> None:
    """Go on with looks that were stored late, by this watcher or for one that has died: their releases are judged.

    :param rows: looks as they are stored, with their addresses and releases.
    """
    going.kept += len(rows)
    plain = [row for row in rows if not row.superseded and row.purpose == Purpose.PLAIN]
    going.unjudged |= {row.release_id: row.address.release for row in plain if row.address.release.due_at is not None}
    _write_next_looks(going, {row.address_id for row in rows})
    made_up_to: dict[int, datetime] = {}
    for row in plain:
        if row.address_id not in going.targets:
            made_up_to[row.address_id] = max(row.planned_at, made_up_to.get(row.address_id, row.planned_at))
    watch_list.look_anew(made_up_to, now=going.clock.now())


def judge_some(going: Round, *, most: int = JUDGED_AT_A_TIME) -> None:
    """Judge releases that wait for it, the longest waiting first, and look less often where something was seen.

    :param most: how many releases at most.
    """
    if not going.unjudged:
        return
    now = going.clock.now()
    answered_until = _answered_until(going, now=now)
    waiting = [going.unjudged.pop(key) for key in list(going.unjudged)[:most]]
    session = judging.judge_all(waiting, now=now, answered_until=answered_until)
    for release, fault in session.faults:
        logger.error("cannot judge %s", release.reference, exc_info=fault, extra={"release": release.reference})
        going.faults.append(fault)
    planned_anew = {key for judged in session.judged for key in _plan_anew(going, judged, now=now)}
    _write_next_looks(going, planned_anew)
    for key in planned_anew:
        if going.targets[key].next_look_at is None:
            del going.targets[key]


def _plan_anew(going: Round, judged: Judged, *, now: datetime) -> Iterator[int]:
    """Look less often from when an address was seen live, and closely again if it was not live after all."""
    for kept in judged.verification.addresses:
        target, live_since = going.targets.get(kept["address"]), judged.live_since.get(kept["address"])
        if target is None or target.schedule_version != judged.verification.schedule_version:
            continue
        if target.live_since != live_since:
            target.live_since = live_since
            target.plan_next(now=now)
            yield kept["address"]


def _write_next_looks(going: Round, keys: set[int]) -> None:
    watch_list.write([going.targets[key] for key in sorted(keys & going.targets.keys())])


def _may_change(going: Round, look: Look, *, now: datetime) -> bool:
    # Up to the limit nothing but a live page changes a verdict, and one that is gone again what is told beside it.
    # What was asked past the caches never changes a verdict by itself.
    if look.purpose is not Purpose.PLAIN:
        return False
    target = going.targets.get(look.address.pk)
    was_live = target is not None and target.live_since is not None
    return was_live or look.finding.result is LookResult.LIVE or now >= look.address.release.limit_at


def _answered_until(going: Round, *, now: datetime) -> Callable[[Address], datetime]:
    """Return a function that says of an address up to when every look planned at it is over."""
    flying = ((key.address, key.planned_at) for key in going.flying if key.purpose is Purpose.PLAIN)
    earliest: dict[int, datetime] = {}
    for key, at in (*flying, *((key, target.next_look_at) for key, target in going.targets.items())):
        if at is not None:
            earliest[key] = min(at, earliest.get(key, at))

    def answered_until(address: Address) -> datetime:
        # Nobody else replays this past, so there is nothing of others to wait for.
        # At an address that is none nobody looks; the page beside it is judged all the same.
        held_since = LONG_AGO if going.replayed else going.held_since.get(place_if_any(address.url))
        return vouching.answered_until(unanswered=earliest.get(address.pk), held_since=held_since, now=now)

    return answered_until

"""From the checks of one address to the verdict on it: when it was published, and whether it was taken away again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from releases.detection.finding import LookResult
from releases.rules.cadence import CONFIRMING, LONGEST_GAP_AFTER_LIMIT


@dataclass(frozen=True, slots=True)
class Flip:
    """A stretch in which an address that had been seen live was not: what was seen, and no finding.

    It was not live at `looks` looks from `gone_at` to `last_gone_at`, and live again at `back_at`, which is None
    while it is not.
    """

    gone_at: datetime
    last_gone_at: datetime
    looks: int
    back_at: datetime | None


@dataclass(frozen=True, slots=True)
class Away:
    """What is kept of a flip: the first look that did not see the address, and the one that saw it again, if any."""

    gone_at: datetime
    back_at: datetime | None


def flips_after(first: "Sighting | None", looks: "Iterable[Sighting]") -> tuple[Flip, ...]:
    """Return the stretches after the first live look in which the address was surely not live any more.

    Looks that showed neither are passed over. A look that was under way while another showed the opposite proves
    nothing, and neither does one by a clock that may have been off by as much as lies between them.

    :param first: the look that first showed the release, or None where none did.
    :param looks: all looks at the address, in the order in which they were sent.
    """
    if first is None:
        return ()
    flips: list[Flip] = []
    live_until, gone_until = first.surely_by, None
    for look in looks:
        if look.result is LookResult.NOT_LIVE and gone_until and flips[-1].back_at is None:
            flips[-1] = replace(flips[-1], last_gone_at=look.sent_at, looks=flips[-1].looks + 1)
            gone_until = max(gone_until, look.surely_by)
        elif look.result is LookResult.NOT_LIVE and look.surely_from > live_until:
            flips.append(Flip(gone_at=look.sent_at, last_gone_at=look.sent_at, looks=1, back_at=None))
            gone_until = look.surely_by
        elif look.result is LookResult.LIVE:
            live_until = max(live_until, look.surely_by)
            if gone_until and look.surely_from > gone_until and flips[-1].back_at is None:
                flips[-1] = replace(flips[-1], back_at=look.completed_at)
    return tuple(flips)


def early_looks(sightings: "Iterable[Sighting]", *, due_at: datetime) -> "list[Sighting]":
    """Return the looks that prove that an address was live before it was due, in the order in which they were sent.

    :param sightings: every look at the address under one schedule, in any order.
    :param due_at: aware instant at which the release is due.
    """
    confirmed = {look for look in sightings if look.clock_confirmed}
    looks = sorted(confirmed, key=lambda look: (look.sent_at, look.completed_at, look.result))
    absent = [look for look in without_taken_away(looks, due_at=due_at) if look.result is LookResult.NOT_LIVE]
    proven, _ = split_checks([look for look in looks if look.result is LookResult.LIVE], absent, due_at=due_at)
    return [look for look in proven if look.surely_before(due_at)]


def split_checks(
    shown: "list[Sighting]", absent: "list[Sighting]", *, due_at: datetime
) -> "tuple[list[Sighting], list[Sighting]]":
    """Part the looks that showed the release into those that prove something and those that do not.

    Where the marker matched already before the first look that did not find it, it matches the last edition, and that
    may be edited before the release is due.

    :param shown: in the order in which they were sent, as `absent`, the looks that did not find it.
    """
    if not absent:
        return [], shown
    since = absent[0].sent_at
    all_along = {look.text_digest for look in shown if look.sent_at <= since} - {""}
    if all_along:
        all_along |= {look.text_digest for look in shown if look.surely_before(due_at)} - {""}
    proven: list[Sighting] = []
    unproven: list[Sighting] = []
    for look in shown:
        (proven if look.sent_at > since and look.text_digest not in all_along else unproven).append(look)
    return proven, unproven


def without_taken_away(looks: "list[Sighting]", *, due_at: datetime) -> "list[Sighting]":
    """Leave out the looks since due that saw that the page had been there, unless it was taken away before that."""
    if any(look.taken_away and look.surely_before(due_at) for look in looks):
        return looks
    return [look for look in looks if not look.taken_away or look.result is not LookResult.NOT_LIVE]


RULES_VERSION = 1
"""The version of the rules from the checks to a verdict. Increase it with every change that can alter a stored verdict.

`verify_evidence` computes again what was judged by the present version, and no other.
"""

PLANNED_TOLERANCE = timedelta(seconds=0.5)
"""A look sent this close to its planned instant, the clock's error included, is excused as made at that instant."""


class Outcome(StrEnum):
    """What can be said about one address, or about a release as a whole."""

    PENDING = "pending"
    ON_TIME = "on_time"
    EARLY = "early"
    LATE = "late"
    NOT_SEEN = "not_seen"
    PARTIAL = "partial"
    UNCERTAIN = "uncertain"
    CANNOT_TELL = "cannot_tell"


SUSPICIOUS = frozenset({Outcome.EARLY, Outcome.LATE, Outcome.NOT_SEEN, Outcome.PARTIAL})
ASKS_A_PERSON = frozenset({Outcome.UNCERTAIN, Outcome.CANNOT_TELL})


class BeforeDue(StrEnum):
    """What the looks completed before the due instant show of an early publication."""

    EARLY = "early"
    SEEN_ONCE = "seen_once"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look as the judging needs it: what it showed, its three instants (aware), and how far they may be off.

    Where nothing confirmed the clock, `clock_confirmed` is false: nobody knows when the look was made.
    `text_digest` names the text that it saw; empty where there was none, or where a person said what the text is.
    `taken_away`: what it saw in place of the release tells that it had been there.
    """

    result: LookResult
    planned_at: datetime
    sent_at: datetime
    completed_at: datetime
    clock_bound: timedelta = timedelta(0)
    text_digest: str = ""
    taken_away: bool = False
    clock_confirmed: bool = True

    @property
    def instant(self) -> datetime:
        """The instant for which a look counts: the planned one if it was sent close to it, else the sent one."""
        close = abs(self.sent_at - self.planned_at) <= PLANNED_TOLERANCE
        return self.planned_at if close else self.sent_at

    @property
    def surely_as_planned(self) -> bool:
        """Whether it was sent close to its planned instant by any clock within the bound."""
        return abs(self.sent_at - self.planned_at) + self.clock_bound <= PLANNED_TOLERANCE

    @property
    def at_the_latest(self) -> datetime:
        """The last instant at which it may have been sent; half a second after the planned one is excused."""
        return self.planned_at if self.surely_as_planned else self.sent_at + self.clock_bound

    def surely_before(self, due_at: datetime) -> bool:
        """Whether it was made and answered before an instant by any clock within the bound.

        A look still under way at the due instant may have seen a page that went live in time, so it must not count as
        early; and what it saw was there by its completion, so it must not be lost either.
        """
        return self.instant < due_at and self.surely_by < due_at

    @property
    def surely_from(self) -> datetime:
        """The first instant at which it can have been sent: the clock may have been ahead by all of its bound."""
        return self.sent_at - self.clock_bound

    @property
    def surely_by(self) -> datetime:
        """The last instant at which it can have been answered: the clock may have been behind by all of its bound."""
        return self.completed_at + self.clock_bound


@dataclass(frozen=True, slots=True)
class Interval:
    """A delay in seconds after the due instant, negative before it; `to_seconds` is None while it still grows."""

    from_seconds: float
    to_seconds: float | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch between two aware instants in which no check showed that the release was missing."""

    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AddressVerdict:
    """What the looks at one address show.

    Publication lies after `last_not_live_at` and at or before `first_live_at`. Where the address was seen live
    before it was due and once more after it was due, these two belong to the side that gave the outcome; what
    was seen before due stays in `live_before_due_at`. Instants are those of our clock; the delay is widened by
    `clock_bound`, the larger bound of the two looks that it lies between. `gone_again_at` is the first look after
    it was seen live that did not see it, and `flips` are all that was seen of this; `away` is what is kept of them.
    `gaps` are the stretches up to the limit that were not monitored: while there is one, nothing is late.
    """

    outcome: Outcome
    before: BeforeDue
    from_due: Outcome
    last_not_live_at: datetime | None
    first_live_at: datetime | None
    live_before_due_at: datetime | None
    gone_again_at: datetime | None
    delay: Interval | None
    clock_bound: timedelta = timedelta(0)
    flips: tuple[Flip, ...] = ()
    away: tuple[Away, ...] = ()
    gaps: tuple[Gap, ...] = ()


def judge_address(
    sightings: Iterable[Sighting], *, due_at: datetime, limit_at: datetime, longest_gap: timedelta, settled: bool
) -> AddressVerdict:
    """Judge one address from every look at it under one schedule, in whatever order they arrived.

    A look that showed the release proves something only after one that was sent earlier and did not: until then
    the marker may have matched all along, and in a text that was shown before then it did. Looks that showed
    neither never change the outcome. A page that was taken away since it was due had been there, perhaps in time, so
    that makes nothing late. Neither does a page that may have been live for a while when nobody checked it: from the
    due instant on, check must follow check. What accuses holds even if the clock was off by the whole bound of each
    look. By a clock that nothing confirmed nothing is early, on time, late or missing: what was seen live by it leaves
    the outcome uncertain.

    :param due_at: aware instant at which the release is due.
    :param limit_at: due instant plus tolerance; a look is planned at exactly this instant.
    :param longest_gap: a longer stretch without a check that found the release missing was not monitored.
    :param settled: every look planned up to the limit has been answered or has timed out.
    :raises ValueError: if the limit lies before the due instant.
    """
    if limit_at < due_at:
        message = f"The limit ({limit_at.isoformat()}) lies before the due instant ({due_at.isoformat()})."
        raise ValueError(message)
    every_look = sorted(set(sightings), key=lambda look: (look.sent_at, look.completed_at, look.result))
    looks = [look for look in every_look if look.clock_confirmed]
    telling = without_taken_away(looks, due_at=due_at)
    absent = [look for look in telling if look.result is LookResult.NOT_LIVE]
    shown = [look for look in looks if look.result is LookResult.LIVE]
    proven, unproven = split_checks(shown, absent, due_at=due_at)
    early = [look for look in proven if look.surely_before(due_at)]
    in_force = [look for look in proven if not look.surely_before(due_at)]

    undated = _undated(every_look, until=_first(in_force).completed_at if in_force else None)

    before = (BeforeDue.NOTHING, BeforeDue.SEEN_ONCE, BeforeDue.EARLY)[min(len(early), 2)]
    if not early and any(look.completed_at < due_at for look in undated):
        before = BeforeDue.SEEN_ONCE
    doubtful = bool(undated) or any(not look.surely_before(due_at) for look in unproven)
    earlier = _earlier(_first(in_force), telling) if in_force else absent
    in_time = any(_since(look, due_at) and look.at_the_latest <= limit_at for look in in_force)
    gaps = () if in_time else _find_gaps(earlier, due_at=due_at, limit_at=limit_at, longest=longest_gap)
    from_due = (
        Outcome.ON_TIME
        if in_time
        else _not_in_time(in_force, earlier, limit_at=limit_at, doubtful=doubtful or bool(gaps), settled=settled)
    )
    if from_due is Outcome.CANNOT_TELL and undated:
        from_due = Outcome.UNCERTAIN
    outcome = _combine(before, from_due, settled=settled)
    first = _first_live(outcome, early, in_force)
    missing = _earlier(first, telling) if first else absent
    last_absent = missing[-1] if missing else None
    flips = flips_after(first, looks)
    return AddressVerdict(
        outcome=outcome,
        before=before,
        from_due=from_due,
        last_not_live_at=last_absent.sent_at if last_absent else None,
        first_live_at=first.completed_at if first else None,
        live_before_due_at=_first(early).completed_at if early else None,
        gone_again_at=flips[0].gone_at if flips else None,
        delay=_delay(outcome, last_absent, first, due_at, gaps=gaps),
        clock_bound=max((look.clock_bound for look in (last_absent, first) if look), default=timedelta(0)),
        flips=flips,
        away=tuple(Away(flip.gone_at, flip.back_at) for flip in flips),
        gaps=gaps if settled else (),
    )


def _undated(looks: list[Sighting], *, until: datetime | None) -> list[Sighting]:
    """Return the looks that saw the release by a clock that nothing confirmed: who knows whether that was in time.

    :param until: what was sent from this instant on, when it was known to be there, does not matter; None: all does.
    """
    live = (look for look in looks if not look.clock_confirmed and look.result is LookResult.LIVE)
    return [look for look in live if until is None or look.sent_at < until]


def settles_at(sightings: Sequence[Sighting], *, limit_at: datetime) -> datetime:
    """Name the instant up to which every planned look must have been answered before an address is settled.

    That is the limit; where the clock of the last look may be off, it is the first planned look that is surely at
    or after the limit all the same: the one a second later, or with a worse clock one of those that follow.
    """
    last = max(sightings, key=lambda look: look.sent_at, default=None)
    if last is None or not last.clock_bound:
        return limit_at
    if last.clock_bound <= CONFIRMING:
        return limit_at + CONFIRMING
    return limit_at + last.clock_bound + LONGEST_GAP_AFTER_LIMIT


def occurred_at(outcome: Outcome, *, due_at: datetime, first_live_at: datetime | None) -> datetime | None:
    """Name the instant at which a suspected breach occurred, or None where nothing is suspected.

    An early release occurred when it was first seen live; one that was late, not seen or partial occurred when
    it was due.
    """
    if outcome is Outcome.EARLY:
        return first_live_at
    return due_at if outcome in SUSPICIOUS else None


def _since(look: Sighting, due_at: datetime) -> bool:
    # By a clock that may be far off, a look about the due instant was perhaps made before it: it excuses nothing.
    as_planned = look.surely_as_planned and look.planned_at >= due_at
    return as_planned or look.completed_at - look.clock_bound >= due_at


def _find_gaps(
    absent: Sequence[Sighting], *, due_at: datetime, limit_at: datetime, longest: timedelta
) -> tuple[Gap, ...]:
    """Find the stretches, from the due instant to the first check at or after the limit, that were not monitored.

    Each check counts for the least favourable instant that its clock allows: late where it ends a stretch, early where
    it begins one.

    :param absent: the checks that found the release missing, before the first that found it, in order of sending.
    """
    gaps: list[Gap] = []
    begins_at = due_at
    for check in absent:
        if check.instant < due_at:
            continue
        if check.at_the_latest - begins_at > longest:
            gaps.append(Gap(begins_at, check.sent_at))
        if check.surely_from >= limit_at:
            return tuple(gaps)
        begins_at = max(begins_at, check.surely_from)
    # Nothing found it missing at or after the limit: what follows the last check is not known either.
    return (*gaps, Gap(begins_at, limit_at)) if limit_at - begins_at > longest else tuple(gaps)


def _not_in_time(
    live: list[Sighting], absent: list[Sighting], *, limit_at: datetime, doubtful: bool, settled: bool
) -> Outcome:
    # `absent` are the looks that did not see the release before the first that did.
    if not settled:
        return Outcome.PENDING
    after_limit = any(look.surely_from >= limit_at for look in absent)
    # Where the first thing seen from due on was an unproven live page, it may have been the release itself:
    # a page that is missing only later must not turn that into a late release.
    # So may one that was seen by another watcher's clock, and may by that have been in time.
    accusing = after_limit and not doubtful and all(look.surely_from > limit_at for look in live)
    if live:
        return Outcome.LATE if accusing else Outcome.UNCERTAIN
    return Outcome.NOT_SEEN if accusing else Outcome.CANNOT_TELL


def _combine(before: BeforeDue, from_due: Outcome, *, settled: bool) -> Outcome:
    if before is BeforeDue.EARLY:
        return Outcome.EARLY
    if before is BeforeDue.SEEN_ONCE and from_due is Outcome.ON_TIME:
        return Outcome.UNCERTAIN if settled else Outcome.PENDING
    return from_due


def _first_live(outcome: Outcome, early: list[Sighting], in_force: list[Sighting]) -> Sighting | None:
    if outcome is Outcome.NOT_SEEN:
        return None
    if early and (outcome is not Outcome.LATE):
        return _first(early)
    return _first(in_force) if in_force else None


def _first(live: list[Sighting]) -> Sighting:
    # The first that was answered: one sent before it that took longer may have seen what was published meanwhile.
    return min(live, key=lambda look: (look.surely_by, look.sent_at))


def _earlier(first: Sighting, looks: list[Sighting]) -> list[Sighting]:
    """Return the looks, in the order in which they were sent, that did not see the release before one that did.

    Of two requests that were under way at once nobody can tell which was answered from the older page. That the one
    sent earlier was, is believed only if the page was there at every look that followed until both were over, and
    at the next: else it may have gone away.
    """
    earlier = [look for look in looks if look.result is LookResult.NOT_LIVE and look.sent_at < first.sent_at]
    overlapping = [look for look in earlier if look.completed_at > first.sent_at]
    if not overlapping:
        return earlier
    over = max(look.completed_at for look in overlapping)
    for look in (look for look in looks if look.sent_at >= first.completed_at):
        if look.result is LookResult.NOT_LIVE:
            break
        if look.result is LookResult.LIVE and look.sent_at >= over:
            return earlier
    return [look for look in earlier if look not in overlapping]


def _delay(
    outcome: Outcome, last_absent: Sighting | None, first: Sighting | None, due_at: datetime, *, gaps: Sequence[Gap]
) -> Interval | None:
    if last_absent is None or (first is None and outcome is not Outcome.NOT_SEEN):
        return None
    # It may have been published in a gap, and taken down before the next check.
    since = gaps[0].begins_at if gaps and outcome is Outcome.UNCERTAIN else last_absent.surely_from
    from_seconds = (min(since, last_absent.surely_from) - due_at).total_seconds()
    return Interval(from_seconds, (first.surely_by - due_at).total_seconds() if first else None)

"""Rules that derive the verdict on an address from its checks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from releases.detection.finding import CheckOutcome
from releases.rules.cadence import CONFIRMING, LONGEST_GAP_AFTER_LIMIT

RULES_VERSION = 2
"""The version of the rules that turn checks into a verdict. Increase it with every change that can alter a verdict.

`verify_evidence` recomputes a stored verdict only if it has the present version.
"""

PLANNED_TOLERANCE = timedelta(seconds=0.5)
"""If a check is sent within this time of its planned instant, the check counts as made at the planned instant.

`Sighting.surely_as_planned` is stricter, because it also allows for the error of the clock.
"""


class Outcome(StrEnum):
    """The result of one address, or of a release as a whole."""

    PENDING = "pending"
    ON_TIME = "on_time"
    EARLY = "early"
    LATE = "late"
    NOT_SEEN = "not_seen"
    PARTIAL = "partial"
    UNCERTAIN = "uncertain"
    CANNOT_TELL = "cannot_tell"


SUSPICIOUS = frozenset({Outcome.EARLY, Outcome.LATE, Outcome.NOT_SEEN, Outcome.PARTIAL})
NEEDS_CHECKING = frozenset({Outcome.UNCERTAIN, Outcome.CANNOT_TELL})
LIVE_AT_LAST = frozenset({Outcome.ON_TIME, Outcome.LATE, Outcome.UNCERTAIN})


class BeforeDue(StrEnum):
    """The evidence of early publication in the checks that were completed before the due instant."""

    EARLY = "early"
    SEEN_ONCE = "seen_once"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One check, with the data that is needed to judge it.

    The three instants are aware. `sent_at` and `completed_at` may be wrong by up to `clock_bound`. If nothing confirmed
    the clock, `clock_confirmed` is false, and the time of the check is not known.

    `text_digest` identifies the text that the check received. It is empty if the check received no text, or if a person
    identified the text. `taken_away` is true if the response shows that the release was there and has been removed.
    """

    result: CheckOutcome
    planned_at: datetime
    sent_at: datetime
    completed_at: datetime
    clock_bound: timedelta = timedelta(0)
    text_digest: str = ""
    taken_away: bool = False
    clock_confirmed: bool = True

    @property
    def instant(self) -> datetime:
        """The instant at which the check counts as made.

        This is `planned_at` if the check was sent close to the planned instant, and `sent_at` otherwise.
        """
        close = abs(self.sent_at - self.planned_at) <= PLANNED_TOLERANCE
        return self.planned_at if close else self.sent_at

    @property
    def surely_as_planned(self) -> bool:
        return abs(self.sent_at - self.planned_at) + self.clock_bound <= PLANNED_TOLERANCE

    @property
    def at_the_earliest(self) -> datetime:
        """The earliest instant at which the check may have been sent. A delay of up to half a second is ignored."""
        return self.planned_at if self.surely_as_planned else self.surely_from

    @property
    def at_the_latest(self) -> datetime:
        """The latest instant at which the check may have been sent. A delay of up to half a second is ignored."""
        return self.planned_at if self.surely_as_planned else self.sent_at + self.clock_bound

    def surely_before(self, due_at: datetime) -> bool:
        """Whether the check was certainly sent and completed before an instant, given the error bound of the clock.

        If a check was still open at the due instant, the page may have gone live in time, before the check was
        completed. So the check does not prove an early release. But the page was there when the check was completed, so
        the check counts as made since the due instant.
        """
        return self.instant < due_at and self.surely_by < due_at

    @property
    def surely_from(self) -> datetime:
        """The earliest instant at which the check can have been sent, given the error bound of the clock."""
        return self.sent_at - self.clock_bound

    @property
    def surely_by(self) -> datetime:
        """The latest instant at which the check can have been completed, given the error bound of the clock."""
        return self.completed_at + self.clock_bound


_COUNTS_AS = {
    # The answer "something else" closes the question but does not change the result. The text may be a bot challenge
    # that is shown instead of the release, and a bot challenge must not make the release late.
    "previous_edition": CheckOutcome.NOT_LIVE,
    "this_is_it": CheckOutcome.LIVE,
}


def last_statements(statements: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a dict that maps the digest of each text to the kind of the last statement about the text.

    :param statements: pairs of a digest and a kind (`releases.models.Statement.Kind`), in the order in which the
        statements were made.
    """
    return {digest: kind for digest, kind in statements if digest}


def count_result(result: str, statement: str | None, *, clock_off: bool = False) -> CheckOutcome:
    """Return the result that counts for a check.

    This can differ from the result of the check itself if a person identified the text, or if our clock was wrong.

    :param result: the result of the check itself.
    :param statement: the kind of the last statement about exactly the text that the check received, if any.
    :param clock_off: whether our clock was known to be wrong. If so, the time of the check is not known, and the result
        is OBSERVER_FAULT.
    """
    if clock_off:
        return CheckOutcome.OBSERVER_FAULT
    return _COUNTS_AS.get(statement or "") or CheckOutcome(result)


def is_corrected(statement: str | None) -> bool:
    """Return whether the result of a check is decided by a person's statement instead of the check itself."""
    return (statement or "") in _COUNTS_AS


def sighting_of(
    result: str,
    statement: str | None,
    *,
    planned_at: datetime,
    sent_at: datetime,
    completed_at: datetime,
    text_digest: str,
    clock_off: bool,
    bound_seconds: float | None,
    taken_away: bool,
) -> Sighting:
    """Return a stored check with corrections applied.

    Verdicts and the descriptions of checks in breach reports use these corrected checks.

    :param statement: the kind of the last statement about exactly the text that the check received, if any.
    :param text_digest: the digest of the text that the check received. It is ignored if a person identified the text.
    :param bound_seconds: how far our clock may have been off; None if nothing confirmed it.
    """
    corrected = is_corrected(statement)
    return Sighting(
        result=count_result(result, statement, clock_off=clock_off),
        planned_at=planned_at,
        sent_at=sent_at,
        completed_at=completed_at,
        clock_bound=timedelta(seconds=bound_seconds or 0.0),
        clock_confirmed=bound_seconds is not None,
        text_digest="" if corrected else text_digest,
        taken_away=taken_away and not corrected,
    )


@dataclass(frozen=True, slots=True)
class Interval:
    """The lower and the upper bound of a delay, in seconds after the due instant.

    A bound before the due instant is negative. `to_seconds` is None while the delay is still growing.
    """

    from_seconds: float
    to_seconds: float | None


@dataclass(frozen=True, slots=True)
class Gap:
    """An unmonitored period. No check within the period found that the release was missing.

    Both instants are aware.
    """

    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Flip:
    """A period in which an address that had been live was not live.

    `gone_at` is when the first check without the release was sent. `back_at` is when the first check that found the
    release again was completed, or None if the address is not live again yet. A flip is an observation and not a
    suspected breach.
    """

    gone_at: datetime
    back_at: datetime | None


@dataclass(frozen=True, slots=True)
class AddressVerdict:
    """The verdict on one address.

    The address was published after `last_not_live_at` and at or before `first_live_at`. If the address was live both
    before and after the due time, these two instants come from the checks that decided the outcome.
    `live_before_due_at` is always before the due time. These instants are readings of our clock.

    `delay` allows for the error of our clock. `clock_bound` is the larger error bound of the checks at
    `last_not_live_at` and `first_live_at`. `gaps` are the unmonitored periods up to the limit. If there are gaps, the
    outcome is never late.
    """

    outcome: Outcome
    before: BeforeDue
    from_due: Outcome
    last_not_live_at: datetime | None
    first_live_at: datetime | None
    live_before_due_at: datetime | None
    delay: Interval | None
    clock_bound: timedelta = timedelta(0)
    flips: tuple[Flip, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def gone_again_at(self) -> datetime | None:
        return self.flips[0].gone_at if self.flips else None

    @property
    def outcome_without_early(self) -> Outcome:
        """The outcome without the findings from before the due time."""
        by_undated_check = self.from_due is Outcome.CANNOT_TELL and self.outcome is Outcome.UNCERTAIN
        return self.outcome if by_undated_check else self.from_due

    @property
    def is_live_at_last(self) -> bool:
        return self.from_due in LIVE_AT_LAST

    def live_since(self, due_at: datetime) -> datetime | None:
        """Return when the address was first found live at or after the due time, or None if this is not known yet."""
        if not self.is_live_at_last or self.outcome is Outcome.PENDING or not self.first_live_at:
            return None
        # If the address was early, `first_live_at` is before the due time.
        return max(self.first_live_at, due_at)


def judge_address(
    sightings: Iterable[Sighting], *, due_at: datetime, limit_at: datetime, longest_gap: timedelta, settled: bool
) -> AddressVerdict:
    """Judge an address from all its checks for one schedule.

    - A live check proves something only if an earlier check did not find the release. Otherwise the marker may have
      matched all along, because the previous edition may contain it too.
    - Inconclusive checks never change the outcome.
    - If a page was found removed after the due time, it had been there before, perhaps in time. So it is not late.
    - If a page may have been live during a gap between checks, it is not late.
    - The outcomes early, late and not seen must be true even if the clock was wrong by the whole error bound at each
      check.
    - If the clock was not confirmed at a check, the check cannot prove that the address was early, on time, late or not
      seen. But if the check was live, it can make the outcome uncertain. If it was complete before the due time by our
      clock, it can do so only if another check found the address live. If none did, the outcome is never not seen.

    :param sightings: the checks, in any order.
    :param limit_at: the due instant plus the tolerance. A check is planned at exactly this instant.
    :param longest_gap: a longer period without a check that found the release missing counts as unmonitored.
    :param settled: whether every check planned up to the limit has a response or has timed out.
    :raises ValueError: if the limit lies before the due instant.
    """
    if limit_at < due_at:
        raise ValueError(f"The limit ({limit_at.isoformat()}) lies before the due instant ({due_at.isoformat()}).")
    every_check = sorted(set(sightings), key=lambda check: (check.sent_at, check.completed_at, check.result))
    checks = [check for check in every_check if check.clock_confirmed]
    telling = _without_taken_away(checks, due_at=due_at)
    absent = [check for check in telling if check.result is CheckOutcome.NOT_LIVE]
    shown = [check for check in checks if check.result is CheckOutcome.LIVE]
    proven, unproven = _split_by_proof(shown, absent, due_at=due_at)
    early = [check for check in proven if check.surely_before(due_at)]
    in_force = [check for check in proven if not check.surely_before(due_at)]
    first_in_force = _first(in_force)
    # These live checks have an unconfirmed clock and come before the first proven live check. They show that the
    # address may have been live in time.
    undated = [
        check
        for check in every_check
        if not check.clock_confirmed
        and check.result is CheckOutcome.LIVE
        and (first_in_force is None or check.sent_at < first_in_force.completed_at)
    ]
    before = (BeforeDue.NOTHING, BeforeDue.SEEN_ONCE, BeforeDue.EARLY)[min(len(early), 2)]
    if not early and any(check.completed_at < due_at for check in undated):
        before = BeforeDue.SEEN_ONCE
    earlier = _earlier(first_in_force, telling) if first_in_force else absent
    in_time = any(_since(check, due_at) and check.at_the_latest <= limit_at for check in in_force)
    gaps = () if in_time else _find_gaps(earlier, due_at=due_at, limit_at=limit_at, longest=longest_gap)
    doubtful = bool(undated or gaps) or any(not check.surely_before(due_at) for check in unproven)
    from_due = (
        Outcome.ON_TIME
        if in_time
        else _not_in_time(in_force, earlier, limit_at=limit_at, doubtful=doubtful, settled=settled)
    )
    outcome = _combine(before, from_due, settled=settled)
    # Only the outcome becomes uncertain. `from_due` does not, because it would then count as live at last, and an
    # undated check may have been made before the due time. If a check was complete before the due time by our clock, it
    # does not do this, because findings from before the due time are confidential until publication.
    if outcome is Outcome.CANNOT_TELL and any(check.completed_at >= due_at for check in undated):
        outcome = Outcome.UNCERTAIN
    first_early = _first(early)
    first = None if outcome is Outcome.NOT_SEEN else first_in_force
    if first_early and outcome not in {Outcome.NOT_SEEN, Outcome.LATE}:
        first = first_early
    missing = _earlier(first, telling) if first else absent
    last_absent = missing[-1] if missing else None
    return AddressVerdict(
        outcome=outcome,
        before=before,
        from_due=from_due,
        last_not_live_at=last_absent.sent_at if last_absent else None,
        first_live_at=first.completed_at if first else None,
        live_before_due_at=first_early.completed_at if first_early else None,
        delay=_delay(outcome, last_absent, first, due_at, gaps=gaps),
        clock_bound=max((check.clock_bound for check in (last_absent, first) if check), default=timedelta(0)),
        flips=_find_flips(first, checks) if first else (),
        gaps=gaps if settled else (),
    )


def _find_flips(first: Sighting, checks: Iterable[Sighting]) -> tuple[Flip, ...]:
    """Return the periods after the first live check in which the address was certainly no longer live.

    Inconclusive checks are ignored. Two checks with opposite results prove a change only if they did not overlap, and
    if the time between them is longer than the possible error of the clock.

    :param checks: all checks of the address, in the order in which they were sent.
    """
    flips: list[Flip] = []
    live_until, gone_until = first.surely_by, None
    for check in checks:
        if check.result is CheckOutcome.NOT_LIVE and gone_until and flips[-1].back_at is None:
            gone_until = max(gone_until, check.surely_by)
        elif check.result is CheckOutcome.NOT_LIVE and check.surely_from > live_until:
            flips.append(Flip(gone_at=check.sent_at, back_at=None))
            gone_until = check.surely_by
        elif check.result is CheckOutcome.LIVE:
            live_until = max(live_until, check.surely_by)
            if gone_until and check.surely_from > gone_until and flips[-1].back_at is None:
                flips[-1] = replace(flips[-1], back_at=check.completed_at)
    return tuple(flips)


def _split_by_proof(
    shown: list[Sighting], absent: list[Sighting], *, due_at: datetime
) -> tuple[list[Sighting], list[Sighting]]:
    """Split the live checks into checks that prove that the release was published, and checks that do not.

    If there is a live check before the first check without the release, the marker also matches the previous edition.
    In this case, a text that was found live before the due time proves nothing, because the text may be an edited
    version of the previous edition.

    :param shown: the live checks, in the order in which they were sent.
    :param absent: the checks without the release, in the order in which they were sent.
    """
    if not absent:
        return [], shown
    since = absent[0].sent_at
    all_along = {check.text_digest for check in shown if check.sent_at <= since} - {""}
    if all_along:
        all_along |= {check.text_digest for check in shown if check.surely_before(due_at)} - {""}
    proven: list[Sighting] = []
    unproven: list[Sighting] = []
    for check in shown:
        (proven if check.sent_at > since and check.text_digest not in all_along else unproven).append(check)
    return proven, unproven


def _without_taken_away(checks: list[Sighting], *, due_at: datetime) -> list[Sighting]:
    """Leave out the checks that found that the page had been removed.

    If one of these checks was certainly made before the due time, return all checks.
    """
    if any(check.taken_away and check.surely_before(due_at) for check in checks):
        return checks
    return [check for check in checks if not check.taken_away or check.result is not CheckOutcome.NOT_LIVE]


def settles_at(sightings: Sequence[Sighting], *, limit_at: datetime) -> datetime:
    """Return the instant up to which all planned checks must have a response before the verdict is settled.

    If the clock is exact at the last check by a confirmed clock, this instant is the limit. If the clock may be wrong,
    the verdict needs a check that was certainly sent at or after the limit. If the error is at most a second, this is
    the check that is planned a second after the limit. If the error may be larger, it is a later check.
    """
    by_known_clock = (check for check in sightings if check.clock_confirmed)
    last = max(by_known_clock, key=lambda check: check.sent_at, default=None)
    if last is None or not last.clock_bound:
        return limit_at
    if last.clock_bound <= CONFIRMING:
        return limit_at + CONFIRMING
    return limit_at + last.clock_bound + LONGEST_GAP_AFTER_LIMIT


def _since(check: Sighting, due_at: datetime) -> bool:
    # If the clock error is large, a check around the due instant may have been made before the due instant. In this
    # case the check does not count.
    as_planned = check.surely_as_planned and check.planned_at >= due_at
    return as_planned or check.completed_at - check.clock_bound >= due_at


def _find_gaps(
    absent: Sequence[Sighting], *, due_at: datetime, limit_at: datetime, longest: timedelta
) -> tuple[Gap, ...]:
    """Find the unmonitored periods from the due instant to the first check at or after the limit.

    A check that begins a period counts as made at the earliest instant that its error bound allows. A check that ends a
    period counts as made at the latest instant that its error bound allows.

    :param absent: the checks that found the release missing before the first live check, in the order in which they
        were sent.
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
    # No check at or after the limit found the release missing. So the time from the last check to the limit is
    # unmonitored, if it is longer than `longest`.
    return (*gaps, Gap(begins_at, limit_at)) if limit_at - begins_at > longest else tuple(gaps)


def _not_in_time(
    live: list[Sighting], absent: list[Sighting], *, limit_at: datetime, doubtful: bool, settled: bool
) -> Outcome:
    """Return the outcome for an address if no check proves that the address was live in time.

    :param absent: the checks without the release that came before the first live check.
    """
    if not settled:
        return Outcome.PENDING
    after_limit = any(check.surely_from >= limit_at for check in absent)
    # The address is late or not seen only if all of the following are true:
    # - A check that was certainly sent at or after the limit found the address missing.
    # - The case is not `doubtful`. It is doubtful, for example, if an unproven live check after the due time may have
    #   found the release itself.
    # - All live checks were certainly sent after the limit. If another process found the address live, the clock of
    #   that process may be wrong, and the check may have been sent in time.
    accusing = after_limit and not doubtful and all(check.surely_from > limit_at for check in live)
    if live:
        return Outcome.LATE if accusing else Outcome.UNCERTAIN
    return Outcome.NOT_SEEN if accusing else Outcome.CANNOT_TELL


def _combine(before: BeforeDue, from_due: Outcome, *, settled: bool) -> Outcome:
    if before is BeforeDue.EARLY:
        return Outcome.EARLY
    if before is BeforeDue.SEEN_ONCE and from_due is Outcome.ON_TIME:
        return Outcome.UNCERTAIN if settled else Outcome.PENDING
    return from_due


def _first(live: list[Sighting]) -> Sighting | None:
    # Return the check that was completed first. A check that was sent earlier but took longer may have received a page
    # that was published meanwhile.
    return min(live, key=lambda check: (check.surely_by, check.sent_at), default=None)


def _earlier(first: Sighting, checks: list[Sighting]) -> list[Sighting]:
    """Return the checks without the release that came before `first`, in the order in which they were sent.

    If a check without the release overlapped `first`, it is not known which of the two checks received the older page.
    The overlapping check counts as earlier only if all conclusive checks after `first` found the page, up to the first
    check that was sent after both checks were complete. Otherwise the page may have been removed.

    :param first: a check that found the release.
    """
    earlier = [check for check in checks if check.result is CheckOutcome.NOT_LIVE and check.sent_at < first.sent_at]
    overlapping = [check for check in earlier if check.completed_at > first.sent_at]
    if not overlapping:
        return earlier
    over = max(check.completed_at for check in overlapping)
    for check in (check for check in checks if check.sent_at >= first.completed_at):
        if check.result is CheckOutcome.NOT_LIVE:
            break
        if check.result is CheckOutcome.LIVE and check.sent_at >= over:
            return earlier
    return [check for check in earlier if check not in overlapping]


def _delay(
    outcome: Outcome, last_absent: Sighting | None, first: Sighting | None, due_at: datetime, *, gaps: Sequence[Gap]
) -> Interval | None:
    if last_absent is None or (first is None and outcome is not Outcome.NOT_SEEN):
        return None
    # If a gap makes the outcome uncertain, the delay begins at the start of the gap, because the address may have been
    # published during the gap and removed before the next check.
    since = gaps[0].begins_at if gaps and outcome is Outcome.UNCERTAIN else last_absent.surely_from
    from_seconds = (min(since, last_absent.surely_from) - due_at).total_seconds()
    return Interval(from_seconds, (first.surely_by - due_at).total_seconds() if first else None)

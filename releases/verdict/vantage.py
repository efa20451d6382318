"""Combine the verdicts on one address from several vantage points.

The verdict comes from the main vantage point, and further vantage points confirm or contradict it. A further vantage
point can only show that a release was live in time. If its requests fail or find nothing, this never makes a release
late. Only the main vantage point finds early releases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from releases.detection.finding import CheckOutcome
from releases.verdict.address import AddressVerdict, BeforeDue, Outcome, Sighting

_ABSENT = frozenset({Outcome.LATE, Outcome.NOT_SEEN})


@dataclass(frozen=True, slots=True)
class VantageFindings:
    """The names of further vantage points whose results differ from the result of the main vantage point.

    The vantage points in `live_only` found the address live in time, but the main vantage point did not. The vantage
    points in `not_live` found that the address was not live at the limit, but the main vantage point found it live in
    time.
    """

    live_only: tuple[str, ...] = ()
    not_live: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.live_only or self.not_live)


NO_FINDINGS = VantageFindings()


def awaits_check(sightings: Sequence[Sighting], *, limit_at: datetime) -> bool:
    """Return whether a further vantage point has not found an address live, and has no check at or after the limit."""
    is_live = any(check.result is CheckOutcome.LIVE for check in sightings)
    return not is_live and all(check.planned_at < limit_at for check in sightings)


def combine_vantage_points(
    main: AddressVerdict, others: Mapping[str, AddressVerdict], *, due_at: datetime
) -> tuple[AddressVerdict, VantageFindings]:
    """Return the verdict on an address, and the further vantage points that found a different result.

    - A further vantage point that found the address not live never changes the verdict.
    - If a further vantage point found the address live in time, and the main vantage point had no conclusive response
      since the due time, the address is on time. If the main vantage point had found the address live before the due
      time, the outcome is uncertain, as with one vantage point.
    - If a further vantage point found the address live in time, but the main vantage point found that it was not live,
      the outcome is uncertain and a person decides.

    :param others: the verdicts from the checks of each further vantage point, keyed by the name of the vantage point.
    """
    if main.from_due is Outcome.PENDING or main.outcome is Outcome.PENDING:
        return main, NO_FINDINGS
    in_time = {name: one for name, one in others.items() if one.from_due is Outcome.ON_TIME}
    if main.from_due is Outcome.ON_TIME:
        not_live = sorted(name for name, one in others.items() if one.from_due in _ABSENT)
        return main, VantageFindings(not_live=tuple(not_live))
    if not in_time:
        return main, NO_FINDINGS
    findings = VantageFindings(live_only=tuple(sorted(in_time)))
    is_early = main.outcome is Outcome.EARLY
    clean = [one for one in in_time.values() if one.outcome is Outcome.ON_TIME and one.first_live_at]
    saw_nothing = main.first_live_at is None and (main.last_not_live_at is None or main.last_not_live_at < due_at)
    if saw_nothing and clean and not is_early:
        first = min(clean, key=lambda one: one.first_live_at or due_at)
        # Drop flips that a further vantage point found, because they are not events of the release.
        outcome = first.outcome if main.before is BeforeDue.NOTHING else Outcome.UNCERTAIN
        return replace(first, outcome=outcome, before=main.before, live_before_due_at=None, flips=()), findings
    outcome = main.outcome if is_early else Outcome.UNCERTAIN
    delay = main.delay if is_early else None
    return replace(main, outcome=outcome, from_due=Outcome.UNCERTAIN, delay=delay), findings

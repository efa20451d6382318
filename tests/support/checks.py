"""Short ways to write checks around a release that is due at 9:30am on 30 June 2026, with a limit two minutes later."""

from datetime import UTC, datetime, timedelta

from releases.detection.finding import CheckOutcome
from releases.verdict.address import AddressVerdict, Sighting, judge_address

DUE = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)

ABSENT = CheckOutcome.NOT_LIVE
LIVE = CheckOutcome.LIVE
UNRECOGNISED = CheckOutcome.UNRECOGNISED
UNREACHABLE = CheckOutcome.UNREACHABLE
FAULT = CheckOutcome.OBSERVER_FAULT


def at(seconds: float) -> datetime:
    """Return the instant so many seconds after the release is due."""
    return DUE + timedelta(seconds=seconds)


def make_check(
    result: CheckOutcome,
    planned: float,
    *,
    sent: float | None = None,
    completed: float | None = None,
    bound: float = 0,
    text: str = "",
    taken_away: bool = False,
) -> Sighting:
    """Make a check from seconds after due; it is sent as planned and answered at once unless said otherwise.

    The bound is how many seconds the clock may have been off; `taken_away` that it saw that a page had been there.
    """
    left = planned if sent is None else sent
    done = left if completed is None else completed
    return Sighting(result, at(planned), at(left), at(done), timedelta(seconds=bound), text, taken_away)


def judged(*looks: Sighting, settled: bool = True, limit: float = 120, gap: float = 3600) -> AddressVerdict:
    """Judge one address from these checks; the longest gap that counts as monitored is an hour by default."""
    return judge_address(looks, due_at=DUE, limit_at=at(limit), longest_gap=timedelta(seconds=gap), settled=settled)

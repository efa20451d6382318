"""The script of one rehearsal: when our own page goes live, and what a watcher that is well must find."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from releases.rules.cadence import CONFIRMING
from releases.verdict.address import AddressVerdict, Outcome

# Neighbours differ, so that a chain that always says the same is never right twice in a row.
EXPECTED_IN_TURN = (
    Outcome.ON_TIME,
    Outcome.LATE,
    Outcome.ON_TIME,
    Outcome.CANNOT_TELL,
    Outcome.ON_TIME,
    Outcome.LATE,
    Outcome.ON_TIME,
    Outcome.EARLY,
)
DUE_AFTER = timedelta(seconds=13)
"""How long after its beginning the rehearsed release is due: two looks of the last minute come before that."""
TOLERANCE = timedelta(seconds=10)
LIVE_AFTER_DUE = {
    # Between a look that must see nothing and one that must see the page, a second and more from either: so far off
    # the clock may be.
    Outcome.ON_TIME: timedelta(seconds=2),
    Outcome.LATE: timedelta(seconds=13.5),
    Outcome.EARLY: timedelta(seconds=-11.5),
}
LOOKED_ON = timedelta(seconds=5)
"""How long after it went live the page is looked for at most: the cadence looks every five seconds."""


@dataclass(frozen=True, slots=True)
class Script:
    """One rehearsal as it is to go; instants are aware.

    The page says that nothing is published until `live_at`; from `silent_from` on it does not answer.
    """

    number: int
    expected: Outcome
    begins_at: datetime
    due_at: datetime
    limit_at: datetime
    live_at: datetime | None
    silent_from: datetime | None

    @property
    def last_look_at(self) -> datetime:
        """The instant after which no look begins; with it the verdict is settled."""
        settled_at = self.limit_at + CONFIRMING
        return settled_at if self.live_at is None else max(settled_at, self.live_at + LOOKED_ON)

    @property
    def marker(self) -> str:
        """What this rehearsal's page shows and no other's."""
        return f"number {self.number}"

    def is_right(self, outcome: Outcome, verdict: AddressVerdict) -> bool:
        """Say whether a verdict is the expected one and its interval holds the instant at which the page went live."""
        if outcome is not self.expected:
            return False
        if self.live_at is None:
            return verdict.first_live_at is None
        absent_at, seen_at, bound = verdict.last_not_live_at, verdict.first_live_at, verdict.clock_bound
        return bool(absent_at and seen_at and absent_at - bound < self.live_at <= seen_at + bound)


def script_for(number: int, *, begins_at: datetime) -> Script:
    """Write the script of the rehearsal of a number.

    :param number: counts rehearsals from 1; it says which verdict is expected.
    :param begins_at: the aware instant of the first look.
    """
    expected = EXPECTED_IN_TURN[(number - 1) % len(EXPECTED_IN_TURN)]
    due_at = begins_at + DUE_AFTER
    live_after = LIVE_AFTER_DUE.get(expected)
    return Script(
        number=number,
        expected=expected,
        begins_at=begins_at,
        due_at=due_at,
        limit_at=due_at + TOLERANCE,
        live_at=None if live_after is None else due_at + live_after,
        silent_from=due_at if expected is Outcome.CANNOT_TELL else None,
    )

"""Whether the whole record stands as it was written: every chain over both apps, and every kept body."""

from dataclasses import dataclass
from functools import partial

from breaches.deciding import redaction
from breaches.models import RegisterEvent, ReportEvent
from releases.models import Observation, ReleaseEvent
from releases.models.append_only import ChainedRow, check_chain
from releases.models.event import Happening
from releases.record.bodies import check_bodies
from statsoffice.audit.models import AccountEvent
from statsoffice.progress import track

CHAINS = (ReleaseEvent, Observation, ReportEvent, RegisterEvent, AccountEvent)
BODIES = "releases.body"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of one chain, or of the bodies: rows that hold, and one sentence on the first that does not."""

    name: str
    rows: int
    why: str | None

    def in_words(self) -> str:
        """Say it in one line."""
        if self.why is not None:
            return f"{self.name}: {self.why}"
        if self.name == BODIES:
            return f"{self.name}: {self.rows} {'body, holds' if self.rows == 1 else 'bodies, hold'}"
        return f"{self.name}: {self.rows} row{'' if self.rows == 1 else 's'}, holds"


def check() -> list[Checked]:
    """Walk every chain and read every kept body, with progress bars; return what was found of each, the bodies last."""
    chains = [_chain(rows) for rows in CHAINS]
    return [*chains, Checked(BODIES, *check_bodies(follow=partial(track, desc=BODIES)))]


def _chain(rows: type[ChainedRow]) -> Checked:
    walked, why = check_chain(rows, follow=partial(track, desc=rows.CHAIN))
    if why is None and issubclass(rows, Happening):
        why = redaction.unexplained(rows)
    return Checked(rows.CHAIN, walked, why)

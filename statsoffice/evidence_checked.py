"""Whether the whole record is as it was written: every chain, every row with a recorded digest, every stored body."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from breaches.deciding import redaction
from breaches.deciding.approved_documents import check_documents
from breaches.models import RegisterEvent, ReportEvent, ReportRowRecord
from releases.models import MonitoringRowRecord, Observation, ReleaseEvent, ReleaseRowRecord
from releases.models.append_only import ChainedRow, check_chain
from releases.models.event import Happening
from releases.models.row_record import RowRecord, check_rows, deleted_end
from releases.record.bodies import check_bodies
from releases.record.coverage import check_coverage
from releases.verdicts.recomputing import check_verdicts
from statsoffice.accounts.models import AccountRowRecord
from statsoffice.audit.models import AccountEvent
from statsoffice.messages.models import MessageRowRecord
from statsoffice.progress import track

ROW_RECORDS: tuple[type[RowRecord], ...] = (
    ReleaseRowRecord,
    MonitoringRowRecord,
    ReportRowRecord,
    AccountRowRecord,
    MessageRowRecord,
)
CHAINS: tuple[type[ChainedRow], ...] = (
    ReleaseEvent,
    Observation,
    ReportEvent,
    RegisterEvent,
    AccountEvent,
    *ROW_RECORDS,
)
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


def check(*, now: datetime) -> list[Checked]:
    """Check every chain and every stored body, with progress bars; return what was found of each, the bodies last.

    :param now: the aware instant of checking, by which verdicts are computed again.
    """
    chains = [_chain(rows, now=now) for rows in CHAINS]
    return [*chains, Checked(BODIES, *check_bodies(follow=partial(track, desc=BODIES)))]


def _chain(rows: type[ChainedRow], *, now: datetime) -> Checked:
    follow = partial(track, desc=rows.CHAIN)
    walked, why = check_chain(rows, follow=follow)
    checks: list[Callable[[], str | None]] = [lambda: deleted_end(rows, ROW_RECORDS)]
    if issubclass(rows, Happening):
        checks.append(lambda: redaction.unexplained(rows))
    if issubclass(rows, RowRecord):
        checks.append(lambda: check_rows(rows, follow=follow))
    if rows is ReleaseRowRecord:
        checks.append(lambda: check_verdicts(now=now, follow=follow))
    if rows is MonitoringRowRecord:
        checks.append(check_coverage)
    if rows is ReportRowRecord:
        checks.append(check_documents)
    for check_more in checks:
        why = why or check_more()
    return Checked(rows.CHAIN, walked, why)

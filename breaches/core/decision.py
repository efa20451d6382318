"""What was decided on a report, whatever became of it afterwards: the words in which the register counts."""

from collections.abc import Mapping
from enum import StrEnum

from breaches.core.status import OPEN, ReportStatus


class Decision(StrEnum):
    """What was decided on a report; the first is that nobody has decided yet."""

    UNDECIDED = "undecided"
    REPORTED = "reported"
    RECORDED = "recorded"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


STATES: Mapping[Decision, tuple[ReportStatus, ...]] = {
    Decision.UNDECIDED: OPEN,
    Decision.REPORTED: (ReportStatus.APPROVED, ReportStatus.SENT, ReportStatus.CLOSED),
    Decision.RECORDED: (ReportStatus.RECORDED,),
    Decision.DISMISSED: (ReportStatus.DISMISSED,),
    Decision.WITHDRAWN: (ReportStatus.WITHDRAWN,),
}
DECISION_ON: Mapping[ReportStatus, Decision] = {
    state: decision for decision, states in STATES.items() for state in states
}

# A false alarm that was dismissed, and a report that was withdrawn, leave the count and stay in the register.
BREACHES = frozenset({Decision.REPORTED, Decision.RECORDED})

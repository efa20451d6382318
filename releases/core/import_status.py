"""The status of an import and the moves between statuses, as one table."""

from enum import StrEnum

from releases.core.lifecycle import Lifecycle, Move
from releases.core.status import KEEPERS


class ImportStatus(StrEnum):
    """Where an import stands: a file that waits, a preview that waits for a person, or an end."""

    UPLOADED = "uploaded"
    CHECKED = "checked"
    CONFIRMED = "confirmed"
    APPLIED = "applied"
    DISCARDED = "discarded"
    FAILED = "failed"


CHECK = "check"
CONFIRM = "confirm"
CHECK_AGAIN = "check_again"
APPLY = "apply"
DISCARD = "discard"
FAIL = "fail"

# Nothing is changed in the calendar before a person has confirmed what the check found; where the calendar has
# changed since, they are asked again.
IMPORT = Lifecycle(
    name="import",
    initial=ImportStatus.UPLOADED,
    moves=(
        Move(CHECK, ImportStatus.UPLOADED, ImportStatus.CHECKED, frozenset()),
        Move(CONFIRM, ImportStatus.CHECKED, ImportStatus.CONFIRMED, KEEPERS),
        Move(CHECK_AGAIN, ImportStatus.CONFIRMED, ImportStatus.CHECKED, frozenset()),
        Move(APPLY, ImportStatus.CONFIRMED, ImportStatus.APPLIED, frozenset()),
        Move(DISCARD, ImportStatus.UPLOADED, ImportStatus.DISCARDED, KEEPERS),
        Move(DISCARD, ImportStatus.CHECKED, ImportStatus.DISCARDED, KEEPERS),
        Move(FAIL, ImportStatus.UPLOADED, ImportStatus.FAILED, frozenset()),
        Move(FAIL, ImportStatus.CONFIRMED, ImportStatus.FAILED, frozenset()),
    ),
)
WAITING = (ImportStatus.UPLOADED, ImportStatus.CONFIRMED)
"""In these something is to be done by the product itself."""
OPEN = (*WAITING, ImportStatus.CHECKED)
"""In these the file is kept; with the end it goes."""

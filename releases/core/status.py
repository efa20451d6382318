"""The status of a release and the moves between statuses, as one table."""

from enum import StrEnum

from releases.core.lifecycle import Lifecycle, Move
from releases.core.roles import LEADS, Role


class Status(StrEnum):
    """What the calendar says of a release."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


# What is still to come: neither published nor cancelled.
OPEN = (Status.PROVISIONAL, Status.CONFIRMED)

ANNOUNCE = "announce"
CONFIRM = "confirm"
CHANGE_DATE = "change_date"
CANCEL = "cancel"
CANCEL_ONCE_DUE = "cancel_once_due"
PUBLISH = "publish"

KEEPERS = LEADS | {Role.CALENDAR_MANAGER}

# A confirmed release never becomes provisional again. Code of Practice, edition 2.1, T3.2 (3.0: 3.2): a
# change of a confirmed date is agreed by the Head of Profession, and announced promptly with its reason.
RELEASE = Lifecycle(
    name="release",
    initial=Status.PROVISIONAL,
    moves=(
        Move(ANNOUNCE, Status.PROVISIONAL, Status.PROVISIONAL, KEEPERS),
        Move(ANNOUNCE, Status.CONFIRMED, Status.CONFIRMED, KEEPERS),
        Move(CONFIRM, Status.PROVISIONAL, Status.CONFIRMED, KEEPERS, needs=("exact_date",)),
        Move(CHANGE_DATE, Status.PROVISIONAL, Status.PROVISIONAL, KEEPERS),
        Move(CHANGE_DATE, Status.CONFIRMED, Status.CONFIRMED, LEADS, needs=("exact_date", "reason")),
        Move(CANCEL, Status.PROVISIONAL, Status.CANCELLED, KEEPERS, needs=("reason",)),
        Move(CANCEL, Status.CONFIRMED, Status.CANCELLED, KEEPERS, needs=("reason",)),
        # What has fallen due was promised: that it does not come at all is the Head of Profession's to say.
        Move(CANCEL_ONCE_DUE, Status.CONFIRMED, Status.CANCELLED, LEADS, needs=("reason",)),
        Move(PUBLISH, Status.CONFIRMED, Status.PUBLISHED, LEADS | {Role.STATISTICIAN}),
    ),
)

"""The states of one person's pre-release access, and of what is asked about it, as two tables."""

from enum import StrEnum

from releases.core.lifecycle import Lifecycle, Move
from releases.core.roles import LEADS, Role
from releases.core.status import KEEPERS


class AccessStatus(StrEnum):
    """Where the access of one post stands."""

    GRANTED = "granted"
    BEGUN = "begun"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class RequestStatus(StrEnum):
    """Where a change stands that somebody asked for shortly before the release."""

    WAITING = "waiting"
    AGREED = "agreed"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


class Asked(StrEnum):
    """What a waiting request would do to the list."""

    ADD = "add"
    CHANGE = "change"
    WITHDRAW = "withdraw"


CHANGE = "change"
WITHDRAW = "withdraw"
BEGIN = "begin"
END = "end"
TAKE_BACK = "take_back"
AGREE = "agree"
REFUSE = "refuse"

# Who had access: their entry is on the published list, and their post on the record.
HAD_ACCESS = (AccessStatus.BEGUN, AccessStatus.ENDED)
ON_THE_LIST = (AccessStatus.GRANTED, *HAD_ACCESS)
# Code of Practice, edition 2.1, T3.3 (3.0: 3.3): accurate records of who has access before release.
LIST_KEEPERS = KEEPERS | {Role.STATISTICIAN}

# The agreement of a Head of Profession or a deputy is needed within a day before the release and from then on;
# whoever is one of them has it. That access began or ended is a fact, which needs nobody's agreement.
ACCESS = Lifecycle(
    name="pre-release access",
    initial=AccessStatus.GRANTED,
    moves=(
        *(Move(CHANGE, status, status, LIST_KEEPERS, needs=("agreement",)) for status in ON_THE_LIST),
        Move(WITHDRAW, AccessStatus.GRANTED, AccessStatus.WITHDRAWN, LIST_KEEPERS, needs=("agreement",)),
        Move(BEGIN, AccessStatus.GRANTED, AccessStatus.BEGUN, LIST_KEEPERS, needs=("time",)),
        Move(END, AccessStatus.BEGUN, AccessStatus.ENDED, LIST_KEEPERS, needs=("time",)),
        Move(TAKE_BACK, AccessStatus.BEGUN, AccessStatus.GRANTED, LEADS),
        Move(TAKE_BACK, AccessStatus.ENDED, AccessStatus.BEGUN, LEADS),
    ),
)

REQUEST = Lifecycle(
    name="request",
    initial=RequestStatus.WAITING,
    moves=(
        Move(AGREE, RequestStatus.WAITING, RequestStatus.AGREED, LEADS),
        Move(REFUSE, RequestStatus.WAITING, RequestStatus.REFUSED, LEADS),
        Move(TAKE_BACK, RequestStatus.WAITING, RequestStatus.TAKEN_BACK, LIST_KEEPERS),
    ),
)

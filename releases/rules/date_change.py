"""The lifecycle of requests to change a confirmed date, and the marks in the register of changes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from releases.rules import calendar
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import KEEPERS, LEADS, Lifecycle, Move, Role, Status

CLOSE_TO_RELEASE = timedelta(days=1)

ASKERS = KEEPERS | {Role.STATISTICIAN}


class RequestState(StrEnum):
    WAITING = "waiting"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


AGREE = "agree"
REFUSE = "refuse"
WITHDRAW = "withdraw"
LAPSE = "lapse"

# The Head of Profession must agree to a change before it is made. If the release is moved, published or cancelled
# before the decision, the request no longer applies and lapses. Source: Code of Practice, edition 2.1, T3.2 (3.0: 3.2).
REQUEST = Lifecycle(
    name="request",
    initial=RequestState.WAITING,
    moves=(
        Move(AGREE, RequestState.WAITING, RequestState.AGREED, LEADS),
        Move(REFUSE, RequestState.WAITING, RequestState.REFUSED, LEADS, needs=("reason",)),
        Move(WITHDRAW, RequestState.WAITING, RequestState.WITHDRAWN, ASKERS),
        Move(LAPSE, RequestState.WAITING, RequestState.LAPSED, frozenset()),
    ),
)


class Mark(StrEnum):
    AFTER_DUE = "after_due"
    ON_THE_DAY = "on_the_day"
    ASKED_CLOSE_TO_RELEASE = "asked_close_to_release"


def must_request_date(status: str, *, roles: Collection[Role], waits: bool) -> bool:
    """Return whether a person must request a new date for a confirmed release instead of changing the date directly.

    The result is false for leads, who can change the date directly, and while an earlier request is waiting.

    :param waits: whether an earlier request is still waiting for a decision.
    """
    return status == Status.CONFIRMED and bool(ASKERS & set(roles)) and not LEADS & set(roles) and not waits


def is_requested_close(was: Slot, to: Slot, *, requested_at: datetime) -> bool:
    due = [slot.due_at for slot in (was, to) if slot.due_at]
    return bool(due) and requested_at >= min(due) - CLOSE_TO_RELEASE


def date_change_marks(was: Slot, to: Slot, *, requested_at: datetime, made_at: datetime) -> tuple[Mark, ...]:
    day = calendar.local_date(made_at)
    found = {
        Mark.AFTER_DUE: was.due_at is not None and made_at >= was.due_at,
        Mark.ON_THE_DAY: any(slot.precision is Precision.EXACT and slot.on == day for slot in (was, to)),
        Mark.ASKED_CLOSE_TO_RELEASE: is_requested_close(was, to, requested_at=requested_at),
    }
    return tuple(mark for mark, applies in found.items() if applies)

"""The states, moves, decisions and deadlines of a breach report."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from releases.rules import calendar
from releases.rules.calendar import NEVER_CLOSED, ClosedDays, Nation
from releases.rules.lifecycle import LEADS, Lifecycle, Move, Role


class ReportStatus(StrEnum):
    DRAFT = "draft"
    WITH_HOP = "with_hop"
    RETURNED = "returned"
    APPROVED = "approved"
    RECORDED = "recorded"
    DISMISSED = "dismissed"
    SENT = "sent"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    JOINED = "joined"
    PARTED = "parted"


class ReportKind(StrEnum):
    LATE = "late"
    EARLY = "early"
    PARTIAL = "partial"
    NOT_LIVE = "not_live"
    WRONG_CONTENT = "wrong_content"
    PRA = "pra"
    ACCESS = "access"
    LEAK = "leak"
    NOT_ANNOUNCED = "not_announced"
    LATE_ANNOUNCEMENT = "late_announcement"
    USED_IN_PUBLIC = "used_in_public"
    UNEQUAL_ACCESS = "unequal_access"
    OTHER = "other"


# Only suspicions of these kinds are raised automatically. People can start a report of any kind.
SUSPECTED = (ReportKind.LATE, ReportKind.EARLY, ReportKind.PARTIAL)


def sort_kinds(first: str, others: Iterable[str]) -> tuple[ReportKind, ...]:
    """Return the kind of a report, and then the other kinds of its suspicions in the order of `ReportKind`."""
    present = set(others)
    return ReportKind(first), *(kind for kind in ReportKind if kind in present and kind != first)


# Reports about access and leaks are visible only to people who can decide on them, and to the people who deal with
# them: the person who started the report, and the person assigned to it.
RESTRICTED = frozenset({ReportKind.PRA, ReportKind.ACCESS, ReportKind.LEAK})


class Nature(StrEnum):
    REPORT = "report"
    CORRECTION_NOTICE = "correction_notice"
    WITHDRAWAL_NOTICE = "withdrawal_notice"


class DismissalReason(StrEnum):
    """Why a suspected breach is not a breach."""

    EXEMPTION = "exemption"
    AGREED_CHANGE = "agreed_change"
    CHECK_ERROR = "check_error"
    CACHE_ONLY = "cache_only"
    OTHER = "other"


class RecordingReason(StrEnum):
    """Why a breach is recorded in the office's own log only, and not reported."""

    NO_EFFECT = "no_effect"
    NOT_NEEDED = "not_needed"
    REPORTED_BY_OTHERS = "reported_by_others"
    OTHER = "other"


class Cause(StrEnum):
    SCHEDULER_FAULT = "scheduler_fault"
    NOT_AUTHORISED = "not_authorised"
    LATE_FIX = "late_fix"
    PROCESSING_ERROR = "processing_error"
    OUTAGE = "outage"
    WRONG_FILE = "wrong_file"
    CACHE = "cache"
    HUMAN_ERROR = "human_error"
    OTHER = "other"
    NOT_KNOWN = "not_known"
    # Causes that were added later are at the end, because exports have a column for each cause in this order.
    WRONG_RECIPIENT = "wrong_recipient"
    LIST_OUT_OF_DATE = "list_out_of_date"
    SENT_TOO_EARLY = "sent_too_early"
    WRONG_DOCUMENT = "wrong_document"
    STATUS_MISUNDERSTOOD = "status_misunderstood"
    LIVE_TEST = "live_test"
    SAID_IN_PUBLIC = "said_in_public"


class AttachmentKind(StrEnum):
    CMS_LOG = "cms_log"
    SCREENSHOT = "screenshot"
    EMAIL = "email"


class ReportTerm(StrEnum):
    SHORT = "short"
    LONG = "long"


EDIT = "edit"
SUBMIT = "submit"
TAKE_BACK = "take_back"
RETURN = "return"
APPROVE = "approve"
RECORD = "record"
DISMISS = "dismiss"
REOPEN = "reopen"
SEND = "send"
NOTE_ANSWER = "note_answer"
CORRECT = "correct"
WITHDRAW = "withdraw"
CLOSE = "close"
JOIN = "join"
PART = "part"
RESUME = "resume"

# If a lead declares that a report is about their own act, the lead may not make these moves. The lead may not publish
# the report either (breaches/publication.py). The lead may still edit the report, and may send the report after someone
# else has approved it.
DECISIONS = frozenset({RETURN, APPROVE, RECORD, DISMISS, REOPEN, CORRECT, WITHDRAW, CLOSE})

UNDECIDED = (ReportStatus.DRAFT, ReportStatus.WITH_HOP, ReportStatus.RETURNED)
# In these states, the authors have the report, and new facts enter the text that no one has edited.
WITH_AUTHORS = (ReportStatus.DRAFT, ReportStatus.RETURNED)
# An undecided report that was sent before is being corrected. It must be sent again or withdrawn, because its recipient
# must be notified of the decision. A report that was never sent cannot be withdrawn.
CLOSED_ONCE_SENT = frozenset({RECORD, DISMISS})
CLOSED_UNTIL_SENT = frozenset({WITHDRAW})
OUT = (ReportStatus.SENT, ReportStatus.CLOSED, ReportStatus.WITHDRAWN)
# A report in one of these states has an approved document.
WITH_DOCUMENT = (ReportStatus.APPROVED, *OUT)
UNSENT_DECISIONS = (ReportStatus.APPROVED, ReportStatus.RECORDED, ReportStatus.DISMISSED)
DECIDED = (*UNSENT_DECISIONS, *OUT)
# A report in one of these states is neither open nor decided, because it is continued in another report.
MERGED_OR_SPLIT = (ReportStatus.JOINED, ReportStatus.PARTED)
WRITERS = LEADS | {Role.STATISTICIAN}

# A statistician can write and submit a report, but cannot decide on it. The Head of Profession and deputies can make
# every move. While a report awaits a decision, only the Head of Profession and deputies can edit the text.
REPORT = Lifecycle(
    name="report",
    initial=ReportStatus.DRAFT,
    state_words={
        ReportStatus.DRAFT: "a draft",
        ReportStatus.WITH_HOP: "awaiting a decision",
        ReportStatus.RECORDED: "recorded in the breach log only",
        ReportStatus.JOINED: "combined with others",
        ReportStatus.PARTED: "separated",
    },
    moves=(
        Move(EDIT, ReportStatus.DRAFT, ReportStatus.DRAFT, WRITERS),
        Move(EDIT, ReportStatus.RETURNED, ReportStatus.RETURNED, WRITERS),
        Move(EDIT, ReportStatus.WITH_HOP, ReportStatus.WITH_HOP, LEADS),
        Move(SUBMIT, ReportStatus.DRAFT, ReportStatus.WITH_HOP, WRITERS, needs=("complete_report",)),
        Move(SUBMIT, ReportStatus.RETURNED, ReportStatus.WITH_HOP, WRITERS, needs=("complete_report",)),
        Move(TAKE_BACK, ReportStatus.WITH_HOP, ReportStatus.DRAFT, WRITERS),
        Move(RETURN, ReportStatus.WITH_HOP, ReportStatus.RETURNED, LEADS, needs=("comment",)),
        *(Move(APPROVE, state, ReportStatus.APPROVED, LEADS, needs=("complete_report",)) for state in UNDECIDED),
        *(Move(RECORD, state, ReportStatus.RECORDED, LEADS, needs=("account", "reason")) for state in UNDECIDED),
        *(Move(DISMISS, state, ReportStatus.DISMISSED, LEADS, needs=("reason",)) for state in UNDECIDED),
        *(Move(REOPEN, state, ReportStatus.DRAFT, LEADS, needs=("reason",)) for state in UNSENT_DECISIONS),
        # After a report is sent, it can only be corrected or withdrawn with a notice to the recipient. During a
        # correction, the moves in `CLOSED_ONCE_SENT` are not allowed.
        Move(SEND, ReportStatus.APPROVED, ReportStatus.SENT, LEADS, needs=("recipient",)),
        # A report that was sent can be sent in another way only if its email failed for good.
        Move(SEND, ReportStatus.SENT, ReportStatus.SENT, LEADS, needs=("recipient",)),
        Move(SEND, ReportStatus.CLOSED, ReportStatus.SENT, LEADS, needs=("recipient",)),
        Move(NOTE_ANSWER, ReportStatus.SENT, ReportStatus.SENT, WRITERS, needs=("answer",)),
        Move(CORRECT, ReportStatus.SENT, ReportStatus.DRAFT, LEADS, needs=("notice",)),
        Move(CORRECT, ReportStatus.CLOSED, ReportStatus.DRAFT, LEADS, needs=("notice",)),
        Move(WITHDRAW, ReportStatus.SENT, ReportStatus.WITHDRAWN, LEADS, needs=("notice",)),
        Move(WITHDRAW, ReportStatus.CLOSED, ReportStatus.WITHDRAWN, LEADS, needs=("notice",)),
        *(Move(WITHDRAW, state, ReportStatus.WITHDRAWN, LEADS, needs=("notice",)) for state in UNDECIDED),
        Move(CLOSE, ReportStatus.SENT, ReportStatus.CLOSED, LEADS),
        # Drafts about releases that were due on one day can be merged into a joint report. A joint report can be split
        # into its drafts again (breaches/merging.py).
        Move(JOIN, ReportStatus.DRAFT, ReportStatus.JOINED, WRITERS, needs=("joint_report",)),
        Move(RESUME, ReportStatus.JOINED, ReportStatus.DRAFT, WRITERS, needs=("joint_report",)),
        Move(PART, ReportStatus.DRAFT, ReportStatus.PARTED, WRITERS, needs=("joined_drafts",)),
    ),
)


# The kind of event that records each move.
PAST_TENSE = {
    SUBMIT: "submitted",
    TAKE_BACK: "taken_back",
    RETURN: "returned",
    APPROVE: "approved",
    RECORD: "recorded",
    DISMISS: "dismissed",
    REOPEN: "reopened",
    SEND: "sent",
    NOTE_ANSWER: "answered",
    CORRECT: "correction_begun",
    WITHDRAW: "withdrawn",
    CLOSE: "closed",
    JOIN: "joined",
    RESUME: "resumed",
    PART: "parted",
}

# Kinds of events that create a report. These events make no open form outdated, because no form for the report can be
# open before the report exists.
BEGINNINGS = frozenset({"drafted", "started", "joint_drafted"})

MADE_PUBLIC, TAKEN_FROM_PUBLIC = "made_public", "public_taken_back"
EMAIL_ACCEPTED, EMAIL_FAILED, EMAIL_RETRIED = "email_accepted", "email_failed", "email_retried"
NOTICE_SENT = "notice_sent"

# Kinds of events that record a move, a publication, or the end of a publication.
STEPS = frozenset({*PAST_TENSE.values(), MADE_PUBLIC, TAKEN_FROM_PUBLIC})

CHANGES = STEPS | {
    # the text
    "edited",
    "facts_refreshed",
    "redacted",
    # the cause
    "cause_chosen",
    # the evidence
    "suspicion_joined",
    # who may decide
    "own_act_declared",
}
"""Events after which a person must read the report again before making a move."""

ROW_CHANGES = BEGINNINGS | CHANGES | {"facts_offered", "numbered", "dealing_taken", "dealing_changed"}
"""Events that change the report's own row in the database. With each event, the digest of the row is recorded."""


class Decision(StrEnum):
    UNDECIDED = "undecided"
    REPORTED = "reported"
    RECORDED = "recorded"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


STATES: Mapping[Decision, tuple[ReportStatus, ...]] = {
    Decision.UNDECIDED: UNDECIDED,
    Decision.REPORTED: (ReportStatus.APPROVED, ReportStatus.SENT, ReportStatus.CLOSED),
    Decision.RECORDED: (ReportStatus.RECORDED,),
    Decision.DISMISSED: (ReportStatus.DISMISSED,),
    Decision.WITHDRAWN: (ReportStatus.WITHDRAWN,),
}
DECISION_ON: Mapping[ReportStatus, Decision] = {
    state: decision for decision, states in STATES.items() for state in states
}


def decision_on(status: ReportStatus, *, was_sent: bool) -> Decision:
    """Return the decision under which a report counts.

    A report that was sent counts as reported while it is corrected, because its recipient has it (decision 160).

    :param was_sent: whether a version of the report reached its recipient.
    :raises KeyError: if the report was merged into another one or split, because it then does not count.
    """
    return Decision.REPORTED if was_sent and status in UNDECIDED else DECISION_ON[status]


# Dismissed and withdrawn reports do not count as breaches, but stay in the register.
BREACHES = frozenset({Decision.REPORTED, Decision.RECORDED})


class Reminder(NamedTuple):
    """The day of a reminder, and the number of working days from the due day to this day.

    The number is negative if the reminder is before the due day.
    """

    days_after: int
    on: date


def due_on(drafted_on: date, *, working_days: int, nation: Nation, closed: ClosedDays = NEVER_CLOSED) -> date:
    """Return the day in London by which a report should be decided.

    :param closed: the days on which the office is closed.
    """
    return calendar.working_days_away(drafted_on, working_days, nation=nation, closed=closed)


def reminders(
    due: date, *, days_after: Sequence[int], drafted_on: date, nation: Nation, closed: ClosedDays = NEVER_CLOSED
) -> tuple[Reminder, ...]:
    """Return the reminders of a report, sorted by day.

    People are notified of a report on the day on which it is drafted. So there are no reminders on or before this day.

    :param days_after: the number of working days after the due day, for each reminder. Negative numbers are days before
        the due day.
    """
    found = (
        Reminder(days, calendar.working_days_away(due, days, nation=nation, closed=closed))
        for days in sorted(set(days_after))
    )
    return tuple(reminder for reminder in found if reminder.on > drafted_on)

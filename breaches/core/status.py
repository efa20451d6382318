"""The states of a breach report, who moves it between them, and why one is dismissed."""

from enum import StrEnum

from releases.rules.lifecycle import LEADS, Lifecycle, Move, Role


class ReportStatus(StrEnum):
    """Where a report stands between the suspicion and the decision."""

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


class Kind(StrEnum):
    """What a report is about: what the record suspects of a release, or what a person started it for."""

    LATE = "late"
    EARLY = "early"
    PARTIAL = "partial"
    NOT_LIVE = "not_live"
    WRONG_CONTENT = "wrong_content"
    PRA = "pra"
    ACCESS = "access"
    LEAK = "leak"
    NOT_ANNOUNCED = "not_announced"
    USED_IN_PUBLIC = "used_in_public"
    UNEQUAL_ACCESS = "unequal_access"
    OTHER = "other"


# Of these the record itself raises suspicions; every kind can be started by a person.
SUSPECTED = (Kind.LATE, Kind.EARLY, Kind.PARTIAL)


# Who had access, or may have leaked, is for those who decide and for whoever deals with the report alone.
RESTRICTED = frozenset({Kind.PRA, Kind.ACCESS, Kind.LEAK})


class Nature(StrEnum):
    """What is sent: the report itself, or the notice that one that was sent is being corrected or is withdrawn."""

    REPORT = "report"
    CORRECTION_NOTICE = "correction_notice"
    WITHDRAWAL_NOTICE = "withdrawal_notice"


class DismissalReason(StrEnum):
    """Why a suspicion is no breach; a list, so that the register can count."""

    EXEMPTION = "exemption"
    AGREED_CHANGE = "agreed_change"
    CHECK_ERROR = "check_error"
    CACHE_ONLY = "cache_only"
    OTHER = "other"


class RecordingReason(StrEnum):
    """Why a breach is kept in the office's own log and not reported; a list, so that the register can count."""

    NO_EFFECT = "no_effect"
    NOT_NEEDED = "not_needed"
    REPORTED_BY_OTHERS = "reported_by_others"
    OTHER = "other"


class Cause(StrEnum):
    """Why a breach happened, as people found out; a list, so that the register can count what comes again."""

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


class Term(StrEnum):
    """Whether a corrective action puts things right now or keeps them right."""

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

# What somebody whose own act a report is about leaves to others: all that leads alone may do with it, but to write and
# to send what another has approved. Making it public is no move, and is left to others as well
# (breaches/deciding/publishing.py).
DECISIONS = frozenset({RETURN, APPROVE, RECORD, DISMISS, REOPEN, CORRECT, WITHDRAW, CLOSE})

OPEN = (ReportStatus.DRAFT, ReportStatus.WITH_HOP, ReportStatus.RETURNED)
OUT = (ReportStatus.SENT, ReportStatus.CLOSED, ReportStatus.WITHDRAWN)
# What an approved report can become keeps the document that was approved.
WITH_DOCUMENT = (ReportStatus.APPROVED, *OUT)
UNSENT_DECISIONS = (ReportStatus.APPROVED, ReportStatus.RECORDED, ReportStatus.DISMISSED)
DECIDED = (*UNSENT_DECISIONS, *OUT)
# Neither open nor decided: what such a report tells is told, and decided on, in another one.
TOLD_ELSEWHERE = (ReportStatus.JOINED, ReportStatus.PARTED)
WRITERS = LEADS | {Role.STATISTICIAN}

# A statistician writes and submits and never decides; the Head of Profession or a deputy may do every step.
# While a report is with the Head of Profession, the submitter's text is frozen for everybody else.
REPORT = Lifecycle(
    name="report",
    initial=ReportStatus.DRAFT,
    moves=(
        Move(EDIT, ReportStatus.DRAFT, ReportStatus.DRAFT, WRITERS),
        Move(EDIT, ReportStatus.RETURNED, ReportStatus.RETURNED, WRITERS),
        Move(EDIT, ReportStatus.WITH_HOP, ReportStatus.WITH_HOP, LEADS),
        Move(SUBMIT, ReportStatus.DRAFT, ReportStatus.WITH_HOP, WRITERS, needs=("complete_report",)),
        Move(SUBMIT, ReportStatus.RETURNED, ReportStatus.WITH_HOP, WRITERS, needs=("complete_report",)),
        Move(TAKE_BACK, ReportStatus.WITH_HOP, ReportStatus.DRAFT, WRITERS),
        Move(RETURN, ReportStatus.WITH_HOP, ReportStatus.RETURNED, LEADS, needs=("comment",)),
        *(Move(APPROVE, state, ReportStatus.APPROVED, LEADS, needs=("complete_report",)) for state in OPEN),
        *(Move(RECORD, state, ReportStatus.RECORDED, LEADS, needs=("account", "reason")) for state in OPEN),
        *(Move(DISMISS, state, ReportStatus.DISMISSED, LEADS, needs=("reason",)) for state in OPEN),
        *(Move(REOPEN, state, ReportStatus.DRAFT, LEADS, needs=("reason",)) for state in UNSENT_DECISIONS),
        # What has left the house is taken up again or withdrawn by a notice to whoever received it.
        Move(SEND, ReportStatus.APPROVED, ReportStatus.SENT, LEADS, needs=("recipient",)),
        Move(NOTE_ANSWER, ReportStatus.SENT, ReportStatus.SENT, WRITERS, needs=("answer",)),
        Move(CORRECT, ReportStatus.SENT, ReportStatus.DRAFT, LEADS, needs=("notice",)),
        Move(CORRECT, ReportStatus.CLOSED, ReportStatus.DRAFT, LEADS, needs=("notice",)),
        Move(WITHDRAW, ReportStatus.SENT, ReportStatus.WITHDRAWN, LEADS, needs=("notice",)),
        Move(WITHDRAW, ReportStatus.CLOSED, ReportStatus.WITHDRAWN, LEADS, needs=("notice",)),
        Move(CLOSE, ReportStatus.SENT, ReportStatus.CLOSED, LEADS),
        # Several drafts of one morning become one report, and that one is taken apart: breaches/drafts/joining.py.
        Move(JOIN, ReportStatus.DRAFT, ReportStatus.JOINED, WRITERS, needs=("joint_report",)),
        Move(RESUME, ReportStatus.JOINED, ReportStatus.DRAFT, WRITERS, needs=("joint_report",)),
        Move(PART, ReportStatus.DRAFT, ReportStatus.PARTED, WRITERS, needs=("joined_drafts",)),
    ),
)

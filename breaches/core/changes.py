"""Which events of a report outdate the page on which a person has read it."""

from breaches.core.status import (
    APPROVE,
    CLOSE,
    CORRECT,
    DISMISS,
    JOIN,
    NOTE_ANSWER,
    PART,
    RECORD,
    REOPEN,
    RESUME,
    RETURN,
    SEND,
    SUBMIT,
    TAKE_BACK,
    WITHDRAW,
)

# The kind of the event of each move.
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

# These begin a report. A page of the report is always newer.
BEGINNINGS = frozenset({"drafted", "started", "joint_drafted"})

MADE_PUBLIC, TAKEN_FROM_PUBLIC = "made_public", "public_taken_back"

# What a person does with a report by a form of one button.
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
"""Events after which a person must read the report again before they move it on."""

NO_CHANGES = frozenset(
    {
        "facts_offered",
        "dealing_taken",
        "dealing_changed",
        "action_added",
        "action_changed",
        "action_done",
        "action_open_again",
        "note_written",
        "note_corrected",
        "downloaded",
        "draft_downloaded",
        "statement_downloaded",
    }
)
"""Events that leave what a person decides on as it was."""

ROW_CHANGES = BEGINNINGS | CHANGES | {"facts_offered", "dealing_taken", "dealing_changed"}
"""Events that change the row of a report itself: its digest is recorded after each."""

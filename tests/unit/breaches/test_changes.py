"""Each kind of event outdates the forms of a report or does not, and someone has decided which."""

from breaches.rules.lifecycle import (
    BEGINNINGS,
    CHANGES,
    EDIT,
    EMAIL_ACCEPTED,
    EMAIL_FAILED,
    EMAIL_RETRIED,
    NOTICE_SENT,
    PAST_TENSE,
    REPORT,
)
from breaches.text import EVENTS

# Events after which a person does not have to read the report again before making a move.
NO_CHANGES = frozenset(
    {
        "facts_offered",
        "numbered",
        "dealing_taken",
        "dealing_changed",
        "action_added",
        "action_changed",
        "action_done",
        "action_open_again",
        "note_written",
        "note_corrected",
        "commented",
        "comment_resolved",
        "attachment_added",
        "attachment_deleted",
        "attachment_downloaded",
        "downloaded",
        "draft_downloaded",
        "concern_downloaded",
        "statement_downloaded",
        # the email of a dispatch
        EMAIL_ACCEPTED,
        EMAIL_FAILED,
        EMAIL_RETRIED,
        NOTICE_SENT,
    }
)


def test_every_kind_of_event_begins_a_report_or_changes_it_or_does_not():
    assert sorted([*BEGINNINGS, *CHANGES, *NO_CHANGES]) == sorted(EVENTS)


def test_every_move_outdates_the_forms_that_were_opened_before_it():
    assert set(PAST_TENSE) == set(REPORT.move_names) - {EDIT}
    assert {*PAST_TENSE.values(), "edited"} <= CHANGES

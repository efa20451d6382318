"""Each kind of event outdates the forms of a report or does not, and someone has decided which."""

from breaches.rules.lifecycle import BEGINNINGS, CHANGES, EDIT, NO_CHANGES, PAST_TENSE, REPORT
from breaches.text import EVENTS


def test_every_kind_of_event_begins_a_report_or_changes_it_or_does_not():
    assert sorted([*BEGINNINGS, *CHANGES, *NO_CHANGES]) == sorted(EVENTS)


def test_every_move_outdates_the_forms_that_were_opened_before_it():
    assert set(PAST_TENSE) == set(REPORT.move_names) - {EDIT}
    assert {*PAST_TENSE.values(), "edited"} <= CHANGES

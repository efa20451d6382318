"""Every state, move and role: the function succeeds for the pairs of the table and for no other."""

import pytest

from breaches import decisions, dispatches, editing, versions
from breaches.models import Report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import (
    APPROVE,
    CLOSE,
    CORRECT,
    DISMISS,
    EDIT,
    JOIN,
    NOTE_ANSWER,
    PART,
    RECORD,
    REOPEN,
    REPORT,
    RESUME,
    RETURN,
    SEND,
    SUBMIT,
    TAKE_BACK,
    UNDECIDED,
    WITHDRAW,
    ReportStatus,
)
from releases.rules.lifecycle import Role, WrongRole, WrongState
from tests.support.factories import rolled_back
from tests.support.people import AT, REGULATOR, create_office, move_report, render_text

pytestmark = pytest.mark.django_db


def made(report, name, *, by, **given):
    """Make a move by the table alone."""
    return versions.make_move(report, versions.check_report_move(report, name, by=by, **given), by=by, at=AT)


MOVES = {
    EDIT: lambda report, by: editing.save_section(
        report,
        section=ReportSection.IMPACT,
        values={"impact": "Edited."},
        expected_version=report.version,
        by=by,
        at=AT,
    ),
    SUBMIT: lambda report, by: decisions.submit_report(report, by=by, at=AT),
    TAKE_BACK: lambda report, by: decisions.take_back_report(report, by=by, at=AT),
    RETURN: lambda report, by: decisions.return_report(report, comment="Again.", by=by, at=AT),
    APPROVE: lambda report, by: decisions.approve_report(report, by=by, at=AT, render=render_text),
    RECORD: lambda report, by: decisions.record_report(
        report, reason="no_effect", words="Nobody saw it.", by=by, at=AT
    ),
    DISMISS: lambda report, by: decisions.dismiss_report(report, reason="other", words="None.", by=by, at=AT),
    REOPEN: lambda report, by: decisions.reopen_report(report, reason="News.", by=by, at=AT),
    SEND: lambda report, by: dispatches.send_report(report, recipient=REGULATOR, by=by, at=AT),
    NOTE_ANSWER: lambda report, by: decisions.record_answer(report, answer="Thank you.", by=by, at=AT),
    CORRECT: lambda report, by: dispatches.send_correction(report, notice="The day was wrong.", by=by, at=AT),
    WITHDRAW: lambda report, by: dispatches.send_withdrawal(report, notice="It was in time.", by=by, at=AT),
    CLOSE: lambda report, by: decisions.close_report(report, by=by, at=AT),
    # Made of several reports at once by breaches/merging.py, whose own tests show its other conditions.
    JOIN: lambda report, by: made(report, JOIN, by=by, joint_report=True),
    RESUME: lambda report, by: made(report, RESUME, by=by, joint_report=True),
    PART: lambda report, by: made(report, PART, by=by, joined_drafts=True),
}
STRANGER = "stranger"
# Roles that the table never names, which the next test sees; what refuses them does not ask for the state.
NEVER = {Role.PUBLISHING_TEAM, Role.AUDITOR, Role.CALENDAR_MANAGER, STRANGER}
STATES_FOR_NEVER = {"draft", "with_hop", "sent"}
DECIDES = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
WRITES = DECIDES | {Role.STATISTICIAN}
# Written down a second time, by hand from the rules, so that a slip in the table of the code is seen.
ALLOWED = {
    **{(status, EDIT): WRITES for status in ("draft", "returned")},
    ("with_hop", EDIT): DECIDES,
    **{(status, SUBMIT): WRITES for status in ("draft", "returned")},
    ("with_hop", TAKE_BACK): WRITES,
    ("with_hop", RETURN): DECIDES,
    **{(status, APPROVE): DECIDES for status in ("draft", "with_hop", "returned")},
    **{(status, RECORD): DECIDES for status in ("draft", "with_hop", "returned")},
    **{(status, DISMISS): DECIDES for status in ("draft", "with_hop", "returned")},
    **{(status, REOPEN): DECIDES for status in ("approved", "recorded", "dismissed")},
    **{(status, SEND): DECIDES for status in ("approved", "sent", "closed")},
    ("sent", NOTE_ANSWER): WRITES,
    **{(status, CORRECT): DECIDES for status in ("sent", "closed")},
    **{(status, WITHDRAW): DECIDES for status in ("sent", "closed")},
    **{(status, WITHDRAW): DECIDES for status in ("draft", "with_hop", "returned")},
    ("sent", CLOSE): DECIDES,
    ("draft", JOIN): WRITES,
    ("joined", RESUME): WRITES,
    ("draft", PART): WRITES,
}
# While a report is undecided, it depends on an earlier dispatch which of these moves its state allows.
WHILE_CORRECTED = {(status, WITHDRAW) for status in ("draft", "with_hop", "returned")}
NEVER_SENT = {(status, move) for status in ("draft", "with_hop", "returned") for move in (RECORD, DISMISS)}
# Only after its email failed for good: tests/integration/statsoffice/notifications/test_reports_sent.py.
AFTER_A_FAILURE = {(status, SEND) for status in ("sent", "closed")}
OF_A_REPORT_NEVER_SENT = {
    pair: roles for pair, roles in ALLOWED.items() if pair not in WHILE_CORRECTED | AFTER_A_FAILURE
}
OF_A_CORRECTION = {pair: roles for pair, roles in ALLOWED.items() if pair not in NEVER_SENT | AFTER_A_FAILURE}


def test_the_moves_tested_are_all_moves_and_the_table_is_the_rule():
    assert set(MOVES) == set(REPORT.move_names)
    assert {(move.source, move.name): set(move.roles) for move in REPORT.moves} == ALLOWED


def state_of(report):
    """What a refused move must leave as it was."""
    return Report.objects.values().get(pk=report.pk), report.versions.count(), report.events.count()


def stored(report):
    return Report.objects.select_related("producer").get(pk=report.pk)


@pytest.mark.parametrize("everybody", [False, pytest.param(True, marks=pytest.mark.full)], ids=["some", "everybody"])
@pytest.mark.parametrize("status", list(ReportStatus))
def test_the_tables_roles_and_no_others_make_a_move_from_a_state(office, draft_report, status, everybody, subtests):
    report = move_report(draft_report, office, status)
    check_moves(report, office, OF_A_REPORT_NEVER_SENT, everybody=everybody, subtests=subtests)


@pytest.mark.parametrize("status", UNDECIDED)
def test_a_report_that_was_sent_is_withdrawn_while_it_is_corrected_and_neither_recorded_nor_dismissed(
    office, sent_report, status, subtests
):
    draft = dispatches.send_correction(sent_report, notice="The day was wrong.", by=office.head, at=AT)
    report = move_report(draft, office, status)
    check_moves(report, office, OF_A_CORRECTION, everybody=False, subtests=subtests)


def check_moves(report, office, table, *, everybody, subtests):
    """Each move succeeds for the roles of the table, and for no others."""
    status = report.status
    people = {**office.people, STRANGER: create_office().head}
    before = state_of(report)
    tried = people.keys() - (set() if everybody or status in STATES_FOR_NEVER else NEVER)
    for move in MOVES:
        allowed = table.get((status, move), set())
        with subtests.test(move), rolled_back():
            for role in tried - allowed:
                with pytest.raises((WrongRole, WrongState)):
                    MOVES[move](Report.objects.get(pk=report.pk), people[role])
            assert state_of(report) == before
        for role in sorted(allowed):
            with subtests.test(f"{move} by {role}"), rolled_back():
                MOVES[move](stored(report), people[role])
                moved = Report.objects.get(pk=report.pk)
                assert moved.status == REPORT.find(move, source=status).target
                assert moved.events.last().actor == people[role]
                assert moved.events.last().facts["status"] == [status, moved.status]

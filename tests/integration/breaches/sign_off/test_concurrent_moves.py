"""Two people take two steps with the same report in the same moment: one of them sees that the other was faster.

On PostgreSQL, in separate transactions: the row of the report decides.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations_with_replacement, count

import pytest
from django.db import transaction

from breaches import comments, corrective_actions, decisions, dispatches, editing, merging, redaction
from breaches.editing import ChosenCause
from breaches.models import Report, ReportEvent, SectionComment, TimelineNote
from breaches.rules.content import Plan, ReportSection
from breaches.rules.lifecycle import (
    APPROVE,
    CLOSE,
    CORRECT,
    DISMISS,
    JOIN,
    NOTE_ANSWER,
    PART,
    PAST_TENSE,
    RECORD,
    REOPEN,
    RETURN,
    SEND,
    SUBMIT,
    TAKE_BACK,
    WITHDRAW,
    Cause,
    ReportStatus,
    ReportTerm,
)
from breaches.versions import changes_since, content_of
from releases.models.append_only import check_chain
from releases.models.event import lock_producer
from tests.integration.breaches.sign_off.test_permission_matrix import OF_A_REPORT_NEVER_SENT
from tests.support.concurrency import are_done_at_once, is_done
from tests.support.people import AT, REGULATOR, create_office, create_report, reload_reports, render_text

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = count(1)
ACTS = {
    SUBMIT: lambda report, office: decisions.submit_report(report, by=office.statistician, at=AT),
    TAKE_BACK: lambda report, office: decisions.take_back_report(report, by=office.statistician, at=AT),
    RETURN: lambda report, office: decisions.return_report(report, comment="Again.", by=office.head, at=AT),
    APPROVE: lambda report, office: decisions.approve_report(report, by=office.head, at=AT, render=render_text),
    RECORD: lambda report, office: decisions.record_report(
        report, reason="no_effect", words="Nobody saw it.", by=office.head, at=AT
    ),
    DISMISS: lambda report, office: decisions.dismiss_report(
        report, reason="other", words="None.", by=office.head, at=AT
    ),
    REOPEN: lambda report, office: decisions.reopen_report(report, reason="News.", by=office.head, at=AT),
    SEND: lambda report, office: dispatches.send_report(report, recipient=REGULATOR, by=office.head, at=AT),
    NOTE_ANSWER: lambda report, office: decisions.record_answer(report, answer="Thanks.", by=office.head, at=AT),
    CORRECT: lambda report, office: dispatches.send_correction(report, notice="Wrong day.", by=office.head, at=AT),
    WITHDRAW: lambda report, office: dispatches.send_withdrawal(report, notice="In time.", by=office.head, at=AT),
    CLOSE: lambda report, office: decisions.close_report(report, by=office.head, at=AT),
}
# Joining and taking apart are raced in test_at_once.py, each against itself: they need several reports. These reports
# were never sent before, so none of them is withdrawn while it is undecided.
PAIRS = {
    status: list(combinations_with_replacement([move for move in ACTS if (status, move) in OF_A_REPORT_NEVER_SENT], 2))
    for status in ReportStatus
}
# All moves are made by one function: for a commit each is raced against itself, and against the others in ./test --all.
RACES = [
    pytest.param(status, pairs, id=f"{status}-{name}", marks=marks)
    for status, all_pairs in PAIRS.items()
    for name, marks, pairs in (
        ("itself", (), [pair for pair in all_pairs if pair[0] == pair[1]]),
        ("others", pytest.mark.full, [pair for pair in all_pairs if pair[0] != pair[1]]),
    )
    if pairs
]
CHANGES = {
    "own_act_declared": lambda report, office: editing.declare_own_act(report, by=office.head, at=AT),
    "cause_chosen": lambda report, office: editing.choose_cause(
        report, ChosenCause(Cause.OUTAGE), by=office.deputy, at=AT
    ),
    "redacted": lambda report, office: redaction.redact_report(
        report, words="Nobody has written", why="It was a name.", by=office.head, at=AT
    ),
}


@pytest.fixture
def office(transactional_db):
    return create_office()


def both_at_once(report, office, *acts):
    """Do two acts, each with the report as it was read before either, and return which of them were done."""
    read = [reload_reports([report])[0] for _ in acts]
    return are_done_at_once(*(partial(act, one, office) for act, one in zip(acts, read, strict=True)))


def test_every_move_of_one_report_is_raced():
    assert set(ACTS) == set(PAST_TENSE) - {JOIN, PART, "resume"}
    assert sum(len(pairs) for pairs in PAIRS.values()) > 40


@pytest.mark.parametrize(("status", "pairs"), RACES)
def test_of_two_moves_at_once_one_is_made(office, status, pairs, subtests):
    for first, second in pairs:
        with subtests.test(f"{first} and {second}"):
            report = create_report(office, status, reference=f"race-{next(NUMBERS)}")
            before = report.events.count()
            done = both_at_once(report, office, ACTS[first], ACTS[second])
            assert sorted(done) == [False, True]
            assert report.events.count() == before + 1
    assert check_chain(ReportEvent)[1] is None


@pytest.mark.parametrize("change", CHANGES)
def test_an_approval_never_follows_a_change_that_it_was_at_once_with(office, change):
    report = create_report(office, ReportStatus.WITH_HOP)
    both_at_once(report, office, CHANGES[change], ACTS[APPROVE])
    kinds = [event.kind for event in changes_since(report, report.last_change)]
    # A cause is written into an account that no person has edited.
    changed = [change, "edited"] if change == "cause_chosen" else [change]
    assert kinds in (changed, ["approved"], ["approved", change])


@pytest.mark.parametrize("change", CHANGES)
def test_an_approval_that_waits_for_a_change_is_refused(office, change):
    """The change holds the row of the report while the approval arrives: it is decided by the row, and not before."""
    report = create_report(office, ReportStatus.WITH_HOP)
    (read,) = reload_reports([report])
    with ThreadPoolExecutor(max_workers=1) as threads:
        with transaction.atomic():
            CHANGES[change](reload_reports([report])[0], office)
            waiting = threads.submit(is_done, partial(ACTS[APPROVE], read, office))
            # It cannot end before this transaction does, unless it does not wait for it.
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        assert waiting.result(timeout=10) is False
    assert Report.objects.get(pk=report.pk).status == ReportStatus.WITH_HOP


def is_done_after(first, second, *, report):
    """Hold the row of a report until `second` has arrived, then do `first`; return whether `second` was done as well.

    If `second` takes another lock before the row, both wait for each other, and PostgreSQL ends one with an error.
    """
    with ThreadPoolExecutor(max_workers=1) as threads:
        with transaction.atomic():
            Report.objects.select_for_update(no_key=True).get(pk=report.pk)
            waiting = threads.submit(is_done, second)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            first()
        return waiting.result(timeout=10)


def test_an_approval_by_a_person_who_wrote_waits_for_the_report_before_it_locks_the_producer(office):
    report = create_report(office)
    values = {"impact": "Two users asked."}
    editing.save_section(
        report, section=ReportSection.IMPACT, values=values, expected_version=report.version, by=office.head, at=AT
    )
    (read,) = reload_reports([report])
    lock = partial(lock_producer, office.producer.pk)
    assert is_done_after(lock, partial(ACTS[APPROVE], read, office), report=report)
    assert Report.objects.get(pk=report.pk).status == ReportStatus.APPROVED


def write_note(report, office):
    editing.write_note(report, text="A user rang.", happened_at=AT, printed=True, by=office.statistician, at=AT)


def test_a_note_that_is_written_at_once_with_an_edit_waits_for_it_and_is_printed(office):
    report = create_report(office)

    def edit():
        values = {"impact": "Two users asked."}
        editing.save_section(
            report, section=ReportSection.IMPACT, values=values, expected_version=report.version, by=office.head, at=AT
        )

    assert is_done_after(edit, partial(write_note, report, office), report=report)
    content = content_of(Report.objects.get(pk=report.pk))
    assert (content.impact, [entry.text for entry in content.timeline]) == ("Two users asked.", ["A user rang."])


def test_a_note_that_is_sent_twice_at_once_is_stored_once(office):
    report = create_report(office)
    write = partial(write_note, report, office)
    assert is_done_after(write, write, report=report)
    assert TimelineNote.objects.count() == 1


def test_two_actions_that_are_changed_at_once_are_both_printed(office):
    report = create_report(office)
    plans = [Plan(text, ReportTerm.SHORT, "Head of branch") for text in ("Check", "Train", "Check twice", "Train all")]
    actions = [corrective_actions.add_action(report, plan, by=office.statistician, at=AT) for plan in plans[:2]]
    first, second = (
        partial(corrective_actions.change_action, action, plan, by=office.statistician, at=AT)
        for action, plan in zip(actions, plans[2:], strict=True)
    )
    assert is_done_after(first, second, report=report)
    printed = content_of(Report.objects.get(pk=report.pk)).corrective_actions
    assert printed.endswith(f"Short-term:\n{plans[2].printed}\n{plans[3].printed}")


def comment_on(report, person):
    comments.add_comment(report, section=ReportSection.IMPACT, words="How many users?", by=person, at=AT)


def test_a_comment_that_is_sent_twice_at_once_is_stored_once(office):
    report = create_report(office)
    comment = partial(comment_on, report, office.head)
    assert is_done_after(comment, comment, report=report)
    assert SectionComment.objects.count() == ReportEvent.objects.filter(kind="commented").count() == 1


def test_a_comment_that_waits_for_a_decision_is_refused(office):
    report = create_report(office, ReportStatus.WITH_HOP)
    (read,) = reload_reports([report])
    approve = partial(ACTS[APPROVE], report, office)
    assert not is_done_after(approve, partial(comment_on, read, office.deputy), report=report)
    assert SectionComment.objects.count() == 0


def test_a_draft_that_is_joined_is_not_submitted_in_the_same_moment(office):
    report = create_report(office, reference="joined-at-once")
    beside = create_report(office, reference="beside")
    read = reload_reports([report, beside])
    done = both_at_once(
        report, office, ACTS[SUBMIT], lambda report, office: merging.merge_drafts(read, by=office.statistician, at=AT)
    )
    assert sorted(done) == [False, True]

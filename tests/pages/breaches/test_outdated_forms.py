"""A form that was opened before the last change of the report decides nothing, and says what has happened since."""

import pytest

from breaches import comments, corrective_actions, decisions, dispatches, drafting, editing, publication, redaction
from breaches.editing import ChosenCause
from breaches.models import ApprovedDocument, Report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import Cause, ReportStatus, ReportTerm
from breaches.versions import record_report_event
from releases.rules.lifecycle import ChangedMeanwhile
from tests.support.factories import rolled_back
from tests.support.people import AT, REGULATOR, reload_reports, render_text, write_sections
from tests.support.published_reports import made_public
from tests.support.report_evidence import london
from tests.support.report_forms import filled_in, page_of, send, status_of, words
from tests.support.report_mornings import NOT_LIVE, record_checks

pytestmark = pytest.mark.django_db

TAKEN_BACK = "The cause is wrong."


def stored(report):
    return reload_reports([report])[0]


def taken_back_and_submitted(report, office):
    """The report as it was: its state and its text are the same, and a person has had it in between."""
    draft = decisions.take_back_report(stored(report), reason=TAKEN_BACK, by=office.statistician, at=AT)
    decisions.submit_report(draft, by=office.statistician, at=AT)


def suspected_of_more(report):
    """One more suspicion about the release of the report."""
    verification = report.suspicions.get().verification
    type(verification).objects.filter(pk=verification.pk).update(outcome="early", occurred_at=london("09:10"))
    drafting.draft_missing(now=london("11:10"))
    assert report.events.filter(kind="suspicion_joined").exists()


CHANGES = {
    "a take-back": lambda report, office: decisions.take_back_report(
        report, reason=TAKEN_BACK, by=office.statistician, at=AT
    ),
    "a return": lambda report, office: decisions.return_report(report, comment="Say more.", by=office.deputy, at=AT),
    "a take-back and a new submission": taken_back_and_submitted,
    "an edit": lambda report, office: write_sections(report, by=office.deputy, impact="Two users asked."),
    "a cause": lambda report, office: editing.choose_cause(report, ChosenCause(Cause.OUTAGE), by=office.deputy, at=AT),
    "a suspicion": lambda report, office: suspected_of_more(report),
    "an own act": lambda report, office: editing.declare_own_act(report, by=office.deputy, at=AT),
    "a redaction": lambda report, office: redaction.redact_report(
        report, words="Nobody has written", why="It was a name.", by=office.head, at=AT
    ),
}  # fmt: skip
NO_CHANGES = {
    "a download": lambda report, office: record_report_event(
        report, "draft_downloaded", at=AT, by=office.deputy, version=1
    ),
    "a note": lambda report, office: editing.write_note(
        report, text="A user rang.", happened_at=AT, by=office.statistician, at=AT
    ),
    "who deals with it": lambda report, office: editing.assign_report(
        report, person=office.deputy, by=office.deputy, at=AT
    ),
    "a comment": lambda report, office: comments.add_comment(
        report, section=ReportSection.IMPACT, words="How many users?", by=office.deputy, at=AT
    ),
    "an action": lambda report, office: corrective_actions.add_action(
        report, corrective_actions.Plan("Check at 9:30am", ReportTerm.SHORT, "Team"), by=office.statistician, at=AT
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_an_approval_page_that_was_opened_before_a_change_does_not_approve(
    client, office, submitted_report, quick_printer, change
):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "approve")).text
    read = stored(submitted_report)
    CHANGES[change](stored(submitted_report), office)
    status = status_of(submitted_report)
    answer = client.post(page_of(submitted_report, "approve"), filled_in(page))
    assert answer.status_code == 409
    assert "Changes since you opened the page" in words(answer.text)
    assert page_of(submitted_report, "report") in answer.text
    # by the function, for the version read before
    with pytest.raises(ChangedMeanwhile):
        decisions.approve_report(_in_the_state_of(read, status), by=office.head, at=AT, render=render_text)
    assert ApprovedDocument.objects.count() == 0
    assert status_of(submitted_report) == status


def _in_the_state_of(read, status):
    read.status, read.version = status, stored(read).version
    return read


@pytest.mark.parametrize("event", NO_CHANGES)
def test_what_changes_nothing_that_is_decided_on_outdates_no_form(
    client, office, submitted_report, quick_printer, event
):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "approve")).text
    NO_CHANGES[event](stored(submitted_report), office)
    assert client.post(page_of(submitted_report, "approve"), filled_in(page)).status_code == 302
    assert status_of(submitted_report) == ReportStatus.APPROVED


def test_facts_that_are_only_offered_outdate_no_form(client, office, submitted_report, quick_printer):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "approve")).text
    record_checks(submitted_report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:07"))
    assert submitted_report.events.filter(kind="facts_offered").exists()
    assert client.post(page_of(submitted_report, "approve"), filled_in(page)).status_code == 302


def test_the_page_says_who_did_what_and_keeps_what_was_typed(client, office, submitted_report):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "dismiss")).text
    decisions.take_back_report(stored(submitted_report), reason=TAKEN_BACK, by=office.statistician, at=AT)
    answer = send(client, page_of(submitted_report, "dismiss"), page, reason="agreed_change", words="Typed with care.")
    assert answer.status_code == 409
    shown = words(answer.text)
    assert "The report has changed" in shown
    assert "Taken back from the Head of Profession" in shown
    assert f"{office.statistician}, statistician" in shown
    assert "11:00:00am on 30 June 2020" in shown
    assert TAKEN_BACK in shown
    assert "Typed with care." in shown
    assert "The Head of Profession had agreed to the change" in shown
    assert "agreed_change" not in shown
    assert status_of(submitted_report) == ReportStatus.DRAFT


def test_what_happened_before_the_page_was_opened_is_not_on_it(client, office, submitted_report):
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "return")).text
    editing.declare_own_act(stored(submitted_report), by=office.deputy, at=AT)
    answer = send(client, page_of(submitted_report, "return"), page, comment="Say more.")
    assert "Conflict of interest declared" in words(answer.text)
    assert "Submitted to the Head of Profession" not in words(answer.text)


def test_an_outdated_form_is_refused_before_its_fields_are_asked_for(client, office, submitted_report):
    """Shown again with its missing parts, it would carry the number of a change that the person has not read."""
    client.force_login(office.head)
    page = client.get(page_of(submitted_report, "dismiss")).text
    taken_back_and_submitted(submitted_report, office)
    answer = send(client, page_of(submitted_report, "dismiss"), page, words="Typed with care.")
    assert answer.status_code == 409
    assert "Typed with care." in words(answer.text)


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("send", {}),
        ("sent_outside", {"recipient": REGULATOR, "sent_on-day": "30", "sent_on-month": "6", "sent_on-year": "2020"}),
        ("reopen", {"reason": "News."}),
        ("publish", {"read": "on"}),
    ],
)
def test_no_form_of_an_approved_report_is_accepted_after_a_change(
    client, office, approved_report, settings, page, fields
):
    settings.REPORT_RECIPIENT, settings.BREACHES_PUBLIC = REGULATOR, True
    _refused_after_an_own_act(client, office, approved_report, page, fields)


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("answer", {"answer": "Thank you."}),
        ("correct", {"notice": "The day was wrong."}),
        ("withdraw", {"notice": "It was in time."}),
        ("close", {}),
        ("unpublish", {}),
    ],
)
def test_no_form_of_a_sent_report_is_accepted_after_a_change(client, office, sent_report, settings, page, fields):
    settings.BREACHES_PUBLIC = True
    if page == "unpublish":
        made_public(sent_report, office)
    _refused_after_an_own_act(client, office, sent_report, page if page != "answer" else "note_answer", fields)


def _refused_after_an_own_act(client, office, report, name, fields):
    client.force_login(office.head)
    page = client.get(page_of(report, name)).text
    before = status_of(report), publication.is_public(report)
    with rolled_back():
        assert client.post(page_of(report, name), filled_in(page) | fields).status_code == 302
        assert (status_of(report), publication.is_public(report)) != before or name == "note_answer"
    editing.declare_own_act(stored(report), by=office.deputy, at=AT)
    answer = client.post(page_of(report, name), filled_in(page) | fields)
    assert answer.status_code == 409
    assert "Conflict of interest declared" in words(answer.text)
    assert (status_of(report), publication.is_public(report)) == before


def test_an_answer_that_is_sent_twice_is_recorded_once(client, office, sent_report):
    client.force_login(office.head)
    page = client.get(page_of(sent_report, "note_answer")).text
    for _ in range(2):
        assert send(client, page_of(sent_report, "note_answer"), page, answer="Thank you.").status_code == 302
    assert sent_report.events.filter(kind="answered").count() == 1


def test_a_number_that_no_page_carried_is_refused(client, office, submitted_report, quick_printer):
    client.force_login(office.head)
    fields = filled_in(client.get(page_of(submitted_report, "approve")).text)
    for number, status in (("", 200), ("x", 200), ("-1", 200), ("0", 409), ("9" * 30, 409)):
        answer = client.post(page_of(submitted_report, "approve"), fields | {"last_change": number})
        assert answer.status_code == status, number
    assert status_of(submitted_report) == ReportStatus.WITH_HOP


def test_the_record_that_changes_a_draft_outdates_the_page_on_which_it_is_submitted(client, office, draft_report):
    client.force_login(office.statistician)
    page = client.get(page_of(draft_report, "check")).text
    record_checks(draft_report.suspicions.get().release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:30"))
    answer = client.post(page_of(draft_report, "submit"), filled_in(page))
    assert answer.status_code == 409
    assert "Facts updated automatically The automatic check" in words(answer.text)


def test_a_report_that_no_one_has_changed_has_the_number_nought(report):
    assert Report.objects.get(pk=report.pk).last_change == 0


def test_the_number_is_the_position_of_the_event(office, submitted_report):
    last = submitted_report.events.get(kind="submitted")
    assert stored(submitted_report).last_change == submitted_report.last_change == last.position


def test_a_withdrawn_report_names_the_notice_as_what_has_happened(client, office, sent_report):
    client.force_login(office.head)
    page = client.get(page_of(sent_report, "close")).text
    dispatches.send_withdrawal(stored(sent_report), notice="It was in time.", by=office.deputy, at=AT)
    answer = client.post(page_of(sent_report, "close"), filled_in(page))
    assert answer.status_code == 409
    assert "Withdrawn, with a notice to the recipient" in words(answer.text)

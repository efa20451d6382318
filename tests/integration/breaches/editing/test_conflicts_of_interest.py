"""A person whose own act is the subject of a report declares it, and another person decides."""

import pytest
from django.urls import reverse
from django.utils import timezone

from breaches import decisions, editing, publication, versions
from breaches.models import OwnAct, Report
from breaches.permissions import moves_open_to
from breaches.rules.lifecycle import (
    APPROVE,
    CLOSE,
    CORRECT,
    DECIDED,
    DECISIONS,
    DISMISS,
    RECORD,
    REOPEN,
    REPORT,
    RETURN,
    SEND,
    WITHDRAW,
    ReportStatus,
)
from breaches.rules.public_statement import statement_digest
from releases.models.append_only import AppendOnlyRow
from releases.rules.lifecycle import LEADS, Role
from tests.integration.breaches.sign_off.test_permission_matrix import MOVES, OF_A_REPORT_NEVER_SENT
from tests.support.factories import rolled_back
from tests.support.people import AT, create_report, move_report, render_text
from tests.support.report_forms import send, words

pytestmark = pytest.mark.django_db


def page_of(report, name="own_act"):
    return reverse(f"breaches:{name}", args=[report.reference])


# Written down a second time, by hand from the rule: decisions are left to others, writing and carrying out are not.
LEFT_TO_OTHERS = {RETURN, APPROVE, RECORD, DISMISS, REOPEN, CORRECT, WITHDRAW, CLOSE}


@pytest.mark.parametrize("status", sorted({status for status, _ in OF_A_REPORT_NEVER_SENT}))
def test_who_declared_their_own_act_makes_no_decision_and_another_does(office, draft_report, status, subtests):
    report = move_report(draft_report, office, ReportStatus(status))
    editing.declare_own_act(report, by=office.head, at=AT)
    for (was, move), roles in OF_A_REPORT_NEVER_SENT.items():
        if was != status or Role.DEPUTY not in roles:
            continue
        with subtests.test(move), rolled_back():
            declared = Report.objects.select_related("producer").get(pk=report.pk)
            assert (move in moves_open_to(office.head, declared)) is (move not in LEFT_TO_OTHERS)
            person = office.head
            if move in LEFT_TO_OTHERS:
                with pytest.raises(versions.OwnActIsSubject):
                    MOVES[move](declared, office.head)
                assert Report.objects.get(pk=report.pk).status == status
                person = office.deputy
            MOVES[move](declared, person)
            moved = Report.objects.get(pk=report.pk)
            assert (moved.status, moved.events.last().actor) == (REPORT.find(move, source=status).target, person)


def test_every_move_that_only_a_lead_makes_is_left_to_others_unless_it_writes_or_carries_out():
    writers_make = {move.name for move in REPORT.moves if move.roles - LEADS}
    assert set(REPORT.move_names) - writers_make - {SEND} == LEFT_TO_OTHERS == DECISIONS


def test_who_declared_their_own_act_may_go_on_writing_and_submitting(office, draft_report):
    editing.declare_own_act(draft_report, by=office.statistician, at=AT)
    assert decisions.submit_report(draft_report, by=office.statistician, at=AT).status == ReportStatus.WITH_HOP


def test_a_declaration_is_about_one_report_and_stands_for_ever(office, submitted_report):
    first, second = submitted_report, create_report(office, ReportStatus.WITH_HOP, reference="b")
    editing.declare_own_act(first, by=office.head, at=AT)
    with pytest.raises(AppendOnlyRow):
        OwnAct.objects.get().delete()
    assert (
        decisions.approve_report(second, by=office.head, at=AT, render=render_text).report.status
        == ReportStatus.APPROVED
    )


def test_a_second_declaration_changes_nothing(office, draft_report):
    for _ in range(2):
        editing.declare_own_act(draft_report, by=office.head, at=AT, words="I chose the file.")
    assert OwnAct.objects.count() == 1
    assert [event.words for event in draft_report.events.filter(kind="own_act_declared")] == ["I chose the file."]


def test_the_page_keeps_the_declaration_and_everyone_who_works_on_the_report_sees_it(client, office, submitted_report):
    client.force_login(office.head)
    assert page_of(submitted_report) in client.get(page_of(submitted_report, "report")).text
    send(client, page_of(submitted_report), words="I chose the file.")
    page = client.get(page_of(submitted_report, "report")).text
    assert page_of(submitted_report, "approve") not in page
    assert page_of(submitted_report) not in page
    client.force_login(office.statistician)
    assert f"{office.head} declared a conflict of interest at" in words(
        client.get(page_of(submitted_report, "report")).text
    )
    assert "I chose the file." in words(client.get(page_of(submitted_report, "history")).text)


@pytest.mark.parametrize("status", [ReportStatus.WITH_HOP, *DECIDED])
def test_a_declaration_after_the_decision_says_what_the_person_cannot_do(client, office, status):
    report = create_report(office, status)
    client.force_login(office.head)
    page = words(client.post(page_of(report), {"words": ""}, follow=True).text)
    cannot = "cannot reopen, correct, withdraw or close this report, or decide whether it is public."
    is_decided = status in DECIDED
    assert (f"Conflict of interest declared. You {cannot}" in page) is is_decided
    assert (f"They {cannot}" in page) is is_decided
    assert ("Someone else must decide" in page) is not is_decided
    assert "Conflict of interest declared" in words(client.get(page_of(report, "history")).text)


def test_a_direct_post_of_the_decision_is_refused_too(client, office, submitted_report):
    editing.declare_own_act(submitted_report, by=office.head, at=AT)
    client.force_login(office.head)
    sent = {"last_change": submitted_report.last_change, "reason": "other", "words": "None."}
    answer = client.post(page_of(submitted_report, "dismiss"), sent)
    assert answer.status_code == 409
    assert "Another Head of Profession or deputy must decide" in words(answer.text)
    assert Report.objects.get(pk=submitted_report.pk).status == ReportStatus.WITH_HOP


def published(report, *, by):
    publication.publish_statement(
        report, seen=statement_digest(publication.preview_statement(report, now=AT)), by=by, at=AT
    )
    report.refresh_from_db()


def test_who_declared_their_own_act_neither_makes_it_public_nor_takes_it_back(office, approved_report):
    editing.declare_own_act(approved_report, by=office.head, at=AT)
    with pytest.raises(versions.OwnActIsSubject):
        published(approved_report, by=office.head)
    assert not publication.is_public(approved_report)
    published(approved_report, by=office.deputy)
    with pytest.raises(versions.OwnActIsSubject):
        publication.withdraw_statement(approved_report, by=office.head, at=AT)
    assert publication.is_public(approved_report)


@pytest.mark.parametrize("is_public", [False, True])
def test_the_pages_of_the_public_say_that_someone_else_decides(client, office, sent_report, settings, is_public):
    settings.BREACHES_PUBLIC = True
    editing.declare_own_act(sent_report, by=office.head, at=AT)
    if is_public:
        published(sent_report, by=office.deputy)
    client.force_login(office.head)
    page = client.get(page_of(sent_report, "report")).text
    assert page_of(sent_report, "publish") not in page
    assert page_of(sent_report, "unpublish") not in page
    name = "unpublish" if is_public else "publish"
    seen = {
        "last_change": sent_report.last_change,
        "seen": statement_digest(publication.preview_statement(sent_report, now=timezone.now())),
        "read": "on",
    }
    asked = client.get(page_of(sent_report, name), follow=True)
    sent = client.post(page_of(sent_report, name), seen, follow=True)
    for answer in (asked, sent):
        assert answer.redirect_chain == [(page_of(sent_report, "report"), 302)]
        assert "Another Head of Profession or deputy must decide" in answer.text
    assert publication.is_public(sent_report) is is_public


def test_what_was_sent_is_taken_up_again_by_someone_else_on_its_pages_too(client, office, sent_report):
    editing.declare_own_act(sent_report, by=office.head, at=AT)
    client.force_login(office.head)
    page = client.get(page_of(sent_report, "report")).text
    assert page_of(sent_report, "note_answer") in page
    for name in (CORRECT, WITHDRAW, CLOSE):
        assert page_of(sent_report, name) not in page
        answer = client.post(
            page_of(sent_report, name), {"last_change": sent_report.last_change, "notice": "The day was wrong."}
        )
        assert answer.status_code == 409
        assert "Another Head of Profession or deputy must decide" in words(answer.text)
    assert Report.objects.get(pk=sent_report.pk).status == ReportStatus.SENT


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PUBLISHING_TEAM])
def test_who_neither_writes_nor_decides_has_nothing_to_declare(client, office, draft_report, role):
    client.force_login(office.people[role])
    assert client.get(page_of(draft_report)).status_code == 404
    assert client.post(page_of(draft_report), {"words": ""}).status_code == 404
    assert OwnAct.objects.count() == 0

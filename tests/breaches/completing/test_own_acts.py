"""Whoever's own act is the subject of a report declares it, and somebody else decides."""

import pytest
from django.urls import reverse

from breaches.completing import own_acts
from breaches.core.status import ReportStatus
from breaches.deciding import sign_off
from breaches.models import OwnAct, Report
from breaches.permissions import moves_open_to
from breaches.reports import moves
from releases.core.roles import Role
from releases.models.append_only import AppendOnlyRow
from tests.breaches.deciding.test_matrix import MOVES
from tests.breaches.forms import send, words
from tests.breaches.people import AT, a_report, an_office, printed

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return an_office()


def page_of(report, name="own_act"):
    return reverse(f"breaches:{name}", args=[report.reference])


DECIDED_FROM = [("with_hop", "approve"), ("with_hop", "record"), ("with_hop", "dismiss"), ("approved", "reopen")]


@pytest.mark.parametrize(("status", "move"), DECIDED_FROM, ids=[move for _, move in DECIDED_FROM])
def test_who_declared_their_own_act_makes_no_decision_and_another_does(office, status, move):
    report = a_report(office, ReportStatus(status))
    own_acts.declare(report, by=office.head, at=AT)
    with pytest.raises(moves.OwnActIsSubject):
        MOVES[move](report, office.head)
    assert move not in moves_open_to(office.head, report)
    MOVES[move](report, office.deputy)
    assert Report.objects.get(pk=report.pk).status != status


def test_who_declared_their_own_act_may_go_on_writing_and_submitting(office):
    report = a_report(office)
    own_acts.declare(report, by=office.statistician, at=AT)
    assert sign_off.submit(report, by=office.statistician, at=AT).status == ReportStatus.WITH_HOP


def test_a_declaration_is_about_one_report_and_stands_for_ever(office):
    first, second = a_report(office, ReportStatus.WITH_HOP), a_report(office, ReportStatus.WITH_HOP, reference="b")
    own_acts.declare(first, by=office.head, at=AT)
    with pytest.raises(AppendOnlyRow):
        OwnAct.objects.get().delete()
    assert sign_off.approve(second, by=office.head, at=AT, render=printed).report.status == ReportStatus.APPROVED


def test_a_second_declaration_changes_nothing(office):
    report = a_report(office)
    for _ in range(2):
        own_acts.declare(report, by=office.head, at=AT, words="I chose the file.")
    assert OwnAct.objects.count() == 1
    assert [event.words for event in report.events.filter(kind="own_act_declared")] == ["I chose the file."]


def test_the_page_keeps_the_declaration_and_everybody_who_works_on_the_report_sees_it(client, office):
    report = a_report(office, ReportStatus.WITH_HOP)
    client.force_login(office.head)
    assert page_of(report) in client.get(page_of(report, "report")).text
    send(client, page_of(report), words="I chose the file.")
    page = client.get(page_of(report, "report")).text
    assert page_of(report, "approve") not in page
    assert page_of(report) not in page
    client.force_login(office.statistician)
    assert f"{office.head} declared at" in words(client.get(page_of(report, "report")).text)
    assert "I chose the file." in words(client.get(page_of(report, "history")).text)


def test_a_direct_post_of_the_decision_is_refused_too(client, office):
    report = a_report(office, ReportStatus.WITH_HOP)
    own_acts.declare(report, by=office.head, at=AT)
    client.force_login(office.head)
    answer = client.post(page_of(report, "dismiss"), {"version": report.version, "reason": "other", "words": "None."})
    assert answer.status_code == 409
    assert "somebody else decides on it" in words(answer.text)
    assert Report.objects.get(pk=report.pk).status == ReportStatus.WITH_HOP


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PUBLISHING_TEAM])
def test_who_neither_writes_nor_decides_has_nothing_to_declare(client, office, role):
    report = a_report(office)
    client.force_login(office.people[role])
    assert client.get(page_of(report)).status_code == 404
    assert client.post(page_of(report), {"words": ""}).status_code == 404
    assert OwnAct.objects.count() == 0

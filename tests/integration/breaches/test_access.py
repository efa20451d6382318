"""Who gets to the pages: every address, method, role, state and move, by the pages as by the functions."""

from itertools import product

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser

from breaches import pdf
from breaches.decisions import approved_content
from breaches.models import Report
from breaches.permissions import TABLE, Action
from breaches.rules.content import ReportSection, content_digest
from breaches.rules.lifecycle import REPORT, ReportStatus
from breaches.urls import urlpatterns
from breaches.versions import current_version
from releases.rules.lifecycle import Role
from tests.integration.breaches.sign_off.test_permission_matrix import OF_A_REPORT_NEVER_SENT, STRANGER
from tests.support.factories import UserFactory, rolled_back
from tests.support.people import REGULATOR, create_joint_report, create_office, move_report, render_text

pytestmark = pytest.mark.django_db

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
# Each page answers one of these or both; the further methods are tried at one address, by which all others are made.
ANSWERED = ("get", "post")
# Several reports at once are joined, and resumed, on the page of a morning: tests/pages/breaches/test_merge_pages.py.
REPRESENTATIVES = (Role.STATISTICIAN, Role.HEAD_OF_PROFESSION)
# A person who may never make a move gets 404, in every state of the report.
NEVER = (Role.AUDITOR, STRANGER)
STATES_FOR_NEVER = {ReportStatus.DRAFT, ReportStatus.WITH_HOP, ReportStatus.SENT}
# At least one of these states refuses each move to a person who may make it in another state.
STATES_THAT_REFUSE = {*STATES_FOR_NEVER, ReportStatus.JOINED}
MOVES = tuple(move for move in REPORT.move_names if move not in {"join", "resume"})
BY_FORM = {(status, move): roles for (status, move), roles in OF_A_REPORT_NEVER_SENT.items() if move in MOVES}
# Addresses that belong to no single report; their access is tested with the reports started there.
NO_ONE_REPORT = {
    "report_list",
    "start",
    "start_about_release",
    "start_about_series",
    "export_figures",
    "picture",
    "start_pra",
    "join",
    "join_rehearsed",
    "near_misses",
    "register",
    "export",
    "figures",
    "code_of_practice",
    "settle_wording",
}


@pytest.fixture(autouse=True)
def _quick_printer(monkeypatch, settings):
    monkeypatch.setattr(pdf, "render_pdf", render_text)
    settings.REPORT_RECIPIENT = REGULATOR
    settings.BREACHES_PUBLIC = True


def addresses(report):
    """Every address of a report, by its name; an unlisted address fails the test."""
    given = {
        "section": {"section": ReportSection.IMPACT},
        "version": {"number": 1},
        "changes": {"since": 1, "number": 2},
        "correct_note": {"note": 1},
        "notice_sent": {"notice": 1},
        "change_action": {"action": 1},
        "finish_action": {"action": 1},
        "approved_pdf": {"version": report.version},
        "comment": {"section": ReportSection.IMPACT},
        "resolve_comment": {"comment": 1},
        "attachment": {"attachment": 1},
        "delete_attachment": {"attachment": 1},
    }
    of_reports = (pattern for pattern in urlpatterns if not str(pattern.pattern).startswith("compliance/"))
    names = {pattern.name for pattern in of_reports} - NO_ONE_REPORT
    return {
        name: reverse(f"breaches:{name}", kwargs={"reference": report.reference, **given.get(name, {})})
        for name in names
    }


def state_of(report):
    """What a refused request must leave as it was."""
    fresh = Report.objects.values().get(pk=report.pk)
    return fresh, report.versions.count(), report.events.count(), report.approved_documents.count()


def posted(report, move):
    """The address and the fields by which a page makes a move."""
    version = current_version(report)
    extra = {
        "edit": {"impact": "Edited by form."},
        "return": {"comment": "Again."},
        "record": {"reason": "no_effect", "words": "Nobody saw it."},
        "dismiss": {"reason": "other", "words": "None."},
        "reopen": {"reason": "News."},
        "send": {"recipient": REGULATOR},
        "note_answer": {"answer": "Thank you."},
        "correct": {"notice": "The day was wrong."},
        "withdraw": {"notice": "It was in time."},
    }
    if move == "approve":
        extra["approve"] = {"content_sha256": content_digest(approved_content(report, at=timezone.now()))}
    address = (
        reverse("breaches:section", args=[report.reference, ReportSection.IMPACT])
        if move == "edit"
        else reverse(f"breaches:{move}", args=[report.reference])
    )
    read = {"version": version.number} if move == "edit" else {"last_change": report.last_change}
    return address, read | extra.get(move, {})


@pytest.mark.parametrize("methods", [ANSWERED, pytest.param(METHODS, marks=pytest.mark.full)], ids=["some", "all"])
def test_who_has_not_signed_in_is_asked_to_at_every_address_and_by_every_method(client, approved_report, methods):
    before = state_of(approved_report)
    found = {**addresses(approved_report), "list": reverse("breaches:report_list")}
    for method, name in [*product(methods, found), *product(METHODS, ["report", "list"])]:
        answer = getattr(client, method)(found[name])
        assert answer.status_code == 302, (method, name)
        assert answer.headers["Location"].startswith(reverse("account_login")), (method, name)
    assert state_of(approved_report) == before


@pytest.mark.parametrize("methods", [ANSWERED, pytest.param(METHODS, marks=pytest.mark.full)], ids=["some", "all"])
def test_for_a_stranger_a_report_does_not_exist_at_any_address_by_any_method(
    client, office, approved_report, methods, subtests
):
    before, found = state_of(approved_report), addresses(approved_report)
    # Each method needs trying by one of them: a page asks who is there before it asks for the method, so that a POST
    # without fields finds nothing where the page answers GET alone.
    for who, person, tried in (
        ("another producer's head", create_office().head, [*product(methods, found), *product(METHODS, ["report"])]),
        ("no role", UserFactory(), product(["post"], found)),
        ("calendar manager", office.people[Role.CALENDAR_MANAGER], product(["post"], found)),
        ("superuser", UserFactory(is_superuser=True, is_staff=True), product(["post"], found)),
    ):
        with subtests.test(who):
            client.force_login(person)
            for method, name in tried:
                assert getattr(client, method)(found[name]).status_code == 404, (method, name)
            assert client.get(found["report"]).status_code == 404
            assert state_of(approved_report) == before
            assert approved_report.reference not in client.get(reverse("breaches:report_list")).text


def test_a_report_that_does_not_exist_is_not_found(client):
    client.force_login(create_office().head)
    assert client.get(reverse("breaches:report", args=["breach-nothing"])).status_code == 404


def test_someone_who_was_deactivated_gets_nowhere(client, office, draft_report):
    client.force_login(office.head)
    type(office.head).objects.filter(pk=office.head.pk).update(is_active=False)
    assert client.get(reverse("breaches:report", args=[draft_report.reference])).status_code == 302


def test_what_each_role_may_read_and_download_is_what_the_table_says(client, office, approved_report, subtests):
    read, downloaded = ("report", "check", "history", "version", "changes"), ("approved_pdf", "draft_pdf")
    for role in Role:
        with subtests.test(str(role)), rolled_back():
            client.force_login(office.people[role])
            found = addresses(approved_report)
            opened = {name: client.get(found[name], follow=True).status_code == 200 for name in (*read, *downloaded)}
            reads, downloads = role in TABLE[Action.VIEW], role in TABLE[Action.DOWNLOAD]
            assert {opened[name] for name in read} == {reads}
            assert {opened[name] for name in downloaded} == {downloads}
            listed = client.get(reverse("breaches:report_list")).text
            assert (approved_report.reference in listed) is reads


@pytest.mark.parametrize("everybody", [False, pytest.param(True, marks=pytest.mark.full)], ids=["some", "everybody"])
@pytest.mark.parametrize("status", list(ReportStatus))
def test_in_each_state_a_report_is_listed_and_offers_and_makes_the_moves_of_the_table_and_no_others(
    office, draft_report, status, everybody, subtests
):
    """The function refuses what only --all tries: deciding/test_matrix.py tries each role and state.

    A page refuses in every state as it does in those tried here: its move raises WrongState or WrongRole.
    """
    people = {**office.people, STRANGER: create_office().head}
    report = move_report(draft_report, office, status)
    never = NEVER if status in STATES_FOR_NEVER else ()
    roles = tuple(people) if everybody else (*REPRESENTATIVES, *never)
    clients = {role: Client() for role in {*roles, Role.DEPUTY}}
    for role, client in clients.items():
        client.force_login(people[role])
    before = state_of(report)
    for move in MOVES:
        allowed = OF_A_REPORT_NEVER_SENT.get((status, move), set())
        address, fields = posted(report, move)
        # A move that a person may make in another state is refused. A move that they may never make is 404.
        ever = {role for (_, name), each in OF_A_REPORT_NEVER_SENT.items() if name == move for role in each}
        with subtests.test(move), rolled_back():
            for role in roles:
                if role in allowed:
                    continue
                if everybody or status in STATES_THAT_REFUSE:
                    expected = 409 if role in ever else 404
                    assert clients[role].post(address, fields).status_code == expected, role
            assert state_of(report) == before
        for role in sorted(allowed.intersection(REPRESENTATIVES)):
            with subtests.test(f"{move} by {role}"), rolled_back():
                moved_by_form(report.pk, move, clients[role], people[role], office)
    with subtests.test("listed as waiting or as decided"):
        check_listed(report, clients[Role.HEAD_OF_PROFESSION])
    for role in {Role.STATISTICIAN, Role.DEPUTY, Role.AUDITOR} & clients.keys():
        with subtests.test(f"offered to {role}"):
            check_offered(report, clients[role], role)


def moved_by_form(pk, move, client, person, office):
    report = Report.objects.select_related("producer").get(pk=pk)
    status = report.status
    if move == "part":
        report = create_joint_report(office, report)
    address, fields = posted(report, move)
    answer = client.post(address, fields)
    assert answer.status_code == 302, answer.text
    assert report.events.order_by("position").last().actor == person
    assert Report.objects.get(pk=report.pk).status == status_after(move, status)


def status_after(move, status):
    """The status of a report after a move, stated independently of the table that is tested."""
    return {
        "edit": status,
        "submit": "with_hop",
        "take_back": "draft",
        "return": "returned",
        "approve": "approved",
        "record": "recorded",
        "dismiss": "dismissed",
        "reopen": "draft",
        "send": "sent",
        "note_answer": "sent",
        "correct": "draft",
        "withdraw": "withdrawn",
        "close": "closed",
        "part": "parted",
    }[move]


def check_listed(report, client):
    """See that a report is listed as open or as decided, or in neither list if it is continued in another.

    An approved report is open until it is sent.
    """
    undecided = {ReportStatus.DRAFT, ReportStatus.WITH_HOP, ReportStatus.RETURNED}
    is_open = report.status in {*undecided, ReportStatus.APPROVED}
    is_decided = not is_open and report.status not in {ReportStatus.JOINED, ReportStatus.PARTED}
    listed = reverse("breaches:report_list")
    for address, holds in ((listed, is_open), (f"{listed}?show=decided", is_decided)):
        assert (report.reference in client.get(address).text) is holds, address


def check_offered(report, client, role):
    """See that the page of a report offers a role the moves of the table and no others."""
    page = client.get(reverse("breaches:report", args=[report.reference])).text
    # The two questions of a decision offer four moves. Without a recipient, a person can only record that they sent it.
    questions = {
        "return": ("ready", "no"),
        "approve": ("breach", "report"),
        "record": ("breach", "log"),
        "dismiss": ("breach", "no"),
    }
    for move in set(MOVES) - {"edit", "submit", "part"}:
        link = reverse(f"breaches:{'sent_outside' if move == 'send' else move}", args=[report.reference])
        offered = link in page
        if move in questions:
            name, value = questions[move]
            offered = bool(LexborHTMLParser(page).css(f"input[type=radio][name={name}][value={value}]"))
        # A person who can edit a submitted text is not offered to take it back first.
        unneeded = move == "take_back" and role in OF_A_REPORT_NEVER_SENT.get((report.status, "edit"), set())
        assert offered is (role in OF_A_REPORT_NEVER_SENT.get((report.status, move), set()) and not unneeded), move
    writes = reverse("breaches:section", args=[report.reference, ReportSection.IMPACT]) in page
    assert writes is (role in OF_A_REPORT_NEVER_SENT.get((report.status, "edit"), set()))

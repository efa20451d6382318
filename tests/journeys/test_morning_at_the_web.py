"""The same morning as people see it, through two web machines in production behind nginx's example (B17)."""

from collections import Counter

import pytest

from releases.core.judging.verdict import Outcome
from releases.core.roles import Role
from tests.breaches.forms import words
from tests.journeys.announced_release import ANNOUNCED
from tests.journeys.at_the_web import OF_RELEASE
from tests.journeys.release_morning import TITLE
from tests.statsoffice.test_public_leaks import VERDICTS

# The mark alone makes sure that there is a database of the tests for the processes to share.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]

MOMENTS = ("before", "suspected", "decided")
HEAD, STATISTICIAN = Role.HEAD_OF_PROFESSION, Role.STATISTICIAN
BOTH = {0, 1}


def by_machine(pages):
    return {page.machine: page.status for page in pages}


@pytest.mark.parametrize("role", [STATISTICIAN, HEAD])
def test_a_session_that_one_machine_made_holds_at_the_other(played, role):
    page, signed_in, desk = played.seen.at("before", role)
    assert (signed_in.led_to, signed_in.status) == ("/desk/", 200)
    assert (desk.led_to, desk.status) == ("/desk/", 200)
    assert desk.machine != signed_in.machine == page.machine


def test_a_late_release_is_suspected_at_the_desk_through_both_machines(played):
    for path in ("/desk/", OF_RELEASE, "/reports/", f"/reports/{played.seen.report}/"):
        pages = played.seen.at("suspected", STATISTICIAN, path)
        assert by_machine(pages) == {0: 200, 1: 200}
        assert [page.machine for page in pages if played.seen.report not in page.text] == [], path
        assert [page.machine for page in pages if not VERDICTS.search(page.text.lower())] == [], path


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_public_calendar_of_both_machines_tells_what_is_announced_and_no_more(played, moment):
    read = [page for page in played.seen.at(moment, "anybody") if page.status == 200]
    read = [page for page in read if not page.path.startswith(("/health/", "/accounts/"))]
    assert {page.path for page in read} >= {"/", "/calendar/", "/calendar.ics", "/changes.atom", OF_RELEASE}
    assert {(page.machine, page.path) for page in read if page.machine == 0} == {
        (0, page.path) for page in read if page.machine == 1
    }
    assert {page.machine for page in read if page.path == OF_RELEASE and TITLE in page.text} == BOTH
    assert {page.path: found for page in read if (found := VERDICTS.findall(page.text.lower()))} == {}
    assert [page.path for page in read if played.seen.report in page.text] == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_is_for_the_staff_is_kept_from_anybody_by_both_machines(played, moment):
    pages = [page for page in played.seen.at(moment, "anybody") if page.path.startswith(("/desk/", "/reports/"))]
    assert {(page.machine, page.led_to) for page in pages} == {(0, "/accounts/login/"), (1, "/accounts/login/")}
    metrics = played.seen.at(moment, "anybody", "/metrics")
    assert by_machine(metrics) == {0: 404, 1: 404}


def test_a_crowd_reads_on_through_the_proxy_and_loses_no_answer_when_a_machine_ends(played):
    assert played.ended["web"] == 0
    assert played.seen.after_one_machine_had_ended >= 20
    assert played.seen.crowd.keys() == {("200", "")}
    assert all(asked > 10 for asked in played.seen.answered_to_the_crowd)


def test_the_draft_that_is_opened_at_one_machine_is_approved_at_the_other(played):
    pages = played.seen.at("decided", HEAD)
    assert [(page.path, words(page.text)) for page in pages if page.status != 200] == []
    opened, approved = (
        played.seen.at("decided", HEAD, f"/reports/{played.seen.report}/approve/")[place] for place in (0, 1)
    )
    assert (opened.machine, approved.machine) == (0, 1)
    assert approved.led_to == f"/reports/{played.seen.report}/", words(approved.text)
    assert "The report is approved." in approved.text


def test_what_was_approved_at_a_machine_that_has_ended_is_read_at_the_other(played):
    report, document = played.seen.at("alone", STATISTICIAN)
    assert "Approved" in words(report.text)
    assert played.pdfs == (document.content,)


def test_each_thing_that_happened_to_release_and_report_is_on_record_once(played):
    events = Counter(kind for slug, kind in played.report_events if slug == ANNOUNCED.slug)
    assert events.pop("edited") == len(("impact", "circumstances", "corrective actions"))
    # The facts of a draft are refreshed as often as there are new ones.
    assert events.pop("facts_refreshed") >= 1
    assert {"cause_chosen", "approved", "downloaded"} <= events.keys()
    assert {kind: count for kind, count in events.items() if count > 1} == {}
    events = Counter((kind, outcome) for slug, kind, outcome in played.release_events if slug == ANNOUNCED.slug)
    assert {("publish", ""), ("judged", "not_seen"), ("judged", "late")} <= events.keys()
    assert {event: count for event, count in events.items() if count > 1} == {}


def test_what_a_worker_and_a_beat_left_that_were_ended_is_taken_on_by_the_others(played):
    ended = {name: code for name, code in played.ended.items() if name != "web"}
    assert {name.partition("-")[0]: code for name, code in ended.items()} == {"worker": 0, "beat": 0}
    assert dict(played.outcomes)[ANNOUNCED.slug] == Outcome.LATE
    after, by = played.delays[ANNOUNCED.slug]
    earliest, latest = played.came
    assert after < latest
    assert by > earliest


def test_both_machines_tell_the_same_figures_and_the_same_health(played):
    told, at_the_other = played.seen.figures
    assert told == at_the_other
    assert [name for name in told if name.startswith(("statsoffice_verdicts", "statsoffice_outbox"))]
    assert ANNOUNCED.slug not in str(told)
    told, at_the_other = played.seen.health
    assert told == at_the_other
    assert {"database", "broker", "watcher"} <= told.keys()
    assert told["database"] == told["broker"] == told["watcher"] is True

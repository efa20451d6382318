"""A morning in small, in real time, with real workers, beats, broker, mail server and site (V1 to V5, V14, B17).

People read it through two web machines in production behind nginx's example. In parallel `manage.py watch` runs alone:
the same chain in one process without a broker, ended cleanly while it is at work. Both are played in the same minute,
once for this file, which is why all their tests are here: ./test runs each file in one process.
"""

import re
from collections import Counter
from datetime import timedelta

import pytest

from releases.rules.lifecycle import Role, Status
from releases.verdict.address import NEEDS_CHECKING, Outcome
from tests.journeys.announced_release import ANNOUNCED, HEAD, STATISTICIAN
from tests.journeys.at_the_web import OF_RELEASE
from tests.journeys.played_morning import BRIEF_SUBJECT
from tests.journeys.release_morning import REACHED, STORIES, TITLE, TOLERANCE
from tests.pages.statsoffice.test_public_leaks import VERDICTS
from tests.support.mail_server import with_slug
from tests.support.report_forms import words

pytestmark = [
    pytest.mark.slow,
    pytest.mark.waits,
    pytest.mark.django_db,  # alone makes sure that there is a database of the tests for the processes to share
]

ALL = (*STORIES, ANNOUNCED)
SEEN_LATE = [story.slug for story in STORIES if story.outcome == Outcome.LATE]
SUSPECTED = sorted((story.slug, story.kind) for story in ALL if story.kind)
TO_CHECK = [story.slug for story in STORIES if story.outcome in NEEDS_CHECKING]
REHEARSED = [story.slug for story in STORIES if story.kind]
MOMENTS = ("before", "suspected", "decided")
BOTH = {0, 1}  # the two web machines
SECOND = timedelta(seconds=1)
APPEARS = next(story.after for story in STORIES if story.slug == "late")  # seconds after it is due


@pytest.mark.parametrize("story", ALL, ids=lambda story: story.slug)
def test_a_rehearsal_gets_the_outcome_that_its_story_tells(played, story):
    assert dict(played.outcomes)[story.slug] == story.outcome


def test_each_release_is_verified_once_by_two_beats_and_two_workers_and_tasks_delivered_again(played):
    assert Counter(reference for reference, _ in played.outcomes) == dict.fromkeys((s.slug for s in ALL), 1)


def test_each_suspicious_release_has_one_suspicion_and_no_other_has_any(played):
    assert sorted(played.suspicions) == SUSPECTED


def test_each_suspicion_has_one_draft_and_no_other_release_has_any(played):
    assert sorted((reference, kind) for reference, kind, _ in played.reports) == SUSPECTED


def test_a_draft_stands_within_seconds_of_the_verdict(played):
    waits = {reference: drafted_at - played.decided_at[reference] for reference, _, drafted_at in played.reports}
    assert {reference: wait for reference, wait in waits.items() if not timedelta(0) <= wait < 5 * SECOND} == {}


def test_the_delay_lies_between_the_last_check_without_the_late_page_and_the_first_with_it(played):
    lowest, highest = played.delays["late"]
    assert lowest <= APPEARS <= highest
    checks = [(look.sent_at - played.due_at).total_seconds() for look in played.looks if look.reference == "late"]
    # A busy machine checks less often, so the bound follows from the checks made, and not the cadence.
    last_without, first_with = max(at for at in checks if at < APPEARS), min(at for at in checks if at > APPEARS)
    assert highest - lowest < first_with - last_without + 2


def test_a_page_that_never_came_has_an_open_delay_that_begins_after_the_limit(played):
    lowest, highest = played.delays["never"]
    assert lowest >= TOLERANCE.total_seconds()
    assert highest is None


def test_the_check_planned_for_the_due_instant_is_sent_within_a_second_of_it_at_every_address(played):
    lags = {look.url: look.sent_at - played.due_at for look in played.looks if look.planned_at == played.due_at}
    assert len(lags) == len(ALL) + 1  # a page each, and one attachment
    assert {url: lag for url, lag in lags.items() if not timedelta(0) <= lag < SECOND} == {}


def test_the_site_itself_saw_a_request_for_every_address_within_a_second_of_the_due_instant(played):
    came = {arrival.path for arrival in played.arrivals if played.due_at <= arrival.at < played.due_at + SECOND}
    assert came >= {path_of(look.url) for look in played.looks}


def test_no_address_is_checked_at_twice_for_one_planned_instant_and_purpose(played):
    planned = Counter((look.url, look.purpose, look.planned_at) for look in played.looks)
    assert {key: count for key, count in planned.items() if count > 1} == {}


def test_every_request_that_the_site_saw_is_kept_as_a_check_and_every_check_was_a_request(played):
    for path in {path_of(look.url) for look in played.looks}:
        sent = sorted(look.sent_at for look in played.looks if path_of(look.url) == path)
        came = sorted(arrival.at for arrival in played.arrivals if arrival.path == path)
        waits = [arrival - look for look, arrival in zip(sent, came, strict=False)]
        assert all(-SECOND / 10 < wait < SECOND for wait in waits), (path, waits)
        # The last requests may be under way, or answered and not yet stored, at the instant of counting.
        assert len(came) - len(sent) in {0, 1}, path


def test_only_what_was_found_live_is_published(played):
    live = {"on-time", "late", "early", "late-file", ANNOUNCED.slug}
    assert {slug for slug, status in played.statuses.items() if status == Status.PUBLISHED} == live


def counted(told):
    """Count the notifications, except briefs and those of checks ahead, for which the minute may leave no time."""
    others = ("Check before release: ", BRIEF_SUBJECT)
    return Counter((to, with_slug(what)) for to, what in told if not any(words in what for words in others))


def test_the_head_of_profession_has_one_brief_in_seconds_after_the_limit_and_the_verdict_came_first(played):
    (brief,) = played.briefs
    limit_at = played.due_at + TOLERANCE
    assert brief.limit_at == limit_at
    decided_at = played.decided_at[ANNOUNCED.slug]
    assert decided_at <= brief.made_at
    assert limit_at + 5 * SECOND <= brief.made_at < limit_at + 10 * SECOND
    (arrived_at,) = brief.arrived_at
    assert brief.made_at <= arrived_at < brief.made_at + 5 * SECOND
    assert [to for to, what in played.mails if BRIEF_SUBJECT in what] == [HEAD]


def test_no_one_is_told_anything_twice(played):
    for told in (played.messages, played.mails):
        assert {one: count for one, count in Counter(told).items() if count > 1} == {}


def test_what_became_of_a_rehearsal_is_mailed_once_to_each_contact_with_an_account_and_to_no_one_else(played):
    expected = {(to, f"Rehearsal: Suspected breach: {slug}"): 1 for slug in REHEARSED for to in REACHED}
    expected |= {(to, f"Rehearsal: Now live: {slug}"): 1 for slug in SEEN_LATE for to in REACHED}
    expected |= {(to, f"Rehearsal: Needs checking: {slug}"): 1 for slug in TO_CHECK for to in REACHED}
    for told in (played.messages, played.mails):
        assert {one: count for one, count in counted(told).items() if one[1].startswith("Rehearsal: ")} == expected


def test_what_became_of_the_announced_release_is_mailed_once_to_each_of_its_people(played):
    both = (STATISTICIAN, HEAD)
    expected = {(to, f"{what}: {ANNOUNCED.slug}"): 1 for what in ("Suspected breach", "Now live") for to in both}
    expected[STATISTICIAN, f"Report approved: {played.seen.in_subjects}"] = 1
    for told in (played.messages, played.mails):
        # A public release has its title, which is cut if it is long.
        named = [(to, re.sub(rf": {TITLE[:20]}.*", f": {ANNOUNCED.slug}", with_slug(what))) for to, what in told]
        assert {one: count for one, count in counted(named).items() if not one[1].startswith("Rehearsal: ")} == expected


def test_nothing_failed_in_any_process(played):
    failed = {
        name: [line for line in log.splitlines() if "Traceback" in line or " ERROR" in line or "ERROR/" in line]
        for name, log in played.logs.items()
    }
    assert {name: lines for name, lines in failed.items() if lines} == {}


def test_both_beats_woke_the_workers_and_both_workers_took_tasks(played):
    assert all("Sending due task sweep" in log for name, log in played.logs.items() if name.startswith("beat"))
    assert all("Task draft[" in log for name, log in played.logs.items() if name.startswith("worker"))


def path_of(url: str) -> str:
    """Return the path of an address on the rehearsal site."""
    return "/" + url.split("/", maxsplit=3)[3]


def test_a_rehearsal_is_seen_through_to_its_draft_without_a_broker(ended):
    assert ended.outcome == "not_seen"
    assert ended.reports == (("alone", "late", "draft"),)


def test_a_process_that_is_stopped_during_checks_ends_within_seconds(ended):
    assert ended.exit_code == 0, ended.printed
    assert ended.seconds_to_end < 5
    assert ended.printed.rstrip().endswith("Stopped.")


def test_nothing_failed_in_the_watch(ended):
    assert "Traceback" not in ended.printed
    assert "ERROR" not in ended.printed


def by_machine(pages):
    return {page.machine: page.status for page in pages}


@pytest.mark.parametrize("role", [Role.STATISTICIAN, Role.HEAD_OF_PROFESSION])
def test_a_session_that_one_machine_made_holds_at_the_other(played, role):
    page, signed_in, desk = played.seen.at("before", role)
    assert (signed_in.led_to, signed_in.status) == ("/desk/", 200)
    assert (desk.led_to, desk.status) == ("/desk/", 200)
    assert desk.machine != signed_in.machine == page.machine


def test_a_late_release_is_suspected_at_the_desk_through_both_machines(played):
    for path in ("/desk/", OF_RELEASE, "/reports/", f"/reports/{played.seen.report}/"):
        pages = played.seen.at("suspected", Role.STATISTICIAN, path)
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
def test_what_is_for_the_staff_is_kept_from_anyone_by_both_machines(played, moment):
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
    pages = played.seen.at("decided", Role.HEAD_OF_PROFESSION)
    assert [(page.path, words(page.text)) for page in pages if page.status != 200] == []
    opened, approved = (
        played.seen.at("decided", Role.HEAD_OF_PROFESSION, f"/reports/{played.seen.report}/approve/")[place]
        for place in (0, 1)
    )
    assert (opened.machine, approved.machine) == (0, 1)
    assert approved.led_to == f"/reports/{played.seen.report}/", words(approved.text)
    assert "Report approved." in approved.text


def test_what_was_approved_at_a_machine_that_has_ended_is_read_at_the_other(played):
    report, document = played.seen.at("alone", Role.STATISTICIAN)
    assert "Approved" in words(report.text)
    assert played.pdfs == (document.content,)


def test_each_thing_that_happened_to_release_and_report_is_on_record_once(played):
    events = Counter(kind for slug, kind in played.report_events if slug == ANNOUNCED.slug)
    # A cause is written into the account, too.
    assert events.pop("edited") == len(("cause", "impact", "circumstances", "corrective actions"))
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

"""A morning in small, in real time, with real workers, beats, broker, mail server and site (V1 to V5, V14).

Beside it `manage.py watch` alone: the same chain in one process without a broker, ended cleanly while it is at work.
Both are played in the same minute, once for this file.
"""

from collections import Counter
from datetime import timedelta

import pytest

from releases.core.judging.verdict import ASKS_A_PERSON, Outcome
from releases.core.status import Status
from tests.journeys.announced_release import ANNOUNCED, HEAD, STATISTICIAN
from tests.journeys.release_morning import REACHED, STORIES, TOLERANCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.waits,
    pytest.mark.django_db,  # alone makes sure that there is a database of the tests for the processes to share
]

ALL = (*STORIES, ANNOUNCED)
SEEN_LATE = [story.slug for story in STORIES if story.outcome == Outcome.LATE]
SUSPECTED = sorted((story.slug, story.kind) for story in ALL if story.kind)
TO_CHECK = [story.slug for story in STORIES if story.outcome in ASKS_A_PERSON]
REHEARSED = [story.slug for story in STORIES if story.kind]
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
    # A busy machine checks less often, so the bound is what was checked, and not the cadence.
    last_without, first_with = max(at for at in checks if at < APPEARS), min(at for at in checks if at > APPEARS)
    assert highest - lowest < first_with - last_without + 2


def test_a_page_that_never_came_has_an_open_delay_that_begins_after_the_limit(played):
    lowest, highest = played.delays["never"]
    assert lowest >= TOLERANCE.total_seconds()
    assert highest is None


def test_the_look_planned_for_the_due_instant_is_sent_within_a_second_of_it_at_every_address(played):
    lags = {look.url: look.sent_at - played.due_at for look in played.looks if look.planned_at == played.due_at}
    assert len(lags) == len(ALL) + 1  # a page each, and one attachment
    assert {url: lag for url, lag in lags.items() if not timedelta(0) <= lag < SECOND} == {}


def test_the_site_itself_saw_a_request_for_every_address_within_a_second_of_the_due_instant(played):
    came = {arrival.path for arrival in played.arrivals if played.due_at <= arrival.at < played.due_at + SECOND}
    assert came >= {path_of(look.url) for look in played.looks}


def test_no_address_is_looked_at_twice_for_one_planned_instant_and_purpose(played):
    planned = Counter((look.url, look.purpose, look.planned_at) for look in played.looks)
    assert {key: count for key, count in planned.items() if count > 1} == {}


def test_every_request_that_the_site_saw_is_kept_as_a_look_and_every_look_was_a_request(played):
    for path in {path_of(look.url) for look in played.looks}:
        sent = sorted(look.sent_at for look in played.looks if path_of(look.url) == path)
        came = sorted(arrival.at for arrival in played.arrivals if arrival.path == path)
        waits = [arrival - look for look, arrival in zip(sent, came, strict=False)]
        assert all(-SECOND / 10 < wait < SECOND for wait in waits), (path, waits)
        # The last requests may be under way, or answered and not yet stored, at the instant of counting.
        assert len(came) - len(sent) in {0, 1}, path


def test_only_what_was_seen_live_is_published(played):
    live = {"on-time", "late", "early", "late-file", ANNOUNCED.slug}
    assert {slug for slug, status in played.statuses.items() if status == Status.PUBLISHED} == live


def counted(told):
    """Count what people were told, but for checks ahead: the minute leaves time for them, or does not."""
    return Counter((to, what) for to, what in told if "Pre-flight: " not in what)


def test_nobody_is_told_anything_twice(played):
    for told in (played.messages, played.mails):
        assert {one: count for one, count in Counter(told).items() if count > 1} == {}


def test_what_became_of_a_rehearsal_is_mailed_once_to_each_contact_with_an_account_and_to_nobody_else(played):
    expected = {(to, f"Rehearsal: Suspected breach: {slug}"): 1 for slug in REHEARSED for to in REACHED}
    expected |= {(to, f"Rehearsal: Seen live: {slug}"): 1 for slug in SEEN_LATE for to in REACHED}
    expected |= {(to, f"Rehearsal: Needs checking: {slug}"): 1 for slug in TO_CHECK for to in REACHED}
    for told in (played.messages, played.mails):
        assert {one: count for one, count in counted(told).items() if one[1].startswith("Rehearsal: ")} == expected


def test_what_became_of_the_announced_release_is_mailed_once_to_each_of_its_people(played):
    both = (STATISTICIAN, HEAD)
    expected = {(to, f"{what}: {ANNOUNCED.slug}"): 1 for what in ("Suspected breach", "Seen live") for to in both}
    expected[STATISTICIAN, f"Report approved: {played.seen.report}"] = 1
    for told in (played.messages, played.mails):
        assert {one: count for one, count in counted(told).items() if not one[1].startswith("Rehearsal: ")} == expected


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
    """Give the path of an address on the rehearsal site."""
    return "/" + url.split("/", maxsplit=3)[3]


def test_a_rehearsal_is_seen_through_to_its_draft_without_a_broker(ended):
    assert ended.outcome == "not_seen"
    assert ended.reports == (("alone", "late", "draft"),)


def test_a_watch_that_is_told_to_stop_while_it_is_looking_ends_within_seconds(ended):
    assert ended.exit_code == 0, ended.printed
    assert ended.seconds_to_end < 5
    assert ended.printed.rstrip().endswith("Stopped.")


def test_nothing_failed_in_the_watch(ended):
    assert "Traceback" not in ended.printed
    assert "ERROR" not in ended.printed

"""Whatever breaks on a release morning: nothing is lost, nothing doubled, nothing untrue."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from releases.verdict.address import Outcome
from tests.faults import fallback_runs, hostile_site
from tests.faults.rows import ROWS
from tests.faults.truth import STORIES

pytestmark = [pytest.mark.slow, pytest.mark.waits, pytest.mark.full]


def rows_where(condition):
    """Test each row for which a condition holds. The morning has the rows that the chosen tests ask about."""
    rows = [pytest.param(row, id=row.office) for row in ROWS if condition(row)]
    return pytest.mark.parametrize("row", rows)


each_row = rows_where(lambda row: True)


def these(*offices):
    """Test only some rows."""
    return rows_where(lambda row: row.office in offices)


def instant(written):
    return datetime.fromisoformat(written)


def sentences(faults):
    return "\n".join(faults)


@each_row
def test_nothing_is_lost(outcomes, row):
    assert sentences(outcomes[row.office].reckoning.lost) == ""


@each_row
def test_nothing_is_doubled(outcomes, row):
    assert sentences(outcomes[row.office].reckoning.doubled) == ""


@each_row
def test_nothing_is_untrue(outcomes, row):
    assert sentences(outcomes[row.office].reckoning.untrue) == ""


@rows_where(lambda row: row.punctual)
def test_the_check_at_the_due_instant_is_sent_within_a_second_of_it(outcomes, row):
    due_at = outcomes[row.office].due_at
    ordinary = {f"/{row.office}/{story.slug}" for story in STORIES}
    looks = [look for look in outcomes[row.office].stored.looks if instant(look.planned_at) == due_at]
    late = {look.url: lag for look in looks if not 0 <= (lag := (instant(look.sent_at) - due_at).total_seconds()) < 1}
    assert {urlsplit(look.url).path for look in looks} >= ordinary
    assert {url: lag for url, lag in late.items() if urlsplit(url).path in ordinary} == {}


@each_row
def test_the_person_who_is_told_to_end_in_the_middle_of_a_sweep_ends_within_seconds(outcomes, row):
    ending = outcomes[row.office].ending
    assert ending
    # Checks under way are stored first, and a hostile site may take the whole of its fifteen seconds.
    longest = 17 if row.hostile else 8
    assert {name: told for name, told in ending.items() if told[1] > longest or told[0] != 0} == {}


@these("no-redis")
def test_ticks_come_again_once_an_empty_redis_is_back(outcomes, row):
    log = outcomes[row.office].logs["worker-a"]
    assert log.count("this worker runs every job itself until a job is triggered again") == 1
    assert "jobs are triggered here again" in log


@these("no-beat")
def test_the_worker_replaces_a_beat_that_is_dead(outcomes, row):
    log = outcomes[row.office].logs["worker-a"]
    assert log.count("this worker runs every job itself until a job is triggered again") == 1
    assert "triggered here again" not in log


@rows_where(lambda row: any(name.startswith("worker") for name in row.cast))
def test_no_worker_replaces_ticks_that_come_to_it_in_time(outcomes, row):
    logs = {name: log for name, log in outcomes[row.office].logs.items() if name.startswith("worker")}
    assert {name: lines for name, log in logs.items() if (lines := fallback_runs.without_cause(log))} == {}


@these("doubles")
def test_two_workers_share_the_ticks(outcomes, row):
    logs = outcomes[row.office].logs
    assert all(fallback_runs.ticks(logs[name]) for name in ("worker-a", "worker-b"))


@these("away", "away-long")
def test_what_was_seen_while_the_database_was_away_tells_when_it_was_recorded(outcomes, row):
    due_at = outcomes[row.office].due_at
    looks = [look for look in outcomes[row.office].stored.looks if instant(look.planned_at) == due_at]
    assert looks
    assert all(instant(look.recorded_at) - instant(look.sent_at) > timedelta(seconds=10) for look in looks)


@these("disk-full")
def test_bodies_that_no_disk_takes_are_told_and_their_checks_kept(outcomes, row):
    assert outcomes[row.office].stored.bodies_not_kept > 0
    assert "could not be stored" in outcomes[row.office].logs["watch-a"]


@these("costly", "costly-two")
def test_a_page_over_a_limit_is_a_fault_of_ours_and_the_good_ones_are_on_time(outcomes, row):
    stored = outcomes[row.office].stored
    reasons: dict[str, set[str]] = {}
    for look in stored.looks:
        reasons.setdefault(look.url.rpartition("/")[2], set()).update(look.reasons)
    assert "examination_time" in reasons["processor"]
    # On a busy machine the time may be up before the memory is.
    assert {"examination_memory", "examination_time"} & reasons["memory"]
    good = {verdict.release: verdict.outcome for verdict in stored.verdicts if verdict.release.startswith("good-")}
    assert set(good.values()) == {Outcome.ON_TIME}
    assert len(good) == 20


@these("hostile")
def test_no_one_came_to_loopback_by_another_name(outcomes, row):
    looks = [look for look in outcomes[row.office].stored.looks if look.url.endswith(hostile_site.REBINDING)]
    assert looks
    assert {look.reasons for look in looks} == {("address_refused",)}

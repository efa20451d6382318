"""Checks that wait in files of a machine: shown to all once they have waited for longer than a moment."""

from datetime import timedelta

import pytest

from releases.monitoring import spool
from statsoffice.self_monitoring import status
from statsoffice.self_monitoring.status import condition
from tests.integration.statsoffice.self_monitoring.record import a_watcher_that_is_well
from tests.integration.statsoffice.self_monitoring.self_test import MORNING as NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def watcher():
    """Let everything else be well."""
    a_watcher_that_is_well(at=NOW)


def note(folder, *, ago, machine="one"):
    status.record_spool(folder, machine=machine, now=NOW - timedelta(seconds=ago))


def troubles():
    return [problem.trouble for problem in condition(now=NOW).problems]


@pytest.mark.parametrize("ending", [spool.WAITING, spool.REFUSED], ids=["waiting", "refused"])
def test_checks_that_have_waited_for_a_minute_are_told_with_since_when(tmp_path, ending):
    (tmp_path / f"watcher{ending}").touch()
    note(tmp_path, ago=60)
    note(tmp_path, ago=5)
    (problem,) = condition(now=NOW).problems
    assert (problem.trouble, problem.since) == ("unstored", NOW - timedelta(seconds=60))


def test_checks_that_wait_for_a_moment_are_not_told(tmp_path):
    (tmp_path / f"watcher{spool.WAITING}").touch()
    note(tmp_path, ago=59)
    assert troubles() == []


def test_checks_that_were_stored_are_not_told_any_more(tmp_path):
    file = tmp_path / f"watcher{spool.WAITING}"
    file.touch()
    note(tmp_path, ago=120)
    assert troubles() == ["unstored"]
    file.unlink()
    note(tmp_path, ago=1)
    assert troubles() == []


def test_one_machine_with_nothing_does_not_hide_what_waits_at_another(tmp_path):
    (tmp_path / f"watcher{spool.WAITING}").touch()
    note(tmp_path, ago=120)
    note(tmp_path / "of-another", ago=1, machine="two")
    assert troubles() == ["unstored"]


def test_a_machine_that_was_never_found_again_is_forgotten_after_a_day(tmp_path):
    (tmp_path / f"watcher{spool.WAITING}").touch()
    note(tmp_path, ago=24 * 60 * 60)
    assert troubles() == []

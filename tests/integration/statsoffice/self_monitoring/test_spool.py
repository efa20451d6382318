"""Checks that wait in files of a machine: shown to all once they have waited for longer than a moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from releases.monitoring import spool
from statsoffice import jobs
from statsoffice.self_monitoring import status
from statsoffice.self_monitoring.models import Heartbeat
from statsoffice.self_monitoring.status import condition
from tests.integration.statsoffice.self_monitoring.record import a_watcher_that_is_well
from tests.integration.statsoffice.self_monitoring.self_test import MORNING as NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def watcher():
    """Let everything else be well."""
    a_watcher_that_is_well(at=NOW)


def note(folder, *, ago, owner="one"):
    status.record_spool(folder, owner=owner, now=NOW - timedelta(seconds=ago))


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
    note(tmp_path / "of-another", ago=1, owner="two")
    assert troubles() == ["unstored"]


def test_a_machine_that_was_never_found_again_is_forgotten_after_a_day(tmp_path):
    (tmp_path / f"watcher{spool.WAITING}").touch()
    note(tmp_path, ago=24 * 60 * 60)
    assert troubles() == []


def rows_of_spools():
    return Heartbeat.objects.filter(step__startswith=status.STEP)


@pytest.fixture
def refused_check(settings, tmp_path):
    """Let a check that the database has refused be in the spool of this machine."""
    settings.VAR_DIR = tmp_path
    (tmp_path / "unstored").mkdir()
    file = tmp_path / "unstored" / f"watcher{spool.REFUSED}"
    file.touch()
    return file


@pytest.mark.parametrize("vantage_point", ["", "London"])
def test_a_machine_that_only_sweeps_records_its_spool(refused_check, settings, vantage_point):
    settings.VANTAGE_POINT = vantage_point
    jobs.sweep()
    assert rows_of_spools().count() == 1
    refused_check.unlink()
    jobs.sweep()
    assert not rows_of_spools().exists()


def test_a_sweep_that_fails_records_its_spool_too(refused_check, monkeypatch):
    def fail(*_, **__):
        message = "no such page"
        raise LookupError(message)

    monkeypatch.setattr("releases.monitoring.sweep.Sweep.run", fail)
    with pytest.raises(LookupError):
        jobs.sweep()
    assert rows_of_spools().count() == 1


def test_a_container_that_is_started_again_under_another_name_keeps_its_row(refused_check, monkeypatch):
    for name in ("container-1", "container-2"):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        jobs.sweep()
    assert rows_of_spools().count() == 1


def test_a_spool_has_an_id_on_a_file_system_without_hard_links(tmp_path, monkeypatch):
    def refuse(self, target):
        raise PermissionError("the file system has no hard links")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert len({jobs._read_spool_id(tmp_path / "spool-id") for _again in range(2)}) == 1


def test_processes_that_begin_at_once_agree_on_the_id_of_their_spool(tmp_path):
    with ThreadPoolExecutor(max_workers=8) as several:
        ids = list(several.map(jobs._read_spool_id, [tmp_path / "spool-id"] * 8))
    assert len(set(ids)) == 1
    assert len(ids[0]) == 32
    assert [file.name for file in tmp_path.iterdir()] == ["spool-id"]

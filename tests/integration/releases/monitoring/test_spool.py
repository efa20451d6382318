"""Checks that the database did not take: in a file, stored once, whichever process does it and however often."""

import json
import logging
import os
import resource
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from releases import corrections
from releases.detection.finding import CheckOutcome, Finding, Reason
from releases.evidence import store
from releases.evidence.store import CheckResult
from releases.models import Observation
from releases.models.append_only import check_chain
from releases.models.observation import Purpose
from releases.monitoring import spool
from releases.monitoring.spool import Spool
from releases.rules.response import Answer, Hop
from releases.scheduling import PlannedAddress
from tests.support.factories import SEED_DUE, ReleaseFactory

pytestmark = pytest.mark.django_db

BACK_AT = SEED_DUE + timedelta(minutes=20)
PAGE = b"<title>As at 31 March 2020</title>" * 50


def look(address, *, seconds=0.0, purpose=Purpose.PLAIN):
    sent_at = SEED_DUE + timedelta(seconds=seconds)
    return CheckResult(
        address=address,
        schedule_version=1,
        answer=Answer(
            requested_url=address.url,
            planned_at=sent_at,
            sent_at=sent_at,
            completed_at=sent_at + timedelta(seconds=0.1),
            status=200,
            hops=(Hop(address.url, 200),),
            final_url=address.url,
            headers=(("content-type", "text/html"), ("set-cookie", "session=secret")),
            body=PAGE,
        ),
        finding=Finding(CheckOutcome.LIVE, (Reason.MARKER_IN_TITLE,), "abc", "As at 31 March 2020"),
        purpose=purpose,
        clock_bound_seconds=0.02,
    )


@pytest.fixture
def address():
    return ReleaseFactory(confirmed=True).addresses.get()


@pytest.fixture
def looks(address):
    return [look(address), look(address, seconds=5), look(address, seconds=5, purpose=Purpose.FRESH)]


@contextmanager
def room_for(size):
    """Let no file of this process grow beyond a number of bytes: the system then refuses, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def left_behind(folder, looks):
    """Put checks on a shelf whose process then dies, and return the file that stays."""
    shelf = Spool(folder, process="gone:7")
    shelf.put(looks)
    shelf.close()  # as the system does with every file of a process that was killed
    return next(folder.glob("*.looks"))


def sent():
    return [(row.sent_at, row.purpose, row.watcher) for row in Observation.objects.order_by("position")]


def as_sent(looks, watcher):
    return [(one.answer.sent_at, one.purpose, watcher) for one in looks]


@pytest.mark.both_databases
@pytest.mark.parametrize("on_disk", [True, False], ids=["file", "memory"])
def test_checks_are_stored_as_they_were_with_the_true_time_of_recording(tmp_path, looks, on_disk):
    straight = store.store_checks([looks[0]], process="here:1", at=SEED_DUE)[0]
    shelf = Spool(tmp_path if on_disk else None, process="there:2")
    shelf.put(looks)
    rows = shelf.store(at=BACK_AT)
    assert [row.recorded_at for row in rows] == [BACK_AT] * 3
    assert sent()[1:] == as_sent(looks, "there:2")
    same = {"recorded_at": None, "watcher": None}
    assert rows[0].payload() | same == straight.payload() | same
    assert check_chain(Observation) == (4, None)
    assert not shelf
    assert list(tmp_path.iterdir()) == []


def test_what_a_process_that_died_has_left_is_stored_under_its_own_name(tmp_path, looks):
    left_behind(tmp_path, looks)
    assert spool.is_any_waiting(tmp_path)
    assert len(spool.store_left_behind(tmp_path, at=BACK_AT)) == 3
    assert sent() == as_sent(looks, "gone:7")
    assert list(tmp_path.iterdir()) == []


def test_a_check_of_a_web_address_that_was_corrected_before_it_is_stored_is_superseded(tmp_path, address, looks):
    left_behind(tmp_path, looks)
    planned = PlannedAddress.of(address)
    corrections.change_address(
        address, replace(planned, url=f"{address.url}-2"), by=None, at=SEED_DUE - timedelta(hours=1)
    )
    rows = spool.store_left_behind(tmp_path, at=BACK_AT)
    assert {(row.url, row.superseded) for row in rows} == {(looks[0].address.url, True)}
    assert Observation.objects.count() == 3


def test_what_a_living_process_keeps_is_taken_by_no_one_else(tmp_path, looks):
    shelf = Spool(tmp_path, process="alive:3")
    shelf.put(looks)
    assert spool.store_left_behind(tmp_path, at=BACK_AT) == []
    assert len(shelf.store(at=BACK_AT)) == 3


def test_a_check_that_was_stored_although_the_answer_was_lost_is_not_stored_again(tmp_path, looks):
    left_behind(tmp_path, looks)
    store.store_checks(looks[:2], process="gone:7", at=SEED_DUE)
    rows = spool.store_left_behind(tmp_path, at=BACK_AT)
    assert sent() == as_sent(looks, "gone:7")
    assert {row.sent_at for row in rows} == {one.answer.sent_at for one in looks}


@pytest.mark.both_databases
def test_the_same_file_stored_twice_leaves_each_check_once(tmp_path, looks):
    path = left_behind(tmp_path, looks)
    again = path.read_bytes()
    spool.store_left_behind(tmp_path, at=BACK_AT)
    path.write_bytes(again)
    spool.store_left_behind(tmp_path, at=BACK_AT + timedelta(seconds=5))
    assert sent() == as_sent(looks, "gone:7")


def test_a_check_of_another_monitoring_process_at_the_same_instant_is_another_check(tmp_path, looks):
    store.store_checks(looks, process="other:9", at=SEED_DUE)
    left_behind(tmp_path, looks)
    spool.store_left_behind(tmp_path, at=BACK_AT)
    assert sent() == as_sent(looks, "other:9") + as_sent(looks, "gone:7")


def test_a_broken_last_line_is_told_and_stops_no_other(tmp_path, looks, caplog):
    path = left_behind(tmp_path, looks)
    path.write_bytes(path.read_bytes()[:-40])
    assert len(spool.store_left_behind(tmp_path, at=BACK_AT)) == 2
    assert sent() == as_sent(looks[:2], "gone:7")
    assert "line 4 cannot be read" in caplog.text
    assert [kept.suffix for kept in tmp_path.iterdir()] == [".refused"]
    assert spool.store_left_behind(tmp_path, at=BACK_AT) == []


@pytest.mark.both_databases
def test_a_check_that_the_database_refuses_is_told_and_stops_no_other(tmp_path, looks, caplog):
    other = ReleaseFactory(confirmed=True, reference="other", url="https://www.example.gov.uk/other").addresses.get()
    path = left_behind(tmp_path, [look(other), *looks])
    path.write_text(path.read_text().replace(f'"address": {other.pk}', '"address": 999999', 1))
    assert len(spool.store_left_behind(tmp_path, at=BACK_AT)) == 3
    assert "number 999999) no longer exists" in caplog.text
    assert [kept.suffix for kept in tmp_path.iterdir()] == [".refused"]


def test_a_page_that_does_not_change_is_written_once_and_no_cookie_is(tmp_path, looks):
    written = left_behind(tmp_path, looks).read_text()
    assert [next(iter(json.loads(line))) for line in written.splitlines()] == ["body", "look", "look", "look"]
    assert "secret" not in written


def test_pages_that_are_not_public_yet_are_for_no_one_else_on_the_machine(tmp_path, looks):
    path = left_behind(tmp_path / "unstored", looks)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_checks_wait_in_memory_where_the_disk_takes_no_file(tmp_path, looks, caplog):
    (tmp_path / "unstored").write_text("in the way")
    shelf = Spool(tmp_path / "unstored", process="full:4")
    shelf.put(looks)
    assert shelf
    assert not shelf.outlives
    assert "cannot be written to a file either" in caplog.text
    shelf.store(at=BACK_AT)
    assert sent() == as_sent(looks, "full:4")


def test_a_disk_that_fills_up_in_the_middle_of_a_check_spoils_nothing_before_it(tmp_path, looks, caplog):
    shelf = Spool(tmp_path, process="filling:5")
    shelf.put(looks[:1])
    before = next(tmp_path.iterdir()).stat().st_size
    with room_for(before + 100):
        shelf.put(looks[1:2])
    assert caplog.records[-1].levelno == logging.ERROR
    assert next(tmp_path.iterdir()).stat().st_size == before
    shelf.put(looks[2:])
    shelf.store(at=BACK_AT)
    assert sorted(sent()) == sorted(as_sent(looks, "filling:5"))
    assert list(tmp_path.iterdir()) == []


def test_nothing_waits_where_there_is_no_folder(tmp_path):
    assert spool.store_left_behind(None, at=BACK_AT) == []
    assert spool.store_left_behind(tmp_path / "never-made", at=BACK_AT) == []
    assert not spool.is_any_waiting(tmp_path / "never-made")
    assert os.listdir(tmp_path) == []

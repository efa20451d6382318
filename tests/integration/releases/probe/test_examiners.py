"""Pages are examined by other processes: one that goes over a limit ends its process, and nothing else."""

import gc
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from releases.detection.finding import CheckOutcome, EarlierTexts, Finding, Reason
from releases.detection.rules import examine
from releases.probe import examiner, examiner_pool
from releases.probe.examiner import ExaminationError, Request
from releases.probe.examiner_pool import LATE_FROM, Examiners, Overrun
from releases.probe.probe import Probe
from tests.corpus.case import DUE
from tests.corpus.examination import CASES, answered, expectation

HONEST = next(case for case in CASES if case.name.startswith("live") or case.looks[0].reply.body)
MEGABYTE = 1024 * 1024
# Each needs some seconds, or hundreds of megabytes.
LONG = b"<!doctype html><html><body>" + b"<p>31 March 2026. " * 100_000
LARGE = b"<!doctype html><html><body><p>" + "\ufdfa".encode() * 400_000


def request(body=None, *, path="/page", case=HONEST):
    """Ask for the examination of a page of the corpus, or of another body in its place."""
    answer = answered(case, case.looks[0])
    expected = expectation(case, url=answer.requested_url, before=EarlierTexts())
    if body is not None:
        url = f"https://www.example.gov.uk{path}"
        answer = replace(
            answer,
            body=body,
            status=200,
            requested_url=url,
            final_url=url,
            failure=None,
            left_allowed_hosts=False,
            headers=(("content-type", "text/html; charset=utf-8"),),
        )
    return Request("page", answer, expected)


@pytest.fixture
def pool():
    """Make a pool with other limits than the product's; it is closed in the end."""
    made = []

    def with_limits(*, seconds=5.0, megabytes=256, **options):
        made.append(Examiners(options=(str(seconds), str(megabytes * MEGABYTE)), **options))
        return made[-1]

    yield with_limits
    for one in made:
        one.close()


def collected(examiners):
    """Wait for all results."""
    results = {}
    while len(examiners):
        results |= dict(examiners.collect(1.0))
    return results


def is_running(process):
    """Return whether a process is there, and no zombie."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_until_gone(process, *, seconds=5):
    until = time.monotonic() + seconds
    while is_running(process):
        assert time.monotonic() < until, "the process is still there"
        time.sleep(0.02)


def test_other_processes_find_what_this_one_finds(pool):
    cases = [case for case in CASES if case.looks[0].reply.body][:60]
    examiners = pool(most=2)
    for case in cases:
        examiners.begin(case.name, request(case=case))
    found = collected(examiners)
    for case in cases:
        asked = request(case=case)
        assert found[case.name] == examine(asked.answer, asked.expectation)
    assert len(examiners.processes) == 2


@pytest.mark.parametrize(
    ("body", "limits", "overrun"),
    [
        pytest.param(LONG, {"seconds": 0.3}, Overrun.TIME, id="time"),
        pytest.param(LARGE, {"megabytes": 40}, Overrun.MEMORY, id="memory"),
    ],
)
def test_a_page_over_a_limit_has_no_finding_and_the_others_have_theirs(pool, body, limits, overrun):
    examiners = pool(most=1, **limits)
    for number in range(3):
        examiners.begin(number, request())
    examiners.begin("hostile", request(body))
    for number in range(3, 6):
        examiners.begin(number, request())
    found = collected(examiners)
    assert found.pop("hostile") is overrun
    assert len(found) == 6
    assert all(isinstance(each, Finding) for each in found.values())


def test_the_time_of_one_page_does_not_count_for_the_next(pool):
    examiners = pool(most=1, seconds=1.0)
    honest = LONG[: len(LONG) // 20]
    for number in range(9):
        examiners.begin(number, request(honest + str(number).encode()))
    assert all(isinstance(each, Finding) for each in collected(examiners).values())
    [process] = examiners.processes
    ticks = sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]))
    assert ticks / os.sysconf("SC_CLK_TCK") > 1.0, "the test needs more pages"


def test_a_process_that_is_stopped_is_killed_by_the_clock(pool):
    examiners = pool(most=1, seconds_on_the_clock=1.0)
    assert isinstance(examiners.examine(request()), Finding)
    [process] = examiners.processes
    os.kill(process, signal.SIGSTOP)
    assert examiners.examine(request()) is Overrun.TIME
    assert not is_running(process)
    assert isinstance(examiners.examine(request()), Finding)


def test_a_process_that_dies_is_replaced_and_what_it_had_not_begun_is_examined(pool):
    examiners = pool(most=1)
    examiners.examine(request())
    [process] = examiners.processes
    os.kill(process, signal.SIGSTOP)
    for number in range(3):
        examiners.begin(number, request())
    os.kill(process, signal.SIGKILL)
    found = collected(examiners)
    assert found[0] is Overrun.ENDED
    assert isinstance(found[1], Finding)
    assert isinstance(found[2], Finding)


def test_an_address_that_went_over_a_limit_twice_is_examined_last(pool):
    examiners = pool(most=1, seconds=0.3)
    for _ in range(LATE_FROM):
        assert examiners.examine(request(LONG, path="/hostile")) is Overrun.TIME
    examiners.begin("hostile", request(LONG, path="/hostile"))
    examiners.begin("before", request(path="/other"))
    examiners.begin("hostile again", request(LONG, path="/hostile"))
    for number in range(3):
        examiners.begin(number, request(path="/other"))
    order = []
    while len(examiners):
        order += [key for key, _ in examiners.collect(1.0)]
    assert order[-1] == "hostile again"
    assert set(order[1:-1]) == {"before", 0, 1, 2}


def test_a_pool_whose_processes_cannot_begin_says_so_and_does_not_try_for_ever(pool):
    examiners = Examiners(options=("nonsense",), most=1)
    try:
        for number in range(6):
            examiners.begin(number, request())
        assert set(collected(examiners).values()) == {Overrun.ENDED}
    finally:
        examiners.close()


def refuse_to_start(*_, **__):
    raise BlockingIOError(11, "Resource temporarily unavailable")


def test_a_pool_that_cannot_start_a_process_gives_up_its_pages_and_raises_nothing(pool, monkeypatch):
    examiners, results = pool(most=2), []
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", refuse_to_start)
        examiners.begin("first", request())
        for _ in range(10):
            results += examiners.collect(0)
    assert results == [("first", Overrun.ENDED)]
    examiners.begin("second", request())
    assert not isinstance(collected(examiners)["second"], Overrun)


def test_a_pool_that_cannot_start_a_further_process_uses_those_that_it_has(pool, monkeypatch):
    examiners = pool(most=2)
    examiners.begin("first", request())
    monkeypatch.setattr(subprocess, "Popen", refuse_to_start)
    examiners.begin("second", request(path="/other"))
    results = collected(examiners)
    assert sorted(results) == ["first", "second"]
    assert Overrun.ENDED not in results.values()


def test_what_has_no_result_when_the_pool_has_to_end_is_told_so(pool):
    examiners = pool(most=1)
    examiners.begin("long", request(LONG))
    examiners.begin("waits", request())
    examiners.give_up_after(0.1)
    begun = time.monotonic()
    assert collected(examiners) == {"long": Overrun.ENDED, "waits": Overrun.ENDED}
    assert time.monotonic() - begun < 2
    examiners.begin("later", request())
    assert collected(examiners) == {"later": Overrun.ENDED}
    examiners.give_up_after(None)
    examiners.begin("as usual", request())
    assert isinstance(collected(examiners)["as usual"], Finding)


def test_a_stop_signal_to_all_processes_of_a_service_leaves_a_page_to_be_examined(pool):
    examiners = pool(most=1)
    examiners.examine(request())
    [process] = examiners.processes
    os.kill(process, signal.SIGTERM)
    assert isinstance(examiners.examine(request()), Finding)
    assert examiners.processes == [process]


def test_processes_end_with_the_one_that_they_work_for():
    script = (
        "import time; import django; django.setup();"
        "from tests.integration.releases.probe.test_examiners import Examiners, request;"
        "pool = Examiners(most=1); pool.examine(request()); print(pool.processes[0], flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        process = int(parent.stdout.readline())
        assert is_running(process)
        parent.kill()
    wait_until_gone(process)


def test_a_closed_pool_leaves_no_process():
    examiners = Examiners(most=2)
    for number in range(4):
        examiners.begin(number, request())
    processes = examiners.processes
    assert processes
    examiners.close()
    assert not any(map(is_running, processes))


def test_a_process_begins_where_the_service_manager_forbids_a_lower_priority():
    """Our units of systemd deny `setpriority`; every examination failed there."""
    script = (
        "import os, sys\n"
        "def refuse(increment): raise PermissionError(1, 'Operation not permitted')\n"
        "os.nice = refuse\n"
        "from releases.probe import examiner\n"
        "sys.exit(examiner.main())"
    )
    begun = subprocess.run([sys.executable, "-c", script], input=b"", capture_output=True, check=False)
    assert (begun.returncode, begun.stdout) == (0, examiner.add_length(examiner.READY)), begun.stderr


def test_the_processes_know_neither_django_nor_the_network():
    script = "import sys; import releases.probe.examiner; print([m for m in ('django', 'pycurl') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "told",
    [b"[]", b"{}", b'{"finding": 1}', b'{"text": {}}', b'{"fault": 1}', b'{"fault": {}}', b'{"other": ""}', b"x", b"1"],
)
def test_what_is_no_result_is_none(told):
    with pytest.raises((ValueError, KeyError)):
        examiner.read_result(told)


class Lined:
    """A pool that answers each request with the next result of a list."""

    def __init__(self, *results):
        self.results, self.asked = list(results), 0

    def examine(self, _request):
        self.asked += 1
        return self.results.pop(0)

    def is_last(self, _url):
        return self.asked >= LATE_FROM


@pytest.mark.parametrize(
    ("overrun", "reason"),
    [
        (Overrun.TIME, Reason.EXAMINATION_TIME),
        (Overrun.MEMORY, Reason.EXAMINATION_MEMORY),
        (Overrun.ENDED, Reason.EXAMINATION_ENDED),
    ],
)
def test_a_page_over_a_limit_is_a_fault_of_the_observer_with_its_reason(overrun, reason):
    asked = request()
    found = Probe(None, Lined(overrun)).examine("page", asked.answer, asked.expectation)
    assert (found.result, found.reasons) == (CheckOutcome.OBSERVER_FAULT, (reason,))


def test_a_page_that_went_over_a_limit_twice_is_answered_from_memory_and_a_changed_one_is_not():
    asked = request(b"<html>x")
    pool = Lined(Overrun.TIME, Overrun.TIME, Finding(CheckOutcome.LIVE, ()))
    probe = Probe(None, pool)
    for _ in range(5):
        assert probe.examine("page", asked.answer, asked.expectation).result is CheckOutcome.OBSERVER_FAULT
    assert pool.asked == LATE_FROM
    changed = replace(asked.answer, body=b"<html>y")
    assert probe.examine("page", changed, asked.expectation).result is CheckOutcome.LIVE


def test_a_page_that_comes_back_as_it_was_is_answered_from_memory():
    asked = request()
    pool = Lined(Finding(CheckOutcome.LIVE, ()))
    probe = Probe(None, pool)
    later = replace(asked.answer, sent_at=DUE, planned_at=DUE)
    first, second = (probe.examine("page", answer, asked.expectation) for answer in (asked.answer, later))
    assert first is second
    assert pool.asked == 1


def test_a_fault_of_our_own_code_comes_with_what_it_said():
    asked = request()
    with pytest.raises(ExaminationError, match="line 1"):
        Probe(None, Lined(ExaminationError("line 1"))).examine("page", asked.answer, asked.expectation)


def test_a_pool_that_no_one_closes_leaves_no_process_behind():
    pool = Examiners(most=1)
    pool.examine(request())
    (process,) = pool.processes
    assert is_running(process)
    del pool
    gc.collect()
    wait_until_gone(process)


def test_a_page_that_cannot_be_given_to_a_process_takes_no_result_of_another_page(pool, monkeypatch):
    examiners, write = pool(most=1), examiner_pool.write_request

    def write_most(one):
        if one.answer.requested_url.endswith("/a"):
            raise MemoryError
        return write(one)

    monkeypatch.setattr(examiner_pool, "write_request", write_most)
    for name in ("a", "b"):
        examiners.begin(name, request(b"<p>31 March 2026", path=f"/{name}"))
    results = collected(examiners)
    assert results["a"] is Overrun.ENDED
    assert isinstance(results["b"], Finding)

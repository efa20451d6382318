"""Asking what confirms the clock: the real kernel, programs that print what chronyc prints, and an NTP server."""

import logging
import socket
import stat
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from releases.monitoring import clock as clock_module
from releases.monitoring.clock import ClockSource, RealClock, kernel
from releases.rules.clock_error import Figures, Voucher
from tests.servers.time_server import time_server

LINE = "C0248F97,192.36.143.151,2,1782808000.1,0.000012,-0.00001,0.00002,-3.5,0.001,0.02,0.020,0.004,64.2,Normal"
KERNEL = Figures(Voucher.KERNEL, bound=timedelta(seconds=0.2))


@pytest.fixture
def program(tmp_path):
    """Write a program of this name that does what a script says."""

    def write(script: str) -> str:
        path = tmp_path / "chronyc"
        path.write_text(f"#!{sys.executable}\nimport sys, time\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return write


def source(*command: str, kernel: Figures | None = None) -> ClockSource:
    return ClockSource(command=command, kernel=lambda: kernel)


def test_the_kernel_of_this_machine_answers_or_says_that_no_one_keeps_its_time():
    figures = kernel()
    assert figures is None or (figures.voucher is Voucher.KERNEL and figures.bound > timedelta(0))


def test_asking_the_kernel_is_quick_enough_for_every_check():
    begun = time.perf_counter()
    for _ in range(1_000):
        kernel()
    assert time.perf_counter() - begun < 0.5


def test_another_system_has_no_such_kernel(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert kernel() is None


def test_without_chrony_the_kernel_alone_is_used():
    assert source("no-such-program-here", kernel=KERNEL)() == (KERNEL,)
    assert source("no-such-program-here")() == ()


def test_chrony_is_used_before_the_kernel_once_it_has_answered(program):
    asked = source(program(f"print('{LINE}')"), kernel=KERNEL)
    asked()
    asked.wait()
    figures = asked()
    assert [each.voucher for each in figures] == [Voucher.CHRONY, Voucher.KERNEL]
    assert figures[0].bound == timedelta(seconds=0.014012)


def test_no_check_waits_for_chrony(program):
    asked = source(program(f"time.sleep(1); print('{LINE}')"), kernel=KERNEL)
    begun = time.perf_counter()
    assert asked() == (KERNEL,)
    assert time.perf_counter() - begun < 0.5
    asked.wait()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param("print('506 Cannot talk to daemon')", "506 Cannot talk", id="no-daemon"),
        pytest.param("sys.exit(1)", "exit status 1", id="fails"),
        pytest.param("time.sleep(60)", "timed out", id="hangs"),
    ],
)
def test_a_chrony_that_does_not_answer_vouches_for_nothing_and_that_is_logged(
    program, script, said, caplog, monkeypatch
):
    monkeypatch.setattr(clock_module, "ANSWERED_WITHIN_SECONDS", 0.5)
    asked = source(program(script), kernel=KERNEL)
    with caplog.at_level(logging.WARNING):
        asked()
        asked.wait()
    assert asked() == (KERNEL,)
    assert said in caplog.text


def test_chrony_is_asked_again_after_a_while_and_not_at_every_check(program, tmp_path):
    times = tmp_path / "times"
    now = [0.0]
    script = f"open({str(times)!r}, 'a').write('.'); print('{LINE}')"
    asked = ClockSource(command=[program(script)], kernel=lambda: None, monotonic=lambda: now[0])
    for now[0] in (0.0, 0.1, 15.9, 16.1, 20.0):
        asked()
        asked.wait()
    assert times.read_text() == ".."


def test_a_real_clock_asks_its_source_at_every_reading_and_sees_a_step_automatically():
    ahead = [0.0]
    clock = RealClock(
        source("no-such-program-here", kernel=None), wall=lambda: datetime.now(UTC) + timedelta(seconds=ahead[0])
    )
    assert not clock.error().is_off(largest=timedelta(seconds=1))
    ahead[0] = 30.0
    error = clock.error()
    assert abs(error.stepped_by.total_seconds() - 30) < 0.1
    assert error.is_off(largest=timedelta(seconds=1))


def test_reading_the_clock_with_its_error_is_quick_enough_for_every_check():
    clock = RealClock(ClockSource())
    begun = time.perf_counter()
    for _ in range(1_000):
        clock.error()
    assert time.perf_counter() - begun < 1.0


# --- NTP servers


def asked(*servers):
    """Ask time servers alone, and return the figures once they have answered."""
    source = ClockSource(command=["no-such-program-here"], kernel=lambda: None, servers=servers)
    source()
    source.wait()
    return source()


def test_an_ntp_server_that_agrees_confirms_the_clock():
    with time_server() as server:
        (figures,) = asked(server)
    assert figures.voucher is Voucher.NTP
    assert timedelta(0) < figures.bound < timedelta(seconds=1)


def test_an_ntp_server_that_is_20_seconds_ahead_proves_the_clock_wrong():
    with time_server(ahead=20.0) as server:
        (figures,) = asked(server)
    assert timedelta(seconds=19) < figures.least <= figures.bound < timedelta(seconds=21)


def test_of_several_ntp_servers_one_that_answers_is_enough(caplog, monkeypatch):
    monkeypatch.setattr(clock_module, "ANSWERED_WITHIN_SECONDS", 0.3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{silent.getsockname()[1]}"
        with time_server() as server:
            assert len(asked(nobody, server)) == 1
        with caplog.at_level(logging.WARNING):
            assert asked(nobody) == ()
    assert "NTP does not say how far the clock may be off" in caplog.text


def test_an_ntp_server_that_keeps_no_time_itself_confirms_nothing():
    with time_server(leap=3) as server:
        assert asked(server) == ()

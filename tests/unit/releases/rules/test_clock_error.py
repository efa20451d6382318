"""The known error of monitoring's clock: who vouches for it, its steps, and what other hosts prove."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from releases.rules.clock_error import (
    SCRIPTED,
    ClockError,
    ClockMonitor,
    ClockSample,
    Figures,
    Voucher,
    bound_seconds_of_check,
    of_chrony,
    of_kernel,
    of_ntp,
)
from releases.rules.response import Answer

START = datetime(2026, 6, 30, 8, 29, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KERNEL = Figures(Voucher.KERNEL, bound=timedelta(seconds=0.12))


class Machine:
    """A machine whose clock can be set, and what its process knows of that."""

    def __init__(self) -> None:
        self.watch, self.true, self.ahead = ClockMonitor(), timedelta(0), timedelta(0)
        self.figures: tuple[Figures, ...] = ()

    @property
    def shown(self) -> datetime:
        return START + self.true + self.ahead

    def after(self, seconds: float, *, uncertain: float = 0) -> ClockError:
        self.true += timedelta(seconds=seconds)
        reading = ClockSample(wall=self.shown, steady=self.true, uncertain=timedelta(seconds=uncertain))
        return self.watch.take(reading, self.figures)

    def set_by(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)

    def hear(self, host: str, *, off: float = 0, took: float = 0.2) -> None:
        """Ask a host whose own clock is off by so many seconds; it sends whole seconds."""
        told = (START + self.true + timedelta(seconds=off)).replace(microsecond=0)
        self.watch.compare_with_host(
            host, sent_at=self.shown - timedelta(seconds=took), completed_at=self.shown, date=told
        )


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.after(0)
    return machine


def off(error: ClockError, seconds: float = 1) -> bool:
    return error.is_off(largest=timedelta(seconds=seconds))


# --- who vouches


def test_where_nothing_vouches_for_the_clock_it_has_no_bound_and_is_not_called_wrong(machine):
    error = machine.after(5)
    assert (error.voucher, error.bound, error.bound_seconds) == (Voucher.NOBODY, None, None)
    assert not off(error)


def test_the_first_that_vouches_gives_the_bound(machine):
    machine.figures = (KERNEL, Figures(Voucher.CHRONY, bound=SECOND))
    error = machine.after(5)
    assert (error.voucher, error.bound_seconds) == (Voucher.KERNEL, 0.12)


def test_a_clock_whose_own_keeper_says_that_it_is_far_off_is_off(machine):
    machine.figures = (Figures(Voucher.CHRONY, bound=timedelta(seconds=3.1), least=timedelta(seconds=2.9)),)
    error = machine.after(5)
    assert off(error, 2.8)
    assert not off(error, 3)


def test_a_scripted_clock_is_exact():
    assert (SCRIPTED.bound_seconds, off(SCRIPTED, 0)) == (0, False)


# --- steps


@pytest.mark.parametrize("seconds", [30, -30, 1.5, -1.5])
def test_a_step_while_watching_is_noticed_at_the_next_reading(machine, seconds):
    machine.set_by(seconds)
    error = machine.after(0.1)
    assert error.stepped_by == timedelta(seconds=seconds)
    assert off(error)


def test_a_stepped_clock_for_which_nothing_vouches_stays_off(machine):
    machine.set_by(30)
    machine.after(0.1)
    assert off(machine.after(3600))


def test_a_step_that_a_keeper_of_the_time_vouches_for_is_forgotten_once_no_check_can_straddle_it(machine):
    machine.figures = (KERNEL,)
    machine.set_by(30)
    assert off(machine.after(0.1))
    assert off(machine.after(14.9))
    assert not off(machine.after(0.2))


def test_small_steps_add_up_while_nothing_vouches(machine):
    for _ in range(4):
        machine.set_by(0.4)
        error = machine.after(60)
    assert error.stepped_by == timedelta(seconds=1.6)
    assert off(error)


def test_a_step_back_to_where_the_clock_was_ends_the_doubt_once_no_check_can_straddle_it(machine):
    machine.set_by(30)
    machine.after(60)
    machine.set_by(-30)
    assert off(machine.after(1))
    assert not off(machine.after(16))


def test_a_clock_that_runs_on_evenly_has_no_step_however_long_no_one_read_it(machine):
    assert machine.after(86_400).stepped_by == timedelta(0)


def test_a_process_held_up_while_reading_takes_that_for_no_step(machine):
    machine.set_by(0.3)
    assert machine.after(1, uncertain=0.3).stepped_by == timedelta(0)


def test_chrony_vouches_again_after_a_step_only_when_it_has_asked_its_server_again(machine):
    before = Figures(Voucher.CHRONY, bound=timedelta(seconds=0.01), updated="1782808000.1")
    machine.figures = (before,)
    machine.after(1)
    machine.set_by(5)
    error = machine.after(1)
    assert (error.voucher, error.bound) == (Voucher.NOBODY, None)
    assert off(machine.after(60))
    machine.figures = (Figures(Voucher.CHRONY, bound=timedelta(seconds=0.01), updated="1782808064.1"),)
    error = machine.after(60)
    assert (error.voucher, off(error)) == (Voucher.CHRONY, False)


# --- other hosts


@pytest.mark.parametrize("ahead", [-20, -3, 3, 20])
def test_two_hosts_that_agree_prove_a_clock_wrong_by_nearly_as_much_as_it_is(machine, ahead):
    machine.set_by(ahead)
    machine.watch = ClockMonitor()
    machine.hear("one.example")
    machine.hear("two.example")
    error = machine.after(0)
    assert abs(ahead) - 1.3 <= error.off_by.total_seconds() <= abs(ahead)
    assert off(error) is (error.off_by > SECOND)


def test_one_host_alone_proves_nothing(machine):
    machine.hear("one.example", off=500)
    machine.hear("one.example", off=500)
    assert machine.after(0).off_by == timedelta(0)


def test_two_hosts_of_which_one_is_wrong_prove_nothing(machine):
    machine.hear("one.example", off=500)
    machine.hear("two.example")
    assert machine.after(0).off_by == timedelta(0)


def test_two_hosts_that_are_wrong_in_opposite_ways_prove_nothing(machine):
    machine.hear("one.example", off=500)
    machine.hear("two.example", off=-500)
    assert machine.after(0).off_by == timedelta(0)


@pytest.mark.parametrize("took", [0.01, 1, 14])
@pytest.mark.parametrize("phase", [0, 0.001, 0.5, 0.999])
def test_a_right_clock_is_never_proven_wrong_by_hosts_that_are_right(machine, took, phase):
    machine.after(20 + phase)
    for host in ("one.example", "two.example"):
        machine.hear(host, took=took)
    assert machine.after(0).off_by == timedelta(0)


def test_two_other_hosts_that_agree_confirm_a_clock(machine):
    machine.hear("one.example")
    assert machine.after(0).voucher is Voucher.NOBODY
    machine.hear("two.example")
    error = machine.after(0)
    assert error.voucher is Voucher.CONTROLS
    assert timedelta(0) < error.bound <= timedelta(seconds=1.5)
    assert error.compared_at == machine.shown


def test_two_other_hosts_that_disagree_confirm_nothing(machine):
    machine.hear("one.example")
    machine.hear("two.example", off=30)
    error = machine.after(0)
    assert (error.voucher, error.bound) == (Voucher.NOBODY, None)


def test_what_was_heard_long_ago_proves_nothing_any_more(machine):
    for host in ("one.example", "two.example"):
        machine.hear(host, off=500)
    assert machine.after(15 * 60).off_by > timedelta(0)
    assert machine.after(1).off_by == timedelta(0)


def test_two_responses_after_a_step_that_find_nothing_wrong_end_the_doubt(machine):
    machine.hear("one.example")
    machine.hear("two.example")
    machine.set_by(30)
    machine.after(1)
    assert off(machine.after(60)), "what was heard before the step says nothing of the clock after it"
    machine.set_by(0)
    for host in ("one.example", "two.example"):
        machine.hear(host, off=30)
    assert not off(machine.after(1))


def test_two_responses_after_a_step_that_prove_the_clock_wrong_keep_it_in_doubt(machine):
    machine.set_by(30)
    machine.after(60)
    for host in ("one.example", "two.example"):
        machine.hear(host)
    assert off(machine.after(1))
    assert off(machine.after(16 * 60))


# --- the kernel and chrony

KEPT = {"state": 0, "status": 0x2001, "maxerror": 20_000, "offset": 0}


def test_a_kernel_that_is_stored_in_time_bounds_the_error():
    figures = of_kernel(**KEPT)
    assert (figures.voucher, figures.bound.total_seconds(), figures.least) == (Voucher.KERNEL, 0.12, timedelta(0))


@pytest.mark.parametrize(
    ("status", "offset"),
    [pytest.param(0x2001, -5_000_000_000, id="nanoseconds"), pytest.param(0x0001, -5_000_000, id="microseconds")],
)
def test_what_the_kernel_still_has_to_correct_belongs_to_the_error(status, offset):
    figures = of_kernel(**KEPT | {"status": status, "offset": offset})
    assert (figures.bound.total_seconds(), figures.least.total_seconds()) == (5.12, 4.88)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"status": 0x2040, "maxerror": 16_000_000}, id="unsynchronised"),
        pytest.param({"state": 5}, id="error-state"),
        pytest.param({"state": -1}, id="not-allowed"),
    ],
)
def test_a_kernel_that_no_one_keeps_in_time_vouches_for_nothing(change):
    assert of_kernel(**KEPT | change) is None


TRACKING = (
    "C0248F97,192.36.143.151,2,1782808000.123456789,0.000012,-0.000010,0.000020,-3.5,0.001,0.02,0.020,0.004,64.2,Normal"
)


def test_chrony_bounds_the_error_by_offset_dispersion_and_half_the_delay():
    figures = of_chrony(TRACKING)
    assert figures == Figures(
        Voucher.CHRONY, bound=timedelta(seconds=0.014012), least=timedelta(0), updated="1782808000.123456789"
    )


def test_chrony_that_still_corrects_a_large_offset_says_that_the_clock_is_off():
    figures = of_chrony(TRACKING.replace(",0.000012,", ",-2.5,"))
    assert (figures.bound.total_seconds(), figures.least.total_seconds()) == (2.514, 2.486)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(TRACKING.replace("Normal", "Not synchronised"), id="not-synchronised"),
        pytest.param("00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised", id="no-server-yet"),
        pytest.param(TRACKING.replace("C0248F97", "7F7F0101"), id="its-own-clock-alone"),
    ],
)
def test_chrony_without_a_server_vouches_for_nothing(line):
    assert of_chrony(line) is None


@pytest.mark.parametrize("line", ["", "506 Cannot talk to daemon", TRACKING.replace("0.004", "much")])
def test_a_line_that_chronyc_does_not_print_is_refused(line):
    with pytest.raises(ValueError):
        of_chrony(line)


# --- NTP servers

NTP = {"delay": 0.02, "root_delay": 0.01, "root_dispersion": 0.005, "is_synchronised": True, "answered_at": 17.5}


def test_an_ntp_server_bounds_the_error_by_offset_and_root_distance():
    figures = of_ntp(offset=-0.1, **NTP)
    assert figures.voucher is Voucher.NTP
    assert (figures.bound, figures.least) == (timedelta(seconds=0.12), timedelta(seconds=0.08))


def test_an_ntp_server_that_keeps_no_time_itself_confirms_nothing():
    assert of_ntp(offset=0.0, **(NTP | {"is_synchronised": False})) is None


def test_after_a_step_neither_of_two_keepers_counts_before_it_has_asked_again(machine):
    chrony = Figures(Voucher.CHRONY, bound=SECOND, updated="chrony 1")
    machine.figures = (chrony, of_ntp(offset=0.0, **NTP))
    machine.after(1)
    machine.ahead = timedelta(seconds=30)
    assert machine.after(1).voucher is Voucher.NOBODY
    machine.figures = (chrony, of_ntp(offset=0.0, **(NTP | {"answered_at": 60.0})))
    assert machine.after(60).voucher is Voucher.NTP


# --- the time that a response states

UNCONFIRMED = ClockError(Voucher.NOBODY, bound=None)


def answer(told: datetime | None, *, age: str = "", took: float = 0.3) -> Answer:
    """Return a response that was asked for at the start, and states a time."""
    headers = [("date", format_datetime(told, usegmt=True))] if told else []
    headers += [("age", age)] if age else []
    done = START + timedelta(seconds=took)
    return Answer("https://www.example.gov.uk/", START, START, done, status=200, headers=tuple(headers))


@pytest.mark.parametrize(
    ("off", "took", "bound"),
    [
        pytest.param(0, 0.3, 2.3, id="the-same-time"),
        pytest.param(2, 0.3, 2.3, id="two-seconds-ahead"),
        pytest.param(-2, 0.3, 2.3, id="two-seconds-behind"),
        pytest.param(3, 1, 3, id="two-seconds-after-it-came"),
        pytest.param(-3, 0.3, None, id="three-seconds-behind"),
        pytest.param(3, 0.3, None, id="three-seconds-ahead"),
        pytest.param(-20, 0.3, None, id="twenty-seconds-behind"),
    ],
)
def test_a_response_confirms_the_clock_if_it_tells_the_same_time(off, took, bound):
    assert bound_seconds_of_check(UNCONFIRMED, answer(START + off * SECOND, took=took)) == bound


@pytest.mark.parametrize(("age", "bound"), [("3600", 2.3), ("", None), ("10", None), ("soon", None)])
def test_a_response_from_a_cache_tells_when_it_was_made_and_how_old_it_is(age, bound):
    assert bound_seconds_of_check(UNCONFIRMED, answer(START - timedelta(hours=1), age=age)) == bound


def test_a_response_that_tells_no_time_confirms_nothing():
    assert bound_seconds_of_check(UNCONFIRMED, answer(None)) is None


def test_where_the_machine_confirms_its_clock_a_wrong_response_changes_nothing():
    confirmed = ClockError(Voucher.KERNEL, bound=timedelta(seconds=0.12))
    assert bound_seconds_of_check(confirmed, answer(START - timedelta(days=1))) == 0.12

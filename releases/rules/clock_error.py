"""The error of the clock that times our checks, and the sources that confirm the clock or prove it wrong."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from releases.rules.response import Answer

LEAST_STEP = timedelta(seconds=0.1)
"""The smallest jump that counts as a step of the clock.

A smaller jump may only mean that our process was delayed between two readings.
"""
STRADDLE = timedelta(seconds=15)
"""A check that was sent before a step of the clock can still be waiting for its response this long after the step."""
PEER_TIME_VALID_FOR = timedelta(minutes=15)
"""How long a comparison of our clock with the clock of another host remains valid."""
HOSTS_THAT_CONFIRM = 2
"""How many other hosts must agree to confirm our clock.

One host may be wrong, but two unrelated hosts that agree are assumed to be right.
"""
CONFIRMED_WITHIN = timedelta(seconds=2)
"""A response confirms our clock only if its time differs from our time by at most this."""
LEFT_OUT_BY_THE_KERNEL = timedelta(seconds=0.1)
"""Added to the kernel's figure, because systemd-timesyncd does not report the network path to the time server."""

# These kernel constants are from <linux/timex.h>.
_UNSYNC, _NANO, _TIME_ERROR = 0x0040, 0x2000, 5
_CHRONY_FIELDS = 14
_CHRONY_LOCAL = "7F7F0101"


class Voucher(StrEnum):
    CHRONY = "chrony"
    KERNEL = "kernel"
    NTP = "ntp"
    CONTROLS = "controls"
    SCRIPT = "script"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Figures:
    """The error of the machine's clock, as reported by a source that confirms the clock.

    The clock is off by at least `least` and at most `bound`. `updated` changes after each comparison with the time
    server. It is empty if the source itself withdraws its figures when the clock is set.
    """

    voucher: Voucher
    bound: timedelta
    least: timedelta = timedelta(0)
    updated: str = ""


@dataclass(frozen=True, slots=True)
class ClockError:
    """The known error of a clock at one reading.

    According to the source `voucher`, the clock is off by at most `bound`. If no source confirms the clock, `bound` is
    None. `off_by` is the proven minimum error. `compared_at` is when we last received the time of another host.

    `stepped_by` is how far the clock has jumped since a source last confirmed it. If the clock has jumped, it was wrong
    either before or after the jump, and we do not know which.
    """

    voucher: Voucher
    bound: timedelta | None
    off_by: timedelta = timedelta(0)
    stepped_by: timedelta = timedelta(0)
    compared_at: datetime | None = None

    def is_off(self, *, largest: timedelta) -> bool:
        return max(self.off_by, abs(self.stepped_by)) > largest

    @property
    def bound_seconds(self) -> float | None:
        return None if self.bound is None else self.bound.total_seconds()


SCRIPTED = ClockError(voucher=Voucher.SCRIPT, bound=timedelta(0))
"""The error of a scripted clock, which is always right."""


@dataclass(frozen=True, slots=True)
class ClockSample:
    """A reading of the wall clock and a reading of a monotonic clock, made at almost the same time.

    `uncertain` is the longest possible time between the two readings.
    """

    wall: datetime
    steady: timedelta
    uncertain: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class _PeerTime:
    """How far our clock is ahead of another host's clock, and when that host responded.

    `least` and `most` are bounds in seconds. A negative number means that our clock is behind.
    """

    least: float
    most: float
    at: datetime


@dataclass(slots=True)
class ClockMonitor:
    _last: ClockSample | None = None
    _stepped: timedelta = timedelta(0)
    _last_step: timedelta = timedelta(0)
    _stepped_at: timedelta | None = None
    _updated: frozenset[str] = frozenset()
    _outdated: frozenset[str] = frozenset()
    _peers: dict[str, _PeerTime] = field(default_factory=dict)

    def take(self, reading: ClockSample, figures: Iterable[Figures]) -> ClockError:
        """Add a reading of the clock, and return the known error.

        :param figures: the figures of the sources, most reliable source first.
        """
        self._note_step(reading)
        valid = [each for each in figures if not each.updated or each.updated not in self._outdated]
        self._updated = frozenset(each.updated for each in valid if each.updated) or self._updated
        proven = self._proven(now=reading.wall)
        best = valid[0] if valid else self._by_controls(now=reading.wall)
        fresh = self._stepped_at is not None and reading.steady - self._stepped_at <= STRADDLE
        if best and not fresh:
            self._stepped = timedelta(0)
        return ClockError(
            voucher=best.voucher if best else Voucher.NOBODY,
            bound=best.bound if best else None,
            off_by=max(proven, best.least if best else proven),
            stepped_by=max(self._stepped, self._last_step if fresh else self._stepped, key=abs),
            compared_at=max((peer.at for peer in self._peers.values()), default=None),
        )

    def compare_with_host(self, host: str, *, sent_at: datetime, completed_at: datetime, date: datetime) -> None:
        """Compare our clock with the time of another host.

        :param date: the `Date` of the host's response. The host's clock showed this second at some time during the
            request.
        """
        least = (sent_at - date).total_seconds() - 1.0
        self._peers[host] = _PeerTime(least, (completed_at - date).total_seconds(), at=completed_at)

    def _note_step(self, reading: ClockSample) -> None:
        last, self._last = self._last, reading
        if last is None:
            return
        step = (reading.wall - last.wall) - (reading.steady - last.steady)
        if abs(step) <= LEAST_STEP + reading.uncertain + last.uncertain:
            return
        self._stepped += step
        self._last_step, self._stepped_at = step, reading.steady
        # Earlier figures and comparisons with other hosts do not apply to the clock after the step.
        self._outdated = self._updated
        self._peers.clear()

    def _recent(self, *, now: datetime) -> list[_PeerTime]:
        return [peer for peer in self._peers.values() if now - peer.at <= PEER_TIME_VALID_FOR]

    def _by_controls(self, *, now: datetime) -> Figures | None:
        """Return the error of our clock according to other hosts.

        Return None if there are fewer than two hosts, or the hosts disagree.
        """
        recent = self._recent(now=now)
        if len(recent) < HOSTS_THAT_CONFIRM:
            return None
        least, most = max(peer.least for peer in recent), min(peer.most for peer in recent)
        if least > most:
            return None
        return Figures(Voucher.CONTROLS, bound=timedelta(seconds=max(abs(least), abs(most))))

    def _proven(self, *, now: datetime) -> timedelta:
        """Return the minimum error of our clock according to other hosts.

        Our clock differs from the clock of each host by at least this time. Return zero if there are fewer than two
        hosts.
        """
        recent = self._recent(now=now)
        if len(recent) < HOSTS_THAT_CONFIRM:
            return timedelta(0)
        ahead = min(peer.least for peer in recent)
        behind = min(-peer.most for peer in recent)
        return timedelta(seconds=max(ahead, behind, 0.0))


def response_time(answer: Answer) -> datetime | None:
    """Return the time according to the headers of a response, as an aware datetime to the second.

    The time is `Date` plus `Age`, the number of seconds since a cache received the response. Return None if there is no
    `Date`, or a header is invalid. Source: RFC 9110 6.6.1, RFC 9111 5.1.
    """
    try:
        date = parsedate_to_datetime(answer.header("date"))
        age = timedelta(seconds=int(answer.header("age") or 0))
        return (date if date.tzinfo else date.replace(tzinfo=UTC)) + age
    except (ValueError, OverflowError):
        return None


def bound_seconds_of_check(error: ClockError, answer: Answer) -> float | None:
    """Return by how many seconds our clock may have been off at one check, or None if nothing confirms the clock.

    If no source confirms our clock, the time in the response is used. It confirms our clock if it is close to our time.

    :param answer: the response, with the times at which we sent the request and received the response.
    """
    if error.bound is not None:
        return error.bound_seconds
    there = response_time(answer)
    if there is None or not answer.sent_at - CONFIRMED_WITHIN <= there <= answer.completed_at + CONFIRMED_WITHIN:
        return None
    return (CONFIRMED_WITHIN + (answer.completed_at - answer.sent_at)).total_seconds()


def of_kernel(*, state: int, status: int, maxerror: int, offset: int) -> Figures | None:
    """Return the error of the clock from the kernel's figures, or None if the clock is not synchronised.

    Source: adjtimex(2).

    :param maxerror: in microseconds.
    :param offset: the error that is still to be corrected, in nanoseconds if `status` has the bit for nanoseconds,
        otherwise in microseconds.
    """
    if state < 0 or state == _TIME_ERROR or status & _UNSYNC:
        return None
    left = timedelta(microseconds=abs(offset) / 1000 if status & _NANO else abs(offset))
    largest = timedelta(microseconds=maxerror) + LEFT_OUT_BY_THE_KERNEL
    return Figures(Voucher.KERNEL, bound=left + largest, least=max(left - largest, timedelta(0)))


def of_chrony(line: str) -> Figures | None:
    """Return the error of the clock from the output of `chronyc -c tracking`, or None if chrony has no external source.

    The error is at most the sum of the offset that is still to be corrected, the dispersion and half the delay. Source:
    chrony's manual.

    :raises ValueError: if the line is not the output of chronyc.
    """
    fields = line.strip().split(",")
    if len(fields) != _CHRONY_FIELDS:
        raise ValueError(f"chronyc printed {len(fields)} fields and not {_CHRONY_FIELDS}: {line.strip()[:200]}")
    if fields[13] == "Not synchronised" or fields[0] in {"", "00000000", _CHRONY_LOCAL}:
        return None
    left, delay, dispersion = (timedelta(seconds=abs(float(fields[at]))) for at in (4, 10, 11))
    largest = dispersion + delay / 2
    return Figures(Voucher.CHRONY, bound=left + largest, least=max(left - largest, timedelta(0)), updated=fields[3])


def of_ntp(
    *,
    offset: float,
    delay: float,
    root_delay: float,
    root_dispersion: float,
    is_synchronised: bool,
    answered_at: float,
) -> Figures | None:
    """Return the error of our clock from a response of an NTP server, or None if the server is not synchronised.

    All arguments except `is_synchronised` are in seconds. Source: RFC 5905, section 10, the root distance.

    :param offset: how far our clock is behind the server's clock.
    :param root_dispersion: how far the server's clock may be from its own reference clock.
    """
    if not is_synchronised:
        return None
    left, largest = abs(offset), delay / 2 + root_delay / 2 + root_dispersion
    return Figures(
        Voucher.NTP,
        bound=timedelta(seconds=left + largest),
        least=timedelta(seconds=max(left - largest, 0.0)),
        updated=f"ntp {answered_at}",
    )

"""Who vouches for the machine's clock: the kernel, asked at once, and chrony, asked in the background."""

import ctypes
import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from releases.core.looks.clock_error import Figures, of_chrony, of_kernel

logger = logging.getLogger(__name__)

CHRONY = ("chronyc", "-n", "-c", "tracking")
ASKED_EVERY_SECONDS = 16.0
ANSWERED_WITHIN_SECONDS = 3.0


class _Timex(ctypes.Structure):
    """`struct timex` of <sys/timex.h>; only what is read here has a name that matters."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        # The rest is written by the kernel as well, and must have room; it is about 150 bytes.
        ("rest", ctypes.c_byte * 256),
    )


def kernel() -> Figures | None:
    """Ask the kernel how far its clock may be off; None where it does not know, or the system has no such call."""
    if not sys.platform.startswith("linux"):
        return None
    timex = _Timex()  # modes 0: only read
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    return of_kernel(state=state, status=timex.status, maxerror=timex.maxerror, offset=timex.offset)


class ClockSource:
    """The keepers of this machine's time, the better one first."""

    def __init__(
        self,
        *,
        command: Sequence[str] = CHRONY,
        kernel: Callable[[], Figures | None] = kernel,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to ask; nothing is asked before the first call.

        :param command: prints chrony's tracking report as one line of fields; where there is no such program, the
            kernel alone is asked.
        :param kernel: asks the kernel.
        :param monotonic: seconds by a clock that nobody can set.
        """
        self._command, self._kernel, self._monotonic = command, kernel, monotonic
        self._chrony: Figures | None = None
        self._asked_at: float | None = None
        self._asking: threading.Thread | None = None

    def __call__(self) -> tuple[Figures, ...]:
        """Return what is known now, without waiting: chrony's figures are those of its last answer."""
        now = self._monotonic()
        if self._asked_at is None or now - self._asked_at >= ASKED_EVERY_SECONDS:
            self._asked_at = now
            self._ask()
        return tuple(figures for figures in (self._chrony, self._kernel()) if figures)

    def wait(self) -> None:
        """Wait until what is being asked has been answered, or has timed out."""
        if self._asking:
            self._asking.join()

    def _ask(self) -> None:
        program = shutil.which(self._command[0])
        if program is None:
            self._chrony = None
        elif self._asking is None or not self._asking.is_alive():
            self._asking = threading.Thread(target=self._ask_chrony, args=(program,), daemon=True)
            self._asking.start()

    def _ask_chrony(self, program: str) -> None:
        try:
            printed = subprocess.run(  # noqa: S603  # the operator's own program, without a shell
                [program, *self._command[1:]],
                capture_output=True,
                text=True,
                timeout=ANSWERED_WITHIN_SECONDS,
                check=True,
                stdin=subprocess.DEVNULL,
            ).stdout
            self._chrony = of_chrony(printed)
        except (OSError, subprocess.SubprocessError, ValueError) as fault:
            # Without chrony's word the kernel's counts, or nothing does: either is kept with each look.
            logger.warning("chrony does not say how far the clock may be off: %s", fault)
            self._chrony = None

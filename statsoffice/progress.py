"""What the processes of one Celery worker tell each other: when a step was last at work, and that all is to end."""

import mmap
import struct
import time
from typing import Final

STEPS: Final = ("sweep", "draft", "deliver", "canary")
_WHEN = struct.Struct("d")
_ENDING_AT: Final = len(STEPS) * _WHEN.size

# Shared with every process that is forked from this one; monotonic seconds are the same in all of them.
_memory = mmap.mmap(-1, mmap.PAGESIZE)


def note(step: str) -> None:
    """Note that a task of this step is at work, or has just finished."""
    _WHEN.pack_into(_memory, STEPS.index(step) * _WHEN.size, time.monotonic())


def begin() -> None:
    """Begin to count, as if every step had just been done."""
    _memory[_ENDING_AT] = 0
    for step in STEPS:
        note(step)


def seconds_since(step: str) -> float:
    """Return for how many seconds no task of this step was at work in this worker."""
    (when,) = _WHEN.unpack_from(_memory, STEPS.index(step) * _WHEN.size)
    return time.monotonic() - float(when)


def end() -> None:
    """Tell every process of this worker to end what it is doing soon."""
    _memory[_ENDING_AT] = 1


def is_ending() -> bool:
    """Tell whether this worker is to end."""
    return bool(_memory[_ENDING_AT])

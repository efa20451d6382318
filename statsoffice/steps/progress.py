"""What the processes of one Celery worker tell each other: when ticks came, what is at work, and that all is to end."""

import mmap
import struct
import time
from typing import Final

STEPS: Final = ("sweep", "draft", "deliver", "canary", "preflight", "imports", "erase_names")
_WHEN = struct.Struct("d")
_TICK_AT: Final = len(STEPS) * _WHEN.size
_ENDING_AT: Final = _TICK_AT + _WHEN.size

# Shared with every process that is forked from this one; monotonic seconds are the same in all of them.
_memory = mmap.mmap(-1, mmap.PAGESIZE)


def note(step: str) -> None:
    """Note that a task of this step is at work, or has just finished."""
    _WHEN.pack_into(_memory, STEPS.index(step) * _WHEN.size, time.monotonic())


def note_tick() -> None:
    """Note that a tick came, of whatever step: then broker and beat are at work."""
    _WHEN.pack_into(_memory, _TICK_AT, time.monotonic())


def begin() -> None:
    """Begin to count, as if every step had just been done, at a tick."""
    _memory[_ENDING_AT] = 0
    note_tick()
    for step in STEPS:
        note(step)


def seconds_since(step: str) -> float:
    """Return for how many seconds no task of this step was at work in this worker."""
    return _seconds_since(STEPS.index(step) * _WHEN.size)


def seconds_since_tick() -> float:
    """Return for how many seconds no tick of any step came to this worker."""
    return _seconds_since(_TICK_AT)


def end() -> None:
    """Tell every process of this worker to end what it is doing soon."""
    _memory[_ENDING_AT] = 1


def is_ending() -> bool:
    """Tell whether this worker is to end."""
    return bool(_memory[_ENDING_AT])


def _seconds_since(place: int) -> float:
    (when,) = _WHEN.unpack_from(_memory, place)
    return time.monotonic() - float(when)

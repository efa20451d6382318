"""The process that examines pages, one after the other: `python -m releases.probe.examiner`.

It reads requests from its standard input and writes results to its standard output. It ends when its input does, so it
never outlives the process that started it. A page that goes over a limit ends it, by the kernel's hand: by SIGPROF
after so much processor time, or because no more memory is given.
"""

import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import BinaryIO

from releases.detection.rules import text_of
from releases.probe.adapters import adapter_named
from releases.probe.examination import (
    BYTES_ABOVE_REST,
    BYTES_GROWN_AT_REST,
    GROWN,
    OUT_OF_MEMORY,
    READY,
    SECONDS_OF_PROCESSOR,
    Fault,
    Request,
    Result,
    framed,
    read_request,
    unframed,
    write_result,
)

_NICER = 5
"""Monitoring goes before the examination of what it brought."""
_READ_AT_A_TIME = 1024 * 1024


def main(*, seconds: float = SECONDS_OF_PROCESSOR, bytes_above: int = BYTES_ABOVE_REST) -> int:
    """Examine until the input ends; gives the exit code."""
    # Who stops a service asks all its processes at once. This one ends with the one that it works for.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    os.nice(_NICER)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What is printed by mistake must not be taken for a result.
    requests, results = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    at_rest = _address_space()
    _send(results, framed(READY))
    received = bytearray()
    while some := requests.read(_READ_AT_A_TIME):
        received += some
        while (content := unframed(received)) is not None:
            _set_limits(seconds=seconds, bytes_above=bytes_above)
            result = _examine(read_request(content), rest=at_rest, bytes_above=bytes_above)
            signal.setitimer(signal.ITIMER_PROF, 0)
            _send(results, write_result(result))
            del content, result
            if _address_space() > at_rest + BYTES_GROWN_AT_REST:
                return GROWN
    return 0


def _send(results: BinaryIO, message: bytes) -> None:
    view = memoryview(message)
    while view:
        view = view[results.write(view) or 0 :]


def _set_limits(*, seconds: float, bytes_above: int) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    if space := _address_space():
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        soft = space + bytes_above
        resource.setrlimit(resource.RLIMIT_AS, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _examine(request: Request, *, rest: int, bytes_above: int) -> Result:
    try:
        if request.expectation is None:
            return text_of(request.answer)
        return adapter_named(request.adapter).examine(request.answer, request.expectation)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception:  # noqa: BLE001  # told as a fault
        # A library may call it by another name when it is given no memory.
        if _peak() > rest + bytes_above * 0.9:
            os._exit(OUT_OF_MEMORY)
        return Fault(traceback.format_exc()[-4_000:])


def _address_space() -> int:
    """Return the bytes of address space in use, or 0 on a system that does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _peak() -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmPeak:")), 0)


if __name__ == "__main__":
    given = [float(each) for each in sys.argv[1:3]]
    sys.exit(main(seconds=given[0], bytes_above=int(given[1])) if given else main())

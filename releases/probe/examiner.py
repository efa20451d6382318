"""The process that examines pages, one after the other, and its messages: `python -m releases.probe.examiner`.

The process reads requests from its standard input and writes results to its standard output. It ends when its input
ends, so it never outlives the process that started it. A page that exceeds a limit ends the process: by SIGPROF after
the allowed processor time, or with an exit code if there is no more memory.

It imports only the rules of detection, neither Django nor the database. Requests are pickled, because they come from
our own process. Results are JSON, because a hostile page may have compromised this process.
"""

import json
import os
import pickle
import resource
import signal
import struct
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from releases.detection.finding import Expectation, Finding
from releases.detection.rules import read_not_found_text
from releases.probe.adapters import get_adapter
from releases.rules import canonical
from releases.rules.response import Answer

SECONDS_OF_PROCESSOR = 5.0
"""The processor time for one page. A normal table of 4.9 MB takes one second."""
BYTES_ABOVE_REST = 256 * 1024 * 1024
"""The address space that a child may allocate for one page, in addition to what it has before."""
BYTES_GROWN_AT_REST = 128 * 1024 * 1024
"""A child that has grown by this much since its start is replaced."""
OUT_OF_MEMORY = 86
"""The exit code of a child that ran out of memory on a page."""
GROWN = 87
"""The exit code of a child that has grown too much; it has not begun any of its remaining pages."""
READY = b""
"""The first message of a child. From then on, the time of the child is limited."""

_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Request:
    """One body to examine against an expectation. Without an expectation, the text of the body is extracted."""

    adapter: str
    answer: Answer
    expectation: Expectation | None = None


class ExaminationError(Exception):
    """Our own code failed on a page, in the process that examines pages; the message is its traceback."""


type Result = Finding | str | ExaminationError


def add_length(content: bytes) -> bytes:
    """Prefix a message with its length."""
    return _LENGTH.pack(len(content)) + content


def take_message(received: bytearray) -> bytes | None:
    """Remove the first complete message from the received bytes and return it, if there is one."""
    if len(received) < _LENGTH.size:
        return None
    end = _LENGTH.size + _LENGTH.unpack_from(received)[0]
    if len(received) < end:
        return None
    content = bytes(received[_LENGTH.size : end])
    del received[:end]
    return content


def write_request(request: Request) -> bytes:
    # The durations cannot be pickled in this form, and no rule uses them.
    sent = replace(request, answer=replace(request.answer, seconds={}))
    return add_length(pickle.dumps(sent, protocol=pickle.HIGHEST_PROTOCOL))


def write_result(result: Result) -> bytes:
    match result:
        case Finding():
            written = {"finding": canonical.write_dataclass(result)}
        case str():
            written = {"text": result}
        case ExaminationError():
            written = {"fault": {"message": str(result)}}
    return add_length(json.dumps(written).encode())


def read_result(content: bytes) -> Result:
    """:raises ValueError, KeyError: if the content is not a result."""
    parsed: Any = json.loads(content)
    if not isinstance(parsed, dict) or len(parsed) != 1:
        raise ValueError("an examination returned something other than a result")
    [(name, plain)] = parsed.items()
    if name == "fault":
        return ExaminationError(canonical.read_dataclass(Mapping[str, str], plain)["message"])
    result: Result = canonical.read_dataclass({"finding": Finding, "text": str}[name], plain)
    return result


_NICER = 5
"""The nice value of examiners, because monitoring has priority over examination."""
_READ_AT_A_TIME = 1024 * 1024


def main(*, seconds: float = SECONDS_OF_PROCESSOR, bytes_above: int = BYTES_ABOVE_REST) -> int:
    """Examine until the input ends; return the exit code."""
    # When a service is stopped, all its processes get a signal. This process ignores it, because it ends with its
    # parent.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with suppress(OSError):  # a service manager may forbid it, as our unit of systemd does
        os.nice(_NICER)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Text that a library prints must not be taken for a result, so the standard output is replaced.
    requests, results = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    at_rest = _address_space()
    _send(results, add_length(READY))
    received = bytearray()
    while some := requests.read(_READ_AT_A_TIME):
        received += some
        while (content := take_message(received)) is not None:
            _set_limits(seconds=seconds, bytes_above=bytes_above)
            request = pickle.loads(content)  # noqa: S301  # from our own process, through a private pipe
            result = _examine(request, rest=at_rest, bytes_above=bytes_above)
            signal.setitimer(signal.ITIMER_PROF, 0)
            _send(results, write_result(result))
            del content, request, result
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
            return read_not_found_text(request.answer)
        return get_adapter(request.adapter).examine(request.answer, request.expectation)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception:  # noqa: BLE001  # returned as a fault
        # If there is no more memory, a library may raise another exception than MemoryError.
        if _peak() > rest + bytes_above * 0.9:
            os._exit(OUT_OF_MEMORY)
        return ExaminationError(traceback.format_exc()[-4_000:])


def _address_space() -> int:
    """Return the bytes of address space in use, or 0 on a system without /proc."""
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
    # Pickled requests are of the class in `releases.probe.examiner`, not in `__main__`.
    from releases.probe import examiner

    given = [float(each) for each in sys.argv[1:3]]
    sys.exit(examiner.main(seconds=given[0], bytes_above=int(given[1])) if given else examiner.main())

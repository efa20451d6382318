"""The process that examines pages one after the other. It is started with `python -m releases.probe.examiner`.

The process reads requests from its standard input and writes results to its standard output. It ends when its input
ends, so it never outlives the process that started it. The process also ends if a page exceeds a limit. If a page needs
too much processor time, SIGPROF ends the process. If a page needs too much memory, the process exits with the code
`OUT_OF_MEMORY`.

The process imports only the rules of detection. It uses neither Django nor the database. Requests are sent as pickles,
because they come from our own process. Results are sent as JSON, because a hostile page may have compromised this
process.
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
"""The limit of processor time for one page. An ordinary table of 4.9 MB takes one second."""
BYTES_ABOVE_REST = 256 * 1024 * 1024
"""The address space that a child process may allocate for one page, in addition to the address space already in use."""
BYTES_GROWN_AT_REST = 128 * 1024 * 1024
"""A child process exits and is replaced if its address space has grown by more than this since its start."""
OUT_OF_MEMORY = 86
"""The exit code of a child process that ran out of memory while it examined a page."""
GROWN = 87
"""The exit code of a child process that has grown too much. It exits after it has finished a page and before it begins
the next one."""
READY = b""
"""The first message of a child process. When the parent receives it, the time limit for the first page begins."""

_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Request:
    """A request to examine a response. If `expectation` is None, only the text of the response is extracted."""

    adapter: str
    answer: Answer
    expectation: Expectation | None = None


class ExaminationError(Exception):
    """Our own code failed while it examined a page. The message is the traceback."""


type Result = Finding | str | ExaminationError


def add_length(content: bytes) -> bytes:
    """Prefix a message with its length."""
    return _LENGTH.pack(len(content)) + content


def take_message(received: bytearray) -> bytes | None:
    """Remove the first message from the received bytes and return it. Return None if it is not complete yet."""
    if len(received) < _LENGTH.size:
        return None
    end = _LENGTH.size + _LENGTH.unpack_from(received)[0]
    if len(received) < end:
        return None
    content = bytes(received[_LENGTH.size : end])
    del received[:end]
    return content


def write_request(request: Request) -> bytes:
    # `seconds` is left out, because a mapping proxy cannot be pickled. No rule uses these durations.
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
"""The amount by which the nice value of examiners is raised. It gives monitoring priority over examination."""
_READ_AT_A_TIME = 1024 * 1024


def main(*, seconds: float = SECONDS_OF_PROCESSOR, bytes_above: int = BYTES_ABOVE_REST) -> int:
    """Examine pages until the input ends, and return the exit code."""
    # When a service is stopped, all its processes receive a signal. This process ignores the signal, because it ends
    # anyway when its parent ends.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with suppress(OSError):  # a service manager may forbid this, as our systemd unit does
        os.nice(_NICER)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Standard output is redirected to standard error, so that text that a library prints is not read as a result.
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
        # When memory runs out, a library may raise an exception other than MemoryError.
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
    # Pickled requests refer to the classes in `releases.probe.examiner`. Here, the classes of this file are in
    # `__main__`, so the module is imported again by its name.
    from releases.probe import examiner

    given = [float(each) for each in sys.argv[1:3]]
    sys.exit(examiner.main(seconds=given[0], bytes_above=int(given[1])) if given else examiner.main())

"""What the process that examines pages and the process that asks it tell each other, and the limits of one page.

The child imports nothing but this and the rules of reading: neither Django nor the database. Requests are pickled; they
come from our own process. Answers are JSON, because a page may have taken the child over.
"""

import json
import pickle
import struct
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from releases.detection.finding import Expectation, Finding
from releases.rules import canonical
from releases.rules.response import Answer

SECONDS_OF_PROCESSOR = 5.0
"""For one page. An honest table of 4.9 MB takes one second."""
BYTES_ABOVE_REST = 256 * 1024 * 1024
"""Address space that a child may take for one page, beyond what it has before."""
BYTES_GROWN_AT_REST = 128 * 1024 * 1024
"""A child that has grown by so much since it began is replaced."""
OUT_OF_MEMORY = 86
"""The exit code of a child to which a page was too large."""

GROWN = 87
"""The exit code of a child that has grown too much at rest; it has begun with none of the pages that it still has."""

READY = b""
"""The first message of a child: from now on its time counts."""

_LENGTH = struct.Struct("!I")


class Overrun(Enum):
    """Which limit a page went over."""

    TIME = "time"
    MEMORY = "memory"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Request:
    """One body to read: for what an address is expected to hold, or without that for a site's page of absence."""

    adapter: str
    answer: Answer
    expectation: Expectation | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What our own code said when it failed on a page."""

    message: str


Result = Finding | str | Fault


def framed(content: bytes) -> bytes:
    """Put the length before a message."""
    return _LENGTH.pack(len(content)) + content


def unframed(received: bytearray) -> bytes | None:
    """Take the first whole message off what was received, if there is one."""
    if len(received) < _LENGTH.size:
        return None
    end = _LENGTH.size + _LENGTH.unpack_from(received)[0]
    if len(received) < end:
        return None
    content = bytes(received[_LENGTH.size : end])
    del received[:end]
    return content


def write_request(request: Request) -> bytes:
    """Write a request as a message."""
    # Durations cannot be pickled as they are kept, and no rule reads them.
    sent = replace(request, answer=replace(request.answer, seconds={}))
    return framed(pickle.dumps(sent, protocol=pickle.HIGHEST_PROTOCOL))


def read_request(content: bytes) -> Request:
    """Read a request that our own process wrote."""
    request: Request = pickle.loads(content)  # noqa: S301  # from our own process, through a pipe that nobody else has
    return request


def write_result(result: Result) -> bytes:
    """Write a result as a message."""
    name = {Finding: "finding", str: "text", Fault: "fault"}[type(result)]
    return framed(json.dumps({name: canonical.write_dataclass(result)}).encode())


def read_result(content: bytes) -> Result:
    """Read a result, and nothing that is none.

    :raises ValueError: if it is none.
    """
    told: Any = json.loads(content)
    if not isinstance(told, dict) or len(told) != 1:
        message = "an examination answered with something that is no result"
        raise ValueError(message)
    [(name, plain)] = told.items()
    result: Result = canonical.read_dataclass({"finding": Finding, "text": str, "fault": Fault}[name], plain)
    return result

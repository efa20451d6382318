"""End the child processes of a pool, and send bytes to them."""

import os
from collections.abc import Callable
from subprocess import Popen
from typing import Protocol

SENT_AT_A_TIME = 256 * 1024


class Child(Protocol):
    """A child process with non-blocking pipes. `unsent` contains the bytes that are still to be sent to the child."""

    @property
    def process(self) -> Popen[bytes]: ...

    @property
    def unsent(self) -> bytearray: ...


def end_all[C: Child](children: list[C], end: Callable[[C], None], *, of_process: int) -> None:
    """End the children and clear the list. In a fork of the process that started the children, do nothing.

    :param of_process: the ID of the process that started the children.
    """
    if os.getpid() != of_process:
        return
    for child in children:
        # All children are killed first, because `end` waits for each child.
        child.process.kill()
    for child in children:
        end(child)
    children.clear()


def send_some(child: Child) -> None:
    """Send as many bytes as the pipe accepts without blocking, but at most SENT_AT_A_TIME."""
    assert child.process.stdin is not None  # noqa: S101  # the pool starts each child with pipes
    try:
        sent = os.write(child.process.stdin.fileno(), memoryview(child.unsent)[:SENT_AT_A_TIME])
    except BlockingIOError:
        return
    except BrokenPipeError:
        child.unsent.clear()  # the child has ended, which is detected when its output is read
        return
    del child.unsent[:sent]


def close_pipes(child: Child) -> None:
    for pipe in (child.process.stdin, child.process.stdout):
        if pipe is not None:
            pipe.close()

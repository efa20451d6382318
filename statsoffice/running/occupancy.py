"""What one run takes for itself: the checkout's own folder, and ports that must be free."""

import fcntl
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

LOOPBACK = "127.0.0.1"
LAST_PORT = 65535


class Occupied(Exception):
    """Something else is in the place; the text says what, and what to do."""


def take(var: Path, *, address: str) -> TextIO:
    """Take the folder that one run at a time may use; it is given back when the file is closed.

    :param address: told to whoever tries to start a second one.
    :raises Occupied: if another run uses it.
    """
    lock = (var / "run.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        other = lock.read().strip()
        lock.close()
        message = f"It is already running here: {other}. Stop that one first (Ctrl-C where it was started)."
        raise Occupied(message) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()} at {address}")
    lock.flush()
    return lock


def refuse_taken_ports(wanted: Mapping[str, int]) -> None:
    """Make sure that nobody else listens at the ports.

    :param wanted: each port by the option that chooses it.
    :raises Occupied: if a port is taken; the text offers one that is free.
    """
    for option, port in wanted.items():
        if not is_free(port):
            others = (port for port in range(port + 1, LAST_PORT + 1) if port not in wanted.values())
            message = (
                f"Port {port} is taken by another program. "
                f"Choose another one: ./run {option} {next(filter(is_free, others))}"
            )
            raise Occupied(message)


def is_free(port: int) -> bool:
    """Tell whether a server could listen at a port of the loopback address."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except OSError:
            return False
    return True

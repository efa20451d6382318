"""Ports of loopback for servers of the tests."""

import os
import secrets
import socket
from itertools import count

# Below the ports that Linux gives to outgoing connections. Processes of one run begin at about the same time, so the
# numbers of two of them hardly ever have the same last two digits.
FIRST, PROCESSES, OF_EACH = 20_000, 100, 120
# In turns, so that a port is not returned again before its server has started.
_turns = count(secrets.randbelow(OF_EACH))


def free_port() -> int:
    """Return a port on which nothing listens, of those that this process alone chooses from.

    Two processes that each ask the kernel for any port can get the same one, because both close it before their
    servers start.
    """
    first = FIRST + os.getpid() % PROCESSES * OF_EACH
    while True:
        port = first + next(_turns) % OF_EACH
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port

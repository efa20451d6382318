"""A private Redis on a unix socket."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.servers import programs
from tests.servers.process import running


@contextlib.contextmanager
def private_redis() -> Iterator[str]:
    """Run a Redis that keeps nothing on disk, for the time of a `with` block, and yield its address."""
    with tempfile.TemporaryDirectory(prefix="test-redis-") as folder:
        socket = f"{folder}/r.sock"
        client = redis.Redis(unix_socket_path=socket)

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

        command = [
            *(programs.redis_server(), "--port", "0", "--unixsocket", socket),
            *("--dir", folder, "--save", "", "--appendonly", "no"),
        ]
        with contextlib.closing(client), running(command, answers=answers, log=Path(folder, "log")):
            yield f"redis+socket://{socket}"
